"""The door that Twilio knocks at: `@twilio_webhook` lets only Twilio's own signed words in, as frozen values.

    @twilio_webhook(CallEvent)
    def call_status(request: HttpRequest, event: CallEvent, page_id: int) -> HttpResponse: ...

Who is refused hears only why, and leaves one warning in the log that says the reason, the path and the remote
address, and nothing personal: 400 malformed, 403 forged, stale or foreign, 405 wrong method, 413 too large.
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security .

The address that Twilio signed is built from PUBLIC_BASE_URL, not from the request's Host, which a proxy
changes and a forger chooses. Keep the paths of webhooks to letters, digits and `-_./`, which nothing on the
way rewrites.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from types import TracebackType
from typing import Concatenate, ParamSpec, Protocol, Self, TypeAlias, TypeVar
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.views.decorators.csrf import csrf_exempt
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from telephony.events import TOKEN_FIELD, BadWebhook, instant_of

# The largest thing Twilio sends is a text of 1,600 characters, each at most 12 bytes in a form, with its
# fields.
LARGEST_BODY_BYTES = 64 * 1024
MOST_FIELDS = 500
# Twilio gives up on a webhook after 15 s and one retry. What comes an hour after its own timestamp was
# recorded and is played again; an hour also forgives a clock that is somewhat wrong.
STALE_AFTER = timedelta(hours=1)

logger = logging.getLogger(__name__)


class Event(Protocol):
    """What `telephony.events` holds: values that know how to read themselves from a webhook's fields."""

    @classmethod
    def parse(cls, form: Mapping[str, str]) -> Self: ...


E = TypeVar("E", bound=Event)
P = ParamSpec("P")
EventView: TypeAlias = Callable[Concatenate[HttpRequest, E, P], HttpResponse]
View: TypeAlias = Callable[Concatenate[HttpRequest, P], HttpResponse]


class UnderWay:
    """How many webhooks this process deals with at this moment, for work that gives way to them."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._count += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify()

    def give_way(self, *, most: int, seconds: float) -> bool:
        """Wait until at most so many are in hand; False where that did not come about within `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count <= most, timeout=seconds)


UNDER_WAY = UnderWay()


class _Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def twilio_webhook(
    event: type[E], *, allow_get: bool = False
) -> Callable[
    [Callable[Concatenate[HttpRequest, E, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """Make a view of Twilio's: it gets the request and the `event` that was read from it.

    POST only, or GET too with `allow_get` (then the fields are those of the query). CSRF does not apply: the
    signature is the proof.
    """
    methods = ["GET", "POST"] if allow_get else ["POST"]

    def decorate(view: EventView[E, P]) -> View[P]:
        @wraps(view)
        def checked(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method not in methods:
                _log(request, reason=f"method {request.method} is not allowed")
                return HttpResponseNotAllowed(methods)
            try:
                value = event.parse(signed_fields(request))
            except _Refused as refused:
                _log(request, reason=refused.reason)
                return HttpResponse(refused.reason, status=refused.status, content_type="text/plain")
            except BadWebhook as bad:
                _log(request, reason=str(bad))
                return HttpResponse(str(bad), status=400, content_type="text/plain")
            with UNDER_WAY:
                return view(request, value, *args, **kwargs)

        return csrf_exempt(checked)

    return decorate


def signed_fields(request: HttpRequest) -> dict[str, str]:
    """The webhook's fields, once everything about it is proved."""
    body = _body(request)
    if request.method == "GET":
        fields = _parse_form(request.META.get("QUERY_STRING", ""))
        signed: Mapping[str, object] | str = {}
    elif request.content_type == "application/json":
        fields = _parse_json(body)
        signed = body
    elif request.content_type in {"application/x-www-form-urlencoded", ""}:
        fields = _parse_form(body)
        signed = fields
    else:
        raise _Refused(400, "the body is neither a form nor JSON")
    _check_signature(request, signed)
    # Of a field that came more than once the last one counts, as everywhere in Django.
    plain = {name: values[-1] for name, values in fields.lists() if values}
    _check_owner(plain)
    _check_age(plain)
    return plain | {TOKEN_FIELD: request.headers.get(TOKEN_FIELD, "")}


def public_url(request: HttpRequest) -> str:
    """The address that Twilio called, as Twilio knows it."""
    base = settings.PUBLIC_BASE_URL.rstrip("/")
    prefix = urlsplit(base).path
    path = request.get_full_path()
    # A proxy that serves us below a path may or may not have taken that path off.
    return base + (path.removeprefix(prefix) if prefix and path.startswith(f"{prefix}/") else path)


def _body(request: HttpRequest) -> str:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()):
        raise _Refused(400, "the length of the body makes no sense")
    if int(length) > LARGEST_BODY_BYTES:
        raise _Refused(413, "the body is too large")
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise _Refused(413, "the body is too large") from error
    except UnreadablePostError as error:
        raise _Refused(400, "the body broke off") from error
    if len(body) > LARGEST_BODY_BYTES:
        raise _Refused(413, "the body is too large")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Refused(400, "the body is not UTF-8") from error


def _parse_form(encoded: str) -> MultiValueDict[str, str]:
    try:
        fields = parse_qs(encoded, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError as error:
        raise _Refused(400, "a field is not UTF-8") from error
    except ValueError as error:
        raise _Refused(400, "there are too many fields") from error
    return MultiValueDict(fields)


def _parse_json(body: str) -> MultiValueDict[str, str]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _Refused(400, "the body is not JSON") from error
    if not isinstance(document, dict):
        raise _Refused(400, "the JSON is not an object")
    return MultiValueDict(
        {name: [_as_field(value)] for name, value in document.items() if isinstance(value, str | int | float)}
    )


def _as_field(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _check_signature(request: HttpRequest, signed: Mapping[str, object] | str) -> None:
    signature = request.headers.get(SIGNATURE_HEADER, "")
    if not signature:
        raise _Refused(403, "there is no signature")
    if isinstance(signed, str) and "bodySHA256" not in request.GET:
        # Without its hash in the signed address nothing vouches for a JSON body.
        raise _Refused(403, "the JSON body is not signed")
    tokens = [token for token in (settings.TWILIO_AUTH_TOKEN, settings.TWILIO_AUTH_TOKEN_SECONDARY) if token]
    url = public_url(request)
    algorithm = get_signature_algorithm(request.headers.get(SIGNATURE_SETTINGS_HEADER, ""))
    if not any(RequestValidator(token).validate(url, signed, signature, algorithm) for token in tokens):
        raise _Refused(403, "the signature is not Twilio's")


def _check_owner(fields: Mapping[str, str]) -> None:
    owner = fields.get("AccountSid", "")
    if owner and owner != settings.TWILIO_ACCOUNT_SID:
        raise _Refused(403, "it belongs to another account")


def _check_age(fields: Mapping[str, str]) -> None:
    at = instant_of(fields, "Timestamp")
    if at is not None and timezone.now() - at > STALE_AFTER:
        raise _Refused(403, "it is stale")


def _log(request: HttpRequest, *, reason: str) -> None:
    path = request.path.encode("unicode_escape").decode("ascii")[:200]
    logger.warning(
        "webhook refused: %s; path %s; from %s", reason, path, request.META.get("REMOTE_ADDR", "unknown")
    )
