"""What was learnt: learnings logged in the month. They belong to the organisation, not to one programme."""

from django.db.models import Count, QuerySet
from django.urls import reverse

from learnings.models import Learning
from reports.figures import Counted, Evidence, Figure, Source, Unit, Value
from reports.material import Material

GROUP = "Learnings"
LOGGED = "learnings_logged"
FIGURES = (Figure(LOGGED, GROUP, "Logged", Unit.COUNT, "Learnings of which they are the author."),)


def count(material: Material) -> Counted:
    """Everybody's learnings of the month. One query."""
    found: dict[int, dict[str, Value]] = {person: {LOGGED: 0} for person in material.people}
    rows = _learnings(material).order_by().values_list("author").annotate(many=Count("pk"))
    for person, many in rows:
        if person in found:
            found[person][LOGGED] = many
    return found


def evidence(material: Material, person: int, key: str) -> list[Evidence]:
    """The learnings behind a person's figure, by instant."""
    rows = (
        _learnings(material).filter(author=person).select_related("touchpoint").order_by("created_at", "pk")
    )
    return [
        Evidence(
            at=row.created_at,
            what=f"{row.touchpoint.name}: “{row.quote[:80]}”",
            amount=1,
            path=row.source_path or reverse("web:learnings"),
        )
        for row in rows
    ]


def _learnings(material: Material) -> QuerySet[Learning]:
    return Learning.objects.filter(created_at__gte=material.start, created_at__lt=material.end)


SOURCE = Source(FIGURES, count, evidence)
