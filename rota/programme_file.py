"""A programme made or changed from its file: all of it or nothing, and every change is told."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from people.models import Person
from people.suggestions import did_you_mean
from rota.duty_times import retime_duties
from rota.errors import BadProgrammeFile, Mistake
from rota.listening_windows import set_windows
from rota.models import FallbackPlace, Membership, Programme
from rota.programme_changes import Change, compare
from rota.programme_rules import LARGEST_FILE, ProgrammeFile, read_content, read_programme

_KEYS_OF_DUTY_TIMES = {
    "time_zone",
    "duty.days",
    "duty.days_off",
    "duty.special_days",
    "duty.holidays",
    "duty.hours",
}


def apply_programme(
    *,
    text: str | None = None,
    path: Path | None = None,
    content: dict[str, Any] | None = None,
    dry_run: bool = False,
) -> list[Change]:
    """Creates or updates the one programme that a file, its text or its parsed content describes: all or nothing.

    Returns what changed: nothing for a file that is applied already. `dry_run` finds out and changes nothing.
    A change of days, hours, holidays or time zone moves the times of duties that have not ended; the days
    themselves stay put. Raises BadProgrammeFile with every mistake by its key path.
    """
    if content is not None:
        wanted = read_content(content)
    else:
        wanted = read_programme(text if text is not None else _read(path))
    now = datetime.now(UTC)
    with transaction.atomic():
        changes = _apply(wanted, now)
        if dry_run:
            transaction.set_rollback(True)
    return changes


def _read(path: Path | None) -> str:
    if path is None:
        raise BadProgrammeFile([Mistake("", "Neither a file nor its text was given.")])
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadProgrammeFile([Mistake("", f"{path} cannot be read: {error.strerror}.")]) from error
    if len(content) > LARGEST_FILE:
        raise BadProgrammeFile([Mistake("", f"{path} is larger than {LARGEST_FILE:,} bytes.")])
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadProgrammeFile(
            [Mistake("", f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.")]
        ) from error


def _apply(wanted: ProgrammeFile, now: datetime) -> list[Change]:
    programme = Programme.objects.select_for_update().filter(slug=wanted.slug).first()
    members, fallback = _look_up_people(wanted)
    _check_countries(wanted)
    fields = {**wanted.settings, "everybody": wanted.everybody}
    everybody_was = None
    if programme is None:
        programme = Programme.objects.create(slug=wanted.slug, **fields)
        changes = [Change("programme", "", f"{wanted.slug} created")]
    else:
        everybody_was = programme.everybody
        changes = compare(programme, fields)
        _save(programme, fields, changes)
        if _KEYS_OF_DUTY_TIMES & {change.key for change in changes}:
            moved = retime_duties(programme=programme, now=now)
            changes += [Change("duties", "", f"{moved} have new times")] if moved else []
    today = now.astimezone(programme.zone).date()
    changes += set_windows(programme=programme, windows=wanted.windows, today=today)
    if wanted.everybody:
        changes += _take_back(programme) if everybody_was is False else []
    else:
        if everybody_was:
            _write_down_everybody(programme)
        # The members with whom a programme begins have no first day: they are members on every date.
        changes += _seat_members(programme, members, today, today if everybody_was is not None else None)
    return changes + _seat_fallback(programme, fallback)


def _look_up_people(wanted: ProgrammeFile) -> tuple[list[Person], list[Person]]:
    """The members and the fallback list. Raises BadProgrammeFile that names everybody who cannot be one."""
    emails = {email.lower() for email in (*wanted.members, *wanted.fallback)}
    known = {person.email.lower(): person for person in Person.objects.active().filter(email__in=emails)}
    everyone = list(Person.objects.active().values_list("email", flat=True)) if emails - set(known) else []
    mistakes: list[Mistake] = []

    def find(key: str, listed: Sequence[str], *, executives: bool) -> list[Person]:
        found: list[Person] = []
        for index, email in enumerate(listed):
            person, place = known.get(email.lower()), f"{key}[{index}]"
            if person is None:
                guess = did_you_mean(email, everyone)
                mistakes.append(
                    Mistake(place, f'"{email}" is no active person here. Import them first.{guess}')
                )
            elif executives and not person.is_executive:
                mistakes.append(Mistake(place, f"{email} is no executive. Give them the role first."))
            elif person in found:
                mistakes.append(Mistake(place, f"{email} is there twice."))
            else:
                found.append(person)
        return found

    members = find("members", wanted.members, executives=True)
    fallback = find("ladder.fallback", wanted.fallback, executives=False)
    if mistakes:
        raise BadProgrammeFile(mistakes)
    return members, fallback


def _check_countries(wanted: ProgrammeFile) -> None:
    """An account must find one programme by its country."""
    taken = {
        country: other.slug
        for other in Programme.objects.exclude(slug=wanted.slug)
        for country in other.countries
    }
    mistakes = [
        Mistake(f"countries[{index}]", f"{country} belongs to {taken[country]}. Take it out there first.")
        for index, country in enumerate(wanted.settings["countries"])
        if country in taken
    ]
    if mistakes:
        raise BadProgrammeFile(mistakes)


def _save(programme: Programme, fields: dict[str, Any], changes: list[Change]) -> None:
    if changes:
        for name, value in fields.items():
            setattr(programme, name, value)
        programme.save()


def _take_back(programme: Programme) -> list[Change]:
    """From now on every executive is a member, those too who had left."""
    changes: list[Change] = []
    for row in programme.memberships.filter(left_on__isnull=False).select_related("person"):
        row.left_on = None
        row.save()
        changes.append(Change("members", "", f"{row.person.email} joins"))
    return changes


def _write_down_everybody(programme: Programme) -> None:
    """Who was a member without being named has a row now, so that months gone by still know of them."""
    unnamed = Person.objects.executives().exclude(pk__in=programme.memberships.values("person"))
    for person in unnamed.order_by("pk"):  # one by one, so that each is on record
        Membership.objects.create(programme=programme, person=person)


def _seat_members(
    programme: Programme, people: list[Person], today: date, joined_on: date | None
) -> list[Change]:
    """Members are exactly these from today on; who is out keeps the row, with the day on which they left."""
    rows = {row.person_id: row for row in programme.memberships.select_related("person")}
    changes: list[Change] = []
    for person in people:
        row = rows.pop(person.pk, None)
        if row is None:
            Membership.objects.create(programme=programme, person=person, joined_on=joined_on)
        elif row.left_on is not None and row.left_on <= today:
            # Nobody owes anything for the days between; the earlier part stays in the history.
            row.joined_on = today if row.left_on < today else row.joined_on
            row.left_on = None
            row.save()
        else:
            continue
        changes.append(Change("members", "", f"{person.email} joins"))
    for row in rows.values():
        if row.left_on is None or row.left_on > today:
            row.left_on = today
            # Somebody who was to join later never does.
            row.joined_on = min(row.joined_on, today) if row.joined_on else None
            row.save()
            changes.append(Change("members", "", f"{row.person.email} leaves"))
    return changes


def _seat_fallback(programme: Programme, people: list[Person]) -> list[Change]:
    places = list(programme.fallback_places.select_related("person"))
    before = [place.person for place in places]
    if before == people:
        return []
    programme.fallback_places.all().delete()
    for position, person in enumerate(people, start=1):  # one by one, so that each is on record
        FallbackPlace.objects.create(programme=programme, person=person, position=position)
    return [Change("ladder.fallback", _emails(before), _emails(people) or "nobody")]


def _emails(people: list[Person]) -> str:
    return ", ".join(person.email for person in people)
