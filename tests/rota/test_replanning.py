"""The least disruption from the programme's rows, compared with every other way of seating the published days."""

import random
from datetime import date, timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import Person
from rota.drafting import draft_rota
from rota.models import Duty, Programme
from rota.publishing import publish
from rota.replanning import Replanned, least_disruption
from tests.rota.offices import away, make_office, members_of, serve

MONDAY = date(2027, 3, 1)
WHOLE_WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

pytestmark = pytest.mark.django_db


def replan(programme: Programme, *gone: tuple[Person, date], days: int = 5) -> Replanned:
    last = MONDAY + timedelta(days=days - 1)
    return least_disruption(programme=programme, first=MONDAY, last=last, without=gone)


def fewest_moves(programme: Programme, gone: set[tuple[int, date]]) -> int | None:
    """By trying every way of seating the published days anew: the fewest duties whose officer is another."""
    duties = list(Duty.objects.published().filter(programme=programme).order_by("day", "seat"))
    members = members_of(programme)
    absent = {
        (one.pk, absence.first_day + timedelta(days=step))
        for one in members
        for absence in one.absences.all()
        for step in range((absence.last_day - absence.first_day).days + 1)
    }
    best: int | None = None
    for seating in product([one.pk for one in members], repeat=len(duties)):
        seated = list(zip(duties, seating, strict=True))
        moves = sum(duty.person_id != to for duty, to in seated)
        if best is not None and moves >= best:
            continue
        places = [(duty.day, to) for duty, to in seated]
        if len(set(places)) < len(places):
            continue
        if any((to, duty.day) in gone or (to, duty.day) in absent for duty, to in seated):
            continue
        primary = [(duty.day, to) for duty, to in seated if duty.seat == 0]
        near = any(
            who == other and 0 < (then - day).days < programme.min_gap_days
            for day, who in primary
            for then, other in primary
        )
        if not near:
            best = moves
    return best


@pytest.mark.parametrize("seed", range(12))
def test_no_more_duties_move_than_must(seed: int) -> None:
    chance = random.Random(seed)
    office = make_office(
        4, min_gap_days=chance.choice([1, 2, 3]), seats_backup=chance.choice([0, 1]), duty_days=WHOLE_WEEK
    )
    days = 3 if office.seats_backup else 5
    last = MONDAY + timedelta(days=days - 1)
    rota = draft_rota(programme=office, first=MONDAY, last=last, seed=seed).rota
    assert rota is not None
    publish(rota=rota)
    for person in chance.sample(members_of(office), k=2):
        free = {MONDAY + timedelta(days=step) for step in range(days)}
        free -= set(Duty.objects.filter(person=person).values_list("day", flat=True))
        if free:
            day = chance.choice(sorted(free))
            away(person, day, day)
    duty = chance.choice(list(Duty.objects.published()))

    found = replan(office, (duty.person, duty.day), days=days)

    fewest = fewest_moves(office, {(duty.person_id, duty.day)})
    assert (len(found.moves) or None) == fewest
    assert bool(found.why_not) == (fewest is None)
    for move in found.moves:
        assert move.to != move.duty.person
        assert move.to.name in move.why


def test_a_chain_is_found_where_nobody_alone_could(dora: Person) -> None:
    office = make_office(3, min_gap_days=3, seats_backup=0, duty_days=WHOLE_WEEK)
    ana, ben, carl = members_of(office)
    first, third = MONDAY, MONDAY + timedelta(days=2)
    serve(office, first, ana)
    serve(office, third, ben)
    away(carl, first, first)

    found = replan(office, (ana, first))

    assert [(move.duty.day, move.to) for move in found.moves] == [(first, ben), (third, carl)]
    assert found.moves[0].why == (
        "Exec 1 is primary on 1 March 2027: free that day; with it 1 of a fair share of 0.75 in this rota."
    )


def test_what_is_wrong_elsewhere_is_not_mended_by_the_way() -> None:
    office = make_office(4, min_gap_days=3, duty_days=WHOLE_WEEK)
    ana, ben, carl, dora = members_of(office)
    serve(office, MONDAY, ana, ben)
    serve(office, MONDAY + timedelta(days=1), ana, ben)  # against the gap, by an administrator's word
    serve(office, MONDAY + timedelta(days=2), carl, dora)
    away(carl, MONDAY + timedelta(days=2), MONDAY + timedelta(days=2))  # nobody has found cover yet
    serve(office, MONDAY + timedelta(days=3), dora)  # and nobody is backup

    found = replan(office, (ben, MONDAY))

    (move,) = found.moves
    assert (move.duty.day, move.duty.seat) == (MONDAY, 1)
    assert move.to in (carl, dora)


def test_why_nothing_would_do_is_told_by_name_and_date() -> None:
    office = make_office(2, duty_days=WHOLE_WEEK)
    ana, ben = members_of(office)
    serve(office, MONDAY, ana, ben)
    found = replan(office, (ana, MONDAY))
    assert found.moves == ()
    assert "1 March 2027" in found.why_not
    assert "Exec 1" in found.why_not


def test_nobody_gets_a_duty_whose_phone_would_stay_silent() -> None:
    office = make_office(3, seats_backup=0, duty_days=WHOLE_WEEK)
    ana, ben, carl = members_of(office)
    Person.objects.filter(pk=ben.pk).update(phone_verified_at=None)
    serve(office, MONDAY, ana)
    assert [move.to for move in replan(office, (ana, MONDAY)).moves] == [carl]


def test_the_number_of_queries_does_not_grow() -> None:
    counts = []
    for people, days in ((4, 5), (9, 60)):
        office = make_office(people, slug=f"office{people}", duty_days=WHOLE_WEEK)
        rota = draft_rota(programme=office, first=MONDAY, last=MONDAY + timedelta(days=days - 1)).rota
        assert rota is not None
        publish(rota=rota)
        duty = rota.duties.select_related("person")[0]
        with CaptureQueriesContext(connection) as seen:
            assert len(replan(office, (duty.person, duty.day), days=days).moves) == 1
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 16
