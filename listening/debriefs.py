"""What an executive writes after a session: three answers, the moments marked, a learning, a thank-you to the agent.

Written within the programme's days it credits the session; written later it is welcome, and credits nothing. Nobody
else writes it: an assistant was not there. Whatever is written is searched for the numbers of payment cards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from customers.models import Account
from learnings.models import Feeling, Learning, Source, Touchpoint
from learnings.recording import log_learning
from learnings.thanks import thank
from listening import links
from listening.agent_names import without_names
from listening.errors import BadInput, NotAllowed, NotNow
from listening.free_text import refuse_card_numbers, written
from listening.ledger import credit_session, outlook
from listening.letter_words import words, written_language
from listening.models import Debrief, Mark, Review, RideAlong, Session, SessionKind, SessionStatus, Visit
from people import letters
from people.letters_drafting import letter_to
from people.models import Letter, Person
from rota.told_times import told
from telephony import clock

LONGEST = 2000
LONGEST_THANKS = 1000
LONGEST_NOTE = 500
REMINDED_BEFORE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """The learning of a debrief: fields as `learnings.recording.log_learning` has them."""

    quote: str
    touchpoint: Touchpoint | None
    cause: str
    feeling: str = Feeling.NEUTRAL
    meaning: str = ""
    suggestion: str = ""
    cause_words: str = ""
    contacts_before: int | None = None
    transfers_before: int | None = None
    sensitive: bool = False


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment that was marked: how far into the call it was, where it was in one."""

    mark: Mark
    into_call: timedelta | None

    @property
    def clock(self) -> str:
        """ "4:07" into the call; "" outside of one."""
        if self.into_call is None:
            return ""
        seconds = int(self.into_call.total_seconds())
        return f"{seconds // 60}:{seconds % 60:02}"


def agents_heard(session: Session) -> list[Person]:
    """Whose calls were heard, in the order of the calls; nobody once their names have left. One query."""
    if session.kind == SessionKind.REVIEW:
        review = Review.objects.select_related("recording__agent").filter(session=session).first()
        return [review.recording.agent] if review is not None and review.recording.agent is not None else []
    visits = Visit.objects.filter(session=session, joined_at__isnull=False, live_call__agent__isnull=False)
    rows = visits.select_related("live_call__agent").order_by("joined_at", "pk")
    found = {visit.live_call.agent_id: visit.live_call.agent for visit in rows}
    return [agent for agent in found.values() if agent is not None]


def may_be_thanked(session: Session) -> list[Person]:
    """Who receives thanks: the agents who were heard, or the colleague of a ride-along. One query."""
    if session.kind == SessionKind.RIDE_ALONG:
        ride = RideAlong.objects.select_related("colleague").filter(session=session).first()
        return [ride.colleague] if ride is not None else []
    return agents_heard(session)


def moments_of(session: Session) -> list[Moment]:
    """The marked moments in their order. One query."""
    return [
        Moment(
            mark=mark,
            into_call=mark.at - mark.visit.joined_at if mark.visit and mark.visit.joined_at else None,
        )
        for mark in Mark.objects.filter(session=session).select_related("visit").order_by("at", "pk")
    ]


def write_debrief(
    *,
    session: Session,
    by: Person,
    heard: str,
    learning: Learnt,
    surprised: str = "",
    would_change: str = "",
    notes: Mapping[int, str] | None = None,
    thanks: str = "",
    thanked: Person | None = None,
) -> Debrief:
    """Keep the debrief, log its learning, thank the agent, credit the session where this is in time: all or nothing.

    `heard`, `surprised` and `would_change` are the three answers, of which the first is needed; `notes` are words for
    marked moments by their key; `thanks` go to `thanked`, who may be left out where one agent alone was heard. The
    learning is signed by the executive and names no agent: their names in it become "the agent".

    Raises BadInput naming the field (`heard`, `quote`, `notes`, `thanks`, …), NotAllowed, NotNow.
    """
    if by.pk != session.person_id:
        raise NotAllowed("Only whoever listened writes the debrief.", code="not_allowed")
    kept = Debrief(
        heard=written(heard, field="heard", most=LONGEST, required=True),
        surprised=written(surprised, field="surprised", most=LONGEST),
        would_change=written(would_change, field="would_change", most=LONGEST),
        thanks=written(thanks, field="thanks", most=LONGEST_THANKS),
        by=by,
    )
    _check(learning)
    with transaction.atomic():
        row = (
            Session.objects.select_for_update(of=("self",))
            .select_related("person", "programme")
            .get(pk=session.pk)
        )
        _check_open(row)
        kept.session, kept.created_at = row, clock.now()
        _keep_notes(row, notes or {})
        kept.thanked = _to_thank(row, kept.thanks, thanked)
        kept.learning = _log(row, learning, by)
        kept.save(force_insert=True)
        if kept.thanked is not None:
            thank(
                to=kept.thanked,
                words=kept.thanks,
                by=by,
                source_reference=f"session {row.pk}",
                source_path=links.session_path(row),
            )
        letters.withdraw(key_prefix=f"debrief:{row.pk}")
        credit_session(session=row)
    return kept


# --- Reminders -------------------------------------------------------------------------------------------------


def remind_due() -> int:
    """Remind of debriefs on the day before they are late, each once: what is at stake is said. Returns how many.

    Each quarter of an hour, by a schedule.
    """
    now = clock.now()
    due = Session.objects.filter(
        status=SessionStatus.FINISHED,
        debrief=None,
        debrief_due_at__gt=now,
        debrief_due_at__lte=now + REMINDED_BEFORE,
        person__is_active=True,
    )
    rows = list(due.select_related("person", "programme").order_by("debrief_due_at", "pk"))
    known = letters.already_said([_reminder_key(row) for row in rows])
    return letters.write_many(_reminder(row, now) for row in rows if _reminder_key(row) not in known)


def _reminder_key(session: Session) -> str:
    return f"debrief:{session.pk}:reminder"


def _reminder(session: Session, now: datetime) -> Letter | None:
    person, due = session.person, session.debrief_due_at
    assert due is not None  # noqa: S101 - asked for above
    language = written_language(person.language)
    places = {
        "minutes": outlook(session, now=now).minutes,
        "start": told(session.started_at or session.planned_start, person, language=language),
        "due": told(due, person, language=language),
        "url": links.debrief_url(session),
    }
    return letter_to(
        person=person,
        key=_reminder_key(session),
        kind="debrief",
        subject=words("debrief_subject", language, **places),
        text=words("debrief_text", language, **places),
        short=words("debrief_short", language, **places),
        useful_until=due,
    )


# --- Below -----------------------------------------------------------------------------------------------------


def _check(learning: Learnt) -> None:
    if learning.touchpoint is None:
        raise BadInput("Say where the customer met it.", field="touchpoint", code="required")
    if not learning.quote.strip():
        raise BadInput("Write down the customer’s own words.", field="quote", code="required")
    for name in ("quote", "meaning", "suggestion", "cause_words"):
        refuse_card_numbers(getattr(learning, name), field=name)


def _check_open(session: Session) -> None:
    if session.status != SessionStatus.FINISHED:
        raise NotNow("A debrief is written when the session is over.", code=session.status)
    if session.debrief_due_at is None:
        raise NotNow(
            "Nothing was heard or seen in this session: there is nothing to debrief.", code="nothing_heard"
        )
    if Debrief.objects.filter(session=session).exists():
        raise NotNow("This session is debriefed.", code="debriefed")


def _keep_notes(session: Session, notes: Mapping[int, str]) -> None:
    marks = Mark.objects.filter(session=session).in_bulk(list(notes))
    if set(notes) - set(marks):
        raise BadInput("One of these moments is not of this session.", field="notes", code="unknown")
    for key, note in notes.items():
        marks[key].note = written(note, field="notes", most=LONGEST_NOTE)
    Mark.objects.bulk_update(marks.values(), ["note"])


def _to_thank(session: Session, thanks: str, thanked: Person | None) -> Person | None:
    if not thanks:
        return None
    able = [person for person in may_be_thanked(session) if person.is_active]
    if not able:
        raise BadInput("There is nobody whom these thanks could reach.", field="thanks", code="nobody")
    if thanked is None and len(able) == 1:
        return able[0]
    if thanked is None or thanked.pk not in {person.pk for person in able}:
        raise BadInput("Say whom of those you heard you thank.", field="thanked", code="required")
    return thanked


def _log(session: Session, learnt: Learnt, by: Person) -> Learning:
    assert learnt.touchpoint is not None  # noqa: S101 - checked at the door
    agents = agents_heard(session)
    names = [agent.name for agent in agents]
    accounts = _accounts(session)
    return log_learning(
        quote=without_names(learnt.quote, names),
        meaning=without_names(learnt.meaning, names),
        suggestion=without_names(learnt.suggestion, names),
        touchpoint=learnt.touchpoint,
        cause=learnt.cause,
        cause_words=learnt.cause_words,
        feeling=learnt.feeling,
        contacts_before=learnt.contacts_before,
        transfers_before=learnt.transfers_before,
        source=Source.AUDIT if session.kind == SessionKind.AUDIT else Source.SESSION,
        source_reference=f"session {session.pk}",
        source_path=links.session_path(session),
        account=accounts[0] if len(accounts) == 1 else None,
        author=by,
        agent=agents[0] if len(agents) == 1 else None,
        sensitive=learnt.sensitive,
    )


def _accounts(session: Session) -> list[Account]:
    """The customers who were heard or visited, as far as they are known."""
    if session.kind == SessionKind.RIDE_ALONG:
        return list(Account.objects.filter(ride_alongs__session=session))
    heard = Visit.objects.filter(session=session, joined_at__isnull=False)
    return list(Account.objects.filter(live_calls__visits__in=heard).distinct())
