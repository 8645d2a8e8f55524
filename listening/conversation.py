"""What is said on an executive's call, and what each key does. Everything here answers one webhook.

**Keys.** While a call is inside `<Dial><Conference>` Twilio tells us of no key: digits are sound there, and the sound
of a muted participant is heard by nobody. Only `hangupOnStar` is acted on: it lets whoever dialled leave by the star
and goes on with `<Dial>`'s action (https://www.twilio.com/docs/voice/twiml/dial, attributes hangupOnStar and action;
no attribute of https://www.twilio.com/docs/voice/twiml/conference tells of keys). So the star leaves the conference
into a one-breath menu, in which silence leads back; and the key that proves presence is asked for by redirecting the
call out of the conference and back. Nothing of either is heard in the conference: entering and leaving make no sound.

**Muted from the first packet**: `muted` stands in the TwiML that joins; nothing is muted afterwards.
"""

from datetime import UTC, datetime

from django.db import transaction

from listening import evidence, joining, links, marks, moving, sessions, steps, visits
from listening.errors import NotNow
from listening.models import (
    EvidenceKind,
    LiveCallState,
    Place,
    Session,
    SessionStatus,
    Visit,
    VisitStatus,
)
from listening.prompts import prompt, speaking
from telephony import clock
from telephony.twiml import Pause, Prompt, Script

KEY_SECONDS = 6
MENU_SECONDS = 3
PRESENCE_SECONDS = 8
BREATH_SECONDS = 8
"""How long one round of waiting is silent."""
WORDS_EACH = 4
"""Rounds of silence between two words of comfort."""
NOTHING_YET_AFTER = 240.0
"""Seconds without a call after which we say that one may as well end."""
MOST_MISSES = 3


# --- The beginning --------------------------------------------------------------------------------------------


def greet(session: Session, *, late: bool = False, misses: int = 0, wrong: str = "") -> Script:
    """The first words, twice. They say nothing of any customer: a voicemail may hear them."""
    language, now = session.person.language, clock.now()
    minutes = steps.minutes_left(session.planned_end, now)
    hello = prompt("session.hello_late" if late else "session.hello", language, name=session.person.name)
    press = prompt("session.press", language, minutes=minutes)
    first = [hello] if not wrong else [prompt("session.wrong_key", language, key=wrong)]
    script = speaking(language)
    for _ in range(2):
        script.gather(
            prompts=[*first, press],
            action=links.webhook("session-begin", session.pk, misses),
            timeout=KEY_SECONDS,
            digits=1,
        )
    return script.say(prompt("session.silence", language)).hang_up()


def begin(session: Session, digits: str, *, call_sid: str, misses: int) -> Script:
    """1 begins; any other key is asked again, a few times."""
    language = session.person.language
    if digits != "1":
        if misses >= MOST_MISSES:
            return speaking(language).say(prompt("session.silence", language)).hang_up()
        return greet(session, misses=misses + 1, wrong=digits)
    try:
        sessions.start(session=session, call_sid=call_sid)
    except NotNow:
        return too_late(session)
    words = [prompt("session.begins", language), prompt("session.keys", language)]
    return _breathe(speaking(language), session, words, turn=0)


def too_late(session: Session) -> Script:
    """There is nothing to begin."""
    language = session.person.language
    words = prompt("session.too_late", language, name=session.person.name)
    return speaking(language).say(words).hang_up()


# --- Where the call goes on -----------------------------------------------------------------------------------


def go(session_id: int, *, call_sid: str, turn: int = 0, words: str = "") -> Script:
    """What the call does now: in, beside, waiting, asked or over. Asked as often as one likes, it answers alike."""
    with transaction.atomic():
        sessions.lock_call_of(session_id)
        row = sessions.locked(session_id)
        if row.status != SessionStatus.RUNNING or row.call_sid != call_sid:
            return _goodbye(row)
        now = clock.now()
        visit = visits.current(row)
        was = row.place
        place = steps.place_for(moving.scene_of(row, visit, place=_settled(was)), now)
        _stands(row, place, visit, now)
    return _at(row, place, visit, was=was, turn=turn, words=words)


def _settled(place: str) -> str:
    """Who was asked something has answered, or been silent."""
    return "" if place in (Place.MENU, Place.PRESENCE) else place


def _stands(row: Session, place: Place, visit: Visit | None, now: datetime) -> None:
    waits = place == Place.WAITING and row.place != Place.WAITING
    row.place, row.heard_at = place, now
    row.waits_since = now if waits or row.waits_since is None else row.waits_since
    if waits:
        row.next_at = now  # a call is drawn at once
    else:
        row.next_at = steps.next_look(moving.scene_of(row, visit), now)
    Session.objects.filter(pk=row.pk).update(
        place=place, heard_at=now, waits_since=row.waits_since, next_at=row.next_at
    )
    if waits:
        joining.wake()


def _at(row: Session, place: Place, visit: Visit | None, *, was: str, turn: int, words: str) -> Script:
    language = row.person.language
    script = speaking(language)
    if words:
        script.say(words)
    match place:
        case Place.ROOM if visit is not None:
            return _join(script, row, visit)
        case Place.PAUSED:
            said = "session.paused" if turn == 0 else "session.still_paused"
            return _breathe(script, row, _now_and_then(said, language, turn), turn=turn)
        case Place.PRESENCE:
            return _are_you_there(script, row)
        case Place.ENDING:
            late = clock.now() >= row.planned_end
            finished = sessions.finish(
                session=row, why="The time was over." if late else "Ended on the page."
            )
            return _goodbye(finished, time_is_up=late)
        case _:
            return _breathe(script, row, _waiting_words(row, was, turn), turn=turn)


def _waiting_words(row: Session, was: str, turn: int) -> list[Prompt]:
    language = row.person.language
    if turn == 0:
        from_a_call = was in (Place.ROOM, Place.PAUSED, Place.MENU)
        return [prompt("session.between" if from_a_call else "session.looking", language)]
    waited = (clock.now() - (row.waits_since or clock.now())).total_seconds()
    nothing = waited >= NOTHING_YET_AFTER
    return _now_and_then("session.nothing_yet" if nothing else "session.still_looking", language, turn)


def _now_and_then(sentence: str, language: str, turn: int) -> list[Prompt]:
    return [prompt(sentence, language)] if turn % WORDS_EACH == 0 else []


def _breathe(script: Script, row: Session, words: list[Prompt] | list[str], *, turn: int) -> Script:
    """Words, then silence in which the star ends; then we are asked again."""
    script.gather(
        prompts=[*words, Pause(1)],
        action=links.webhook("session-keys", row.pk),
        timeout=BREATH_SECONDS,
        digits=1,
    )
    return script.redirect(links.webhook("session-go", row.pk, turn + 1))


def _join(script: Script, row: Session, visit: Visit) -> Script:
    """Muted from the first packet, without a sound, starting and ending nothing."""
    return script.conference(
        name=visit.live_call.conference_name,
        status_callback=links.webhook("conferences"),
        wait_url="",
        muted=True,
        start_on_enter=False,
        end_on_exit=False,
        beep=False,
        label=visit.participant,
        action=links.webhook("visit-left", row.pk, visit.pk),
        hangup_on_star=True,
    )


# --- Keys -----------------------------------------------------------------------------------------------------


def waiting_key(session: Session, digits: str, *, call_sid: str) -> Script:
    """A key while waiting: the star ends, any other proves that somebody is there."""
    if digits == "*":
        return leave(session, call_sid=call_sid)
    _proved(session, call_sid, digits)
    return go(session.pk, call_sid=call_sid, turn=1)


def left(session: Session, visit_id: int, *, call_sid: str) -> Script:
    """The executive's part in the conference is over: the star, or the end of the call."""
    with transaction.atomic():
        sessions.lock_call_of(session.pk)
        row = sessions.locked(session.pk)
        visit = visits.current(row)
        by_star = (
            row.status == SessionStatus.RUNNING
            and row.call_sid == call_sid
            and visit is not None
            and visit.pk == visit_id
            and visit.status in (VisitStatus.COMING, VisitStatus.IN)
            and visit.live_call.state == LiveCallState.LIVE
        )
        if by_star:
            _stands(row, Place.MENU, visit, clock.now())
    if not by_star:
        return go(session.pk, call_sid=call_sid)
    language = row.person.language
    star = int(clock.now().timestamp())
    return (
        speaking(language)
        .gather(
            prompts=[prompt("session.menu", language)],
            action=links.webhook("visit-menu", row.pk, visit_id, star),
            timeout=MENU_SECONDS,
            digits=1,
        )
        .redirect(links.webhook("session-go", row.pk, 0))
    )


def menu_key(session: Session, visit_id: int, digits: str, *, call_sid: str, star: int) -> Script:
    """What the key after the star does; silence and any other key lead back in."""
    language = session.person.language
    if digits == "*":
        return leave(session, call_sid=call_sid)
    _proved(session, call_sid, digits)
    if digits == "2":
        joining.skip(session=session, visit_id=visit_id)
        return go(session.pk, call_sid=call_sid, words=prompt("session.moved_on", language))
    words = ""
    if digits == "3":
        marks.mark(session=session, visit_id=visit_id, at=datetime.fromtimestamp(star, UTC))
        words = prompt("session.marked", language)
    elif digits == "0":
        joining.ask_for_a_word(session=session, visit_id=visit_id)
        words = prompt("session.agent_asked", language)
    return go(session.pk, call_sid=call_sid, words=words)


def leave(session: Session, *, call_sid: str) -> Script:
    """The executive has had enough."""
    if session.call_sid != call_sid:
        return _goodbye(session)
    try:
        session = sessions.finish(session=session, why="Left by the star.")
    except NotNow:
        session = Session.objects.select_related("person", "programme").get(pk=session.pk)
    return _goodbye(session)


def present(session: Session, digits: str, *, call_sid: str) -> Script:
    """Somebody listens."""
    _proved(session, call_sid, digits)
    return go(session.pk, call_sid=call_sid, words=prompt("session.go_on", session.person.language))


def absent(session: Session, *, call_sid: str) -> Script:
    """Nobody pressed a key when asked twice: what is unproven is not credited, and the line is given up."""
    with transaction.atomic():
        sessions.lock_call_of(session.pk)
        row = sessions.locked(session.pk)
        if row.status != SessionStatus.RUNNING or row.call_sid != call_sid:
            return _goodbye(row)
        evidence.record(kind=EvidenceKind.ABSENT, session=row, call_sid=call_sid, participant="listener")
        sessions.finish(session=row, why="Nobody pressed a key when asked.")
    language = session.person.language
    return speaking(language).say(prompt("session.absent", language)).hang_up()


def _proved(session: Session, call_sid: str, digits: str) -> None:
    with transaction.atomic():
        row = sessions.locked(session.pk)
        if row.status == SessionStatus.RUNNING and row.call_sid == call_sid:
            sessions.key_pressed(row, call_sid=call_sid, detail=digits[:4])


def _are_you_there(script: Script, row: Session) -> Script:
    language = row.person.language
    for _ in range(2):
        script.gather(
            prompts=[prompt("session.presence", language)],
            action=links.webhook("session-present", row.pk),
            timeout=PRESENCE_SECONDS,
            digits=1,
        )
    return script.redirect(links.webhook("session-absent", row.pk))


def _goodbye(row: Session, *, time_is_up: bool = False) -> Script:
    language = row.person.language
    if row.status == SessionStatus.FINISHED and row.debrief_due_at is None:
        words = "session.goodbye_nothing"
    else:
        words = "session.time_is_up" if time_is_up else "session.goodbye"
    return speaking(language).say(prompt(words, language)).hang_up()
