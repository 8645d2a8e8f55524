"""What people change about themselves, and how they are found by their number."""

import pytest

from people.errors import Refused
from people.finding import by_phone
from people.models import Person
from people.profile import is_pin, set_assistant, set_pin, update_profile


def test_what_is_given_changes_and_the_rest_stays(ana: Person) -> None:
    update_profile(person=ana, by=ana, name="  Ana   Ruiz-Bell ", time_zone="Europe/Madrid", language="ES_mx")
    ana.refresh_from_db()
    assert (ana.name, ana.time_zone, ana.language) == ("Ana Ruiz-Bell", "Europe/Madrid", "es-MX")
    assert ana.can_be_rung
    assert ana.history.first().history_user == ana


def test_nothing_new_leaves_no_record(ana: Person) -> None:
    before = ana.history.count()
    update_profile(person=ana, by=ana, name="Ana Ruiz", phone=ana.phone)
    assert ana.history.count() == before


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"name": ""}, "name", "needed"),
        ({"name": "x" * 121}, "name", "at most 120"),
        ({"name": "A\x00na"}, "name", "control"),
        ({"time_zone": "Madrid"}, "time_zone", 'Did you mean "Europe/Madrid"?'),
        ({"time_zone": "America/NewYork"}, "time_zone", 'Did you mean "America/New_York"?'),
        ({"time_zone": "localtime"}, "time_zone", "no IANA time zone"),
        ({"time_zone": ""}, "time_zone", "needed"),
        ({"country": "UK"}, "country", "no ISO 3166"),
        ({"language": "xx"}, "language", "no language tag"),
        ({"language": "en-XX"}, "language", "no language tag"),
        ({"phone": "12"}, "phone", ""),
        ({"phone": "+15550100002"}, "phone", "cannot be used here"),
        ({"pin": "123"}, "pin", "four to eight"),
        ({"pin": "12a4"}, "pin", "four to eight"),
        ({"pin": "١٢٣٤"}, "pin", "four to eight"),
        ({"pin": "1234"}, "pin", "too easy"),
        ({"pin": "77777"}, "pin", "too easy"),
        ({"pin": "8765"}, "pin", "too easy"),
    ],
)
def test_what_is_refused_names_its_field_and_changes_nothing(
    ana: Person, ben: Person, given: dict[str, str], field: str, words: str
) -> None:
    with pytest.raises(Refused) as refusal:
        update_profile(person=ana, by=ana, **({"name": "Other"} | given))
    assert refusal.value.field == field
    assert words in str(refusal.value)
    assert "Ben" not in str(refusal.value)
    ana.refresh_from_db()
    assert ana.name == "Ana Ruiz"


def test_joiners_of_indian_and_persian_names_are_kept(ana: Person) -> None:
    update_profile(person=ana, by=ana, name="شاه\u200cرخ \u202eevil")
    ana.refresh_from_db()
    assert ana.name == "شاه\u200cرخ evil"


def test_another_number_has_to_be_verified_again(ana: Person) -> None:
    update_profile(person=ana, by=ana, phone="+1 (555) 010-0055")
    ana.refresh_from_db()
    assert ana.phone == "+15550100055"
    assert not ana.can_be_rung
    assert ana.phone_verified_how == ""


def test_a_number_may_be_written_as_at_home_and_taken_away(ana: Person) -> None:
    update_profile(person=ana, by=ana, country="GB", phone="020 7946 0018")
    assert ana.phone == "+442079460018"
    update_profile(person=ana, by=ana, phone="")
    assert ana.phone == ""


def test_the_number_of_one_who_has_left_is_free(ana: Person, ben: Person) -> None:
    Person.objects.filter(pk=ben.pk).update(is_active=False)
    update_profile(person=ana, by=ana, phone=ben.phone)
    assert ana.phone == ben.phone


def test_only_oneself_and_administrators_change_a_profile(ana: Person, ben: Person, dora: Person) -> None:
    with pytest.raises(Refused) as refusal:
        update_profile(person=ana, by=ben, name="X")
    assert refusal.value.code == "not_allowed"
    update_profile(person=ana, by=dora, name="X")
    assert ana.history.first().history_user == dora


def test_a_pin_is_kept_as_a_hash_and_can_be_taken_away(ana: Person) -> None:
    set_pin(person=ana, pin="4711")
    assert "4711" not in ana.pin_hash
    assert is_pin(ana, "4711")
    assert not is_pin(ana, "4712")
    set_pin(person=ana, pin="")
    assert not is_pin(ana, "")


def test_an_assistant_is_somebody_else_who_is_here(ana: Person, ben: Person, eve: Person) -> None:
    set_assistant(person=ana, assistant=eve, by=ana)
    assert list(eve.assists.all()) == [ana]
    with pytest.raises(Refused, match="Nobody assists themselves"):
        set_assistant(person=ana, assistant=ana, by=ana)
    with pytest.raises(Refused, match="Only the person"):
        set_assistant(person=ana, assistant=ben, by=ben)
    eve.is_active = False
    eve.save()
    with pytest.raises(Refused, match="has left"):
        set_assistant(person=ben, assistant=eve, by=ben)
    set_assistant(person=ana, assistant=None, by=ana)
    assert not eve.assists.exists()


def test_somebody_is_found_by_the_number_they_have_proved(ana: Person, ben: Person) -> None:
    assert by_phone("+1 555 010 0001") == ana
    assert by_phone("+15550109999") is None
    assert by_phone("anonymous") is None
    assert by_phone("") is None
    Person.objects.filter(pk=ben.pk).update(phone_verified_at=None)
    assert by_phone(ben.phone) is None
    Person.objects.filter(pk=ana.pk).update(is_active=False)
    assert by_phone(ana.phone) is None
