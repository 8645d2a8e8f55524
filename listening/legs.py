"""Where one leg of a conference was while its events tell, and while some of them never arrived: pure.

Twilio numbers the events of a conference one after the other. A number that is missing was an event that nobody told
us; it may have been anything, of anybody. So between two events of a leg that we know of, each missing number is a
step that the leg may have taken or not: a state is possible at an instant where some choice of steps leads through it
from the one event to the other. What is possible in one way only is proven, and nothing else is. Where two events
contradict each other and no missing number explains it (joined twice), everything between them is unknown.

A missing number that one leg cannot do without (it left, and the only number missing before is its join) is that
leg's, and no other's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from itertools import accumulate, pairwise

from listening.intervals import Span, Spans, overlap, union


class State(Enum):
    """Where a leg is."""

    OUT = auto()
    IN = auto()
    HELD = auto()


_ALL = frozenset(State)
_STEPS = {
    (State.OUT, State.IN): 1,
    (State.OUT, State.HELD): 2,
    (State.IN, State.HELD): 1,
    (State.IN, State.OUT): 1,
    (State.HELD, State.IN): 1,
    (State.HELD, State.OUT): 1,
}
_MOVES: Mapping[str, tuple[frozenset[State], State]] = {
    "join": (frozenset({State.OUT}), State.IN),
    "leave": (frozenset({State.IN, State.HELD}), State.OUT),
    "hold": (frozenset({State.IN}), State.HELD),
    "unhold": (frozenset({State.HELD}), State.IN),
}
"""By kind of event: the states it can begin in, and the one it ends in."""


@dataclass(frozen=True, slots=True)
class Told:
    """One numbered event of a conference. `leg` is "" where it is about the conference itself."""

    number: int
    kind: str
    at: datetime
    leg: str


@dataclass(frozen=True, slots=True)
class Unproven:
    """A span in which a leg may have been elsewhere. `numbers` are the missing events that may have been its own;
    none where two events contradict each other: `before` and `after` are their kinds ("" for none told)."""

    span: Span
    numbers: tuple[int, ...] = ()
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """When a leg was surely in and not on hold, when it surely was not, and when nobody can say."""

    there: Spans
    not_there: Spans
    unproven: tuple[Unproven, ...]


class Story:
    """The numbered events of one conference, in their order."""

    def __init__(self, told: Iterable[Told], *, seen: Mapping[str, State] | None = None) -> None:
        """Of two with one number neither is taken: see `doubled_differently`.

        `seen` is where legs were when the story begins, where it does not begin with the conference.
        """
        self._seen = seen or {}
        by_number: dict[int, set[tuple[str, datetime, str]]] = {}
        for one in told:
            by_number.setdefault(one.number, set()).add((one.kind, one.at, one.leg))
        self.doubled_differently = tuple(sorted(n for n, said in by_number.items() if len(said) > 1))
        self.events = [
            Told(number, *next(iter(said))) for number, said in sorted(by_number.items()) if len(said) == 1
        ]
        numbers = [event.number for event in self.events]
        # The first of a conference is number 1 (0, where somebody counts as Twilio does for calls).
        self.whole = bool(numbers) and numbers[0] <= 1
        # What happened before somebody first looked is not lost: nobody was to tell it.
        first = numbers[:1] if self._seen else [0]
        self.missing = tuple(
            number
            for before, after in pairwise([*first, *numbers] if numbers else [])
            for number in range(before + 1, after)
        )
        # Clocks of a big network differ: what begins, begins at the latest instant told so far, and what ends, at
        # the earliest that is told from there on. So events that go back in time never add anything.
        self._opens = list(accumulate((event.at for event in self.events), max))
        self._closes = list(accumulate((event.at for event in reversed(self.events)), min))[::-1]
        self._own: dict[str, list[int]] = {}
        for place, event in enumerate(self.events):
            if event.kind in _MOVES and event.leg:
                self._own.setdefault(event.leg, []).append(place)
        self._taken: dict[
            int, str
        ] = {}  # the missing numbers that one leg cannot do without, and whose they are
        self._explain()

    @property
    def goes_back(self) -> bool:
        """Whether an event is told to be earlier than the one before it."""
        return self._opens != [event.at for event in self.events]

    @property
    def ended_at(self) -> datetime | None:
        """When the conference ended, where that was told."""
        return next((event.at for event in self.events if event.kind == "end"), None)

    def slot_of(self, number: int) -> Span:
        """Between which instants a missing event happened."""
        place = next(i for i, event in enumerate(self.events) if event.number > number)
        return self._between(max(place - 1, 0), place)

    def whereabouts(self, leg: str, *, now: datetime | None = None) -> Whereabouts:
        """Where this leg was. With `now` what was so at the last event is taken to be so until then."""
        there: list[Span] = []
        away: list[Span] = []
        unproven: list[Unproven] = []
        for first, last, before, after in self._stretches(leg):
            free = self._free(first, last, leg)
            starts, ends = self._from(before, leg), _MOVES[after][0] if after else _ALL
            steps = sum(map(len, free))
            if _needed(starts, ends) > steps:
                unproven.append(Unproven(self._between(first, last), before=before, after=after))
                continue
            own = tuple(number for some in free for number in some)
            passed = 0
            for place, numbers in enumerate(free, first):
                possible = _possible(starts, ends, passed, passed + len(numbers), steps)
                passed += len(numbers)
                span = self._between(place, place + 1)
                if possible == {State.IN}:
                    there.append(span)
                elif State.IN not in possible:
                    away.append(span)
                else:
                    unproven.append(Unproven(span, own, before, after))
        if now is not None and self.stays(leg):
            there.append(Span(self._opens[-1], now))
        ended = self.ended_at
        return Whereabouts(
            overlap(there, [Span(self._opens[0], ended)]) if ended else union(there),
            union(away),
            tuple(one for one in unproven if one.span.start < one.span.end),
        )

    def last_told(self) -> datetime | None:
        """The instant of the last event; nothing is proven after it."""
        return self._opens[-1] if self.events else None

    # --- Below -----------------------------------------------------------------------------------------------

    def _stretches(self, leg: str) -> Iterable[tuple[int, int, str, str]]:
        """From one event of the leg to the next: places and kinds ("" for the ends of the story)."""
        if not self.events:
            return ()
        own = self._own.get(leg, [])
        places = [0, *own, len(self.events) - 1]
        kinds = ["", *(self.events[place].kind for place in own), ""]
        return zip(places, places[1:], kinds, kinds[1:], strict=False)

    def _from(self, kind: str, leg: str) -> frozenset[State]:
        if kind:
            return frozenset({_MOVES[kind][1]})
        if self.whole:
            return frozenset({State.OUT})
        return frozenset({self._seen[leg]}) if leg in self._seen else _ALL

    def _free(self, first: int, last: int, leg: str) -> list[tuple[int, ...]]:
        """For each step from one event to the next in between: the missing numbers that may be this leg's."""
        return [
            tuple(
                number
                for number in range(self.events[place].number + 1, self.events[place + 1].number)
                if self._taken.get(number, leg) == leg
            )
            for place in range(first, last)
        ]

    def _explain(self) -> None:
        """Say whose the missing numbers are, where that is certain."""
        moved = bool(self.missing)
        while moved:
            moved = False
            for leg in self._own:
                for first, last, before, after in self._stretches(leg):
                    if not after and self.ended_at is None:
                        continue
                    # Nobody is in a conference that has ended.
                    ends = _MOVES[after][0] if after else frozenset({State.OUT})
                    needed = _needed(self._from(before, leg), ends)
                    free = [number for some in self._free(first, last, leg) for number in some]
                    if needed and needed == len(free) and any(n not in self._taken for n in free):
                        self._taken |= dict.fromkeys(free, leg)
                        moved = True

    def _between(self, first: int, last: int) -> Span:
        return Span(self._opens[first], max(self._opens[first], self._closes[last]))

    def stays(self, leg: str) -> bool:
        """Whether the leg is in at the last event, as far as anybody knows."""
        if self.ended_at is not None or not self.events:
            return False
        own = self._own.get(leg)
        kind = self.events[own[-1]].kind if own else ""
        after = self._free(own[-1] if own else 0, len(self.events) - 1, leg)
        return self._from(kind, leg) == {State.IN} and not any(after)


def _needed(starts: frozenset[State], ends: frozenset[State]) -> int:
    """The fewest steps from one of these states to one of those."""
    return min(_distance(start, end) for start in starts for end in ends)


def _possible(
    starts: frozenset[State], ends: frozenset[State], before: int, after: int, steps: int
) -> set[State]:
    """The states in which a leg may be while between `before` and `after` of all `steps` are over."""
    return {
        state
        for state in State
        if max(before, _needed(starts, frozenset({state})))
        <= min(after, steps - _needed(frozenset({state}), ends))
    }


def _distance(start: State, end: State) -> int:
    return 0 if start is end else _STEPS[start, end]
