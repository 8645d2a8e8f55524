"""How somebody's month of listening goes: done, to be debriefed, booked, and what it will come to. And the nudge.

"74 of 120 minutes, two sessions booked": what counts toward the quota is in the ledger (`listening.ledger`); sessions
that are over and wait for their debrief are on the way, and so is what is booked. In the middle of the month whoever
will fall short is told once, and so is their assistant.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from babel import Locale
from django.db.models import Exists, OuterRef

from listening import links
from listening.ledger import MonthTotal, month_totals
from listening.letter_words import words, written_language
from listening.models import Debrief, Session, SessionKind, SessionStatus
from people import letters
from people.letters_drafting import letter_to
from people.models import Letter, Person
from rota.models import ListeningHold, Programme
from rota.quotas import month_days
from telephony import clock

NUDGE_DAY = 15
"""The day of the month, in the programme's zone, from which on whoever will fall short is told."""


class Course(StrEnum):
    """NOTHING_OWED, KEPT, ON_COURSE (done and booked reach the quota), or BEHIND."""

    NOTHING_OWED = "nothing_owed"
    KEPT = "kept"
    ON_COURSE = "on_course"
    BEHIND = "behind"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """One person's month. Minutes are whole; `booked` sessions are live listening still to come or under way.

    `waiting` sessions are over and not debriefed, and still may be in time; nobody knows their minutes before.
    """

    total: MonthTotal
    month: date
    booked: int
    booked_minutes: int
    waiting: int

    @property
    def done(self) -> int:
        """Minutes that count toward the quota."""
        return self.total.counted_minutes

    @property
    def owed(self) -> int:
        return self.total.owed_minutes

    @property
    def percent(self) -> int:
        """How full the ring is, 0 to 100; full only when the quota is kept to the second."""
        if self.total.kept:
            return 100
        return min(99, 100 * self.total.counted // (60 * self.owed))

    @property
    def forecast(self) -> int:
        """Minutes that it will come to with what is booked."""
        return self.done + self.booked_minutes

    @property
    def course(self) -> Course:
        if not self.owed:
            return Course.NOTHING_OWED
        if self.total.kept:
            return Course.KEPT
        return Course.ON_COURSE if self.forecast >= self.owed else Course.BEHIND

    @property
    def sentence(self) -> str:
        """ "74 of 120 minutes, two sessions booked"."""
        return self.said("en")

    def said(self, language: str) -> str:
        """The sentence in one of our languages (`letter_words.written_language`)."""
        first = words("sentence" if self.owed else "nothing_owed", language, done=self.done, owed=self.owed)
        parts = [first, _booked(self.booked, language)]
        if self.waiting:
            name = "debrief_one" if self.waiting == 1 else "debrief_many"
            parts.append(words(name, language, number=self.waiting))
        return ", ".join(parts)


def pace_of(*, person: Person, programme: Programme, now: datetime) -> Pace:
    """One person's present month. Nine queries at most."""
    return paces(programme=programme, people=[person], now=now)[person.pk]


def paces(
    *,
    programme: Programme,
    now: datetime,
    people: Collection[Person] | None = None,
    month: date | None = None,
) -> dict[int, Pace]:
    """Everybody's month (or these people's), by their key; the present one unless `month` says another.

    Nine queries at most, whatever their number.
    """
    first = (month or now.astimezone(programme.zone).date()).replace(day=1)
    totals = month_totals(programme=programme, month=first, people=people)
    booked = _booked_times(programme, first, list(totals), now)
    waiting: defaultdict[int, int] = defaultdict(int)
    late = Session.objects.filter(
        programme=programme,
        month=first,
        person__in=list(totals),
        status=SessionStatus.FINISHED,
        debrief_due_at__gte=now,
    ).filter(~Exists(Debrief.objects.filter(session=OuterRef("pk"))))
    for key in late.values_list("person_id", flat=True):
        waiting[key] += 1
    return {
        key: Pace(
            total=total,
            month=first,
            booked=len(booked[key]),
            booked_minutes=int(
                sum((end - start for start, end in booked[key]), timedelta()) / timedelta(minutes=1)
            ),
            waiting=waiting[key],
        )
        for key, total in totals.items()
    }


def nudge_due() -> int:
    """Write to everybody who will fall short this month, and to their assistants, from its middle on: each once.

    Hourly, by a schedule; a run that was missed is made up for by the next one. Returns how many letters are new.
    """
    now = clock.now()
    return sum(
        letters.write_many(_nudges(programme, now))
        for programme in Programme.objects.filter(listening_minutes_per_month__gt=0).order_by("pk")
        if now.astimezone(programme.zone).day >= NUDGE_DAY
    )


# --- Below -----------------------------------------------------------------------------------------------------


def _booked_times(
    programme: Programme, month: date, people: list[int], now: datetime
) -> defaultdict[int, list[tuple[datetime, datetime]]]:
    """Live listening to come in the month: sessions, and times that are held and have none yet. Two queries."""
    found: defaultdict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    sessions = Session.objects.filter(
        programme=programme,
        month=month,
        person__in=people,
        kind=SessionKind.LISTENING,
        status__in=(SessionStatus.BOOKED, SessionStatus.RINGING, SessionStatus.RUNNING),
        planned_end__gt=now,
    )
    holds = ListeningHold.objects.filter(
        programme=programme,
        month=month,
        person__in=people,
        published=True,
        cancelled_at=None,
        session=None,
        ends_at__gt=now,
    )
    for key, start, end in [
        *sessions.values_list("person_id", "planned_start", "planned_end"),
        *holds.values_list("person_id", "starts_at", "ends_at"),
    ]:
        found[key].append((start, end))
    return found


def _booked(number: int, language: str) -> str:
    if number == 0:
        return words("booked_none", language)
    if number == 1:
        return words("booked_one", language)
    numbers = words("numbers", language).split()
    return words("booked_many", language, number=numbers[number - 2] if number <= 12 else number)


def _nudges(programme: Programme, now: datetime) -> Iterator[Letter | None]:
    behind = [pace for pace in paces(programme=programme, now=now).values() if pace.course == Course.BEHIND]
    people = Person.objects.select_related("assistant").in_bulk([pace.total.person.pk for pace in behind])
    for pace in behind:
        person = people[pace.total.person.pk]
        key = f"pace:{programme.pk}:{person.pk}:{pace.month:%Y-%m}"
        yield _nudge(pace, programme, person, person, key)
        if person.assistant is not None and person.assistant.is_active:
            yield _nudge(pace, programme, person, person.assistant, f"{key}:assistant")


def _nudge(pace: Pace, programme: Programme, person: Person, reader: Person, key: str) -> Letter | None:
    language = written_language(reader.language)
    own = reader.pk == person.pk
    places = {
        "name": person.name,
        "month": str(Locale.parse(language).months["stand-alone"]["wide"][pace.month.month]),
        "done": pace.done,
        "owed": pace.owed,
        "forecast": pace.forecast,
        "sentence": pace.said(language),
        "url": links.listening_url() if own else links.listening_of_url(person),
    }
    after = month_days(pace.month)[1] + timedelta(days=1)
    return letter_to(
        person=reader,
        key=key,
        kind="pace",
        subject=words("nudge_subject" if own else "assistant_subject", language, **places),
        text=words("nudge_text" if own else "assistant_text", language, **places),
        short=words("nudge_short", language, **places) if own else "",
        by="preferred" if own else "mail",
        useful_until=datetime.combine(after, time(), tzinfo=programme.zone),
    )
