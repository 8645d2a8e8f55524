"""While Twilio cannot be reached: what a case's page says, and whom its reader may ring by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from escalations import degraded
from escalations.degraded import Outage
from escalations.models import Channel, Escalation, Page, PageStatus, Purpose, Status
from people.models import Person
from web.words import Look, listed

# A queued case rings nobody yet, and one in hand has its officer: only these miss the phones.
_SHOULD_RING = (Status.PAGING, Status.UNREACHED)
_HELD_UP = (PageStatus.QUEUED, PageStatus.SENDING)
_ON_THE_PHONE = (PageStatus.RINGING, PageStatus.ANSWERED)

# On a case's chip instead of "Ringing", which nothing does.
CHIP = Look("Cannot ring", "bad", "wifi-off")


@dataclass(frozen=True)
class Reach:
    """An officer to be rung by hand. `phone` is "" where the reader may not see it; `reader` is who reads this."""

    name: str
    phone: str
    reader: bool


@dataclass(frozen=True)
class ByHand:
    """What the banner of a case says: since when Twilio is out of reach, why, and who should be rung."""

    since: datetime
    why: str
    officers: tuple[Reach, ...]


def felt_by(case: Escalation) -> Outage | None:
    """The outage as far as this case suffers from it. One query while phones should ring for it, else none."""
    return degraded.outage() if case.status in _SHOULD_RING else None


def held_up(cases: Iterable[Escalation], outage: Outage | None) -> frozenset[int]:
    """Which of these should ring and cannot: `outage` is in the way, and no phone rings all the same.

    One query while there is an outage and one of them should ring, else none.
    """
    should_ring = [case.pk for case in cases if case.status in _SHOULD_RING]
    if outage is None or not should_ring:
        return frozenset()
    calls = Page.objects.live().calls().filter(escalation__in=should_ring, purpose=Purpose.OFFER)
    on_the_phone = calls.filter(status__in=_ON_THE_PHONE).values_list("escalation", flat=True)
    return frozenset(should_ring) - frozenset(on_the_phone)


def by_hand(outage: Outage | None, case: Escalation, pages: Sequence[Page], reader: Person) -> ByHand | None:
    """What to do by hand; None while all is well or a phone rings all the same. `pages` are the case's.

    The officer's number is for administrators and for the officer.
    """
    calls = [page for page in pages if page.channel == Channel.CALL and page.purpose == Purpose.OFFER]
    if outage is None or any(page.status in _ON_THE_PHONE for page in calls):
        return None
    held_up = {page.person_id: page.person for page in calls if page.status in _HELD_UP}
    officers = list(held_up.values()) or [case.owner]
    return ByHand(outage.since, reason(outage), tuple(_reach(one, reader) for one in officers))


def _reach(officer: Person, reader: Person) -> Reach:
    own = officer.pk == reader.pk
    return Reach(officer.name, officer.phone if own or reader.is_admin else "", own)


def headline(case: Escalation, by_hand: ByHand) -> str:
    """The status of a case as one sentence, while no phone rings for it."""
    names = listed([officer.name for officer in by_hand.officers])
    if case.status == Status.UNREACHED:
        return f"Nobody could be reached yet; {names} cannot be rung just now"
    return f"{names} cannot be rung just now"


def reason(outage: Outage) -> str:
    """Why, as it stands in brackets: no full stop, and no capital but in a name."""
    why = outage.why.rstrip(". ")
    return f"the {why[4:]}" if why.startswith("The ") else why
