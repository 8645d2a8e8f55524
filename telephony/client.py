"""What we ask of Twilio: calls, texts, conferences. Every verb is one HTTP request unless it says otherwise.

Errors: `TelephonyError` (surely not done; `permanent` or not), `Throttled` (surely not done, too many asked),
`OutcomeUnknown` (sent, and the answer was lost: ask `find_calls` or `find_texts` before anything else). Call
none of these inside a database transaction. Numbers are E.164, times are aware and UTC, URLs are absolute.
Source: https://www.twilio.com/docs/voice/api and https://www.twilio.com/docs/messaging/api .
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.conf import settings
from django.utils import timezone
from twilio.base.exceptions import TwilioException

from telephony import consent
from telephony.errors import OutcomeUnknown, TelephonyError
from telephony.events import CALL_EVENTS, CONFERENCE_EVENTS, is_final
from telephony.numbers import is_dialable
from telephony.remedies import REMEDIES
from telephony.transport import twilio_client

# Twilio writes times to the second, and its clock is not ours.
CLOCK_MARGIN = timedelta(seconds=5)
# One page of a list. Somebody whose number had more calls than this within a search is not being paged.
MOST_FOUND = 100

# Twilio's bounds for `Timeout` of a call: https://www.twilio.com/docs/voice/api/call-resource
SHORTEST_RING_SECONDS, LONGEST_RING_SECONDS = 5, 600

_NOT_IN_STATE, _NOT_FOUND, _STOPPED = 21220, 20404, 21610


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A call that Twilio took; `status` is usually `queued`."""

    sid: str
    status: str


@dataclass(frozen=True, slots=True)
class SeenCall:
    """A call as Twilio's list shows it (the list lags behind by up to some seconds)."""

    sid: str
    to: str
    from_: str
    status: str
    started_at: datetime | None
    created_at: datetime | None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SentText:
    """A text that Twilio took; `status` is usually `queued`."""

    sid: str
    status: str


@dataclass(frozen=True, slots=True)
class SeenText:
    """A text as Twilio's list shows it."""

    sid: str
    to: str
    from_: str
    body: str
    status: str
    created_at: datetime | None
    error_code: int | None


@dataclass(frozen=True, slots=True)
class SeenConference:
    """A conference as Twilio keeps it. `ended_at` is when it was last changed, once it has ended (whole seconds)."""

    sid: str
    name: str
    status: str
    created_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether nobody is in it any more, for good."""
        return self.status == "completed"


@dataclass(frozen=True, slots=True)
class SeenParticipant:
    """Somebody in a conference now, or being rung for it (`status` is "connected" of who is in)."""

    call_sid: str
    label: str
    muted: bool
    hold: bool
    coaching: bool
    status: str


# --- Calls -------------------------------------------------------------------------------------------


def place_call(
    *,
    to: str,
    answer_url: str,
    status_callback: str,
    ring_seconds: int,
    machine_callback: str | None = None,
    machine_beep: bool = False,
    caller_id: str | None = None,
    fallback_url: str | None = None,
    send_digits: str = "",
) -> PlacedCall:
    """Ring `to`. When somebody answers, Twilio asks `answer_url` for TwiML (`fallback_url` if that fails).

    `ring_seconds` is held within Twilio's 5 to 600; Twilio may ring 5 s longer. With `machine_callback`
    Twilio listens in the background whether a machine answered, and tells that URL; the call does not wait
    for it. With `machine_beep` it tells of a voicemail only after its greeting, when a message can be left.
    `send_digits` are keys that Twilio presses once somebody answers ("w" waits half a second). Nothing is ever
    recorded by this.
    """
    _refuse_undialable(to)
    options: dict[str, Any] = {"send_digits": send_digits} if send_digits else {}
    if machine_callback:
        options |= {
            "machine_detection": "DetectMessageEnd" if machine_beep else "Enable",
            "async_amd": "true",
            "async_amd_status_callback": machine_callback,
        }
    if fallback_url:
        options["fallback_url"] = fallback_url
    call = twilio_client().calls.create(
        to=to,
        from_=caller_id or _from_number(),
        url=answer_url,
        status_callback=status_callback,
        status_callback_event=list(CALL_EVENTS),
        timeout=_ring(ring_seconds),
        **options,
    )
    return PlacedCall(sid=_sid(call.sid), status=str(call.status))


def find_calls(*, to: str, since: datetime) -> list[SeenCall]:
    """Calls to a number created at or after `since` (less 5 s for the clocks), newest first, at most 100.

    Twilio's own time filter goes by StartTime, which a call that still waits does not have: such a call is
    just what a search after a crash must find. So only `To` goes to Twilio and the time is judged here; a
    call without any time is kept.
    """
    seen = [_seen_call(call) for call in _listed(lambda: twilio_client().calls.list(**_page_of(to)))]
    return _newest_first(seen, since=since)


def fetch_call(*, sid: str) -> SeenCall:
    """The call as it is now."""
    return _seen_call(twilio_client().calls(sid).fetch())


def hang_up(*, sid: str) -> None:
    """End a call in whatever state it is: waiting, ringing or spoken in. One that has ended is fine.

    Twilio may refuse `completed` for a call that still rings (21220) and wants `canceled` then: up to four
    requests.
    """
    call = twilio_client().calls(sid)
    for status in ("completed", "canceled"):
        try:
            call.update(status=status)
        except TelephonyError as error:
            if error.code == _NOT_FOUND:
                return
            if error.code != _NOT_IN_STATE:
                raise
            refused = error
        else:
            return
        if is_final(fetch_call(sid=sid).status):
            return
    raise TelephonyError(
        "The call does not let itself be ended.",
        remedy="Try again in a moment.",
        permanent=False,
        code=refused.code,
    ) from refused


def redirect_call(*, sid: str, url: str) -> None:
    """Break into a call that is spoken in: Twilio asks `url` for what comes next."""
    twilio_client().calls(sid).update(url=url, method="POST")


def speak_and_hang_up(*, sid: str, twiml: str) -> None:
    """Break into a call that is spoken in with this TwiML (`Script.render()`, at most 4,000 characters)."""
    twilio_client().calls(sid).update(twiml=twiml)


# --- Texts -------------------------------------------------------------------------------------------


def send_text(*, to: str, body: str, status_callback: str | None = None) -> SentText:
    """Send a text from the messaging service, else from our number.

    Somebody who answered STOP gets none: TelephonyError 21610, without asking Twilio when we know of it, and
    noted (`telephony.consent`) when we learn it from Twilio.
    """
    _refuse_undialable(to)
    if not consent.may_text(to):
        stopped = REMEDIES[_STOPPED]
        raise TelephonyError(stopped.words, remedy=stopped.remedy, permanent=True, code=_STOPPED)
    service = settings.TWILIO_MESSAGING_SERVICE_SID
    sender = {"messaging_service_sid": service} if service else {"from_": _from_number()}
    options = {"status_callback": status_callback} if status_callback else {}
    try:
        text = twilio_client().messages.create(to=to, body=body, **sender, **options)
    except TelephonyError as error:
        if error.code == _STOPPED:
            consent.note_stop(number=to, word="", at=timezone.now())
        raise
    return SentText(sid=_sid(text.sid), status=str(text.status))


def find_texts(*, to: str, since: datetime) -> list[SeenText]:
    """Texts to a number created at or after `since` (less 5 s for the clocks), newest first, at most 100."""
    seen = [_seen_text(text) for text in _listed(lambda: twilio_client().messages.list(**_page_of(to)))]
    return _newest_first(seen, since=since)


def fetch_text(*, sid: str) -> SeenText:
    """The text as it is now."""
    return _seen_text(twilio_client().messages(sid).fetch())


# --- Conferences -------------------------------------------------------------------------------------


def find_conference(*, name: str) -> SeenConference | None:
    """The conference of this name that has not ended (somebody waits in it, or it runs), or None."""
    found = _listed(lambda: twilio_client().conferences.list(friendly_name=name, limit=20, page_size=20))
    for conference in found:
        if str(conference.status) != "completed":
            return _seen_conference(conference)
    return None


def fetch_conference(*, sid: str) -> SeenConference:
    """The conference as it is now, or was. Raises TelephonyError 20404 where the account has none of this SID."""
    return _seen_conference(twilio_client().conferences(sid).fetch())


def list_participants(*, conference_sid: str) -> list[SeenParticipant]:
    """Who is in a conference now; of one that has ended Twilio knows nobody any more. At most 250."""
    room = twilio_client().conferences(conference_sid)
    return [
        SeenParticipant(
            call_sid=str(one.call_sid),
            label=str(one.label or ""),
            muted=bool(one.muted),
            hold=bool(one.hold),
            coaching=bool(one.coaching),
            status=str(one.status),
        )
        for one in _listed(lambda: room.participants.list(limit=250, page_size=250))
        if str(one.status) == "connected"
    ]


def add_participant(
    *,
    conference: str,
    to: str,
    label: str,
    status_callback: str,
    ring_seconds: int,
    caller_id: str | None = None,
    muted: bool = False,
    start_on_enter: bool = True,
    end_on_exit: bool = False,
    coach: str | None = None,
    conference_callback: str | None = None,
) -> PlacedCall:
    """Ring `to` and put whoever answers (a machine too) straight into a conference, by its SID or its name.

    There is no "press 1 first" here: for that, place a call and answer it with TwiML. `label` is unique in
    the conference (16025) and names no person. `coach` is the SID of the one call that hears this
    participant; it must be live in a running conference (13240). Only the first to join sets
    `conference_callback`, and whose phone is quicker is never known: give it here and in the TwiML of
    everybody else. Nothing beeps: everybody would hear it.
    """
    _refuse_undialable(to)
    options: dict[str, Any] = {}
    if coach:
        options |= {"coaching": True, "call_sid_to_coach": coach}
    if conference_callback:
        options |= {
            "conference_status_callback": conference_callback,
            "conference_status_callback_event": list(CONFERENCE_EVENTS),
        }
    participant = (
        twilio_client()
        .conferences(conference)
        .participants.create(
            from_=caller_id or _from_number(),
            to=to,
            label=label,
            timeout=_ring(ring_seconds),
            status_callback=status_callback,
            status_callback_event=list(CALL_EVENTS),
            beep="false",
            muted=muted,
            early_media=False,
            start_conference_on_enter=start_on_enter,
            end_conference_on_exit=end_on_exit,
            **options,
        )
    )
    return PlacedCall(sid=_sid(participant.call_sid), status=str(participant.status))


def update_participant(
    *,
    conference_sid: str,
    call_sid: str,
    muted: bool | None = None,
    hold: bool | None = None,
    announce_url: str | None = None,
    end_on_exit: bool | None = None,
    coach: str | None = None,
) -> None:
    """Change how somebody takes part; what is None stays as it is. `call_sid` may be the participant's label.

    `announce_url` is heard by this participant alone. `coach` set to "" ends coaching.
    """
    wanted: dict[str, Any] = {
        "muted": muted,
        "hold": hold,
        "announce_url": announce_url,
        "end_conference_on_exit": end_on_exit,
    }
    if coach is not None:
        wanted |= {"coaching": bool(coach), "call_sid_to_coach": coach or None}
    changes = {name: value for name, value in wanted.items() if value is not None}
    twilio_client().conferences(conference_sid).participants(call_sid).update(**changes)


def remove_participant(*, conference_sid: str, call_sid: str) -> None:
    """Take somebody out of a conference, which ends their call. Whoever has left already is fine."""
    _gone_is_fine(lambda: twilio_client().conferences(conference_sid).participants(call_sid).delete())


def end_conference(*, conference_sid: str) -> None:
    """End a conference for everybody in it. One that has ended is fine."""
    _gone_is_fine(lambda: twilio_client().conferences(conference_sid).update(status="completed"))


# --- Below -------------------------------------------------------------------------------------------


_Seen = TypeVar("_Seen", SeenCall, SeenText)


def _newest_first(seen: Iterable[_Seen], *, since: datetime) -> list[_Seen]:
    earliest = since - CLOCK_MARGIN
    kept = [item for item in seen if item.created_at is None or item.created_at >= earliest]
    return sorted(kept, key=lambda item: item.created_at or datetime.max.replace(tzinfo=UTC), reverse=True)


def _page_of(to: str) -> dict[str, Any]:
    return {"to": to, "limit": MOST_FOUND, "page_size": MOST_FOUND}


def _listed(ask: Any) -> list[Any]:
    """What a list call of the official client found; a page it cannot read is an error like any other."""
    try:
        return list(ask())
    except (TwilioException, AttributeError, KeyError, TypeError, ValueError) as error:
        raise TelephonyError(
            "Twilio's list could not be read.", remedy="Check TWILIO_API_BASE_URL.", permanent=False
        ) from error


def _gone_is_fine(ask: Any) -> None:
    try:
        ask()
    except TelephonyError as error:
        if error.code not in {_NOT_FOUND, _NOT_IN_STATE}:
            raise


def _seen_call(call: Any) -> SeenCall:
    return SeenCall(
        sid=str(call.sid),
        to=str(call.to or ""),
        from_=str(getattr(call, "_from", "") or ""),
        status=str(call.status),
        started_at=_utc(call.start_time),
        created_at=_utc(call.date_created),
        ended_at=_utc(getattr(call, "end_time", None)),
    )


def _seen_conference(conference: Any) -> SeenConference:
    status = str(conference.status)
    return SeenConference(
        sid=str(conference.sid),
        name=str(conference.friendly_name or ""),
        status=status,
        created_at=_utc(conference.date_created),
        ended_at=_utc(conference.date_updated) if status == "completed" else None,
    )


def _seen_text(text: Any) -> SeenText:
    return SeenText(
        sid=str(text.sid),
        to=str(text.to or ""),
        from_=str(text.from_ or ""),
        body=str(text.body or ""),
        status=str(text.status),
        created_at=_utc(text.date_created),
        error_code=text.error_code if isinstance(text.error_code, int) else None,
    )


def _utc(instant: Any) -> datetime | None:
    return instant if isinstance(instant, datetime) else None


def _sid(sid: str | None) -> str:
    """Twilio's name for what was made. An answer without one leaves us not knowing what was made."""
    if not sid:
        raise OutcomeUnknown("Twilio's answer names nothing that was made.")
    return str(sid)


def _ring(seconds: int) -> int:
    return max(SHORTEST_RING_SECONDS, min(LONGEST_RING_SECONDS, seconds))


def _from_number() -> str:
    if not settings.TWILIO_FROM_NUMBER:
        raise TelephonyError(
            "There is no number to call from.", remedy="Set TWILIO_FROM_NUMBER.", permanent=True
        )
    return str(settings.TWILIO_FROM_NUMBER)


def _refuse_undialable(to: str) -> None:
    """The last guard before the network: nothing here ever rings 112 or a premium-rate number."""
    if not is_dialable(to):
        raise TelephonyError(
            "This number is never dialled: it is not E.164, or an emergency or premium-rate number.",
            remedy="Correct the telephone number.",
            permanent=True,
        )
