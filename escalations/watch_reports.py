"""What the watchdog says when something had to be moved: on the case's timeline at once, to administrators by mail.

Mails are gathered: the first goes at once, the next a quarter of an hour later with all that came meanwhile, so that
an hour's outage is a handful of mails and not a thousand. What is still to be mailed are rows, events of the kind
`watchdog` after the last one mailed; a crash loses none.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Max, QuerySet

from escalations import telling
from escalations.models import Escalation, Event, Heartbeat
from escalations.timeline import note
from people.models import Person
from telephony import clock

KIND = "watchdog"
NAME = "watchdog mails"
GATHER = timedelta(minutes=15)
MOST_LISTED = 50


class Why(StrEnum):
    """Why something had not moved by itself."""

    REPORT_LOST = "report_lost"
    LATE = "late"
    FAILED = "failed"
    LEFT_OPEN = "left_open"


_REMEDIES = {
    Why.REPORT_LOST: "Where reports from Twilio are lost often, check that Twilio reaches PUBLIC_BASE_URL.",
    Why.LATE: "Where things come late, look whether a pager was at work all the time (/healthz, the log), "
    "and whether the database was locked or slow.",
    Why.FAILED: "Where a case cannot be moved, the log has the error. Cancel the case or mend what it names; "
    "ring its officer yourself meanwhile.",
    Why.LEFT_OPEN: "Where a connection is left open, the log has what broke when its last phone hung up.",
}


def report(escalation: Escalation, why: Why, words: str) -> None:
    """Put on the timeline that the watchdog had to act; `mail_gathered` tells administrators.

    Inside the transaction of the change, after the case's lock.
    """
    with transaction.atomic():
        # With this row locked such events are committed in the order of their numbers: none is overlooked.
        _mailed()
        note(escalation, KIND, words, data={"why": str(why)})


def mail_gathered() -> int:
    """Mail administrators what was reported since their last mail, if that is long enough ago. Returns how much."""
    told = Heartbeat.objects.filter(name=NAME).first()
    if told is None or not _since(told).exists() or _is_too_soon(told):
        return 0
    with transaction.atomic():
        told = _mailed()
        events = list(_since(told).select_related("escalation__account").order_by("pk"))
        if not events or _is_too_soon(told):
            return 0  # another pager was faster
        subject, body = _subject(events), _body(events)
        for admin in Person.objects.administrators():
            telling.mail(
                escalation=events[0].escalation,
                key=f"watchdog:{events[0].pk}:{admin.pk}",
                address=admin.email,
                subject=subject,
                body=body,
                person=admin,
            )
        told.at, told.detail = clock.now(), {"event": events[-1].pk}
        told.save(update_fields=["at", "detail"])
        return len(events)


def _mailed() -> Heartbeat:
    """When administrators were mailed last and up to which event, locked. The first one finds nothing to wait for."""
    rows = Heartbeat.objects.select_for_update()
    found = rows.filter(name=NAME).first()
    if found is not None:
        return found
    newest = Event.objects.filter(kind=KIND).aggregate(newest=Max("pk"))["newest"] or 0
    first = {"at": clock.now() - GATHER, "detail": {"event": newest}}
    return rows.get_or_create(name=NAME, defaults=first)[0]


def _since(told: Heartbeat) -> QuerySet[Event]:
    return Event.objects.filter(kind=KIND, pk__gt=told.detail.get("event", 0))


def _is_too_soon(told: Heartbeat) -> bool:
    """Not where it lies in the future, which only a clock that was set back can have made."""
    return timedelta(0) <= clock.now() - told.at < GATHER


def _subject(events: Sequence[Event]) -> str:
    numbers = sorted({event.escalation.number for event in events})
    if len(numbers) == 1:
        return f"Case {numbers[0]} had to be moved by the watchdog"
    return f"{len(numbers)} cases had to be moved by the watchdog"


def _body(events: Sequence[Event]) -> str:
    listed = "\n\n".join(_line(event) for event in events[:MOST_LISTED])
    more = len(events) - MOST_LISTED
    rest = f"\n\n… and {more} more: the cases' timelines tell of each." if more > 0 else ""
    reasons = {event.data.get("why") for event in events}
    remedies = "\n".join(words for why, words in _REMEDIES.items() if why in reasons)
    minutes = int(GATHER.total_seconds() // 60)
    return (
        "These should have moved by themselves and did not; the watchdog moved them, and they go on.\n\n"
        f"{listed}{rest}\n\n{remedies}\n\n"
        f"What comes within the next {minutes} minutes is gathered into one mail."
    )


def _line(event: Event) -> str:
    case = event.escalation
    return f"{_utc(event.at)} case {case.number}, {case.account.name}: {event.text}\n{telling.case_url(case)}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
