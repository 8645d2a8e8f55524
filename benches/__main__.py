"""`script/bench [ring|burst|timers] [--postgresql URL] [--history N]`: measurements, one JSON object a line."""

import argparse

from benches import burst, ring, timers

MEASUREMENTS = {"ring": ring.measure, "burst": burst.measure, "timers": timers.measure}


def main() -> None:
    """Run one measurement, or all of them."""
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(MEASUREMENTS), help="all of them without a name")
    parser.add_argument("--postgresql", default="", metavar="URL", help="an empty database instead of SQLite")
    parser.add_argument("--history", type=int, default=0, metavar="N", help="old escalations in the database")
    given = parser.parse_args()
    for name in [given.name] if given.name else sorted(MEASUREMENTS):
        MEASUREMENTS[name](database_url=given.postgresql, history=given.history)


if __name__ == "__main__":
    main()
