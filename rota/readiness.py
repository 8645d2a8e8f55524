"""What is missing before a draft can be published with a good conscience: by name and date, loud beforehand."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date

from people.models import Person
from rota.draft_report import empty_seats
from rota.draft_view import DraftView
from rota.hours import DutyRules, is_duty_day
from rota.instances import role_of
from rota.models import Absence, AbsenceStatus, Duty
from rota.planning.breaches import faults
from rota.planning.parts import Rule
from rota.planning.wording import count_of, day_in_words, days_in_words, month_in_words


@dataclass(frozen=True)
class Problem:
    """What is missing before a draft can be published with a good conscience, by name and date.

    `blocks` where `publish` would refuse it; the rest can be published, knowing it.
    """

    text: str
    day: date | None = None
    seat: int | None = None
    person: Person | None = None
    blocks: bool = False


def problems_of(view: DraftView) -> list[Problem]:
    """Every problem of a draft as it stands, in order of days. Four queries beside those of the view."""
    duties = list(view.rota.duties.select_related("person"))
    blocking = list(_blocking(view, duties))
    said = {(one.person.pk, one.day) for one in blocking if one.person is not None}
    found = [
        *blocking,
        *_empty(view),
        *_unreachable(duties),
        *_broken(view, said),
        *_given_back(view, duties),
        *_waiting(duties),
    ]
    if not duties:
        found.append(Problem("This draft has no duties. Solve it again.", blocks=True))
    return sorted(found, key=lambda problem: (problem.day or date.max, problem.seat or 0))


def _blocking(view: DraftView, duties: list[Duty]) -> Iterator[Problem]:
    """What `rota.publishing.publish` would refuse."""
    rules = view.rota.programme.rules
    published = Duty.objects.published().filter(
        day__range=(view.rota.first_day, view.rota.last_day), person__in={duty.person_id for duty in duties}
    )
    elsewhere = {(other.day, other.person_id): other for other in published.select_related("programme")}
    seated: set[tuple[date, int]] = set()
    for duty in duties:
        place = (duty.day, duty.person_id)
        text = _obstacle(view, duty, rules, place in seated, elsewhere.get(place))
        if text:
            yield Problem(text, duty.day, duty.seat, duty.person, blocks=True)
        seated.add(place)


def _obstacle(view: DraftView, duty: Duty, rules: DutyRules, twice: bool, other: Duty | None) -> str:
    """Why publishing would refuse this duty; "" where it would not."""
    day, name = day_in_words(duty.day), duty.person.name
    if not is_duty_day(rules, duty.day):
        return f"{day} is no duty day any more, and {name} is {duty.role}."
    if (duty.day, role_of(duty.seat)) not in view.question.open_seats:
        return f"{day} is published already: somebody is {duty.role}."
    if not duty.person.is_active:
        return f"{name}, {duty.role} on {day}, has left."
    if twice:
        return f"{name} sits twice on {day}."
    if other is not None:
        return f"{name}, {duty.role} on {day}, is on duty in {other.programme.name} on that day."
    return ""


def _empty(view: DraftView) -> Iterator[Problem]:
    for one in empty_seats(view.question, view.plan):
        text = f"Nobody is {role_of(one.seat)} on {day_in_words(one.day)}: {one.why}."
        yield Problem(text, one.day, one.seat)


def _unreachable(duties: list[Duty]) -> Iterator[Problem]:
    """Once a person, with their days: their phone would stay silent."""
    days: dict[Person, list[Duty]] = {}
    for duty in duties:
        if duty.person.is_active and not duty.person.can_be_rung:
            days.setdefault(duty.person, []).append(duty)
    for person, theirs in days.items():
        lacks = "no verified phone number" if person.phone else "no phone number"
        text = f"{person.name} has {lacks}, and is on duty on {days_in_words([duty.day for duty in theirs])}."
        yield Problem(text, theirs[0].day, theirs[0].seat, person)


def _broken(view: DraftView, said: Container[tuple[int, date | None]]) -> Iterator[Problem]:
    """Rules that the draft breaks as it stands: somebody is away since, or was seated by hand."""
    short: dict[str, list[str]] = {}
    for fault in faults(view.instance, view.plan):
        person = view.question.people.get(fault.executive) if fault.executive is not None else None
        if person is not None and ((person.pk, fault.day) in said or not person.is_active):
            continue
        if fault.rule is Rule.QUOTA and person is not None and fault.month is not None:
            short.setdefault(fault.month, []).append(person.name)
        elif fault.rule is Rule.MONTH_MIN and person is not None and fault.month is not None:
            text = f"{person.name} has too few primary duties in {month_in_words(fault.month)}."
            yield Problem(text, person=person)
        elif text := view.in_words(fault).replace(" would be ", " is "):
            yield Problem(text, fault.day, None, person)
    for month, names in sorted(short.items()):
        text = f"{count_of(len(names), 'member')} listen less than they owe in {month_in_words(month)}."
        yield Problem(
            text if len(names) > 1 else f"{names[0]} listens less than owed in {month_in_words(month)}."
        )


def _given_back(view: DraftView, duties: list[Duty]) -> Iterator[Problem]:
    """Times to listen that people have already on days on which they would serve."""
    for duty in duties:
        if text := view.given_back(duty.person_id, duty.day):
            yield Problem(text, duty.day, duty.seat, duty.person)


def _waiting(duties: list[Duty]) -> Iterator[Problem]:
    """Absences that wait for an administrator's word, and duties that lie in them."""
    by_person: dict[int, list[Duty]] = {}
    for duty in duties:
        by_person.setdefault(duty.person_id, []).append(duty)
    if not duties:
        return
    waiting = Absence.objects.filter(
        status=AbsenceStatus.WAITING,
        first_day__lte=max(duty.day for duty in duties),
        last_day__gte=min(duty.day for duty in duties),
    )
    for absence in waiting:
        for duty in by_person.get(absence.person_id, []):
            if absence.first_day <= duty.day <= absence.last_day:
                text = (
                    f"{duty.person.name} is {duty.role} on {day_in_words(duty.day)}, and has asked to be away then: "
                    "that waits for your word."
                )
                yield Problem(text, duty.day, duty.seat, duty.person)
