"""Cases: taken, resolved, confirmed by the customer, reopened. Each belongs to the month in which it happened.

*Taken* counts each case once for each person who took it, at first hand or over from a colleague. *Resolved* are
outcomes that the person recorded. *Confirmed* and *reopened* are the customer's words of the month on outcomes of that
person, whenever they were recorded: only the customer closes.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from django.db.models import Min, QuerySet
from django.urls import reverse

from escalations.models import Answer, Event, Outcome
from reports.figures import Counted, Evidence, Figure, Source, Unit, Value
from reports.material import Material, is_case_of

GROUP = "Cases"
TAKEN, RESOLVED, CONFIRMED, REOPENED = "cases_taken", "cases_resolved", "cases_confirmed", "cases_reopened"
FIGURES = (
    Figure(TAKEN, GROUP, "Taken", Unit.COUNT, "Cases accepted, or taken over from a colleague."),
    Figure(RESOLVED, GROUP, "Resolved", Unit.COUNT, "Outcomes recorded."),
    Figure(CONFIRMED, GROUP, "Confirmed", Unit.COUNT, "Outcomes that the customer called fixed."),
    Figure(REOPENED, GROUP, "Reopened", Unit.COUNT, "Outcomes that the customer called not fixed."),
)
_KEY_OF: Mapping[str, str] = {Answer.FIXED: CONFIRMED, Answer.NOT_FIXED: REOPENED}


def count(material: Material) -> Counted:
    """Everybody's cases of the month. Four queries: whose case is the programme's is asked once, of all of them."""
    found: dict[int, dict[str, Value]] = {
        person: dict.fromkeys((TAKEN, RESOLVED, CONFIRMED, REOPENED), 0) for person in material.people
    }
    taken = material.of_whom(_takings(material), "actor").order_by().values_list("actor_id", "escalation_id")
    resolved = material.of_whom(_outcomes(material, RESOLVED), "recorded_by").order_by()
    answered = material.of_whom(_outcomes(material, CONFIRMED, REOPENED), "recorded_by").order_by()
    rows = [
        *((TAKEN, *row) for row in set(taken)),
        *((RESOLVED, *row) for row in resolved.values_list("recorded_by_id", "escalation_id")),
        *(
            (_KEY_OF[answer], person, case)
            for answer, person, case in answered.values_list("answer", "recorded_by_id", "escalation_id")
        ),
    ]
    ours = material.ours({case for _, _, case in rows})
    for (key, person), many in Counter([(key, person) for key, person, case in rows if case in ours]).items():
        if person in found:
            found[person][key] = many
    return found


def evidence(material: Material, person: int, key: str) -> list[Evidence]:
    """The cases behind one of a person's figures, by instant."""
    if key == TAKEN:
        taken = (
            _takings(material)
            .filter(is_case_of(material.programme), actor=person)
            .values_list("escalation_id")
        )
        first = taken.annotate(first_at=Min("at")).order_by("first_at", "escalation_id")
        return [_about(case, at, "taken") for case, at in first]
    words = {
        RESOLVED: "resolved",
        CONFIRMED: "confirmed by the customer",
        REOPENED: "not fixed, says the customer",
    }
    instant = "recorded_at" if key == RESOLVED else "answered_at"
    rows = (
        _outcomes(material, key)
        .filter(is_case_of(material.programme), recorded_by=person)
        .order_by(instant, "pk")
    )
    return [_about(case, at, words[key]) for case, at in rows.values_list("escalation_id", instant)]


def _takings(material: Material) -> QuerySet[Event]:
    return material.takings(material.start, material.end)


def _outcomes(material: Material, *keys: str) -> QuerySet[Outcome]:
    """The outcomes that one figure counts, or several of the customers' answers do, of any programme's cases."""
    rows = Outcome.objects.all()
    if keys == (RESOLVED,):
        return rows.filter(recorded_at__gte=material.start, recorded_at__lt=material.end)
    answers = [answer for answer, key in _KEY_OF.items() if key in keys]
    return rows.filter(answer__in=answers, answered_at__gte=material.start, answered_at__lt=material.end)


def _about(case: int, at: datetime, words: str) -> Evidence:
    return Evidence(
        at=at, what=f"Case {1000 + case}: {words}", amount=1, path=reverse("web:case", args=[case])
    )


SOURCE = Source(FIGURES, count, evidence)
