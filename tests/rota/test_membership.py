"""Who belongs to a programme, from when to when, and with what share."""

from datetime import UTC, date, datetime, timedelta

import pytest

from people.errors import Refused
from people.models import Person
from rota.membership import duties_outside, is_member, members_on, programmes_of, set_membership
from rota.models import Membership, Programme
from tests.conftest import make_person


@pytest.fixture
def today() -> date:
    return datetime.now(UTC).date()


def test_somebody_joins_and_leaves_by_date_with_a_share(
    programme: Programme, ana: Person, dora: Person, today: date
) -> None:
    finn = make_person("finn@example.com", "Finn Berg", is_executive=True)
    joins, leaves = today + timedelta(days=5), today + timedelta(days=50)
    row = set_membership(programme=programme, person=finn, joined_on=joins, left_on=leaves, share=60, by=dora)
    assert not is_member(programme, finn, joins - timedelta(days=1))
    assert is_member(programme, finn, joins)
    assert is_member(programme, finn, leaves - timedelta(days=1))
    assert not is_member(programme, finn, leaves)
    set_membership(programme=programme, person=finn, joined_on=joins, share=80, by=dora)
    row.refresh_from_db()
    assert (row.left_on, row.share) == (None, 80)
    assert [one.history_user for one in row.history.all()] == [dora, dora]


def test_saying_the_same_again_leaves_no_record(programme: Programme, ana: Person, dora: Person) -> None:
    row = set_membership(programme=programme, person=ana, share=60, by=dora)
    before = row.history.count()
    set_membership(programme=programme, person=ana, share=60, by=dora)
    assert row.history.count() == before


def test_everybody_but_who_left_or_comes_later(
    programme: Programme, ana: Person, ben: Person, dora: Person, today: date
) -> None:
    programme.everybody = True
    programme.save()
    finn = make_person("finn@example.com", "Finn Berg", is_executive=True)
    set_membership(programme=programme, person=ana, left_on=today, by=dora)
    set_membership(programme=programme, person=ben, joined_on=today + timedelta(days=1), by=dora)
    assert list(members_on(programme, today)) == [finn]
    assert list(members_on(programme, today + timedelta(days=1))) == [ben, finn]
    assert is_member(programme, ana, today - timedelta(days=1))


def test_duties_outside_are_found(programme: Programme, ana: Person, ben: Person, dora: Person) -> None:
    first, second = (duty.day for duty in ana.duties.order_by("day"))
    row = set_membership(programme=programme, person=ana, left_on=second, by=dora)
    assert [duty.day for duty in duties_outside(row)] == [second]
    row = set_membership(programme=programme, person=ana, joined_on=second, by=dora)
    assert [duty.day for duty in duties_outside(row)] == [first]
    row = set_membership(programme=programme, person=ana, by=dora)
    assert duties_outside(row) == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"share": 0}, "share"),
        ({"share": 101}, "share"),
        ({"joined_on": date(1990, 1, 1)}, "joined_on"),
        ({"left_on": date(2190, 1, 1)}, "left_on"),
        ({"joined_on": date(2026, 3, 2), "left_on": date(2026, 3, 1)}, "left_on"),
    ],
)
def test_what_is_refused(programme: Programme, ana: Person, dora: Person, given, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        set_membership(**({"programme": programme, "person": ana, "by": dora} | given))
    assert refusal.value.field == field


def test_only_administrators_and_only_executives(
    programme: Programme, ana: Person, cleo: Person, dora: Person
) -> None:
    with pytest.raises(Refused, match="Only administrators"):
        set_membership(programme=programme, person=ana, by=ana)
    with pytest.raises(Refused, match="no executive"):
        set_membership(programme=programme, person=cleo, by=dora)
    assert not Membership.objects.filter(person=cleo).exists()


def test_the_programmes_of_somebody(programme: Programme, ana: Person, cleo: Person, today: date) -> None:
    assert programmes_of(ana, today, today) == [programme]
    assert programmes_of(cleo, today, today) == []
    Membership.objects.filter(person=ana).update(left_on=today)
    assert programmes_of(ana, today, today + timedelta(days=9)) == []
    assert programmes_of(ana, today - timedelta(days=9), today) == [programme]
    Membership.objects.filter(person=ana).delete()
    programme.everybody = True
    programme.save()
    assert programmes_of(ana, today, today) == [programme]
