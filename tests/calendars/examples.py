"""Entries to write: one plain one, and those at which calendars go wrong."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from calendars.entries import Alarm, Entry, Status, uid_for

HOST = "officer.example.com"
WRITTEN = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def entry(pk: int = 1, **changes: Any) -> Entry:
    """Ana's duty on 2 March 2026 in New York, changed as told."""
    given = {
        "uid": uid_for("duty", pk, HOST),
        "sequence": 0,
        "stamp": WRITTEN,
        "created": WRITTEN - timedelta(days=1),
        "modified": WRITTEN,
        "start": datetime(2026, 3, 2, 13, tzinfo=UTC),
        "end": datetime(2026, 3, 3, 13, tzinfo=UTC),
        "summary": "Officer of the Day: North America",
    }
    return Entry(**{**given, **changes})


def duty(pk: int, zone: str, day: date, opens: int = 8) -> Entry:
    """A duty from the opening of its day to that of the next, in the programme's zone."""
    start, end = (
        datetime.combine(each, time(opens), tzinfo=ZoneInfo(zone)) for each in (day, day + timedelta(days=1))
    )
    return entry(pk, start=start.astimezone(UTC), end=end.astimezone(UTC), summary=f"{zone} {day}")


TEXTS = {
    "plain": "Call +1 202 555 0143",
    "signs": 'Commas, semicolons; "quotes": colons: and \\ backslashes \\\\ too',
    "a backslash before n": "C:\\new and C:\\News\\",
    "lines": "one\ntwo\n\nfour",
    "no HTML": "Müller & Söhne <vip@example.com> said: 1 < 2 &amp; 3",
    "umlauts at every fold": "äöüß" * 60,
    "emoji at every fold": "🎉👩🏽‍🚀🇪🇺" * 30,
    "escapes at every fold": ",;\\ " * 60,
    "blanks at every fold": "a " * 120,
    "one before the fold": "x" * 63 + "é" + "y" * 80,
    "right to left": "תורן היום ב־2 במרץ, " * 6,
    "Japanese": "本日の担当役員。" * 20,
}

DAYS = {
    "clocks go forward in New York": duty(1, "America/New_York", date(2026, 3, 7)),
    "the day itself": duty(2, "America/New_York", date(2026, 3, 8)),
    "clocks go back in New York": duty(3, "America/New_York", date(2026, 10, 31)),
    "clocks go forward in Berlin": duty(4, "Europe/Berlin", date(2026, 3, 28)),
    "clocks go back in Berlin": duty(5, "Europe/Berlin", date(2026, 10, 24)),
    "within the hour that comes twice": entry(
        6,
        start=datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=0).astimezone(UTC),
        end=datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1).astimezone(UTC),
    ),
    "half an hour of summer in Lord Howe": duty(7, "Australia/Lord_Howe", date(2026, 10, 3)),
    "leap day": duty(8, "America/New_York", date(2028, 2, 29)),
    "the day before": duty(9, "America/New_York", date(2028, 2, 28)),
    "end of a month": duty(10, "Europe/Berlin", date(2026, 4, 30)),
    "end of a year": duty(11, "Europe/Berlin", date(2026, 12, 31)),
    "east of the date line": duty(12, "Pacific/Kiritimati", date(2026, 3, 1)),
    "west of the date line": duty(13, "Pacific/Pago_Pago", date(2026, 3, 1)),
    "Chatham's quarter of an hour": duty(14, "Pacific/Chatham", date(2026, 4, 4)),
    "Nepal": duty(15, "Asia/Kathmandu", date(2026, 6, 1)),
    "all day": entry(16, start=date(2026, 3, 8), end=date(2026, 3, 9)),
    "all leap day": entry(17, start=date(2028, 2, 29), end=date(2028, 3, 1)),
    "a week over the end of a year": entry(18, start=date(2026, 12, 28), end=date(2027, 1, 4)),
}

FULL = entry(
    20,
    sequence=7,
    modified=WRITTEN + timedelta(hours=3),
    description="Your phone rings from 08:00 to 20:00.\nSwap, or find cover: https://officer.example.com/duties/20",
    location="Wherever your phone is",
    url="https://officer.example.com/duties/20?from=feed&x=1,2;3",
    status=Status.TENTATIVE,
    transparent=True,
    alarms=(
        Alarm(minutes_before=7 * 24 * 60, text="In a week: Officer of the Day"),
        Alarm(minutes_before=24 * 60 + 90, text="Tomorrow, äöü; really"),
        Alarm(minutes_before=0, text="Now"),
        Alarm(minutes_before=-480, text="This morning"),
    ),
    categories=("Officer of the Day", "North, America"),
)
