"""One account at a time, as an administrator changes it: what an import does for a whole file."""

import re
from collections.abc import Mapping
from datetime import date

from django.db import IntegrityError, transaction

from customers.account_rows import WantedContact, read_account
from customers.models import Account, Contact
from people.csv_lines import Row
from people.errors import Refused
from people.models import Person

_SPACES = re.compile(r"\s+")


def save_account(*, by: Person, account: Account | None, given: Mapping[str, str], today: date) -> Account:
    """Add an account (`account` is None) or change one, with its default contact.

    `given` has the columns of `accounts.csv` as they were typed; an empty one clears what may be empty and
    leaves the rest. Raises Refused for the first thing that is wrong, naming the column.
    """
    row = Row(number=1, cells={column: _SPACES.sub(" ", value).strip() for column, value in given.items()})
    wanted, problems = read_account(row, today=today)
    if problems:
        raise problems[0]
    with transaction.atomic():
        if account is None:
            if Account.objects.filter(external_id=wanted.external_id).exists():
                raise Refused("This number is another account's.", field="external_id", code="taken")
            kept = Account(external_id=wanted.external_id)
        else:
            kept = Account.objects.select_for_update().get(pk=account.pk)
        for name, value in wanted.fields.items():
            setattr(kept, name, value)
        if not given.get("customer_since", "").strip():
            kept.customer_since = None
        kept.owner = _owner(wanted.owner_email)
        kept._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - where simple_history looks for it
        try:
            kept.save()
        except IntegrityError:
            raise Refused("This number is another account's.", field="external_id", code="taken") from None
        _save_contact(kept, wanted.contact, by)
        return kept


def _owner(email: str | None) -> Person | None:
    if not email:
        return None
    owner = Person.objects.active().filter(email=email).first()
    if owner is None:
        raise Refused("Nobody here has this address.", field="owner_email", code="unknown")
    return owner


def _save_contact(account: Account, wanted: WantedContact | None, by: Person) -> None:
    """The default contact is what the form says; an emptied one goes, any other contact stays."""
    known = account.contacts.filter(is_default=True).first()
    if wanted is None:
        if known is not None:
            known.delete()
        return
    contact = known or Contact(account=account, is_default=True)
    contact.name = wanted.name
    contact.phone = wanted.phone or ""
    contact.email = wanted.email or ""
    contact._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001
    contact.save()
