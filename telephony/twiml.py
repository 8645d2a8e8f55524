"""What Twilio shall do with a call, written by us: a small builder, so that no other room imports `twilio`.

    Script("de").gather(prompts=["Eins: annehmen."], action=url, timeout=6, digits=1).redirect(again).render()

Everything spoken is cleaned and shortened (`telephony.speech.spoken`), escaped by the official library, and
said in the script's language by its voice. Verbs run in order; `gather` falls through to the next verb when
nobody presses a key. Source: https://www.twilio.com/docs/voice/twiml .
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from django.http import HttpResponse
from twilio.twiml.messaging_response import MessagingResponse
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from telephony.events import CALL_EVENTS, CONFERENCE_EVENTS
from telephony.speech import spoken
from telephony.voices import voice_for


@dataclass(frozen=True, slots=True)
class Pause:
    """Silence among the prompts of a `gather`, in whole seconds."""

    seconds: int = 1


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound file among the prompts of a `gather`."""

    url: str


Prompt = str | Pause | Sound


class Script:
    """One TwiML answer to a call. Every method adds a verb and gives the script back."""

    def __init__(self, language: str = "en") -> None:
        self._voice = voice_for(language)
        self._response = VoiceResponse()

    def say(self, text: str) -> Self:
        """Speak. Text that has nothing to be spoken adds nothing."""
        self._prompt(self._response, text)
        return self

    def pause(self, seconds: int = 1) -> Self:
        """Be silent for whole seconds."""
        self._prompt(self._response, Pause(seconds))
        return self

    def play(self, url: str) -> Self:
        """Play a sound file."""
        self._prompt(self._response, Sound(url))
        return self

    def gather(
        self,
        *,
        prompts: Sequence[Prompt],
        action: str,
        timeout: int,
        digits: int | None = None,
        finish_on_key: str = "",
        action_on_empty: bool = False,
    ) -> Self:
        """Speak the prompts and wait for keys; a key interrupts the prompts and Twilio calls `action` with
        it.

        `timeout` is the silence in seconds after the prompts, and between two keys. `digits` ends the waiting
        at so many keys, `finish_on_key` at that key ("" at none, so that * and # arrive as keys). Without any
        key the next verb runs, unless `action_on_empty` has Twilio call `action` without digits.
        """
        gather = Gather(
            input="dtmf",
            action=action,
            method="POST",
            timeout=timeout,
            num_digits=digits,
            finish_on_key=finish_on_key,
            action_on_empty_result=action_on_empty or None,
        )
        for prompt in prompts:
            self._prompt(gather, prompt)
        self._response.append(gather)
        return self

    def conference(
        self,
        *,
        name: str,
        status_callback: str,
        wait_url: str | None = None,
        muted: bool = False,
        start_on_enter: bool = True,
        end_on_exit: bool = False,
        label: str | None = None,
        coach: str | None = None,
        action: str | None = None,
        hangup_on_star: bool = False,
        beep: bool = False,
        max_participants: int | None = None,
    ) -> Self:
        """Put the call into the conference of this name (no personal data in it).

        Only the first to join sets `status_callback`, so give the same one to all. `wait_url` answers with
        TwiML or sound while one waits: None is Twilio's music, "" is silence. `coach` is the SID of the one
        call that hears this participant. `action` is asked for TwiML when this participant leaves; without
        it the script goes on. Everybody hears a beep, so it is off unless asked for. Never recorded.
        """
        dial = Dial(action=action, method="POST" if action else None, hangup_on_star=hangup_on_star or None)
        dial.conference(
            name,
            beep="true" if beep else "false",
            muted=muted,
            start_conference_on_enter=start_on_enter,
            end_conference_on_exit=end_on_exit,
            wait_url=wait_url,
            wait_method="POST" if wait_url else None,
            status_callback=status_callback,
            status_callback_method="POST",
            status_callback_event=" ".join(CONFERENCE_EVENTS),
            participant_label=label,
            coach=coach,
            max_participants=max_participants,
        )
        self._response.append(dial)
        return self

    def dial(
        self,
        *,
        number: str,
        caller_id: str,
        action: str,
        ring_seconds: int,
        whisper_url: str | None = None,
        status_callback: str | None = None,
    ) -> Self:
        """Ring a number and join it to this call; `caller_id` is what it sees. Exempt from calls per second.

        `whisper_url` is TwiML that only the called person hears before being joined. When it is over, however
        it went, Twilio asks `action` what comes next. Never recorded.
        """
        dial = Dial(
            caller_id=caller_id, action=action, method="POST", timeout=ring_seconds, answer_on_bridge=True
        )
        dial.number(
            number,
            url=whisper_url,
            method="POST" if whisper_url else None,
            status_callback=status_callback,
            status_callback_event=" ".join(CALL_EVENTS) if status_callback else None,
            status_callback_method="POST" if status_callback else None,
        )
        self._response.append(dial)
        return self

    def record(
        self,
        *,
        action: str,
        max_seconds: int,
        silence_seconds: int = 5,
        finish_on_key: str = "#",
        beep: bool = True,
        status_callback: str | None = None,
    ) -> Self:
        """Take a message of at most so many seconds, until silence or the key; then Twilio asks `action`.

        When nothing is said the next verb runs. `status_callback` hears when the file is ready.
        """
        self._response.record(
            action=action,
            method="POST",
            max_length=max_seconds,
            timeout=silence_seconds,
            finish_on_key=finish_on_key,
            play_beep=beep,
            trim="trim-silence",
            recording_status_callback=status_callback,
            recording_status_callback_method="POST" if status_callback else None,
        )
        return self

    def redirect(self, url: str) -> Self:
        """Go on with the TwiML of another address."""
        self._response.redirect(url, method="POST")
        return self

    def hang_up(self) -> Self:
        """End the call."""
        self._response.hangup()
        return self

    def reject(self, *, busy: bool = False) -> Self:
        """Do not take an incoming call; it costs nothing. Only useful as the first verb."""
        self._response.reject(reason="busy" if busy else "rejected")
        return self

    def render(self) -> str:
        """The script as XML."""
        return str(self._response.to_xml())

    def _prompt(self, parent: VoiceResponse | Gather, prompt: Prompt) -> None:
        if isinstance(prompt, Pause):
            parent.pause(length=max(1, prompt.seconds))
        elif isinstance(prompt, Sound):
            parent.play(prompt.url)
        elif words := spoken(prompt):
            parent.say(words, language=self._voice.language, voice=self._voice.name)


def empty() -> str:
    """TwiML that asks for nothing: the right answer to a text that deserves none."""
    return Script().render()


def reply(body: str) -> str:
    """TwiML that answers a text with a text (shape `body` with `telephony.texts` first)."""
    answer = MessagingResponse()
    answer.message(body)
    return str(answer.to_xml())


def twiml_response(script: Script | str) -> HttpResponse:
    """The HTTP answer that carries a script, or TwiML that is rendered already."""
    text = script.render() if isinstance(script, Script) else script
    return HttpResponse(text, content_type="text/xml; charset=utf-8")
