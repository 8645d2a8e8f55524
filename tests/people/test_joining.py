"""Who comes and who leaves: by administrators only, and never the last of them."""

from collections.abc import Iterator

import pytest

from people.errors import Refused
from people.joining import add_person, change_email, change_roles, deactivate, reactivate
from people.models import Person
from people.signals import person_left
from tests.conftest import make_person


@pytest.fixture
def left() -> Iterator[list[tuple[str, bool]]]:
    """Who left, and whether they were active any more when it was told."""
    told: list[tuple[str, bool]] = []

    def note(sender: object, person: Person, by: Person, **extra: object) -> None:
        told.append((person.name, Person.objects.get(pk=person.pk).is_active))

    person_left.connect(note)
    yield told
    person_left.disconnect(note)


def test_somebody_new_signs_in_without_a_password(dora: Person) -> None:
    gil = add_person(
        by=dora, email=" Gil@Example.com ", name="Gil Santos", roles=["executive"], phone="+15550100009"
    )
    assert (gil.email, gil.roles, gil.phone) == ("gil@example.com", ["executive"], "+15550100009")
    assert not gil.has_usable_password()
    assert not gil.can_be_rung
    assert gil.history.first().history_user == dora


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"email": "ANA@example.com"}, "email"),
        ({"email": "gil"}, "email"),
        ({"name": " "}, "name"),
        ({"roles": ["boss"]}, "roles"),
        ({"phone": "+15550100001"}, "phone"),
        ({"time_zone": "Mars"}, "time_zone"),
    ],
)
def test_bad_particulars_name_their_field(
    dora: Person, ana: Person, given: dict[str, object], field: str
) -> None:
    everything: dict[str, object] = {"email": "gil@example.com", "name": "Gil", "roles": ["support"]}
    with pytest.raises(Refused) as refusal:
        add_person(by=dora, **(everything | given))  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert not Person.objects.filter(name="Gil").exists()


def test_only_administrators_decide(ana: Person, cleo: Person) -> None:
    for attempt in (
        lambda: add_person(by=ana, email="x@example.com", name="X"),
        lambda: change_roles(person=ana, roles=["admin"], by=ana),
        lambda: change_email(person=cleo, email="x@example.com", by=ana),
        lambda: deactivate(person=cleo, by=ana),
        lambda: reactivate(person=cleo, by=ana),
    ):
        with pytest.raises(Refused) as refusal:
            attempt()
        assert refusal.value.code == "not_allowed"


def test_roles_are_exactly_those_given(ana: Person, dora: Person) -> None:
    change_roles(person=ana, roles=["support", "admin"], by=dora)
    assert ana.roles == ["support", "admin"]
    on_record = ana.history.count()
    change_roles(person=ana, roles=["admin", "support"], by=dora)
    assert ana.history.count() == on_record, "what is as it was is no change"


def test_the_last_administrator_stays_one(dora: Person, ana: Person) -> None:
    with pytest.raises(Refused, match="last administrator"):
        change_roles(person=dora, roles=[], by=dora)
    change_roles(person=ana, roles=["admin"], by=dora)
    change_roles(person=dora, roles=["support"], by=ana)
    assert dora.roles == ["support"]


def test_who_leaves_is_told_to_the_rooms_above(
    dora: Person, ana: Person, left: list[tuple[str, bool]]
) -> None:
    deactivate(person=ana, by=dora)
    assert not ana.is_active
    assert not ana.can_be_rung
    assert left == [("Ana Ruiz", False)]
    deactivate(person=ana, by=dora)
    assert len(left) == 1


def test_a_room_above_may_refuse_the_leaving(dora: Person, ana: Person) -> None:
    def refuse(sender: object, **extra: object) -> None:
        raise Refused("Somebody must take the cases first.")

    person_left.connect(refuse)
    try:
        with pytest.raises(Refused, match="cases first"):
            deactivate(person=ana, by=dora)
    finally:
        person_left.disconnect(refuse)
    ana.refresh_from_db()
    assert ana.is_active


def test_nobody_leaves_by_their_own_hand_nor_the_last_administrator(dora: Person) -> None:
    with pytest.raises(Refused, match="themselves"):
        deactivate(person=dora, by=dora)


def test_two_administrators_do_not_send_each_other_away(dora: Person) -> None:
    dan = make_person("dan@example.com", "Dan", is_admin=True)
    deactivate(person=Person.objects.get(pk=dan.pk), by=dora)
    # Dan's request began before he was sent away, and still holds him as an administrator.
    with pytest.raises(Refused, match="last administrator"):
        deactivate(person=dora, by=dan)


def test_one_who_comes_back_keeps_the_roles_but_not_a_number_that_was_given_away(
    dora: Person, ana: Person
) -> None:
    deactivate(person=ana, by=dora)
    reactivate(person=ana, by=dora)
    assert ana.is_active
    assert ana.roles == ["executive"]
    deactivate(person=ana, by=dora)
    make_person("new@example.com", "New", phone=ana.phone)
    with pytest.raises(Refused) as refusal:
        reactivate(person=ana, by=dora)
    assert refusal.value.field == "phone"


def test_another_address_to_sign_in_with(dora: Person, ana: Person, ben: Person) -> None:
    change_email(person=ana, email="Ana.Ruiz@Example.com", by=dora)
    assert ana.email == "ana.ruiz@example.com"
    with pytest.raises(Refused, match="Somebody else"):
        change_email(person=ana, email="BEN@example.com", by=dora)
