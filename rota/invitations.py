"""The entries in people's calendars follow the published duties and holds: the one writer of their revisions.

Entries are compared with what stands published, so it does not matter who changed a duty or how, and doing it again
changes nothing. A duty without an entry gets one; an entry whose duty went to somebody else is cancelled; where
somebody lost one duty and got another of the same programme in the same change, the entry moves (same UID, higher
SEQUENCE: RFC 5546 section 3.2.2.1) instead of being cancelled and made anew. What is to be mailed are the rows whose
`mailed_sequence` is behind their `sequence`: `rota.invitation_letters` writes those letters.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from people.models import Person
from rota.calendar_entries import Kind, Wanted, duty_wanted, hold_wanted, kind_of, new_uid, role, what
from rota.models import AnswerStatus, Duty, Invitation, ListeningHold, Programme

KEPT = timedelta(days=90)
"""Entries of so long ago still stand in feeds."""

_PEOPLE_AT_ONCE = 40
"""About 500 entries of a year: one short transaction, for a database with one writer."""
_WRITTEN_AT_ONCE = 500
_CHANGED = (
    "duty", "hold", "sequence", "starts_at", "ends_at", "summary", "cancelled", "mailed_sequence",
    "answer", "changed_at",
)  # fmt: skip


@dataclass(kw_only=True)
class Followed:
    """How many entries are new, moved or retimed, taken back, and how many changed in a way nobody is mailed about."""

    added: int = 0
    updated: int = 0
    cancelled: int = 0
    quietly: int = 0

    def __bool__(self) -> bool:
        return any((self.added, self.updated, self.cancelled, self.quietly))


@dataclass
class _Changes:
    fresh: list[Invitation] = field(default_factory=list)
    changed: list[Invitation] = field(default_factory=list)
    counts: Followed = field(default_factory=Followed)


def follow(*, people: Collection[int]) -> Followed:
    """Bring the entries of these people (ids) up to what is published for them; letters are not written here.

    Looks first and locks only where something differs, about 40 people to a transaction. May be called inside
    another transaction, as its last act: the order of locks ends with people and then entries.
    """
    total = Followed()
    everybody = sorted(set(people))
    for first in range(0, len(everybody), _PEOPLE_AT_ONCE):
        some = everybody[first : first + _PEOPLE_AT_ONCE]
        if not _compare(some, timezone.now()).counts:
            continue
        with transaction.atomic():
            _lock(some)
            changes = _compare(some, timezone.now())
            Invitation.objects.bulk_create(changes.fresh, batch_size=_WRITTEN_AT_ONCE)
            Invitation.objects.bulk_update(changes.changed, _CHANGED, batch_size=_WRITTEN_AT_ONCE)
        total.added += changes.counts.added
        total.updated += changes.counts.updated
        total.cancelled += changes.counts.cancelled
        total.quietly += changes.counts.quietly
    return total


def _lock(people: Collection[int]) -> None:
    """People first, so that nobody else makes entries of theirs; without a join, so that PostgreSQL looks again."""
    list(Person.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk").values_list("pk"))
    mine = Invitation.objects.select_for_update().filter(person__in=people, cancelled=False)
    list(mine.order_by("pk").values_list("pk"))


def _compare(people: Collection[int], now: datetime) -> _Changes:
    """What differs between the entries and what is published. Four queries, whatever the number of people."""
    wanted = {(one.kind, one.row): one for one in _wanted(people, now)}
    entries = _standing(people, now)
    changes = _Changes()
    gone: dict[tuple[int, Kind, str], list[Invitation]] = defaultdict(list)
    for entry in entries:
        row = entry.duty_id or entry.hold_id
        stands = wanted.get((kind_of(entry), row)) if row is not None else None
        if stands is not None and stands.person == entry.person_id:
            del wanted[stands.kind, stands.row]
            _retime(entry, stands, changes, now)
        else:
            gone[entry.person_id, kind_of(entry), what(entry)].append(entry)
    fresh: dict[tuple[int, Kind, str], list[Wanted]] = defaultdict(list)
    for one in wanted.values():
        fresh[one.person, one.kind, one.summary.partition(": ")[2]].append(one)
    for group, entries_gone in gone.items():
        _move(entries_gone, fresh[group], changes, now)
    for some in fresh.values():
        for one in some:
            changes.fresh.append(_new(one, now))
            changes.counts.added += 1
    return changes


def _wanted(people: Collection[int], now: datetime) -> Iterable[Wanted]:
    recent = {"published": True, "person__in": people, "person__is_active": True, "ends_at__gt": now - KEPT}
    duties = list(Duty.objects.filter(**recent).order_by("starts_at", "pk"))
    holds = list(ListeningHold.objects.filter(**recent, cancelled_at=None).order_by("starts_at", "pk"))
    used = {duty.programme_id for duty in duties} | {hold.programme_id for hold in holds}
    programmes = Programme.objects.in_bulk(used)
    rules = {pk: programme.rules for pk, programme in programmes.items()}
    for duty in duties:
        yield duty_wanted(duty, programme=programmes[duty.programme_id], rules=rules[duty.programme_id])
    for hold in holds:
        yield hold_wanted(hold, programme=programmes[hold.programme_id])


def _standing(people: Collection[int], now: datetime) -> list[Invitation]:
    recent = Q(ends_at__gt=now - KEPT) | Q(duty__ends_at__gt=now - KEPT)
    mine = Invitation.objects.filter(recent, person__in=people, cancelled=False)
    return list(mine.select_related("duty").order_by("starts_at", "pk"))


def _new(one: Wanted, now: datetime) -> Invitation:
    return Invitation(
        uid=new_uid(one.kind),
        person_id=one.person,
        duty_id=one.row if one.kind == "duty" else None,
        hold_id=one.row if one.kind == "listening" else None,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        summary=one.summary,
        # What is over stands in the feed, and nobody is invited to it.
        mailed_sequence=-1 if one.until > now else 0,
        created_at=now,
        changed_at=now,
    )


def _retime(entry: Invitation, one: Wanted, changes: _Changes, now: datetime) -> None:
    """The same duty: its hours may have changed, and its words."""
    times = (entry.starts_at, entry.ends_at) != (one.starts_at, one.ends_at)
    if not times and entry.summary == one.summary:
        return
    # A programme that got another name is shown so, but worth nobody's mail; nor is what is over.
    loud = (times or role(entry.summary) != role(one.summary)) and one.until > now
    _revise(entry, one, changes, now, loud=loud)


def _move(gone: list[Invitation], fresh: list[Wanted], changes: _Changes, now: datetime) -> None:
    """Each entry whose duty is gone goes to the nearest duty that came, or is taken back."""
    left, coming = (
        [entry for entry in gone if not _over(entry, now)],
        [one for one in fresh if one.until > now],
    )
    for entry in gone:
        if entry not in left:
            _cancel(entry, changes, now, loud=False)
    pairs = sorted(
        ((abs(entry.starts_at - one.starts_at), entry.pk, entry, one) for entry in left for one in coming),
        key=lambda pair: pair[:2],
    )
    for _, _, entry, one in pairs:
        if entry in left and one in coming:
            left.remove(entry)
            coming.remove(one)
            fresh.remove(one)
            entry.duty_id = one.row if one.kind == "duty" else None
            entry.hold_id = one.row if one.kind == "listening" else None
            same = (entry.starts_at, entry.ends_at, entry.summary) == (
                one.starts_at,
                one.ends_at,
                one.summary,
            )
            _revise(entry, one, changes, now, loud=not same)
    for entry in left:
        _cancel(entry, changes, now, loud=True)


def _over(entry: Invitation, now: datetime) -> bool:
    return max(entry.ends_at, entry.duty.ends_at if entry.duty else entry.ends_at) <= now


def _revise(entry: Invitation, one: Wanted, changes: _Changes, now: datetime, *, loud: bool) -> None:
    entry.starts_at, entry.ends_at, entry.summary = one.starts_at, one.ends_at, one.summary
    if loud:
        entry.sequence += 1
        entry.answer = AnswerStatus.NONE  # they said yes or no to something else
        changes.counts.updated += 1
    else:
        changes.counts.quietly += 1
    _changed(entry, changes, now)


def _cancel(entry: Invitation, changes: _Changes, now: datetime, *, loud: bool) -> None:
    entry.cancelled = True
    entry.sequence += 1
    if not loud or entry.mailed_sequence < 0:
        entry.mailed_sequence = entry.sequence  # who was never told of it need not hear that it is off
    changes.counts.cancelled += 1
    _changed(entry, changes, now)


def _changed(entry: Invitation, changes: _Changes, now: datetime) -> None:
    # DTSTAMP has whole seconds, and a later revision a later one (RFC 5546 section 2.1.5).
    entry.changed_at = max(now, entry.changed_at + timedelta(seconds=1))
    changes.changed.append(entry)
