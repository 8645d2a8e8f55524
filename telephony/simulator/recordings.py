"""<Record>: a beep, the words of the phone, and a file of which the length is true and the sound is silence.

Source: twilio.com/docs/voice/twiml/record and /docs/voice/api/recording.
"""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from telephony.simulator.calls import ENDED, new_sid
from telephony.simulator.grammar import flag, number
from telephony.simulator.phones import speaking_seconds
from telephony.simulator.twiml import LONG_VERBS, Run
from telephony.simulator.webhooks import Webhook, absolute

if TYPE_CHECKING:
    from telephony.simulator.network import Network
    from telephony.simulator.schedule import Event

BEEP = "[beep]"
BEEP_SECONDS = 0.5
ANY_KEY = "1234567890*#"
RATE = 8000
LONGEST_WAV_SECONDS = 30


@dataclass(eq=False)
class Recording:
    """What was recorded. `words` is what a listener would hear; Twilio has no such field."""

    network: Network
    call_sid: str
    started_at: datetime
    words: list[str] = field(default_factory=list)
    seconds: int = 0
    status: str = "in-progress"
    sid: str = field(default_factory=lambda: new_sid("RE"))

    @property
    def url(self) -> str:
        """Where its sound is; .wav and .mp3 may follow."""
        return f"{self.network.base_url}/2010-04-01/Accounts/{self.network.account_sid}/Recordings/{self.sid}"

    def wav(self) -> bytes:
        """Silence of the right length (30 s at most), 8 kHz, 16 bit, one channel."""
        out = io.BytesIO()
        with wave.open(out, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(b"\0\0" * RATE * min(LONGEST_WAV_SECONDS, max(1, self.seconds)))
        return out.getvalue()


class Record:
    """One <Record> under way."""

    def __init__(self, run: Run, element: Element) -> None:
        """Nothing is recorded yet."""
        self._run = run
        self._element = element
        self._silence = number(element, "timeout", default=5)
        self._keys = element.get("finishOnKey", ANY_KEY)
        self._recording = Recording(run.network, run.call.sid, run.network.clock())
        self._timers: list[Event] = []
        self._ends_at = 0.0
        self._over = False

    def start(self) -> None:
        """Beep and listen."""
        if flag(self._element, "playBeep", default=True):
            self._run.hear(BEEP, seconds=BEEP_SECONDS, play=True)
        longest = number(self._element, "maxLength", default=3600)
        self._timers = [self._run.later(longest, self._finish), self._run.later(self._silence, self._finish)]

    def speech(self, words: str) -> None:
        """Record it, and wait for silence after it."""
        self._recording.words.append(words)
        self._timers.pop().cancel()
        self._timers.append(self._run.later(speaking_seconds(words) + self._silence, self._finish))

    def key(self, digit: str) -> bool:
        """A key ends it."""
        if digit not in self._keys:
            return False
        self._finish(digit)
        return True

    def _finish(self, digits: str = "") -> None:
        if not self._close():
            self._run.advance()
            return
        action = self._element.get("action", "")
        self._run.fetch(
            action, self._element.get("method", "POST"), kind="recording", extra=self._form(digits)
        )

    def _close(self) -> bool:
        """End the recording; whether there is any."""
        self._over = True
        for timer in self._timers:
            timer.cancel()
        network, recording = self._run.network, self._recording
        if not recording.words:
            return False
        recording.seconds = max(1, round((network.clock() - recording.started_at).total_seconds()))
        recording.status = "completed"
        network.recordings[recording.sid] = recording
        callback = self._element.get("recordingStatusCallback", "")
        if callback:
            form = {
                **self._form(""),
                "RecordingStatus": "completed",
                "RecordingChannels": "1",
                "RecordingSource": "RecordVerb",
                "CallSid": recording.call_sid,
                "AccountSid": network.account_sid,
            }
            del form["Digits"]
            network.courier.send(
                Webhook(
                    "recording-status",
                    absolute(self._run.url, callback),
                    self._element.get("recordingStatusCallbackMethod", "POST"),
                    form,
                    recording.call_sid,
                )
            )
        return True

    def _form(self, digits: str) -> dict[str, str]:
        recording = self._recording
        return {
            "RecordingUrl": recording.url,
            "RecordingSid": recording.sid,
            "RecordingDuration": str(recording.seconds),
            "Digits": digits,
        }

    def stop(self) -> None:
        """Interrupted; a caller who hangs up leaves a message all the same, and the action hears of it."""
        if self._over or not self._close() or self._run.call.status not in ENDED:
            return
        url = absolute(self._run.url, self._element.get("action", "") or self._run.url)
        form = {**self._run.call.form(), **self._form("hangup")}
        self._run.network.courier.send(
            Webhook("recording", url, self._element.get("method", "POST"), form, self._run.call.sid)
        )


LONG_VERBS["Record"] = Record
