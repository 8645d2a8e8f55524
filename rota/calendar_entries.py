"""What stands in somebody's calendar for a duty or a time to listen: its hours, its words, its alarms. Pure.

Every entry is transparent: it leaves the day free. A duty is a telephone in the pocket and no meeting, and an
executive whose day it blocked would move it or decline it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from calendars.entries import Alarm, Entry, uid_for
from rota.answer_links import answer_url
from rota.hours import DutyRules, Span, duty_hours
from rota.models import Duty, Invitation, ListeningHold, Programme

Kind = Literal["duty", "listening"]

PRODUCT = "Officer of the Day"
_A_DAY, _AN_HOUR = 24 * 60, 60

# Kept short: a feed holds hundreds of them.
_DESCRIPTIONS: dict[Kind, str] = {
    "duty": "Customers' urgent issues reach you: keep your phone with you, and press 1 when it rings. Your day is "
    "left free on purpose. Until the next officer begins, what may ring outside these hours reaches you too.\n\n"
    "Accept or decline, without signing in (your phone rings until somebody takes it over): {answer}",
    "listening": "Your phone rings at this time: press 1, and you listen to customers' calls.\n\n"
    "Accept or decline, without signing in: {answer}",
}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What should stand in one person's calendar. `until` is when the duty or hold itself is over."""

    kind: Kind
    row: int
    person: int
    starts_at: datetime
    ends_at: datetime
    until: datetime
    summary: str


def duty_wanted(duty: Duty, *, programme: Programme, rules: DutyRules) -> Wanted:
    """A duty stands with the duty hours of its day; one "for always" with all of its time."""
    hours = entry_hours(duty, rules)
    return Wanted(
        kind="duty",
        row=duty.pk,
        person=duty.person_id,
        starts_at=hours.start,
        ends_at=hours.end,
        until=duty.ends_at,
        summary=f"{PRODUCT}, {duty.role}: {place(programme)}",
    )


def hold_wanted(hold: ListeningHold, *, programme: Programme) -> Wanted:
    """A time to listen stands with its own hours."""
    return Wanted(
        kind="listening",
        row=hold.pk,
        person=hold.person_id,
        starts_at=hold.starts_at,
        ends_at=hold.ends_at,
        until=hold.ends_at,
        summary=f"Listening in: {place(programme)}",
    )


def entry_hours(duty: Duty, rules: DutyRules) -> Span:
    """From the duty's beginning to the close of its day's hours, and never beyond its end."""
    closing = min(duty_hours(rules, duty.day).end, duty.ends_at)
    return Span(duty.starts_at, closing if closing > duty.starts_at else duty.ends_at)


def place(programme: Programme) -> str:
    """The programme's name without what every summary begins with anyway: "North America"."""
    return programme.name.removeprefix(PRODUCT).lstrip(" ,:–-") or programme.name


def what(entry: Invitation) -> str:
    """The part of the summary that stays while a duty moves: the programme."""
    return entry.summary.partition(": ")[2]


def role(summary: str) -> str:
    """The part of the summary that tells the part played: "Officer of the Day, primary"."""
    return summary.partition(": ")[0]


def kind_of(entry: Invitation) -> Kind:
    """What it stands for, even where the row it stood for is gone."""
    return "listening" if entry.uid.startswith("listening-") else "duty"


def new_uid(kind: Kind) -> str:
    """A name that nobody guesses: an answer that names it comes from somebody who was shown the invitation."""
    return uid_for(kind, uuid4().hex, uid_host())


def uid_host() -> str:
    """The host in the names of our entries: the installation's, where it has a name."""
    host = urlsplit(settings.PUBLIC_BASE_URL).hostname or ""
    return host if host and ":" not in host else "localhost"


def entry_of(invitation: Invitation) -> Entry:
    """The row as `calendars` renders it, from its own columns alone: no query."""
    url = answer_url(invitation.pk)
    return Entry(
        uid=invitation.uid,
        sequence=invitation.sequence,
        stamp=invitation.changed_at,
        created=invitation.created_at,
        modified=invitation.changed_at,
        start=invitation.starts_at,
        end=invitation.ends_at,
        summary=invitation.summary,
        description=_DESCRIPTIONS[kind_of(invitation)].format(answer=url),
        url=url,
        transparent=True,
        alarms=(
            Alarm(minutes_before=_A_DAY, text=f"Tomorrow: {invitation.summary}"),
            Alarm(minutes_before=_AN_HOUR, text=f"In an hour: {invitation.summary}"),
        ),
        categories=(PRODUCT,),
    )


def hours_in_words(span: Span, zone: ZoneInfo) -> str:
    """ "Thursday 5 March 2026, 08:00 to 20:00 EST", as a reader in this zone would say it."""
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    last = end - timedelta(microseconds=1)
    day = f"{start:%A} {start.day} {start:%B %Y}"
    if start.date() == last.date():
        until = f"{end:%H:%M}" if end.date() == last.date() else "24:00"
        return f"{day}, {start:%H:%M} to {until} {last:%Z}"
    return f"{day}, {start:%H:%M %Z} to {end:%A} {end.day} {end:%B}, {end:%H:%M %Z}"


def day_in_words(instant: datetime, zone: ZoneInfo) -> str:
    """ "Thu 5 March 2026"."""
    local = instant.astimezone(zone)
    return f"{local:%a} {local.day} {local:%B %Y}"


def my_calendar_url() -> str:
    """Where a person finds all of their entries."""
    return settings.PUBLIC_BASE_URL + _path()


@lru_cache(maxsize=1)
def _path() -> str:
    return reverse("web:calendar")
