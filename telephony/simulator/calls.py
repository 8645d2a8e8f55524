"""Calls: one leg between the account and one phone, from queued to its end, with its status callbacks.

Source: twilio.com/docs/voice/api/call-resource (statuses, parameters), twilio.com/docs/voice/twiml (the
request).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

from telephony.simulator.detection import detect
from telephony.simulator.phones import Heard, Kind, Mailbox, Phone, speaking_seconds
from telephony.simulator.twiml import DIGIT_SECONDS, Run
from telephony.simulator.webhooks import Webhook

if TYPE_CHECKING:
    from telephony.simulator.conferences import Participant
    from telephony.simulator.dialling import Bridge
    from telephony.simulator.network import Network
    from telephony.simulator.schedule import Event

OFF_SECONDS = 5.0
"""How long the network looks for a phone that is switched off."""
ENDED = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
EVENT_STATUS = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}


def new_sid(kind: str) -> str:
    """A SID of `kind` (CA, SM, CF, RE, …)."""
    return kind + secrets.token_hex(16)


def rfc2822(at: datetime | None) -> str | None:
    """`at` as Twilio writes it: Sun, 22 Nov 2026 08:43:05 +0000."""
    return None if at is None else format_datetime(at)


@dataclass(frozen=True)
class Plan:
    """What the maker of a call asked for."""

    url: str = ""
    method: str = "POST"
    fallback_url: str = ""
    fallback_method: str = "POST"
    twiml: str = ""
    status_url: str = ""
    status_method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})
    timeout: int = 60
    time_limit: int = 14400
    amd: str = ""
    amd_async: bool = False
    amd_url: str = ""
    amd_method: str = "POST"
    send_digits: str = ""


@dataclass(eq=False)
class Call:
    """One leg. Everything here is done with the network's lock held."""

    network: Network
    phone: Phone
    direction: str
    from_: str
    to: str
    plan: Plan = field(default_factory=Plan)
    parent: Call | None = None
    caller_id: str = ""
    sid: str = field(default_factory=lambda: new_sid("CA"))
    status: str = "queued"
    created_at: datetime = field(init=False)
    updated_at: datetime = field(init=False)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    answered_by: str = ""
    sip: int = 200
    machine: Mailbox | None = None
    beep_at: datetime | None = None
    run: Run | None = None
    bridge: Bridge | None = None
    seat: Participant | None = None
    prompts: int = 0
    initiated: bool = False
    on_outcome: Callable[[Call], None] | None = None
    """Set for a leg that somebody waits for (a dialled number, a participant): called when it is answered,
    and when it ends."""
    _sequence: int = 0
    _timers: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Note when it was made."""
        self.created_at = self.updated_at = self.network.clock()

    @property
    def shown_from(self) -> str:
        """The number that the ringing phone shows."""
        return self.caller_id or self.from_

    @property
    def is_live(self) -> bool:
        """Whether somebody is on the line."""
        return self.status == "in-progress"

    # -- before the answer ---------------------------------------------------------------------------------

    def dial(self) -> None:
        """Leave the queue: look for the phone and ring it, or fail as its habit says."""
        if self.status != "queued":
            return
        self.initiated = True
        self.callback("initiated")
        habit = self.phone.habit
        busy = self.phone.call is not None and not habit.call_waiting
        if habit.when_called == "unallocated":
            self.end("failed", sip=404)
        elif habit.when_called == "busy" or busy:
            self.end("busy", sip=486)
        elif habit.when_called == "off":
            self.later(min(OFF_SECONDS, self.plan.timeout), lambda: self.end("no-answer", sip=480))
        else:
            self._ring()
            if habit.when_called == "decline":
                self.end("busy", sip=603, ring="declined")

    def _ring(self) -> None:
        self.status = "ringing"
        self.touch()
        self.callback("ringing")
        extra = self.network.extra_ring_seconds
        self.later(self.plan.timeout + extra, lambda: self.end("no-answer", sip=487, ring="no-answer"))
        self.phone.start_ringing(self)

    def answered(self, machine: Mailbox | None = None) -> None:
        """A human, or the voicemail `machine`, has picked up."""
        if self.status in ENDED or self.is_live:
            return
        self._cancel_timers()
        self.machine = machine
        self.go_live()
        if machine is not None:
            self.beep_at = self.network.clock() + timedelta(seconds=machine.greeting_seconds)
            self.speak(machine.greeting, seconds=machine.greeting_seconds, kind="machine")
        self.later(self.plan.time_limit, lambda: self.end("completed"))
        if self.plan.send_digits:
            keys = self.plan.send_digits
            self.hear(f"[keys {keys}]", seconds=DIGIT_SECONDS * len(keys), kind="tone")
        if self.plan.amd:
            detect(self)
        if not self.plan.amd or self.plan.amd_async:
            self.begin()

    def go_live(self) -> None:
        """The line is open."""
        self.status = "in-progress"
        self.started_at = self.network.clock()
        self.touch()
        self.callback("answered")

    def begin(self) -> None:
        """Do what the call is for: fetch and run its TwiML, unless somebody waits for its answer."""
        if self.on_outcome is not None:
            self.on_outcome(self)
            return
        self.run = Run(self)
        if self.plan.twiml:
            self.run.load(self.plan.twiml, self.plan.url)
        else:
            self.run.fetch(
                self.plan.url,
                self.plan.method,
                kind="voice",
                fallback=(self.plan.fallback_url, self.plan.fallback_method),
            )

    # -- in the call ---------------------------------------------------------------------------------------

    def redirect(
        self,
        *,
        url: str = "",
        method: str = "POST",
        twiml: str = "",
        fallback: tuple[str, str] = ("", "POST"),
    ) -> None:
        """Leave whatever is going on and run other TwiML."""
        if self.bridge is not None:
            self.bridge.drop(self)
        if self.seat is not None:
            self.seat.leave("participant_updated_via_api", tell=False)
        if self.run is not None:
            self.run.stop()
        self.run = Run(self)
        if twiml:
            self.run.load(twiml, url or self.plan.url)
        else:
            self.run.fetch(url, method, kind="voice", fallback=fallback)

    def hear(
        self,
        text: str,
        *,
        seconds: float | None = None,
        speaker: str = "",
        kind: Kind = "say",
        language: str = "",
    ) -> list[Heard]:
        """Let the phone of this leg hear `text`; a voicemail hears a part in vain and records the rest."""
        now = self.network.clock()
        length = speaking_seconds(text) if seconds is None else seconds
        heard = Heard(now, length, text, speaker, self.sid, language, kind)
        parts = self._split_at_beep(heard) if self.machine is not None else [heard]
        self.phone.heard.extend(parts)
        self.network.touch(self.phone)
        return parts

    def _split_at_beep(self, heard: Heard) -> list[Heard]:
        beep = self.beep_at or heard.at
        if heard.at >= beep:
            heard.recorded = True
            return [heard]
        if heard.ends_at() <= beep:
            heard.to_machine = True
            return [heard]
        before = (beep - heard.at).total_seconds()
        at = int(len(heard.text) * before / heard.seconds)
        early = Heard(
            heard.at,
            before,
            heard.text[:at],
            heard.speaker,
            self.sid,
            heard.language,
            heard.kind,
            to_machine=True,
        )
        late = Heard(
            beep,
            heard.seconds - before,
            heard.text[at:],
            heard.speaker,
            self.sid,
            heard.language,
            heard.kind,
            recorded=True,
        )
        return [early, late]

    def speak(self, words: str, *, seconds: float | None = None, kind: Kind = "speech") -> None:
        """Words of this leg's phone reach whoever hears it: the other side, a conference, a recording."""
        if self.seat is not None and kind == "speech":
            self.seat.spoke()
        for other in self.audience():
            other.hear(words, seconds=seconds, speaker=self.phone.number, kind=kind)
        if self.run is not None and kind == "speech":
            self.run.speech(words)

    def audience(self) -> list[Call]:
        """The legs that hear this one's phone now."""
        if not self.is_live:
            return []
        if self.seat is not None:
            return self.seat.audience()
        return self.bridge.others(self) if self.bridge is not None else []

    def key(self, digit: str) -> bool:
        """A key was pressed; whether anything waited for it."""
        taken = self.run is not None and self.run.key(digit)
        if not taken and self.bridge is not None:
            return self.bridge.key(self, digit)
        return taken

    # -- the end -------------------------------------------------------------------------------------------

    def end(self, status: str, *, sip: int = 200, ring: str = "", by_phone: bool = False) -> None:
        """Finish the call with `status`; the second end of a call does nothing."""
        if self.status in ENDED:
            return
        was_live = self.is_live
        self.status = "completed" if was_live else status
        self.sip = sip
        self.ended_at = self.network.clock()
        self.touch()
        self._cancel_timers()
        self._fall_silent()
        self.phone.stop_ringing(self, ring or status)
        self.phone.leave_call(self)
        if self.seat is not None:
            self.seat.leave("participant_hung_up" if by_phone else "participant_call_ended", tell=False)
        if self.run is not None:
            self.run.stop()
        if self.bridge is not None:
            self.bridge.drop(self)
        if self.on_outcome is not None:
            self.on_outcome(self)
        self.callback("completed")

    def _fall_silent(self) -> None:
        """Nothing is heard after the end."""
        for heard in reversed(self.phone.heard):
            if heard.call_sid != self.sid:
                break
            if heard.ends_at() > self.network.clock():
                heard.cut_at = self.network.clock()

    # -- callbacks -----------------------------------------------------------------------------------------

    def callback(self, event: str) -> None:
        """Tell the maker about `event` (initiated, ringing, answered, completed), if it was asked for."""
        if not self.plan.status_url or event not in self.plan.events:
            return
        form = self.form()
        form["CallStatus"] = EVENT_STATUS.get(event, self.status)
        form |= {
            "Timestamp": rfc2822(self.network.clock()) or "",
            "SequenceNumber": str(self._sequence),
            "CallbackSource": "call-progress-events",
        }
        if event == "completed":
            seconds = self.seconds()
            form |= {
                "CallDuration": str(seconds),
                "Duration": str(-(-seconds // 60)),
                "SipResponseCode": str(self.sip),
            }
        self._sequence += 1
        self.network.courier.send(
            Webhook("status", self.plan.status_url, self.plan.status_method, form, self.sid, self.to)
        )

    def form(self) -> dict[str, str]:
        """The parameters that Twilio sends with every request about a call."""
        status = "ringing" if self.direction == "inbound" and self.status == "queued" else self.status
        form = {
            "CallSid": self.sid,
            "AccountSid": self.network.account_sid,
            "ApiVersion": "2010-04-01",
            "From": self.shown_from,
            "To": self.to,
            "Caller": self.shown_from,
            "Called": self.to,
            "CallStatus": status,
            "Direction": self.direction,
            "FromCountry": self.network.country(self.shown_from),
            "ToCountry": self.network.country(self.to),
            "FromCity": "",
            "ToCity": "",
            "FromState": "",
            "ToState": "",
            "FromZip": "",
            "ToZip": "",
        }
        if self.answered_by:
            form["AnsweredBy"] = self.answered_by
        if self.parent is not None:
            form["ParentCallSid"] = self.parent.sid
        return form

    def seconds(self) -> int:
        """How long the line was (or has been) open, in whole seconds."""
        if self.started_at is None:
            return 0
        return round(((self.ended_at or self.network.clock()) - self.started_at).total_seconds())

    # -- small change --------------------------------------------------------------------------------------

    def touch(self) -> None:
        """Something about it changed."""
        self.updated_at = self.network.clock()
        self.network.touch(self.phone)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something later, unless the call has ended by then."""
        self._timers.append(self.network.schedule.after(seconds, act))

    def _cancel_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
