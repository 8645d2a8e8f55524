"""After the yes: a case that lies idle is asked about, handed on, and its outcome asked for; the inbox is reminded."""

from datetime import timedelta

from django.db import transaction

from escalations import holding, paging, telling
from escalations.errors import NotNow
from escalations.models import (
    IN_HAND,
    Channel,
    Escalation,
    NextAction,
    Page,
    Purpose,
    Status,
)
from escalations.prompts import prompt
from escalations.timeline import note
from people.models import Person
from telephony import clock

# How long an idle officer has to say "I am on it", beyond the ring itself.
ANSWER_MINUTES = 3
OUTCOME_HOURS = 24
REMIND_HOURS = 4


def ask_idle(escalation: Escalation) -> None:
    """Accepted, and nothing happened: ask the officer by call and text. The caller holds the lock."""
    if escalation.bridges.filter(ended_at__isnull=True).exists():
        holding.touch(escalation)
        return
    minutes = escalation.programme.accepted_but_idle_minutes
    note(escalation, "idle", f"Nothing has happened for {minutes} minutes: {escalation.owner.name} is asked.")
    _page_owner(escalation, Purpose.ASK)
    paging.schedule(escalation, NextAction.HAND_ON, clock.now() + timedelta(minutes=ANSWER_MINUTES))


def page_reopened(escalation: Escalation) -> None:
    """The customer says that it is not fixed: the same officer hears of it at once. The caller holds the lock."""
    _page_owner(escalation, Purpose.REOPENED)


def page_graver(escalation: Escalation) -> None:
    """A case in hand became graver: its owner's phone rings. The caller holds the lock."""
    _page_owner(escalation, Purpose.ASK)


def _page_owner(escalation: Escalation, purpose: Purpose) -> None:
    owner = escalation.owner
    asked_before = escalation.pages.filter(purpose=purpose, person=owner, channel=Channel.TEXT).count()
    if not owner.can_be_rung:
        telling.tell_person(
            escalation=escalation,
            person=owner,
            key=f"{purpose}:{asked_before}:{owner.pk}",
            subject=f"Case {escalation.number} needs you",
            body=prompt(f"text.{purpose}", owner.language, number=escalation.number),
        )
        return
    for channel in (Channel.CALL, Channel.TEXT):
        paging.queue_page(
            escalation,
            person=owner,
            channel=channel,
            purpose=purpose,
            rung=asked_before,
            ring_seconds=escalation.programme.ring_seconds,
        )


def hand_on_idle(escalation: Escalation) -> None:
    """Asked and silent: the ladder is climbed anew, without that officer. The caller holds the lock."""
    name = escalation.owner.name
    holding.give_back(escalation=escalation, why=f"{name} did not answer: the case is handed on.")


def hand_on(*, page: Page, how: str) -> None:
    """ "Are you on it?" — "No": handed on at once. Raises `NotNow`."""
    with transaction.atomic():
        case = paging.locked(page.escalation_id)
        if case.status not in IN_HAND or case.owner_id != page.person_id:
            raise NotNow("The case is not yours any more.")
        why = f"{page.person.name} handed the case on ({how})."
        holding.give_back(escalation=case, why=why, page=page)


def ask_outcome(escalation: Escalation) -> None:
    """They have talked, and no outcome is recorded: ask for it, daily. The caller holds the lock."""
    now = clock.now()
    if not escalation.bridges.filter(ended_at__isnull=True).exists():
        body = prompt("text.outcome", escalation.owner.language, number=escalation.number)
        telling.tell_person(
            escalation=escalation,
            person=escalation.owner,
            key=f"ask-outcome:{now:%Y%m%d%H}",
            subject=body,
            body=body,
        )
        note(escalation, "outcome_asked", f"{escalation.owner.name} is asked for the outcome.")
    hours = OUTCOME_HOURS if escalation.status == Status.CONNECTED else 1
    paging.schedule(escalation, NextAction.ASK_OUTCOME, now + timedelta(hours=hours))


def text_outcome_link(*, escalation: Escalation, to: Person) -> None:
    """The link to the case's page, once after each acceptance."""
    body = prompt("text.outcome", to.language, number=escalation.number)
    with transaction.atomic():
        telling.tell_person(
            escalation=escalation,
            person=to,
            key=f"outcome-link:{to.pk}:{escalation.round}",
            subject=body,
            body=body,
        )


def remind(escalation: Escalation) -> None:
    """A case that does not ring lies in the inbox: its owner is reminded, then administrators too."""
    now = clock.now()
    waits = int((now - escalation.created_at).total_seconds() // 3600)
    telling.mail(
        escalation=escalation,
        key=f"remind:{waits}",
        address=escalation.owner.email,
        subject=f"Case {escalation.number} of {escalation.account.name} waits in your inbox",
        body=f"{escalation.summary}\n\n{telling.case_url(escalation)}",
        person=escalation.owner,
    )
    if waits >= OUTCOME_HOURS:
        telling.tell_administrators(
            escalation=escalation,
            key=f"remind-admins:{waits // OUTCOME_HOURS}",
            subject=f"Case {escalation.number} waits for {waits} hours",
            body=f"{escalation.account.name}: {escalation.summary}\nOwner: {escalation.owner.name}",
        )
    note(escalation, "reminded", f"{escalation.owner.name} is reminded of this case.")
    paging.schedule(escalation, NextAction.REMIND, now + timedelta(hours=REMIND_HOURS))
