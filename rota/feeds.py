"""One secret address per person, at which calendar programs fetch everything that stands in their calendar.

The token in the address is HMAC-SHA256 of the feed's row under SECRET_KEY. Only its hash is kept, so that a copy of
the database opens nobody's calendar, and yet the address can be shown again to whoever may see it. After SECRET_KEY
was rotated, addresses in use go on working (their hash is the same); they can be shown for as long as the old key
stands among SECRET_KEY_FALLBACKS, and after that only be renewed.

What stands in the feed comes from kinds of entries, registered here: each says in one cheap query what its entries
depend on, which makes the ETag, and renders them only when that has changed.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from calendars.entries import Entry
from calendars.feed import RENDERING, render_feed
from people.errors import Refused
from people.models import Person
from rota.acting_for import acts_for
from rota.answer_links import answer_url
from rota.calendar_entries import PRODUCT, entry_of
from rota.invitations import KEPT
from rota.models import CalendarFeed, Invitation

REFRESH = timedelta(hours=4)
"""How often programs are asked to look; Google does it every 4 to 24 hours whatever is asked."""

_TOKEN = "rota.feeds"  # noqa: S105 - a salt, and no secret
_FORM = 2  # counts up when the same rows are rendered otherwise
_READ_NOTED = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What a person's entries of one kind depend on: `state` differs whenever they do; `changed_at` is the latest
    change, of those that are gone too, None where there never was any."""

    state: tuple[object, ...]
    changed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EntryKind:
    """A kind of entries in everybody's feed. Both functions take a person's id and the instant before which entries
    that are over need not be shown, and make one query each."""

    name: str
    mark: Callable[[int, datetime], Mark]
    entries: Callable[[int, datetime], Iterable[Entry]]


_kinds: dict[str, EntryKind] = {}


def register(kind: EntryKind) -> None:
    """Show this kind in every feed: for a room above, in its `AppConfig.ready`."""
    _kinds[kind.name] = kind


def mark_of(sql: str, *, person: int, since: datetime, **named: str) -> Mark:
    """The mark that one row says: two numbers of what is shown, then the latest changes, instants or NULL.

    As SQL, which both databases understand: the query that they answer in 0.05 ms takes Django 1 ms to write, and
    calendar programs ask all day long whether anything has changed.
    """
    instant = connection.ops.adapt_datetimefield_value(since)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"person": person, "since": instant, **named})
        count, total, *changes = cursor.fetchone()
    instants = [_instant(change) for change in changes if change is not None]
    changed = max(instants, default=None)
    return Mark(state=(count, total, changed and changed.isoformat()), changed_at=changed)


# --- The address -----------------------------------------------------------------------------------------------


def open_feed(*, person: Person, by: Person) -> CalendarFeed:
    """The person's feed, made when there is none. Raises Refused for anybody but them and their assistant."""
    _may(person, by)
    feed = CalendarFeed.objects.filter(person=person, revoked_at=None).first()
    if feed is not None:
        return feed
    with transaction.atomic():
        _lock(person)
        found = CalendarFeed.objects.filter(person=person, revoked_at=None).first()
        return found or _make(person)


def renew(*, person: Person, by: Person) -> CalendarFeed:
    """A new address; the old one is nobody's from now on. Raises Refused as `open_feed` does."""
    _may(person, by)
    with transaction.atomic():
        _lock(person)
        _end(person)
        return _make(person)


def revoke(*, person: Person, by: Person) -> None:
    """No address any more, until one is opened again. Raises Refused as `open_feed` does."""
    _may(person, by)
    with transaction.atomic():
        _lock(person)
        _end(person)


def feed_url(feed: CalendarFeed) -> str:
    """The whole secret address. Raises Refused where the key it was made with is gone: only renewing helps."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        token = _token(feed, key)
        if constant_time_compare(_hash(token), feed.token_hash):
            url: str = settings.PUBLIC_BASE_URL + reverse("web:calendar-feed", args=[token])
            return url
    raise Refused(
        "The address in use cannot be shown any more, since the installation's key has changed. It goes on working; "
        "renew it to get one that can be shown.",
        code="key_changed",
    )


def find_feed(token: str) -> CalendarFeed | None:
    """The feed that a token opens; None for a wrong, renewed or revoked one, and for whoever has left. One query."""
    try:
        return CalendarFeed.objects.get(token_hash=_hash(token), revoked_at=None, person__is_active=True)
    except CalendarFeed.DoesNotExist:
        return None


# --- What is in it ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Validators:
    """The weak ETag and Last-Modified of a feed as it stands now.

    `last_modified` is None within two seconds of a change: HTTP dates have whole seconds, and a second change in the
    same one would go unseen (RFC 9110 section 8.8.2.2).
    """

    etag: str
    last_modified: datetime | None


def validators(feed: CalendarFeed, *, now: datetime) -> Validators:
    """What HTTP needs to tell that nothing has changed, without rendering: one query for each kind."""
    marks = [kind.mark(feed.person_id, now - KEPT) for kind in _kinds.values()]
    said = repr((RENDERING, _FORM, feed.pk, answer_url(0), [mark.state for mark in marks]))
    changed = max([feed.created_at, *(mark.changed_at for mark in marks if mark.changed_at)])
    return Validators(
        etag=f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}"',
        last_modified=changed if now - changed >= timedelta(seconds=2) else None,
    )


def render(feed: CalendarFeed, *, now: datetime) -> bytes:
    """The feed as text/calendar: the past 90 days and all that is to come. One query for each kind."""
    since = now - KEPT
    entries = [entry for kind in _kinds.values() for entry in kind.entries(feed.person_id, since)]
    return render_feed(
        name=PRODUCT,
        entries=entries,
        refresh=REFRESH,
        description="Your duties, times to listen and deadlines. What changes on the same day comes by mail.",
    )


def note_read(feed: CalendarFeed, *, now: datetime) -> None:
    """Keep that a program came for it, to the hour, so that its owner sees whether one does."""
    if feed.last_read_at is None or now - feed.last_read_at >= _READ_NOTED:
        CalendarFeed.objects.filter(pk=feed.pk).update(last_read_at=now)


def _invitations_mark(person: int, since: datetime) -> Mark:
    return mark_of(_INVITATIONS_MARK, person=person, since=since)


_INVITATIONS_MARK = """
    SELECT count(*) FILTER (WHERE NOT cancelled AND ends_at > %(since)s),
           sum(sequence) FILTER (WHERE NOT cancelled AND ends_at > %(since)s),
           max(changed_at)
    FROM rota_invitation WHERE person_id = %(person)s
"""


def _invitations(person: int, since: datetime) -> Iterable[Entry]:
    shown = Invitation.objects.filter(person=person, cancelled=False, ends_at__gt=since)
    return [entry_of(invitation) for invitation in shown]


register(EntryKind(name="invitations", mark=_invitations_mark, entries=_invitations))


# --- Below -----------------------------------------------------------------------------------------------------


def _may(person: Person, by: Person) -> None:
    if not acts_for(by, person):
        raise Refused("Only its owner and their assistant see a calendar's address.", code="not_allowed")


def _lock(person: Person) -> None:
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)


def _end(person: Person) -> None:
    CalendarFeed.objects.filter(person=person, revoked_at=None).update(revoked_at=timezone.now())


def _make(person: Person) -> CalendarFeed:
    # The number of the row is part of the token: it must be there first.
    feed = CalendarFeed.objects.create(person=person, token_hash=token_hex(32), created_at=timezone.now())
    feed.token_hash = _hash(_token(feed, settings.SECRET_KEY))
    feed.save(update_fields=["token_hash"])
    return feed


def _token(feed: CalendarFeed, key: str) -> str:
    row = f"{feed.pk}:{feed.person_id}:{feed.created_at.timestamp():.6f}"
    return (
        urlsafe_b64encode(salted_hmac(_TOKEN, row, secret=key, algorithm="sha256").digest())
        .rstrip(b"=")
        .decode()
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _instant(value: datetime | str) -> datetime:
    """PostgreSQL's driver gives an instant, SQLite's the text of one in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value
