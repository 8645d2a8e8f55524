"""One row of `people.csv` as plain values. Pure: nobody is looked up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from people.contact_details import read_email, read_number
from people.csv_lines import Row
from people.errors import Refused
from people.models import Role
from people.plain_words import one_line
from people.regional import read_country, read_language, read_time_zone
from people.suggestions import did_you_mean, one_of

COLUMNS = (
    "email",
    "name",
    "roles",
    "phone",
    "phone_verified",
    "time_zone",
    "country",
    "language",
    "assistant_email",
)
REQUIRED = ("email", "name")
_YES = frozenset({"yes", "true", "1"})
_NO = frozenset({"no", "false", "0"})

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a row asks for. None: its cell is empty or missing, so it says nothing."""

    number: int
    email: str
    name: str
    roles: frozenset[Role] | None = None
    phone: str | None = None
    phone_verified: bool = False
    time_zone: str | None = None
    country: str | None = None
    language: str | None = None
    assistant_email: str | None = None


def read_person(row: Row) -> tuple[Wanted, list[Refused]]:
    """What the row wants and every mistake in it; with a mistake, only the e-mail address is of use."""
    problems: list[Refused] = []

    def read(column: str, reader: Callable[[str], Value]) -> Value | None:
        raw = row.cells.get(column, "")
        if not raw:
            return None
        try:
            return reader(raw)
        except Refused as problem:
            problem.field = column
            problems.append(problem)
            return None

    email = read("email", read_email)
    name = read("name", lambda raw: one_line(raw, field="name", most=120, required=True))
    for column, value in (("email", email), ("name", name)):
        if value is None and not row.cells.get(column):
            problems.append(Refused("This is needed.", field=column, code="required"))
    wanted = Wanted(
        number=row.number,
        email=email or row.cells.get("email", "")[:254],
        name=name or "",
        roles=read("roles", read_roles),
        phone=read("phone", read_number),
        phone_verified=read("phone_verified", _yes_or_no) or False,
        time_zone=read("time_zone", read_time_zone),
        country=read("country", read_country),
        language=read("language", read_language),
        assistant_email=read("assistant_email", read_email),
    )
    if wanted.assistant_email and wanted.assistant_email == wanted.email:
        problems.append(Refused("Nobody assists themselves.", field="assistant_email", code="invalid"))
    return wanted, problems


def read_roles(raw: str) -> frozenset[Role]:
    """Roles joined by semicolons. Raises Refused for a word that is none."""
    roles: set[Role] = set()
    for word in raw.replace(",", ";").split(";"):
        name = word.strip().lower()
        if not name:
            continue
        if name not in Role.values:
            guess = ' Did you mean "admin"?' if name.startswith("admin") else did_you_mean(name, Role.values)
            raise Refused(
                f'"{word.strip()[:40]}" is no role. Write {one_of(Role.values)}, joined by ";".{guess}',
                field="roles",
                code="unknown",
            )
        roles.add(Role(name))
    return frozenset(roles)


def _yes_or_no(raw: str) -> bool:
    word = raw.lower()
    if word not in _YES | _NO:
        raise Refused(f'"{raw[:40]}" is neither "yes" nor "no".', code="invalid")
    return word in _YES
