"""`script/bench [NAME] [OPTIONS]`: measurements by name (`--help` tells them), one JSON object a line."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benches import burst, feed, learnings, listening, planner, reports, ring, soak, timers, year

MEASUREMENTS: dict[str, Callable[..., None]] = {
    "feed": feed.measure,
    "ring": ring.measure,
    "timers": timers.measure,
    "listening": listening.measure,
    "learnings": learnings.measure,
}
WITH_OPTIONS = ("burst", "planner", "reports", "soak", "year")


def main() -> None:
    """Run one measurement, or all of them."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument(
        "name",
        nargs="?",
        choices=sorted([*MEASUREMENTS, *WITH_OPTIONS]),
        help="all of them without a name",
    )
    parser.add_argument("--postgresql", default="", metavar="URL", help="an empty database instead of SQLite")
    parser.add_argument("--history", type=int, default=0, metavar="N", help="old escalations in the database")
    parser.add_argument(
        "--instances", type=Path, metavar="DIR", help="rota instances for the planner beside its own"
    )
    parser.add_argument(
        "--executives", type=int, default=year.EXECUTIVES, metavar="N", help="members of the year's programme"
    )
    parser.add_argument(
        "--days", type=int, default=year.DAYS, metavar="N", help="how long the year's rota is"
    )
    parser.add_argument(
        "--reports-size",
        default=reports.SIZE,
        metavar="N,N,N",
        help="executives, escalations and sessions of the year that is reported",
    )
    parser.add_argument(
        "--paced-seconds",
        type=float,
        default=burst.PACED_SECONDS,
        metavar="S",
        help="how long the burst at one call a second is watched at most",
    )
    parser.add_argument("--seconds", type=float, default=soak.SECONDS, help="how long to soak")
    parser.add_argument(
        "--kill-every",
        type=float,
        default=soak.KILL_EVERY,
        metavar="S",
        help="seconds while soaking; 0: never",
    )
    given = parser.parse_args()
    measurements: dict[str, Callable[..., None]] = {
        **MEASUREMENTS,
        "burst": partial(burst.measure, paced_seconds=given.paced_seconds),
        "planner": partial(planner.measure, instances=given.instances),
        "reports": partial(reports.measure, size=given.reports_size),
        "soak": partial(soak.measure, seconds=given.seconds, kill_every=given.kill_every),
        "year": partial(year.measure, executives=given.executives, days=given.days),
    }
    for name in [given.name] if given.name else sorted(measurements):
        measurements[name](database_url=given.postgresql, history=given.history)


if __name__ == "__main__":
    main()
