"""Out-of-box audits: our own product is ordered and opened together, and what is found is written down.

Each thing found has a verdict, a photo where one helps, and an owner who will see to it: an audit cannot be closed
while one has none, and in one that is left open it falls to the executive (`listening.left_open`). The items are also
the evidence of the time (`listening.other_evidence`).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from django.core.files.base import File
from django.db import transaction

from listening import evidence, links, sessions
from listening.errors import BadInput, NotAllowed, NotNow
from listening.free_text import written_line
from listening.models import (
    AuditItem,
    EvidenceKind,
    EvidenceStrength,
    Session,
    SessionKind,
    SessionStatus,
    Verdict,
)
from listening.uploads import clean_photo
from people import letters
from people.models import Person
from rota.membership import is_member
from rota.models import Programme
from telephony import clock

PLANNED = timedelta(hours=1)
MOST_ITEMS = 60
LONGEST_WHAT = 200


def begin_audit(*, programme: Programme, person: Person) -> Session:
    """The executive opens a box now. Where one is open already, that is the one. Raises NotAllowed."""
    now = clock.now()
    if not (person.is_active and person.is_executive):
        raise NotAllowed("Only executives audit.", code="not_allowed")
    if not is_member(programme, person, now.astimezone(programme.zone).date()):
        raise NotAllowed(f"You are no member of {programme.name}.", code="no_member")
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        running = Session.objects.filter(person=person, kind=SessionKind.AUDIT, status=SessionStatus.RUNNING)
        if found := running.select_related("programme").first():
            return found
        session = sessions.book(
            programme=programme,
            person=person,
            start=now,
            end=now + PLANNED,
            kind=SessionKind.AUDIT,
            by=person,
        )
        return sessions.start(session=session, by=person)


def add_item(
    *,
    session: Session,
    by: Person,
    what: str,
    verdict: str,
    owner: Person | None = None,
    photo: File[bytes] | None = None,
) -> AuditItem:
    """Write down one thing found; its owner may be named later. Raises BadInput (the field), NotAllowed, NotNow."""
    words = written_line(what, field="what", most=LONGEST_WHAT, required=True)
    _check(verdict, owner)
    kept = clean_photo(photo) if photo is not None else None
    with transaction.atomic():
        row = _open(session, by)
        if row.items.count() >= MOST_ITEMS:
            raise NotNow(f"An audit has at most {MOST_ITEMS} items.", code="too_many")
        item = AuditItem.objects.create(
            session=row, what=words, verdict=verdict, owner=owner, photo=kept, created_at=clock.now()
        )
        evidence.record(
            kind=EvidenceKind.ITEM,
            session=row,
            strength=EvidenceStrength.PERSON,
            detail=f"item {item.pk}" + (", with a photo" if kept is not None else ""),
        )
    return item


def change_item(
    *,
    item: AuditItem,
    by: Person,
    what: str,
    verdict: str,
    owner: Person | None,
    photo: File[bytes] | None = None,
) -> AuditItem:
    """Say it better, name its owner, or put another photo. Raises BadInput naming the field, NotAllowed, NotNow."""
    words = written_line(what, field="what", most=LONGEST_WHAT, required=True)
    _check(verdict, owner)
    kept = clean_photo(photo) if photo is not None else None
    with transaction.atomic():
        _open(item.session, by)
        row = AuditItem.objects.select_for_update().get(pk=item.pk)
        row.what, row.verdict, row.owner = words, verdict, owner
        if kept is not None:
            before = row.photo.name
            row.photo = kept
            if before:
                transaction.on_commit(lambda: row.photo.storage.delete(before), robust=True)
        row.save()
    return row


def close_audit(*, session: Session, by: Person) -> Session:
    """All is written down: each owner is told what is theirs, and the executive debriefs it.

    Raises NotAllowed, NotNow (it is closed, it has no item, or one has no owner: `code` "no_owner").
    """
    with transaction.atomic():
        row = _open(session, by)
        items = list(AuditItem.objects.filter(session=row).select_related("owner"))
        if not items:
            raise NotNow("Write down at least one thing that you found.", code="no_item")
        if orphans := [item.what for item in items if item.owner is None]:
            raise NotNow(f"Somebody must own “{orphans[0]}” before the audit is closed.", code="no_owner")
        closed = sessions.finish(session=row, by=by)
        _tell_owners(closed, items)
    return closed


def close_left_open(row: Session, *, over_at: datetime) -> Session:
    """Nobody closed it: what has no owner falls to whoever opened the box, and is told to them as theirs.

    The caller holds the lock.
    """
    with transaction.atomic():
        AuditItem.objects.filter(session=row, owner=None).update(owner=row.person)
        closed = sessions.finish(session=row, why="Left open.", over_at=over_at)
        _tell_owners(closed, list(AuditItem.objects.filter(session=row).select_related("owner")))
    return closed


# --- Below -----------------------------------------------------------------------------------------------------


def _check(verdict: str, owner: Person | None) -> None:
    if verdict not in Verdict.values:
        raise BadInput(
            f"This is one of: {', '.join(Verdict.values)}.", field="verdict", code="invalid_choice"
        )
    if owner is not None and not owner.is_active:
        raise BadInput(f"{owner.name} has left. Choose somebody else.", field="owner", code="inactive")


def _open(session: Session, by: Person) -> Session:
    row = sessions.locked(session.pk)
    if by.pk != row.person_id:
        raise NotAllowed("Only whoever opens the box writes it down.", code="not_allowed")
    if row.kind != SessionKind.AUDIT or row.status != SessionStatus.RUNNING:
        raise NotNow("This audit is closed.", code=row.status)
    return row


def _tell_owners(session: Session, items: list[AuditItem]) -> None:
    owned: defaultdict[Person, list[str]] = defaultdict(list)
    for item in items:
        if item.owner is not None:
            owned[item.owner].append(f"- {item.what} ({item.get_verdict_display().lower()})")
    for owner, lines in owned.items():
        letters.write_to(
            person=owner,
            key=f"audit:{session.pk}:{owner.pk}",
            kind="audit",
            subject=f"Found when our own product was opened: {len(lines)} for you",
            text=f"{session.person.name} opened a box of ours, and this is yours to see to:\n\n"
            + "\n".join(lines)
            + f"\n\n{links.session_url(session)}\n",
            by="mail",
        )
