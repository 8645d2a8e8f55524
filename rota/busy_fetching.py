"""The life of a busy calendar: given by its address, read every few hours, told of when it is stale, removed.

Of its events only busy or free is kept. When it cannot be fetched or read, the last good reading stays and its age is
told; it is never taken for free time. Rows are due by `next_fetch_at`: the sweep finds them every 15 minutes, and a
queued task only wakes sooner. The network is never used inside a transaction; a lease keeps two workers apart.
"""

import random
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django_q.tasks import async_task

from calendars.addresses import address_of
from calendars.busy import BusyReading, CalendarRefused, busy_times
from calendars.fetching import Fetched, NotModified, fetch
from calendars.refused import FetchFailed
from people import letters
from people.errors import Refused
from people.models import Person
from rota.calendar_keeping import check_keeps_calendar
from rota.models import BusyBlock, BusyCalendar

MOST_CALENDARS = 6
EVERY, JITTER = timedelta(hours=4), timedelta(minutes=30)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(days=1)
"""After a failure: a quarter of an hour, then twice as long each time, up to a day."""
LEASE = timedelta(minutes=2)  # far longer than fetching (5 s) and reading (5 s) may take
BACK, AHEAD, ENOUGH_AHEAD = timedelta(days=7), timedelta(days=400), timedelta(days=370)
"""A reading reaches from a week back to 400 days ahead; one that ends earlier than `ENOUGH_AHEAD` is made anew."""
STALE, STALE_AGAIN = timedelta(days=3), timedelta(days=7)
NOT_SOONER = timedelta(minutes=1)


def add_calendar(*, person: Person, address: str, by: Person) -> BusyCalendar:
    """Keeps the address of somebody's calendar and has it read at once.

    https or webcal (plain http only where private addresses are allowed, that is at home). By the person, their
    assistant or an administrator. Raises Refused with the field.
    """
    check_keeps_calendar(by, person)
    try:
        read = address_of(address)
    except FetchFailed as refused:
        raise Refused(str(refused), field="address", code=refused.code) from refused
    if not read.secure and not settings.BUSY_CALENDARS_ALLOW_PRIVATE:
        raise Refused(
            "Without encryption anybody on the way could read it. Give the address that begins with https://.",
            field="address",
            code="insecure",
        )
    now = timezone.now()
    with transaction.atomic():
        # The person's row is the lock: the same address is not added twice at once.
        Person.objects.select_for_update().get(pk=person.pk)
        there = list(person.busy_calendars.values_list("address", flat=True))
        if read.url in there:
            raise Refused("This calendar is there already.", field="address", code="taken")
        if len(there) >= MOST_CALENDARS:
            raise Refused(
                f"At most {MOST_CALENDARS} calendars are read. Remove one first.",
                field="address",
                code="too_many",
            )
        calendar = BusyCalendar.objects.create(
            person=person, address=read.url, next_fetch_at=now, created_at=now
        )
        _wake(calendar.pk)
    return calendar


def read_again(*, calendar: BusyCalendar, by: Person) -> None:
    """Has it read now instead of when it is due. Raises Refused right after another reading."""
    check_keeps_calendar(by, calendar.person)
    now = timezone.now()
    with transaction.atomic():
        mine = BusyCalendar.objects.filter(pk=calendar.pk)
        soon = mine.filter(Q(tried_at__isnull=True) | Q(tried_at__lte=now - NOT_SOONER))
        if not soon.update(next_fetch_at=now):
            raise Refused("It was asked for a moment ago. Wait a minute.", code="too_soon")
        _wake(calendar.pk)


def remove_calendar(*, calendar: BusyCalendar, by: Person) -> None:
    """Forgets the address and everything that was read there. Raises Refused."""
    check_keeps_calendar(by, calendar.person)
    with transaction.atomic():
        letters.withdraw(key_prefix=_key(calendar))
        calendar.delete()


def sweep() -> int:
    """Queues every calendar that is due, and tells of stale ones. Returns how many are due."""
    now = timezone.now()
    due = BusyCalendar.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now),
        next_fetch_at__lte=now,
        person__is_active=True,
        person__is_executive=True,
    )
    keys = list(due.order_by("next_fetch_at").values_list("pk", flat=True))
    for key in keys:
        _wake(key)
    tell_stale(now)
    return len(keys)


def refresh(calendar_id: int) -> bool:
    """Reads one calendar if it is due and nobody else is at it; whether it was read rightly."""
    now = timezone.now()
    lease = now + LEASE
    claimed = BusyCalendar.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lte=now), pk=calendar_id, next_fetch_at__lte=now
    ).update(lease_until=lease, tried_at=now)
    calendar = BusyCalendar.objects.select_related("person").filter(pk=calendar_id).first()
    if not claimed or calendar is None:
        return False
    first, last = _period(calendar, now)
    try:
        fetched = _fetch(calendar, last)
        digest, reading = _read(calendar, fetched, first, last)
    except (FetchFailed, CalendarRefused) as refused:
        _note_failure(calendar, lease, str(refused))
        return False
    return _keep(calendar, lease, fetched, digest, reading, first, last)


def tell_stale(now: datetime) -> int:
    """Tells people (and their assistants) whose calendar was not read rightly for three days, again each week.

    Returns how many calendars were told of.
    """
    stale = (
        BusyCalendar.objects.annotate(since=Coalesce("good_at", "created_at"))
        .filter(since__lte=now - STALE, person__is_active=True, person__is_executive=True)
        .filter(Q(told_stale_at__isnull=True) | Q(told_stale_at__lte=now - STALE_AGAIN))
    )
    return sum(_tell_stale(calendar, now) for calendar in stale.select_related("person__assistant"))


def shown_address(calendar: BusyCalendar) -> str:
    """What is shown of a secret address: its host."""
    return f"{address_of(calendar.address).host}/…"


def _period(calendar: BusyCalendar, now: datetime) -> tuple[date, date]:
    today = now.astimezone(calendar.person.zone).date()
    return today - BACK, today + AHEAD


def _fetch(calendar: BusyCalendar, last: date) -> Fetched | NotModified:
    """Asks whether it changed, where what is known of it is enough; otherwise for all of it. Raises FetchFailed."""
    known = (
        calendar.good_until is not None
        and calendar.good_until >= last - (AHEAD - ENOUGH_AHEAD)
        and calendar.good_zone == calendar.person.time_zone
    )
    return fetch(
        calendar.address,
        etag=calendar.etag if known else "",
        last_modified=calendar.last_modified if known else "",
        allow_private=settings.BUSY_CALENDARS_ALLOW_PRIVATE,
    )


def _read(
    calendar: BusyCalendar, fetched: Fetched | NotModified, first: date, last: date
) -> tuple[str, BusyReading | None]:
    """The fingerprint of what was there, and its reading; None where it is as it was. Raises CalendarRefused."""
    if isinstance(fetched, NotModified):
        return calendar.content_hash, None
    # What a reading depends on besides the content: whose clock, until when.
    around = f"{calendar.person.time_zone} {calendar.person.email} ".encode()
    digest = sha256(around + fetched.content).hexdigest()
    enough = calendar.good_until is not None and calendar.good_until >= last - (AHEAD - ENOUGH_AHEAD)
    if digest == calendar.content_hash and enough:
        return digest, None
    reading = busy_times(
        fetched.content, first=first, last=last, zone=calendar.person.zone, owner_email=calendar.person.email
    )
    return digest, reading


def _keep(
    calendar: BusyCalendar,
    lease: datetime,
    fetched: Fetched | NotModified,
    digest: str,
    reading: BusyReading | None,
    first: date,
    last: date,
) -> bool:
    """Puts the reading in the place of the one before, unless somebody else has the calendar by now."""
    now = timezone.now()
    with transaction.atomic():
        mine = BusyCalendar.objects.select_for_update(of=("self",)).filter(pk=calendar.pk, lease_until=lease)
        row = mine.first()
        if row is None:
            return False
        if isinstance(fetched, Fetched):
            row.etag = fetched.etag if len(fetched.etag) <= 400 else ""
            row.last_modified = fetched.last_modified if len(fetched.last_modified) <= 100 else ""
            row.content_hash = digest
        if reading is not None:
            _replace_blocks(row, reading)
            row.good_from, row.good_until, row.good_zone = first, last, calendar.person.time_zone
            row.doubts = [doubt.sentence for doubt in reading.doubtful][:5]
        if row.told_stale_at is not None:
            letters.withdraw(key_prefix=_key(row))
        row.good_at, row.failures, row.error = now, 0, ""
        row.next_fetch_at = now + EVERY + _jitter()
        row.lease_until = row.told_stale_at = None
        row.save()
    return True


def _replace_blocks(calendar: BusyCalendar, reading: BusyReading) -> None:
    """Writes only what differs: most readings are nearly the one before."""
    doubtful = {day for doubt in reading.doubtful for day in doubt.dates}
    wanted: set[tuple[datetime | None, datetime | None, date | None, bool]] = {
        (busy.start, busy.end, None, False) for busy in reading.busy
    }
    wanted |= {(None, None, day, day in doubtful) for day in reading.blocked}
    there = {(row.starts_at, row.ends_at, row.day, row.doubtful): row.pk for row in calendar.blocks.all()}
    gone = [key for block, key in there.items() if block not in wanted]
    for start in range(0, len(gone), 500):
        BusyBlock.objects.filter(pk__in=gone[start : start + 500]).delete()
    BusyBlock.objects.bulk_create(
        (
            BusyBlock(calendar=calendar, starts_at=starts_at, ends_at=ends_at, day=day, doubtful=is_doubtful)
            for starts_at, ends_at, day, is_doubtful in wanted
            if (starts_at, ends_at, day, is_doubtful) not in there
        ),
        batch_size=500,
    )


def _note_failure(calendar: BusyCalendar, lease: datetime, why: str) -> None:
    """What was read before stays; it is tried again after a pause that doubles."""
    pause = min(FIRST_PAUSE * 2 ** min(calendar.failures, 10), LONGEST_PAUSE)
    BusyCalendar.objects.filter(pk=calendar.pk, lease_until=lease).update(
        failures=F("failures") + 1,
        error=why[:400],
        next_fetch_at=timezone.now() + pause + _jitter() * (pause / EVERY),
        lease_until=None,
    )


def _jitter() -> timedelta:
    """Some minutes more or less, so that not all come at once."""
    return JITTER * random.uniform(-1, 1)  # noqa: S311 - no secret


def _tell_stale(calendar: BusyCalendar, now: datetime) -> bool:
    with transaction.atomic():
        mine = BusyCalendar.objects.filter(pk=calendar.pk, told_stale_at=calendar.told_stale_at)
        if not mine.update(told_stale_at=now):
            return False  # somebody else tells it at this moment
        person = calendar.person
        for one in (person, person.assistant):
            if one is None:
                continue
            letters.write_to(
                person=one,
                key=f"{_key(calendar)}:stale:{now:%Y-%m-%d}:{one.pk}",
                kind="calendar",
                subject="Your busy calendar cannot be read"
                if one.pk == person.pk
                else f"The busy calendar of {person.name} cannot be read",
                text=_stale_words(calendar, person, now),
            )
    return True


def _stale_words(calendar: BusyCalendar, person: Person, now: datetime) -> str:
    days = (now - (calendar.good_at or calendar.created_at)).days
    known = (
        f"It was last read {days} days ago. What it said then still counts when rotas are planned; what has been"
        " entered since is not known."
        if calendar.good_at
        else "It could never be read, so rotas are planned as if it were empty."
    )
    return (
        f"The busy calendar of {person.name} at {shown_address(calendar)} cannot be read.\n\n"
        f"{calendar.error or 'It was not tried yet.'}\n\n{known}\n\n"
        f"Give the right address, or remove the calendar: {settings.PUBLIC_BASE_URL}/availability/{person.pk}/\n"
    )


def _key(calendar: BusyCalendar) -> str:
    return f"busy-calendar:{calendar.pk}"


def _wake(calendar_id: int) -> None:
    """A task for one calendar. The rows are the truth: where the task is lost, the next sweep finds them."""
    task = partial(async_task, "rota.busy_fetching.refresh", calendar_id, group="busy calendars", save=False)
    transaction.on_commit(task, robust=True)
