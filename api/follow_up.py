"""What the views have in common by which learnings are followed up: lists of rows, and verbs on one."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from api.describing import View, describe
from api.idempotency import Answer
from api.scopes import Scope
from api.views import ListView, as_json

READ, WRITE = Scope.LEARNINGS_READ, Scope.LEARNINGS_WRITE


class Follow(ListView):
    """A list of what follows; and one verb that answers with the row as it is then."""

    scopes = {"GET": READ, "POST": WRITE}

    def created(
        self, request: Request, make: Callable[[], Any], show: Callable[[int], Any], name: str
    ) -> HttpResponse:
        def act() -> Answer:
            row = make()
            where = request.build_absolute_uri(reverse(f"api:{name}", args=[row.pk]))
            return Answer(201, as_json(show(row.pk)), where)

        return self.answer_once(request, request.data, act)

    def done(self, request: Request, do: Callable[[], object], show: Callable[[], Any]) -> HttpResponse:
        def act() -> Answer:
            do()
            return Answer(200, as_json(show()))

        return self.answer_once(request, request.data, act)


def reads(
    summary: str, answer: Any, *, one: bool = False, query: Any = None, words: str = ""
) -> Callable[[View], View]:
    """Describe a view that reads: a list of pages by `query`, or `one` row."""
    return describe(
        summary, answer=answer, scope=READ, one=one, words=words, parameters=[query] if query else []
    )


def writes(
    summary: str, answer: Any, body: Any = None, *, status: int = 200, one: bool = True, words: str = ""
) -> Callable[[View], View]:
    """Describe a view that writes: a verb on `one` row, or a new one."""
    return describe(
        summary, answer=answer, body=body, scope=WRITE, writes=True, one=one, status=status, words=words
    )
