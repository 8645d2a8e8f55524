"""Whether we may text a number. STOP holds until START; it never holds back a call."""

from datetime import datetime

from django.db import transaction

from telephony.events import InboundText
from telephony.keywords import is_restarting_answer
from telephony.models import TextOptOut


def heed(text: InboundText, *, at: datetime) -> bool:
    """Note what a text says about texts; True if it says nothing else and deserves no answer of ours.

    Twilio itself answers STOP, START and HELP. "Yes" is an answer to be handled as any other, but Twilio also
    restarts texts by it, and so do we.
    """
    if not text.from_:
        return text.opt_out is not None
    if text.opt_out == "STOP":
        note_stop(number=text.from_, word=text.body, at=at)
        return True
    answer = is_restarting_answer(text.body)
    if answer or text.opt_out == "START":
        note_start(number=text.from_, at=at)
    return text.opt_out is not None and not answer


def note_stop(*, number: str, word: str, at: datetime) -> TextOptOut:
    """Record that this number wants no texts (its text `word`, or "" when Twilio's refusal told us)."""
    with transaction.atomic():
        stop, _made = TextOptOut.objects.select_for_update().get_or_create(
            number=number, defaults={"stopped_at": at, "word": word[:64]}
        )
        if not stop.is_stopped:
            stop.stopped_at, stop.restarted_at, stop.word = at, None, word[:64]
            stop.save()
    return stop


def note_start(*, number: str, at: datetime) -> bool:
    """Record that this number wants texts again; says whether it had stopped them. Harmless when it had
    not.
    """
    with transaction.atomic():
        stop = TextOptOut.objects.select_for_update().filter(number=number, restarted_at__isnull=True).first()
        if stop is None:
            return False
        stop.restarted_at = max(at, stop.stopped_at)
        stop.save(update_fields=["restarted_at"])
    return True


def may_text(number: str) -> bool:
    """Whether no STOP of this number holds."""
    return not TextOptOut.objects.stopped().filter(number=number).exists()


def stopped_numbers() -> list[TextOptOut]:
    """Everybody who wants no texts now, latest first: administrators see them and find another way."""
    return list(TextOptOut.objects.stopped())
