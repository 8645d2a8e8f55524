"""How the schema describes an operation: its answer, its possible problems, and what it needs."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from api.idempotency import HEADER
from api.problems import MEDIA_TYPE
from api.scopes import Scope

View = TypeVar("View", bound=Callable[..., Any])

_WORDS = {
    400: "Something in the request is wrong; `errors` names each field.",
    401: "No token, or one that is not good.",
    403: "The token's scopes or the person's roles do not allow it.",
    404: "There is nothing here, or not for you.",
    409: "The status does not allow it, or the key was used for another request.",
    413: "The body is too large.",
    415: "The body is not `application/json`.",
    429: "Too many writes in one minute.",
}
_READING = (400, 401, 403)
_WRITING = (400, 401, 403, 409, 413, 415, 429)

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 printable ASCII characters, such as a UUID. The same key and body within 24 hours "
    "get the same answer and nothing is done again; the same key with another request is a 409.",
)


class FieldErrorAnswer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="“contact.phone” inside another; empty for the whole.")
    code = serializers.CharField(help_text="A stable word for programs.")
    detail = serializers.CharField(help_text="What is wrong and what would be right.")


class ProblemAnswer(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {"errors": FieldErrorAnswer(many=True)}


def describe(
    summary: str,
    *,
    answer: Any,
    scope: Scope | None,
    words: str = "",
    status: int = 200,
    body: Any = None,
    writes: bool = False,
    one: bool = False,
    parameters: Sequence[Any] = (),
    examples: Sequence[OpenApiExample] = (),
    operation_id: str | None = None,
) -> Callable[[View], View]:
    """Decorates one method of a view. `writes` and `one` say which problems there may be."""
    problems = set(_WRITING if writes else _READING) | ({404} if one else set())
    needs = f"Needs the scope `{scope.value}`." if scope else "Needs any token."
    # The generator takes the answer with the least key for the main one, as text.
    responses: dict[Any, Any] = {(status, "application/json"): answer}
    for problem in sorted(problems):
        responses[(problem, MEDIA_TYPE)] = OpenApiResponse(ProblemAnswer, _WORDS[problem])
    return extend_schema(
        operation_id=operation_id,
        summary=summary,
        description=f"{words} {needs}".strip(),
        request=body,
        responses=responses,
        parameters=[*parameters, *([IDEMPOTENCY_KEY] if writes else [])],
        examples=list(examples),
    )
