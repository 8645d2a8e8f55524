"""Which weekdays are the weekend where a programme keeps its holidays. Pure."""

from functools import lru_cache

import holidays as public_holidays

USUAL = frozenset({5, 6})
"""Saturday and Sunday, as `date.weekday` counts."""


@lru_cache(maxsize=64)
def weekend_of(code: str) -> frozenset[int]:
    """The weekend of a python-holidays code ("US", "IL", "NYSE"); Saturday and Sunday where it says nothing."""
    country = code.partition("-")[0]
    if not country or country in public_holidays.list_supported_financial():
        return USUAL
    return frozenset(public_holidays.country_holidays(country).weekend) or USUAL
