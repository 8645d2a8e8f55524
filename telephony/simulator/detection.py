"""Answering-machine detection: right unless the phone says otherwise, and never at once.

Source: twilio.com/docs/voice/answering-machine-detection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from telephony.simulator.webhooks import Webhook

if TYPE_CHECKING:
    from telephony.simulator.calls import Call

VERDICT_SECONDS = 4.0
"""How long it listens before a verdict (Twilio: about four seconds)."""
UNKNOWN_SECONDS = 5.0
"""When it gives up: MachineDetectionSilenceTimeout's default of 5,000 ms."""


def detect(call: Call) -> None:
    """Listen to who answered `call`, as its maker asked; the verdict comes some seconds later."""
    machine, asked = call.machine, call.plan.amd
    verdict = call.phone.habit.amd or ("machine_start" if machine else "human")
    seconds = UNKNOWN_SECONDS if verdict == "unknown" else VERDICT_SECONDS
    if machine and verdict == "machine_start" and asked == "DetectMessageEnd":
        verdict, seconds = "machine_end_beep", max(seconds, machine.greeting_seconds)
    call.later(seconds, lambda: _tell(call, verdict, seconds))


def _tell(call: Call, verdict: str, seconds: float) -> None:
    if not call.is_live:
        return
    call.answered_by = verdict
    call.touch()
    if not call.plan.amd_async:
        call.begin()
        return
    form = {
        "CallSid": call.sid,
        "AccountSid": call.network.account_sid,
        "AnsweredBy": verdict,
        "MachineDetectionDuration": str(int(seconds * 1000)),
    }
    plan = call.plan
    call.network.courier.send(Webhook("amd", plan.amd_url, plan.amd_method, form, call.sid, call.to))
