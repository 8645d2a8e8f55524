"""A help desk tells of its days: how many contacts each had, and its tickets, which the programme's rule judges."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.describing import describe
from api.duties import known_programme, programme_or_only
from api.escalations import known_account
from api.fields import Body, Day, Flag, Instant, OneOf, Whole, Words, YesNo
from api.idempotency import Answer
from api.paging import PagedQuery
from api.scopes import Scope
from api.views import ListView, as_json, caller
from escalations.models import Severity
from reports import help_desk
from reports.models import ContactCount, Ticket

_SCOPE = Scope.HELP_DESK_WRITE
_SLUG = "The programme's slug. May be left out where there is one only."


class CountBody(Body):
    programme = Words(max_length=64, required=False, help_text=_SLUG)
    day = Day(help_text="A day of the programme's time zone.")
    contacts = Whole(
        min_value=0,
        max_value=help_desk.MOST_CONTACTS,
        help_text="How many customers called, wrote or chatted. 0 is a count too.",
    )


class CountAnswer(serializers.ModelSerializer[ContactCount]):
    programme = serializers.CharField(source="programme.slug")

    class Meta:
        model = ContactCount
        fields = ["programme", "day", "contacts", "registered_at"]
        read_only_fields = fields


class CountsQuery(PagedQuery):
    programme = Words(max_length=64, required=False, help_text=_SLUG)


class TicketBody(Body):
    reference = Words(max_length=64, help_text="The ticket's own number: letters, digits and . _ : / # -")
    account = Words(max_length=64, help_text="The account's external_id.")
    opened_at = Instant(help_text="When it was opened.")
    severity = OneOf(choices=Severity.choices, required=False, help_text="Default: normal.")
    public_risk = YesNo(required=False, help_text="Default: false.")
    programme = Words(max_length=64, required=False, help_text="A slug. Default: by the account's country.")


class TicketAnswer(serializers.ModelSerializer[Ticket]):
    programme = serializers.CharField(source="programme.slug")
    account = serializers.CharField(source="account.external_id", help_text="Its external_id.")
    score = serializers.IntegerField(source="score_total")
    qualifies = serializers.BooleanField(help_text="Whether it met the rule: a case of it would have rung.")

    class Meta:
        model = Ticket
        fields = [
            "programme", "reference", "account", "opened_at", "severity", "public_risk", "score", "threshold",
            "qualifies", "registered_at",
        ]  # fmt: skip
        read_only_fields = fields


class TicketsQuery(PagedQuery):
    programme = Words(max_length=64, required=False, help_text="The programme's slug.")
    qualifies = Flag(required=False, help_text="Whether it met the rule.")


_COUNT_EXAMPLE = OpenApiExample(
    "A busy Monday", request_only=True, value={"day": "2026-03-09", "contacts": 1840}
)
_TICKET_EXAMPLE = OpenApiExample(
    "A ticket that should ring",
    request_only=True,
    value={
        "reference": "HD-20931",
        "account": "ACME-1",
        "opened_at": "2026-03-09T14:05:00Z",
        "severity": "critical",
    },
)


class Contacts(ListView):
    scopes = {"GET": _SCOPE, "POST": _SCOPE}
    order = ("-day", "id")

    @describe(
        "How many contacts the help desk had, day by day",
        answer=CountAnswer(many=True),
        scope=_SCOPE,
        parameters=[CountsQuery],
        words="The latest day first.",
    )
    def get(self, request: Request) -> Response:
        query = CountsQuery.read(request)
        rows = ContactCount.objects.select_related("programme")
        if "programme" in query:
            rows = rows.filter(programme=known_programme(query["programme"]))
        return self.paged(request, rows, query, CountAnswer)

    @describe(
        "Say how many contacts a day had",
        body=CountBody,
        answer=CountAnswer,
        scope=_SCOPE,
        writes=True,
        words="Said again for the same day, the last word counts. The report divides the escalations of the days "
        "that have a count by these contacts.",
        examples=[_COUNT_EXAMPLE],
    )
    def post(self, request: Request) -> HttpResponse:
        given = CountBody.read(request)
        given["programme"] = programme_or_only(given.get("programme"))

        def act() -> Answer:
            row = help_desk.count_contacts(by=caller(request), **given)
            return Answer(200, as_json(CountAnswer(row).data))

        return self.answer_once(request, request.data, act)


class Tickets(ListView):
    scopes = {"GET": _SCOPE, "POST": _SCOPE}
    order = ("-opened_at", "id")

    @describe(
        "The help desk's tickets, as the rule judged them",
        answer=TicketAnswer(many=True),
        scope=_SCOPE,
        parameters=[TicketsQuery],
        words="The latest first.",
    )
    def get(self, request: Request) -> Response:
        query = TicketsQuery.read(request)
        rows = Ticket.objects.select_related("programme", "account")
        if "programme" in query:
            rows = rows.filter(programme=known_programme(query["programme"]))
        if "qualifies" in query:
            rows = rows.filter(qualifies=query["qualifies"])
        return self.paged(request, rows, query, TicketAnswer)

    @describe(
        "Register a ticket",
        body=TicketBody,
        answer=TicketAnswer,
        scope=_SCOPE,
        writes=True,
        words="Nothing rings: the rule judges it, and the report says which that met it were never raised as "
        "cases. Told again with the same reference, the last word counts.",
        examples=[_TICKET_EXAMPLE],
    )
    def post(self, request: Request) -> HttpResponse:
        given: dict[str, Any] = TicketBody.read(request)
        given["account"] = known_account(given["account"])
        if "programme" in given:
            given["programme"] = known_programme(given["programme"])

        def act() -> Answer:
            row = help_desk.register_ticket(by=caller(request), **given)
            return Answer(200, as_json(TicketAnswer(row).data))

        return self.answer_once(request, request.data, act)
