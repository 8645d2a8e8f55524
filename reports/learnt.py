"""What was learnt and what followed: learnings logged, actions owned, done and overdue, ideas answered late.

They belong to the organisation, not to one programme. An action counts for who owns it now. It is *owned* in each
month in which it was open on some day; *overdue* where its date had passed and it was open still, at the month's end
or now. An idea is *late* where the answer of the month came after its clock had run out, or has not come by then.
"""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.urls import reverse

from learnings.models import Action, Idea, IdeaStatus, Learning
from reports.figures import Counted, Evidence, Figure, Source, Unit, Value
from reports.material import Material

LOGGED, OWNED, DONE, OVERDUE, LATE = (
    "learnings_logged",
    "actions_owned",
    "actions_done",
    "actions_overdue",
    "ideas_late",
)
FIGURES = (
    Figure(LOGGED, "Learnings", "Logged", Unit.COUNT, "Learnings of which they are the author."),
    Figure(OWNED, "Actions", "Owned", Unit.COUNT, "Actions of theirs that were open in the month."),
    Figure(DONE, "Actions", "Done", Unit.COUNT, "Actions of theirs that were done in the month."),
    Figure(
        OVERDUE, "Actions", "Overdue", Unit.COUNT, "Open still after their date, at the month’s end or now."
    ),
    Figure(LATE, "Ideas", "Answered late", Unit.COUNT, "Answered after the clock ran out, or not yet."),
)


def count(material: Material) -> Counted:
    """Everybody's of the month. Five queries."""
    found: dict[int, dict[str, Value]] = {
        person: dict.fromkeys((LOGGED, OWNED, DONE, OVERDUE, LATE), 0) for person in material.people
    }
    for key in (LOGGED, OWNED, DONE, OVERDUE, LATE):
        rows, whose = _which(material, key)
        for person, many in rows.order_by().values_list(whose).annotate(many=Count("pk")):
            if person in found:
                found[person][key] = many
    return found


def evidence(material: Material, person: int, key: str) -> list[Evidence]:
    """What is behind one of a person's figures, by instant."""
    rows, whose = _which(material, key)
    mine = rows.filter(**{whose: person})
    if key == LOGGED:
        return [
            Evidence(
                at=row.created_at,
                what=f"{row.touchpoint.name}: {'kept to a few' if row.sensitive else f'“{row.quote[:80]}”'}",
                amount=1,
                path=reverse("web:learning", args=[row.pk]),
            )
            for row in mine.select_related("touchpoint").order_by("created_at", "pk")
        ]
    if key == LATE:
        return [
            Evidence(
                at=row.answer_due_at,
                what=f"“{row.words[:80]}”: {row.get_status_display().lower()}",
                amount=1,
                path=reverse("web:idea", args=[row.pk]),
            )
            for row in mine.order_by("answer_due_at", "pk")
        ]
    return [
        Evidence(
            day=row.due_on,
            what=f"{row.what}: {row.get_status_display().lower()}",
            amount=1,
            path=reverse("web:action", args=[row.pk]),
        )
        for row in mine.order_by("due_on", "pk")
    ]


def _which(material: Material, key: str) -> tuple[QuerySet[Any], str]:
    """The rows that a figure counts, and the field that says whose they are."""
    start, end = material.start, material.end
    until = min(end, material.now)
    if key == LOGGED:
        return Learning.objects.filter(created_at__gte=start, created_at__lt=end), "author"
    if key == DONE:
        return Action.objects.done_between(start, end), "owner"
    if key == OWNED:
        return Action.objects.filter(_open_after(start), opened_at__lt=end), "owner"
    if key == OVERDUE:
        today = until.astimezone(material.programme.zone).date()
        day = material.last if material.is_over else today
        due = Q(due_on__lte=day) if material.is_over else Q(due_on__lt=day)
        return Action.objects.filter(due, _open_after(until), opened_at__lt=until), "owner"
    answered = Q(answered_at__gte=start, answered_at__lt=end, answered_at__gt=F("answer_due_at"))
    waiting = Q(status=IdeaStatus.WAITING, answer_due_at__lt=until)
    return Idea.objects.filter(answered | waiting), "owner"


def _open_after(instant: datetime) -> Q:
    """Neither done nor declined before this instant."""
    done = Q(done_at__isnull=True) | Q(done_at__gte=instant)
    return done & (Q(declined_at__isnull=True) | Q(declined_at__gte=instant))


SOURCE = Source(FIGURES, count, evidence)
