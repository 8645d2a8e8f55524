"""`script/bench [NAME] [OPTIONS]`: measurements by name (`--help` tells them), one JSON object a line."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benches import burst, feed, learnings, listening, planner, reports, ring, timers, year

MEASUREMENTS: dict[str, Callable[..., None]] = {
    "feed": feed.measure,
    "ring": ring.measure,
    "burst": burst.measure,
    "timers": timers.measure,
    "year": year.measure,
    "listening": listening.measure,
    "learnings": learnings.measure,
}


def main() -> None:
    """Run one measurement, or all of them."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument(
        "name",
        nargs="?",
        choices=sorted([*MEASUREMENTS, "planner", "reports"]),
        help="all of them without a name",
    )
    parser.add_argument("--postgresql", default="", metavar="URL", help="an empty database instead of SQLite")
    parser.add_argument("--history", type=int, default=0, metavar="N", help="old escalations in the database")
    parser.add_argument(
        "--instances", type=Path, metavar="DIR", help="rota instances for the planner beside its own"
    )
    parser.add_argument(
        "--reports-size",
        default=reports.SIZE,
        metavar="N,N,N",
        help="executives, escalations and sessions of the year that is reported",
    )
    given = parser.parse_args()
    measurements: dict[str, Callable[..., None]] = {
        **MEASUREMENTS,
        "planner": partial(planner.measure, instances=given.instances),
        "reports": partial(reports.measure, size=given.reports_size),
    }
    for name in [given.name] if given.name else sorted(measurements):
        measurements[name](database_url=given.postgresql, history=given.history)


if __name__ == "__main__":
    main()
