"""The only writer of the status of test rings. A ring is no page: nothing waits for it, and every case goes before it.

Whatever order Twilio's reports come in, a key that was pressed counts, and what is over stays so.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from escalations.models import Page
from people import letters
from rota.models import LIVE_RING, MorningRing, RingStatus
from rota.swap_letters import duty_url
from rota.told_times import told_shortly
from telephony import client, clock
from telephony.errors import TelephonyError

LEASE_SECONDS = 45  # far above the longest exchange with Twilio


def claim(ring: MorningRing) -> bool:
    """Takes a due ring for this process, unless the phone is engaged. What cannot go now stays due."""
    now = clock.now()
    if Page.objects.live().calls().filter(address=ring.address).exists():
        return False
    try:
        with transaction.atomic():
            taken = MorningRing.objects.filter(pk=ring.pk, status=RingStatus.DUE).update(
                status=RingStatus.CALLING, called_at=now, lease_until=now + timedelta(seconds=LEASE_SECONDS)
            )
    except IntegrityError:  # the same phone rings for another programme's test
        return False
    return bool(taken)


def put_back(ring: MorningRing) -> None:
    """Twilio surely took nothing, and may take it in a while."""
    MorningRing.objects.filter(pk=ring.pk, status=RingStatus.CALLING, sid="").update(
        status=RingStatus.DUE, lease_until=None
    )


def placed(*, ring_id: int, sid: str) -> None:
    """Twilio has taken the call. Whoever learns its name first records it."""
    MorningRing.objects.filter(pk=ring_id, sid="").update(sid=sid)


def moved(*, ring_id: int, status: RingStatus) -> None:
    """It rings, or somebody picked up: only ever forward."""
    before = {
        RingStatus.RINGING: [RingStatus.CALLING],
        RingStatus.ANSWERED: [RingStatus.CALLING, RingStatus.RINGING],
    }[status]
    MorningRing.objects.filter(pk=ring_id, status__in=before).update(status=status)


def heard(*, ring_id: int) -> None:
    """The key was pressed: a human heard it."""
    with transaction.atomic():
        ring = _locked(ring_id)
        if ring.status in LIVE_RING:
            _end(ring, RingStatus.HEARD, "1 was pressed.")


def ended(*, ring_id: int, status: RingStatus, why: str) -> None:
    """The call is over without the key: the officer gets a text, and administrators hear of it."""
    with transaction.atomic():
        ring = _locked(ring_id)
        if ring.status not in (RingStatus.DUE, *LIVE_RING):
            return
        _end(ring, status, why)
        if status in (RingStatus.UNANSWERED, RingStatus.FAILED):
            _tell(ring, why)


def give_way(*, address: str) -> None:
    """A case is about to ring this phone: a test that is on it is hung up, for the case goes first."""
    for ring in MorningRing.objects.filter(address=address, status__in=LIVE_RING):
        ended(ring_id=ring.pk, status=RingStatus.SKIPPED, why="A case rang this phone instead.")
        if ring.sid:
            try:
                client.hang_up(sid=ring.sid)
            except TelephonyError:
                continue  # then the case finds the phone busy, and its ladder goes on


def _locked(ring_id: int) -> MorningRing:
    list(MorningRing.objects.select_for_update(of=("self",)).filter(pk=ring_id).values_list("pk"))
    return MorningRing.objects.select_related("person", "duty__programme").get(pk=ring_id)


def _end(ring: MorningRing, status: RingStatus, why: str) -> None:
    ring.status, ring.ended_at, ring.detail = status, clock.now(), why[:300]
    ring.save(update_fields=["status", "ended_at", "detail"])


def _tell(ring: MorningRing, why: str) -> None:
    duty, person, until = ring.duty, ring.person, ring.duty.ends_at
    at = _at(ring.called_at or ring.due_at, ring)
    letters.write_to(
        person=person,
        key=f"test-ring:{ring.pk}",
        kind="test-ring",
        subject="Your test ring did not reach you",
        text=f"Your phone was to ring for a test at {at}. {why}\n\nWhen a customer's case comes, it must ring: look "
        "whether it is on, not silenced, and lets our number through Do Not Disturb.\n\n" + duty_url(duty),
        short=f"Your test ring of {at} did not reach you. Please look whether your phone is on, not silenced, and "
        "lets our number through.",
        by="text",
        useful_until=until,
    )
    letters.tell_administrators(
        key=f"test-ring:{ring.pk}:administrators",
        kind="test-ring",
        subject=f"{person.name} did not answer the test ring",
        text=f"{person.name}, {duty.role} of {duty.programme.name} on {duty.day}, wanted a test ring at {at}. {why}"
        f"\n\nTheir phone rings for cases all the same, and the ladder goes on where they do not answer."
        f"\n\n{duty_url(duty)}",
        useful_until=until,
    )


def _at(instant: datetime, ring: MorningRing) -> str:
    return told_shortly(instant, ring.person)
