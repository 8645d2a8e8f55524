"""Escalations: raised, listed, read."""

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.describing import describe
from api.duties import known_programme
from api.escalation_answers import EscalationAnswer, EventAnswer, RaisedAnswer, shown_as_it_is, whole
from api.fields import Body, Flag, OneOf, Words, YesNo
from api.idempotency import Answer
from api.paging import MAX_PAGE_SIZE, PagedQuery, PageSize
from api.scopes import Scope
from api.views import ApiView, ListView, as_json, caller, wrong
from customers.models import Account
from escalations import turnstile
from escalations.access import visible_to
from escalations.models import Connect, Escalation, Severity, Status
from escalations.raising import raise_escalation

_READ, _WRITE = Scope.ESCALATIONS_READ, Scope.ESCALATIONS_WRITE


class ContactBody(Body):
    name = Words(max_length=120, required=False)
    phone = Words(
        max_length=40, required=False, help_text="National numbers are read as the account's country's."
    )
    email = serializers.EmailField(max_length=254, required=False)


class EscalationBody(Body):
    account = Words(max_length=64, help_text="The account's external_id.")
    contact = ContactBody(required=False, help_text="Default: the account's own contact.")
    summary = Words(lines=True, max_length=2000, help_text="What happened.")
    tried = Words(lines=True, max_length=2000, required=False, allow_blank=True)
    wants = Words(lines=True, max_length=2000, required=False, allow_blank=True)
    severity = OneOf(choices=Severity.choices, required=False, help_text="Default: normal.")
    public_risk = YesNo(required=False, help_text="Default: false.")
    connect = OneOf(choices=Connect.choices, required=False, help_text="Default: customer.")
    agent_phone = Words(
        max_length=40,
        required=False,
        help_text="Whom to ring where `connect` is agent. Default: the raiser's own verified number.",
    )
    programme = Words(max_length=64, required=False, help_text="A slug. Default: by the account's country.")


class EscalationsQuery(PagedQuery):
    status = OneOf(choices=Status.choices, required=False)
    open = Flag(required=False, help_text="Whether it has not ended.")
    programme = Words(max_length=64, required=False, help_text="The programme's slug.")
    mine = Flag(required=False, help_text="`true`: only those that you own or raised.")


class TimelineQuery(PagedQuery):
    page_size = PageSize(MAX_PAGE_SIZE)


_RAISE_EXAMPLE = OpenApiExample(
    "A customer who is about to leave",
    request_only=True,
    value={
        "account": "ACME-1",
        "contact": {"name": "Grace Hall", "phone": "+15550190001"},
        "summary": "Checkout has been down since 09:00.",
        "tried": "Restarted the gateway twice.",
        "wants": "A time by which it works again.",
        "severity": "critical",
        "public_risk": False,
        "connect": "customer",
    },
)


class Escalations(ListView):
    scopes = {"GET": _READ, "POST": _WRITE}
    order = ("-id",)
    field_names = {
        "contact_name": "contact.name",
        "contact_phone": "contact.phone",
        "contact_email": "contact.email",
    }

    @describe(
        "The escalations that you may see, newest first",
        answer=EscalationAnswer(many=True),
        scope=_READ,
        parameters=[EscalationsQuery],
    )
    def get(self, request: Request) -> Response:
        query = EscalationsQuery.read(request)
        me = caller(request)
        cases = whole(visible_to(me))
        if "status" in query:
            cases = cases.filter(status=query["status"])
        if "open" in query:
            open_ones = Escalation.objects.open().values("pk")
            cases = cases.filter(pk__in=open_ones) if query["open"] else cases.exclude(pk__in=open_ones)
        if "programme" in query:
            cases = cases.filter(programme=known_programme(query["programme"]))
        if query.get("mine"):
            cases = cases.filter(Q(owner=me) | Q(raised_by=me))
        return self.paged(request, cases, query, EscalationAnswer)

    @describe(
        "Raise an escalation",
        body=EscalationBody,
        answer=RaisedAnswer,
        status=201,
        scope=_WRITE,
        writes=True,
        words="Where the account has an open case, the contact joins it (`joined` is true), and phones ring "
        "again only if it is graver.",
        examples=[_RAISE_EXAMPLE],
    )
    def post(self, request: Request) -> HttpResponse:
        given = EscalationBody.read(request)
        me = caller(request)
        given["account"] = known_account(given["account"])
        if "programme" in given:
            given["programme"] = known_programme(given["programme"])
        contact = {f"contact_{name}": value for name, value in given.pop("contact", {}).items()}

        def act() -> Answer:
            raised = raise_escalation(raised_by=me, **given, **contact)
            data = {**shown_as_it_is(raised.escalation), "joined": raised.joined}
            return Answer(201, as_json(data), _address(request, raised.escalation))

        with turnstile.turn():
            return self.answer_once(request, request.data, act)


class OneEscalation(ApiView):
    scopes = {"GET": _READ}

    @describe("One escalation, with its score and pages", answer=EscalationAnswer, scope=_READ, one=True)
    def get(self, request: Request, pk: int) -> Response:
        return Response(EscalationAnswer(visible_case(request, pk, whole(visible_to(caller(request))))).data)


class Timeline(ListView):
    scopes = {"GET": _READ}
    order = ("id",)

    @describe(
        "What happened, in order",
        answer=EventAnswer(many=True),
        scope=_READ,
        one=True,
        parameters=[TimelineQuery],
    )
    def get(self, request: Request, pk: int) -> Response:
        query = TimelineQuery.read(request)
        events = visible_case(request, pk).events.select_related("actor")
        return self.paged(request, events, query, EventAnswer)


def visible_case(request: Request, pk: int, cases: QuerySet[Escalation] | None = None) -> Escalation:
    """The case, where the caller may see it; else there is none."""
    seen = visible_to(caller(request)) if cases is None else cases
    found = seen.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def known_account(external_id: str) -> Account:
    found = Account.objects.filter(external_id=external_id).first()
    if found is None:
        raise wrong("account", "unknown", "There is no account with this external_id.")
    return found


def _address(request: Request, case: Escalation) -> str:
    return str(request.build_absolute_uri(reverse("api:escalation", args=[case.pk])))
