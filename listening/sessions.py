"""The life of a session, and the only writer of its status.

BOOKED → RINGING → RUNNING → FINISHED is a session that was lived. One that nobody answered is MISSED, and may still be
begun while its time lasts: by calling the programme's number. Of the kinds without a telephone RINGING is left out.
Whatever locks a session and a live call locks the live call first.
"""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from listening import evidence, links, steps, visits
from listening.errors import BadInput, NotAllowed, NotNow
from listening.models import (
    LIVE_VISIT,
    EvidenceKind,
    LiveCall,
    Place,
    Session,
    SessionKind,
    SessionStatus,
    Visit,
)
from listening.prompts import prompt
from listening.rules import rules_of
from people import letters
from people.models import Person
from rota.models import ListeningHold, Programme
from rota.programme_rules import LONGEST_SESSION
from telephony import chores, clock

LONGEST = timedelta(minutes=LONGEST_SESSION)
LEFT_OPEN = timedelta(days=1)
"""An audit or a review in which nothing was done for so long is over (`listening.left_open`)."""
ASKED_AFTER = timedelta(minutes=15)
"""So long after a ride-along, or after it was entered, its executive is asked how long it was."""
_MAY_BEGIN = (SessionStatus.BOOKED, SessionStatus.RINGING, SessionStatus.MISSED)


def book(
    *,
    programme: Programme,
    person: Person,
    start: datetime,
    end: datetime,
    kind: SessionKind = SessionKind.LISTENING,
    hold: ListeningHold | None = None,
    by: Person | None = None,
) -> Session:
    """A session to come. Of live listening the phone rings at `start`. Who may book what is `listening.booking`'s.

    Raises BadInput (the times).
    """
    _check_times(start, end)
    now = clock.now()
    first_look = {SessionKind.LISTENING: start, SessionKind.RIDE_ALONG: max(end, now) + ASKED_AFTER}
    with transaction.atomic():
        row = Session(
            programme=programme,
            person=person,
            kind=kind,
            hold=hold,
            planned_start=start,
            planned_end=end,
            month=month_of(programme, start),
            next_at=first_look.get(kind),
            created_by=by,
            created_at=now,
        )
        _save(row, by)
        return row


def move(*, session: Session, start: datetime, end: datetime, by: Person | None = None) -> Session:
    """Another time for a session of live listening that has not begun. Raises BadInput (the times), NotNow."""
    _check_times(start, end)
    with transaction.atomic():
        row = to_come(session)
        row.planned_start, row.planned_end, row.next_at = start, end, start
        row.month = month_of(row.programme, start)
        _save(row, by)
        return row


def cancel(*, session: Session, why: str, by: Person | None = None) -> Session:
    """Call off a session that has not begun. Raises NotNow."""
    with transaction.atomic():
        row = to_come(session)
        row.status, row.ended_at, row.ended_why, row.next_at = (
            SessionStatus.CANCELLED,
            clock.now(),
            why[:200],
            None,
        )
        _save(row, by)
        return row


def start(*, session: Session, call_sid: str = "", by: Person | None = None) -> Session:
    """The executive is there: of live listening on the call `call_sid`, where a key was pressed. Raises NotNow.

    The same call again changes nothing. Another call of ours that rings for it meanwhile is hung up.
    """
    with transaction.atomic():
        row = locked(session.pk)
        now = clock.now()
        if row.status == SessionStatus.RUNNING and row.call_sid == call_sid:
            return row
        if row.status not in _MAY_BEGIN:
            raise NotNow("This session is not to be begun any more.", code=row.status)
        if row.kind == SessionKind.LISTENING:
            if not steps.may_begin(status=row.status, start=row.planned_start, end=row.planned_end, now=now):
                raise NotNow("The time of this session is over.", code="too_late")
            _onto_the_phone(row, call_sid, now)
        else:
            row.next_at = now + LEFT_OPEN
        row.status, row.started_at, row.ended_at, row.ended_why = SessionStatus.RUNNING, now, None, ""
        try:
            with transaction.atomic():
                _save(row, by)
        except IntegrityError as error:
            raise NotNow("Another session of yours is under way.", code="another") from error
        if row.kind == SessionKind.LISTENING:
            key_pressed(row, call_sid=call_sid, detail="1, to begin")
            chores.wake()
        return row


def come_back(*, session: Session, call_sid: str) -> Session | None:
    """The executive's call had broken off, and here they are again. None where it is over."""
    with transaction.atomic():
        row = locked(session.pk)
        now = clock.now()
        if row.status != SessionStatus.RUNNING or now >= row.planned_end:
            return None
        _onto_the_phone(row, call_sid, now)
        _save(row)
        chores.wake()
        return row


def finish(
    *, session: Session, why: str = "", by: Person | None = None, over_at: datetime | None = None
) -> Session:
    """It is over, or was over at `over_at`: where something was heard or seen the executive is asked for a debrief.

    Doubled calls change nothing. Raises NotNow.
    """
    with transaction.atomic():
        lock_call_of(session.pk)
        row = locked(session.pk)
        if row.status == SessionStatus.FINISHED:
            return row
        if row.status != SessionStatus.RUNNING:
            raise NotNow("Only a session that runs can be finished.", code=row.status)
        now = clock.now()
        visits.over(session=row)
        if not row.call_sid and row.cut_off_at is not None:
            over_at = row.cut_off_at
        row.status, row.ended_at, row.ended_why = SessionStatus.FINISHED, over_at or now, why[:200]
        row.place, row.next_at, row.passed_over = "", None, []
        heard = _was_lived(row)
        row.debrief_due_at = now + timedelta(days=rules_of(row.programme).debrief_days) if heard else None
        _save(row, by)
        if heard:
            _ask_for_debrief(row)
        return row


def miss(*, session: Session, why: str = "Nobody answered.") -> Session:
    """Its time came and nobody did: told kindly, once. Doubled calls change nothing."""
    with transaction.atomic():
        row = locked(session.pk)
        if row.status not in (SessionStatus.BOOKED, SessionStatus.RINGING):
            return row
        row.status, row.ended_at, row.ended_why = SessionStatus.MISSED, clock.now(), why[:200]
        row.next_at, row.call_sid = None, ""
        _save(row)
        _tell_missed(row)
        return row


def end_now(*, session: Session, by: Person) -> Session:
    """End a session of live listening from its page: the executive hears goodbye. Raises NotAllowed, NotNow."""
    with transaction.atomic():
        row = locked(session.pk)
        if by.pk not in (row.person_id, row.person.assistant_id) and not by.is_admin:
            raise NotAllowed("Only the executive, the assistant and administrators end a session.")
        if row.status != SessionStatus.RUNNING or row.kind != SessionKind.LISTENING:
            raise NotNow("This session does not run.", code=row.status)
        row.place, row.next_at = Place.ENDING, clock.now()
        _save(row, by)
        chores.wake()
    return row


def call_over(*, session_id: int, call_sid: str, detail: str = "") -> None:
    """The executive's own call is over. One that rang and brought no key rings once more, and then it is missed; one
    that broke off in a session may come back for a moment. The report of another call changes nothing.
    """
    with transaction.atomic():
        lock_call_of(session_id)
        row = locked(session_id)
        if not call_sid or row.call_sid != call_sid:
            Session.objects.filter(pk=session_id, hang_up_sid=call_sid).update(hang_up_sid="")
            return
        now = clock.now()
        if row.status == SessionStatus.RINGING:
            again = now + steps.RING_AGAIN
            if row.call_tries >= steps.MOST_RINGS or again >= row.planned_end - steps.TOO_LATE:
                miss(session=row)
            else:
                put_back(session_id=session_id, again_at=again, counts=True)
        elif row.status == SessionStatus.RUNNING:
            if now >= row.planned_end - steps.CUT_OFF_GRACE or row.place == Place.ENDING:
                finish(session=row, why=detail)
                return
            visits.over(session=row)
            Session.objects.filter(pk=session_id).update(
                call_sid="", place="", cut_off_at=now, next_at=now + steps.CUT_OFF_GRACE
            )


# --- What the ringing changes (`listening.ringing`) -----------------------------------------------------------


def begin_ringing(row: Session, *, claim: str, lease_until: datetime) -> bool:
    """Takes a booked session for one process, whose call goes out next. The caller holds the lock."""
    now = clock.now()
    row.status, row.call_claim, row.call_lease_until = SessionStatus.RINGING, claim, lease_until
    row.called_at, row.call_tries, row.call_looks, row.call_sid = now, row.call_tries + 1, 0, ""
    row.next_at = lease_until
    try:
        with transaction.atomic():
            _save(row)
    except IntegrityError:  # another session of this person is on the phone
        row.refresh_from_db()
        return False
    return True


def placed(*, session_id: int, sid: str, silent_at: datetime) -> bool:
    """Twilio has taken the call; whoever learns its SID first records it. Until `silent_at` a report should come."""
    return bool(
        Session.objects.filter(pk=session_id, status=SessionStatus.RINGING, call_sid="").update(
            call_sid=sid, next_at=silent_at, heard_at=clock.now()
        )
    )


def put_back(*, session_id: int, again_at: datetime, counts: bool = False) -> None:
    """The ring came to nothing: it is booked as before, and rings again at `again_at`. One that never went out
    (`counts` False) is no try."""
    with transaction.atomic():
        row = locked(session_id)
        if row.status != SessionStatus.RINGING:
            return
        row.status, row.call_sid, row.next_at = SessionStatus.BOOKED, "", again_at
        if not counts:
            row.call_tries = max(0, row.call_tries - 1)
        _save(row)


# --- Below ----------------------------------------------------------------------------------------------------


def _check_times(start: datetime, end: datetime) -> None:
    if not timedelta(0) < end - start <= LONGEST:
        raise BadInput(
            f"A session ends after it begins, at most {LONGEST // timedelta(hours=1)} hours later.",
            field="end",
        )


def to_come(session: Session) -> Session:
    """The session, locked, where it has not begun. Raises NotNow."""
    row = locked(session.pk)
    if row.status != SessionStatus.BOOKED:
        raise NotNow(
            f"This session is {row.get_status_display().lower()}: it cannot be moved or given back.",
            code="not_booked",
        )
    return row


def locked(session_id: int) -> Session:
    """The session, locked, with person and programme."""
    list(Session.objects.select_for_update(of=("self",), no_key=True).filter(pk=session_id).values_list("pk"))
    return Session.objects.select_related("person", "programme").get(pk=session_id)


def lock_call_of(session_id: int) -> None:
    """Locks the live call that a session visits, which comes before the session itself."""
    visited = Visit.objects.filter(session=session_id, status__in=LIVE_VISIT)
    calls = list(visited.values_list("live_call_id", flat=True))
    if calls:
        list(LiveCall.objects.select_for_update(no_key=True).filter(pk__in=calls).values_list("pk"))


def key_pressed(row: Session, *, call_sid: str, detail: str = "") -> None:
    """Somebody listens, and a key proves it: until so many minutes from now. The caller saves and holds the lock."""
    now = clock.now()
    minutes = rules_of(row.programme).presence_minutes
    row.present_until = now + timedelta(minutes=minutes)
    Session.objects.filter(pk=row.pk).update(present_until=row.present_until)
    evidence.record(
        kind=EvidenceKind.PRESENT,
        at=now,
        session=row,
        call_sid=call_sid,
        participant="listener",
        detail=detail,
    )


def month_of(programme: Programme, instant: datetime) -> date:
    """The first day of the quota's month, in the programme's zone."""
    return instant.astimezone(programme.zone).date().replace(day=1)


def _onto_the_phone(row: Session, call_sid: str, now: datetime) -> None:
    if row.call_sid and row.call_sid != call_sid:
        row.hang_up_sid = row.call_sid
    row.call_sid, row.place, row.heard_at = call_sid, Place.WAITING, now
    row.waits_since, row.cut_off_at, row.next_at = now, None, now


def _save(row: Session, by: Person | None = None) -> None:
    row._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - where django-simple-history looks for it
    row.save()


def _was_lived(row: Session) -> bool:
    """Whether there is anything to debrief."""
    match row.kind:
        case SessionKind.LISTENING:
            return row.visits.exists()
        case SessionKind.AUDIT:
            return row.items.exists()
        case SessionKind.REVIEW:
            return row.evidence.filter(kind=EvidenceKind.PLAYED).exists()
        case _:
            return True


def _ask_for_debrief(row: Session) -> None:
    language, url = row.person.language, links.debrief_url(row)
    until = row.debrief_due_at
    letters.write_to(
        person=row.person,
        key=f"debrief:{row.pk}",
        kind="debrief",
        subject=prompt("text.debrief_subject", language),
        text=prompt("text.debrief_mail", language, url=url),
        short=prompt("text.debrief", language, url=url),
        by="text",
        useful_until=until,
    )


def _tell_missed(row: Session) -> None:
    language, url = row.person.language, links.listening_url()
    letters.write_to(
        person=row.person,
        key=f"missed:{row.pk}",
        kind="listening",
        subject=prompt("text.missed_subject", language),
        text=prompt("text.missed_mail", language, url=url),
        short=prompt("text.missed", language, url=url),
        by="text",
    )
