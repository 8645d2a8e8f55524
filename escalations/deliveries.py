"""What is on its way out, for administrators: queued, sending, stuck or failed, why, and what mends it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from escalations import bridging, paging, turns, wakeup
from escalations.errors import BadInput, NotAllowed, NotNow
from escalations.models import (
    WAITING_FOR_AN_OFFICER,
    Channel,
    Escalation,
    Leg,
    LegStatus,
    Message,
    MessageStatus,
    Page,
    PageStatus,
)
from escalations.timeline import note
from people.models import Person
from telephony import clock
from telephony.remedies import explain

# A row that waits longer than this, or has been tried in vain, is stuck.
STUCK_AFTER = timedelta(seconds=60)
FAILED_SINCE = timedelta(days=7)
MOST = 200
KINDS: dict[str, type[Page] | type[Message] | type[Leg]] = {"page": Page, "message": Message, "leg": Leg}


@dataclass(frozen=True)
class Delivery:
    """One row on its way. `kind` and `pk` name it for `retry` and `cancel`; `state` is one of the four words.

    `why` is Twilio's code in words, `remedy` what an administrator can do about it; both may be "". `turn_at` is about
    when a call goes out that waits for its turn at Twilio's calls per second, None for all else.
    """

    kind: str
    pk: int
    escalation: Escalation
    channel: str
    to: str
    state: str
    created_at: datetime
    due_at: datetime
    turn_at: datetime | None
    tries: int
    code: int | None
    why: str
    remedy: str
    may_retry: bool
    may_cancel: bool


def overview() -> list[Delivery]:
    """What is queued, sending or stuck now, and what failed within a week; of each kind at most 200 in each state.

    Nine queries, whatever the number of rows, and two more where calls are limited and some wait.
    """
    now = clock.now()
    found: list[Delivery] = []
    for kind, rows, first in _sources():
        # Each by an index of its own, which holds none of the many that went out.
        queued = list(rows.filter(status="queued").order_by(*first)[:MOST])
        sending = rows.filter(status="sending").order_by("lease_until")[:MOST]
        failed = rows.filter(status="failed", created_at__gte=now - FAILED_SINCE).order_by("-created_at")
        line = turns.line([row for row in queued if isinstance(row, Page)], now=now) if kind == "page" else {}
        every: list[Any] = [*queued, *sending, *failed[:MOST]]
        found += [_describe(kind, row, now, line.get(row.pk)) for row in every]
    order = {"stuck": 0, "sending": 1, "queued": 2, "failed": 3}
    return sorted(found, key=lambda one: (order[one.state], -one.created_at.timestamp()))


def _sources() -> Iterator[tuple[str, QuerySet[Page] | QuerySet[Message] | QuerySet[Leg], Sequence[str]]]:
    """The rows of each kind, and in which order queued ones go out."""
    yield "page", Page.objects.select_related("person", "escalation__account"), ("turn_at", "pk")
    yield "message", Message.objects.select_related("person", "escalation__account"), ("channel", "due_at")
    yield "leg", Leg.objects.select_related("bridge__officer", "bridge__escalation__account"), ("due_at",)


def _describe(kind: str, row: Page | Message | Leg, now: datetime, turn_at: datetime | None) -> Delivery:
    known = explain(row.error_code)
    state = str(row.status)
    waits_long = now - row.created_at > STUCK_AFTER and turn_at is None
    if state != "failed" and (row.tries > 1 or waits_long):
        state = "stuck"
    return Delivery(
        kind=kind,
        pk=row.pk,
        escalation=_case(row),
        channel=row.get_channel_display(),
        to=_to(row),
        state=state,
        created_at=row.created_at,
        due_at=row.due_at,
        turn_at=turn_at,
        tries=row.tries,
        code=row.error_code,
        why=known.words if known else row.error_detail,
        remedy=known.remedy if known else "",
        may_retry=state == "failed" or (state == "stuck" and row.status == "queued"),
        may_cancel=row.status == "queued",
    )


def _case(row: Page | Message | Leg) -> Escalation:
    return row.bridge.escalation if isinstance(row, Leg) else row.escalation


def _to(row: Page | Message | Leg) -> str:
    """Whom it goes to, by name: numbers stay on people's pages."""
    if isinstance(row, Leg):
        return row.bridge.officer.name if row.role == "officer" else row.get_role_display()
    return row.person.name if row.person is not None else "The customer"


def find(*, kind: str, pk: int) -> Page | Message | Leg:
    """The row that a button names. Raises `BadInput`."""
    model = KINDS.get(kind)
    row = model.objects.filter(pk=pk).first() if model is not None else None
    if row is None:
        raise BadInput("This delivery is not known any more.", field="delivery", code="unknown")
    return row


def retry(*, kind: str, pk: int, by: Person) -> None:
    """Send it again now, as itself: what Twilio took already is never sent twice. Raises `NotAllowed`, `NotNow`."""

    def again(row: Page | Message | Leg, case: Escalation) -> None:
        if row.status not in ("failed", "queued") or row.sid:
            raise NotNow("It went out already, or is going out: it is not sent twice.")
        if isinstance(row, Page) and case.status not in WAITING_FOR_AN_OFFICER:
            raise NotNow("Nobody needs to be rung for this case any more.")
        if isinstance(row, Leg) and row.bridge.ended_at is not None:
            raise NotNow("That connection is over: start it again from the case.")
        _requeue(row, case)

    _change(kind, pk, by, "delivery_retried", "sends it again", again)


def _requeue(row: Page | Message | Leg, case: Escalation) -> None:
    address = row.address
    if isinstance(row, Page) and row.channel != Channel.EMAIL:
        if not row.person.can_be_rung:
            raise NotNow(f"{row.person.name} still has no verified phone number.")
        address = row.person.phone
    now = clock.now()
    turn: dict[str, object] = {}
    if (
        isinstance(row, Page) and row.status == PageStatus.FAILED
    ):  # one that waits keeps its place in the line
        turn["turn_at"] = turns.turn_of(gravity=row.gravity, queued_at=now)
    try:
        with transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(
                **turn,
                status="queued",
                address=address,
                due_at=now,
                created_at=now,
                ended_at=None,
                tries=0,
                looks=0,
                error_code=None,
                error_detail="",
            )
    except IntegrityError:
        raise NotNow("That phone has another call of ours just now: try again in a minute.") from None
    wakeup.wake()


def cancel(*, kind: str, pk: int, by: Person) -> None:
    """Take back what has not gone out yet. Raises `NotAllowed`, `NotNow`."""

    def stop(row: Page | Message | Leg, case: Escalation) -> None:
        if row.status != "queued":
            raise NotNow("It is going out already, or is over: it cannot be taken back.")
        match row:
            case Page():
                paging.withdraw(page=row, escalation=case)
            case Leg():
                bridging.leg_ended(leg_id=row.pk, status=LegStatus.CANCELLED)
            case Message():
                row.status = MessageStatus.CANCELLED
                row.ended_at = clock.now()
                row.save(update_fields=["status", "ended_at"])

    _change(kind, pk, by, "delivery_cancelled", "takes it back", stop)


def _change(
    kind: str,
    pk: int,
    by: Person,
    event: str,
    words: str,
    change: Callable[[Page | Message | Leg, Escalation], None],
) -> None:
    if not by.is_admin:
        raise NotAllowed("Only administrators look after deliveries.")
    with transaction.atomic():
        case = paging.locked(_case(find(kind=kind, pk=pk)).pk)
        row = find(kind=kind, pk=pk)
        change(row, case)
        channel = row.get_channel_display().lower()
        note(case, event, f"{by.name} {words}: the {channel} to {_to(row)}.", actor=by)
