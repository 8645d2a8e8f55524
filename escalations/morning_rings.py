"""The test ring of a duty's morning, for officers who want one: a real call, with one key to say that it was heard.

Which rings are due follows from the duties and the wishes; a row is made when one is due, so that it is placed once.
A phone that is engaged for a case is left alone, and every page goes before a test.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from escalations import claims, delivery, ring_status
from escalations.prompts import prompt, speaking
from rota.duty_wishes import BEFORE, ring_at
from rota.models import LIVE_RING, Duty, DutyWishes, MorningRing, RingStatus, RingWish
from telephony import client, clock, doors
from telephony.errors import OutcomeUnknown, TelephonyError
from telephony.events import CallEvent
from telephony.twiml import Script

logger = logging.getLogger(__name__)

RING_SECONDS = 25
KEY_SECONDS = 6
MOST_MISSES = 3
# A test that comes later than this after its time is no morning's test any more.
LATEST = timedelta(hours=1)
# From 22:00, when somebody sleeps, to 07:00.
_LONGEST_NIGHT = timedelta(hours=9)
# Longer than any test: the report of its end was lost.
_SILENT = timedelta(minutes=4)
_CLOCKS_APART = timedelta(seconds=30)

_ENDS = {
    "busy": (RingStatus.UNANSWERED, "The phone was busy."),
    "no-answer": (RingStatus.UNANSWERED, "Nobody picked up."),
    "canceled": (RingStatus.UNANSWERED, "Nobody picked up."),
    "completed": (RingStatus.UNANSWERED, "It was answered, but no key was pressed: perhaps by a voicemail."),
    "failed": (RingStatus.FAILED, "The phone could not be reached."),
}


def ring_due() -> int:
    """Places every test ring that is due, and decides those of which nothing was heard. Returns how many went out.

    Each minute, by a schedule; safe to run side by side.
    """
    now = clock.now()
    MorningRing.objects.bulk_create(_wanted(now), ignore_conflicts=True)
    rung = 0
    due = MorningRing.objects.filter(status=RingStatus.DUE, due_at__lte=now)
    for ring in due.select_related("duty", "person").order_by("due_at", "pk"):
        rung += _ring(ring, now)
    _settle(now)
    return rung


def _wanted(now: datetime) -> Iterator[MorningRing]:
    wishes = dict(DutyWishes.objects.exclude(test_ring=RingWish.NEVER).values_list("person", "test_ring"))
    begun = now - LATEST - _LONGEST_NIGHT
    duties = Duty.objects.published().filter(
        person__in=list(wishes), starts_at__gt=begun, starts_at__lte=now + BEFORE, ends_at__gt=now
    )
    for duty in duties.select_related("person").order_by("starts_at"):
        at = ring_at(duty, wishes[duty.person_id])
        if at <= now < min(at + LATEST, duty.ends_at) and duty.person.can_be_rung:
            yield MorningRing(duty=duty, person=duty.person, address=duty.person.phone, due_at=at)


def _ring(ring: MorningRing, now: datetime) -> bool:
    """One ring; False where it did not go out now."""
    if ring.duty.person_id != ring.person_id:
        ring_status.ended(ring_id=ring.pk, status=RingStatus.SKIPPED, why="The duty has changed hands.")
        return False
    if now >= ring.due_at + LATEST:
        why = "It could not be placed within an hour of its time."
        ring_status.ended(ring_id=ring.pk, status=RingStatus.SKIPPED, why=why)
        return False
    if not ring_status.claim(ring):
        return False
    if not claims.may_call_beside_cases():
        ring_status.put_back(ring)
        return False
    try:
        call = client.place_call(
            to=ring.address,
            answer_url=delivery.address("ring-answer", ring.pk),
            status_callback=delivery.address("ring-status", ring.pk),
            ring_seconds=RING_SECONDS,
        )
    except OutcomeUnknown:
        logger.warning("Nobody knows yet whether %s went out", ring)
    except TelephonyError as error:
        if not error.permanent:
            ring_status.put_back(ring)
            return False
        ring_status.ended(ring_id=ring.pk, status=RingStatus.FAILED, why=f"{error.message} {error.remedy}")
    else:
        ring_status.placed(ring_id=ring.pk, sid=call.sid)
    return True


def _settle(now: datetime) -> None:
    """What no report told: whether it went out at all, and how it ended."""
    undecided = MorningRing.objects.filter(status=RingStatus.CALLING, sid="", lease_until__lte=now)
    for ring in undecided:
        try:
            sid = _found_at_twilio(ring)
        except TelephonyError as error:
            logger.warning("Twilio cannot say yet whether %s went out: %s", ring, error)
            continue
        if sid:
            ring_status.placed(ring_id=ring.pk, sid=sid)
        else:
            ring_status.ended(ring_id=ring.pk, status=RingStatus.FAILED, why="The call did not go out.")
    for ring in MorningRing.objects.filter(status__in=LIVE_RING, called_at__lte=now - _SILENT).exclude(
        sid=""
    ):
        why = "No key was pressed, and nothing was heard of the call's end."
        ring_status.ended(ring_id=ring.pk, status=RingStatus.UNANSWERED, why=why)


def _found_at_twilio(ring: MorningRing) -> str:
    """The call that is ours, where Twilio has one to this number that no page knows of."""
    since = (ring.called_at or ring.due_at) - _CLOCKS_APART
    for call in client.find_calls(to=ring.address, since=since):
        if not doors.knows(call.sid):
            return call.sid
    return ""


# --- What is said, and what the reports mean -------------------------------------------------------------------


def greeting(ring: MorningRing, *, misses: int = 0) -> Script:
    """The first words, twice; then a word of goodbye."""
    language = ring.person.language
    script = speaking(language)
    words = [prompt("ring.hello", language, name=ring.person.name), prompt("ring.press", language)]
    for _ in range(2):
        script.gather(
            prompts=words if misses == 0 else words[1:],
            action=delivery.address("ring-keys", ring.pk, misses),
            timeout=KEY_SECONDS,
            digits=1,
        )
    return script.say(prompt("page.silence", language)).hang_up()


def key(ring: MorningRing, digits: str, *, misses: int) -> Script:
    """1 is heard; any other key is asked again, a few times."""
    language = ring.person.language
    if digits == "1":
        ring_status.heard(ring_id=ring.pk)
        return speaking(language).say(prompt("ring.heard", language)).hang_up()
    if misses >= MOST_MISSES:
        return speaking(language).say(prompt("page.too_many", language)).hang_up()
    return greeting(ring, misses=misses + 1)


def report(ring: MorningRing, event: CallEvent) -> None:
    """How the call goes, as Twilio tells; doubled and late reports change nothing."""
    if event.ended:
        status, why = _ENDS.get(event.status, _ENDS["failed"])
        ring_status.ended(ring_id=ring.pk, status=status, why=why)
    elif event.status in ("in-progress", "answered"):
        ring_status.moved(ring_id=ring.pk, status=RingStatus.ANSWERED)
    elif event.status == "ringing":
        ring_status.moved(ring_id=ring.pk, status=RingStatus.RINGING)
