"""Pages: offered, accepted, passed, unanswered, and how long it took to accept.

One *offer* is one climb of the ladder for one case as one person's phone saw it: a call and a text of the same climb
are one offer, for they are answered by one word. It belongs to the month of its first page, and it is accepted,
passed, unanswered (it rang in vain, was busy, or a voicemail spoke), or neither: called off because a colleague was
quicker, never sent, or still open. Each is exactly one of these.

*Time to accept* is from an offer's first page to the yes, in whole seconds, the rest cut off.
"""

from collections import Counter, defaultdict
from datetime import datetime

from django.urls import reverse

from escalations.models import Page
from reports.figures import Counted, Evidence, Figure, Source, Sum, Unit, Value, median, percentile_90
from reports.material import OFFERING, Material, Offer, Reply

GROUP = "Pages"
OFFERED, ACCEPTED, PASSED, UNANSWERED, NEITHER = (
    "pages_offered",
    "pages_accepted",
    "pages_passed",
    "pages_unanswered",
    "pages_called_off",
)
MEDIAN, P90 = "accept_median_seconds", "accept_p90_seconds"
FIGURES = (
    Figure(OFFERED, GROUP, "Offered", Unit.COUNT, "Cases offered to their phone; a call and a text are one."),
    Figure(ACCEPTED, GROUP, "Accepted", Unit.COUNT, "Offers taken by a key, a reply or a click."),
    Figure(PASSED, GROUP, "Passed", Unit.COUNT, "Offers passed on, or taken and left to lie."),
    Figure(UNANSWERED, GROUP, "Unanswered", Unit.COUNT, "Offers that rang in vain."),
    Figure(
        NEITHER,
        GROUP,
        "Called off",
        Unit.COUNT,
        "Offers that a colleague was quicker to take, that could not be sent, or that are open.",
    ),
    Figure(
        MEDIAN,
        GROUP,
        "Time to accept, median",
        Unit.SECONDS,
        "From an offer’s first page to the yes.",
        Sum.MEDIAN,
    ),
    Figure(
        P90,
        GROUP,
        "Time to accept, 90th percentile",
        Unit.SECONDS,
        "Nine in ten were accepted within this.",
        Sum.P90,
    ),
)
_KEY_OF = {Reply.ACCEPTED: ACCEPTED, Reply.PASSED: PASSED, Reply.UNANSWERED: UNANSWERED}
_WORDS = {
    Reply.ACCEPTED: "accepted",
    Reply.PASSED: "passed on",
    Reply.UNANSWERED: "not answered",
    Reply.OPEN: "open",
    Reply.NOT_SENT: "could not be sent",
    Reply.CALLED_OFF: "called off",
}


def count(material: Material) -> Counted:
    """Everybody's offers of the month."""
    found: dict[int, dict[str, Value]] = {
        person: dict.fromkeys((OFFERED, ACCEPTED, PASSED, UNANSWERED, NEITHER), 0)
        for person in material.people
    }
    offers = _of_month(material)
    for (person, reply), many in Counter([(person, reply) for person, _, _, _, reply, _ in offers]).items():
        mine = found[person]
        for key in (OFFERED, _KEY_OF.get(reply, NEITHER)):
            mine[key] = (mine[key] or 0) + many
    times: dict[int, list[int]] = defaultdict(list)
    accepted = Reply.ACCEPTED
    for person, _, _, first_at, reply, accepted_at in offers:
        if reply == accepted:
            times[person].append(_seconds(first_at, accepted_at))
    for person, mine in found.items():
        times[person].sort()
        mine[MEDIAN] = median(times[person])
        mine[P90] = percentile_90(times[person])
    return found


def evidence(material: Material, person: int, key: str) -> list[Evidence]:
    """The offers behind one of a person's figures, each with its calls and texts. One query more."""
    offers = [offer for offer in _of_month(material) if offer.person == person and _counts(offer, key)]
    calls = _calls(material, person, offers)
    return [
        Evidence(
            at=offer.first_at,
            what=f"Case {1000 + offer.case}: {_WORDS[offer.reply]} ({calls[offer.case, offer.round]})",
            amount=seconds_to_accept(offer) if key in (MEDIAN, P90) else 1,
            path=reverse("web:case", args=[offer.case]),
        )
        for offer in sorted(offers, key=lambda offer: (offer.first_at, offer.case))
    ]


def seconds_to_accept(offer: Offer) -> int:
    """Whole seconds from the first page to the yes."""
    return _seconds(offer.first_at, offer.accepted_at)


def _seconds(first_at: datetime, accepted_at: datetime | None) -> int:
    assert accepted_at is not None  # noqa: S101 - an accepted page has ended: `page_live_or_ended`
    took = accepted_at - first_at
    return max(took.days * 86400 + took.seconds, 0)


def _of_month(material: Material) -> list[Offer]:
    return [offer for offer in material.offers if material.start <= offer.first_at < material.end]


def _counts(offer: Offer, key: str) -> bool:
    if key in (MEDIAN, P90):
        return offer.reply == Reply.ACCEPTED
    return key == OFFERED or _KEY_OF.get(offer.reply, NEITHER) == key


def _calls(material: Material, person: int, offers: list[Offer]) -> dict[tuple[int, int], str]:
    """ "call unanswered, text cancelled" for each offer, by case and round."""
    pages = Page.objects.filter(
        person=person, purpose__in=OFFERING, escalation__in={offer.case for offer in offers}
    )
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for page in pages.order_by("created_at", "pk"):
        words = f"{page.get_channel_display()} {page.get_status_display()}".lower()
        found[page.escalation_id, page.round].append(words)
    return {which: ", ".join(words) for which, words in found.items()}


SOURCE = Source(FIGURES, count, evidence)
