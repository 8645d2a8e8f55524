"""What the pages say of a case, in plain words. Pure: rows and instants come in, words go out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from escalations.models import (
    Channel,
    Escalation,
    LegStatus,
    NextAction,
    Page,
    PageStatus,
    Purpose,
    Status,
)
from escalations.turns import Turn


@dataclass(frozen=True)
class Look:
    """How a status looks on a chip: its words, its tone (a CSS class) and its icon ("dot" for a pulsing dot)."""

    words: str
    tone: str
    icon: str


CASE_LOOKS: Mapping[str, Look] = {
    Status.QUEUED: Look("In the inbox", "open", "clock"),
    Status.PAGING: Look("Ringing", "live", "dot"),
    Status.ACCEPTED: Look("In hand", "hand", "hand"),
    Status.CONNECTED: Look("On the line", "hand", "phone-call"),
    Status.RESOLVED: Look("Resolved, not yet confirmed", "good", "check"),
    Status.CLOSED: Look("Closed by the customer", "good", "circle-check"),
    Status.UNCONFIRMED: Look("Customer kept silent", "", "circle-check"),
    Status.UNREACHED: Look("Nobody reached yet", "bad", "triangle-alert"),
    Status.CANCELLED: Look("Cancelled", "", "x"),
}

PAGE_LOOKS: Mapping[str, Look] = {
    PageStatus.QUEUED: Look("Waits to go out", "open", "clock"),
    PageStatus.SENDING: Look("Going out", "live", "dot"),
    PageStatus.RINGING: Look("Ringing", "live", "dot"),
    PageStatus.ANSWERED: Look("Answered, deciding", "live", "dot"),
    PageStatus.ACCEPTED: Look("Took it", "good", "check"),
    PageStatus.PASSED: Look("Passed it on", "", "arrow-right"),
    PageStatus.UNANSWERED: Look("No answer", "", "phone-missed"),
    PageStatus.VOICEMAIL: Look("Voicemail", "", "voicemail"),
    PageStatus.BUSY: Look("Busy", "", "phone-off"),
    PageStatus.FAILED: Look("Failed", "bad", "triangle-alert"),
    PageStatus.CANCELLED: Look("Called off", "", "x"),
}

_TEXT_LOOKS: Mapping[str, Look] = {
    # A text cannot ring: what awaits its answer is out, and what nobody answered was a text all the same.
    PageStatus.RINGING: Look("Sent, awaits an answer", "live", "dot"),
    PageStatus.UNANSWERED: Look("Sent, no answer", "", "message-square"),
}


def page_look(page: Page) -> Look:
    """The look of one page: a text or mail does not ring."""
    if page.channel != Channel.CALL and page.status in _TEXT_LOOKS:
        return _TEXT_LOOKS[page.status]
    return PAGE_LOOKS[page.status]


LEG_LOOKS: Mapping[str, Look] = {
    LegStatus.QUEUED: Look("About to be rung", "open", "clock"),
    LegStatus.SENDING: Look("Being rung", "live", "dot"),
    LegStatus.RINGING: Look("Ringing", "live", "dot"),
    LegStatus.JOINED: Look("On the line", "good", "phone-call"),
    LegStatus.VOICEMAIL: Look("Voicemail", "", "voicemail"),
    LegStatus.UNANSWERED: Look("No answer", "", "phone-missed"),
    LegStatus.BUSY: Look("Busy", "", "phone-off"),
    LegStatus.FAILED: Look("Failed", "bad", "triangle-alert"),
    LegStatus.LEFT: Look("Hung up", "", "phone-off"),
    LegStatus.CANCELLED: Look("Called off", "", "x"),
}

_NEXT: Mapping[str, str] = {
    NextAction.OPEN: "Next: phones ring when the duty hours open",
    NextAction.REMIND: "Next: {owner} is reminded",
    NextAction.ASK_IDLE: "Next: {owner} is asked “are you on it?”",
    NextAction.HAND_ON: "Next: it goes on to the next officer",
    NextAction.ASK_OUTCOME: "Next: {owner} is asked for the outcome",
    NextAction.GIVE_UP: "Next: it ends unconfirmed unless the customer answers",
}


def headline(case: Escalation, pages: Sequence[Page], turn: Turn | None = None) -> str:
    """The status of a case as one sentence a person would say. `pages` are the case's, with their people.

    `turn` is what its call waits for, where Twilio's calls per second make it wait.
    """
    if turn is not None and case.status in (Status.PAGING, Status.UNREACHED):
        return in_line(turn)
    if case.status == Status.PAGING:
        return _paging(case, pages)
    if case.status == Status.UNREACHED:
        ringing = _ringing(pages)
        return f"Nobody could be reached yet; ringing {ringing}" if ringing else "Nobody could be reached yet"
    if case.status == Status.QUEUED and case.next_action == NextAction.OPEN:
        return f"Waits for the duty hours, then rings {possessive(case.owner.name)} phone"
    if case.is_drill and not case.is_open:
        return "The drill is over"
    return _HEADLINES[Status(case.status)].format(
        owner=case.owner.name, owners=possessive(case.owner.name), contact=case.contact_name or "the customer"
    )


_HEADLINES: Mapping[Status, str] = {
    Status.QUEUED: "In {owners} inbox",
    Status.ACCEPTED: "{owner} has it",
    Status.CONNECTED: "{owner} is talking to {contact}",
    Status.RESOLVED: "{owner} resolved it; the customer has the last word",
    Status.CLOSED: "The customer says: fixed",
    Status.UNCONFIRMED: "Resolved, but the customer kept silent",
    Status.CANCELLED: "Cancelled",
}


def to_the_owner(case: Escalation) -> str:
    """What the officer's page says to who holds the case; "" while nobody does."""
    if case.status == Status.ACCEPTED:
        return "You have it."
    if case.status == Status.CONNECTED:
        return f"You are talking to {case.contact_name or 'the customer'}."
    return ""


def _paging(case: Escalation, pages: Sequence[Page]) -> str:
    if case.waiting_for is not None:
        return f"Waits for {possessive(case.waiting_for.name)} phone, which rings for another case"
    deciding = [page.person.name for page in pages if page.status == PageStatus.ANSWERED]
    if deciding:
        return f"{deciding[-1]} is on the phone and decides"
    ringing = _ringing(pages)
    return f"Ringing {ringing}" if ringing else "Looking for an officer"


def in_line(turn: Turn) -> str:
    """Why nothing rings yet, and what must go before."""
    calls = "one call goes" if turn.ahead == 1 else f"{turn.ahead} calls go"
    return f"Waits to ring {turn.name}: {calls} before"


def next_in_line(turn: Turn) -> str:
    """What happens next while a call waits for its turn; the countdown beside it tells about when."""
    return f"Next: about then {possessive(turn.name)} phone"


def _ringing(pages: Sequence[Page]) -> str:
    live = (PageStatus.QUEUED, PageStatus.SENDING, PageStatus.RINGING)
    names = [
        page.person.name
        for page in pages
        if page.channel == Channel.CALL and page.purpose == Purpose.OFFER and page.status in live
    ]
    return listed(list(dict.fromkeys(names)))


def next_step(case: Escalation, climber: str = "") -> str:
    """What happens next unless somebody acts; "" for an ended case. `climber` is who the ladder rings next."""
    if not case.next_action:
        return ""
    if case.next_action == NextAction.CLIMB:
        return f"Next: {possessive(climber)} phone" if climber else "Next: the ladder goes on"
    return _NEXT[case.next_action].format(owner=case.owner.name)


def tone(case: Escalation) -> str:
    """The CSS class that colours the head of a case's page."""
    return CASE_LOOKS[case.status].tone


EVENT_LOOKS: Sequence[tuple[str, str, str]] = (
    # (how the kind of event begins, icon, tone); the first that fits is taken
    ("raised", "flag", ""),
    ("joined", "users", ""),
    ("graver", "flag", "bad"),
    ("accepted", "check", "good"),
    ("working", "check", "good"),
    ("passed", "arrow-right", ""),
    ("page_answered", "phone-call", "live"),
    ("page_key", "phone-call", "live"),
    ("page_unanswered", "phone-missed", ""),
    ("page_voicemail", "voicemail", ""),
    ("page_busy", "phone-off", ""),
    ("page_failed", "triangle-alert", "bad"),
    ("page", "phone-outgoing", "live"),
    ("called_back", "phone-incoming", "live"),
    ("message_failed", "triangle-alert", "bad"),
    ("question_not_sent", "triangle-alert", "bad"),
    ("question", "message-square", ""),
    ("customer_text", "message-square", ""),
    ("customer_talked", "voicemail", ""),
    ("reminded", "mail", ""),
    ("outcome_asked", "message-square", ""),
    ("idle", "clock", "live"),
    ("no_number", "triangle-alert", "bad"),
    ("owner_left", "triangle-alert", "bad"),
    ("by_hand", "triangle-alert", "bad"),
    ("unreached", "triangle-alert", "bad"),
    ("watchdog", "triangle-alert", "bad"),
    ("bridge_ended", "phone-off", ""),
    ("bridge", "phone-call", "hand"),
    ("leg_joined", "phone-call", "hand"),
    ("leg_failed", "triangle-alert", "bad"),
    ("leg", "phone-off", ""),
    ("connected", "phone-call", "hand"),
    ("not_connected", "voicemail", ""),
    ("resolved", "list-checks", "good"),
    ("closed", "circle-check", "good"),
    ("unconfirmed", "circle-check", ""),
    ("reopened", "refresh-cw", "bad"),
    ("cancelled", "x", ""),
    ("hand", "hand", "hand"),
    ("note", "notebook-pen", ""),
    ("inbox", "mail", ""),
    ("opened", "clock", ""),
    ("wait", "clock", ""),
    ("again", "refresh-cw", ""),
)


def event_look(kind: str) -> Look:
    """The icon and tone of a line of the timeline, by its kind."""
    for begins, icon, tone_of in EVENT_LOOKS:
        if kind.startswith(begins):
            return Look("", tone_of, icon)
    return Look("", "", "info")


@dataclass(frozen=True)
class FactorRow:
    """One factor of a score as a row: its share of the full marks is `percent` (0 to 100)."""

    name: str
    value: str
    points: str
    weight: int
    percent: int


_FACTOR_NAMES = {"value": "Value a year", "tenure": "Customer for"}


def factor(row: Any) -> FactorRow:
    """From a `customers.score.Factor`, or from its form as kept on a case."""
    data = row if isinstance(row, Mapping) else vars(row)
    points, weight = float(data["points"]), int(data["weight"])
    return FactorRow(
        name=_FACTOR_NAMES.get(data["name"], str(data["name"]).capitalize()),
        value=str(data["value"]),
        points=f"{points:g}",
        weight=weight,
        percent=round(100 * points / weight) if weight else 0,
    )


def possessive(name: str) -> str:
    """ "Ben Okafor's"."""
    return f"{name}’s" if name else ""


def listed(names: Sequence[str]) -> str:
    """ "Ana", "Ana and Ben", "Ana, Ben and 3 more"."""
    if len(names) <= 1:
        return "".join(names)
    if len(names) <= 3:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{names[0]}, {names[1]} and {len(names) - 2} more"


def day(when: date, today: date) -> str:
    """ "today", "tomorrow", "yesterday", "Mon 3 Aug", "3 Aug 2025"."""
    distance = (when - today).days
    if distance in _NEAR:
        return _NEAR[distance]
    if when.year == today.year or abs(distance) < 120:
        return f"{when:%a} {when.day} {when:%b}"
    return f"{when.day} {when:%b %Y}"


_NEAR = {0: "today", 1: "tomorrow", -1: "yesterday"}


def how_long(seconds: int) -> str:
    """ "12 s", "3 min 05 s", "2 h 10 min", "3 days"; "now" when it is over. web/static/web/clock.js says the same."""
    if seconds <= 0:
        return "now"
    if seconds < 60:
        return f"in {seconds} s"
    if seconds < 3600:
        return f"in {seconds // 60} min {seconds % 60:02d} s"
    if seconds < 48 * 3600:
        return f"in {seconds // 3600} h {seconds % 3600 // 60:02d} min"
    return f"in {round(seconds / 86400)} days"


def is_over(case: Escalation, now: datetime) -> bool:
    """Whether a case's page may look for news at leisure."""
    return not case.is_open or (case.next_action_at is not None and (case.next_action_at - now).days >= 1)
