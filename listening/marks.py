"""Moments that an executive marked, for the debrief."""

from datetime import datetime

from listening.models import Mark, Session, Visit


def mark(*, session: Session, visit_id: int | None, at: datetime) -> Mark:
    """Keep a moment, once: the same instant again is the same mark."""
    visit = Visit.objects.filter(pk=visit_id, session=session.pk).first() if visit_id else None
    row, _ = Mark.objects.get_or_create(session=session, at=at, defaults={"visit": visit})
    return row
