"""Recorded calls, and executives who hear them again: only the seconds that were really played count, each once.

The page's player reports every few seconds which part it has just played (`played`). Reports are evidence, each with
the player's own number, so that one that arrives twice is one; what was lost is not credited, and what nobody could
have heard in the time is not believed (`listening.other_evidence.heard`).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath

from django.conf import settings
from django.core.files.base import File
from django.db import transaction

from listening import evidence, sessions
from listening.errors import BadInput, NotAllowed, NotNow
from listening.free_text import written_line
from listening.models import (
    Evidence,
    EvidenceKind,
    EvidenceStrength,
    Recording,
    Review,
    Session,
    SessionKind,
    SessionStatus,
)
from listening.other_evidence import Heard, heard
from listening.uploads import MOST_RECORDING_SECONDS, look_at_recording
from listening.worth import read_beat
from people.models import Person
from people.regional import read_language
from rota.membership import is_member
from rota.models import Programme
from telephony import clock

LONGEST_REPORT = 120.0
"""The player reports every few seconds: no report covers more than so many."""
_PLAYER = re.compile(r"[0-9a-z]{8,16}")
_TYPES = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
    ".mp4": "audio/mp4",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
}


# --- Recordings ------------------------------------------------------------------------------------------------


def add_recording(
    *,
    programme: Programme,
    by: Person,
    title: str,
    recorded_on: date,
    announced_by: str,
    file: File[bytes] | None = None,
    address: str = "",
    seconds: int | None = None,
    agent: Person | None = None,
    language: str = "",
) -> Recording:
    """Keep a recorded call: a file, or an `address` in our own store (`RECORDINGS_URL`) that plays so many `seconds`.

    `announced_by` says how customer and agent knew that they were recorded: without it nobody may play it. Raises
    BadInput naming the field, NotAllowed.
    """
    _check_admin(by)
    row = Recording(
        programme=programme,
        title=written_line(title, field="title", most=120, required=True),
        announced_by=written_line(announced_by, field="announced_by", most=200, required=True),
        recorded_on=recorded_on,
        language=read_language(language) if language.strip() else "",
        agent=agent,
        added_by=by,
        created_at=clock.now(),
    )
    if recorded_on > clock.now().date() + timedelta(days=1):
        raise BadInput("This day is still to come.", field="recorded_on", code="out_of_range")
    if (file is None) == (not address.strip()):
        raise BadInput("Give a file, or an address: one of the two.", field="file", code="required")
    if file is not None:
        audio = look_at_recording(file)
        row.content_type, row.seconds, row.file = audio.content_type, audio.seconds, audio.file
    else:
        row.address, row.content_type = _in_our_store(address.strip())
        if seconds is None or not 1 <= seconds <= MOST_RECORDING_SECONDS:
            raise BadInput("Say how many seconds it plays.", field="seconds", code="out_of_range")
        row.seconds = seconds
    row.save(force_insert=True)
    return row


def withdraw_recording(*, recording: Recording, by: Person) -> Recording:
    """Nobody plays it any more; a file of ours is deleted. What was credited stays. Raises NotAllowed."""
    _check_admin(by)
    with transaction.atomic():
        row = Recording.objects.select_for_update().get(pk=recording.pk)
        if row.withdrawn_at is None:
            row.withdrawn_at = clock.now()
            row.save(update_fields=["withdrawn_at"])
            if name := row.file.name:
                transaction.on_commit(lambda: row.file.storage.delete(name), robust=True)
    return row


def recordings_for(*, programme: Programme) -> list[Recording]:
    """What may be reviewed in a programme, the newest first. One query."""
    return list(Recording.objects.filter(programme=programme, withdrawn_at=None))


def may_play(person: Person, recording: Recording) -> bool:
    """Whoever reviews it now, and administrators."""
    if recording.withdrawn_at is not None or not person.is_active:
        return False
    reviewing = Review.objects.filter(
        recording=recording, session__person=person, session__status=SessionStatus.RUNNING
    )
    return person.is_admin or reviewing.exists()


# --- Reviews ---------------------------------------------------------------------------------------------------


def begin_review(*, recording: Recording, person: Person) -> Session:
    """The executive opens a recording. Where they have it open already, that is the one. Raises NotAllowed, NotNow."""
    now = clock.now()
    programme = recording.programme
    if recording.withdrawn_at is not None:
        raise NotNow("This recording was taken away.", code="withdrawn")
    if not (person.is_active and person.is_executive):
        raise NotAllowed("Only executives review calls.", code="not_allowed")
    if not is_member(programme, person, now.astimezone(programme.zone).date()):
        raise NotAllowed(f"You are no member of {programme.name}.", code="no_member")
    with transaction.atomic():
        Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        running = Session.objects.filter(
            person=person, status=SessionStatus.RUNNING, review__recording=recording
        )
        if found := running.select_related("programme").first():
            return found
        session = sessions.book(
            programme=programme,
            person=person,
            start=now,
            end=now + timedelta(seconds=max(60, min(recording.seconds, MOST_RECORDING_SECONDS))),
            kind=SessionKind.REVIEW,
            by=person,
        )
        Review.objects.create(session=session, recording=recording)
        return sessions.start(session=session, by=person)


def played(*, session: Session, by: Person, player: str, sequence: int, start: float, end: float) -> Heard:
    """The player has just played from one second of the recording to another; what is heard of it so far.

    `player` names one opening of the page and `sequence` counts its reports: one that comes twice is one. Raises
    BadInput naming the field, NotAllowed, NotNow.
    """
    if not _PLAYER.fullmatch(player):
        raise BadInput("A player is 8 to 16 small letters and digits.", field="player", code="invalid")
    if not 0 <= sequence < 1_000_000:
        raise BadInput("Reports are counted from 0.", field="sequence", code="out_of_range")
    with transaction.atomic():
        row = _running(session, by)
        seconds = row.review.recording.seconds
        if not 0 <= start <= end <= seconds + 1.5 or end - start > LONGEST_REPORT:
            raise BadInput("A report is a part of the recording.", field="end", code="out_of_range")
        evidence.record(
            kind=EvidenceKind.PLAYED,
            session=row,
            strength=EvidenceStrength.PLAYER,
            source_sid=f"player:{row.pk}:{player}",
            sequence=sequence,
            detail=f"{start:.2f}-{min(end, seconds):.2f}",
        )
        return heard_of(row)


def heard_of(session: Session) -> Heard:
    """What is heard so far. Two queries."""
    rows = Evidence.objects.filter(session=session, kind=EvidenceKind.PLAYED).order_by("at", "pk")
    review = Review.objects.select_related("recording").get(session=session)
    return heard(_begun(session), map(read_beat, rows), seconds=review.recording.seconds)


def finish_review(*, session: Session, by: Person) -> Session:
    """The executive has heard enough and writes the debrief. Raises NotAllowed, NotNow (nothing was played)."""
    with transaction.atomic():
        row = _running(session, by)
        if not heard_of(row).spans:
            raise NotNow("Nothing was played yet.", code="nothing_heard")
        return sessions.finish(session=row, by=by)


# --- Below -----------------------------------------------------------------------------------------------------


def _check_admin(by: Person) -> None:
    if not (by.is_active and by.is_admin):
        raise NotAllowed("Only administrators keep recordings.", code="not_allowed")


def _in_our_store(address: str) -> tuple[str, str]:
    """The address and what it is, by its ending."""
    store = settings.RECORDINGS_URL
    if not store or not address.startswith(store) or ".." in address:
        where = f"begins with {store}" if store else "needs RECORDINGS_URL, which is not set"
        raise BadInput(f"An address {where}.", field="address", code="invalid")
    if len(address) > 500:
        raise BadInput("At most 500 characters.", field="address", code="too_long")
    kind = _TYPES.get(PurePosixPath(address.partition("?")[0]).suffix.lower())
    if kind is None:
        raise BadInput(f"An address ends with one of {', '.join(_TYPES)}.", field="address", code="invalid")
    return address, kind


def _running(session: Session, by: Person) -> Session:
    row = sessions.locked(session.pk)
    if by.pk != row.person_id:
        raise NotAllowed("Only whoever reviews it reports on it.", code="not_allowed")
    if row.kind != SessionKind.REVIEW or row.status != SessionStatus.RUNNING:
        raise NotNow("This review is over.", code=row.status)
    return row


def _begun(session: Session) -> datetime:
    return session.started_at or session.planned_start
