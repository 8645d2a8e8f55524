"""Small instances of every rule, drawn by hypothesis: small enough to try every plan."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from rota.planning.instance import (
    Absence,
    Day,
    Executive,
    Instance,
    Points,
    Rules,
    SessionRules,
    Slot,
    Weights,
)

TAGS = ("EMEA", "AMER")
ROLES = st.sampled_from(("primary", "backup"))
ZONES = ("UTC", "America/New_York", "Asia/Tokyo")
STARTS = (date(2026, 5, 5), date(2026, 3, 6), date(2026, 3, 27), date(2028, 2, 27))
"""Within a month, about a weekend, about the hour that Europe loses, about a leap day and the end of its month."""


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """An instance with some of every rule; about half have a plan."""
    strict = draw(st.booleans())  # else few rules, so that there is a plan more often than not
    backup = draw(st.booleans())
    people = draw(st.sampled_from((3, 3, 3, 2)) if backup else st.sampled_from((4, 3, 2)))
    length = draw(st.sampled_from((3, 4, 2) if backup else (4, 5, 3, 2)))
    further = draw(st.sampled_from((0, 0, 1))) if backup and people == 3 and length <= 3 else 0
    start = draw(st.sampled_from(STARTS))
    dates = [start + timedelta(days=step) for step in range(length)]
    days = tuple(
        Day(
            date=day,
            burden=draw(st.sampled_from((4, 4, 6, 5))),
            weekend=day.weekday() >= 5,
            holiday=draw(st.integers(0, 9)) == 0,
            primary_requires=frozenset(draw(st.sampled_from(((), (), (), ("EMEA",)) if strict else ((),)))),
            cover_any=draw(st.sampled_from(((), (), ("AMER",), TAGS) if strict else ((),))),
        )
        for day in dates
    )
    names = [f"E{number}" for number in range(1, people + 1)]
    executives = tuple(draw(_executives(name, dates, strict)) for name in names)
    sessions = draw(st.integers(0, 2)) == 0
    roles = ("primary", "backup", "backup 2")[: 1 + backup + further]
    seats = [(day, role) for day in dates for role in roles]
    return Instance(
        name="small",
        days=days,
        executives=executives,
        rules=Rules(
            backup=backup,
            further_backups=further,
            min_gap_days=draw(st.sampled_from((1, 2, 0, 3) if strict else (1, 2))),
            role_gap_days=draw(st.sampled_from((1, 2, 0, 3) if strict else (1,))),
            min_primary_months=tuple({f"{dates[0]:%Y-%m}"} if draw(st.integers(0, 3)) == 0 else ()),
            max_primary_per_month=draw(st.sampled_from((None, 3, 2, 1) if strict else (None, 3, 2))),
            no_consecutive_weekends=draw(st.booleans()),
            max_consecutive_duty_days=draw(st.sampled_from((None, 2, 1) if strict else (None, 2))),
            weekend_neighbours_free=strict and draw(st.booleans()),
            sessions=SessionRules(per_month=1, minutes=60, opens=7, closes=21, one_per_day=True)
            if sessions
            else None,
        ),
        weights=draw(
            st.sampled_from((Weights(), Weights(change=2000), Weights(load=1, weekend=0, session=7)))
        ),
        slots=tuple(draw(_slots(dates))) if sessions else (),
        pinned=draw(
            st.dictionaries(
                st.sampled_from(seats), st.sampled_from(names), max_size=draw(st.sampled_from((0, 0, 2)))
            )
        ),
        published=draw(st.dictionaries(st.sampled_from(seats), st.sampled_from(names), max_size=4)),
    )


@st.composite
def _executives(draw: st.DrawFn, name: str, dates: list[date], strict: bool) -> Executive:
    points = st.integers(-8, 8)
    away = draw(
        st.sampled_from((0, 1, 2) if strict else (0, 0, 1)).flatmap(
            lambda most: st.lists(st.sampled_from(dates), max_size=most)
        )
    )
    wishes = st.dictionaries(st.sampled_from(dates), st.integers(1, 3), max_size=2)
    noon = datetime(dates[0].year, dates[0].month, dates[0].day, 12, tzinfo=UTC)
    return Executive(
        id=name,
        timezone=draw(st.sampled_from(ZONES)),
        tags=frozenset(draw(st.sampled_from((TAGS, TAGS, ("EMEA",), ("AMER",), ())))),
        share=draw(st.sampled_from((100, 100, 50))),
        balance=Points(load=draw(points), weekend=draw(points), backup=draw(points)),
        last_primary=draw(st.sampled_from((None, None, dates[0] - timedelta(days=1)) if strict else (None,))),
        unavailable=tuple(Absence(first=day, last=day) for day in away),
        busy=((noon, noon + timedelta(hours=3)),) if draw(st.integers(0, 3)) == 0 else (),
        avoided=draw(wishes),
        wanted=draw(wishes),
        exempt_months=frozenset({f"{dates[0]:%Y-%m}"}) if draw(st.integers(0, 4)) == 0 else frozenset(),
        **draw(_beyond_the_format(dates)),
    )


@st.composite
def _beyond_the_format(draw: st.DrawFn, dates: list[date]) -> dict[str, Any]:
    """Now and then what only a programme of ours knows."""
    month = f"{dates[0]:%Y-%m}"
    around = (dates[0] - timedelta(days=1), draw(ROLES)), (dates[-1] + timedelta(days=1), draw(ROLES))
    found = {
        "barred": frozenset({draw(st.sampled_from(dates))}),
        "around": tuple(draw(st.lists(st.sampled_from(around), min_size=1, max_size=2))),
        "duties_owed": {month: draw(st.integers(0, 2))},
        "sessions_owed": {month: draw(st.integers(0, 2))},
    }
    return {key: value for key, value in found.items() if draw(st.integers(0, 2)) == 0}


@st.composite
def _slots(draw: st.DrawFn, dates: list[date]) -> list[Slot]:
    slots = []
    for number, day in enumerate(dates):
        hour = draw(st.sampled_from((13, 13, 9, 20, 2)))
        start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        slots.append(
            Slot(
                id=f"S{number}",
                centre="dublin",
                start=start,
                end=start + timedelta(minutes=draw(st.sampled_from((60, 60, 60, 60, 60, 30)))),
                date=day,
                seats=draw(st.sampled_from((3, 2, 1))),
                peak=draw(st.integers(1, 3)),
                requires=frozenset(draw(st.sampled_from(((), (), (), ("EMEA",))))),
            )
        )
    return slots
