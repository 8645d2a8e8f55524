"""Cases: taken, resolved, confirmed by the customer, reopened. Each belongs to the month in which it happened.

*Taken* counts each case once for each person who took it, at first hand or over from a colleague. *Resolved* are
outcomes that the person recorded. *Confirmed* and *reopened* are the customer's words of the month on outcomes of that
person, whenever they were recorded: only the customer closes.
"""

from collections import Counter
from datetime import datetime

from django.db.models import Count, QuerySet
from django.urls import reverse

from escalations.models import Answer, Outcome
from reports.figures import Counted, Evidence, Figure, Source, Unit, Value
from reports.material import Material

GROUP = "Cases"
TAKEN, RESOLVED, CONFIRMED, REOPENED = "cases_taken", "cases_resolved", "cases_confirmed", "cases_reopened"
FIGURES = (
    Figure(TAKEN, GROUP, "Taken", Unit.COUNT, "Cases accepted, or taken over from a colleague."),
    Figure(RESOLVED, GROUP, "Resolved", Unit.COUNT, "Outcomes recorded."),
    Figure(CONFIRMED, GROUP, "Confirmed", Unit.COUNT, "Outcomes that the customer called fixed."),
    Figure(REOPENED, GROUP, "Reopened", Unit.COUNT, "Outcomes that the customer called not fixed."),
)
_ANSWERS = {CONFIRMED: Answer.FIXED, REOPENED: Answer.NOT_FIXED}


def count(material: Material) -> Counted:
    """Everybody's cases of the month. Three queries beside those of the takings."""
    found: dict[int, dict[str, Value]] = {
        person: dict.fromkeys((TAKEN, RESOLVED, CONFIRMED, REOPENED), 0) for person in material.people
    }
    for person, cases in Counter(person for person, _ in _first_takings(material)).items():
        found[person][TAKEN] = cases
    for key in (RESOLVED, CONFIRMED, REOPENED):
        rows = _outcomes(material, key).order_by().values_list("recorded_by").annotate(many=Count("pk"))
        for person, many in rows:
            if person in found:
                found[person][key] = many
    return found


def evidence(material: Material, person: int, key: str) -> list[Evidence]:
    """The cases behind one of a person's figures, by instant."""
    if key == TAKEN:
        return [
            _about(case, at, "taken") for (who, case), at in _first_takings(material).items() if who == person
        ]
    words = {
        RESOLVED: "resolved",
        CONFIRMED: "confirmed by the customer",
        REOPENED: "not fixed, says the customer",
    }
    instant = "recorded_at" if key == RESOLVED else "answered_at"
    rows = _outcomes(material, key).filter(recorded_by=person).order_by(instant, "pk")
    return [_about(case, at, words[key]) for case, at in rows.values_list("escalation_id", instant)]


def _first_takings(material: Material) -> dict[tuple[int, int], datetime]:
    """When each of these people first took each of their cases in the month."""
    found: dict[tuple[int, int], datetime] = {}
    for taking in material.takings:
        if material.start <= taking.at < material.end:
            found.setdefault((taking.person, taking.case), taking.at)
    return found


def _outcomes(material: Material, key: str) -> QuerySet[Outcome]:
    rows = Outcome.objects.filter(escalation__programme=material.programme)
    if key == RESOLVED:
        return rows.filter(recorded_at__gte=material.start, recorded_at__lt=material.end)
    return rows.filter(answer=_ANSWERS[key], answered_at__gte=material.start, answered_at__lt=material.end)


def _about(case: int, at: datetime, words: str) -> Evidence:
    return Evidence(
        at=at, what=f"Case {1000 + case}: {words}", amount=1, path=reverse("web:case", args=[case])
    )


SOURCE = Source(FIGURES, count, evidence)
