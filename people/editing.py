"""One person at a time, as an administrator or the person changes it: what an import does for a whole file."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from people.errors import Refused
from people.models import Person, Role
from people.people_rows import read_email
from people.plain_words import one_line
from people.regional import read_country, read_language, read_time_zone
from telephony.numbers import BadNumber, parse_number

WORD_OF_ADMINISTRATOR = "the word of {name}"
_PIN = re.compile(r"\d{4,8}")
_EASY_PINS = frozenset({"1234", "4321", "12345", "123456", "1234567", "12345678", "654321"})


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """What a form says about somebody, as it was typed. An empty `phone` or `assistant_email` means none."""

    name: str
    phone: str
    time_zone: str
    language: str
    country: str = ""
    assistant_email: str = ""


def add_person(*, by: Person, email: str, roles: Collection[str], given: Particulars) -> Person:
    """Somebody new, without a password: they sign in by a code or set one by mail. Raises Refused."""
    with transaction.atomic():
        address = read_email(email)
        if Person.objects.filter(email=address).exists():
            raise Refused("Somebody with this address is here already.", field="email", code="taken")
        person = Person(email=address, password=make_password(None))
        _set_roles(person, roles)
        return _save(person, given, by=by)


def change_person(
    *, person: Person, by: Person, email: str, roles: Collection[str], given: Particulars
) -> Person:
    """Everything about somebody, by an administrator. Raises Refused."""
    with transaction.atomic():
        kept = Person.objects.select_for_update().get(pk=person.pk)
        address = read_email(email)
        if Person.objects.filter(email=address).exclude(pk=kept.pk).exists():
            raise Refused("Somebody else has this address.", field="email", code="taken")
        was_admin = kept.is_admin
        kept.email = address
        _set_roles(kept, roles)
        if was_admin and not kept.is_admin:
            _keep_an_administrator(kept, field="roles")
        return _save(kept, given, by=by)


def change_own(*, person: Person, given: Particulars) -> Person:
    """What everybody may change about themselves: not the address, nor the roles. Raises Refused."""
    with transaction.atomic():
        return _save(Person.objects.select_for_update().get(pk=person.pk), given, by=person)


def vouch_for_phone(*, person: Person, by: Person) -> Person:
    """An administrator's word that the number is this person's, without a code. Raises Refused."""
    with transaction.atomic():
        kept = Person.objects.select_for_update().get(pk=person.pk)
        if not kept.phone:
            raise Refused("There is no number to vouch for.", field="phone", code="required")
        if kept.phone_verified_at is None:
            kept.phone_verified_at = datetime.now(UTC)
            kept.phone_verified_how = WORD_OF_ADMINISTRATOR.format(name=by.name)[:120]
            _write(kept, by=by)
        return kept


def deactivate(*, person: Person, by: Person) -> Person:
    """Somebody has left: no sign-in, no ring, and their number is free. Raises Refused.

    What they did stays on record. Duties and cases that they hold are for others to be given.
    """
    with transaction.atomic():
        kept = Person.objects.select_for_update().get(pk=person.pk)
        if kept.pk == by.pk:
            raise Refused("Nobody closes their own account: ask another administrator.", code="own_account")
        if kept.is_admin:
            _keep_an_administrator(kept, field="")
        kept.is_active = False
        _write(kept, by=by)
        return kept


def reactivate(*, person: Person, by: Person) -> Person:
    """Somebody is back. Raises Refused where their number is another's by now."""
    with transaction.atomic():
        kept = Person.objects.select_for_update().get(pk=person.pk)
        _refuse_taken_number(kept)
        kept.is_active = True
        _write(kept, by=by)
        return kept


def set_pin(*, person: Person, pin: str) -> None:
    """The PIN that a programme may ask for before a case is taken by phone; "" for none. Raises Refused."""
    digits = pin.strip()
    if digits and not _PIN.fullmatch(digits):
        raise Refused("A PIN is 4 to 8 digits.", field="pin", code="invalid")
    if digits and (len(set(digits)) == 1 or digits in _EASY_PINS):
        raise Refused("This PIN is the first that anybody tries. Choose another.", field="pin", code="easy")
    person.pin_hash = make_password(digits) if digits else ""
    _write(person, by=person, fields=["pin_hash"])


def _set_roles(person: Person, roles: Collection[str]) -> None:
    person.is_executive = Role.EXECUTIVE in roles
    person.is_support = Role.SUPPORT in roles
    person.is_admin = Role.ADMIN in roles


def _save(person: Person, given: Particulars, *, by: Person) -> Person:
    person.name = one_line(given.name, field="name", most=120, required=True)
    person.time_zone = read_time_zone(given.time_zone)
    person.language = read_language(given.language)
    person.country = read_country(given.country)
    number = _number(given.phone, person.country)
    if number != person.phone:
        person.phone, person.phone_verified_at, person.phone_verified_how = number, None, ""
    person.assistant = _assistant(given.assistant_email, person)
    _refuse_taken_number(person)
    _write(person, by=by)
    return person


def _number(raw: str, country: str) -> str:
    if not raw.strip():
        return ""
    try:
        return parse_number(raw, region=country or None)
    except BadNumber as bad:
        raise Refused(str(bad), field="phone", code="bad_number") from None


def _assistant(email: str, person: Person) -> Person | None:
    if not email.strip():
        return None
    try:
        address = read_email(email)
    except Refused as refused:
        raise Refused(str(refused), field="assistant_email", code=refused.code) from None
    found = Person.objects.active().filter(email=address).first()
    if found is None:
        raise Refused("Nobody here has this address.", field="assistant_email", code="unknown")
    if found.pk == person.pk:
        raise Refused("Nobody assists themselves.", field="assistant_email", code="invalid")
    return found


def _refuse_taken_number(person: Person) -> None:
    if not person.phone:
        return
    holder = Person.objects.active().filter(phone=person.phone).exclude(pk=person.pk).exists()
    if holder:
        # Not whose: numbers are private.
        raise Refused("Somebody else has this number already.", field="phone", code="taken")


def _keep_an_administrator(person: Person, *, field: str) -> None:
    if not Person.objects.administrators().exclude(pk=person.pk).exists():
        raise Refused(
            "Nobody would be left to administer. Give somebody else the role first.",
            field=field,
            code="last_administrator",
        )


def _write(person: Person, *, by: Person, fields: Collection[str] | None = None) -> None:
    """Save, with who did it on record. The number's own constraint decides between two at the same instant."""
    person._history_user = by  # noqa: SLF001 - where simple_history looks for it
    try:
        with transaction.atomic():
            person.save(update_fields=fields)
    except IntegrityError:
        raise Refused(
            "Somebody else has this number or address already.", field="phone", code="taken"
        ) from None
