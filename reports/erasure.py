"""One customer contact is erased on request: everywhere in the database and the files, and no figure changes.

Every text of every table is looked through, so that a table that comes later is not forgotten. Rows stay, with what
happened and when; only the words go. A number and an address name one person alone and go everywhere. A name goes
everywhere, too, unless another contact, or somebody of ours, bears it: then it goes from what belongs to the account.
What is sealed (closed months), the ledger of listening and its evidence hold no words about customers and are left
alone, and so are our own people, and the account's own name.

A contact of a case that is open still is needed and cannot be erased yet.
"""

import email
import email.policy
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import phonenumbers
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from customers.models import Account, Contact
from escalations.models import Escalation
from people.models import Person
from people.plain_words import one_line
from reports.errors import NotAllowed, NotNow
from reports.models import Erasure

ERASED = "[erased]"
_SALT = "reports.erasure"
_LEFT_ALONE = frozenset(
    {
        "people.Person",
        "people.HistoricalPerson",
        "customers.Account",
        "customers.HistoricalAccount",
        "reports.ClosedMonth",
        "reports.ClosedRow",
        "reports.Correction",
        "listening.Credit",
        "listening.Evidence",
        "auth.Permission",
        "contenttypes.ContentType",
    }
)
_TEXTS = (models.CharField, models.TextField, models.JSONField)


@dataclass(frozen=True)
class Erased:
    """What would go, or went: rows by table, and files."""

    places: dict[str, int] = field(default_factory=dict)
    files: int = 0

    @property
    def rows(self) -> int:
        return sum(self.places.values())


@dataclass(frozen=True)
class _Words:
    """What is looked for. `everywhere` goes wherever it stands, `at_account` in rows about the account only."""

    everywhere: tuple[str, ...]
    at_account: tuple[str, ...]
    account: int


def look(contact: Contact) -> Erased:
    """A dry run: what an erasure would change. Nothing is."""
    words = _words_of(contact)
    places = Counter({table: len(rows) for table, rows in _found(words)})
    places["customers.Contact"] += 1
    return Erased(dict(sorted(places.items())), sum(1 for _ in _files(words)))


def erase(*, contact: Contact, by: Person, reason: str) -> Erasure:
    """The contact goes, and every word of theirs. Raises NotAllowed, NotNow, Refused for a missing reason."""
    if not (by.is_admin and by.is_active):
        raise NotAllowed("Only administrators erase a contact.", code="not_allowed")
    why = one_line(reason, field="reason", most=300, required=True)
    words = _words_of(contact)
    if _open_cases(contact).exists():
        raise NotNow("A case of this contact is open: it needs them. End it first.", code="open_case")
    _overwrite()
    with transaction.atomic():
        account, places = contact.account, Counter[str]()
        proofs = [proof(word) for word in (contact.name, contact.phone, contact.email) if word]
        contact.delete()
        places["customers.Contact"] += 1
        for table, rows in list(_found(words)):
            for model, pk, changes in rows:
                model._default_manager.filter(pk=pk).update(**changes)  # noqa: SLF001 - Django's public name
            places[table] += len(rows)
        row = Erasure.objects.create(
            account=account,
            by=by,
            at=timezone.now(),
            reason=_clean(why, words.everywhere + words.at_account),
            proofs=proofs,
            places=dict(sorted(places.items())),
        )
    for path in list(_files(words)):
        path.unlink(missing_ok=True)
        row.files += 1
    row.save(update_fields=["files"])
    transaction.on_commit(_empty_log)
    return row


def was_erased(word: str) -> bool:
    """Whether a contact of this name, number or address was erased."""
    wanted = proof(word)
    return any(wanted in proofs for proofs in Erasure.objects.values_list("proofs", flat=True))


def proof(word: str) -> str:
    """The keyed hash by which an erased word is known again."""
    return salted_hmac(_SALT, word.strip().casefold(), algorithm="sha256").hexdigest()


# --- What is looked for ------------------------------------------------------------------------------------------


def _words_of(contact: Contact) -> _Words:
    unique = [contact.email, *_numbers(contact.phone)]
    name = contact.name.strip()
    others = Contact.objects.exclude(pk=contact.pk).filter(name__iexact=name).exists()
    shared = others or Person.objects.filter(name__iexact=name).exists() or len(name.split()) < 2
    return _Words(
        everywhere=tuple(word for word in (*unique, *(() if shared else (name,))) if word),
        at_account=(name,) if shared and name else (),
        account=contact.account_id,
    )


def _numbers(phone: str) -> Iterator[str]:
    """A number as it may be written: +15550190001, 5550190001, (555) 019-0001, +1 555 019 0001, 555.019.0001."""
    if not phone:
        return
    yield phone
    try:
        parsed = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return
    for style in (
        phonenumbers.PhoneNumberFormat.INTERNATIONAL,
        phonenumbers.PhoneNumberFormat.NATIONAL,
    ):
        written = phonenumbers.format_number(parsed, style)
        yield written
        for between in (" ", "-", ".", "/"):
            yield between.join(re.findall(r"\d+", written))
    yield str(parsed.national_number)


def _open_cases(contact: Contact) -> models.QuerySet[Escalation]:
    who = Q(contact_name__iexact=contact.name)
    if contact.phone:
        who |= Q(contact_phone=contact.phone)
    if contact.email:
        who |= Q(contact_email__iexact=contact.email)
    return Escalation.objects.open().filter(who, account=contact.account_id)


# --- In the database -----------------------------------------------------------------------------------------


_Change = tuple[type[models.Model], Any, dict[str, Any]]


def _found(words: _Words) -> Iterator[tuple[str, list[_Change]]]:
    """The rows of each table that hold one of the words, and their texts without it."""
    for model in apps.get_models():
        label = model._meta.label  # noqa: SLF001 - Django's public name
        texts = [one for one in model._meta.concrete_fields if isinstance(one, _TEXTS)]  # noqa: SLF001
        if label in _LEFT_ALONE or not texts or model is Contact:
            continue
        rows = dict(_of_table(model, texts, words.everywhere, Q()))
        about = _about_account(model, words.account) if words.at_account else None
        if about is not None:
            for pk, changes in _of_table(model, texts, words.at_account + words.everywhere, about):
                rows[pk] = rows.get(pk, {}) | changes
        if rows:
            yield label, [(model, pk, changes) for pk, changes in rows.items()]


def _of_table(
    model: type[models.Model], texts: Sequence[Any], words: Sequence[str], where: Q
) -> Iterator[tuple[Any, dict[str, Any]]]:
    holds = Q()
    for one in texts:
        for word in words:
            holds |= Q(**{f"{one.name}__icontains": word})
    if not words:
        return
    names = [one.name for one in texts]
    for pk, *values in model._default_manager.filter(holds & where).values_list("pk", *names):  # noqa: SLF001
        changes = {}
        for one, value in zip(texts, values, strict=True):
            cleaned = _cleaned(one, value, words)
            if cleaned != value:
                changes[one.name] = cleaned
        if changes:
            yield pk, changes


def _about_account(model: type[models.Model], account: int) -> Q | None:
    """The rows of a table that belong to the account, by the shortest way there; None where none leads there."""
    for path in ("account", "escalation__account", "learning__account", "session__ride_along__account"):
        if _leads(model, path.split("__")):
            return Q(**{path: account})
    return None


def _leads(model: type[models.Model], path: list[str]) -> bool:
    for name in path:
        columns = {one.name: one for one in model._meta.get_fields()}  # noqa: SLF001 - Django's public name
        related = getattr(columns.get(name), "related_model", None)
        if related is None or isinstance(related, str):
            return False
        model = related
    return model is Account


def _cleaned(column: Any, value: Any, words: Sequence[str]) -> Any:
    if isinstance(column, models.JSONField):
        text = json.dumps(value, ensure_ascii=False)
        cleaned = _clean(text, words)
        return value if cleaned == text else json.loads(cleaned)
    if not isinstance(value, str):
        return value
    if any(value.strip().casefold() == word.casefold() for word in words):
        # A number or an address alone: the column takes nothing else, but nothing.
        name_like = any(part in column.name for part in ("name", "title", "summary"))
        return (
            ERASED
            if name_like and (column.max_length or 99) >= len(ERASED)
            else ""
            if column.blank
            else ERASED
        )
    cleaned = _clean(value, words)
    return cleaned[: column.max_length] if column.max_length else cleaned


def _clean(text: str, words: Sequence[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        text = re.sub(re.escape(word), ERASED, text, flags=re.IGNORECASE)
    return text


def _overwrite() -> None:
    """On SQLite what is deleted stays in the file unless it is told to write zeros there (PRAGMA secure_delete)."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete=ON")


def _empty_log() -> None:
    """SQLite's log beside the database holds the pages as they were, until it is carried over and cut."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# --- In the files ----------------------------------------------------------------------------------------------


def _files(words: _Words) -> Iterator[Path]:
    """Mails that were written as files (EMAIL_URL file:…) and hold one of the words, in whatever encoding."""
    folder = getattr(settings, "EMAIL_FILE_PATH", "")
    if not folder or not Path(folder).is_dir():
        return
    wanted = [word.casefold() for word in words.everywhere]
    for path in sorted(Path(folder).glob("*.eml")):
        text = _text_of(path).casefold()
        if any(word in text for word in wanted):
            yield path


def _text_of(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    parts = [str(value) for value in message.values()]
    for part in message.walk():
        if part.get_content_maintype() == "text":
            read: Callable[[], str] = part.get_content
            parts.append(read())
    return "\n".join(parts)
