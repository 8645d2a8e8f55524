"""Our own number as a small centre's line: announcement, the customer's yes where it is wanted, an agent or a message.

The customer waits in a conference of ours while agents' phones are rung (`hunting`) until one takes the call
(`answering`). The conference ends with either of the two.
"""

from datetime import datetime, timedelta

from django.db import transaction

from customers.models import Account
from listening import conferences, evidence, links, live_calls
from listening.country_rules import rule_for
from listening.models import (
    CallAction,
    CallSource,
    EvidenceKind,
    HuntGroup,
    ListeningMode,
    LiveCall,
    LiveCallState,
    Voicemail,
)
from listening.prompts import prompt, speaking
from people import letters
from people.models import Person
from telephony import chores, clock
from telephony.events import InboundCall, RecordingDone
from telephony.numbers import region_of
from telephony.twiml import Script

KEY_SECONDS = 6
MESSAGE_SECONDS = 120
WAIT_SECONDS = 10
FIRST_LOOK = timedelta(seconds=60)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def greet(call: InboundCall) -> Script | None:
    """The first words to a customer; None where no hunt group is on. Asked again it is the same call."""
    group = group_for(_country(call.from_))
    if group is None:
        return None
    row = _open(call, group)
    language = group.language
    script = speaking(language).say(prompt("customer.hello", language, group=group.name))
    mode = rule_for(row.customer_country).mode
    if not is_open(group, clock.now()) or mode == ListeningMode.OFF:
        return script.redirect(links.webhook("call-queue", row.pk))
    if mode == ListeningMode.OPT_IN:
        script.gather(
            prompts=[prompt("customer.opt_in", language)],
            action=links.webhook("call-opt-in", row.pk),
            timeout=KEY_SECONDS,
            digits=1,
        )
        return script.redirect(links.webhook("call-announced", row.pk))
    # That Twilio asks for what follows proves that the words before it were said.
    return script.say(prompt("customer.announcement", language)).redirect(
        links.webhook("call-announced", row.pk)
    )


def _country(number: str) -> str:
    return (region_of(number) or "") if number else ""


def group_for(country: str) -> HuntGroup | None:
    """The hunt group that takes calls from a country: its own programme's, else the first that is on. One query."""
    groups = list(HuntGroup.objects.filter(is_on=True).select_related("programme").order_by("pk"))
    theirs = [group for group in groups if country and country in group.programme.countries]
    return next(iter([*theirs, *groups]), None)


def is_open(group: HuntGroup, now: datetime) -> bool:
    """Whether the group's hours run, on the programme's wall clock."""
    wall = now.astimezone(group.programme.zone)
    return WEEKDAYS[wall.weekday()] in group.days and group.opens <= wall.time() < group.closes


def _open(call: InboundCall, group: HuntGroup) -> LiveCall:
    with transaction.atomic():
        known = LiveCall.objects.filter(customer_call_sid=call.call_sid).first()
        if known is not None:
            return known
        now = clock.now()
        account = Account.objects.filter(contacts__phone=call.from_).first() if call.from_ else None
        return LiveCall.objects.create(
            source=CallSource.OWN,
            customer_call_sid=call.call_sid,
            customer_phone=call.from_,
            customer_country=_country(call.from_),
            account=account,
            programme=group.programme,
            queue=group.queue,
            language=group.language,
            state=LiveCallState.WAITING,
            started_at=now,
            state_at=now,
            next_action=CallAction.LOOK,
            next_at=now + FIRST_LOOK,
        )


def announced(live_call: LiveCall, *, digits: str = "") -> Script:
    """The announcement was heard, and perhaps a key was pressed: 1 agrees."""
    with transaction.atomic():
        row = live_calls.locked(live_call.pk)
        agrees = digits == "1"
        if not row.announced:
            evidence.record(kind=EvidenceKind.ANNOUNCED, live_call=row, call_sid=row.customer_call_sid)
        if agrees and not row.opted_in:
            evidence.record(kind=EvidenceKind.OPTED_IN, live_call=row, call_sid=row.customer_call_sid)
        row.announced, row.opted_in = True, row.opted_in or agrees
        row.save(update_fields=["announced", "opted_in"])
    script = speaking(row.language)
    if digits:
        script.say(prompt("customer.thanks", row.language))
    return _into_the_queue(script, row)


def queue(live_call: LiveCall) -> Script:
    """Without an announcement: nobody listens to this call."""
    return _into_the_queue(speaking(live_call.language), live_call)


def _into_the_queue(script: Script, row: LiveCall) -> Script:
    group = group_of(row)
    if group is None or not is_open(group, clock.now()):
        live_calls.end(live_call_id=row.pk, why="Outside of the hours.")
        return _message(script, row, "customer.closed")
    waits = LiveCall.objects.filter(pk=row.pk, state=LiveCallState.WAITING, turn=0)
    if waits.update(next_action=CallAction.HUNT, next_at=clock.now()):
        chores.wake()
    return script.conference(
        name=row.conference_name,
        status_callback=links.webhook("conferences"),
        wait_url=links.webhook("call-wait", row.pk, 0),
        end_on_exit=True,
        label=conferences.CUSTOMER,
        action=links.webhook("call-over", row.pk),
    )


def wait(live_call: LiveCall, turn: int) -> Script:
    """What a customer hears until an agent takes the call."""
    language = live_call.language
    words = prompt("customer.wait" if turn == 0 else "customer.wait_more", language)
    script = speaking(language).say(words).pause(WAIT_SECONDS)
    return script.redirect(links.webhook("call-wait", live_call.pk, turn + 1))


def over(live_call: LiveCall) -> Script:
    """The customer's part in the conference is over, though the customer is still on the line."""
    live_calls.end(live_call_id=live_call.pk, why="The call was over.")
    return speaking(live_call.language).say(prompt("customer.over", live_call.language)).hang_up()


def leave_message(live_call: LiveCall) -> Script:
    """Nobody was free: a message after the tone."""
    return _message(speaking(live_call.language), live_call, "customer.nobody")


def _message(script: Script, row: LiveCall, words: str) -> Script:
    return (
        script.say(prompt(words, row.language))
        .record(action=links.webhook("call-message", row.pk), max_seconds=MESSAGE_SECONDS)
        .say(prompt("customer.no_message", row.language))
        .hang_up()
    )


def message_left(live_call: LiveCall, done: RecordingDone) -> Script:
    """The message is kept once, however often Twilio tells of it, and administrators hear of it."""
    language = live_call.language
    if done.seconds <= 0 or live_call.programme is None:
        return speaking(language).say(prompt("customer.no_message", language)).hang_up()
    with transaction.atomic():
        row, new = Voicemail.objects.get_or_create(
            recording_sid=done.sid,
            defaults={
                "programme": live_call.programme,
                "live_call": live_call,
                "account": live_call.account,
                "customer_phone": live_call.customer_phone,
                "url": done.url,
                "seconds": done.seconds,
                "left_at": clock.now(),
            },
        )
        if new:
            _tell_of(row, live_call)
    return speaking(language).say(prompt("customer.message_saved", language)).hang_up()


def _tell_of(message: Voicemail, live_call: LiveCall) -> None:
    group = group_of(live_call)
    letters.tell_administrators(
        key=f"voicemail:{message.pk}",
        kind="voicemail",
        subject=prompt("text.voicemail_subject", "en"),
        text=prompt(
            "text.voicemail_mail",
            "en",
            group=group.name if group is not None else "us",
            seconds=message.seconds,
            phone=message.customer_phone or "withheld",
            url=message.url,
        ),
    )


def called_back(*, message: Voicemail, by: Person) -> Voicemail:
    """Somebody has called the customer back."""
    with transaction.atomic():
        row = Voicemail.objects.select_for_update().get(pk=message.pk)
        if row.called_back_at is None:
            row.called_back_by, row.called_back_at = by, clock.now()
            row.save(update_fields=["called_back_by", "called_back_at"])
        return row


def group_of(row: LiveCall) -> HuntGroup | None:
    """The hunt group that takes this call."""
    return HuntGroup.objects.filter(programme=row.programme_id).select_related("programme").first()
