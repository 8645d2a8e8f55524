"""The cumulative balance: what everybody served beyond their fair share of the past months, in points.

Each published duty of the past is shared out among those who were there on its day, by their shares; whoever holds
it served it. Above 0 somebody is ahead and is owed rest, below 0 they owe. It is what people see, and what the planner
pays back. An ordinary duty is 4 points (`rota.planning.instance.POINTS`).

A duty that changed hands counts for whoever has it now. That is all a favour needs: the helper is ahead by it, and
whoever was helped is behind by it, so that the next plan gives it back. The ledger of favours (`rota.favours`) says
who helped whom, and is not counted a second time.

Duties of people who have left the organisation are nobody's: they are shared out to nobody, so that the balances of
those who are here always come to nothing all in all.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from rota.hours import holiday_name
from rota.models import Duty, Programme
from rota.planning.instance import POINTS, Points
from rota.presence import Presence, presences
from rota.weekends import weekend_of

_EXACT = 1e-9  # what sums of thirds may lack of a half


@dataclass(frozen=True)
class Served:
    """One published duty: by whom (a key), when, where. Seat 0 is the primary."""

    person: int
    day: date
    seat: int


@dataclass(frozen=True)
class Weights:
    """What a day of a programme weighs: its burden in points, and whether it is a weekend or a holiday."""

    burdens: Mapping[date, int]
    weekend: frozenset[int]
    holidays: str

    @classmethod
    def of(cls, programme: Programme) -> "Weights":
        return cls(
            burdens={
                date.fromisoformat(special["date"]): int(special.get("burden", POINTS))
                for special in programme.special_days
            },
            weekend=weekend_of(programme.holidays),
            holidays=programme.holidays,
        )

    def burden(self, day: date) -> int:
        """Points of serving it as primary."""
        return self.burdens.get(day, POINTS)

    def is_weekend(self, day: date) -> bool:
        return day.weekday() in self.weekend

    def is_holiday(self, day: date) -> bool:
        return holiday_name(self.holidays, day) is not None

    def points(self, day: date, seat: int) -> Points:
        """What a duty of that day and seat counts."""
        if seat:
            return Points(backup=POINTS)
        off_work = self.is_weekend(day) or self.is_holiday(day)
        return Points(load=self.burden(day), weekend=POINTS * off_work)


def balances(programme: Programme, until: date) -> dict[int, Points]:
    """Everybody's balance over the programme's months before this day, by key. Five queries."""
    since = window_start(until, programme.balance_months)
    if since >= until:
        return {}
    return reckon(
        weights=Weights.of(programme),
        served=served_between(programme, since, until),
        members=presences(programme, since, until),
    )


def served_between(programme: Programme, since: date, until: date) -> list[Served]:
    """The published duties from `since` up to, not including, `until`. One query."""
    rows = Duty.objects.published().filter(programme=programme, day__gte=since, day__lt=until)
    return [Served(*row) for row in rows.order_by("day", "seat").values_list("person", "day", "seat")]


def window_start(until: date, months: int) -> date:
    """The first day of the month that lies so many months before the month of `until`; `until` itself for none."""
    if not months:
        return until
    years, month = divmod(until.year * 12 + until.month - 1 - months, 12)
    return date(max(years, 1), month + 1, 1)


def reckon(*, weights: Weights, served: Iterable[Served], members: Collection[Presence]) -> dict[int, Points]:
    """The balances of these members, each point shared out among those who were there on its day. Pure."""
    known = {member.person.pk for member in members}
    by_day: dict[date, list[Served]] = defaultdict(list)
    for duty in served:
        if duty.person in known:
            by_day[duty.day].append(duty)
    shares: dict[date, dict[int, int]] = {day: {} for day in by_day}
    for member in members:
        for day, share in member.share_of(by_day).items():
            shares[day][member.person.pk] = share
    total = {key: [0.0, 0.0, 0.0] for key in known}
    for day, duties in by_day.items():
        if shares[day]:
            _share_out(total, shares[day], [(duty.person, weights.points(day, duty.seat)) for duty in duties])
    return {
        key: Points(load=_whole(load), weekend=_whole(weekend), backup=_whole(backup))
        for key, (load, weekend, backup) in total.items()
    }


def _share_out(
    total: Mapping[int, list[float]], shares: Mapping[int, int], served: Iterable[tuple[int, Points]]
) -> None:
    """Adds what was served on a day to whoever served it, and takes everybody's share of it."""
    whole = sum(shares.values())
    handed_out = [0, 0, 0]
    for key, points in served:
        for place, value in enumerate((points.load, points.weekend, points.backup)):
            total[key][place] += value
            handed_out[place] += value
    for key, share in shares.items():
        for place, value in enumerate(handed_out):
            total[key][place] -= value * share / whole


def _whole(points: float) -> int:
    """The nearest whole number, a half away from zero."""
    return int(abs(points) + 0.5 + _EXACT) * (1 if points >= 0 else -1)
