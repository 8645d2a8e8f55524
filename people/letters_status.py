"""What becomes of a letter: the one writer of its status, once it is written.

QUEUED → SENDING → SENT, or back to QUEUED for later, or FAILED; QUEUED → CANCELLED. Each step is one conditional
update: whoever comes second changes nothing and hears so. A worker that dies leaves its letters SENDING: a mail goes
back into the queue when its lease is over, a text is looked for at Twilio first (`people.letters_texts`).
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django_q.tasks import async_task

from people.models import Letter, LetterChannel, LetterStatus, Person

LEASE = timedelta(seconds=180)
"""Far above the longest exchange for one letter; a run gives the rest of its batch back before it is that old."""
AT_WORK = timedelta(seconds=15)
"""A worker that claimed so recently is still at it: a second one leaves it alone, and other tasks their workers."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
MOST_TRIES = 28
"""With these waits, a day."""
ERROR_LENGTH = 400

TASKS = {
    LetterChannel.MAIL: "people.letters_mail.send_due",
    LetterChannel.TEXT: "people.letters_texts.send_due",
}


def wake(channel: str) -> None:
    """Have the queue look now. The rows are the truth: where no task comes, a schedule sweeps each minute."""
    async_task(TASKS[LetterChannel(channel)], group="letters", save=False)


def somebody_sends(channel: str, before: Sequence[Letter] = ()) -> bool:
    """Whether another worker is at it just now: one does, and leaves the others to other tasks.

    Of two that began at the same instant, each with its first letters taken, the one that took them `before` goes on.
    """
    fresh = timezone.now() + LEASE - AT_WORK
    theirs = Letter.objects.filter(status=LetterStatus.SENDING, channel=channel, lease_until__gt=fresh)
    if before:
        mine = before[0]
        earlier = Q(claimed_at__lt=mine.claimed_at) | Q(claimed_at=mine.claimed_at, claim__lt=mine.claim)
        theirs = theirs.filter(earlier)
    return theirs.exists()


def claim(channel: str, most: int) -> list[Letter]:
    """Take up to so many due letters for this worker alone, the longest waiting first; empty where none is due.

    What comes too late to be of use, or is for somebody who has left, is cancelled on the way.
    """
    useful: list[Letter] = []
    while not useful:
        now = timezone.now()
        due = Letter.objects.due(now).filter(channel=channel)
        numbers = list(due.values_list("pk", flat=True)[:most])
        if not numbers:
            return []
        for letter in _take(numbers, now):
            if why := _useless(letter, now):
                _end(letter, LetterStatus.CANCELLED, why=why)
            else:
                useful.append(letter)
    return useful


def _take(numbers: Sequence[int], now: datetime) -> Iterable[Letter]:
    """Two workers may have found the same ones: each row goes to the one whose update it was."""
    token = uuid.uuid4().hex
    Letter.objects.filter(pk__in=numbers, status=LetterStatus.QUEUED).update(
        status=LetterStatus.SENDING,
        claim=token,
        claimed_at=now,
        lease_until=now + LEASE,
        looks=0,
        tries=F("tries") + 1,
    )
    mine = Letter.objects.filter(pk__in=numbers, claim=token).select_related("person")
    return mine.order_by("due_at", "pk")


def _useless(letter: Letter, now: datetime) -> str:
    if letter.useful_until is not None and letter.useful_until <= now:
        return "It was too late to be of use."
    # The calendar of somebody who has left must be cleared all the same.
    if letter.person is not None and not letter.person.is_active and not letter.calendar:
        return f"{letter.person.name} has left."
    return ""


def is_mine(letter: Letter) -> bool:
    """Whether there is time to send it: a worker that slept past its lease keeps its hands off."""
    return letter.lease_until is not None and timezone.now() + LEASE / 3 < letter.lease_until


def sent(letter: Letter, *, sid: str = "") -> bool:
    """It is out, under this SID where Twilio has it."""
    return _change(
        letter,
        status=LetterStatus.SENT,
        sent_at=timezone.now(),
        sid=sid or letter.sid,
        lease_until=None,
        error_code=None,
        error_detail="",
    )


def again(letter: Letter, *, why: str, code: int | None = None, wait: timedelta | None = None) -> None:
    """It surely did not go: ever slower again, or after `wait`; after a day of that it has failed."""
    if letter.tries >= MOST_TRIES:
        failed(letter, why=f"Given up after {letter.tries} tries: {why}", code=code)
    else:
        slower = min(FIRST_WAIT * 2 ** min(letter.tries - 1, 16), LONGEST_WAIT)
        _back(letter, timezone.now() + (slower if wait is None else wait), why=why, code=code)


def failed(letter: Letter, *, why: str, code: int | None = None) -> bool:
    """It does not go, and trying again would change nothing; or it went as a text and did not arrive."""
    on_its_way = Q(status=LetterStatus.SENT, sid=letter.sid) & ~Q(sid="")
    held = Letter.objects.filter(on_its_way | _held(letter), pk=letter.pk)
    return bool(
        held.update(
            status=LetterStatus.FAILED, lease_until=None, error_code=code, error_detail=why[:ERROR_LENGTH]
        )
    )


def undecided(letter: Letter, wait: timedelta, *, looks: int = 0) -> None:
    """Nobody but Twilio knows whether it went: nobody touches it for so long."""
    _change(letter, lease_until=timezone.now() + wait, looks=looks)


def look_into(letter: Letter, wait: timedelta) -> bool:
    """Ask about an undecided one: only one worker does, and nobody else for so long."""
    same = Letter.objects.filter(_held(letter), pk=letter.pk, lease_until=letter.lease_until)
    return bool(same.update(lease_until=timezone.now() + wait))


def adopt(letter: Letter, *, sid: str) -> None:
    """Twilio speaks of a text before its sender has noted that it is out."""
    nameless = Letter.objects.filter(_held(letter), pk=letter.pk, sid="")
    if nameless.update(status=LetterStatus.SENT, sid=sid, sent_at=timezone.now(), lease_until=None):
        letter.sid = sid


def give_back(letters: Iterable[Letter], *, why: str = "") -> None:
    """These were not tried after all: they wait as they did before."""
    for letter in letters:
        _back(
            letter,
            letter.due_at,
            why=why or letter.error_detail,
            code=letter.error_code,
            tries=F("tries") - 1,
        )


def hold(channel: str, *, why: str) -> None:
    """Say of everything that is due why it waits: nothing of this channel goes out now."""
    due = Letter.objects.filter(status=LetterStatus.QUEUED, channel=channel, due_at__lte=timezone.now())
    due.exclude(error_detail=why[:ERROR_LENGTH]).update(error_detail=why[:ERROR_LENGTH], error_code=None)


def take_from_the_dead() -> int:
    """Put the mails that a dead worker was about to send back into the queue; returns how many."""
    left = Letter.objects.by_mail().filter(status=LetterStatus.SENDING, lease_until__lte=timezone.now())
    found = list(left[:200])
    for letter in found:
        again(letter, why="The worker that was to send it died.", wait=timedelta(0))
    return len(found)


# --- By the hand of people -----------------------------------------------------------------------------------


def withdraw(letters: Q) -> int:
    """Cancel those that wait; returns how many. Those being sent are not tried again. Their keys are free."""
    now = timezone.now()
    mine = Letter.objects.filter(letters, withdrawn_at=None)
    with transaction.atomic():
        mine.filter(status=LetterStatus.SENDING).update(withdrawn_at=now)
        return mine.filter(status=LetterStatus.QUEUED).update(
            status=LetterStatus.CANCELLED, withdrawn_at=now, error_detail="It was withdrawn before it went."
        )


def take_back(letter: Letter, *, by: Person) -> bool:
    """An administrator's no: cancelled where it has not gone, and its key stays taken."""
    waiting = Letter.objects.filter(pk=letter.pk, status=LetterStatus.QUEUED)
    return bool(
        waiting.update(
            status=LetterStatus.CANCELLED,
            error_detail=f"{by.name} took it back.",
            looked_after_by=by,
            looked_after_at=timezone.now(),
        )
    )


def send_again(letter: Letter, *, address: str, by: Person) -> bool:
    """An administrator's yes: it is due now, its tries begin anew, and it goes to this address."""
    now = timezone.now()
    held = Letter.objects.filter(pk=letter.pk, sid="", status__in=(LetterStatus.QUEUED, LetterStatus.FAILED))
    return bool(
        held.update(
            status=LetterStatus.QUEUED,
            address=address,
            due_at=now,
            tries=0,
            error_code=None,
            error_detail="",
            looked_after_by=by,
            looked_after_at=now,
        )
    )


# --- Below ---------------------------------------------------------------------------------------------------


def _back(letter: Letter, due_at: datetime, *, why: str, code: int | None, **changes: object) -> None:
    queued = _change(
        letter,
        only=Q(withdrawn_at=None),
        status=LetterStatus.QUEUED,
        due_at=due_at,
        lease_until=None,
        error_code=code,
        error_detail=why[:ERROR_LENGTH],
        **changes,
    )
    if not queued:
        _end(letter, LetterStatus.CANCELLED, why="It was withdrawn before it went.")


def _end(letter: Letter, status: LetterStatus, *, why: str) -> None:
    _change(letter, status=status, lease_until=None, error_detail=why[:ERROR_LENGTH])


def _change(letter: Letter, *, only: Q | None = None, **values: object) -> bool:
    """Change it if it is still this claim's; whoever claimed it since decides alone."""
    mine = Letter.objects.filter(only or Q(), _held(letter), pk=letter.pk)
    return bool(mine.update(**values))


def _held(letter: Letter) -> Q:
    return Q(status=LetterStatus.SENDING, claim=letter.claim)
