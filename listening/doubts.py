"""Seconds that nobody can prove, and why, in words for the executive and for whoever audits the ledger: pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from listening.intervals import Span, overlap, union, whole_seconds, without
from listening.legs import Story, Unproven, Whereabouts

_WHO = {
    "customer": "the customer",
    "agent": "the agent",
    "extension": "the monitor extension",
    "listener": "the listener",
}
_AFTER = {
    "": "was not told of",
    "join": "joined",
    "leave": "left",
    "hold": "was put on hold",
    "unhold": "came off hold",
}
_LACKS = {
    ("join", "join"): "joined twice, and no leave between was told",
    ("unhold", "join"): "joined twice, and no leave between was told",
    ("hold", "join"): "joined twice, and no leave between was told",
    ("", "leave"): "left, and no join was told",
    ("leave", "leave"): "left twice, and no join between was told",
    ("join", "unhold"): "came off hold, and no hold was told",
    ("unhold", "unhold"): "came off hold twice, and no hold between was told",
    ("hold", "hold"): "was put on hold twice, and no end of the first was told",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A span that does not count, and why. Of no length where it only tells what was lost."""

    span: Span
    why: str

    @property
    def seconds(self) -> int:
        return whole_seconds([self.span])


def of_leg(who: str, told: Whereabouts) -> list[Doubt]:
    """What the numbered events leave open about one leg."""
    return [Doubt(one.span, f"{_WHO[who]} {_why(one)}") for one in told.unproven]


def of_story(story: Story) -> list[Doubt]:
    """What was never told, told in two ways, or told with a clock that goes back."""
    found = [
        Doubt(Span(story.slot_of(number).start, story.slot_of(number).start), _never_told([number]))
        for number in story.missing
        if number not in story.doubled_differently
    ]
    for number in story.doubled_differently:
        at = story.slot_of(number).start if number in story.missing else story.last_told()
        if at is not None:
            found.append(
                Doubt(Span(at, at), f"event {number} of the conference was told in two ways; neither counts")
            )
    if story.goes_back and story.last_told() is not None:
        at = story.events[0].at
        found.append(
            Doubt(Span(at, at), "the conference's clock went back; the doubtful seconds do not count")
        )
    return found


def worth_telling(
    doubts: Iterable[Doubt], *, possible: Iterable[Span], counted: Iterable[Span]
) -> list[Doubt]:
    """Of each doubt what might have counted: the spans in which all three may have been together."""
    left = without(possible, counted)
    return [replace(doubt, span=span) for doubt in doubts for span in overlap([doubt.span], left)]


def merged(doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """In the order of time, each reason once for the spans that touch."""
    by_reason: dict[str, list[Span]] = {}
    for doubt in doubts:
        by_reason.setdefault(doubt.why, []).append(doubt.span)
    found = []
    for why, spans in by_reason.items():
        long = union(spans)
        found += [Doubt(span, why) for span in long]
        found += [
            Doubt(span, why)
            for span in sorted(set(spans))
            if span.start == span.end and not any(other.start <= span.start <= other.end for other in long)
        ]
    return tuple(sorted(found, key=lambda doubt: (doubt.span, doubt.why)))


def nothing_after(who: str, at: datetime) -> Doubt:
    """No leave was told."""
    return Doubt(Span(at, at), f"no leave of {_WHO[who]} was told: nothing after the last event is proven")


def _why(one: Unproven) -> str:
    if one.numbers:
        return f"may have left, or been on hold: {_never_told(one.numbers)}"
    if not one.before and not one.after:
        return "is in no event"
    words = _LACKS.get((one.before, one.after))
    return words or f"{_AFTER[one.before]}, then {_AFTER[one.after]}, and nothing between was told"


def _never_told(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"event {numbers[0]} of the conference was never told"
    if len(numbers) > 6:
        return f"{len(numbers)} events of the conference from {numbers[0]} to {numbers[-1]} were never told"
    return f"events {', '.join(map(str, numbers))} of the conference were never told"
