"""Whose turn it is: at Twilio's calls per second calls wait in one line, graver and older ones first, none for ever.

A page's place is fixed when it is queued, by an instant: that of its queueing less a head start for its gravity. So
the graver of two goes first, unless the other one has waited for as long as the head start is. Legs of running
bridges go before all pages, for an officer waits on the line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from escalations.models import Channel, Leg, LegStatus, Pace, Page, PageStatus

# For each step of gravity: whoever comes with public risk goes before an ordinary case of up to six minutes ago.
HEAD_START = timedelta(minutes=2)
# Where no call has gone out for so long, the line does not move.
STANDS_STILL = timedelta(seconds=60)


@dataclass(frozen=True)
class Turn:
    """How many calls go before this one, and about when its own turn comes; whom it is to ring."""

    ahead: int
    at: datetime
    name: str


def turn_of(*, gravity: int, queued_at: datetime) -> datetime:
    """The instant by which a page has its place in the line; the earliest goes first."""
    return queued_at - gravity * HEAD_START


def seconds_a_call() -> float:
    """How many seconds lie between two calls of the account; 0.0 where they are not limited."""
    rate = settings.TWILIO_CALLS_PER_SECOND
    return 1 / rate if rate > 0 else 0.0


def of_case(pages: Iterable[Page], *, now: datetime) -> Turn | None:
    """The turn that a case's call waits for; None where nothing is before it. `pages` come with their people.

    Three queries where a call waits and calls are limited, else none.
    """
    each = seconds_a_call()
    queued = (one for one in pages if one.status == PageStatus.QUEUED and one.channel == Channel.CALL)
    page = next((one for one in queued if one.due_at <= now), None)
    if not each or page is None:
        return None
    before = Q(turn_at__lt=page.turn_at) | Q(turn_at=page.turn_at, pk__lt=page.pk)
    pages = Page.objects.filter(before, status=PageStatus.QUEUED, channel=Channel.CALL, due_at__lte=now)
    ahead = pages.count() + Leg.objects.filter(status=LegStatus.QUEUED, due_at__lte=now).count()
    if not ahead:
        return None
    return Turn(ahead, next_call_at(now) + timedelta(seconds=ahead * each), page.person.name)


def line(queued: Sequence[Page], *, now: datetime) -> dict[int, datetime]:
    """About when each of these calls goes out, by its number: only of those that wait for nothing but their turn.

    `queued` are all that are queued, in their order, other channels among them. Empty where calls are not limited,
    or where none has gone out lately: then it is not the line that they wait for. Two queries at most.
    """
    each = seconds_a_call()
    waiting = [page for page in queued if page.channel == Channel.CALL and page.due_at <= now]
    if not each or not waiting:
        return {}
    last = Pace.objects.values_list("free_at", flat=True).first()
    if last is None or now - last > max(STANDS_STILL, timedelta(seconds=2 * each)):
        return {}
    legs = Leg.objects.filter(status=LegStatus.QUEUED, due_at__lte=now).count()
    first = _sensible(last, now)
    return {page.pk: first + timedelta(seconds=(legs + n) * each) for n, page in enumerate(waiting)}


def next_call_at(now: datetime) -> datetime:
    """When the account may place its next call: `now`, unless the last one was too short a while ago. One query."""
    return _sensible(Pace.objects.values_list("free_at", flat=True).first(), now)


def _sensible(free_at: datetime | None, now: datetime) -> datetime:
    """Not in the past, and no further off than one call's time: that only a clock that was set back has written."""
    latest = now + timedelta(seconds=seconds_a_call())
    return free_at if free_at is not None and now < free_at <= latest else now
