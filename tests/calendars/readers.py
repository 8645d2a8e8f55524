"""Parsers that are not ours, each brought to one plain form, so that a test can ask all of them the same."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import pytest
import vobject

from calendars.entries import Entry

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Party:
    address: str
    name: str
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    uid: str
    sequence: int
    stamp: datetime
    modified: datetime
    created: datetime
    start: datetime | date
    end: datetime | date
    summary: str
    description: str
    location: str
    url: str
    status: str
    transparent: bool
    categories: tuple[str, ...]
    alarms: tuple[tuple[int, str], ...]
    organizer: tuple[Party, ...] = ()
    attendees: tuple[Party, ...] = ()


@dataclass(frozen=True)
class Calendar:
    method: str
    name: str
    refresh: timedelta | None
    ttl: str
    events: tuple[Event, ...]


def as_meant(entry: Entry, **changes: Any) -> Event:
    """The entry as every reader should understand it."""
    meant = {
        "uid": entry.uid,
        "sequence": entry.sequence,
        "stamp": entry.stamp,
        "modified": entry.modified,
        "created": entry.created,
        "start": entry.start,
        "end": entry.end,
        "summary": entry.summary,
        "description": entry.description,
        "location": entry.location,
        "url": entry.url,
        "status": entry.status.value,
        "transparent": entry.transparent,
        "categories": entry.categories,
        "alarms": tuple((-60 * alarm.minutes_before, alarm.text) for alarm in entry.alarms),
    }
    return Event(**{**meant, **changes})


# ── icalendar ──


def with_icalendar(data: bytes) -> Calendar:
    calendar = icalendar.Calendar.from_ical(data)
    assert not any(component.errors for component in calendar.walk())
    refresh = calendar.get("REFRESH-INTERVAL")
    return Calendar(
        method=str(calendar.get("METHOD", "")),
        name=str(calendar.get("X-WR-CALNAME", "")),
        refresh=refresh.dt if refresh else None,
        ttl=str(calendar.get("X-PUBLISHED-TTL", "")),
        events=tuple(_of_icalendar(event) for event in calendar.walk("VEVENT")),
    )


def _of_icalendar(event: Any) -> Event:
    categories = event.get("CATEGORIES")
    return Event(
        uid=str(event["UID"]),
        sequence=int(event["SEQUENCE"]),
        stamp=event.decoded("DTSTAMP"),
        modified=event.decoded("LAST-MODIFIED"),
        created=event.decoded("CREATED"),
        start=event.decoded("DTSTART"),
        end=event.decoded("DTEND"),
        summary=str(event["SUMMARY"]),
        description=str(event.get("DESCRIPTION", "")),
        location=str(event.get("LOCATION", "")),
        url=str(event.get("URL", "")),
        status=str(event["STATUS"]),
        transparent=str(event["TRANSP"]) == "TRANSPARENT",
        categories=tuple(map(str, categories.cats)) if categories else (),
        alarms=tuple(
            (int(alarm.decoded("TRIGGER").total_seconds()), str(alarm["DESCRIPTION"]))
            for alarm in event.walk("VALARM")
        ),
        organizer=tuple(map(_party_of_icalendar, _several(event.get("ORGANIZER")))),
        attendees=tuple(map(_party_of_icalendar, _several(event.get("ATTENDEE")))),
    )


def _several(found: Any) -> list[Any]:
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _party_of_icalendar(party: Any) -> Party:
    return _party(str(party), {str(name): str(value) for name, value in party.params.items()})


# ── vobject ──


def with_vobject(data: bytes) -> Calendar:
    calendar = vobject.readOne(data.decode())
    refresh = getattr(calendar, "refresh_interval", None)
    return Calendar(
        method=_text(calendar, "method"),
        name=_text(calendar, "x_wr_calname"),
        refresh=vobject.icalendar.stringToDurations(refresh.value)[0] if refresh else None,
        ttl=_text(calendar, "x_published_ttl"),
        events=tuple(_of_vobject(event) for event in calendar.contents.get("vevent", [])),
    )


def _text(component: Any, name: str) -> str:
    line = getattr(component, name, None)
    return line.value if line else ""


def _of_vobject(event: Any) -> Event:
    return Event(
        uid=event.uid.value,
        sequence=int(event.sequence.value),
        stamp=_utc(event.dtstamp.value),
        modified=_utc(event.last_modified.value),
        created=_utc(event.created.value),
        start=_utc(event.dtstart.value),
        end=_utc(event.dtend.value),
        summary=event.summary.value,
        description=_text(event, "description"),
        location=_text(event, "location"),
        url=_text(event, "url"),
        status=event.status.value,
        transparent=event.transp.value == "TRANSPARENT",
        categories=tuple(event.categories.value) if hasattr(event, "categories") else (),
        alarms=tuple(
            (int(alarm.trigger.value.total_seconds()), alarm.description.value)
            for alarm in event.contents.get("valarm", [])
        ),
        organizer=tuple(_party_of_vobject(line) for line in event.contents.get("organizer", [])),
        attendees=tuple(_party_of_vobject(line) for line in event.contents.get("attendee", [])),
    )


def _utc(moment: Any) -> datetime | date:
    if isinstance(moment, datetime):
        assert moment.utcoffset() == timedelta(0)
        return moment.replace(tzinfo=UTC)
    assert isinstance(moment, date)
    return moment


def _party_of_vobject(line: Any) -> Party:
    return _party(line.value, {name: ",".join(values) for name, values in line.params.items()})


# ── ical.js, which Thunderbird is built on ──


def with_ical_js(data: bytes) -> Calendar:
    node = shutil.which("node")
    if node is None:
        if os.environ.get("CI"):
            pytest.fail("Node is missing: script/test installs it.")
        pytest.skip("Node is missing: script/test installs it (on Debian: apt-get install nodejs).")
    run = subprocess.run(
        [node, HERE / "read_with_ical.mjs"], input=data, capture_output=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr.decode()
    read = json.loads(run.stdout)
    return Calendar(
        method=read["method"] or "",
        name=read["name"] or "",
        refresh=icalendar.vDuration.from_ical(read["refresh"]) if read["refresh"] else None,
        ttl=read["ttl"] or "",
        events=tuple(_of_ical_js(event) for event in read["events"]),
    )


def _of_ical_js(event: dict[str, Any]) -> Event:
    return Event(
        uid=event["uid"],
        sequence=event["sequence"],
        stamp=datetime.fromisoformat(event["stamp"]),
        modified=datetime.fromisoformat(event["modified"]),
        created=datetime.fromisoformat(event["created"]),
        start=_iso(event["start"]),
        end=_iso(event["end"]),
        summary=event["summary"],
        description=event["description"] or "",
        location=event["location"] or "",
        url=event["url"] or "",
        status=event["status"],
        transparent=event["transparent"],
        categories=tuple(event["categories"]),
        alarms=tuple((alarm["seconds"], alarm["text"]) for alarm in event["alarms"]),
        organizer=tuple(map(_party_of_ical_js, event["organizer"])),
        attendees=tuple(map(_party_of_ical_js, event["attendees"])),
    )


def _iso(text: str) -> datetime | date:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _party_of_ical_js(party: dict[str, str]) -> Party:
    return _party(party["address"], {name: value for name, value in party.items() if name != "address"})


def _party(address: str, parameters: dict[str, str]) -> Party:
    named = {name.upper(): value for name, value in parameters.items()}
    return Party(address, named.pop("CN", ""), named)


READERS: dict[str, Callable[[bytes], Calendar]] = {
    "icalendar": with_icalendar,
    "vobject": with_vobject,
    "ical.js": with_ical_js,
}

every_reader = pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())
