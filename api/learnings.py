"""What was learnt, for the whole organisation: the feed, one learning, and what becomes of it."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.describing import describe
from api.fields import Body, Flag, OneOf, PersonNamed, Whole, Words, YesNo
from api.idempotency import Answer
from api.paging import PagedQuery, Pages
from api.people import PersonAnswer, person_named
from api.scopes import Scope
from api.views import ApiView, ListView, as_json, caller, wrong
from customers.models import Account
from learnings.feed import feed
from learnings.models import Cause, Feeling, Learning, LearningStatus, Source, Touchpoint
from learnings.recording import log_learning, settle
from learnings.search import in_order

_READ, _WRITE = Scope.LEARNINGS_READ, Scope.LEARNINGS_WRITE


class TouchpointAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    owner = PersonAnswer()


class RegisteredTouchpoint(serializers.ModelSerializer[Touchpoint]):
    owner = PersonAnswer()
    deputy = PersonAnswer(allow_null=True)

    class Meta:
        model = Touchpoint
        fields = ["id", "name", "owner", "deputy", "active", "vacant_since"]
        read_only_fields = fields


class ThemeName(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()


class LearningAnswer(serializers.ModelSerializer[Learning]):
    touchpoint = TouchpointAnswer()
    account = serializers.CharField(source="account.external_id", allow_null=True, default=None)
    author = PersonAnswer()
    owner = PersonAnswer()
    theme = ThemeName(allow_null=True)
    repeats = serializers.IntegerField(
        source="repeats_id",
        allow_null=True,
        help_text="The last learning of the same cause at the same account, within a year.",
    )
    url = serializers.SerializerMethodField(help_text="Where it came from, for those who may see it.")

    class Meta:
        model = Learning
        fields = [
            "id", "quote", "meaning", "suggestion", "touchpoint", "cause", "cause_words", "feeling",
            "contacts_before", "transfers_before", "source", "source_reference", "account", "author", "owner",
            "theme", "repeats", "sensitive", "status", "settled_at", "settled_words", "created_at", "url",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_url(self, learning: Learning) -> str | None:
        return f"{settings.PUBLIC_BASE_URL}{learning.source_path}" if learning.source_path else None


class LearningsQuery(PagedQuery):
    words = Words(max_length=200, required=False, help_text="Only those in which every word begins a word.")
    touchpoint = Words(max_length=80, required=False, help_text="The touchpoint's name.")
    theme = serializers.IntegerField(required=False, min_value=1, max_value=2**31)
    cause = OneOf(choices=Cause.choices, required=False)
    feeling = OneOf(choices=Feeling.choices, required=False)
    status = OneOf(choices=LearningStatus.choices, required=False)


class OtherCause(Words):
    """Which cause, where it is “other”."""

    def __init__(self) -> None:
        super().__init__(
            max_length=120, required=False, allow_blank=True, help_text="Needed where the cause is “other”."
        )


class Times(Whole):
    """A part of the customer's effort; null where nobody knows."""

    def __init__(self, *, help_text: str) -> None:
        super().__init__(required=False, allow_null=True, min_value=0, max_value=99, help_text=help_text)


class LearningBody(Body):
    quote = Words(
        lines=True, max_length=2000, help_text="The customer's own words: kept for ever as they are."
    )
    touchpoint = Words(max_length=80, help_text="The touchpoint's name.")
    cause = OneOf(choices=Cause.choices)
    cause_words = OtherCause()
    feeling = OneOf(choices=Feeling.choices, required=False, help_text="Default: neutral.")
    contacts_before = Times(help_text="How often the customer had asked before.")
    transfers_before = Times(help_text="How often the customer was passed on before.")
    meaning = Words(lines=True, max_length=2000, required=False, allow_blank=True)
    suggestion = Words(lines=True, max_length=2000, required=False, allow_blank=True)
    account = Words(max_length=64, required=False, help_text="The account's external_id.")
    sensitive = YesNo(required=False)
    readers = serializers.ListField(child=PersonNamed(), required=False, max_length=100)


class SettleBody(Body):
    status = OneOf(choices=[LearningStatus.DONE, LearningStatus.DECLINED])
    words = Words(lines=True, max_length=2000, help_text="What was done, or why nothing is.")


class TouchpointsQuery(PagedQuery):
    active = Flag(required=False)


_EXAMPLE = OpenApiExample(
    "From an audit",
    request_only=True,
    value={
        "quote": "I pay you for three depots and get four invoices.",
        "touchpoint": "Billing",
        "cause": "process",
        "feeling": "annoyed",
        "contacts_before": 3,
        "account": "AC-1009",
    },
)


class FoundPages(Pages):
    """Pages of a search: its index knows the order, and where a page begins."""

    def arranged(self, rows: Any, order: tuple[str, ...], beyond: list[Any] | None) -> Any:
        return in_order(
            rows, newest_first=order == ("-id",), beyond=beyond[0] if beyond is not None else None
        )


class Learnings(ListView):
    pagination_class = FoundPages
    scopes = {"GET": _READ, "POST": _WRITE}
    order = ("-id",)

    @describe(
        "The feed of what was learnt, the last logged first",
        answer=LearningAnswer(many=True),
        scope=_READ,
        parameters=[LearningsQuery],
    )
    def get(self, request: Request) -> Response:
        query = LearningsQuery.read(request)
        touchpoint = touchpoint_named(query["touchpoint"]).pk if "touchpoint" in query else None
        asked = {
            name: query[name] for name in ("words", "theme", "cause", "feeling", "status") if name in query
        }
        found = feed(reader=caller(request), touchpoint=touchpoint, **asked)
        return self.paged(request, found, query, LearningAnswer)

    @describe(
        "Log a learning",
        words="From an audit, a visit, a talk; the touchpoint's owner answers for what follows.",
        body=LearningBody,
        answer=LearningAnswer,
        status=201,
        scope=_WRITE,
        writes=True,
        examples=[_EXAMPLE],
    )
    def post(self, request: Request) -> HttpResponse:
        given = LearningBody.read(request)
        me = caller(request)
        given["touchpoint"] = touchpoint_named(given["touchpoint"])
        if "account" in given:
            given["account"] = _account(given["account"])
        given["readers"] = [person_named(one, field="readers") for one in given.get("readers", [])]

        def act() -> Answer:
            feeling = given.pop("feeling", Feeling.NEUTRAL)
            learning = log_learning(author=me, source=Source.AUDIT, feeling=feeling, **given)
            where = request.build_absolute_uri(reverse("api:learning", args=[learning.pk]))
            return Answer(201, as_json(LearningAnswer(learning).data), where)

        return self.answer_once(request, request.data, act)


class OneLearning(ApiView):
    scopes = {"GET": _READ}

    @describe("One learning", answer=LearningAnswer, scope=_READ, one=True)
    def get(self, request: Request, pk: int) -> Response:
        return Response(LearningAnswer(readable_learning(request, pk)).data)


class Settle(ApiView):
    scopes = {"POST": _WRITE}

    @describe(
        "Settle a learning on the spot",
        words="For its owner: what was done, or why nothing is.",
        body=SettleBody,
        answer=LearningAnswer,
        scope=_WRITE,
        writes=True,
        one=True,
    )
    def post(self, request: Request, pk: int) -> HttpResponse:
        given = SettleBody.read(request)
        learning = readable_learning(request, pk)

        def act() -> Answer:
            settle(learning=learning, by=caller(request), **given)
            return Answer(200, as_json(LearningAnswer(readable_learning(request, pk)).data))

        return self.answer_once(request, request.data, act)


class Touchpoints(ListView):
    scopes = {"GET": _READ}
    order = ("name", "id")

    @describe(
        "The register of touchpoints, with owners and deputies",
        answer=RegisteredTouchpoint(many=True),
        scope=_READ,
        parameters=[TouchpointsQuery],
    )
    def get(self, request: Request) -> Response:
        query = TouchpointsQuery.read(request)
        found = Touchpoint.objects.select_related("owner", "deputy")
        if "active" in query:
            found = found.filter(active=query["active"])
        return self.paged(request, found, query, RegisteredTouchpoint)


def readable_learning(request: Request, pk: int) -> Learning:
    """The learning, where the caller may read it; else there is none."""
    found = feed(reader=caller(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def touchpoint_named(name: str) -> Touchpoint:
    """Raises `ValidationError` naming `touchpoint`, and the touchpoints there are."""
    known = Touchpoint.objects.filter(active=True)
    found = known.filter(name__iexact=name).first()
    if found is None:
        names = ", ".join(known.values_list("name", flat=True)[:40]) or "none yet"
        raise wrong("touchpoint", "unknown", f"There is no such touchpoint. There are: {names}.")
    return found


def _account(external_id: str) -> Account:
    found = Account.objects.filter(external_id=external_id).first()
    if found is None:
        raise wrong("account", "unknown", "There is no account with this external_id.")
    return found
