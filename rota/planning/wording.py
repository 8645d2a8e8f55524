"""Dates, months, names and counts as people say them, for whoever explains a plan."""

from collections.abc import Sequence
from datetime import date
from itertools import groupby

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
MOST_NAMED = 12


def count_of(number: int, noun: str) -> str:
    """ "1 executive", "3 executives"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def day_in_words(day: date) -> str:
    """ "3 March 2026"."""
    return f"{day.day} {month_in_words(f'{day:%Y-%m}')}"


def month_in_words(month: str) -> str:
    """ "March 2026", of "2026-03"."""
    year, number = month.split("-")
    return f"{MONTHS[int(number) - 1]} {year}"


def days_in_words(days: Sequence[date]) -> str:
    """ "3, 4 and 5 March 2026 and 1 April 2026"; long rows are cut."""
    shown = list(days[:MOST_NAMED])
    parts = [
        f"{names_in_words([str(day.day) for day in group])} {month_in_words(month)}"
        for month, group in (
            (month, list(group)) for month, group in groupby(shown, lambda day: f"{day:%Y-%m}")
        )
    ]
    if len(days) > len(shown):
        parts.append(f"{len(days) - len(shown)} more days")
    return names_in_words(parts)


def names_in_words(names: Sequence[str]) -> str:
    """ "Ana, Ben and Cleo"; long rows are cut."""
    shown = list(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        shown.append(f"{len(names) - MOST_NAMED} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def period_in_words(first: date, last: date) -> str:
    """ "in March 2026", "this quarter", "this year", "in this rota": what of the calendar a period is."""
    following = date.fromordinal(last.toordinal() + 1)
    months = (following.year - first.year) * 12 + following.month - first.month
    if first.day != 1 or following.day != 1:
        return "in this rota"
    if months == 1:
        return f"in {month_in_words(f'{first:%Y-%m}')}"
    if months == 3 and first.month % 3 == 1:
        return "this quarter"
    return "this year" if months == 12 else "in this rota"
