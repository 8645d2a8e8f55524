"""What the views of the API have in common: the scope of each method, and answers that are given once."""

from collections.abc import Callable
from datetime import UTC
from typing import Any, ClassVar, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from api.idempotency import HEADER, Answer, once, read_key
from api.paging import Pages
from api.problems import LengthRequired, of_status
from api.scopes import Scope
from people.models import Person

METHODS = ["get", "post", "put", "patch", "delete", "head"]


class ApiView(APIView):
    """A view for tokens only. `scopes` names what each method needs; a method without one needs a token."""

    # No page of another site speaks to us, so nobody has to ask beforehand what it may do.
    http_method_names = METHODS
    scopes: ClassVar[dict[str, Scope]] = {}
    # A verb's name of a field, where the API has another.
    field_names: ClassVar[dict[str, str]] = {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # A browser that is signed in to the pages has its own zone active; the API speaks UTC.
        with timezone.override(UTC):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Django reads no body of unknown length; without this it would look empty.
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            raise LengthRequired("Send the body's Content-Length.")

    def answer_once(self, request: Request, body: Any, act: Callable[[], Answer]) -> HttpResponse:
        """Do it and answer; where `Idempotency-Key` is sent, at most once, with the same answer each time."""
        key = read_key(request.headers.get(HEADER))
        if not key:
            return _answered(act())
        answer, repeated = once(
            person=caller(request),
            key=key,
            path=f"{request.method} {request.path}",
            body=body,
            now=timezone.now(),
            act=act,
        )
        return _answered(answer, repeated=repeated)


class ListView(ApiView):
    """A view that answers pages; `order` is total, its last field unique."""

    pagination_class: ClassVar[type[Pages]] = Pages
    order: ClassVar[tuple[str, ...]] = ("id",)

    def paged(
        self, request: Request, rows: Any, query: dict[str, Any], answer: type[BaseSerializer[Any]]
    ) -> Response:
        """The page of these rows that `query` (a `PagedQuery`) asks for, each shown by the serializer `answer`."""
        pages = self.pagination_class()
        found = pages.paginate_queryset(rows, request, self, query=query)
        return pages.get_paginated_response(answer(found, many=True).data)


def caller(request: Request) -> Person:
    """Who speaks. The permission has seen to it that somebody does."""
    return cast("Person", request.user)


def as_json(data: Any) -> str:
    """What DRF would answer for this data."""
    return bytes(JSONRenderer().render(data)).decode()


def wrong(field: str, code: str, words: str) -> ValidationError:
    """One field is wrong."""
    return ValidationError({field: [ErrorDetail(words, code)]})


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any other address below ours, with a hint where only the last slash is missing."""
    hint = "" if request.path.endswith("/") else " Every address ends in a slash."
    return of_status(404, f"There is nothing at this address.{hint}").response(request)


def _answered(answer: Answer, *, repeated: bool = False) -> HttpResponse:
    headers = {"Location": answer.location} if answer.location else {}
    if repeated:
        headers["Idempotency-Replayed"] = "true"
    return HttpResponse(answer.body, status=answer.status, content_type="application/json", headers=headers)
