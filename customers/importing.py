"""Accounts from a CSV file: idempotent by external id, all of the file or nothing of it.

An empty cell says nothing: what is known stays; a new account has defaults (value 0, standard, UTC, en).
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import BinaryIO

from customers.account_rows import COLUMNS, REQUIRED, Wanted, WantedContact, read_account
from customers.models import Account, Contact
from customers.rates import has_rate
from people.bulk_rows import BATCH, add_rows, update_rows
from people.csv_lines import BadFile, Row, batches, read_rows
from people.errors import Refused
from people.import_report import Line, Outcome, Report, import_all_or_nothing, refused
from people.models import Person

_REASON = "import of accounts"
_FIELDS = (
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
    "owner",
)
_CONTACT_FIELDS = ("name", "phone", "email", "is_default")


def import_accounts(*, stream: BinaryIO, dry_run: bool = False, by: Person | None = None) -> Report:
    """Adds and changes accounts as an `accounts.csv` says; the report has every line of it.

    The contact of a line becomes the account's default one; other contacts stay. `dry_run` reports what would
    happen. A file with a refused line changes nothing. `by` is who is on record for the changes.
    """
    return import_all_or_nothing(lambda write: _Import(by=by, write=write).run(stream), dry_run=dry_run)


@dataclass
class _Known:
    """What the database says about the accounts of one batch."""

    accounts: dict[str, Account]
    owners: dict[str, int]


@dataclass
class _Writes:
    """What one batch adds and changes."""

    added: list[Account] = field(default_factory=list)
    changed: list[Account] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    contacts_added: list[Contact] = field(default_factory=list)


@dataclass
class _Import:
    """One reading of a file. What it remembers across batches is a few words for each line."""

    by: Person | None
    write: bool
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    lines: list[Line] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)

    def run(self, stream: BinaryIO) -> list[Line]:
        try:
            for batch in batches(read_rows(stream, columns=COLUMNS, required=REQUIRED), BATCH):
                self._take(batch)
        except BadFile as problem:
            self.lines.append(Line(problem.line, Outcome.REFUSED, column=problem.field, why=str(problem)))
        self.lines.sort(key=lambda line: line.number)
        return self.lines

    def _take(self, batch: list[Row]) -> None:
        read: list[Wanted] = []
        for row in batch:
            wanted, problems = read_account(row, today=self.today)
            problems = problems or self._repeated(wanted)
            for problem in problems:
                self._refuse(wanted, problem)
            if not problems:
                read.append(wanted)
        known = self._look_up(read)
        writes = _Writes()
        for wanted in read:
            try:
                self._apply(wanted, known, writes)
            except Refused as problem:
                self._refuse(wanted, problem)
        if self.write and not refused(self.lines):
            self._save(writes)

    def _refuse(self, wanted: Wanted, problem: Refused) -> None:
        self.lines.append(
            Line(
                wanted.number,
                Outcome.REFUSED,
                key=wanted.external_id,
                column=problem.field,
                why=str(problem),
            )
        )

    def _repeated(self, wanted: Wanted) -> list[Refused]:
        first = self.ids.setdefault(wanted.external_id, wanted.number)
        if first == wanted.number:
            return []
        words = f"{wanted.external_id} is on line {first} already."
        return [Refused(words, field="external_id", code="repeated")]

    def _look_up(self, batch: list[Wanted]) -> _Known:
        """Three queries for a batch, whatever its size."""
        ids = [wanted.external_id for wanted in batch]
        emails = {wanted.owner_email for wanted in batch if wanted.owner_email}
        accounts = Account.objects.filter(external_id__in=ids).prefetch_related("contacts")
        return _Known(
            accounts={account.external_id: account for account in accounts},
            owners=dict(Person.objects.active().filter(email__in=emails).values_list("email", "pk")),
        )

    def _apply(self, wanted: Wanted, known: _Known, writes: _Writes) -> None:
        if wanted.owner_email and wanted.owner_email not in known.owners:
            raise Refused(
                f"{wanted.owner_email} is no active person here. Import people first.",
                field="owner_email",
                code="unknown",
            )
        account = known.accounts.get(wanted.external_id)
        target = account or Account(external_id=wanted.external_id)
        before = _values(target)
        for name, value in wanted.fields.items():
            setattr(target, name, value)
        if wanted.owner_email:
            target.owner_id = known.owners[wanted.owner_email]
        after = _values(target)
        differing = [name for name in _FIELDS if after[name] != before[name]]
        if account is None:
            writes.added.append(target)
        elif differing:
            writes.changed.append(target)
        contact_changed = wanted.contact is not None and _seat_contact(
            target, wanted.contact, list(account.contacts.all()) if account else [], writes
        )
        self._note(wanted, target, is_new=account is None, differing=differing, contact=contact_changed)

    def _note(
        self, wanted: Wanted, account: Account, *, is_new: bool, differing: list[str], contact: bool
    ) -> None:
        columns = ["owner_email" if name == "owner" else name for name in differing]
        columns += ["contact"] if contact else []
        outcome = Outcome.ADDED if is_new else Outcome.CHANGED if columns else Outcome.UNCHANGED
        why = ", ".join(columns) if outcome is Outcome.CHANGED else ""
        if account.annual_value and not has_rate(account.currency):
            warning = f"there is no reference rate for {account.currency}: the value counts 0 elsewhere"
            why = f"{why}; {warning}" if why else warning
        self.lines.append(Line(wanted.number, outcome, key=wanted.external_id, why=why))

    def _save(self, writes: _Writes) -> None:
        add_rows(writes.added, Account, by=self.by, reason=_REASON)
        update_rows(writes.changed, Account, fields=_FIELDS, by=self.by, reason=_REASON)
        # Defaults are taken away before they are given: an account never has two.
        for is_default in (False, True):
            contacts = [contact for contact in writes.contacts if contact.is_default is is_default]
            update_rows(contacts, Contact, fields=_CONTACT_FIELDS, by=self.by, reason=_REASON)
        for contact in writes.contacts_added:
            contact.account_id = contact.account.pk
        add_rows(writes.contacts_added, Contact, by=self.by, reason=_REASON)


def _values(account: Account) -> dict[str, object]:
    """The fields that an import may change; the owner by id, so that nobody is loaded for it."""
    return {name: getattr(account, "owner_id" if name == "owner" else name) for name in _FIELDS}


def _seat_contact(account: Account, wanted: WantedContact, contacts: list[Contact], writes: _Writes) -> bool:
    """Makes the wanted contact the account's default; True where that changes anything.

    It is the same human if the address, the number or the name is the same, in this order.
    """
    same = (
        _first(contacts, "email", wanted.email)
        or _first(contacts, "phone", wanted.phone)
        or _first(contacts, "name", wanted.name)
    )
    if same is None:
        writes.contacts_added.append(
            Contact(
                account=account,
                name=wanted.name,
                phone=wanted.phone or "",
                email=wanted.email or "",
                is_default=True,
            )
        )
    elif not _update_contact(same, wanted):
        return False
    else:
        writes.contacts.append(same)
    for other in contacts:
        if other is not same and other.is_default:
            other.is_default = False
            writes.contacts.append(other)
    return True


def _update_contact(contact: Contact, wanted: WantedContact) -> bool:
    before = (contact.name, contact.phone, contact.email, contact.is_default)
    contact.name = wanted.name
    contact.phone = contact.phone if wanted.phone is None else wanted.phone
    contact.email = contact.email if wanted.email is None else wanted.email
    contact.is_default = True
    return before != (contact.name, contact.phone, contact.email, contact.is_default)


def _first(contacts: list[Contact], name: str, value: str | None) -> Contact | None:
    return next((contact for contact in contacts if value and getattr(contact, name) == value), None)
