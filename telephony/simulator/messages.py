"""Texts: from the account to a phone, with status callbacks; from a phone to the account, with TwiML answers.

Source: twilio.com/docs/messaging/api/message-resource, /docs/messaging/guides/webhook-request,
/docs/messaging/features/advanced-opt-out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from telephony.simulator.calls import new_sid
from telephony.simulator.grammar import BadTwiml, parse, text_of
from telephony.simulator.phones import Phone, Text
from telephony.simulator.webhooks import Answer, Webhook, absolute

if TYPE_CHECKING:
    from telephony.simulator.network import Network

STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START_WORDS = frozenset({"start", "unstop"})
START_WORDS_WHEN_STOPPED = START_WORDS | {"yes"}
HELP_WORDS = frozenset({"help", "info"})
AUTOMATIC_ANSWERS = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from this "
    "number. Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}
UNREACHABLE, UNKNOWN_HANDSET, LANDLINE = 30003, 30005, 30006

GSM_7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_7_TWICE = frozenset("^{}\\[~]|€\f")


def segments(body: str) -> int:
    """How many segments `body` takes (3GPP TS 23.038: 160 or 153 septets, else 70 or 67 UTF-16 units)."""
    if set(body) <= GSM_7 | GSM_7_TWICE:
        length = sum(2 if c in GSM_7_TWICE else 1 for c in body)
        return 1 if length <= 160 else -(-length // 153)
    length = len(body.encode("utf-16-be")) // 2
    return 1 if length <= 70 else -(-length // 67)


@dataclass(eq=False)
class Message:
    """One text, as the account sees it."""

    network: Network
    from_: str
    to: str
    body: str
    direction: str
    status: str
    status_url: str = ""
    service_sid: str = ""
    media: tuple[str, ...] = ()
    sid: str = field(default_factory=lambda: new_sid("SM"))
    error_code: int | None = None
    created_at: datetime = field(init=False)
    updated_at: datetime = field(init=False)
    sent_at: datetime | None = None

    def __post_init__(self) -> None:
        """Note when it was made."""
        self.created_at = self.updated_at = self.network.clock()
        self.network.messages[self.sid] = self

    def send(self) -> None:
        """Hand it to the network: sending, sent, and what becomes of it."""
        if self.status not in {"queued", "accepted"}:
            return
        self._becomes("sending")
        phone = self.network.phone(self.to)
        self.sent_at = self.network.clock()
        self._becomes("sent")
        trouble = _trouble(phone)
        if trouble:
            self.error_code = trouble
            self._becomes("undelivered")
            return
        phone.receive_text(Text(self.sid, self.sent_at, self.from_, self.to, self.body, outgoing=False))
        self._becomes("delivered")

    def _becomes(self, status: str) -> None:
        self.status = status
        self.updated_at = self.network.clock()
        if not self.status_url:
            return
        form = {
            "MessageSid": self.sid,
            "SmsSid": self.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "To": self.to,
            "From": self.from_,
            "AccountSid": self.network.account_sid,
            "ApiVersion": "2010-04-01",
        }
        if self.error_code:
            form["ErrorCode"] = str(self.error_code)
        if self.service_sid:
            form["MessagingServiceSid"] = self.service_sid
        self.network.courier.send(Webhook("text-status", self.status_url, "POST", form, self.sid, self.to))


def _trouble(phone: Phone) -> int:
    """Why a text cannot be delivered, or 0."""
    if phone.habit.landline:
        return LANDLINE
    return {"unallocated": UNKNOWN_HANDSET, "off": UNREACHABLE}.get(phone.habit.when_called, 0)


def opt_out_type(body: str, *, stopped: bool) -> str:
    """STOP, START or HELP when `body` is one of Twilio's words, else ""."""
    word = body.strip().casefold().rstrip(".!")
    if word in STOP_WORDS:
        return "STOP"
    if word in (START_WORDS_WHEN_STOPPED if stopped else START_WORDS):
        return "START"
    return "HELP" if word in HELP_WORDS else ""


def receive(network: Network, phone: Phone, number: str, body: str) -> Text:
    """`phone` texts the account's `number`: keep the blocklist, tell the application (lock held)."""
    message = Message(network, phone.number, number, body, "inbound", "received")
    text = Text(message.sid, message.created_at, phone.number, number, body, outgoing=True)
    phone.texts.append(text)
    phone.note(f'texted "{body}"')
    message.sent_at = message.created_at
    pair = (phone.number, number)
    word = opt_out_type(body, stopped=pair in network.stopped)
    if word == "STOP":
        network.stopped.add(pair)
    elif word == "START":
        network.stopped.discard(pair)
    if word:
        answer = AUTOMATIC_ANSWERS[word]
        phone.texts.append(
            Text(
                new_sid("SM"), message.created_at, number, phone.number, answer, outgoing=False, expected=True
            )
        )
    form = _form(message)
    if word:
        form["OptOutType"] = word
    _ask(network, message, network.sms_url, form)
    return text


def _form(message: Message) -> dict[str, str]:
    network = message.network
    return {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsMessageSid": message.sid,
        "AccountSid": network.account_sid,
        "From": message.from_,
        "To": message.to,
        "Body": message.body,
        "NumMedia": "0",
        "NumSegments": str(segments(message.body)),
        "SmsStatus": "received",
        "ApiVersion": "2010-04-01",
        "FromCountry": network.country(message.from_),
        "ToCountry": network.country(message.to),
        "FromCity": "",
        "FromState": "",
        "FromZip": "",
        "ToCity": "",
        "ToState": "",
        "ToZip": "",
    }


def _ask(network: Network, message: Message, url: str, form: dict[str, str]) -> None:
    def answered(answer: Answer, used_url: str) -> None:
        if answer.ok and answer.body.strip():
            _obey(network, message, answer, used_url, form)

    network.courier.send(Webhook("text", url, "POST", form, message.sid, message.from_), answered)


def _obey(network: Network, message: Message, answer: Answer, url: str, form: dict[str, str]) -> None:
    try:
        document = parse(answer.body.decode("utf-8", "replace"), kind="messaging")
    except BadTwiml as error:
        network.note_problem(error.code, str(error), url=url, level="error")
        return
    for code, warning in document.warnings:
        network.note_problem(code, warning, url=url)
    for verb in document.verbs:
        if verb.tag == "Redirect":
            _ask(network, message, absolute(url, text_of(verb)), form)
            return
        _reply(network, message, verb, url)


def _reply(network: Network, message: Message, verb: Element, url: str) -> None:
    bodies = [text_of(child) for child in verb if child.tag == "Body"]
    body = " ".join(bodies) or " ".join((verb.text or "").split())
    to, from_ = verb.get("to") or message.from_, verb.get("from") or message.to
    if not body:
        network.note_problem(14103, "<Message> without a body", url=url)
        return
    if (to, from_) in network.stopped:
        network.note_problem(21610, f"{to} has stopped texts", url=url)
        return
    callback = verb.get("statusCallback", "")
    reply = Message(
        network,
        from_,
        to,
        body,
        "outbound-reply",
        "queued",
        status_url=absolute(url, callback) if callback else "",
    )
    reply.send()
