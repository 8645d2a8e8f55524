"""The month's report: every member's figures, each with the events behind it, and how they stand to their promise.

A constant number of queries whatever the number of members. The figures are reckoned anew from the evidence each time;
of a month that was closed `reports.closing` has the copy that counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from people.models import Person, PersonQuerySet
from reports import cases, duties, learnt, listening, offers
from reports.figures import Evidence, Figure, Source, Value
from reports.material import Material
from reports.standing import Excuse, Standing, duty_debt, standing
from rota.models import Absence, AbsenceStatus, Exemption, Programme
from rota.quotas import Owed, members_of

SOURCES: Sequence[Source] = (duties.SOURCE, offers.SOURCE, cases.SOURCE, listening.SOURCE, learnt.SOURCE)
FIGURES: Mapping[str, Figure] = {figure.key: figure for source in SOURCES for figure in source.figures}


_OF_STANDINGS: Sequence[Source] = (duties.SOURCE, listening.SOURCE)
"""What a standing, and a forecast, are reckoned from."""


class Who(NamedTuple):
    """A member as the report names them."""

    pk: int
    name: str
    email: str


@dataclass(frozen=True)
class Line:
    """One member's month: figures by key, in the order of `FIGURES`, and how they stand."""

    person: Who
    figures: Mapping[str, Value]
    standing: Standing
    owed_reasons: Sequence[str]
    excuse: Excuse | None

    @property
    def forecast(self) -> int:
        """Seconds of listening that the month comes to with what is booked."""
        return (self.figures.get(listening.COUNTED) or 0) + (self.figures.get(listening.AHEAD) or 0)

    @property
    def short(self) -> int:
        """Seconds of listening that will be missing even so: another booking mends it."""
        owed = self.figures.get(listening.OWED) or 0
        return max(owed - self.forecast, 0) if self.standing.falls_short else 0

    @property
    def duty_debt(self) -> int:
        """Duty days that were given away and not made up for: another duty mends it."""
        return duty_debt(self.figures) if self.standing.falls_short else 0


@dataclass(frozen=True)
class Report:
    """A programme's month (its first day) as of an instant, a line a member, by name."""

    programme: Programme
    month: date
    as_of: datetime
    lines: Sequence[Line]

    def whole(self, lines: Iterable[Line]) -> list[Line]:
        """Some of its lines, with all their figures."""
        return list(lines)


@dataclass(frozen=True)
class Outline(Report):
    """Everybody's standing, and of their figures those alone that it is reckoned from, until more are asked for."""

    material: Material

    def whole(self, lines: Iterable[Line]) -> list[Line]:
        """Some of its lines, with all their figures. Ten queries more."""
        lines = list(lines)
        material = self.material.narrowed({line.person.pk for line in lines})
        counted = [source.count(material) for source in SOURCES if source not in _OF_STANDINGS]
        return [
            replace(line, figures=_in_order(line.figures, *(part[line.person.pk] for part in counted)))
            for line in lines
        ]


def report(*, programme: Programme, month: date, now: datetime) -> Report:
    """The whole programme's month (any day of it) as the evidence has it now."""
    return _report(programme, month, now, list(_members(programme, month)))


def outline(*, programme: Programme, month: date, now: datetime) -> Outline:
    """Likewise, to show a few lines of: what only they show is counted of them alone."""
    people = list(_members(programme, month))
    material = Material(programme=programme, month=month, people=people, now=now)
    return Outline(programme, material.first, now, _lines(material, people, _OF_STANDINGS), material)


def report_of(*, programme: Programme, person: Person, month: date, now: datetime) -> Line | None:
    """One member's line; None where they are no member in this month."""
    there = _members(programme, month).filter(pk=person.pk)
    lines = _report(programme, month, now, list(there)).lines
    return lines[0] if lines else None


def evidence_of(
    *, programme: Programme, person: Person, month: date, figure: str, now: datetime
) -> list[Evidence]:
    """The events behind one figure of one member, of whose amounts it is made. Raises KeyError for no figure."""
    material = Material(programme=programme, month=month, people=[person], now=now)
    source = next((one for one in SOURCES if any(figure == known.key for known in one.figures)), None)
    if source is None:
        raise KeyError(figure)
    return source.evidence(material, person.pk, figure)


def _members(programme: Programme, month: date) -> PersonQuerySet:
    """What the report says of them, and since when they are there: of the rest there are four hundred rows."""
    return members_of(programme, month).only("name", "email", "created_at")


def _report(programme: Programme, month: date, now: datetime, people: Sequence[Person]) -> Report:
    material = Material(programme=programme, month=month, people=people, now=now)
    _ = material.offers  # told one and all: what else is seen in them is asked of nobody
    return Report(programme, material.first, now, _lines(material, people, SOURCES))


def _lines(material: Material, people: Sequence[Person], sources: Sequence[Source]) -> list[Line]:
    counted = [source.count(material) for source in sources]
    excuses = _excuses(material)
    elapsed = elapsed_of(material.start, material.end, material.now)
    session = 60 * material.programme.listening_session_minutes
    lines = []
    for person in people:
        figures = _in_order(*(part[person.pk] for part in counted))
        excuse = excuses.get(person.pk)
        lines.append(
            Line(
                person=Who(person.pk, person.name, person.email),
                figures=figures,
                standing=standing(figures=figures, elapsed=elapsed, session=session, excuse=excuse),
                owed_reasons=material.owed[person.pk].reasons,
                excuse=excuse,
            )
        )
    return lines


def _in_order(*parts: Mapping[str, Value]) -> dict[str, Value]:
    """All these figures, in the order of `FIGURES`."""
    found = {key: value for part in parts for key, value in part.items()}
    return {key: found[key] for key in FIGURES if key in found}


def elapsed_of(start: datetime, end: datetime, now: datetime) -> Fraction:
    """How much of the time between two instants is over: 0 to 1."""
    gone = min(max(now - start, timedelta(0)), end - start)
    return Fraction(int(gone.total_seconds()), int((end - start).total_seconds()))


def _excuses(material: Material) -> dict[int, Excuse]:
    """Who excused whom from what, by the person's key. Two queries."""
    found: dict[int, Excuse] = {}
    away = Absence.objects.filter(
        person__in=list(material.people),
        status=AbsenceStatus.APPROVED,
        first_day__lte=material.last,
        last_day__gte=material.first,
    ).order_by("first_day", "pk")
    rows = away.values_list("person_id", "first_day", "last_day", "decided_by__name", "entered_by__name")
    for person, first, last, decided, entered in rows:
        why = f"away from {first} to {last}"
        found.setdefault(person, Excuse(decided or entered or "", why, _owes_nothing(material.owed[person])))
    exemptions = Exemption.objects.filter(
        material.theirs(), programme=material.programme, month=material.first
    ).values_list("person_id", "reason", "by__name")
    for person, reason, by in exemptions:
        if person in material.people:
            found[person] = Excuse(by or "", f"exempt: {reason}", _owes_nothing(material.owed[person]))
    return found


def _owes_nothing(owed: Owed) -> bool:
    return owed.duty_days == 0 and owed.listening_minutes == 0
