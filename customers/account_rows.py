"""One row of `accounts.csv` as plain values. Pure: nothing is looked up."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from customers.models import AccountStatus
from people.contact_details import read_email, read_number
from people.csv_lines import Row
from people.errors import Refused
from people.plain_words import one_line
from people.regional import read_country, read_currency, read_language, read_time_zone
from people.suggestions import did_you_mean, one_of

COLUMNS = (
    "external_id",
    "name",
    "annual_value",
    "currency",
    "customer_since",
    "loyalty",
    "status",
    "influence",
    "country",
    "time_zone",
    "language",
    "owner_email",
    "contact_name",
    "contact_phone",
    "contact_email",
)
REQUIRED = ("external_id", "name")
_AMOUNT = re.compile(r"[0-9]{1,14}(\.[0-9]{1,2})?")
_EARLIEST = date(1800, 1, 1)

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True, slots=True)
class WantedContact:
    """The human at the account. None: the file says nothing about it."""

    name: str
    phone: str | None
    email: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What a row asks for. `fields` has only those fields of Account that the row speaks of."""

    number: int
    external_id: str
    fields: dict[str, object]
    owner_email: str | None = None
    contact: WantedContact | None = None


def read_account(row: Row, *, today: date) -> tuple[Wanted, list[Refused]]:
    """What the row wants and every mistake in it; with a mistake, only the external id is of use."""
    problems: list[Refused] = []

    def read(column: str, reader: Callable[[str], Value]) -> Value | None:
        raw = row.cells.get(column, "")
        if not raw and column not in REQUIRED:
            return None
        try:
            return reader(raw)
        except Refused as problem:
            problem.field = column
            problems.append(problem)
            return None

    readers: dict[str, Callable[[str], object]] = {
        "name": lambda raw: one_line(raw, field="name", most=200, required=True),
        "annual_value": read_amount,
        "currency": read_currency,
        "customer_since": lambda raw: read_since(raw, today=today),
        "loyalty": read_tenths,
        "status": read_status,
        "influence": read_tenths,
        "country": read_country,
        "time_zone": read_time_zone,
        "language": read_language,
    }
    external_id = read("external_id", lambda raw: one_line(raw, field="external_id", most=64, required=True))
    fields = {name: value for name, reader in readers.items() if (value := read(name, reader)) is not None}
    contact = WantedContact(
        name=read("contact_name", lambda raw: one_line(raw, field="contact_name", most=120)) or "",
        phone=read("contact_phone", read_number),
        email=read("contact_email", read_email),
    )
    if not row.cells.get("contact_name") and (contact.phone or contact.email):
        problems.append(Refused("A contact needs a name.", field="contact_name", code="required"))
    wanted = Wanted(
        number=row.number,
        external_id=external_id or row.cells.get("external_id", "")[:64],
        fields=fields,
        owner_email=read("owner_email", read_email),
        contact=contact if contact.name else None,
    )
    return wanted, problems


def read_amount(raw: str) -> Decimal:
    """A sum a year, with a point before the cents and nothing between the thousands. Raises Refused."""
    if not _AMOUNT.fullmatch(raw):
        raise Refused(
            f'"{raw[:40]}" is no amount. Write digits, with a point before cents and nothing between the'
            " thousands, such as 1200000 or 1200000.50.",
            field="annual_value",
            code="invalid",
        )
    return Decimal(raw).quantize(Decimal("0.01"))


def read_since(raw: str, *, today: date) -> date:
    """A day of the past as YYYY-MM-DD. Raises Refused."""
    try:
        day = date.fromisoformat(raw)
    except ValueError as error:
        raise Refused(
            f'"{raw[:40]}" is no date. Write year, month and day, such as 2015-03-01.',
            field="customer_since",
            code="invalid",
        ) from error
    if not _EARLIEST <= day <= today:
        raise Refused(
            f"{day.isoformat()} lies in the future or too far back.", field="customer_since", code="invalid"
        )
    return day


def read_tenths(raw: str) -> int:
    """A whole number from 0 to 10. Raises Refused."""
    if not (raw.isascii() and raw.isdecimal()) or len(raw) > 4 or int(raw) > 10:
        raise Refused(f'"{raw[:40]}" is no whole number from 0 to 10.', code="invalid")
    return int(raw)


def read_status(raw: str) -> AccountStatus:
    """Standard, key or strategic, in letters of any size. Raises Refused."""
    word = raw.lower()
    if word not in AccountStatus.values:
        guess = did_you_mean(word, AccountStatus.values)
        raise Refused(
            f'"{raw[:40]}" is no status. Write {one_of(AccountStatus.values)}.{guess}',
            field="status",
            code="unknown",
        )
    return AccountStatus(word)
