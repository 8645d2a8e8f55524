"""A case in somebody's hands: kept, handed on, connected, resolved, closed or cancelled.

Like `paging`, whose lock and transitions it uses, each verb is one transaction and notes what it did.
"""

from datetime import timedelta

from django.db import transaction

from escalations import paging, wakeup
from escalations.errors import NotAllowed, NotNow
from escalations.models import (
    LIVE_PAGE,
    Escalation,
    NextAction,
    Page,
    PageStatus,
    Purpose,
    Status,
)
from escalations.timeline import CUSTOMER, note
from people.models import Person
from telephony import clock

OUTCOME_MINUTES = 30


def touch(escalation: Escalation) -> None:
    """The owner did something: the idle clock begins again. The caller holds the lock."""
    if escalation.status == Status.ACCEPTED:
        idle = timedelta(minutes=escalation.programme.accepted_but_idle_minutes)
        paging.schedule(escalation, NextAction.ASK_IDLE, clock.now() + idle)


def confirm_working(*, page: Page, how: str) -> None:
    """ "Are you on it?" — "Yes": the idle clock begins again."""
    with transaction.atomic():
        case = paging.locked(page.escalation_id)
        page.refresh_from_db()
        if page.status in LIVE_PAGE or page.status == PageStatus.UNANSWERED:
            page.status = PageStatus.ANSWERED
            paging.end_page(page, PageStatus.ACCEPTED)
            note(case, "working", f"{page.person.name} is on it ({how}).", actor=page.person)
        for other in case.pages.live().filter(person=page.person):
            paging.end_page(other, PageStatus.CANCELLED)
        touch(case)


def give_back(*, escalation: Escalation, why: str, page: Page | None = None) -> None:
    """Take the case from its owner, who stays responsible until another accepts, and climb the ladder anew.

    Inside the caller's transaction; the caller holds the lock.
    """
    paging.move(escalation, Status.PAGING)
    for other in escalation.pages.live():
        own = page is not None and other.pk == page.pk
        if own:
            other.status = PageStatus.ANSWERED
        paging.end_page(
            other, PageStatus.PASSED if other.person_id == escalation.owner_id else PageStatus.CANCELLED
        )
    # The ladder never rings again whoever passed: the one who let it lie counts as such.
    last = escalation.pages.filter(person=escalation.owner).exclude(purpose=Purpose.HAND_OVER).last()
    if last is None:  # taken on the page or by the API, without any page
        last = paging.record_failed(escalation, person=escalation.owner, rung=0, why="Handed on.")
    Page.objects.filter(pk=last.pk).update(status=PageStatus.PASSED)
    escalation.round += 1
    note(escalation, "handed_on", why)
    paging.schedule(escalation, NextAction.CLIMB, clock.now())


def change_owner(*, escalation: Escalation, to: Person) -> None:
    """A colleague took the case over. The caller holds the lock and notes why."""
    escalation.owner = to
    escalation.accepted_by = to
    escalation.hand_over_to = None
    escalation.hand_over_note = ""
    escalation.save()
    touch(escalation)


# --- With the customer ----------------------------------------------------------------------------------


def connected(*, escalation: Escalation) -> None:
    """Officer and customer are talking."""
    with transaction.atomic():
        case = paging.locked(escalation.pk)
        if case.status != Status.ACCEPTED:
            return
        paging.move(case, Status.CONNECTED)
        case.connected_at = case.connected_at or clock.now()
        note(case, "connected", f"{case.owner.name} and the customer are talking.")
        paging.schedule(case, NextAction.ASK_OUTCOME, clock.now() + timedelta(minutes=OUTCOME_MINUTES))


def not_connected(escalation: Escalation) -> None:
    """What answered was the customer's voicemail after all. The caller holds the lock."""
    if escalation.status == Status.CONNECTED:
        paging.move(escalation, Status.ACCEPTED)
        note(escalation, "not_connected", "It was the customer's voicemail: they are not talking.")
        touch(escalation)


def resolve(escalation: Escalation, *, by: Person, text: str) -> None:
    """The officer's word. The caller holds the lock, has recorded the outcome, and asks the customer."""
    paging.move(escalation, Status.RESOLVED)
    now = clock.now()
    escalation.resolved_at = now
    for page in escalation.pages.live():
        paging.end_page(page, PageStatus.CANCELLED)
    note(escalation, "resolved", text, actor=by)
    days = escalation.programme.unconfirmed_after_days
    paging.schedule(escalation, NextAction.GIVE_UP, now + timedelta(days=days))


def close(escalation: Escalation, *, how: str) -> None:
    """The customer's yes. The caller holds the lock."""
    paging.move(escalation, Status.CLOSED)
    escalation.closed_at = clock.now()
    note(escalation, "closed", f"The customer confirmed that it is fixed ({how}).", actor_name=CUSTOMER)
    escalation.save()


def reopen(escalation: Escalation, *, how: str) -> None:
    """The customer's no: the same officer has it again. The caller holds the lock."""
    paging.move(escalation, Status.ACCEPTED)
    note(escalation, "reopened", f"The customer says that it is not fixed ({how}).", actor_name=CUSTOMER)
    touch(escalation)


def unconfirm(escalation: Escalation) -> None:
    """The customer kept silent. The caller holds the lock."""
    paging.move(escalation, Status.UNCONFIRMED)
    note(escalation, "unconfirmed", "The customer did not answer: the case ends unconfirmed.")
    escalation.save()


def cancel(*, escalation: Escalation, by: Person, reason: str) -> Escalation:
    """Support or an administrator takes the case back. Raises `NotAllowed`, `NotNow`."""
    with transaction.atomic():
        case = paging.locked(escalation.pk)
        if not (by.is_admin or by.is_support):
            raise NotAllowed("Only support and administrators cancel a case.")
        if case.status == Status.CANCELLED:
            return case
        if case.bridges.filter(ended_at__isnull=True).exists():
            raise NotNow("They are being connected, or talk: end the connection first.")
        paging.move(case, Status.CANCELLED)
        for page in case.pages.live():
            paging.end_page(page, PageStatus.CANCELLED)
            paging.wake_next_in_line(page.person_id)
        words = f"{by.name} cancelled the case: {reason}" if reason else f"{by.name} cancelled the case."
        note(case, "cancelled", words, actor=by)
        case.save()
        wakeup.wake()
        return case
