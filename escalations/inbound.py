"""Calls to the programme's own number: a missed officer, a customer with a case in hand, or a stranger.

Whom no case concerns other rooms may know (`telephony.doors`): executives with a time to listen, agents, customers.
"""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from escalations import bridging, briefs, conversation, holding, paging
from escalations.delivery import address
from escalations.errors import NotAllowed, NotNow
from escalations.models import (
    IN_HAND,
    WAITING_FOR_AN_OFFICER,
    Channel,
    Escalation,
    Page,
    PageStatus,
    Purpose,
)
from escalations.prompts import prompt, speaking
from escalations.texting import case_of_customer
from escalations.timeline import CUSTOMER, TWILIO, note
from people.models import Person
from rota.models import Duty
from telephony import clock, doors
from telephony.events import InboundCall
from telephony.twiml import Script

RING_SECONDS = 20
MESSAGE_SECONDS = 120
KEY_SECONDS = 6


def greet(call: InboundCall) -> Script:
    """The first words to somebody who calls us; a caller who withholds the number is a stranger."""
    person = (
        Person.objects.active().reachable_by_phone().filter(phone=call.from_).first() if call.from_ else None
    )
    if person is not None:
        return _officer(person, call)
    case = case_of_customer(call.from_) if call.from_ else None
    if case is not None:
        return _customer(case, call)
    elsewhere = doors.stranger_calls(call)
    return elsewhere if elsewhere is not None else Script().say(prompt("inbound.stranger", "en")).hang_up()


# --- An officer who missed the ring ---------------------------------------------------------------------


def _officer(person: Person, call: InboundCall) -> Script:
    in_hand = Escalation.objects.open().filter(owner=person, status__in=IN_HAND)
    own = in_hand.order_by("-accepted_at").first()
    page = _called_back(person, call)
    if page is not None:
        return conversation.greet(page)
    if own is not None:
        return _own_case(person, own)
    elsewhere = doors.person_calls(call)
    if elsewhere is not None:
        return elsewhere
    words = prompt("inbound.officer_none", person.language, name=person.name)
    return speaking(person.language).say(words).hang_up()


def _called_back(person: Person, call: InboundCall) -> Page | None:
    """A page of its own for this call, for the gravest case that waits for this officer."""
    case = _waiting_for(person)
    if case is None:
        return None
    with transaction.atomic():
        locked = paging.locked(case.pk)
        if locked.status not in WAITING_FOR_AN_OFFICER:
            return None
        known = Page.objects.with_sid(call.call_sid).first()
        if known is not None:
            return known
        # The phone that calls us cannot ring for us at the same time.
        for page in Page.objects.live().calls().filter(address=person.phone):
            paging.end_page(page, PageStatus.UNANSWERED)
        now = clock.now()
        before = locked.pages.filter(person=person, purpose=Purpose.CALLED_BACK).count()
        note(locked, "called_back", f"{person.name} calls back.", actor=person, actor_name=TWILIO)
        return Page.objects.create(
            escalation=locked,
            person=person,
            channel=Channel.CALL,
            address=person.phone,
            purpose=Purpose.CALLED_BACK,
            round=locked.round,
            rung=before,
            status=PageStatus.ANSWERED,
            gravity=locked.gravity,
            sid=call.call_sid,
            created_at=now,
            due_at=now,
            sent_at=now,
            answered_at=now,
        )


def _waiting_for(person: Person) -> Escalation | None:
    """The gravest case without an officer for which this person was paged, or of the duty they are on."""
    waiting = Escalation.objects.open().filter(status__in=WAITING_FOR_AN_OFFICER)
    theirs = person.pages.filter(escalation=OuterRef("pk"))
    missed = Q(Exists(theirs)) & ~Q(Exists(theirs.filter(status=PageStatus.PASSED)))
    on_duty = Duty.objects.at(clock.now()).filter(person=person).values("programme")
    return waiting.filter(missed | Q(programme__in=on_duty)).gravest_first().first()


def _own_case(person: Person, case: Escalation, *first_words: str) -> Script:
    script = speaking(person.language)
    words = prompt(
        "inbound.officer_own", person.language, name=person.name, number=briefs.spoken_number(case)
    )
    for prompts in ([*first_words, words], [words]):
        # Inside the question: a key that is pressed while anything else is said would be lost.
        script.gather(prompts=prompts, action=address("inbound-keys", case.pk), timeout=KEY_SECONDS, digits=1)
    return script.hang_up()


def own_case_key(case: Escalation, *, call: InboundCall, digits: str) -> Script:
    """An officer who has the case and calls us: connected, or told the story."""
    person = Person.objects.active().reachable_by_phone().filter(phone=call.from_).first()
    if person is None or case.owner_id != person.pk or case.status not in IN_HAND:
        return Script().say(prompt("inbound.stranger", "en")).hang_up()
    if digits == "1":
        try:
            bridge = bridging.start_on_call(
                escalation=case, officer=person, call_sid=call.call_sid, number=person.phone
            )
        except (NotNow, NotAllowed):
            bridge = None
        if bridge is not None:
            return conversation.enter(speaking(person.language), bridge)
        return speaking(person.language).say(prompt("page.nobody_to_connect", person.language)).hang_up()
    if digits == "3":
        return _own_case(person, case, *briefs.spoken(case, person.language))
    return _own_case(person, case, prompt("page.wrong_key", person.language, key=digits))


# --- A customer with a case -----------------------------------------------------------------------------


def _customer(case: Escalation, call: InboundCall) -> Script:
    """Put through to the case's owner; the owner's number is never shown. Else a message for the case."""
    language = case.account.language
    with transaction.atomic():
        locked = paging.locked(case.pk)
        if not locked.events.filter(kind="customer_called", data__call=call.call_sid).exists():
            who = case.contact_name or CUSTOMER
            note(
                locked,
                "customer_called",
                "The customer calls us.",
                actor_name=who,
                data={"call": call.call_sid},
            )
    busy = case.bridges.filter(ended_at__isnull=True).exists()
    if case.status not in IN_HAND or not case.owner.can_be_rung or busy:
        return leave_message(case)
    return (
        speaking(language)
        .say(prompt("customer.connecting", language, officer=case.owner.name))
        .dial(
            number=case.owner.phone,
            caller_id=call.to,
            action=address("inbound-dialled", case.pk),
            ring_seconds=RING_SECONDS,
            whisper_url=address("inbound-whisper", case.pk),
        )
    )


def whisper(case: Escalation) -> Script:
    """What only the officer hears before the customer is joined; without a key a voicemail would take the call."""
    language = case.owner.language
    words = prompt("inbound.whisper", language, number=briefs.spoken_number(case))
    return (
        speaking(language)
        .gather(
            prompts=[words],
            action=address("inbound-whispered", case.pk),
            timeout=KEY_SECONDS,
            digits=1,
        )
        .hang_up()
    )


def dialled(case: Escalation, *, dialled_sid: str) -> Script:
    """The call to the owner is over, or never came about: then the customer may leave a message.

    Twilio says "completed" of a voicemail too: whether they talked is known by the officer's key alone.
    """
    if case.events.filter(kind="customer_put_through", data__call=dialled_sid).exists():
        with transaction.atomic():
            note(case, "customer_talked", "The customer was put through to the officer.")
        return speaking(case.account.language).hang_up()
    return leave_message(case)


def put_through(case: Escalation, *, call_sid: str) -> Script:
    """The officer pressed a key: the customer is joined."""
    with transaction.atomic():
        locked = paging.locked(case.pk)
        note(
            locked,
            "customer_put_through",
            f"{locked.owner.name} takes the customer's call.",
            actor=locked.owner,
            data={"call": call_sid},
        )
        holding.touch(locked)
    return speaking(case.owner.language)


def leave_message(case: Escalation) -> Script:
    """A message after the tone, which lands on the case."""
    language = case.account.language
    if case.status in IN_HAND:
        words = prompt("customer.leave_message", language, officer=case.owner.name)
    else:
        words = prompt("customer.leave_message_nobody", language)
    return (
        speaking(language)
        .say(words)
        .record(action=address("inbound-message", case.pk), max_seconds=MESSAGE_SECONDS)
        .say(prompt("customer.no_message", language))
        .hang_up()
    )


def message_left(case: Escalation, *, recording_sid: str, url: str, seconds: int) -> Script:
    """The customer's message is on the case, once, however often Twilio tells of it."""
    language = case.account.language
    if seconds <= 0:
        return speaking(language).say(prompt("customer.no_message", language)).hang_up()
    with transaction.atomic():
        locked = paging.locked(case.pk)
        if not locked.events.filter(kind="customer_message", data__recording=recording_sid).exists():
            note(
                locked,
                "customer_message",
                f"The customer left a message of {seconds} seconds.",
                actor_name=locked.contact_name or CUSTOMER,
                data={"recording": recording_sid, "url": url, "seconds": seconds},
            )
    return speaking(language).say(prompt("customer.message_saved", language)).hang_up()


def call_ended(*, call_sid: str) -> None:
    """A call to us is over: a page of it that decided nothing is over too, and so is a bridge on it."""
    doors.call_ended(call_sid)
    bridging.call_over(call_sid=call_sid)
    for page in Page.objects.with_sid(call_sid).live():
        with paging.held(page.pk) as held:
            paging.ended(held, PageStatus.UNANSWERED)
