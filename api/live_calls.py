"""Live calls of a contact centre that runs on Twilio: registered, read, and how they go on."""

from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.describing import describe
from api.duties import known_programme
from api.fields import Body, OneOf, PersonNamed, Words, YesNo
from api.idempotency import Answer
from api.people import PersonAnswer, person_named
from api.scopes import Scope
from api.views import ApiView, as_json, caller
from listening import live_calls
from listening.models import LIVE_VISIT, LiveCall, LiveCallState, Visit, VisitStatus
from people.models import Person

_WRITE = Scope.LIVE_CALLS_WRITE
_STATES = [choice for choice in LiveCallState.choices if choice[0] != LiveCallState.WAITING]


class LiveCallBody(Body):
    conference_sid = Words(max_length=34, help_text="Twilio's: CF and 32 characters.")
    agent = PersonNamed(help_text="The agent's e-mail or id.")
    agent_call_sid = Words(max_length=34, help_text="The agent's leg: CA and 32 characters.")
    customer_country = Words(
        max_length=2,
        allow_blank=True,
        help_text="Where the customer is, by two letters. Empty where it is not known: then nobody listens.",
    )
    announced = YesNo(help_text="Whether the customer heard that somebody may listen in.")
    opted_in = YesNo(required=False, help_text="Whether the customer agreed by a key. Default: false.")
    customer_call_sid = Words(
        max_length=34,
        required=False,
        help_text="The customer's leg. Default: whoever is there beside the agent and our listeners.",
    )
    programme = Words(max_length=64, required=False, help_text="A slug. Default: for every programme.")
    queue = Words(max_length=60, required=False, allow_blank=True)
    language = Words(max_length=12, required=False, allow_blank=True, help_text="A tag such as en or pt-BR.")


class StateBody(Body):
    state = OneOf(
        choices=_STATES,
        help_text="`payment`: every listener leaves at once; `live`: they come back, muted; `ended`: it is over.",
    )


class LiveCallMade(serializers.Serializer[LiveCall]):
    id = serializers.IntegerField()


class ListenerAnswer(serializers.ModelSerializer[Visit]):
    """Somebody who listens, comes, or waits beside the call for a payment to end."""

    person = PersonAnswer(source="session.person")
    status = serializers.ChoiceField(choices=VisitStatus.choices)

    class Meta:
        model = Visit
        fields = ["person", "status", "joined_at", "may_coach", "may_speak"]
        read_only_fields = fields


class LiveCallAnswer(serializers.ModelSerializer[LiveCall]):
    agent = PersonAnswer(allow_null=True)
    programme = serializers.CharField(source="programme.slug", allow_null=True, default=None)
    listeners = ListenerAnswer(many=True, help_text="Who is in it now, and who would like to be.")

    class Meta:
        model = LiveCall
        fields = [
            "id", "conference_sid", "state", "agent", "customer_country", "announced", "opted_in", "programme",
            "queue", "language", "listeners", "started_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields


_EXAMPLE = OpenApiExample(
    "A call of a Flex centre",
    request_only=True,
    value={
        "conference_sid": "CF" + "0123456789abcdef" * 2,
        "agent": "mei.tanaka@example.com",
        "agent_call_sid": "CA" + "0123456789abcdef" * 2,
        "customer_country": "US",
        "announced": True,
    },
)


class LiveCalls(ApiView):
    scopes = {"POST": _WRITE}
    field_names = {"country": "customer_country"}

    @describe(
        "Register a live call that may be listened to",
        body=LiveCallBody,
        answer=LiveCallMade,
        status=201,
        scope=_WRITE,
        writes=True,
        words="Registered again with the same agent it is the same call; where `announced` then is false it ends "
        "for listeners. Whether somebody may join is for the "
        "country's rule, the announcement and the agent to say, each time.",
        examples=[_EXAMPLE],
    )
    def post(self, request: Request) -> HttpResponse:
        given = LiveCallBody.read(request)
        given["agent"] = person_named(given["agent"], field="agent")
        if "programme" in given:
            given["programme"] = known_programme(given["programme"])

        def act() -> Answer:
            call = live_calls.register(by=caller(request), **given)
            address = request.build_absolute_uri(reverse("api:live-call", args=[call.pk]))
            return Answer(201, as_json({"id": call.pk}), str(address))

        return self.answer_once(request, request.data, act)


class OneLiveCall(ApiView):
    scopes = {"GET": _WRITE, "PATCH": _WRITE}

    @describe(
        "One live call and who listens to it",
        answer=LiveCallAnswer,
        scope=_WRITE,
        one=True,
        words="For its agent, for whoever registered it, and for administrators.",
    )
    def get(self, request: Request, pk: int) -> Response:
        return Response(LiveCallAnswer(_of(request, pk)).data)

    @describe(
        "Say how the call goes on",
        body=StateBody,
        answer=LiveCallAnswer,
        scope=_WRITE,
        writes=True,
        one=True,
        words="The same state again changes nothing; a call that has ended is a 409.",
    )
    def patch(self, request: Request, pk: int) -> HttpResponse:
        call = _of(request, pk)
        state = StateBody.read(request)["state"]

        def act() -> Answer:
            live_calls.set_state(live_call=call, state=state, by=caller(request))
            return Answer(200, as_json(LiveCallAnswer(_whole().get(pk=call.pk)).data))

        return self.answer_once(request, request.data, act)


def _whole() -> QuerySet[LiveCall]:
    """With all that an answer shows: two queries for any number of calls."""
    inside = Visit.objects.filter(status__in=LIVE_VISIT).select_related("session__person")
    return LiveCall.objects.select_related("agent", "programme").prefetch_related(
        Prefetch("visits", inside, to_attr="listeners")
    )


def _of(request: Request, pk: int) -> LiveCall:
    """The call, where the caller may see it; else there is none."""
    me: Person = caller(request)
    calls = _whole()
    if not me.is_admin:
        calls = calls.filter(Q(agent=me) | Q(created_by=me))
    found: LiveCall | None = calls.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
