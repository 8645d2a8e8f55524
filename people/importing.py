"""People from a CSV file: idempotent by e-mail address, all of the file or nothing of it.

An empty cell says nothing: what is known stays, and a new person has the default (no role, UTC, en).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO

from django.contrib.auth.hashers import make_password

from people.bulk_rows import BATCH, add_rows, update_rows
from people.csv_lines import BadFile, Row, batches, read_rows
from people.errors import Refused
from people.import_report import Line, Outcome, Report, import_all_or_nothing, refused
from people.models import Person, Role
from people.people_rows import COLUMNS, REQUIRED, Wanted, read_person

WORD_OF_ADMINISTRATOR = "an administrator's word, by import"
_REASON = "import of people"
_FIELDS = (
    "name",
    "is_executive",
    "is_support",
    "is_admin",
    "phone",
    "phone_verified_at",
    "phone_verified_how",
    "time_zone",
    "country",
    "language",
    "assistant",
)
_COLUMN_OF = {
    "is_executive": "roles",
    "is_support": "roles",
    "is_admin": "roles",
    "phone_verified_at": "phone_verified",
    "phone_verified_how": "phone_verified",
    "assistant": "assistant_email",
}
_ROLE_FIELDS = {Role.EXECUTIVE: "is_executive", Role.SUPPORT: "is_support", Role.ADMIN: "is_admin"}


def import_people(*, stream: BinaryIO, dry_run: bool = False, by: Person | None = None) -> Report:
    """Adds and changes people as a `people.csv` says; the report has every line of it.

    `dry_run` reports what would happen. A file with a refused line changes nothing. `by` is whose word stands
    for `phone_verified`, and who is on record for the changes.
    """
    return import_all_or_nothing(lambda write: _Import(by=by, write=write).run(stream), dry_run=dry_run)


def _values(person: Person) -> dict[str, object]:
    """The fields that an import may change; the assistant by id, so that nobody is loaded for it."""
    return {name: getattr(person, "assistant_id" if name == "assistant" else name) for name in _FIELDS}


def _columns(fields: Sequence[str]) -> str:
    """The columns of these fields, each once."""
    return ", ".join(dict.fromkeys(_COLUMN_OF.get(name, name) for name in fields))


@dataclass
class _Known:
    """What the database says about the people of one batch."""

    people: dict[str, Person]
    holders: dict[str, str]
    assistants: dict[str, int]


@dataclass
class _Import:
    """One reading of a file. What it remembers across batches is a few words for each line."""

    by: Person | None
    write: bool
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    lines: list[Line] = field(default_factory=list)
    emails: dict[str, int] = field(default_factory=dict)
    phones: dict[str, int] = field(default_factory=dict)
    # Assistants who were not known yet when their line was read: (line, person's e-mail, assistant's).
    later: list[tuple[int, str, str]] = field(default_factory=list)
    administrators_lost: dict[int, tuple[int, str]] = field(default_factory=dict)
    administrators_won: int = 0

    def run(self, stream: BinaryIO) -> list[Line]:
        try:
            for batch in batches(read_rows(stream, columns=COLUMNS, required=REQUIRED), BATCH):
                self._take(batch)
        except BadFile as problem:
            self.lines.append(Line(problem.line, Outcome.REFUSED, column=problem.field, why=str(problem)))
            return self.lines
        self._seat_later_assistants()
        self._keep_an_administrator()
        self.lines.sort(key=lambda line: line.number)
        return self.lines

    def _take(self, batch: list[Row]) -> None:
        read: list[Wanted] = []
        for row in batch:
            wanted, problems = read_person(row)
            for problem in problems:
                self._refuse(row.number, wanted.email, problem)
            if not problems and not self._repeated(wanted):
                read.append(wanted)
        known = self._look_up(read)
        added: list[Person] = []
        changed: list[Person] = []
        for wanted in read:
            try:
                self._apply(wanted, known, added, changed)
            except Refused as problem:
                self._refuse(wanted.number, wanted.email, problem)
        if self.write and not refused(self.lines):
            add_rows(added, Person, by=self.by, reason=_REASON)
            update_rows(changed, Person, fields=_FIELDS, by=self.by, reason=_REASON)

    def _refuse(self, number: int, key: str, problem: Refused) -> None:
        self.lines.append(Line(number, Outcome.REFUSED, key=key, column=problem.field, why=str(problem)))

    def _repeated(self, wanted: Wanted) -> bool:
        """Notes the address and the number of this line, and refuses one that an earlier line has."""
        for column, value, seen in (
            ("email", wanted.email, self.emails),
            ("phone", wanted.phone, self.phones),
        ):
            if value is None:
                continue
            first = seen.setdefault(value, wanted.number)
            if first != wanted.number:
                problem = Refused(f"{value} is on line {first} already.", field=column, code="repeated")
                self._refuse(wanted.number, wanted.email, problem)
                return True
        return False

    def _look_up(self, batch: list[Wanted]) -> _Known:
        """Three queries for a batch, whatever its size."""
        phones = [wanted.phone for wanted in batch if wanted.phone]
        named = {wanted.assistant_email for wanted in batch if wanted.assistant_email}
        return _Known(
            people={
                person.email.lower(): person
                for person in Person.objects.filter(email__in=[wanted.email for wanted in batch])
            },
            holders=dict(Person.objects.active().filter(phone__in=phones).values_list("phone", "email")),
            assistants=dict(Person.objects.active().filter(email__in=named).values_list("email", "pk")),
        )

    def _apply(self, wanted: Wanted, known: _Known, added: list[Person], changed: list[Person]) -> None:
        person = known.people.get(wanted.email)
        if person is not None and not person.is_active:
            raise Refused(
                "This person has left. Take them back on their page first.", field="email", code="inactive"
            )
        holder = known.holders.get(wanted.phone or "", wanted.email)
        if holder.lower() != wanted.email:
            raise Refused(f"This is the number of {holder} already.", field="phone", code="taken")
        target = person or Person(email=wanted.email, password=make_password(None), created_at=self.now)
        before = _values(target)
        self._set_fields(target, wanted, known)
        after = _values(target)
        differing = [name for name in _FIELDS if after[name] != before[name]]
        if wanted.assistant_email and wanted.assistant_email not in known.assistants:
            self.later.append((wanted.number, wanted.email, wanted.assistant_email))
            differing.append("assistant")
        if person is None:
            added.append(target)
            self._note(wanted, Outcome.ADDED)
        elif differing:
            changed.append(target)
            self._note(wanted, Outcome.CHANGED, _columns(differing))
        else:
            self._note(wanted, Outcome.UNCHANGED)
        self._count_administrator(wanted, target, was=person is not None and bool(before["is_admin"]))

    def _set_fields(self, person: Person, wanted: Wanted, known: _Known) -> None:
        for name in ("name", "time_zone", "country", "language"):
            if (value := getattr(wanted, name)) is not None:
                setattr(person, name, value)
        if wanted.roles is not None:
            for role, name in _ROLE_FIELDS.items():
                setattr(person, name, role in wanted.roles)
        if wanted.phone is not None and wanted.phone != person.phone:
            person.phone, person.phone_verified_at, person.phone_verified_how = wanted.phone, None, ""
        if wanted.phone_verified and person.phone_verified_at is None:
            if not person.phone:
                raise Refused("There is no number to vouch for.", field="phone_verified", code="required")
            person.phone_verified_at, person.phone_verified_how = self.now, WORD_OF_ADMINISTRATOR
        if wanted.assistant_email in known.assistants:
            person.assistant_id = known.assistants[wanted.assistant_email]

    def _note(self, wanted: Wanted, outcome: Outcome, why: str = "") -> None:
        self.lines.append(Line(wanted.number, outcome, key=wanted.email, why=why))

    def _count_administrator(self, wanted: Wanted, person: Person, *, was: bool) -> None:
        if person.is_admin and not was:
            self.administrators_won += 1
        elif was and not person.is_admin:
            self.administrators_lost[person.pk] = (wanted.number, wanted.email)

    def _keep_an_administrator(self) -> None:
        if not self.administrators_lost or self.administrators_won:
            return
        # When writing, these have lost the role already; leaving them out counts alike both times.
        if Person.objects.administrators().exclude(pk__in=self.administrators_lost).exists():
            return
        number, email = list(self.administrators_lost.values())[-1]
        problem = Refused(
            "Nobody would be left to administer. Give somebody else the role first.",
            field="roles",
            code="last_administrator",
        )
        self._refuse(number, email, problem)

    def _seat_later_assistants(self) -> None:
        """Assistants who come later in the same file than the people whom they assist."""
        for batch in batches(self.later, BATCH):
            pairs = {email: assistant for _, email, assistant in batch}
            addresses = [*pairs, *pairs.values()]
            people = {person.email: person for person in Person.objects.filter(email__in=addresses)}
            for number, email, assistant in batch:
                if assistant in people and not people[assistant].is_active:
                    problem = Refused(f"{assistant} has left.", field="assistant_email", code="inactive")
                    self._refuse(number, email, problem)
                elif assistant not in people and assistant not in self.emails:
                    problem = Refused(
                        f"{assistant} is nobody here, nor in this file.",
                        field="assistant_email",
                        code="unknown",
                    )
                    self._refuse(number, email, problem)
            if self.write and not refused(self.lines):
                for email, assistant in pairs.items():
                    people[email].assistant = people[assistant]
                assisted = [people[email] for email in pairs]
                update_rows(assisted, Person, fields=["assistant"], by=self.by, reason=_REASON)
