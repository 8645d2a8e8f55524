"""What a planner is asked: days, executives, rules and weights as plain values, in the words of the format.

One ordinary duty day is 4 points, so a quarter of a duty is 1 point. Dates are of the programme's own calendar,
instants are in UTC. Where a programme of ours knows more than the format has a field for, a field here says so and
is empty for an instance from a file.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from rota.planning.parts import Allowance

POINTS = 4  # of one ordinary duty
PRIMARY = "primary"
BACKUP = "backup"

Seat = tuple[date, str]
"""A seat to fill: a duty day and a role."""


@dataclass(frozen=True, kw_only=True)
class Day:
    """One duty day. `burden` is in points; the primary holds all of `primary_requires`, and each tag of
    `cover_any` is held by the primary or the backup."""

    date: date
    burden: int = POINTS
    weekend: bool = False
    holiday: bool = False
    primary_requires: frozenset[str] = frozenset()
    cover_any: tuple[str, ...] = ()

    @property
    def month(self) -> str:
        return month_of(self.date)

    @property
    def off_work(self) -> bool:
        """Whether serving it counts as a weekend."""
        return self.weekend or self.holiday


@dataclass(frozen=True, kw_only=True)
class SessionRules:
    """The listening quota: sessions a month, of so many minutes, within these hours of the executive's day."""

    per_month: int
    minutes: int
    opens: int
    closes: int
    one_per_day: bool


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The programme's rules. Gaps are in calendar days; "consecutive" counts duty days in order.

    `further_backups` are seats beside the one of `backup` (not of the format).
    """

    backup: bool = True
    further_backups: int = 0
    min_gap_days: int = 1
    role_gap_days: int = 1
    min_primary_months: tuple[str, ...] = ()
    max_primary_per_month: int | None = None
    no_consecutive_weekends: bool = False
    max_consecutive_duty_days: int | None = None
    weekend_neighbours_free: bool = False
    sessions: SessionRules | None = None

    @property
    def roles(self) -> tuple[str, ...]:
        """ "primary", "backup", "backup 2", … in the order in which they ring."""
        if not self.backup:
            return (PRIMARY,)
        return (PRIMARY, BACKUP, *(f"{BACKUP} {place + 2}" for place in range(self.further_backups)))


@dataclass(frozen=True, kw_only=True)
class Points:
    """Points by what they were given for: all primary days, weekend ones, backup days."""

    load: int = 0
    weekend: int = 0
    backup: int = 0


@dataclass(frozen=True, kw_only=True)
class Absence:
    """From one date to another, both included."""

    first: date
    last: date
    why: str = "unavailable"


@dataclass(frozen=True, kw_only=True)
class Executive:
    """Somebody who serves. `share` is in percent of a full part; `balance` is points served beyond the fair
    share in the past (positive is owed rest); wishes weigh 1 to 3.

    Not of the format: `name` is what people call them; on a `barred` day they cannot be asked at all (no member, on
    duty elsewhere), where `unavailable` is a fact that may be talked about; `around` are duties that they hold outside
    the period, from which the gaps count; `duties_owed` and `sessions_owed` say how many are due in a month where
    that is not the same for everybody (a month that is not in it owes none).
    """

    id: str
    name: str = ""
    timezone: str = "UTC"
    country: str | None = None
    tags: frozenset[str] = frozenset()
    share: int = 100
    balance: Points = Points()
    last_primary: date | None = None
    unavailable: tuple[Absence, ...] = ()
    busy: tuple[tuple[datetime, datetime], ...] = ()
    avoided: dict[date, int] = field(default_factory=dict)
    wanted: dict[date, int] = field(default_factory=dict)
    exempt_months: frozenset[str] = frozenset()
    barred: frozenset[date] = frozenset()
    around: tuple[Seat, ...] = ()
    duties_owed: Mapping[str, int] | None = None
    sessions_owed: Mapping[str, int] | None = None

    @property
    def called(self) -> str:
        return self.name or self.id

    def primary_days_due(self, month: str) -> int:
        """How many primary days they owe in one of the months in which the programme asks for any."""
        if month in self.exempt_months:
            return 0
        return 1 if self.duties_owed is None else self.duties_owed.get(month, 0)

    def sessions_due(self, month: str, rules: SessionRules) -> int:
        """How many listening sessions they owe in a month."""
        if self.sessions_owed is not None:
            return self.sessions_owed.get(month, 0)
        return 0 if month in self.exempt_months else rules.per_month

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def off(self) -> dict[date, str]:
        """Each date on which they cannot serve, with the reason."""
        return {
            absence.first + timedelta(days=step): absence.why
            for absence in self.unavailable
            for step in range((absence.last - absence.first).days + 1)
        }

    @cached_property
    def busy_apart(self) -> tuple[list[datetime], list[datetime]]:
        """Beginnings and ends of the busy times, in order, those that overlap or touch as one."""
        begins: list[datetime] = []
        ends: list[datetime] = []
        for start, end in sorted(self.busy):
            if ends and start <= ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                begins.append(start)
                ends.append(end)
        return begins, ends

    def is_busy(self, start: datetime, end: datetime) -> bool:
        """Whether a busy time and this one have an instant in common."""
        begins, ends = self.busy_apart
        place = bisect_left(begins, end) - 1  # the last that begins before the end
        return place >= 0 and ends[place] > start


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A window in which `seats` executives can listen at once. `peak` 3 is the busiest; whoever listens has the tags
    of `requires` (not of the format)."""

    id: str
    centre: str
    start: datetime
    end: datetime
    date: date
    seats: int
    peak: int
    requires: frozenset[str] = frozenset()

    @cached_property
    def month(self) -> str:
        return month_of(self.date)

    @cached_property
    def minutes(self) -> float:
        return (self.end - self.start).total_seconds() / 60


@dataclass(frozen=True, kw_only=True)
class Weights:
    """What a unit of each term of the score costs."""

    load: int = 10
    weekend: int = 6
    backup: int = 3
    preference: int = 4
    session: int = 1
    change: int = 200


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One period to plan. `pinned` seats must not move; `published` is what people have already seen.

    Not of the format: `allowances` are what was given up of the rules; with `even` whoever is primary more often is
    backup less often, where that costs nothing.
    """

    name: str
    days: tuple[Day, ...]
    executives: tuple[Executive, ...]
    rules: Rules = Rules()
    weights: Weights = Weights()
    slots: tuple[Slot, ...] = ()
    pinned: dict[Seat, str] = field(default_factory=dict)
    published: dict[Seat, str] = field(default_factory=dict)
    allowances: tuple[Allowance, ...] = ()
    even: bool = False

    @cached_property
    def day(self) -> dict[date, Day]:
        return {day.date: day for day in self.days}

    @cached_property
    def executive(self) -> dict[str, Executive]:
        return {executive.id: executive for executive in self.executives}

    @cached_property
    def position(self) -> dict[date, int]:
        """Where a duty day stands in the order of duty days."""
        return {day.date: place for place, day in enumerate(self.days)}

    @cached_property
    def months(self) -> tuple[str, ...]:
        """Months that have a duty day, in order."""
        return tuple(sorted({day.month for day in self.days}))

    @cached_property
    def seats(self) -> tuple[Seat, ...]:
        return tuple((day.date, role) for day in self.days for role in self.rules.roles)

    @cached_property
    def targets(self) -> dict[str, Points]:
        """Each executive's fair share of this period, in points, less what they did too much in the past."""
        shares = sum(executive.share for executive in self.executives)
        load = sum(day.burden for day in self.days)
        weekend = POINTS * sum(day.off_work for day in self.days)
        backup = POINTS * len(self.days) * (len(self.rules.roles) - 1)

        def fair(total: int, share: int, balance: int) -> int:
            return round_half_away(total * share - balance * shares, shares)

        return {
            one.id: Points(
                load=fair(load, one.share, one.balance.load),
                weekend=fair(weekend, one.share, one.balance.weekend),
                backup=fair(backup, one.share, one.balance.backup),
            )
            for one in self.executives
        }


def month_of(day: date) -> str:
    """ "2026-03", of a date."""
    return f"{day:%Y-%m}"


def round_half_away(number: int, divisor: int) -> int:
    """number / divisor to the nearest whole number, a half away from zero. `divisor` is positive."""
    whole, rest = divmod(abs(number), divisor)
    whole += 2 * rest >= divisor
    return whole if number >= 0 else -whole
