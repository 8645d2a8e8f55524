"""Afterwards Twilio is asked what it has on record of a session's calls and conferences: a difference is shown.

The ledger goes by what was told as it happened. Calls are Twilio's bills, so their beginnings and ends are the other
account of the same thing: seconds that count although one of the three calls had ended, and whatever went on after
the last that we were told, are put down for an administrator, who corrects the ledger or does not.

Participants cannot be asked for any more: Twilio keeps none of a conference that has ended
(https://www.twilio.com/docs/voice/api/conference-participant-resource).
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Sum

from listening.credits import Happening, Who
from listening.intervals import Span, Spans, whole_seconds, without
from listening.models import Credit, Evidence, Reconciliation, Session, SessionKind, SessionStatus, Visit
from listening.reckoning import happenings_of, reckon
from telephony import client, clock
from telephony.errors import TelephonyError

logger = logging.getLogger(__name__)

SETTLED_AFTER = timedelta(minutes=10)
"""By then Twilio's records are whole: its reads lag behind."""
GIVEN_UP_AFTER = timedelta(days=7)
AT_ONCE = 50
TOLERANCE = 1
"""Seconds: Twilio's instants are whole ones, and each of two clocks rounds in its own way."""
NOT_FOUND = 20404


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """A call or a conference as Twilio has it on record. `known` False: it has no such thing."""

    who: str
    started_at: datetime | None = None
    ended_at: datetime | None = None
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What does not agree, in words, and how many seconds hang on it."""

    what: str
    seconds: int


def compare(*, counted: Spans, last_told: datetime | None, records: Iterable[Theirs]) -> list[Difference]:
    """One visit: what counts by our evidence, the last that we were told, and Twilio's records. Pure."""
    found = []
    for one in records:
        if not one.known:
            found.append(
                Difference(what=f"Twilio has no record of {one.who}", seconds=whole_seconds(counted))
            )
            continue
        start = one.started_at or datetime.min.replace(tzinfo=UTC)
        end = one.ended_at or datetime.max.replace(tzinfo=UTC)
        outside = whole_seconds(without(counted, [Span(start, end)]))
        if outside > TOLERANCE:
            found.append(
                Difference(what=f"Counted before {one.who} began, or after it had ended", seconds=outside)
            )
        if one.who == _CONFERENCE and one.ended_at is not None and last_told is not None:
            untold = int((one.ended_at - last_told).total_seconds())
            if untold > TOLERANCE:
                found.append(
                    Difference(what="The conference went on after the last that we were told", seconds=untold)
                )
    return found


def reconcile(*, session: Session) -> Reconciliation:
    """Ask Twilio about one finished session, and keep what differs. The network is used outside any transaction.

    Asked again it is compared anew. Raises TelephonyError.
    """
    told = reckon(session)
    differences: list[Difference] = []
    asked = 0
    for visit in told.visits:
        rows = list(Evidence.objects.filter(live_call=visit.visit.live_call_id))
        happenings = happenings_of(visit.visit, rows)
        records = _records(visit.visit, happenings)
        asked += len(records)
        last = max((one.at for one in happenings if one.sequence is not None), default=None)
        differences += compare(counted=visit.reckoned.spans, last_told=last, records=records)
    row, _ = Reconciliation.objects.update_or_create(
        session=session,
        defaults={
            "at": clock.now(),
            "asked": asked,
            "seconds": told.seconds,
            "differences": [asdict(one) for one in differences],
        },
    )
    return row


def reconcile_due() -> int:
    """Ask about the sessions that ended some minutes ago and were not asked about. Returns how many it was.

    Each ten minutes, by a schedule. What cannot be asked now is asked the next time, for a week.
    """
    now = clock.now()
    due = Session.objects.filter(
        kind=SessionKind.LISTENING,
        status=SessionStatus.FINISHED,
        ended_at__lte=now - SETTLED_AFTER,
        ended_at__gt=now - GIVEN_UP_AFTER,
        reconciliation=None,
        visits__joined_at__isnull=False,
    )
    done = 0
    for session in due.select_related("programme").distinct().order_by("ended_at")[:AT_ONCE]:
        try:
            reconcile(session=session)
        except TelephonyError as error:
            logger.warning("Session %s could not be reconciled: %s", session.pk, error)
            if not error.permanent:
                break  # nor can the others just now
            continue
        done += 1
    return done


def differences_of(session: Session) -> list[Difference]:
    """All that does not agree about a session, for its page: with Twilio, and of the ledger with the evidence now.

    Six queries at most.
    """
    found = []
    row = Reconciliation.objects.filter(session=session).first()
    if row is not None:
        found += [Difference(**one) for one in row.differences]
    if session.kind == SessionKind.LISTENING:
        credited = Credit.objects.filter(session=session, key__startswith="session:").aggregate(
            sum=Sum("seconds")
        )["sum"]
        seconds = (
            sum(seconds for seconds, _ in reckon(session).lines().values()) if credited is not None else 0
        )
        if credited is not None and credited != seconds:
            found.append(
                Difference(
                    what=f"Credited {credited} s, and by the evidence that came since it is {seconds} s",
                    seconds=abs(credited - seconds),
                )
            )
    return found


# --- Below -----------------------------------------------------------------------------------------------------

_CONFERENCE = "the conference"
_WORDS = {
    Who.LISTENER: "the listener’s call",
    Who.AGENT: "the agent’s call",
    Who.CUSTOMER: "the customer’s call",
    Who.EXTENSION: "the call to the extension",
}


def _records(visit: Visit, happenings: Sequence[Happening]) -> list[Theirs]:
    legs = {(one.who, one.leg) for one in happenings if one.who in _WORDS and one.leg.startswith("CA")}
    found = [_call(_WORDS[who], leg) for who, leg in sorted(legs)]
    if visit.live_call.conference_sid:
        found.append(_conference(visit.live_call.conference_sid))
    return found


def _call(who: str, sid: str) -> Theirs:
    try:
        seen = client.fetch_call(sid=sid)
    except TelephonyError as error:
        if error.code != NOT_FOUND:
            raise
        return Theirs(who=who, known=False)
    return Theirs(who=who, started_at=seen.started_at, ended_at=seen.ended_at)


def _conference(sid: str) -> Theirs:
    try:
        seen = client.fetch_conference(sid=sid)
    except TelephonyError as error:
        if error.code != NOT_FOUND:
            raise
        return Theirs(who=_CONFERENCE, known=False)
    return Theirs(who=_CONFERENCE, started_at=seen.created_at, ended_at=seen.ended_at)
