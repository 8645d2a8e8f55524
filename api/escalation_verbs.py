"""What may be done to a case: take it, pass it on, hand it over, note, resolve, cancel.

When that is allowed, and to whom, is for the verbs of `escalations` to say.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request

from api.describing import View, describe
from api.escalation_answers import EscalationAnswer, shown
from api.escalations import visible_case
from api.fields import Body, Day, OneOf, PersonNamed, Words
from api.idempotency import Answer
from api.learnings import OtherCause, Times, touchpoint_named
from api.people import person_named
from api.scopes import Scope
from api.views import ApiView, as_json, caller
from escalations import handing_over, holding, outcomes, paging, timeline
from escalations.models import Escalation
from learnings.models import Cause, Feeling
from people.models import Person

HOW = "by API"
_WRITE = Scope.ESCALATIONS_WRITE


class HandOverBody(Body):
    to = PersonNamed(required=False, help_text="An id or e-mail. Default: the officer on duty now.")
    note = Words(lines=True, max_length=1000, required=False, allow_blank=True)


class NoteBody(Body):
    text = Words(lines=True, max_length=2000)


class OutcomeBody(Body):
    cause = OneOf(choices=Cause.choices)
    cause_words = OtherCause()
    touchpoint = Words(max_length=80, help_text="The touchpoint's name.")
    done = Words(lines=True, max_length=2000, help_text="What was done.")
    quote = Words(lines=True, max_length=2000, help_text="The customer's own words.")
    meaning = Words(lines=True, max_length=2000, required=False, allow_blank=True)
    suggestion = Words(lines=True, max_length=2000, required=False, allow_blank=True)
    feeling = OneOf(choices=Feeling.choices, required=False, help_text="Default: neutral.")
    contacts_before = Times(help_text="How often the customer had asked before.")
    transfers_before = Times(help_text="How often the customer was passed on before.")
    promised = Words(lines=True, max_length=1000, required=False, allow_blank=True)
    promised_until = Day(required=False, allow_null=True)


class CancelBody(Body):
    reason = Words(lines=True, max_length=1000, required=False, allow_blank=True)


_RESOLVE_EXAMPLE = OpenApiExample(
    "Fixed and promised",
    request_only=True,
    value={
        "cause": "process",
        "touchpoint": "Checkout",
        "done": "Moved them to the second gateway.",
        "quote": "Nobody told us for three hours.",
        "feeling": "annoyed",
        "contacts_before": 2,
        "promised": "A written account of the cause.",
        "promised_until": "2026-07-01",
    },
)


class CaseVerb(ApiView):
    """A verb on one case; it answers with the case as it is then."""

    scopes = {"POST": _WRITE}
    field_names = {"note_text": "note"}

    def carry_out(
        self,
        request: Request,
        pk: int,
        body: type[Body],
        verb: Callable[[Escalation, Person, dict[str, Any]], object],
    ) -> HttpResponse:
        case = visible_case(request, pk)
        given = body.read(request)

        def act() -> Answer:
            verb(case, caller(request), given)
            return Answer(200, as_json(shown(case.pk)))

        return self.answer_once(request, request.data, act)


def _verb(summary: str, words: str, body: type[Body] | None = None, **more: Any) -> Callable[[View], View]:
    return describe(
        summary,
        words=words,
        body=body,
        answer=EscalationAnswer,
        scope=_WRITE,
        writes=True,
        one=True,
        **more,
    )


class Accept(CaseVerb):
    @_verb("Take the case", "You own it from now on. Saying it twice does no harm.")
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(
            request, pk, Body, lambda case, me, _: paging.accept(escalation=case, by=me, how=HOW)
        )


class Pass(CaseVerb):
    @_verb("Pass the case on", "The next phone rings at once.")
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(
            request, pk, Body, lambda case, me, _: paging.pass_on(escalation=case, by=me, how=HOW)
        )


class HandOver(CaseVerb):
    @_verb("Ask a colleague to take the case over", "Nothing changes hands until they say yes.", HandOverBody)
    def post(self, request: Request, pk: int) -> HttpResponse:
        def offer(case: Escalation, me: Person, given: dict[str, Any]) -> None:
            to = person_named(given["to"], field="to") if given.get("to") is not None else None
            handing_over.offer(escalation=case, by=me, to=to, note_text=given.get("note", ""))

        return self.carry_out(request, pk, HandOverBody, offer)


class TakeOver(CaseVerb):
    @_verb("Say yes to a hand-over", "The case changes hands at once.")
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(
            request, pk, Body, lambda case, me, _: handing_over.take(escalation=case, by=me, how=HOW)
        )


class DeclineHandOver(CaseVerb):
    @_verb("Say no to a hand-over", "The case stays with its owner.")
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(
            request, pk, Body, lambda case, me, _: handing_over.decline(escalation=case, by=me, how=HOW)
        )


class AddNote(CaseVerb):
    @_verb("Put a note on the timeline", "", NoteBody)
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(
            request,
            pk,
            NoteBody,
            lambda case, me, given: timeline.add_note(escalation=case, by=me, text=given["text"]),
        )


class Resolve(CaseVerb):
    @_verb(
        "Resolve the case with its outcome and what was learnt",
        "The customer is then asked; only their yes closes it.",
        OutcomeBody,
        examples=[_RESOLVE_EXAMPLE],
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        def resolve(case: Escalation, me: Person, given: dict[str, Any]) -> None:
            touchpoint = touchpoint_named(given["touchpoint"])
            outcomes.record_outcome(escalation=case, by=me, **{**given, "touchpoint": touchpoint})

        return self.carry_out(request, pk, OutcomeBody, resolve)


class Cancel(CaseVerb):
    @_verb("Take the case back", "For support and administrators.", CancelBody)
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(
            request,
            pk,
            CancelBody,
            lambda case, me, given: holding.cancel(escalation=case, by=me, reason=given.get("reason", "")),
        )
