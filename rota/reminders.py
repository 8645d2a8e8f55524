"""Reminders of published duties: a week before, the day before, an hour before, each once for each officer.

Nothing is kept but the letters themselves: a sweep looks which duties begin soon and writes what is due and was not
said. So a duty that changes hands reminds its new officer, and what had not gone to the old one is taken back; what
was published late is reminded of only where the day is still so far away that it helps.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q

from people import letters
from people.letters_drafting import letter_to
from people.models import Letter, Person
from rota.models import Duty
from rota.reminder_words import words, written_language
from rota.swap_letters import duty_url
from rota.told_times import told, told_shortly


@dataclass(frozen=True)
class Horizon:
    """A reminder that is due from `ahead` of the beginning on, and of no use any more `least` before it."""

    name: str
    ahead: timedelta
    least: timedelta


# They do not overlap: whoever gets a duty two days before it, by its publishing or by a swap, is told so at that time,
# and reminded on the day before and an hour before, not three times at once.
HORIZONS = (
    Horizon("week", timedelta(days=7), timedelta(days=5)),
    Horizon("day", timedelta(days=1), timedelta(hours=4)),
    Horizon("hour", timedelta(hours=1), timedelta(0)),
)


def remind_due() -> int:
    """Writes every reminder that is due and was not said. Returns how many letters are new.

    Each five minutes, by a schedule; a constant number of queries, whatever the number of duties. A run that was
    missed is made up for by the next one.
    """
    now = datetime.now(UTC)
    due = [(horizon, duty) for horizon in HORIZONS for duty in _duties(horizon, now)]
    beside = _beside([duty for _, duty in due])
    return letters.write_many(
        letter
        for horizon, duty in due
        for letter in _reminders(duty, horizon, beside[duty.programme_id, duty.day])
    )


def _duties(horizon: Horizon, now: datetime) -> Iterator[Duty]:
    duties = Duty.objects.published().filter(
        starts_at__gt=now + horizon.least, starts_at__lte=now + horizon.ahead, person__is_active=True
    )
    yield from duties.select_related("person__assistant", "programme").order_by("starts_at", "seat")


def _beside(duties: list[Duty]) -> defaultdict[tuple[int, object], list[Duty]]:
    """All seats of the same days, by programme and day. One query."""
    days: defaultdict[tuple[int, object], list[Duty]] = defaultdict(list)
    if duties:
        same = Q(programme__in={duty.programme_id for duty in duties}, day__in={duty.day for duty in duties})
        for duty in Duty.objects.published().filter(same).select_related("person").order_by("seat"):
            days[duty.programme_id, duty.day].append(duty)
    return days


def _reminders(duty: Duty, horizon: Horizon, day: list[Duty]) -> Iterator[Letter | None]:
    officer = duty.person
    key = f"reminder:duty:{duty.pk}:{officer.pk}:{horizon.name}"
    yield _to_officer(duty, key, day)
    # An hour before there is nothing left for an assistant to arrange.
    if officer.assistant is not None and horizon.name != "hour":
        yield _to_assistant(duty, officer.assistant, f"{key}:assistant")


def _to_officer(duty: Duty, key: str, day: list[Duty]) -> Letter | None:
    officer = duty.person
    language = written_language(officer.language)
    places = _places(duty, officer, language)
    silent = "" if officer.can_be_rung else words("no_number", language)
    page = duty_url(duty)
    lines = [
        words("text", language, **places),
        _others(duty, day, language),
        silent,
        f"\n{words('page', language)}\n{page}",
    ]
    return letter_to(
        person=officer,
        key=key,
        kind="reminder",
        subject=words(
            "subject",
            language,
            **places | {"start": told_shortly(duty.starts_at, officer, language=language)},
        ),
        text="\n".join(line for line in lines if line),
        short=" ".join(part for part in (words("short", language, **places), silent, page) if part),
        useful_until=duty.starts_at,
    )


def _to_assistant(duty: Duty, assistant: Person, key: str) -> Letter | None:
    language = written_language(assistant.language)
    places = _places(duty, assistant, language)
    return letter_to(
        person=assistant,
        key=key,
        kind="reminder",
        subject=words(
            "assistant_subject",
            language,
            **places | {"start": told_shortly(duty.starts_at, assistant, language=language)},
        ),
        text=f"{words('assistant_text', language, **places)}\n\n{words('page', language)}\n{duty_url(duty)}",
        by="mail",
        useful_until=duty.starts_at,
    )


def _places(duty: Duty, reader: Person, language: str) -> dict[str, str]:
    return {
        "name": duty.person.name,
        "role": _role(duty, language),
        "programme": duty.programme.name,
        "start": told(duty.starts_at, reader, language=language),
        "end": told(duty.ends_at, reader, language=language),
    }


def _role(duty: Duty, language: str) -> str:
    """ "primary", "backup" (the first), "backup 2", …"""
    if duty.seat == 0:
        return words("primary", language)
    return words("backup", language) + (f" {duty.seat}" if duty.seat > 1 else "")


def _others(duty: Duty, day: list[Duty], language: str) -> str:
    """Who rings if the reader does not answer; or who rings before the reader does."""
    if duty.seat == 0:
        names = ", ".join(other.person.name for other in day if other.seat > 0)
        return words("backups", language, names=names) if names else ""
    primary = next((other.person.name for other in day if other.seat == 0), "")
    return words("officer", language, names=primary) if primary else ""
