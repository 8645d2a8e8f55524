"""What the figures of a month are made of: a programme, a month, some people, and the rows about them.

Each kind of row is read once, by one query whatever the number of people, and only when a figure asks for it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from copy import copy
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, reduce
from operator import or_
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from escalations.models import Escalation, Event, Page, PageStatus, Purpose
from people.models import Person
from reports.bare import bare_rows, instant, rows_from
from reports.drills import drill_cases
from rota.models import Duty, Programme
from rota.quotas import Owed, month_days, owed_by


class Reply:
    """What came of one offer, the more telling the higher: an offer of several pages has the highest of theirs."""

    CALLED_OFF = 1
    NOT_SENT = 2
    UNANSWERED = 3
    OPEN = 4
    PASSED = 5
    ACCEPTED = 6


PAGES_OF = {
    Reply.ACCEPTED: (PageStatus.ACCEPTED,),
    Reply.CALLED_OFF: (PageStatus.CANCELLED,),
    Reply.PASSED: (PageStatus.PASSED,),
    Reply.UNANSWERED: (PageStatus.UNANSWERED, PageStatus.VOICEMAIL, PageStatus.BUSY),
    Reply.NOT_SENT: (PageStatus.FAILED,),
    Reply.OPEN: (PageStatus.QUEUED, PageStatus.SENDING, PageStatus.RINGING, PageStatus.ANSWERED),
}
"""The statuses of the pages that say so. The database tries one after the other: the usual ones are first."""

OFFERING = (Purpose.OFFER, Purpose.CALLED_BACK)

TAKEN = ("accepted", "handed_over")
"""The kinds of event by which somebody takes a case: at first hand, or over from a colleague."""

_FEW = 50
_ASKED_AT_ONCE = 10_000
_STRADDLE = timedelta(days=1)
"""The pages of one offer follow one another within minutes: whose first lies near an end of the month has all."""


class Offer(NamedTuple):
    """One climb of the ladder for one case, as one person's phone saw it: all calls and texts of it together."""

    person: int
    case: int
    round: int
    first_at: datetime
    reply: int
    accepted_at: datetime | None


class Seat(NamedTuple):
    """One published duty, and everybody who held it from its publication on, the present officer last."""

    pk: int
    person: int
    day: date
    seat: int
    starts_at: datetime
    ends_at: datetime
    holders: tuple[int, ...]


class Material:
    """A programme's month as of `now`, for these people. Instants in UTC; days and the month are the programme's."""

    def __init__(
        self, *, programme: Programme, month: date, people: Collection[Person], now: datetime
    ) -> None:
        self.programme = programme
        self.first, self.last = month_days(month)
        self.people = {person.pk: person for person in people}
        self.now = now
        zone = programme.zone
        self.start = datetime.combine(self.first, time(), tzinfo=zone).astimezone(UTC)
        self.end = datetime.combine(self.last + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)

    @property
    def is_over(self) -> bool:
        """Whether the month has ended in the programme's zone."""
        return self.end <= self.now

    def theirs(self) -> Q:
        """Which rows of the programme's month to read: of one person theirs, of more people all.

        Almost everybody who has rows is a member, and a list of hundreds in each query costs more than the rows of the
        few others: whoever reads them drops those.
        """
        return Q(person__in=list(self.people)) if len(self.people) == 1 else Q()

    @cached_property
    def owed(self) -> dict[int, Owed]:
        """What each owes. Three queries."""
        return owed_by(self.programme, list(self.people.values()), self.first)

    @cached_property
    def seats(self) -> list[Seat]:
        """The month's published duties, everybody's, by day. Two queries."""
        duties = self._duties().order_by("day", "seat")
        rows = list(duties.values_list("pk", "person_id", "day", "seat", "starts_at", "ends_at"))
        held: dict[int, list[int]] = defaultdict(list)
        history = Duty.history.filter(  # type: ignore[attr-defined]  # django-simple-history's manager
            programme_id=self.programme.pk, day__range=(self.first, self.last), published=True
        ).exclude(history_type="-")
        for pk, person in history.order_by("history_date", "history_id").values_list("id", "person_id"):
            if not held[pk] or held[pk][-1] != person:
                held[pk].append(person)
        return [Seat(*row, holders=_ending_in(held.get(row[0], []), row[1])) for row in rows]

    @cached_property
    def offers(self) -> list[Offer]:
        """The offers to these people from the month's beginning to the end of its last duty. One query.

        An offer is of the instant of its first page.
        """
        columns = ("escalation_id", "person_id", "round", "first_at", "reply", "accepted_at")
        of = f"WHERE {_OF_THE_PROGRAMME}"
        return [
            Offer._make((person, case, round_, instant(first), reply, yes and instant(yes)))
            for case, person, round_, first, reply, yes in bare_rows(
                self._every_offer(), columns, of=of, params=[self.programme.pk]
            )
        ]

    @cached_property
    def silent(self) -> set[int]:
        """The keys of the month's duties in which offers rang their officer in vain, and none was answered.

        Seen in the offers where they were read; else one query, and the database compares the thousands of them.
        """
        if "offers" in vars(self):
            return _silent(self.seats, self.offers)
        duties = self._duties().order_by().values("id", "person_id", "starts_at", "ends_at")
        sql, params = duties.query.sql_with_params()
        of = (
            f"JOIN ({sql}) AS duty ON duty.person_id = found.person_id"
            " AND found.first_at >= duty.starts_at AND found.first_at < duty.ends_at"
            f" WHERE {_OF_THE_PROGRAMME} GROUP BY duty.id HAVING MAX(found.reply) < {Reply.PASSED}"
            f" AND MAX(CASE WHEN found.reply = {Reply.UNANSWERED} THEN 1 ELSE 0 END) = 1"
        )
        rows = rows_from(self._every_offer(), select="duty.id", of=of, params=[*params, self.programme.pk])
        return {key for (key,) in rows}

    def _duties(self) -> QuerySet[Duty]:
        return Duty.objects.published().filter(programme=self.programme, day__range=(self.first, self.last))

    def _every_offer(self) -> QuerySet[Page, Any]:
        """Of any programme."""
        begin, end = self.reach
        pages = Page.objects.filter(
            purpose__in=OFFERING,
            person__in=list(self.people),
            created_at__gte=begin - _STRADDLE,
            created_at__lt=end + _STRADDLE,
        ).exclude(escalation__in=self.drills)
        replies = [When(status__in=statuses, then=Value(reply)) for reply, statuses in PAGES_OF.items()]
        return (
            pages.order_by()
            .values("escalation_id", "person_id", "round")
            .annotate(
                first_at=Min("created_at"),
                reply=Max(Case(*replies, default=Value(0), output_field=IntegerField())),
                accepted_at=Max("ended_at", filter=Q(status=PageStatus.ACCEPTED)),
            )
            .filter(first_at__gte=begin, first_at__lt=end)
        )

    def takings(self, begin: datetime, end: datetime) -> QuerySet[Event]:
        """The events from `begin` to before `end` by which somebody took a case, anybody's and any programme's."""
        kinds = [Q(kind=kind, at__gte=begin, at__lt=end) for kind in TAKEN]  # each has an index of its own
        return Event.objects.filter(reduce(or_, kinds)).exclude(escalation__in=self.drills)

    def ours(self, cases: Collection[int]) -> set[int]:
        """Those of these cases that are the programme's. One query where there are others than those offered."""
        known = {offer.case for offer in self.offers}
        unknown = sorted({*cases} - known)
        for begin in range(0, len(unknown), _ASKED_AT_ONCE):
            some = Escalation.objects.filter(pk__in=unknown[begin : begin + _ASKED_AT_ONCE])
            known.update(some.filter(programme=self.programme).values_list("pk", flat=True))
        return known

    def of_whom(self, rows: QuerySet[Any], whose: str) -> QuerySet[Any]:
        """These rows, of a month, without those of people who are not asked for, where few are.

        The sum is no field: with the person’s own, the database might take the index of all their years.
        """
        if len(self.people) > _FEW:
            return rows
        few: QuerySet[Any] = rows.alias(whose=F(f"{whose}_id") + 0).filter(whose__in=list(self.people))
        return few

    def narrowed(self, people: Collection[int]) -> "Material":
        """The same of some of these people; but for the offers, what was read of all is not read again."""
        fewer = copy(self)
        fewer.people = {key: person for key, person in self.people.items() if key in people}
        vars(fewer).pop("offers", None)
        return fewer

    @cached_property
    def drills(self) -> list[int]:
        """The cases that were drills: they count in nobody's figures. One query."""
        return drill_cases(self.programme)

    @cached_property
    def reach(self) -> tuple[datetime, datetime]:
        """From the month's first instant, or its first duty's, to its last, or its last duty's end."""
        begin = min([self.start, *(seat.starts_at for seat in self.seats)])
        end = max([self.end, *(seat.ends_at for seat in self.seats)])
        return begin, end


def is_case_of(programme: Programme) -> Exists:
    """Whether a row that has an `escalation` is of a case of the programme: asked of each row, once it is found.

    A join would leave it to SQLite where to begin, and one that has never counted its rows begins with all the
    programme’s cases, of all the years.
    """
    return Exists(Escalation.objects.filter(pk=OuterRef("escalation"), programme=programme))


_OF_THE_PROGRAMME = (
    "EXISTS (SELECT 1 FROM escalations_escalation"
    " WHERE escalations_escalation.id = found.escalation_id AND escalations_escalation.programme_id = %s)"
)
"""Asked once the pages are grouped: half as many cases are looked up."""


def _silent(seats: Iterable[Seat], offers: Iterable[Offer]) -> set[int]:
    """As `Material.silent`. Pure."""
    theirs: dict[int, list[Seat]] = defaultdict(list)
    for seat in seats:
        theirs[seat.person].append(seat)
    in_vain, answered = set(), set()
    for offer in offers:
        for seat in theirs.get(offer.person, ()):
            if seat.starts_at <= offer.first_at < seat.ends_at:
                if offer.reply == Reply.UNANSWERED:
                    in_vain.add(seat.pk)
                elif offer.reply >= Reply.PASSED:
                    answered.add(seat.pk)
    return in_vain - answered


def _ending_in(holders: list[int], present: int) -> tuple[int, ...]:
    """Rows that were made without a history have their present officer alone."""
    return tuple(holders) if holders and holders[-1] == present else (*holders, present)
