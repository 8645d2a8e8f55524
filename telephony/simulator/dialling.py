"""<Dial>: connect the leg with a phone number, or with a conference.

Source: twilio.com/docs/voice/twiml/dial, /number, /conference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from telephony.simulator.calls import Call, Plan
from telephony.simulator.conferences import Join, Participant, join
from telephony.simulator.grammar import flag, number, text_of
from telephony.simulator.parameters import is_number
from telephony.simulator.twiml import LONG_VERBS, Run, Verb
from telephony.simulator.webhooks import absolute

if TYPE_CHECKING:
    from telephony.simulator.schedule import Event

DEFAULT_TIMEOUT = 30


class Bridge:
    """Two legs that hear each other."""

    def __init__(self, dial: NumberDial, child: Call) -> None:
        """`dial`'s leg and `child` are connected."""
        self.dial = dial
        self.parent = dial.run.call
        self.child = child

    def others(self, call: Call) -> list[Call]:
        """Who hears `call`."""
        other = self.child if call is self.parent else self.parent
        return [other] if other.is_live else []

    def drop(self, call: Call) -> None:
        """One leg is gone or goes elsewhere: the other is alone."""
        self.parent.bridge = self.child.bridge = None
        if call is self.child:
            self.dial.finished("completed", self.child)

    def key(self, call: Call, digit: str) -> bool:
        """A key in a connected call goes to the other ear; * may end it."""
        return call is self.parent and self.dial.key(digit)


class _Dial:
    """What both kinds of <Dial> share."""

    def __init__(self, run: Run, element: Element) -> None:
        self.run = run
        self.element = element
        self.star_ends = flag(element, "hangupOnStar", default=False)
        self.over = False
        self.limit: Event | None = None

    def start_limit(self) -> None:
        """End it after its timeLimit."""
        seconds = number(self.element, "timeLimit", default=14400)
        self.limit = self.run.later(seconds, self.end_by_limit)

    def end_by_limit(self) -> None:
        """The time is up."""

    def go_on(self, form: dict[str, str]) -> None:
        """Ask the action what next, or go on in the document."""
        if self.over:
            return
        self.over = True
        if self.limit is not None:
            self.limit.cancel()
        action = self.element.get("action")
        if action is None:
            self.run.advance()
        else:
            self.run.fetch(action, self.element.get("method", "POST"), kind="dial", extra=form)

    def speech(self, words: str) -> None:
        """Speech goes to the other side, not to the verb."""


class NumberDial(_Dial):
    """<Dial> to one number or several at once; the first to answer is connected."""

    def __init__(self, run: Run, element: Element) -> None:
        """Nobody rings yet."""
        super().__init__(run, element)
        self.children: list[Call] = []
        self.winner: Call | None = None

    def start(self) -> None:
        """Ring them all."""
        call = self.run.call
        caller_id = self.element.get("callerId") or call.from_
        if caller_id not in {*call.network.numbers, call.from_, call.to}:
            self.run.problem(13214, f"<Dial> callerId {caller_id} is not the account's", "error")
            self.go_on({"DialCallStatus": "failed"})
            return
        nested = [child for child in self.element if child.tag == "Number"]
        plain = " ".join((self.element.text or "").split())
        targets = nested or ([Element("Number")] if plain else [])
        for target in targets:
            to = text_of(target) or plain
            if not is_number(to):
                self.run.problem(13224, f"<Dial> {to!r} is not a phone number", "error")
                continue
            self.children.append(self._child(target, to, caller_id))
        if not self.children:
            self.go_on({"DialCallStatus": "failed"})
        for child in list(self.children):
            child.dial()

    def _child(self, target: Element, to: str, caller_id: str) -> Call:
        base = self.run.url
        status, amd_url = target.get("statusCallback", ""), target.get("amdStatusCallback", "")
        whisper = target.get("url", "")
        plan = Plan(
            url=absolute(base, whisper) if whisper else "",
            method=target.get("method", "POST"),
            status_url=absolute(base, status) if status else "",
            status_method=target.get("statusCallbackMethod", "POST"),
            events=frozenset(target.get("statusCallbackEvent", "completed").split()),
            timeout=number(self.element, "timeout", default=DEFAULT_TIMEOUT),
            amd=target.get("machineDetection", ""),
            amd_async=True,
            amd_url=absolute(base, amd_url) if amd_url else "",
        )
        parent = self.run.call
        child = parent.network.place(
            to=to, from_=caller_id, plan=plan, direction="outbound-dial", parent=parent
        )
        child.on_outcome = self._outcome
        return child

    def _outcome(self, child: Call) -> None:
        """A number answered, or gave up."""
        if not child.is_live:
            self._lost(child)
        elif child.plan.url:
            child.run = Run(child, done=lambda: self._connect(child))
            child.run.fetch(child.plan.url, child.plan.method, kind="whisper")
        else:
            self._connect(child)

    def _connect(self, child: Call) -> None:
        if self.over or self.winner is not None or not child.is_live:
            return
        self.winner = child
        for other in self.children:
            if other is not child:
                other.end("canceled", sip=487, ring="canceled")
        parent = self.run.call
        if not parent.is_live:
            parent.go_live()
        parent.bridge = child.bridge = Bridge(self, child)
        child.phone.note(f"connected with {parent.phone.number}")
        parent.phone.note(f"connected with {child.phone.number}")
        self.start_limit()

    def _lost(self, child: Call) -> None:
        """One did not answer, or hung up in its whisper: over when it was the last."""
        if self.winner is None and all(c.ended_at is not None for c in self.children):
            self.finished(child.status, child)

    def finished(self, status: str, child: Call) -> None:
        """It is over: `status` is the DialCallStatus."""
        form = {
            "DialCallStatus": status,
            "DialCallSid": child.sid,
            "DialBridged": "true" if self.winner else "false",
        }
        if self.winner is not None:
            form["DialCallDuration"] = str(child.seconds())
        self.go_on(form)

    def end_by_limit(self) -> None:
        """The time is up."""
        if self.winner is not None:
            self.winner.end("completed")

    def key(self, digit: str) -> bool:
        """Only * means something, and only with hangupOnStar."""
        if digit != "*" or not self.star_ends or self.winner is None:
            return False
        self.winner.end("completed")
        return True

    def stop(self) -> None:
        """The leg is gone: so are the numbers it rang."""
        self.over = True
        for child in self.children:
            child.end("canceled", sip=487, ring="canceled")


class ConferenceDial(_Dial):
    """<Dial><Conference>."""

    def __init__(self, run: Run, element: Element, conference: Element) -> None:
        """Not in it yet."""
        super().__init__(run, element)
        self.conference = conference
        self.seat: Participant | None = None

    def start(self) -> None:
        """Join."""
        room = self.conference
        base = self.run.url
        status = room.get("statusCallback", "")
        wait = room.get("waitUrl")
        seat = join(
            self.run.call,
            Join(
                name=text_of(room),
                muted=flag(room, "muted", default=False),
                beep=room.get("beep", "true"),
                start_on_enter=flag(room, "startConferenceOnEnter", default=True),
                end_on_exit=flag(room, "endConferenceOnExit", default=False),
                wait_url=wait if not wait else absolute(base, wait),
                wait_method=room.get("waitMethod", "POST"),
                max_participants=number(room, "maxParticipants", default=250),
                status_url=absolute(base, status) if status else "",
                status_method=room.get("statusCallbackMethod", "POST"),
                events=frozenset(room.get("statusCallbackEvent", "").split()),
                label=room.get("participantLabel", ""),
                coach=room.get("coach", ""),
                on_left=self._left,
            ),
        )
        if isinstance(seat, tuple):
            self.run.fail(*seat)
            return
        self.seat = seat
        self.start_limit()

    def _left(self) -> None:
        conference_sid = self.seat.conference.sid if self.seat else ""
        self.go_on({"DialCallStatus": "completed", "ConferenceSid": conference_sid})

    def end_by_limit(self) -> None:
        """The time is up."""
        if self.seat is not None:
            self.seat.leave("participant_time_limit")

    def key(self, digit: str) -> bool:
        """Only * means something, and only with hangupOnStar."""
        if digit != "*" or not self.star_ends or self.seat is None:
            return False
        self.seat.leave("participant_hung_up")
        return True

    def stop(self) -> None:
        """The leg is gone or goes elsewhere."""
        self.over = True
        if self.seat is not None:
            self.seat.leave("participant_call_ended")


def dial(run: Run, element: Element) -> Verb:
    """The right kind of <Dial>."""
    rooms = [child for child in element if child.tag == "Conference"]
    return ConferenceDial(run, element, rooms[0]) if rooms else NumberDial(run, element)


LONG_VERBS["Dial"] = dial
