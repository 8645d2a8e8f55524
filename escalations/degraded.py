"""While Twilio cannot be reached: known to every process, said in plain words, and worked around by mail.

The state is one row (`Heartbeat` "twilio"): since when, and why. Phones cannot ring then; mails can go, and people
can ring one another by hand. The ladder waits on its rung and goes on by itself when Twilio is back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.dateparse import parse_datetime

from escalations import telling
from escalations.briefs import written
from escalations.models import Channel, Escalation, Heartbeat, Outgoing, Page
from escalations.timeline import note
from telephony import clock
from telephony.errors import TelephonyError

NAME = "twilio"
# One lost request is no outage; and a call waits so long anyway when many are queued.
HELP_AFTER_SECONDS = 15
# How often a process that speaks to Twilio well looks whether another one had marked an outage.
_LOOK_AGAIN = timedelta(seconds=5)


@dataclass(frozen=True)
class Outage:
    """Twilio has not been reached since this instant; `why` is what it or the network said last."""

    since: datetime
    why: str


class _Seen:
    """What this process believes, so that a good call costs no query."""

    down = False
    looked_at: datetime | None = None


def outage() -> Outage | None:
    """The outage as it stands, or None while all is well. One query."""
    row = Heartbeat.objects.filter(name=NAME).first()
    since = parse_datetime(str(row.detail.get("since", ""))) if row is not None else None
    return Outage(since=since, why=str(row.detail.get("why", ""))) if row is not None and since else None


def note_failure(error: TelephonyError, row: Outgoing) -> None:
    """A request to Twilio got no answer, or none that makes sense; a call that waits for long gets help."""
    known = outage()
    since = known.since if known else clock.now()
    detail = {"since": since.isoformat(), "why": error.message}
    Heartbeat.objects.update_or_create(name=NAME, defaults={"at": clock.now(), "detail": detail})
    _Seen.down = True
    if isinstance(row, Page) and row.channel == Channel.CALL and has_waited(row):
        with transaction.atomic():
            _help_by_hand(row, error)


def note_success() -> None:
    """Twilio answered sensibly: whatever outage was known is over."""
    now = clock.now()
    fresh = _Seen.looked_at is not None and now - _Seen.looked_at < _LOOK_AGAIN
    if fresh and not _Seen.down:
        return
    _Seen.down, _Seen.looked_at = False, now
    Heartbeat.objects.filter(name=NAME).exclude(detail={}).update(at=now, detail={})


def _help_by_hand(page: Page, error: TelephonyError) -> None:
    """Say once on the timeline that the call cannot go out, and mail the officer and the administrators."""
    case = page.escalation
    if not case.pages.live().filter(pk=page.pk).exists():
        return  # nobody wants it to ring any more
    if case.events.filter(kind="by_hand", data__page=page.pk).exists():
        return
    words = f"{page.person.name}'s phone cannot be rung just now: {error.message} It is tried on and on."
    note(case, "by_hand", words, data={"page": page.pk})
    key = f"by-hand:{case.round}:{page.person_id}"
    subject = f"Case {case.number}: phones cannot ring, please act by hand"
    words = f"Twilio cannot be reached, so {page.person.name}'s phone does not ring. {written(case)}"
    telling.mail(
        escalation=case,
        key=key,
        address=page.person.email,
        subject=subject,
        body=f"{words}\n\nTake it here: {telling.case_url(case)}",
        person=page.person,
    )
    telling.tell_administrators(
        escalation=case,
        key=f"{key}:admins",
        subject=subject,
        body=f"{words}\n\nRing {page.person.name} yourself: {page.person.phone}",
    )


def has_waited(page: Page) -> bool:
    """Whether a queued call has failed to go out for long enough to act by hand."""
    waited = clock.now() - page.created_at
    return page.tries > 0 and waited > timedelta(seconds=HELP_AFTER_SECONDS)


def waiting_by_hand(escalation: Escalation) -> Page | None:
    """The queued call that does not go out, for the case's page; None while all is well. One query."""
    waiting = escalation.pages.calls().filter(status__in=("queued", "sending"), tries__gt=0)
    page = waiting.select_related("person").order_by("pk").first()
    return page if page is not None and has_waited(page) else None
