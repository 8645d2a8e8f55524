"""Conferences: who is in, who hears whom, and the events that tell the application.

Source: twilio.com/docs/voice/twiml/conference and /docs/voice/api/conference-participant-resource.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from telephony.simulator.phones import Heard
from telephony.simulator.twiml import Run
from telephony.simulator.webhooks import Webhook

if TYPE_CHECKING:
    from telephony.simulator.calls import Call
    from telephony.simulator.network import Network

MUSIC = "[hold music]"
MUSIC_SECONDS = 3600.0
QUIET_SECONDS = 10.0
"""How long a waiting room is silent before it is asked again, when it had nothing to play."""
BEEP = "[beep]"
BEEP_SECONDS = 0.3
GROUPS = ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
GROUP_OF = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "participant-speech-start": "speaker",
    "participant-speech-stop": "speaker",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}


@dataclass(frozen=True)
class Join:
    """How somebody comes in. `wait_url` None: Twilio's own music; "": silence."""

    name: str
    muted: bool = False
    beep: str = "true"
    start_on_enter: bool = True
    end_on_exit: bool = False
    wait_url: str | None = None
    wait_method: str = "POST"
    max_participants: int = 250
    status_url: str = ""
    status_method: str = "POST"
    events: frozenset[str] = frozenset()
    label: str = ""
    coach: str = ""
    on_left: Callable[[], None] | None = None


@dataclass(eq=False)
class Conference:
    """One conference, from the first who wants in to the last who leaves."""

    network: Network
    name: str
    sid: str
    status: str = "init"
    seats: list[Participant] = field(default_factory=list)
    invited: list[tuple[Call, Join]] = field(default_factory=list)
    created_at: datetime = field(init=False)
    updated_at: datetime = field(init=False)
    reason_ended: str = ""
    ended_by: str = ""
    _status_url: str = ""
    _status_method: str = "POST"
    _events: frozenset[str] = frozenset()
    _first_has_joined: bool = False
    _sequence: int = 0

    def __post_init__(self) -> None:
        """Note when it was made."""
        self.created_at = self.updated_at = self.network.clock()

    @property
    def started(self) -> bool:
        """Whether those in it hear each other."""
        return self.status == "in-progress"

    def first_sets_callbacks(self, how: Join) -> None:
        """Only the first to join (or be invited) says where events go."""
        if self._first_has_joined:
            return
        self._first_has_joined = True
        self._status_url, self._status_method, self._events = how.status_url, how.status_method, how.events

    def admit(self, seat: Participant) -> None:
        """Let somebody in; the second one may start it."""
        self.first_sets_callbacks(seat.how)
        self.seats.append(seat)
        self.event("participant-join", seat)
        if seat.how.beep in {"true", "onEnter"}:
            self.sound(BEEP, BEEP_SECONDS)
        if not self.started and len(self.seats) > 1 and any(s.how.start_on_enter for s in self.seats):
            self.status = "in-progress"
            for other in self.seats:
                other.stop_waiting()
            self.event("conference-start", None)
        elif not self.started:
            seat.wait()

    def sound(self, what: str, seconds: float) -> None:
        """Let everybody in it hear a sound."""
        for seat in self.seats:
            seat.call.hear(what, seconds=seconds, kind="tone")

    def end(self, reason: str, *, ended_by: str = "") -> None:
        """Send everybody out."""
        if self.status == "completed":
            return
        self.status = "completed"
        self.reason_ended, self.ended_by = reason, ended_by
        for seat in list(self.seats):
            seat.leave("conference_ended", ends=False)
        for call, _ in list(self.invited):
            call.end("canceled", sip=487, ring="canceled")
        more = {"ReasonConferenceEnded": reason}
        if ended_by:
            more["CallSidEndingConference"] = ended_by
        self.event("conference-end", None, more)

    def event(self, name: str, seat: Participant | None, more: dict[str, str] | None = None) -> None:
        """Tell the application, if the first to join asked for it."""
        self.updated_at = self.network.clock()
        self.network.changed()
        if not self._status_url or GROUP_OF[name] not in self._events:
            return  # what nobody asked for has no number
        self._sequence += 1
        form = {
            "ConferenceSid": self.sid,
            "FriendlyName": self.name,
            "AccountSid": self.network.account_sid,
            "SequenceNumber": str(self._sequence),
            "Timestamp": f"{self.network.clock():%a, %d %b %Y %H:%M:%S +0000}",
            "StatusCallbackEvent": name,
        }
        if seat is not None:
            form |= seat.form()
        form |= more or {}
        to = seat.call.phone.number if seat else ""
        self.network.courier.send(
            Webhook("conference", self._status_url, self._status_method, form, self.sid, to)
        )

    def invitation_failed(self, call: Call, how: Join) -> None:
        """Somebody who was rung for this conference did not answer."""
        more = {
            "CallSid": call.sid,
            "ParticipantLabel": how.label,
            "ReasonParticipantLeft": "participant_add_failed",
            "Reason": f"Call ended with status {call.status}",
        }
        self.event("participant-leave", None, {k: v for k, v in more.items() if v})
        self.end_if_empty()

    def end_if_empty(self, ended_by: str = "") -> None:
        """Nobody is in it and nobody is coming."""
        if not self.seats and not self.invited:
            self.end("last-participant-left", ended_by=ended_by)

    def announce(self, url: str, method: str, seats: list[Participant]) -> None:
        """Play TwiML into the ears of `seats`."""
        if not seats:
            return
        anchor = seats[0]

        def done() -> None:
            self.event("announcement-end", None, {"AnnounceUrl": url})

        run = Run(
            anchor.call,
            done=done,
            apologises=False,
            hearers=lambda: [s.call for s in seats if s in self.seats],
            form=lambda: {"ConferenceSid": self.sid, "AccountSid": self.network.account_sid},
        )
        run.fetch(url, method, kind="announcement")


@dataclass(eq=False)
class Participant:
    """One leg in a conference."""

    conference: Conference
    call: Call
    how: Join
    muted: bool = False
    hold: bool = False
    coaching: str = ""
    end_on_exit: bool = False
    joined_at: datetime = field(init=False)
    _waiting: Run | None = None
    _music: list[Heard] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Note when it came in."""
        self.joined_at = self.call.network.clock()

    def audience(self) -> list[Call]:
        """The legs that hear this one's phone: nobody before the start, while muted or on hold; only the
        coached one while coaching."""
        if not self.conference.started or self.muted or self.hold:
            return []
        others = [s for s in self.conference.seats if s is not self and not s.hold]
        if self.coaching:
            others = [s for s in others if s.call.sid == self.coaching]
        return [s.call for s in others if s.call.is_live]

    def wait(self) -> None:
        """Nothing has started (or this one is on hold): music, silence, or the application's own TwiML."""
        self._entertain(self.how.wait_url, self.how.wait_method)

    def _entertain(self, url: str | None, method: str) -> None:
        if url == "":
            return
        if url is None:
            self._music = self.call.hear(MUSIC, seconds=MUSIC_SECONDS, kind="tone")
            return
        began = self.call.network.clock()

        def again() -> None:
            idle = QUIET_SECONDS if self.call.network.clock() == began else 0.0
            run = self._waiting
            self.call.network.schedule.after(
                idle, lambda: self._entertain(url, method) if run is self._waiting and run else None
            )

        self._waiting = Run(
            self.call,
            done=again,
            apologises=False,
            form=lambda: {**self.call.form(), "ConferenceSid": self.conference.sid},
        )
        self._waiting.fetch(url, method, kind="wait")

    def stop_waiting(self) -> None:
        """It starts: the music ends."""
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        now = self.call.network.clock()
        for heard in self._music:
            if heard.ends_at() > now:
                heard.cut_at = now
        self._music = []

    def set_muted(self, muted: bool) -> None:
        """Silence it, or let it speak."""
        if muted != self.muted:
            self.muted = muted
            self._tell("participant-mute" if muted else "participant-unmute")

    def set_hold(self, hold: bool, url: str | None, method: str) -> None:
        """Send it to the music, or back."""
        if hold == self.hold:
            return
        self.hold = hold
        self.stop_waiting()
        if hold:
            self._entertain(url, method)
        self._tell("participant-hold" if hold else "participant-unhold")

    def modify(self, *, coaching: str | None = None, end_on_exit: bool | None = None) -> None:
        """Change whom it coaches, or whether its leaving ends the conference."""
        self.coaching = self.coaching if coaching is None else coaching
        self.end_on_exit = self.end_on_exit if end_on_exit is None else end_on_exit
        self._tell("participant-modify")

    def _tell(self, event: str) -> None:
        self.call.network.touch(self.call.phone)
        self.conference.event(event, self)

    def spoke(self) -> None:
        """Its phone said something."""
        if not self.muted and not self.hold:
            self.conference.event("participant-speech-start", self)
            self.conference.event("participant-speech-stop", self)

    def leave(self, reason: str, *, ends: bool = True, tell: bool = True) -> None:
        """Go out; `ends` is False when everybody goes, `tell` False when the leg itself goes elsewhere."""
        room = self.conference
        if self not in room.seats:
            return
        room.seats.remove(self)
        self.stop_waiting()
        self.call.seat = None
        self.call.phone.note(f"left the conference {room.name}")
        room.event("participant-leave", self, {"ReasonParticipantLeft": reason})
        if self.how.beep in {"true", "onExit"}:
            room.sound(BEEP, BEEP_SECONDS)
        if ends and self.end_on_exit:
            room.end("participant-with-end-conference-on-exit-left", ended_by=self.call.sid)
        elif ends:
            room.end_if_empty(ended_by=self.call.sid)
        if tell and self.how.on_left is not None:
            self.how.on_left()

    def form(self) -> dict[str, str]:
        """What its events say about it."""
        form = {
            "CallSid": self.call.sid,
            "Muted": str(self.muted).lower(),
            "Hold": str(self.hold).lower(),
            "Coaching": str(bool(self.coaching)).lower(),
            "EndConferenceOnExit": str(self.end_on_exit).lower(),
            "StartConferenceOnEnter": str(self.how.start_on_enter).lower(),
        }
        if self.how.label:
            form["ParticipantLabel"] = self.how.label
        if self.coaching:
            form["CallSidToCoach"] = self.coaching
        return form


def join(call: Call, how: Join) -> Participant | tuple[int, str]:
    """Let `call` into the live conference of that name, or a new one.

    Returns the participant, or Twilio's code and words when it cannot come in.
    """
    conference = call.network.conference(how.name)
    taken = [s for s in conference.seats if how.label and s.how.label == how.label]
    if taken:
        return 16025, f"participant label {how.label} is already in use"
    if how.coach and not can_coach(conference, how.coach):
        return 13240, f"coach {how.coach} is not in a running conference"
    if len(conference.seats) >= how.max_participants:
        return 13249, f"the conference {how.name} is full"
    seat = Participant(conference, call, how, how.muted, coaching=how.coach, end_on_exit=how.end_on_exit)
    call.seat = seat
    conference.invited = [(c, j) for c, j in conference.invited if c is not call]
    call.phone.note(f"joined the conference {how.name}{' muted' if how.muted else ''}")
    conference.admit(seat)
    return seat


def can_coach(conference: Conference, sid: str) -> bool:
    """Whether the call `sid` is live in this conference and the conference runs."""
    return conference.started and any(s.call.sid == sid for s in conference.seats)
