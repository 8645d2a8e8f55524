"""What the planner is asked: a programme and its rows, for one period, as plain values. Nothing is changed.

Ids of executives in an instance are their keys as text, seats are the planner's roles; `Question` leads back. A
constant number of queries, whatever the length of the period and the number of people.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q

from people.models import Person
from rota.balance import Served, Weights, reckon, window_start
from rota.busy_calendars import Blocks, read_blocks, taken_days
from rota.errors import CannotPlan
from rota.hours import Span, duty_days, duty_hours
from rota.listening_times import Offer, Times, listening_times, proposed_on
from rota.models import Duty, Programme, Rota, RotaStatus
from rota.planning.instance import (
    BACKUP,
    PRIMARY,
    Absence,
    Day,
    Executive,
    Instance,
    Points,
    Rules,
    Seat,
    month_of,
)
from rota.planning.plan import Plan
from rota.preferences import likings
from rota.presence import Presence, presences
from rota.quotas import month_days
from rota.quotas import reckon as reckon_owed
from rota.relaxing import relaxed

LONGEST = timedelta(days=731)
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
"""A day beyond these is a slip of the pen, and the arithmetic of balances and gaps needs room on both sides."""
_NEAR = timedelta(days=2)
"""How far apart in dates two duties of different programmes may lie and still have hours in common."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """An instance with the way back to rows.

    `open_seats` are to be drafted; the others are published and pinned. `shares` are the members' parts in percent.
    `draft` is what stood on the board before, `draft_rota` its row. `last_served` are the duty days that somebody had
    before the period, by key; `barred_why` says why somebody cannot be asked on a day, by executive and day.
    """

    programme: Programme
    first: date
    last: date
    instance: Instance
    people: Mapping[str, Person]
    shares: Mapping[str, int]
    offers: Mapping[str, Offer]
    open_seats: frozenset[Seat]
    published_days: tuple[date, ...]
    draft: Plan | None
    draft_rota: Rota | None
    last_served: Mapping[int, Sequence[date]]
    barred_why: Mapping[tuple[str, date], str]


def role_of(seat: int) -> str:
    """The planner's word for a seat: 0 is "primary", 1 "backup", 2 "backup 2"."""
    return PRIMARY if seat == 0 else BACKUP if seat == 1 else f"{BACKUP} {seat}"


def seat_of(role: str) -> int:
    """The seat of a planner's word; the other way round than `role_of`."""
    return 0 if role == PRIMARY else 1 if role == BACKUP else int(role.removeprefix(f"{BACKUP} "))


def question_for(
    *,
    programme: Programme,
    first: date,
    last: date,
    relax: Sequence[Mapping[str, Any]] = (),
    rota: Rota | None = None,
    listen_from: date | None = None,
    about: Collection[date] | None = None,
    booking: bool = True,
) -> Question:
    """What to plan from `first` to `last`, both inclusive, in the programme's days.

    Published days are pinned, and so are the locked duties of the earlier draft of the very same period (or of
    `rota`), whose other duties are a soft reference. `relax` are relaxations to apply (`rota.relaxing`). Listening is
    booked from `listen_from` on, and not at all without it. With `about` nothing is to be planned: what calendars say
    and which times to listen the draft holds is read of these days alone, as much as a change by hand asks for.
    Without `booking` no other times to listen are looked for than those that the draft holds. Raises CannotPlan for a
    period that is none.
    """
    check_period(first, last)
    return _Builder(programme, first, last, rota, listen_from, about, booking).question(relax)


def check_period(first: date, last: date) -> None:
    """Raises CannotPlan where the period runs backward, is longer than two years or in no year of ours."""
    if last < first:
        raise CannotPlan("The last day must not be before the first.", field="to", code="invalid")
    if last - first > LONGEST:
        raise CannotPlan(f"Plan at most {LONGEST.days} days at once.", field="to", code="invalid")
    for field, day in (("from", first), ("to", last)):
        if not EARLIEST <= day <= LATEST:
            raise CannotPlan(f"Plan days from {EARLIEST} to {LATEST}.", field=field, code="invalid")


class _Builder:
    def __init__(
        self,
        programme: Programme,
        first: date,
        last: date,
        rota: Rota | None,
        listen_from: date | None,
        about: Collection[date] | None,
        booking: bool,
    ) -> None:
        self.programme, self.first, self.last, self.about = programme, first, last, about
        self.weights = Weights.of(programme)
        self.barred_why: dict[tuple[str, date], str] = {}
        self.rules = programme.rules
        self.dates = duty_days(self.rules, first, last)
        self.since = window_start(first, programme.balance_months)
        self.roles = [role_of(seat) for seat in range(1 + programme.seats_backup)]
        self.members = presences(programme, self.since, last)
        self.published = _published(programme, min(self.since, first - self._gap), last + self._gap)
        self.draft_rota = rota or _draft_of(programme, first, last)
        self.drafted = list(self.draft_rota.duties.all()) if self.draft_rota is not None else []
        self.people = {member.person.pk: member.person for member in self.members}
        self._add_holders()
        self.owed = {member.person.pk: self._owed(member) for member in self.present}
        self.taken, self.times = self._taken(), Times()
        if about is not None and self.draft_rota is not None:
            self.times = proposed_on(draft=self.draft_rota, days=about)
        elif about is None and listen_from is not None and listen_from <= last:
            self.times = listening_times(
                programme=programme,
                rules=self.rules,
                first=max(first, listen_from),
                last=last,
                members=self.present,
                draft=self.draft_rota,
                blocks=self.blocks,
                booking=booking,
            )

    @cached_property
    def blocks(self) -> Blocks:
        """What everybody's calendars say of the period."""
        return read_blocks(people=list(self.people), first=self.first, last=self.last)

    def _taken(self) -> dict[int, dict[date, str]]:
        """The days that busy calendars take, and why, by key."""
        keys = list(self.people)
        if self.about is None:
            return taken_days(
                programme=self.programme, people=keys, first=self.first, last=self.last, blocks=self.blocks
            )
        found: dict[int, dict[date, str]] = {}
        for day in self.about:
            for key, days in taken_days(programme=self.programme, people=keys, first=day, last=day).items():
                found.setdefault(key, {}).update(days)
        return found

    @property
    def _gap(self) -> timedelta:
        return timedelta(days=max(1, self.programme.min_gap_days))

    @property
    def present(self) -> list[Presence]:
        """The members of the period itself; `members` has those of the past months too."""
        return [
            one
            for one in self.members
            if (one.joined_on is None or one.joined_on <= self.last)
            and (one.left_on is None or self.first < one.left_on)
        ]

    def question(self, relax: Sequence[Mapping[str, Any]]) -> Question:
        dates, roles = set(self.dates), set(self.roles)
        pinned: dict[Seat, str] = {
            (duty.day, role_of(duty.seat)): str(duty.person)
            for duty in self.published
            if duty.day in dates and role_of(duty.seat) in roles
        }
        open_seats = frozenset(
            (day, role) for day in self.dates for role in self.roles if (day, role) not in pinned
        )
        seated = {(day, who) for (day, _), who in pinned.items()}
        holders: dict[Seat, str] = {}
        for duty in self.drafted:
            seat, who = (duty.day, role_of(duty.seat)), str(duty.person_id)
            if seat in open_seats and (duty.day, who) not in seated:
                holders[seat] = who
                if duty.locked:
                    pinned[seat] = who
        instance = Instance(
            name=f"{self.programme.slug} {self.first} to {self.last}",
            days=tuple(self._day(day) for day in self.dates),
            executives=self._executives(),
            rules=Rules(
                backup=self.programme.seats_backup > 0,
                further_backups=max(0, self.programme.seats_backup - 1),
                min_gap_days=max(1, self.programme.min_gap_days),
                min_primary_months=self._months_with_days_enough(),
                sessions=self.times.rules,
            ),
            slots=self.times.slots,
            pinned=pinned,
            even=True,
        )
        draft = Plan(holders, self.times.held) if holders else None
        return Question(
            programme=self.programme,
            first=self.first,
            last=self.last,
            instance=relaxed(instance, relax),
            people={str(key): person for key, person in self.people.items()},
            shares={str(member.person.pk): member.share for member in self.present},
            offers=self.times.offers,
            open_seats=open_seats,
            published_days=tuple(
                day for day in self.dates if not any((day, role) in open_seats for role in self.roles)
            ),
            draft=draft,
            draft_rota=self.draft_rota,
            last_served=self._last_served(),
            barred_why=self.barred_why,
        )

    def _day(self, day: date) -> Day:
        return Day(
            date=day,
            burden=self.weights.burden(day),
            weekend=self.weights.is_weekend(day),
            holiday=self.weights.is_holiday(day),
            primary_requires=frozenset(self.programme.primary_requires),
            cover_any=tuple(self.programme.cover_any),
        )

    def _executives(self) -> tuple[Executive, ...]:
        keys = list(self.people)
        balance = reckon(
            weights=self.weights,
            served=[duty for duty in self.published if self.since <= duty.day < self.first],
            members=self.members,
        )
        wishes = likings(programme=self.programme, people=keys, days=self.dates)
        elsewhere = _elsewhere(self.programme, keys, self.dates)
        for key, days in elsewhere.items():
            self.barred_why |= {(str(key), day): f"on duty in {other}" for day, other in days.items()}
        members = {member.person.pk: member for member in self.present}
        shares = {key: len(one.share_of(self.dates)) * one.share for key, one in members.items()}
        # Where nobody has any share (all are away, say) there is nothing to share out by.
        fallback = 0 if any(shares.values()) else 1
        return tuple(
            Executive(
                id=str(key),
                name=person.name,
                timezone=person.time_zone,
                country=person.country or None,
                tags=tags_of(person),
                share=shares.get(key, 0) or fallback,
                balance=balance.get(key, Points()),
                unavailable=self._unavailable(members.get(key), self.taken.get(key, {})),
                busy=self.times.busy.get(key, ()),
                avoided={day: -liking for day, liking in wishes.get(key, {}).items() if liking < 0},
                wanted={day: liking for day, liking in wishes.get(key, {}).items() if liking > 0},
                barred=frozenset(self._barred(key, members.get(key)) | elsewhere.get(key, {}).keys()),
                around=self._around(key),
                duties_owed=self.owed.get(key, {}),
                sessions_owed=self.times.owed.get(key, {}),
            )
            for key, person in sorted(self.people.items())
        )

    def _unavailable(self, member: Presence | None, busy: Mapping[date, str]) -> tuple[Absence, ...]:
        if member is None:
            return ()
        away = [
            Absence(first=max(one.first, self.first), last=min(one.last, self.last), why=one.why)
            for one in member.absences
            if one.first <= self.last and one.last >= self.first
        ]
        exempt = [
            Absence(first=day, last=day, why=f"exempt: {member.exemptions[day.replace(day=1)].reason}")
            for day in (self.dates if member.exemptions else ())
            if member.is_exempt(day)
        ]
        # Said last, so that of two reasons for one day the person's own word is the one that is told.
        return tuple([Absence(first=day, last=day, why=why) for day, why in busy.items()] + exempt + away)

    def _barred(self, key: int, member: Presence | None) -> set[date]:
        """Days on which they are no member, or sit on a seat that the programme has no more."""
        beyond = {
            duty.day for duty in self.published if duty.person == key and role_of(duty.seat) not in self.roles
        }
        out = {day for day in self.dates if member is None or not member.is_member(day)}
        for day in out:
            self.barred_why[str(key), day] = f"no member of {self.programme.name} then"
        for day in beyond:
            self.barred_why[str(key), day] = "on another seat of that day already"
        return out | beyond

    def _around(self, key: int) -> tuple[Seat, ...]:
        """Published duties outside the planned days, from which the gap counts."""
        planned = set(self.dates)
        return tuple(
            (duty.day, role_of(duty.seat))
            for duty in self.published
            if duty.person == key
            and duty.day not in planned
            and self.first - self._gap <= duty.day <= self.last + self._gap
        )

    def _owed(self, member: Presence) -> dict[str, int]:
        """The primary days that they owe in each month, pro-rated."""
        return {
            month_of(month): reckon_owed(
                duty_days=self.programme.duty_days_per_month,
                listening_minutes=0,
                month=month,
                part=member.part_of(month),
            ).duty_days
            for month in months_between(self.first, self.last)
        }

    def _months_with_days_enough(self) -> tuple[str, ...]:
        """Whole months of the period that have as many duty days as are owed in it."""
        found = []
        owed = self.owed.values()
        for month in months_between(self.first, self.last):
            begin, end = month_days(month)
            due = sum(each[month_of(month)] for each in owed)
            days = [day for day in self.dates if begin <= day <= end]
            if 0 < due <= len(days) and len(days) == len(duty_days(self.rules, begin, end)):
                found.append(month_of(month))
        return tuple(found)

    def _add_holders(self) -> None:
        """People who hold a seat of the period and are no member any more are known, and asked for nothing."""
        within = {duty.person for duty in self.published if self.first <= duty.day <= self.last}
        missing = (within | {duty.person_id for duty in self.drafted}) - set(self.people)
        if missing:
            self.people |= {person.pk: person for person in Person.objects.filter(pk__in=missing)}
        present = {member.person.pk for member in self.present} | within
        present |= {duty.person_id for duty in self.drafted}
        self.people = {key: person for key, person in self.people.items() if key in present}

    def _last_served(self) -> dict[int, list[date]]:
        served: dict[int, list[date]] = defaultdict(list)
        for duty in self.published:
            if duty.day < self.first:
                served[duty.person].append(duty.day)
        return served


def tags_of(person: Person) -> frozenset[str]:
    """What a person has of what a seat may require: "country:US", "language:es"."""
    tags = {f"language:{person.language}", f"language:{person.language.partition('-')[0]}"}
    return frozenset(tags | ({f"country:{person.country}"} if person.country else set()))


def months_between(first: date, last: date) -> list[date]:
    """The first day of each month that has a day from `first` to `last`."""
    found = [first.replace(day=1)]
    while (following := (found[-1] + timedelta(days=32)).replace(day=1)) <= last:
        found.append(following)
    return found


def _published(programme: Programme, since: date, until: date) -> list[Served]:
    rows = Duty.objects.published().filter(programme=programme, day__range=(since, until))
    return [Served(*row) for row in rows.order_by("day", "seat").values_list("person", "day", "seat")]


def _draft_of(programme: Programme, first: date, last: date) -> Rota | None:
    """The earlier draft of the very same period, its duties with it."""
    drafts = Rota.objects.filter(programme=programme, first_day=first, last_day=last, status=RotaStatus.DRAFT)
    return drafts.prefetch_related("duties").order_by("-pk").first()


def _elsewhere(
    programme: Programme, people: Sequence[int], dates: Sequence[date]
) -> dict[int, dict[date, str]]:
    """The days on which people are on duty in another programme, and which: that date, or in the same hours.

    Published duties, and those of drafts: whoever is planned first is taken.
    """
    if not dates:
        return {}
    rows = (
        Duty.objects.filter(
            Q(published=True) | Q(rota__status=RotaStatus.DRAFT),
            person__in=people,
            day__range=(dates[0] - _NEAR, dates[-1] + _NEAR),
        )
        .exclude(programme=programme)
        .select_related("programme")
    )
    ours = {day: duty_hours(programme.rules, day) for day in dates}
    theirs: dict[tuple[int, date], set[date]] = {}
    found: dict[int, dict[date, str]] = defaultdict(dict)
    for duty in rows:
        place = (duty.programme_id, duty.day)
        if place not in theirs:
            theirs[place] = _meanwhile(duty_hours(duty.programme.rules, duty.day), duty.day, ours)
        found[duty.person_id] |= dict.fromkeys(theirs[place], duty.programme.name)
    return found


def _meanwhile(span: Span, day: date, ours: Mapping[date, Span]) -> set[date]:
    near = (day + timedelta(days=step) for step in range(-_NEAR.days, _NEAR.days + 1))
    return {
        other
        for other in near
        if other in ours and (other == day or (ours[other].start < span.end and span.start < ours[other].end))
    }
