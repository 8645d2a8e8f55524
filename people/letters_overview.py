"""Letters that wait or failed, for administrators: why, and what mends it; sent again or taken back by them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from people import letters_status
from people.errors import Refused
from people.models import Letter, LetterChannel, LetterStatus, Person

STUCK_AFTER = timedelta(minutes=5)
"""What is due for longer, or was tried in vain, is stuck: the queue looks each minute."""
FAILED_SINCE = timedelta(days=7)
MOST = 50
STATES = ("stuck", "failed", "sending", "queued")

# What an administrator can do about an SMTP reply (RFC 5321 section 4.2.3).
_REMEDIES = {
    450: "It goes again by itself.",
    451: "It goes again by itself.",
    452: "It goes again by itself.",
    550: "Correct the address on the person's page, then send it again.",
    551: "Correct the address on the person's page, then send it again.",
    552: "Their mailbox is full, or the letter too large: ask them to make room, then send it again.",
    553: "Correct the address on the person's page, then send it again.",
    554: "See with the mail server's administrator why it refuses our mail (SPF and DKIM of our domain), "
    "then send it again.",
}


@dataclass(frozen=True)
class Shown:
    """One letter as administrators see it. `next_at` is when it goes by itself, None where it does not or is due."""

    pk: int
    kind: str
    channel: str
    to: str
    subject: str
    state: str
    created_at: datetime
    next_at: datetime | None
    tries: int
    code: int | None
    why: str
    remedy: str
    may_retry: bool
    may_cancel: bool


def counts() -> dict[str, int]:
    """How many letters are in each state; failed ones within a week. Three queries, over small indexes."""
    now = timezone.now()
    waiting = Letter.objects.filter(status=LetterStatus.QUEUED)
    found = waiting.aggregate(all=Count("pk"), stuck=Count("pk", filter=_stuck(now)))
    return {
        "stuck": found["stuck"],
        "queued": found["all"] - found["stuck"],
        "sending": _rows("sending", now).count(),
        "failed": _rows("failed", now).count(),
    }


def overview(state: str = "") -> list[Shown]:
    """The letters of one state, or of all, the stuck first; 50 of each. One query a state."""
    now = timezone.now()
    shown = []
    for one in (state,) if state else STATES:
        rows = _rows(one, now).select_related("person").defer("text", "short", "html", "calendar", "headers")
        shown += [_describe(letter, one, now) for letter in rows[:MOST]]
    return shown


def retry(*, pk: int, by: Person) -> None:
    """Send it again now, to the address that the person has today. Raises Refused."""
    letter = _found(pk, by)
    if _is_late(letter):
        raise Refused("It would come too late to be of use.")
    if letter.sid or letter.status not in (LetterStatus.FAILED, LetterStatus.QUEUED):
        raise Refused("It went out already, or is going out: it is not sent twice.")
    if not letters_status.send_again(letter, address=_address_now(letter), by=by):
        raise Refused("It is going out just now.")
    letters_status.wake(letter.channel)


def retry_failed(*, by: Person) -> int:
    """Send again every mail that failed within a week and is still of use; returns how many. Raises Refused.

    After a mail server's rules were mended: one click, not hundreds.
    """
    _check(by)
    again = 0
    for letter in _rows("failed", timezone.now()).filter(channel=LetterChannel.MAIL).select_related("person"):
        if not _is_late(letter):
            again += letters_status.send_again(letter, address=_address_now(letter), by=by)
    letters_status.wake(LetterChannel.MAIL)
    return again


def cancel(*, pk: int, by: Person) -> None:
    """Take back what has not gone out. It is not said again. Raises Refused."""
    if not letters_status.take_back(_found(pk, by), by=by):
        raise Refused("It is going out already, or is over: it cannot be taken back.")


# --- Below ---------------------------------------------------------------------------------------------------


def _stuck(now: datetime) -> Q:
    due = Q(due_at__lte=now)
    return Q(tries__gt=0) | due & ~Q(error_detail="") | Q(due_at__lte=now - STUCK_AFTER)


def _rows(state: str, now: datetime) -> QuerySet[Letter]:
    match state:
        case "stuck":
            return Letter.objects.filter(_stuck(now), status=LetterStatus.QUEUED).order_by("due_at", "pk")
        case "queued":
            return Letter.objects.filter(~_stuck(now), status=LetterStatus.QUEUED).order_by("due_at", "pk")
        case "sending":
            return Letter.objects.filter(status=LetterStatus.SENDING).order_by("lease_until", "pk")
        case _:
            recent = Letter.objects.filter(status=LetterStatus.FAILED, created_at__gte=now - FAILED_SINCE)
            return recent.order_by("-created_at", "-pk")


def _describe(letter: Letter, state: str, now: datetime) -> Shown:
    return Shown(
        pk=letter.pk,
        kind=letter.kind,
        channel=letter.get_channel_display(),
        to=letter.person.name if letter.person is not None else letter.address,
        subject=letter.subject,
        state=state,
        created_at=letter.created_at,
        next_at=letter.due_at if letter.status == LetterStatus.QUEUED and letter.due_at > now else None,
        tries=letter.tries,
        code=letter.error_code,
        why=letter.error_detail,
        remedy=_remedy(letter, state),
        may_retry=not letter.sid and state in ("stuck", "failed"),
        may_cancel=letter.status == LetterStatus.QUEUED,
    )


def _remedy(letter: Letter, state: str) -> str:
    if not letter.error_detail:
        return "The queue has not come to it: see that manage.py qcluster runs." if state == "stuck" else ""
    if letter.channel == LetterChannel.TEXT:
        return ""  # the words of a text's trouble hold its remedy
    if letter.error_code is not None:
        return _REMEDIES.get(letter.error_code, "")
    if state == "stuck":
        return "See to EMAIL_URL and the mail server; once it answers, all that waits goes by itself."
    return ""


def _found(pk: int, by: Person) -> Letter:
    _check(by)
    letter = Letter.objects.filter(pk=pk).select_related("person").first()
    if letter is None:
        raise Refused("This delivery is not known any more.", field="delivery", code="unknown")
    return letter


def _check(by: Person) -> None:
    if not by.is_admin:
        raise Refused("Only administrators look after deliveries.", code="not_allowed")


def _is_late(letter: Letter) -> bool:
    return letter.useful_until is not None and letter.useful_until <= timezone.now()


def _address_now(letter: Letter) -> str:
    """Somebody's address as it is today; an invitation keeps its own, which stands in the calendar body too."""
    person = letter.person
    if person is None or letter.calendar:
        return letter.address
    if letter.channel == LetterChannel.MAIL:
        return person.email
    if not person.can_be_rung:
        raise Refused(f"{person.name} has no verified phone number.")
    return person.phone
