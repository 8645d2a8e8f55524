"""REST: Conferences and their Participants.

Source: twilio.com/docs/voice/api/conference-resource and /conference-participant-resource.
"""

from __future__ import annotations

from typing import Any

from telephony.simulator.calls import Call, rfc2822
from telephony.simulator.conferences import GROUPS, Conference, Join, Participant, can_coach, join
from telephony.simulator.parameters import Parameters
from telephony.simulator.refusals import Refused
from telephony.simulator.resources import account_path, in_span, page_of
from telephony.simulator.rest import Reply, Request, serves
from telephony.simulator.rest_calls import check_numbers, plan_of

ROOM = r"/Conferences/(?P<conference>CF\w+)"
LONGEST_LABEL = 128


def conference_json(room: Conference) -> dict[str, Any]:
    """A conference."""
    uri = f"{account_path(room.network)}/Conferences/{room.sid}"
    return {
        "sid": room.sid,
        "account_sid": room.network.account_sid,
        "api_version": "2010-04-01",
        "friendly_name": room.name,
        "status": room.status,
        "region": "us1",
        "date_created": rfc2822(room.created_at),
        "date_updated": rfc2822(room.updated_at),
        "reason_conference_ended": room.reason_ended or None,
        "call_sid_ending_conference": room.ended_by or None,
        "uri": f"{uri}.json",
        "subresource_uris": {
            "participants": f"{uri}/Participants.json",
            "recordings": f"{uri}/Recordings.json",
        },
    }


def participant_json(room: Conference, call: Call, how: Join, seat: Participant | None) -> dict[str, Any]:
    """Somebody in a conference, or on the way into it."""
    uri = f"{account_path(room.network)}/Conferences/{room.sid}/Participants/{call.sid}.json"
    ways = {"queued": "queued", "ringing": "ringing", "in-progress": "connecting"}
    return {
        "account_sid": room.network.account_sid,
        "conference_sid": room.sid,
        "call_sid": call.sid,
        "label": how.label or None,
        "muted": seat.muted if seat else how.muted,
        "hold": bool(seat and seat.hold),
        "coaching": bool(seat.coaching if seat else how.coach),
        "call_sid_to_coach": (seat.coaching if seat else how.coach) or None,
        "start_conference_on_enter": how.start_on_enter,
        "end_conference_on_exit": seat.end_on_exit if seat else how.end_on_exit,
        "status": "connected" if seat else ways.get(call.status, "failed"),
        "queue_time": None,
        "date_created": rfc2822(call.created_at),
        "date_updated": rfc2822(call.updated_at),
        "uri": uri,
    }


@serves("GET", r"/Conferences\.json", "Conferences")
def index(request: Request) -> Reply:
    """List conferences, newest first."""
    given = Parameters("ListConference", request.query)
    found = [
        room
        for room in reversed(request.network.conferences.values())
        if request.sees(room.sid)
        and given.text("FriendlyName") in {"", room.name}
        and given.text("Status") in {"", room.status}
        and in_span(given, "DateCreated", room.created_at)
        and in_span(given, "DateUpdated", room.updated_at)
    ]
    path = f"{account_path(request.network)}/Conferences.json"
    return Reply(
        200,
        page_of(
            key="conferences",
            path=path,
            items=found,
            parameters=given,
            query=request.pairs,
            show=conference_json,
        ),
    )


@serves("GET", rf"{ROOM}\.json", "Conference")
def fetch(request: Request) -> Reply:
    """One conference."""
    return Reply(200, conference_json(_room(request)))


@serves("POST", rf"{ROOM}\.json", "Conference")
def update(request: Request) -> Reply:
    """End it, or announce something to everybody in it."""
    room, given = _room(request), Parameters("UpdateConference", request.form)
    announce = given.url("AnnounceUrl")
    if room.status == "completed":
        raise Refused(20404, request.path)
    if given.text("Status") == "completed":
        room.end("conference-ended-via-api")
    elif announce:
        room.announce(announce, given.method("AnnounceMethod"), list(room.seats))
    return Reply(200, conference_json(room))


@serves("GET", rf"{ROOM}/Participants\.json", "Participants")
def participants(request: Request) -> Reply:
    """Who is in it or being rung for it."""
    room, given = _room(request), Parameters("ListParticipant", request.query)
    shown = [participant_json(room, s.call, s.how, s) for s in room.seats]
    shown += [participant_json(room, call, how, None) for call, how in room.invited]
    for name in ("Muted", "Hold", "Coaching"):
        if given.text(name):
            shown = [p for p in shown if p[name.lower()] is given.flag(name, default=False)]
    path = f"{account_path(request.network)}/Conferences/{room.sid}/Participants.json"
    return Reply(
        200,
        page_of(
            key="participants",
            path=path,
            items=shown,
            parameters=given,
            query=request.pairs,
            show=lambda shown_already: shown_already,
        ),
    )


@serves("POST", r"/Conferences/(?P<conference>[^/]+)/Participants\.json", "Participants")
def invite(request: Request) -> Reply:
    """Ring somebody into a conference, by its SID or its name (which makes one)."""
    network, given = request.network, Parameters("CreateParticipant", request.form)
    to, from_ = given.text("To"), given.text("From")
    check_numbers(request, to, from_)
    label = given.text("Label")
    if len(label) > LONGEST_LABEL:
        raise Refused(16021, label)
    which = request.part("conference")
    room = _room(request) if which.startswith("CF") else network.conference(which)
    if room.status == "completed":
        raise Refused(20404, request.path)
    used = {s.how.label for s in room.seats} | {how.label for _, how in room.invited}
    if label and label in used:
        raise Refused(16025, label)
    coach = given.text("CallSidToCoach") if given.flag("Coaching", default=False) else ""
    if given.flag("Coaching", default=False) and not can_coach(room, coach):
        raise Refused(13240, coach)
    how = Join(
        name=room.name,
        muted=given.flag("Muted", default=False),
        beep=given.text("Beep", "true"),
        start_on_enter=given.flag("StartConferenceOnEnter", default=True),
        end_on_exit=given.flag("EndConferenceOnExit", default=False),
        wait_url=given.url("WaitUrl") if "WaitUrl" in given else None,
        wait_method=given.method("WaitMethod"),
        max_participants=given.number("MaxParticipants", default=250, least=2, most=250),
        status_url=given.url("ConferenceStatusCallback", code=21609),
        status_method=given.method("ConferenceStatusCallbackMethod"),
        events=given.events("ConferenceStatusCallbackEvent", GROUPS, default=("start", "end")),
        label=label,
        coach=coach,
    )
    call = network.place(to=to, from_=from_, caller_id=given.text("CallerId"), plan=plan_of(given, amd=""))
    room.first_sets_callbacks(how)
    room.invited.append((call, how))
    call.on_outcome = lambda done: _arrives(room, done, how)
    return Reply(
        201, participant_json(room, call, how, None), sid=call.sid, begin=lambda: network.begin(call)
    )


def _arrives(room: Conference, call: Call, how: Join) -> None:
    room.invited = [(c, j) for c, j in room.invited if c is not call]
    call.on_outcome = None
    if not call.is_live:
        room.invitation_failed(call, how)
        return
    if room.status == "completed":
        call.end("completed")
        return
    leaving = Join(**{**vars(how), "on_left": lambda: call.end("completed")})
    seat = join(call, leaving)
    if isinstance(seat, tuple):
        room.network.note_problem(*seat, call_sid=call.sid, level="error")
        call.end("completed")


ONE = rf"{ROOM}/Participants/(?P<who>[^/]+)\.json"


@serves("GET", ONE, "Participant")
def fetch_participant(request: Request) -> Reply:
    """One of them."""
    room = _room(request)
    return Reply(200, participant_json(room, *_who(request, room)))


@serves("POST", ONE, "Participant")
def update_participant(request: Request) -> Reply:
    """Mute, hold, coach, announce to one of them."""
    room, given = _room(request), Parameters("UpdateParticipant", request.form)
    call, how, seat = _who(request, room)
    if seat is None:
        raise Refused(20404, request.path)
    announce, hold_url = given.url("AnnounceUrl"), given.url("HoldUrl")
    coach = _coach(given, room)
    if given.text("Muted"):
        seat.set_muted(given.flag("Muted", default=False))
    if given.text("Hold"):
        seat.set_hold(given.flag("Hold", default=False), hold_url or None, given.method("HoldMethod"))
    if coach is not None or given.text("EndConferenceOnExit"):
        ending = given.text("EndConferenceOnExit")
        seat.modify(coaching=coach, end_on_exit=ending.lower() == "true" if ending else None)
    if announce:
        room.announce(announce, given.method("AnnounceMethod"), [seat])
    return Reply(200, participant_json(room, call, how, seat))


@serves("DELETE", ONE, "Participant")
def remove(request: Request) -> Reply:
    """Send one of them out; who is only being rung is rung no longer."""
    room = _room(request)
    call, _, seat = _who(request, room)
    if seat is not None:
        seat.leave("participant_updated_via_api")
    else:
        call.end("canceled", sip=487, ring="canceled")
    return Reply(204, None)


def _coach(given: Parameters, room: Conference) -> str | None:
    if not given.text("Coaching"):
        return None
    if not given.flag("Coaching", default=False):
        return ""
    sid = given.text("CallSidToCoach")
    if not can_coach(room, sid):
        raise Refused(13240, sid)
    return sid


def _room(request: Request) -> Conference:
    room = request.network.conferences.get(request.part("conference"))
    if room is None or not request.sees(room.sid):
        raise Refused(20404, request.path)
    return room


def _who(request: Request, room: Conference) -> tuple[Call, Join, Participant | None]:
    who = request.part("who")
    for seat in room.seats:
        if who in {seat.call.sid, seat.how.label}:
            return seat.call, seat.how, seat
    for call, how in room.invited:
        if who in {call.sid, how.label}:
            return call, how, None
    raise Refused(20404, request.path)
