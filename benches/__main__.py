"""`script/bench [burst|feed|planner|ring|soak|timers] [OPTIONS]`: measurements, one JSON object a line."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benches import burst, feed, planner, ring, soak, timers

NAMES = ("burst", "feed", "planner", "ring", "soak", "timers")


def main() -> None:
    """Run one measurement, or all of them."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES, help="all of them without a name")
    parser.add_argument("--postgresql", default="", metavar="URL", help="an empty database instead of SQLite")
    parser.add_argument("--history", type=int, default=0, metavar="N", help="old escalations in the database")
    parser.add_argument(
        "--instances", type=Path, metavar="DIR", help="rota instances for the planner beside its own"
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
        "burst": partial(burst.measure, paced_seconds=given.paced_seconds),
        "feed": feed.measure,
        "planner": partial(planner.measure, instances=given.instances),
        "ring": ring.measure,
        "soak": partial(soak.measure, seconds=given.seconds, kill_every=given.kill_every),
        "timers": timers.measure,
    }
    for name in [given.name] if given.name else NAMES:
        measurements[name](database_url=given.postgresql, history=given.history)


if __name__ == "__main__":
    main()
