"""Requests to the customer's application: signed as Twilio signs them, sent over plain HTTP.

Source of the rules: twilio.com/docs/usage/webhooks/webhooks-security and webhooks-connection-overrides.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import urllib3
from twilio.request_validator import RequestValidator

if TYPE_CHECKING:
    from telephony.simulator.network import Network

log = logging.getLogger("telephony.simulator")

TIMEOUT_SECONDS = 15
"""Twilio gives a webhook 15 seconds in all."""
CONNECT_SECONDS = 5
MAX_BYTES = 64 * 1024
"""The largest TwiML document Twilio reads (error 11750)."""


@dataclass(frozen=True)
class Answer:
    """What the application answered; status 0 when there was no answer at all."""

    status: int
    body: bytes = b""
    content_type: str = ""
    error: str = ""
    timed_out: bool = False
    """It was asked and did not answer in time, so it must not be asked again."""

    @property
    def ok(self) -> bool:
        """Whether Twilio would use it."""
        return 200 <= self.status < 300


@dataclass(frozen=True)
class Webhook:
    """One request as it will be sent. `kind`: voice, status, gather, dial, whisper, wait, announcement,
    conference, amd, recording, recording-status, text, text-status."""

    kind: str
    url: str
    method: str
    form: Mapping[str, str]
    lane: str
    to: str = ""
    fallback_url: str = ""
    fallback_method: str = "POST"
    token: str = ""
    bad_signature: bool = False


Then = Callable[[Answer, str], None]
"""Called with the lock held: the answer, and the URL that gave it (the fallback's when that was used)."""


class Courier:
    """Sends webhooks for one account and writes each into the network's log."""

    def __init__(self, network: Network) -> None:
        """Send on behalf of `network`'s account."""
        self._network = network
        self._validator = RequestValidator(network.auth_token)
        self._pool = urllib3.PoolManager(
            num_pools=20,
            maxsize=64,
            retries=False,
        )
        self.timeout = urllib3.Timeout(connect=CONNECT_SECONDS, total=TIMEOUT_SECONDS)

    def close(self) -> None:
        """Close the connections that are kept alive; the next webhook opens new ones."""
        self._pool.clear()

    def send(self, webhook: Webhook, then: Then | None = None) -> None:
        """Put `webhook` on its way, through whatever faults are asked for; `then` gets the answer."""
        if not webhook.url:
            return
        sendings = self._network.faults.on_callback(webhook)
        if then is not None and not sendings:
            lost = Answer(0, error="lost on the way")
            self._network.schedule.after(0, lambda: then(lost, webhook.url))
        for sending in sendings:
            last = sending.answers
            self._network.schedule.outside(
                sending.lane,
                lambda hook=sending.webhook, cb=then if last else None: self._deliver(hook, cb),  # type: ignore[misc]
                seconds=sending.delay_seconds,
            )

    def _deliver(self, webhook: Webhook, then: Then | None) -> None:
        token = str(uuid.uuid4())
        url = webhook.url
        answer = self._speak(webhook, url, webhook.method, {}, token)
        if answer.status == 0 and not answer.timed_out:  # Twilio repeats once when the connection failed
            answer = self._speak(webhook, url, webhook.method, {}, token)
        if not answer.ok and webhook.fallback_url:
            why = {"ErrorCode": "11200" if answer.status else "11205", "ErrorUrl": url}
            url = webhook.fallback_url
            answer = self._speak(webhook, url, webhook.fallback_method, why, token)
        with self._network.lock:
            if not answer.ok:
                code = 11200 if answer.status else 11205
                text = f"{webhook.kind} webhook: {answer.error or f'HTTP {answer.status}'}"
                self._network.note_problem(code, text, url=url, level="error")
            if then is not None:
                then(answer, url)

    def _speak(self, webhook: Webhook, url: str, method: str, more: Mapping[str, str], token: str) -> Answer:
        form = {**webhook.form, **more}
        full_url = url
        body = b""
        if method == "GET":
            full_url = f"{url}{'&' if '?' in url else '?'}{urlencode(form)}"
            signature = self._validator.compute_signature(full_url, {})
        else:
            body = urlencode(form).encode()
            signature = self._validator.compute_signature(full_url, form)
        headers = {
            "X-Twilio-Signature": signature[::-1] if webhook.bad_signature else signature,
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        }
        began = perf_counter()
        try:
            got = self._pool.request(
                method, full_url, body=body or None, headers=headers, redirect=False, timeout=self.timeout
            )
        except urllib3.exceptions.ReadTimeoutError as error:
            answer = Answer(status=0, error=f"no answer in time: {error}", timed_out=True)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            answer = Answer(status=0, error=f"{type(error).__name__}: {error}")
        else:
            content = got.data
            answer = Answer(got.status, content, got.headers.get("Content-Type", ""))
            if len(content) > MAX_BYTES:
                answer = Answer(0, error=f"11750: {len(content)} bytes, more than {MAX_BYTES}")
        self._network.log_request(
            direction="out",
            kind=webhook.kind,
            method=method,
            url=full_url,
            form=form,
            status=answer.status,
            seconds=perf_counter() - began,
        )
        return answer


def absolute(base: str, url: str) -> str:
    """`url` resolved against the document it stands in; `#rp` overrides of Twilio's are dropped."""
    return urljoin(base, url.strip()).split("#", 1)[0]


def is_http_url(url: str) -> bool:
    """Whether Twilio would call it."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in url
    except ValueError:
        return False


def form_of(query: str) -> dict[str, str]:
    """A query or form body as single values; the last of a repeated name wins."""
    return dict(parse_qsl(query, keep_blank_values=True))
