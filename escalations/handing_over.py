"""Handing a case over to a colleague, with a note and only by consent; ownership outlives the duty day."""

from django.db import transaction

from escalations import holding, paging
from escalations.access import may_act_as_officer
from escalations.errors import BadInput, NotAllowed, NotNow
from escalations.models import IN_HAND, Channel, Escalation, Page, PageStatus, Purpose
from escalations.timeline import note
from people.models import Person
from rota.on_duty import who_is_on_duty
from telephony import clock


def offer(*, escalation: Escalation, by: Person, to: Person | None = None, note_text: str = "") -> Escalation:
    """Ask a colleague (the officer on duty now, unless named) to take the case over.

    Nothing changes hands until they say yes. Raises `NotAllowed`, `NotNow`, `BadInput`.
    """
    with transaction.atomic():
        case = paging.locked(escalation.pk)
        if case.status not in IN_HAND:
            raise NotNow("Only a case that somebody has taken can be handed over.")
        if case.owner_id != by.pk and not by.is_admin:
            raise NotAllowed(f"{case.owner.name} has the case: only its owner hands it over.")
        if len(note_text) > 1000:
            raise BadInput("The note has at most 1,000 characters.", field="note", code="max_length")
        colleague = to or _officer_on_duty(case)
        if colleague is None or colleague.pk == case.owner_id:
            raise BadInput("Name the colleague who is to take it over.", field="to", code="required")
        if not (colleague.is_executive or colleague.is_admin) or not colleague.is_active:
            raise BadInput(f"{colleague.name} is not an executive.", field="to", code="not_an_executive")
        case.hand_over_to = colleague
        case.hand_over_note = note_text.strip()
        case.save()
        words = f"{by.name} asks {colleague.name} to take the case over."
        note(case, "hand_over_offered", f"{words} {case.hand_over_note}".strip(), actor=by)
        asked = case.pages.filter(purpose=Purpose.HAND_OVER, person=colleague, channel=Channel.TEXT).count()
        channels = (Channel.CALL, Channel.TEXT) if colleague.can_be_rung else (Channel.EMAIL,)
        for channel in channels:
            paging.queue_page(
                case,
                person=colleague,
                channel=channel,
                purpose=Purpose.HAND_OVER,
                rung=asked,
                ring_seconds=case.programme.ring_seconds,
            )
        holding.touch(case)
        return case


def _officer_on_duty(escalation: Escalation) -> Person | None:
    primary = who_is_on_duty(programme=escalation.programme, at=clock.now()).primary
    return primary.person if primary else None


def take(
    *, escalation: Escalation, by: Person, how: str = "on the page", page: Page | None = None
) -> Escalation:
    """The colleague says yes: the case changes hands at once. Saying it twice does no harm. Raises `NotNow`."""
    with transaction.atomic():
        case = paging.locked(escalation.pk)
        if case.owner_id == by.pk and case.status in IN_HAND:
            return case
        _refuse_unless_offered(case, by)
        before = case.owner
        holding.change_owner(escalation=case, to=by)
        note(case, "handed_over", f"{by.name} took the case over from {before.name} {how}.", actor=by)
        _end_pages(case, by, PageStatus.ACCEPTED, page)
        return case


def decline(
    *, escalation: Escalation, by: Person, how: str = "on the page", page: Page | None = None
) -> Escalation:
    """The colleague says no: the case stays where it is, and its owner sees so. Raises `NotNow`."""
    with transaction.atomic():
        case = paging.locked(escalation.pk)
        _refuse_unless_offered(case, by)
        case.hand_over_to = None
        case.hand_over_note = ""
        case.save()
        words = f"{by.name} does not take the case over ({how}): it stays with {case.owner.name}."
        note(case, "hand_over_declined", words, actor=by)
        _end_pages(case, by, PageStatus.PASSED, page)
        return case


def _refuse_unless_offered(case: Escalation, by: Person) -> None:
    if case.status not in IN_HAND:
        raise NotNow(f"The case is {case.get_status_display().lower()}: it cannot change hands now.")
    if case.hand_over_to_id != by.pk or not (may_act_as_officer(by, case) or by.is_executive):
        raise NotNow("This case is not offered to you any more.")


def _end_pages(case: Escalation, by: Person, status: PageStatus, page: Page | None) -> None:
    for one in case.pages.live().filter(person=by, purpose=Purpose.HAND_OVER):
        if page is not None and one.pk == page.pk:
            one.status = PageStatus.ANSWERED
        paging.end_page(one, status)
