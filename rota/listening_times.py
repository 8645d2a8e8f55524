"""The times in which listening may be held, who owes how much of it, and when they are busy: for the planner.

Windows come back each week on the programme's wall clock; a slot is as long as the programme's sessions. Where the
clocks are put forward, a slot that does not exist that day is left out.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any

from django.db.models import Q

from rota.busy_calendars import Blocks, busy_times_of
from rota.hours import WEEKDAYS, DutyRules, holiday_name
from rota.models import ListeningHold, ListeningWindow, Programme, Rota
from rota.planning.instance import SessionRules, Slot, month_of
from rota.planning.plan import Booking
from rota.presence import Presence
from rota.quotas import month_days, reckon

OPENS, CLOSES = 7, 21
"""Between these hours of their own day people listen."""

_SECOND = timedelta(seconds=1)

Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Offer:
    """One slot, as it was offered."""

    window: ListeningWindow
    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class Times:
    """What the planner needs of listening. `owed` has sessions by key and month; `held` is what the draft had."""

    rules: SessionRules | None = None
    slots: tuple[Slot, ...] = ()
    offers: Mapping[str, Offer] = field(default_factory=dict)
    owed: Mapping[int, dict[str, int]] = field(default_factory=dict)
    busy: Mapping[int, tuple[Interval, ...]] = field(default_factory=dict)
    held: tuple[Booking, ...] = ()


def listening_times(
    *,
    programme: Programme,
    rules: DutyRules,
    first: date,
    last: date,
    members: Sequence[Presence],
    draft: Rota | None,
    blocks: Blocks | None = None,
    booking: bool = True,
) -> Times:
    """The listening of a period, both days included; nothing where the programme owes none or offers no window.

    `blocks` are what the calendars of at least these members say of at least these days, where it was read already.
    Without `booking` what the draft holds is all that there is, and nobody's calendar is read.

    Six queries. Of a month that lies only partly in the period as much of the quota is due as of its days (`_due`),
    and of any month no more than is still missing.
    """
    minutes = programme.listening_session_minutes
    windows = list(ListeningWindow.objects.filter(programme=programme).order_by("pk"))
    if not windows or not programme.listening_minutes_per_month or not minutes:
        return Times()
    begin, end = month_days(first)[0], month_days(last)[1]
    keys = [member.person.pk for member in members]
    holds = list(
        ListeningHold.objects.filter(
            programme=programme, published=True, cancelled_at=None, month__range=(begin, end)
        )
    )
    named = (
        {
            f"{offer.window.pk}:{offer.start:%Y%m%dT%H%MZ}": offer
            for window in windows
            for offer in offers(window, programme, rules, first, last)
        }
        if booking or (first, last) != (begin, end)
        else {}
    )
    held: defaultdict[tuple[int, date], Fraction] = defaultdict(Fraction)
    for hold in holds:
        held[hold.person_id, hold.month] += Fraction((hold.ends_at - hold.starts_at) // _SECOND, 60 * minutes)
    offered = Counter(month_of(day) for day in {_day(programme, offer.start) for offer in named.values()})
    times = Times(
        rules=SessionRules(
            per_month=ceil(programme.listening_minutes_per_month / minutes),
            minutes=minutes,
            opens=OPENS,
            closes=CLOSES,
            one_per_day=True,
        ),
        owed={member.person.pk: _owed(programme, member, first, last, held, offered) for member in members},
    )
    if not booking:
        return replace(times, **_proposed(programme, draft, Q())) if draft is not None else times
    taken = Counter((hold.window_id, hold.starts_at) for hold in holds)
    return replace(
        times,
        slots=tuple(
            Slot(
                id=name,
                centre=offer.window.queue,
                start=offer.start,
                end=offer.end,
                date=_day(programme, offer.start),
                seats=max(0, offer.window.seats - taken[offer.window.pk, offer.start]),
                peak=offer.window.peak,
                requires=frozenset({f"language:{offer.window.language}"} if offer.window.language else ()),
            )
            for name, offer in sorted(named.items(), key=lambda item: (item[1].start, item[0]))
        ),
        offers=named,
        busy=_busy(programme, keys, first, last, holds, blocks),
        held=_held(draft, named),
    )


def proposed_on(*, draft: Rota, days: Collection[date]) -> Times:
    """The times to listen that a draft proposes on these days of the programme, and nothing else. One query."""
    on_days = Q(pk__in=())
    for day in days:
        begins, ends = _midnight(draft.programme, day), _midnight(draft.programme, day + timedelta(days=1))
        on_days |= Q(starts_at__gte=begins, starts_at__lt=ends)
    return Times(**_proposed(draft.programme, draft, on_days))


def _proposed(programme: Programme, draft: Rota, which: Q) -> dict[str, Any]:
    """The `slots` and the `held` of what a draft proposes: each time a slot of its own."""
    rows = draft.holds.filter(which, published=False, cancelled_at=None)
    found = list(rows.values_list("pk", "person", "starts_at", "ends_at"))
    return {
        "slots": tuple(
            Slot(id=str(pk), centre="", start=start, end=end, date=_day(programme, start), seats=1, peak=1)
            for pk, _, start, end in found
        ),
        "held": tuple((str(person), str(pk)) for pk, person, _, _ in found),
    }


def offers(
    window: ListeningWindow, programme: Programme, rules: DutyRules, first: date, last: date
) -> Iterator[Offer]:
    """The slots of one window from one day to another, both included, in order. Pure."""
    begin = max(first, window.valid_from or first)
    end = min(last, window.valid_until or last)
    length = timedelta(minutes=programme.listening_session_minutes)
    for step in range((end - begin).days + 1):
        day = begin + timedelta(days=step)
        if WEEKDAYS[day.weekday()] != window.weekday or _is_closed(rules, day):
            continue
        wall = datetime.combine(day, window.opens)
        closes = datetime.combine(day, window.closes)
        while wall + length <= closes:
            start = wall.replace(tzinfo=programme.zone).astimezone(UTC)
            if start.astimezone(programme.zone).replace(tzinfo=None) == wall:
                yield Offer(window, start, start + length)
            wall += length


def _is_closed(rules: DutyRules, day: date) -> bool:
    if day in rules.special_days:
        return False
    return day in rules.days_off or holiday_name(rules.holidays, day) is not None


def _owed(
    programme: Programme,
    member: Presence,
    first: date,
    last: date,
    held: Mapping[tuple[int, date], Fraction],
    offered: Mapping[str, int],
) -> dict[str, int]:
    """Sessions that are due in each month of the period, whole ones. `held` are sessions by person and month, and
    `offered` says on how many of a month's days in the period there are slots."""
    found: dict[str, int] = {}
    month = first.replace(day=1)
    while month <= last:
        begin, end = month_days(month)
        owed = reckon(
            duty_days=0,
            listening_minutes=programme.listening_minutes_per_month,
            month=month,
            part=member.part_of(month),
        ).listening_minutes
        found[month_of(month)] = _due(
            Fraction(owed, programme.listening_session_minutes),
            held.get((member.person.pk, month), Fraction(0)),
            days=(max(first, begin), min(last, end)),
            offered=offered[month_of(month)],
        )
        month = end + timedelta(days=1)
    return found


def _due(owed: Fraction, held: Fraction, *, days: tuple[date, date], offered: int) -> int:
    """Of a month's sessions those that are due on these of its days, where so many are held already.

    Where the days end before the month does, the nearest whole number of what is due by then, since a few days cannot
    owe a part of a session; where the month is over with them, all that is missing. Where they are but a part of it
    never more than their own share, nor more than one on each of the days on which any is offered.
    """
    begin, end = month_days(days[0])
    length = (end - begin).days + 1
    if days == (begin, end):
        return max(0, ceil(owed - held))
    by_then = ((days[1] - begin).days + 1) * owed / length
    missing = ceil(owed - held) if days[1] == end else floor(by_then - held + Fraction(1, 2))
    own_part = ceil(((days[1] - days[0]).days + 1) * owed / length)
    return max(0, min(missing, own_part, offered))


def _busy(
    programme: Programme,
    keys: Sequence[int],
    first: date,
    last: date,
    holds: Sequence[ListeningHold],
    blocks: Blocks | None,
) -> dict[int, tuple[Interval, ...]]:
    """Their calendars' busy times, and the whole of a day on which a time is held already: one session a day."""
    found: defaultdict[int, list[Interval]] = defaultdict(list)
    for key, times in busy_times_of(people=keys, first=first, last=last, blocks=blocks).items():
        found[key] += times
    for hold in holds:
        day = _day(programme, hold.starts_at)
        found[hold.person_id].append(
            (_midnight(programme, day), _midnight(programme, day + timedelta(days=1)))
        )
    return {key: tuple(sorted(times)) for key, times in found.items()}


def _day(programme: Programme, instant: datetime) -> date:
    return instant.astimezone(programme.zone).date()


def _midnight(programme: Programme, day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=programme.zone).astimezone(UTC)


def _held(draft: Rota | None, offers: Mapping[str, Offer]) -> tuple[Booking, ...]:
    if draft is None:
        return ()
    names = {(offer.window.pk, offer.start): name for name, offer in offers.items()}
    proposed = draft.holds.filter(published=False, cancelled_at=None, window__isnull=False)
    return tuple(
        (str(person), names[window, starts_at])
        for person, window, starts_at in proposed.values_list("person", "window", "starts_at")
        if (window, starts_at) in names
    )
