"""What was changed, by whom, when, before and after: every row that django-simple-history keeps, in one list, and with
them the corrections of what only grows: the ledger of listening, and closed months.

Newest first. The histories are one table a kind; a page asks each for its newest and merges them, so that what it
costs depends on the number of kinds and not on that of the rows. The export goes through one kind after the other and
keeps no more than one row of each thing in mind.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from simple_history.models import registered_models

from listening.models import Credit
from people.models import Person
from reports.models import Correction

MOST_PAGES = 50
_HIDDEN = frozenset({"password", "pin_hash", "token_hash"})
_EARLIER = Q(history_date__lt=OuterRef("history_date")) | Q(
    history_date=OuterRef("history_date"), history_id__lt=OuterRef("history_id")
)


@dataclass(frozen=True)
class Change:
    """One field before and after, in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One change on record. `who` is "" where the product itself did it."""

    at: datetime
    kind: str
    thing: str
    who: str
    did: str
    why: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for: a kind by its name, by whom, from an instant on and before another."""

    kind: str = ""
    by: Person | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class Ledger:
    """What only grows: whoever corrects it adds a row, with a reason. `at` and `by` are that row's fields."""

    rows: Callable[[], QuerySet[Any]]
    at: str
    by: str
    entry: Callable[[str, Any], Entry]


def _credit_corrections() -> QuerySet[Credit]:
    """Each with what was credited of its kind in its month before it."""
    same = {name: OuterRef(name) for name in ("person", "programme", "month", "kind")}
    earlier = Credit.objects.filter(**same, pk__lt=OuterRef("pk")).order_by().values("person")
    before = Subquery(earlier.annotate(sum=Sum("seconds")).values("sum"))
    corrections = Credit.objects.filter(approver__isnull=False).annotate(before=Coalesce(before, 0))
    return corrections.select_related("person", "approver")


def _credit_entry(kind: str, row: Any) -> Entry:
    return Entry(
        at=row.created_at,
        kind=kind,
        thing=f"{row.person.name}, {row.get_kind_display().lower()}, {row.month:%B %Y}",
        who=row.approver.name,
        did="Corrected",
        why=row.reason,
        changes=(Change("seconds", str(row.before), str(row.before + row.seconds)),),
    )


def _month_corrections() -> QuerySet[Correction]:
    return Correction.objects.select_related("closed__programme", "person", "by")


def _month_entry(kind: str, row: Any) -> Entry:
    before, after = ("nothing" if value is None else str(value) for value in (row.before, row.after))
    return Entry(
        at=row.at,
        kind=kind,
        thing=f"{row.person.name}, {row.closed.month:%B %Y}, {row.closed.programme.name}",
        who=row.by.name,
        did="Corrected",
        why=row.reason,
        changes=(Change(row.figure.replace("_", " "), before, after),),
    )


LEDGERS: Mapping[str, Ledger] = {
    "closed month": Ledger(_month_corrections, "at", "by", _month_entry),
    "credit": Ledger(_credit_corrections, "created_at", "approver", _credit_entry),
}
_DID = {"+": "Added", "~": "Changed", "-": "Removed"}


def kinds() -> dict[str, type[models.Model]]:
    """The kinds of thing whose changes are kept, by name ("programme", "listening rules"), in order."""
    named = {str(model._meta.verbose_name): model for model in registered_models.values()}  # noqa: SLF001
    return dict(sorted(named.items()))


def names() -> list[str]:
    """What may be asked for: every kind that has a history, and every ledger."""
    return sorted([*kinds(), *LEDGERS])


def latest(*, wanted: Wanted, page: int, size: int) -> tuple[list[Entry], bool]:
    """A page of entries (the first is 1), and whether there are older ones."""
    most = page * size + 1
    keys = heapq.nlargest(most, _keys(wanted, most))
    shown = keys[(page - 1) * size : page * size]
    by_kind: dict[str, list[int]] = defaultdict(list)
    for _, name, key in shown:
        by_kind[name].append(key)
    found = {name: _found(name, some) for name, some in by_kind.items()}
    return [found[name][key] for _, name, key in shown], len(keys) > page * size


def everything(*, wanted: Wanted) -> Iterator[Entry]:
    """All entries, a kind after the other, each from the oldest on."""
    for name, ledger in _ledgers(wanted):
        for row in _of_ledger(ledger, wanted).order_by(ledger.at, "pk").iterator(chunk_size=1000):
            yield ledger.entry(name, row)
    for name, model in _chosen(wanted):
        history = model.history.model._default_manager  # type: ignore[attr-defined]  # noqa: SLF001
        rows = history.select_related("history_user").order_by(_key_of(model), "history_date", "history_id")
        before: Any = None
        for row in rows.iterator(chunk_size=1000):
            same = before is not None and _pk(model, before) == _pk(model, row)
            if _fits(row, wanted):
                yield _entry(name, row, before if same else None)
            before = row


def _keys(wanted: Wanted, most: int) -> Iterator[tuple[datetime, str, int]]:
    """The newest of each kind: when, which kind, and the row's key. One query a kind."""
    for name, model in _chosen(wanted):
        rows = _rows(model, wanted).order_by("-history_date", "-history_id")
        for key, at in rows.values_list("history_id", "history_date")[:most]:
            yield at, name, key
    for name, ledger in _ledgers(wanted):
        corrections = _of_ledger(ledger, wanted).order_by(f"-{ledger.at}", "-pk")
        for key, at in corrections.values_list("pk", ledger.at)[:most]:
            yield at, name, key


def _found(name: str, keys: Sequence[int]) -> dict[int, Entry]:
    """These rows of a kind as entries, by their keys."""
    ledger = LEDGERS.get(name)
    if ledger is None:
        return _entries(name, kinds()[name], keys)
    return {row.pk: ledger.entry(name, row) for row in ledger.rows().filter(pk__in=keys)}


def _ledgers(wanted: Wanted) -> list[tuple[str, Ledger]]:
    return [(name, ledger) for name, ledger in LEDGERS.items() if wanted.kind in ("", name)]


def _of_ledger(ledger: Ledger, wanted: Wanted) -> QuerySet[Any]:
    rows = ledger.rows()
    if wanted.by is not None:
        rows = rows.filter(**{ledger.by: wanted.by})
    if wanted.start is not None:
        rows = rows.filter(**{f"{ledger.at}__gte": wanted.start})
    if wanted.end is not None:
        rows = rows.filter(**{f"{ledger.at}__lt": wanted.end})
    return rows


def _chosen(wanted: Wanted) -> list[tuple[str, type[models.Model]]]:
    return [(name, model) for name, model in kinds().items() if wanted.kind in ("", name)]


def _rows(model: type[models.Model], wanted: Wanted) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.history.all()  # type: ignore[attr-defined]  # django-simple-history's manager
    if wanted.by is not None:
        rows = rows.filter(history_user=wanted.by)
    if wanted.start is not None:
        rows = rows.filter(history_date__gte=wanted.start)
    if wanted.end is not None:
        rows = rows.filter(history_date__lt=wanted.end)
    return rows


def _fits(row: Any, wanted: Wanted) -> bool:
    return (
        (wanted.by is None or row.history_user_id == wanted.by.pk)
        and (wanted.start is None or row.history_date >= wanted.start)
        and (wanted.end is None or row.history_date < wanted.end)
    )


def _entries(name: str, model: type[models.Model], keys: Sequence[int]) -> dict[int, Entry]:
    """These rows of a kind's history, each beside the one before it. Two queries."""
    history: Any = model.history.model._default_manager  # type: ignore[attr-defined]  # noqa: SLF001 - likewise
    key = _key_of(model)
    before = (
        history.filter(**{key: OuterRef(key)})
        .filter(_EARLIER)
        .order_by()
        .values(key)
        .annotate(newest=Max("history_id"))
        .values("newest")
    )
    rows = list(
        history.filter(history_id__in=keys).select_related("history_user").annotate(earlier=Subquery(before))
    )
    earlier = history.in_bulk([row.earlier for row in rows if row.earlier is not None])
    return {row.history_id: _entry(name, row, earlier.get(row.earlier)) for row in rows}


def _entry(name: str, row: Any, before: Any) -> Entry:
    changes: tuple[Change, ...] = ()
    if row.history_type == "~" and before is not None:
        changes = tuple(
            Change(field.name.replace("_", " "), _words(before, field), _words(row, field))
            for field in row.tracked_fields
            if getattr(before, field.attname) != getattr(row, field.attname)
        )
    return Entry(
        at=row.history_date,
        kind=name,
        thing=_thing(row),
        who=row.history_user.name if row.history_user is not None else "",
        did=_DID[row.history_type],
        why=row.history_change_reason or "",
        changes=changes,
    )


def _thing(row: Any) -> str:
    """What it is called, without a query: a name where it has one, else its number."""
    for field in ("name", "title", "what", "summary", "slug", "email", "country"):
        if getattr(row, field, ""):
            return str(getattr(row, field))[:80]
    return f"no. {_pk(row.instance_type, row)}"


def _words(row: Any, field: Any) -> str:
    if field.name in _HIDDEN:
        return "hidden"
    value = getattr(row, field.attname)
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M:%S %Z}"
    return "nothing" if value is None or value == "" else str(value)[:200]


def _key_of(model: type[models.Model]) -> str:
    return str(model._meta.pk.attname) if model._meta.pk else "id"  # noqa: SLF001 - Django's public name


def _pk(model: type[models.Model], row: Any) -> Any:
    return getattr(row, _key_of(model))
