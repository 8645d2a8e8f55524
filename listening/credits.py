"""How many seconds of a call count, from what the telephone network said happened: pure. Values in, values out.

A second counts while the listener was in the conference, and so were the customer and the agent, and none of the
three was on hold; while no payment was taken; and while somebody was known to listen: a presence check that was
missed takes back everything from the last key before it, until the next key.

The events of a conference are ordered by Twilio's numbers and not by their arrival, and one that is told twice is one.
Where a number is missing, `listening.legs` says what is proven all the same; the rest does not count, and each such
span is a `Doubt` with its reason. After the last event nothing is proven.

Where Twilio's events go to somebody else we look at the participants each few seconds, and what changed between two
looks is a happening: "seen" and "unhold" are dated by the look that shows them, "gone" and "hold" by the one before,
the last that did not. So only what lies between two looks that both show a leg counts; "looked" is the last look.
From the first event on that is told us after all, events alone count, and begin with what the looks showed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from listening.doubts import Doubt, merged, nothing_after, of_leg, of_story, worth_telling
from listening.intervals import Span, Spans, overlap, union, whole_seconds, without
from listening.legs import State, Story, Told

LOOKS_APART = timedelta(seconds=30)
"""So long after the last look a call that goes on is shown as going on."""
_EVER = datetime.max.replace(tzinfo=UTC)
_OF_CONFERENCE = frozenset({"join", "leave", "hold", "unhold", "mute", "unmute", "start", "end", "other"})
_SAME_SECOND = {"join": 0, "hold": 2, "leave": 3, "end": 4}
"""How events of one second are ordered where nothing numbers them: 1 for all others."""


class Who(StrEnum):
    """Whose leg it is. OTHER: another listener, or nobody we know."""

    CUSTOMER = "customer"
    AGENT = "agent"
    EXTENSION = "extension"
    LISTENER = "listener"
    OTHER = "other"


TOGETHER = (Who.CUSTOMER, Who.AGENT, Who.LISTENER)
"""Who must be there, in a conference that the customer is in."""
ON_EXTENSION = (Who.EXTENSION, Who.LISTENER)
"""Who must be there, where another exchange is listened to: of those who talk there nobody tells us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One piece of evidence. `kind` is of `EvidenceKind`; `leg` tells the legs of a conference apart.

    `sequence` is the conference's number of an event; None for our own (payment, keys) and for looks.
    """

    key: int
    kind: str
    at: datetime
    leg: str = ""
    who: Who = Who.OTHER
    sequence: int | None = None
    look: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoned:
    """What counts: the spans in order and apart, the keys of the evidence, and the doubts about the rest.

    `missing` are the numbers of a conference's events that were never told.
    """

    spans: Spans = ()
    evidence: tuple[int, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    missing: tuple[int, ...] = ()

    @property
    def seconds(self) -> int:
        """Whole seconds; the rest of one is dropped."""
        return whole_seconds(self.spans)


def reckon_visit(
    happenings: Iterable[Happening], *, parts: Sequence[Who] = TOGETHER, now: datetime | None = None
) -> Reckoned:
    """One listener in one conference: all events of the conference, and the listener's keys and missed checks.

    With `now`, while the call goes on, what was so at the last event is taken to go on until then: for showing,
    never for crediting.
    """
    known = _once(happenings)
    story = _story(known)
    found = [_part(who, known, story, now) for who in parts]
    stopped = _payments(known)
    unheard, unanswered = _missed_checks(known)
    counted = without(overlap(*(part.there for part in found)), stopped, unheard)
    doubts = worth_telling(
        [doubt for part in found for doubt in part.doubts] + unanswered,
        possible=without(overlap(*(part.possible for part in found)), stopped),
        counted=counted,
    )
    last = story.last_told()
    if now is None and last is not None and found[-1].stays:
        doubts.append(nothing_after(Who.LISTENER, last))
    return Reckoned(
        spans=counted,
        evidence=tuple(
            one.key for one in known if one.kind != "looked" and (one.who is not Who.OTHER or not one.leg)
        ),
        doubts=merged([*doubts, *of_story(story)]),
        missing=story.missing,
    )


def together(many: Iterable[Reckoned]) -> Reckoned:
    """Several visits as one: a second that is in two of them counts once."""
    every = list(many)
    return Reckoned(
        spans=union(*(one.spans for one in every)),
        evidence=tuple(sorted({key for one in every for key in one.evidence})),
        doubts=merged(doubt for one in every for doubt in one.doubts),
        missing=tuple(number for one in every for number in one.missing),
    )


def by_month(spans: Iterable[Span], zone: ZoneInfo) -> dict[date, Spans]:
    """The spans by the first day of their month on the zone's calendar; one across its midnight is split."""
    found: dict[date, list[Span]] = {}
    for start, end in union(spans):
        at = start
        while at < end:
            month = at.astimezone(zone).date().replace(day=1)
            after = (month + timedelta(days=31)).replace(day=1)
            until = min(end, datetime(after.year, after.month, 1, tzinfo=zone).astimezone(UTC))
            found.setdefault(month, []).append(Span(at, until))
            at = until
    return {month: union(some) for month, some in sorted(found.items())}


# --- Below ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """When somebody was surely in and not on hold, when they may have been, and whether they never left."""

    there: Spans
    possible: Spans
    doubts: tuple[Doubt, ...]
    stays: bool


def _once(happenings: Iterable[Happening]) -> list[Happening]:
    return sorted({one.key: one for one in happenings}.values(), key=lambda one: one.key)


def _story(known: Sequence[Happening]) -> Story:
    """The conference's numbered events; where none has a number, all of them as they are dated."""
    told = [one for one in known if not one.look and one.kind in _OF_CONFERENCE]
    numbered = [Told(one.sequence, one.kind, one.at, one.leg) for one in told if one.sequence is not None]
    if numbered:
        return Story(numbered, seen=_seen_before(known, min(numbered, key=lambda one: one.number).at))
    dated = sorted({(one.at, _SAME_SECOND.get(one.kind, 1), one.kind, one.leg) for one in told})
    return Story(Told(place, kind, at, leg) for place, (at, _, kind, leg) in enumerate(dated, 1))


def _seen_before(known: Iterable[Happening], begin: datetime) -> dict[str, State]:
    """Where the looks had shown each leg when the first event was told."""
    states = {"seen": State.IN, "unhold": State.IN, "gone": State.OUT, "hold": State.HELD}
    looks = [one for one in known if one.look and one.kind in states and one.at <= begin]
    looks.sort(key=lambda one: (one.at, one.kind in {"gone", "hold"}))
    return {one.leg: states[one.kind] for one in looks}


def _part(who: Who, known: Sequence[Happening], story: Story, now: datetime | None) -> _Part:
    """Where the legs of one part were: a customer who was transferred may have had several."""
    there: list[Spans] = []
    doubts: list[Doubt] = []
    stays = False
    numbered = any(one.sequence is not None for one in known)
    ends = [one for one in known if one.kind == "end" and not one.leg]
    last_look = max((one.at for one in known if one.look), default=None)
    if numbered and last_look is not None:
        last_look = min(last_look, story.events[0].at)
    for leg in sorted({one.leg for one in known if one.who is who and one.leg}):
        mine = [one for one in known if one.leg == leg]
        told = story.whereabouts(leg, now=now)
        cuts = _cuts(mine, ends, numbered=numbered)
        seen = _looks(mine, last_look, now)
        there += [without(told.there, cuts), without(seen, told.not_there, cuts)]
        doubts += of_leg(who, told)
        stays |= story.stays(leg) and not cuts
    proven = union(*there)
    return _Part(proven, union(proven, [doubt.span for doubt in doubts]), tuple(doubts), stays)


def _cuts(mine: Sequence[Happening], ends: Sequence[Happening], *, numbered: bool) -> Spans:
    """Out, by what has no place among the numbered events: from then until the next sign of the leg's return."""
    out = [one.at for one in mine if one.look and one.kind in {"gone", "hold"}]
    if numbered:
        told = [*(one for one in mine if one.kind in {"leave", "hold"}), *ends]
        out += [one.at for one in told if one.sequence is None and not one.look]
    signs = sorted(one.at for one in mine if one.kind in {"join", "unhold", "seen"})
    return union(Span(at, next((sign for sign in signs if sign > at), _EVER)) for at in out)


def _looks(mine: Iterable[Happening], last_look: datetime | None, now: datetime | None) -> Spans:
    """When the looks show the leg, not on hold. Of two at one instant the one that shows less is the later."""
    spans: list[Span] = []
    since: datetime | None = None
    shows = {"seen": True, "unhold": True, "gone": False, "hold": False}
    for at, out in sorted((one.at, not shows[one.kind]) for one in mine if one.look and one.kind in shows):
        if not out:
            since = since or at
        elif since is not None:
            spans.append(Span(since, at))
            since = None
    if since is not None and last_look is not None:
        goes_on = now is not None and now - last_look <= LOOKS_APART
        spans.append(Span(since, now if now is not None and goes_on else last_look))
    return union(spans)


def _payments(known: Iterable[Happening]) -> Spans:
    """From each payment until listening may go on."""
    stopped: list[Span] = []
    since: datetime | None = None
    for one in sorted(known, key=lambda one: (one.at, one.kind == "live", one.key)):
        if one.kind == "payment":
            since = since or one.at
        elif one.kind == "live" and since is not None:
            stopped.append(Span(since, one.at))
            since = None
    return union(stopped, [Span(since, _EVER)] if since is not None else [])


def _missed_checks(known: Iterable[Happening]) -> tuple[Spans, list[Doubt]]:
    """What a check without a key leaves unproven: from the last key before it until the next one."""
    ordered = sorted(known, key=lambda one: one.at)
    signs = [one.at for one in ordered if one.kind in {"present", "key"}]
    spans: list[Span] = []
    doubts: list[Doubt] = []
    for one in ordered:
        if one.kind == "absent":
            last = max((at for at in signs if at <= one.at), default=datetime.min.replace(tzinfo=UTC))
            span = Span(last, min((at for at in signs if at > one.at), default=_EVER))
            spans.append(span)
            doubts.append(
                Doubt(span, f"no key at {one.at:%H:%M:%S} UTC, when asked whether somebody listens")
            )
    return union(spans), doubts
