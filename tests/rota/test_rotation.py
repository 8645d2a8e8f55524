"""The plain rotation: fair, rested, and honest about what it cannot do."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rota.rotation import PRIMARY, Rotation, rotate

START = date(2026, 12, 1)


def days(count: int, step: int = 1) -> list[date]:
    return [START + timedelta(days=n * step) for n in range(count)]


def plan(count: int, people: int, *, seats: int = 2, gap: int = 2, **more: object) -> Rotation:
    wanted = days(count)
    members = dict.fromkeys(wanted, range(1, people + 1))
    return rotate(days=wanted, members=members, seats=seats, min_gap_days=gap, **more)  # type: ignore[arg-type]


def test_everybody_serves_as_often() -> None:
    rotation = plan(24, 12)
    assert not rotation.unmet
    assert set(rotation.served.values()) == {4}
    primaries = [seat.person for seat in rotation.seats if seat.seat == PRIMARY]
    assert {primaries.count(person) for person in range(1, 13)} == {2}


def test_the_same_question_has_the_same_answer() -> None:
    assert plan(24, 7) == plan(24, 7)


def test_primary_days_lie_apart_even_across_published_ones() -> None:
    rotation = plan(3, 2, seats=1, gap=3, before={1: {START - timedelta(days=1): PRIMARY}})
    assert [(seat.day.day, seat.person) for seat in rotation.seats] == [(1, 2), (3, 1)]
    assert [(unmet.day.day, unmet.seat) for unmet in rotation.unmet] == [(2, 0)]
    assert "less than 3 days away" in rotation.unmet[0].why


def test_who_served_long_ago_comes_first() -> None:
    before = {
        1: {START - timedelta(days=5): 0},
        2: {START - timedelta(days=9): 0},
        3: {START - timedelta(days=7): 0},
    }
    rotation = plan(3, 3, seats=1, gap=1, before=before)
    assert [seat.person for seat in rotation.seats] == [2, 3, 1]


def test_too_few_members_are_told() -> None:
    rotation = plan(2, 1, gap=1)
    assert [(unmet.seat, unmet.why) for unmet in rotation.unmet] == [
        (1, "there are only 1 members for this day's seats")
    ] * 2
    nobody = rotate(days=days(1), members={START: []}, seats=1, min_gap_days=1)
    assert nobody.unmet[0].why == "nobody is a member on this day"


def test_nobody_serves_before_joining_or_after_leaving() -> None:
    wanted = days(10)
    members = {day: [1, 2, 3] if day < wanted[5] else [2, 3, 4] for day in wanted}
    rotation = rotate(days=wanted, members=members, seats=1, min_gap_days=1)
    assert all(seat.person in members[seat.day] for seat in rotation.seats)
    assert not rotation.unmet


@pytest.mark.parametrize("gap", [0, 1])
def test_no_gap_is_no_rule(gap: int) -> None:
    assert not plan(5, 1, seats=1, gap=gap).unmet


@given(
    count=st.integers(1, 40),
    people=st.integers(1, 15),
    seats=st.integers(1, 4),
    gap=st.integers(0, 8),
    step=st.integers(1, 7),
)
def test_any_rotation_keeps_the_rules(count: int, people: int, seats: int, gap: int, step: int) -> None:
    wanted = days(count, step)
    members = {day: list(range(people)) for day in wanted}
    rotation = rotate(days=wanted, members=members, seats=seats, min_gap_days=gap)
    filled = [(seat.day, seat.seat) for seat in rotation.seats]
    empty = [(unmet.day, unmet.seat) for unmet in rotation.unmet]
    assert sorted(filled + empty) == [(day, seat) for day in wanted for seat in range(seats)]
    for day in wanted:
        seated = [seat.person for seat in rotation.seats if seat.day == day]
        assert len(seated) == len(set(seated))
    for person in range(people):
        primary = [s.day for s in rotation.seats if s.person == person and s.seat == PRIMARY]
        assert all((later - earlier).days >= gap for earlier, later in pairwise(primary))
        assert rotation.served[person] == sum(1 for s in rotation.seats if s.person == person)


@given(count=st.integers(1, 60), people=st.integers(3, 15))
def test_with_enough_people_nobody_serves_two_more_than_another(count: int, people: int) -> None:
    served = plan(count, people, seats=1, gap=1).served.values()
    assert max(served) - min(served) <= 1
