"""Sends the letters that go by text: a task of the queue, woken after commit and swept each minute.

After the request there are three answers. Twilio took it: the letter is sent. It surely did not: for good, and the
mail goes instead; or for now, and it is tried again for a quarter of an hour, after which the mail goes instead.
Nobody knows: Twilio is asked for its texts to that number, several times, ours is adopted, and only then is it sent
again.
"""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from people import letters, letters_status
from people.models import Letter, LetterChannel, LetterStatus
from telephony import client
from telephony.errors import OutcomeUnknown, TelephonyError, Throttled
from telephony.events import TextEvent
from telephony.remedies import explain

logger = logging.getLogger(__name__)

RUN_SECONDS = 10.0
TEXTS_A_SECOND = 3
BATCH = 10
PATIENCE = timedelta(minutes=15)
"""What cannot be texted for so long goes by mail; so do texts that were tried so often within it:"""
MOST_TRIES = 5
LOOK_WAIT = timedelta(seconds=20)
LOOKS = 3
"""How often Twilio is asked before a text counts as never taken: its lists lag behind."""
CLOCKS_APART = timedelta(seconds=60)
"""How far Twilio's clock may be from ours: a text of ours that seems older than its claim is still ours."""


class TwilioTrouble(Exception):
    """Twilio cannot be reached, whatever the text: nothing goes out now; `str()` says why."""


def send_due() -> int:
    """Send the texts that are due, a few a second for some seconds. Returns how many Twilio took."""
    settle_undecided()
    if letters_status.somebody_sends(LetterChannel.TEXT):
        return 0
    until = time.monotonic() + RUN_SECONDS
    count = 0
    while claimed := letters_status.claim(LetterChannel.TEXT, BATCH):
        if not count and letters_status.somebody_sends(LetterChannel.TEXT, before=claimed):
            letters_status.give_back(claimed)
            letters_status.wake(LetterChannel.TEXT)
            break
        try:
            count += _send_all(claimed, until)
        except TwilioTrouble as trouble:
            logger.warning("No text goes out: %s", trouble)
            letters_status.hold(LetterChannel.TEXT, why=str(trouble))
            _mail_what_waited_too_long()
            return count
        if time.monotonic() >= until:
            letters_status.wake(LetterChannel.TEXT)
            break
    return count


def _send_all(claimed: list[Letter], until: float) -> int:
    count = 0
    for place, letter in enumerate(claimed):
        if time.monotonic() >= until or not letters_status.is_mine(letter):
            letters_status.give_back(claimed[place:])
            break
        try:
            count += _send_one(letter)
        except TwilioTrouble as trouble:
            letters_status.give_back(claimed[place:], why=str(trouble))
            raise
        time.sleep(1 / TEXTS_A_SECOND)
    return count


def _send_one(letter: Letter) -> bool:
    if letter.person is None or not letter.person.can_be_rung or letter.person.phone != letter.address:
        instead(letter, why="The number is not theirs any more.")
        return False
    try:
        text = client.send_text(to=letter.address, body=letter.short, status_callback=_callback(letter))
    except OutcomeUnknown as unknown:
        logger.warning("Nobody knows whether %s went out: %s", letter, unknown)
        letters_status.undecided(letter, LOOK_WAIT)
    except TelephonyError as error:
        if error.code is None and not error.permanent:
            raise TwilioTrouble(_words(error)) from error
        if error.permanent or letter.tries >= MOST_TRIES:
            instead(letter, why=_words(error), code=error.code)
        else:
            wanted = error.retry_after if isinstance(error, Throttled) else None
            wait = timedelta(seconds=wanted) if wanted else None
            letters_status.again(letter, why=_words(error), code=error.code, wait=wait)
    else:
        return letters_status.sent(letter, sid=text.sid)
    return False


def settle_undecided() -> None:
    """Decide each text whose sending broke off, by asking Twilio, while it answers and there is time."""
    until = time.monotonic() + RUN_SECONDS
    now = timezone.now()
    broken = Letter.objects.by_text().filter(status=LetterStatus.SENDING, lease_until__lte=now)
    for letter in broken.select_related("person").order_by("lease_until")[:50]:
        if not letters_status.look_into(letter, LOOK_WAIT):
            continue  # another worker does
        try:
            _settle(letter)
        except TelephonyError as error:
            logger.warning("Twilio cannot say yet whether %s went out: %s", letter, error)
            return
        if time.monotonic() >= until:
            return


def _settle(letter: Letter) -> None:
    since = (letter.claimed_at or letter.created_at) - CLOCKS_APART
    # A trial account puts words before ours.
    texts = client.find_texts(to=letter.address, since=since)
    ours = [text.sid for text in texts if text.body.endswith(letter.short)]
    known = set(Letter.objects.filter(sid__in=ours).values_list("sid", flat=True))
    adopted = next((sid for sid in ours if sid not in known), None)
    if adopted is not None:
        logger.info("%s went out after all, as %s", letter, adopted)
        letters_status.sent(letter, sid=adopted)
    elif letter.looks + 1 < LOOKS:
        letters_status.undecided(letter, LOOK_WAIT, looks=letter.looks + 1)
    elif letter.tries >= MOST_TRIES:
        instead(letter, why=f"Twilio answers, but did not take it in {letter.tries} tries.")
    else:
        letters_status.again(letter, why="Twilio never took it.", wait=timedelta(0))


def heard(letter: Letter, event: TextEvent) -> None:
    """Twilio says how a text goes; it may be quicker than its own answer to our request."""
    letters_status.adopt(letter, sid=event.sid)
    if event.status in ("failed", "undelivered"):
        known = explain(event.error_code)
        why = f"{known.words} {known.remedy}" if known else "The text did not arrive."
        instead(letter, why=why, code=event.error_code)


def instead(letter: Letter, *, why: str, code: int | None = None) -> None:
    """The text does not arrive: that is on record, and the mail goes instead."""
    with transaction.atomic():
        if letters_status.failed(letter, why=f"{why} It goes by mail instead.", code=code):
            letters.mail_instead(of=letter)


def _mail_what_waited_too_long() -> None:
    """Twilio takes nothing for longer than a reminder bears."""
    while claimed := letters_status.claim(LetterChannel.TEXT, BATCH):
        since = timezone.now() - PATIENCE
        late = [letter for letter in claimed if letter.due_at <= since]
        letters_status.give_back(letter for letter in claimed if letter not in late)
        for letter in late:
            instead(letter, why=letter.error_detail)
        if len(late) < len(claimed):
            return


def _callback(letter: Letter) -> str:
    return settings.PUBLIC_BASE_URL + reverse("people:letter_status", args=[letter.pk])


def _words(error: TelephonyError) -> str:
    return f"{error.message} {error.remedy}".strip()
