"""What holds on the ladder whatever people do: it is climbed here against random answers and taken phones.

The driver is to the pure ladder what `escalations.climbing` is in life: it takes each step, lets people answer, and
asks for the next one, over several rounds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import cycle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from escalations.ladder import (
    PATIENCE_SECONDS,
    RETRY_MINUTES,
    Exhausted,
    Ring,
    Roster,
    Rung,
    Standing,
    Step,
    WaitForPhone,
    Who,
    next_step,
    read_rungs,
    retry_seconds,
    ring_time,
)

ROUNDS = 3
GRAVITIES = range(4)


class Answer(StrEnum):
    ACCEPT = "accept"
    PASS = "pass"
    SILENCE = "silence"
    BUSY = "busy"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True)
class Taken:
    """One step as it was taken: at which second, in which situation, and the answer of each person rung."""

    at: float
    standing: Standing
    step: Step
    answers: dict[int, Answer] = field(default_factory=dict)


@dataclass(frozen=True)
class World:
    """A ladder, who sits where, how people answer (in turn), and whose phone is taken at each look (in turn)."""

    rungs: tuple[Rung, ...]
    roster: Roster
    gravity: int
    ring_seconds: int
    answers: list[Answer]
    engaged: list[dict[int, int]]


def climb(world: World) -> list[Taken]:
    """Climb until somebody accepts, or through `ROUNDS` whole rounds."""
    answers: Iterator[Answer] = cycle(world.answers)
    engaged = cycle(world.engaged)
    standing, now, climbed = Standing(gravity=world.gravity), 0.0, []
    for _ in range(5_000):
        standing = replace(standing, engaged=next(engaged))
        step = next_step(
            rungs=world.rungs, roster=world.roster, standing=standing, ring_seconds=world.ring_seconds
        )
        match step:
            case Ring():
                given_answers = {person: next(answers) for person in step.people}
                climbed.append(Taken(now, standing, step, given_answers))
                if Answer.ACCEPT in given_answers.values():
                    return climbed
                now += step.seconds if Answer.SILENCE in given_answers.values() else 0.0
                standing = replace(
                    standing,
                    attempted=standing.attempted | {(step.rung, person) for person in step.people},
                    passed=standing.passed | {p for p, told in given_answers.items() if told is Answer.PASS},
                    waited=0.0,
                )
            case WaitForPhone():
                climbed.append(Taken(now, standing, step))
                now += step.seconds
                standing = replace(standing, waited=standing.waited + step.seconds)
            case Exhausted():
                climbed.append(Taken(now, standing, step))
                now += step.seconds
                if standing.round + 1 == ROUNDS:
                    return climbed
                standing = replace(standing, round=standing.round + 1, attempted=frozenset(), waited=0.0)
    pytest.fail("the ladder never came to an end")


people = st.integers(1, 9)
several = st.lists(people, max_size=3).map(tuple)
rosters = st.builds(
    Roster, primary=st.none() | people, backups=several, fallback=several, administrators=several
)
stored_rungs = st.fixed_dictionaries(
    {
        "who": st.sampled_from(["primary", "backup", "fallback"]),
        "by": st.sampled_from([["call", "text"], ["call"], ["text"]]),
        "at_once": st.booleans(),
        "ring_seconds": st.none() | st.integers(5, 600),
    }
)
gravities = st.sampled_from(GRAVITIES)
ring_seconds = st.integers(5, 600)
# A call that rings for another case has that case's gravity; a talk has -1.
taken_phones = st.dictionaries(people, st.integers(-1, 3), max_size=5)
ladders = st.lists(stored_rungs, max_size=5).map(read_rungs)
any_answer = st.sampled_from(Answer)
unwilling = st.sampled_from([answer for answer in Answer if answer is not Answer.ACCEPT])


def worlds(answers: st.SearchStrategy[Answer]) -> st.SearchStrategy[World]:
    return st.builds(
        World,
        rungs=ladders,
        roster=rosters,
        gravity=gravities,
        ring_seconds=ring_seconds,
        answers=st.lists(answers, min_size=1, max_size=30),
        engaged=st.lists(taken_phones, min_size=1, max_size=20),
    )


def rings(climbed: list[Taken]) -> Iterator[tuple[Taken, Ring]]:
    for taken in climbed:
        if isinstance(taken.step, Ring):
            yield taken, taken.step


@given(worlds(any_answer))
def test_it_ends_accepted_or_with_everybody_tried_and_the_administrators_told(world: World) -> None:
    climbed = climb(world)
    last = climbed[-1]
    if Answer.ACCEPT in last.answers.values():
        return
    assert [taken.standing.round for taken in climbed if isinstance(taken.step, Exhausted)] == list(
        range(ROUNDS)
    )
    for taken in climbed:
        if not isinstance(taken.step, Exhausted):
            continue
        places = {
            (index, person)
            for index, rung in enumerate(world.rungs)
            for person in world.roster.people(rung.who)
        }
        untried = {person for index, person in places - taken.standing.attempted}
        # Only who passed, or whose phone is taken at the very end, was not rung; administrators included.
        assert untried <= taken.standing.passed | set(taken.standing.engaged)


@given(worlds(unwilling))
def test_nobody_who_passed_is_rung_again(world: World) -> None:
    passed: set[int] = set()
    for taken, ring in rings(climb(world)):
        assert passed.isdisjoint(ring.people)
        passed |= {person for person, answer in taken.answers.items() if answer is Answer.PASS}


@given(worlds(unwilling))
def test_two_people_ring_together_only_where_the_rung_says_so(world: World) -> None:
    for _, ring in rings(climb(world)):
        rung = world.rungs[ring.rung]
        assert len(ring.people) == 1 or rung.at_once
        assert len(set(ring.people)) == len(ring.people) > 0
        assert set(ring.people) <= set(world.roster.people(rung.who))
        assert (ring.who, ring.by) == (rung.who, rung.by)
        assert (rung.who is Who.ADMINISTRATORS) == (ring.rung == len(world.rungs) - 1)


@given(worlds(unwilling))
def test_nobody_rings_twice_at_one_rung_of_a_round_or_on_a_taken_phone(world: World) -> None:
    rung_at: set[tuple[int, int, int]] = set()
    for taken, ring in rings(climb(world)):
        places = {(taken.standing.round, ring.rung, person) for person in ring.people}
        assert places.isdisjoint(rung_at)
        rung_at |= places
        assert set(taken.standing.engaged).isdisjoint(ring.people)


@given(worlds(any_answer))
def test_each_step_has_a_due_time(world: World) -> None:
    for taken in climb(world):
        assert taken.step.seconds > 0
        assert isinstance(taken.step.seconds, int)


@given(worlds(unwilling))
def test_rounds_start_ever_slower_up_to_the_limit(world: World) -> None:
    pauses = [taken.step.seconds for taken in climb(world) if isinstance(taken.step, Exhausted)]
    assert pauses == sorted(pauses)
    assert len(pauses) == ROUNDS
    assert pauses[-1] <= 60 * RETRY_MINUTES[-1]


@given(st.integers(0, 500), gravities)
def test_the_limit_holds_for_ever(completed_round: int, gravity: int) -> None:
    this, following = retry_seconds(completed_round, gravity), retry_seconds(completed_round + 1, gravity)
    assert 60 <= this <= following <= 60 * RETRY_MINUTES[-1]


FOREVER = World(
    rungs=read_rungs([{"who": "primary", "by": ["call"]}, {"who": "backup", "by": ["call"]}]),
    roster=Roster(primary=1, backups=(2, 3), administrators=(4,)),
    gravity=0,
    ring_seconds=20,
    answers=[Answer.SILENCE],
    engaged=[{1: 0}],
)


@given(worlds(unwilling))
@example(FOREVER)
@example(replace(FOREVER, engaged=[{1: 3, 2: 3, 3: 3, 4: 3}]))
@example(replace(FOREVER, engaged=[{1: 0, 2: 0}], gravity=3))
def test_a_taken_phone_is_waited_for_within_patience(world: World) -> None:
    waited, waits_of_round, rings_of_round = 0.0, 0.0, 0
    for taken in climb(world):
        assert taken.standing.waited == waited
        match taken.step:
            case WaitForPhone(person=person, seconds=seconds):
                assert person in taken.standing.engaged
                assert person not in taken.standing.passed
                assert taken.standing.engaged[person] >= 0, "nobody waits for the end of a talk"
                waited += seconds
                waits_of_round += seconds
                assert waited <= PATIENCE_SECONDS
            case Ring():
                waited, rings_of_round = 0.0, rings_of_round + 1
            case Exhausted():
                # Between two rings there is one wait at most, and a last one before giving up.
                assert waits_of_round <= PATIENCE_SECONDS * (rings_of_round + 1)
                waited, waits_of_round, rings_of_round = 0.0, 0.0, 0


@pytest.mark.parametrize("gravity", GRAVITIES)
def test_a_phone_that_stays_taken_costs_a_round_two_waits_at_most(gravity: int) -> None:
    climbed = climb(replace(FOREVER, gravity=gravity))
    for number in range(ROUNDS):
        waits = [
            taken
            for taken in climbed
            if taken.standing.round == number and isinstance(taken.step, WaitForPhone)
        ]
        assert sum(taken.step.seconds for taken in waits) <= 2 * PATIENCE_SECONDS


standings = st.builds(
    Standing,
    gravity=st.sampled_from(GRAVITIES[:-1]),
    round=st.integers(0, 8),
    attempted=st.frozensets(st.tuples(st.integers(0, 5), people), max_size=12),
    passed=st.frozensets(people, max_size=4),
    engaged=taken_phones,
    waited=st.sampled_from([0.0, 30.0, 59.9, 60.0, 90.0]),
)


# The phone that the milder one waits for rings for a case like it; the graver one waits for the next, which rings
# for a case as grave as itself.
@example(
    read_rungs([{"who": "fallback", "by": ["call"]}, {"who": "primary", "by": ["call"]}]),
    Roster(primary=5, fallback=(1,)),
    Standing(engaged={1: 0, 5: 1}),
    20,
)
@given(ladders, rosters, standings, ring_seconds)
def test_a_graver_case_never_waits_longer(
    rungs: tuple[Rung, ...], roster: Roster, standing: Standing, seconds: int
) -> None:
    graver = replace(standing, gravity=standing.gravity + 1)
    mild, grave = (
        next_step(rungs=rungs, roster=roster, standing=one, ring_seconds=seconds)
        for one in (standing, graver)
    )
    match mild:
        case Ring():
            assert grave == replace(mild, seconds=grave.seconds)
            assert grave.seconds <= mild.seconds
        case WaitForPhone():
            # It looks again as soon, if for another phone than the milder one, or a phone rings meanwhile: it never
            # gives up the round first.
            assert not isinstance(grave, Exhausted)
            assert isinstance(grave, Ring) or grave.seconds <= mild.seconds
        case Exhausted():
            assert isinstance(grave, Exhausted)
            assert grave.seconds <= mild.seconds


@given(ring_seconds, gravities)
def test_a_phone_rings_long_enough_for_a_hand(seconds: int, gravity: int) -> None:
    rings_for = ring_time(seconds, gravity)
    assert min(seconds, 12) <= rings_for <= seconds
    assert ring_time(seconds, min(gravity + 1, 3)) <= rings_for


def reached_at(world: World) -> list[float]:
    return [taken.at for taken, _ in rings(climb(world))]


@given(worlds(st.just(Answer.SILENCE)))
def test_a_graver_case_reaches_each_phone_no_later_when_all_are_free(world: World) -> None:
    quiet = replace(world, engaged=[{}], gravity=0)
    for gravity in GRAVITIES[1:]:
        sooner = reached_at(replace(quiet, gravity=gravity))
        assert all(early <= late for early, late in zip(sooner, reached_at(quiet), strict=True))
