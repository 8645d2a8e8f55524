"""What may stand on the command line of the planner's commands, refused in words where it may not."""

from argparse import ArgumentTypeError
from datetime import date

LONGEST_SECONDS = 86_400
LARGEST_SEED = 2_147_483_647  # HiGHS's own range


def seconds(text: str) -> float:
    """A time limit, in seconds."""
    try:
        given = float(text)
    except ValueError:
        given = 0.0
    if not 0 < given <= LONGEST_SECONDS:
        raise ArgumentTypeError(
            f"{text!r} is no time limit: give it more than 0 seconds, at most {LONGEST_SECONDS}"
        )
    return given


def seed(text: str) -> int:
    """Where the solver begins: the same seed gives the same rota."""
    given = int(text) if text.isascii() and text.isdecimal() else -1
    if not 0 <= given <= LARGEST_SEED:
        raise ArgumentTypeError(f"{text!r} is no seed: give a whole number from 0 to {LARGEST_SEED}")
    return given


def day(text: str) -> date:
    """A date of the programme's calendar."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no date such as 2026-12-01") from error
