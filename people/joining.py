"""Who comes, who leaves, and what they may do here. Only administrators decide it."""

from collections.abc import Collection

from django.contrib.auth.hashers import make_password
from django.db import transaction

from people.contact_details import read_email
from people.errors import Refused
from people.models import Person, Role
from people.plain_words import one_line
from people.profile import read_phone, save_as
from people.regional import read_country, read_language, read_time_zone
from people.signals import person_left
from people.suggestions import did_you_mean, one_of


def add_person(
    *,
    by: Person,
    email: str,
    name: str,
    roles: Collection[str] = (),
    phone: str = "",
    time_zone: str = "UTC",
    country: str = "",
    language: str = "en",
    assistant: Person | None = None,
) -> Person:
    """Makes somebody who can sign in by a code sent to their address. Raises Refused with the field.

    The number still has to be verified.
    """
    _check_administrator(by)
    address = read_email(email)
    with transaction.atomic():
        if Person.objects.filter(email__iexact=address).exists():
            raise Refused(f"{address} is here already.", field="email", code="taken")
        person = Person(
            email=address,
            password=make_password(None),
            name=one_line(name, field="name", most=120, required=True),
            phone=read_phone(phone, country=read_country(country)),
            time_zone=read_time_zone(time_zone),
            country=read_country(country),
            language=read_language(language),
            assistant=assistant,
        )
        _give_roles(person, roles)
        save_as(person, by)
    return person


def change_email(*, person: Person, email: str, by: Person) -> Person:
    """Gives another address to sign in with. Raises Refused."""
    _check_administrator(by)
    address = read_email(email)
    if Person.objects.filter(email__iexact=address).exclude(pk=person.pk).exists():
        raise Refused("Somebody else has this address.", field="email", code="taken")
    if address != person.email:
        person.email = address
        save_as(person, by, fields=["email"])
    return person


def change_roles(*, person: Person, roles: Collection[str], by: Person) -> Person:
    """Gives exactly these roles. The last administrator stays one. Raises Refused."""
    _check_administrator(by)
    with transaction.atomic():
        changed = _lock(person)
        was_administrator, before = changed.is_admin, changed.roles
        _give_roles(changed, roles)
        if was_administrator and not changed.is_admin:
            _check_another_administrator(changed)
        if changed.roles != before:
            save_as(changed, by)
    person.refresh_from_db()
    return person


def deactivate(*, person: Person, by: Person) -> Person:
    """Ends somebody's time here: no sign-in, no ring. What they did stays; `person_left` is sent.

    Their duties to come are gaps that `rota.gaps` shows until somebody else has them. Raises Refused for the
    last administrator and for oneself.
    """
    _check_administrator(by)
    if person.pk == by.pk:
        raise Refused("Nobody deactivates themselves. Ask another administrator.", code="not_allowed")
    with transaction.atomic():
        leaving = _lock(person)
        if leaving.is_active:
            if leaving.is_admin:
                _check_another_administrator(leaving)
            leaving.is_active = False
            save_as(leaving, by)
            person_left.send(sender=Person, person=leaving, by=by)
    person.refresh_from_db()
    return person


def reactivate(*, person: Person, by: Person) -> Person:
    """Takes somebody back with the roles that they had. Raises Refused where another has their number now."""
    _check_administrator(by)
    with transaction.atomic():
        returning = _lock(person)
        if not returning.is_active:
            read_phone(returning.phone, person=returning)
            returning.is_active = True
            save_as(returning, by)
    person.refresh_from_db()
    return person


def _check_administrator(by: Person) -> None:
    if not (by.is_admin and by.is_active):
        raise Refused("Only administrators decide who is here.", code="not_allowed")


def _lock(person: Person) -> Person:
    """The person, with every administrator locked: two of them cannot take the role from each other at once."""
    list(Person.objects.select_for_update().filter(is_admin=True).order_by("pk").values_list("pk", flat=True))
    return Person.objects.select_for_update().get(pk=person.pk)


def _check_another_administrator(person: Person) -> None:
    if not Person.objects.administrators().exclude(pk=person.pk).exists():
        raise Refused(
            f"{person.name} is the last administrator. Give somebody else the role first.",
            field="roles",
            code="last_administrator",
        )


def _give_roles(person: Person, roles: Collection[str]) -> None:
    for role in roles:
        if role not in Role.values:
            raise Refused(
                f'"{role[:40]}" is no role. Choose {one_of(Role.values)}.{did_you_mean(role, Role.values)}',
                field="roles",
                code="unknown",
            )
    person.is_executive = Role.EXECUTIVE in roles
    person.is_support = Role.SUPPORT in roles
    person.is_admin = Role.ADMIN in roles
