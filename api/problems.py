"""Every error of the API as `application/problem+json` (RFC 9457): one map from what went wrong to an answer.

`errors` names each wrong field as `{"field", "code", "detail"}`; a field inside another is written
"contact.phone", and "" stands for the request as a whole.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path
from rest_framework import exceptions
from rest_framework.request import Request

from escalations import errors as of_cases
from learnings import errors as of_learnings
from listening import errors as of_listening
from people.errors import Refused

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# Said for everything that the HTTP status tells already (RFC 9457 section 4.2.1).
PLAIN = "about:blank"
# What was asked while the database was locked or away was undone whole, and may be asked again so soon.
BUSY_SECONDS = 5
_URN = "urn:officer-of-the-day:problem:"

# What a domain's refusal is in HTTP. The first that fits counts; any other refusal is bad input.
_REFUSALS: tuple[tuple[type[Refused], HTTPStatus, str, str], ...] = (
    (of_cases.NotNow, HTTPStatus.CONFLICT, "not-now", "Not now"),
    (of_learnings.NotNow, HTTPStatus.CONFLICT, "not-now", "Not now"),
    (of_listening.NotNow, HTTPStatus.CONFLICT, "not-now", "Not now"),
    (of_cases.NotAllowed, HTTPStatus.FORBIDDEN, "not-allowed", "Not allowed"),
    (of_learnings.NotAllowed, HTTPStatus.FORBIDDEN, "not-allowed", "Not allowed"),
    (of_listening.NotAllowed, HTTPStatus.FORBIDDEN, "not-allowed", "Not allowed"),
    (Refused, HTTPStatus.BAD_REQUEST, "invalid-input", "Invalid input"),
)
_KINDS: Mapping[int, tuple[str, str]] = {
    HTTPStatus.BAD_REQUEST: ("invalid-input", "Invalid input"),
    HTTPStatus.CONFLICT: ("conflict", "Conflict"),
}


@dataclass(frozen=True)
class FieldError:
    field: str
    code: str
    detail: str


@dataclass(frozen=True)
class Problem:
    """One error as it is answered; `headers` go with it."""

    status: int
    detail: str
    errors: list[FieldError] = field(default_factory=list)
    type: str = PLAIN
    title: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def response(self, request: HttpRequest | Request) -> HttpResponse:
        """A plain response: its form does not hang on what the view would have rendered."""
        body = {
            "type": self.type,
            "title": self.title or HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": escape_uri_path(request.path),
            "errors": [vars(error) for error in self.errors],
        }
        return HttpResponse(
            json.dumps(body, ensure_ascii=True),
            status=self.status,
            content_type=MEDIA_TYPE,
            headers=self.headers,
        )


class Conflict(exceptions.APIException):
    status_code = HTTPStatus.CONFLICT
    default_code = "conflict"


class BodyTooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class LengthRequired(exceptions.APIException):
    status_code = HTTPStatus.LENGTH_REQUIRED
    default_code = "length_required"


def answer_with_problem(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """DRF's exception handler.

    What nobody foresaw is left to Django, which logs and reports it; `api.middleware` then turns its answer
    into a problem too.
    """
    view = context.get("view")
    if isinstance(exc, Refused):
        problem = of_refusal(exc, field_names=getattr(view, "field_names", {}))
    elif isinstance(exc, Http404):
        problem = of_api_exception(exceptions.NotFound("There is nothing here, or not for you."))
    elif isinstance(exc, DjangoPermissionDenied):
        problem = of_api_exception(exceptions.PermissionDenied())
    elif isinstance(exc, exceptions.APIException):
        problem = of_api_exception(exc)
    elif isinstance(exc, OperationalError):
        logger.error("The database did not answer in time", exc_info=exc)
        problem = of_status(
            HTTPStatus.SERVICE_UNAVAILABLE, "The database is busy. Send it again in a moment."
        )
        problem.headers["Retry-After"] = str(BUSY_SECONDS)
    else:
        return None
    return problem.response(context["request"])


def of_refusal(refused: Refused, *, field_names: Mapping[str, str]) -> Problem:
    """What a verb refused, under the name that the field has in the API."""
    status, kind, title = next(row[1:] for row in _REFUSALS if isinstance(refused, row[0]))
    name = field_names.get(refused.field, refused.field)
    return Problem(
        status=status,
        type=_URN + kind,
        title=title,
        detail=str(refused),
        errors=[FieldError(name, refused.code, str(refused))],
    )


def of_api_exception(exc: exceptions.APIException) -> Problem:
    errors = list(_field_errors(exc.detail))
    kind, title = _KINDS.get(exc.status_code, ("", ""))
    headers = {}
    challenge = getattr(exc, "challenge", None) or getattr(exc, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    wait = getattr(exc, "wait", None)
    if wait is not None:
        headers["Retry-After"] = str(int(wait))
    return Problem(
        status=exc.status_code,
        type=_URN + kind if kind else PLAIN,
        title=title,
        detail=_in_one_sentence(errors),
        errors=errors,
        headers=headers,
    )


def of_status(status: int, detail: str = "") -> Problem:
    """A problem that is known by its status only."""
    words = detail or HTTPStatus(status).description or HTTPStatus(status).phrase
    code = HTTPStatus(status).phrase.lower().replace(" ", "_")
    return Problem(status=status, detail=words, errors=[FieldError("", code, words)])


def _in_one_sentence(errors: list[FieldError]) -> str:
    if len(errors) == 1 and not errors[0].field:
        return errors[0].detail
    return " ".join(f"{error.field}: {error.detail}" if error.field else error.detail for error in errors[:3])


def _field_errors(detail: Any, path: str = "") -> Iterator[FieldError]:
    """DRF's nested details, flat: {"contact": {"phone": ["…"]}} is the field "contact.phone"."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _field_errors(inner, ".".join(part for part in (path, own) if part))
    elif isinstance(detail, list | tuple):
        for inner in detail:
            yield from _field_errors(inner, path)
    else:
        yield FieldError(path, getattr(detail, "code", None) or "invalid", str(detail))
