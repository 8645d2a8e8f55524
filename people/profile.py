"""What a person, or an administrator for them, changes about themselves."""

import re
from collections.abc import Collection

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction

from people.contact_details import read_number
from people.errors import Refused
from people.models import Person, RemindersBy
from people.plain_words import one_line
from people.regional import read_country, read_language, read_time_zone

_PIN = re.compile(r"[0-9]{4,8}")
_RUNS = ("0123456789", "9876543210")


def update_profile(
    *,
    person: Person,
    by: Person,
    name: str | None = None,
    phone: str | None = None,
    time_zone: str | None = None,
    country: str | None = None,
    language: str | None = None,
    pin: str | None = None,
    reminders_by: str | None = None,
) -> Person:
    """Changes what is given; None leaves as it is, and an empty `phone` or `pin` takes it away.

    Another number has to be verified again. Raises Refused with the field; then nothing was changed.
    """
    if by.pk != person.pk and not by.is_admin:
        raise Refused("Only the person and administrators change a profile.", code="not_allowed")
    with transaction.atomic():
        changed = Person.objects.select_for_update().get(pk=person.pk)
        before = _kept(changed)
        if name is not None:
            changed.name = one_line(name, field="name", most=120, required=True)
        if country is not None:
            changed.country = read_country(country)
        if phone is not None:  # after the country, whose numbers may be written as at home
            _give_phone(changed, phone)
        if time_zone is not None:
            changed.time_zone = read_time_zone(time_zone)
        if language is not None:
            changed.language = read_language(language)
        if reminders_by is not None:
            changed.reminders_by = _read_wish(reminders_by)
        if pin is not None:
            changed.pin_hash = make_password(read_pin(pin)) if pin.strip() else ""
        if _kept(changed) != before:
            save_as(changed, by)
    person.refresh_from_db()
    return person


def set_assistant(*, person: Person, assistant: Person | None, by: Person) -> Person:
    """Gives the person an assistant, or none. Raises Refused."""
    if by.pk != person.pk and not by.is_admin:
        raise Refused("Only the person and administrators choose an assistant.", code="not_allowed")
    if assistant is not None and assistant.pk == person.pk:
        raise Refused("Nobody assists themselves.", field="assistant_email", code="invalid")
    if assistant is not None and not assistant.is_active:
        raise Refused(f"{assistant.name} has left.", field="assistant_email", code="inactive")
    if person.assistant_id != (assistant.pk if assistant else None):
        person.assistant = assistant
        save_as(person, by, fields=["assistant"])
    return person


def set_pin(*, person: Person, pin: str) -> Person:
    """The PIN that a programme may ask for before a case is taken by phone; "" for none. Raises Refused."""
    return update_profile(person=person, by=person, pin=pin)


def read_phone(raw: str, *, person: Person | None = None, country: str = "") -> str:
    """A number in E.164 that no other active person has, or "" for none. Raises Refused.

    A number of the `country` may be written as it is dialled there. The refusal does not say whose number it
    is: that would tell anybody who tries numbers who works here.
    """
    if not raw.strip():
        return ""
    number = read_number(raw, country=country)
    others = Person.objects.active().filter(phone=number)
    if person is not None and person.pk is not None:
        others = others.exclude(pk=person.pk)
    if others.exists():
        raise Refused(
            "This number cannot be used here. Ask an administrator if it is yours.",
            field="phone",
            code="taken",
        )
    return number


def read_pin(raw: str) -> str:
    """Four to eight digits that are not the first that anybody tries. Raises Refused."""
    pin = raw.strip()
    if not _PIN.fullmatch(pin):
        raise Refused("A PIN has four to eight digits.", field="pin", code="invalid")
    if len(set(pin)) == 1 or any(pin in run for run in _RUNS):
        raise Refused("This PIN is too easy to guess. Mix the digits.", field="pin", code="too_easy")
    return pin


def is_pin(person: Person, typed: str) -> bool:
    """Whether the digits are the person's PIN. Somebody without a PIN has none that fits."""
    return bool(person.pin_hash) and check_password(typed, person.pin_hash)


def save_as(person: Person, by: Person, *, fields: Collection[str] | None = None) -> None:
    """Saves, with who did it on record. The constraints decide between two who save at the same instant."""
    person._history_user = by  # noqa: SLF001 - where django-simple-history looks for it
    try:
        with transaction.atomic():
            person.save(update_fields=fields)
    except IntegrityError as error:
        raise Refused(
            "This number or address cannot be used here. Ask an administrator if it is yours.",
            field="phone",
            code="taken",
        ) from error


def _kept(person: Person) -> list[object]:
    """Every value of the row, to see whether anything changed: a record of nothing is no record."""
    return [getattr(person, field.attname) for field in Person._meta.concrete_fields]  # noqa: SLF001


def _read_wish(raw: str) -> str:
    if raw not in RemindersBy.values:
        raise Refused('Choose "mail" or "text".', field="reminders_by", code="invalid")
    return raw


def _give_phone(person: Person, raw: str) -> None:
    number = read_phone(raw, person=person, country=person.country)
    if number != person.phone:
        person.phone, person.phone_verified_at, person.phone_verified_how = number, None, ""
