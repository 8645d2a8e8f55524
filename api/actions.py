"""Actions: what is done about what was learnt, who was told, and whether it worked."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Body, Day, OneOf, PersonNamed, Whole, Words
from api.follow_up import READ, WRITE, Follow, reads, writes
from api.learnings import ThemeName
from api.paging import PagedQuery
from api.people import PersonAnswer, person_named
from api.views import caller, wrong
from learnings import actions
from learnings.models import Action, ActionStatus, Idea, Learning, Measurement, Theme, Told


class ToldAnswer(serializers.ModelSerializer[Told]):
    told_by = PersonAnswer()

    class Meta:
        model = Told
        fields = ["name", "text", "how", "round", "told_by", "told_at"]
        read_only_fields = fields


class OriginAnswer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="Names it for `tell/`.")
    kind = serializers.CharField(help_text="customer, agent or member of staff")
    name = serializers.CharField()
    told = serializers.SerializerMethodField()

    @extend_schema_field(serializers.BooleanField())
    def get_told(self, origin: actions.Origin) -> bool:
        return origin.told is not None


class MeasurementAnswer(serializers.ModelSerializer[Measurement]):
    class Meta:
        model = Measurement
        fields = ["at", "round", "days", "before", "after", "verdict"]
        read_only_fields = fields


class ActionAnswer(serializers.ModelSerializer[Action]):
    owner = PersonAnswer()
    theme = ThemeName(allow_null=True)
    idea = serializers.IntegerField(source="idea_id", allow_null=True)
    verdict = serializers.CharField(help_text="worked, did_not or too_early; empty before it was measured.")

    class Meta:
        model = Action
        fields = [
            "id", "what", "owner", "due_on", "cost", "value", "status", "round", "theme", "idea", "done_words",
            "reason", "done_at", "declined_at", "measure_at", "verdict", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class WholeAction(ActionAnswer):
    origins = serializers.SerializerMethodField(
        help_text="From whom it came: all are told before it is done."
    )
    told = ToldAnswer(many=True)
    measurements = MeasurementAnswer(many=True)

    class Meta(ActionAnswer.Meta):
        fields = [*ActionAnswer.Meta.fields, "origins", "told", "measurements"]
        read_only_fields = fields

    @extend_schema_field(OriginAnswer(many=True))
    def get_origins(self, action: Action) -> Any:
        return OriginAnswer(actions.origins_of(action), many=True).data


class ActionsQuery(PagedQuery):
    status = OneOf(choices=ActionStatus.choices, required=False)
    owner = Words(max_length=254, required=False, help_text="An id, an e-mail, or “me”.")


class ActionBody(Body):
    what = Words(max_length=300)
    owner = PersonNamed()
    due_on = Day()
    theme = Whole(required=False, min_value=1, max_value=2**31)
    idea = Whole(required=False, min_value=1, max_value=2**31)
    learnings = serializers.ListField(
        child=Whole(min_value=1, max_value=2**31), required=False, max_length=200
    )
    cost = Words(max_length=300, required=False, allow_blank=True)
    value = Words(max_length=300, required=False, allow_blank=True)


class TellBody(Body):
    key = Words(max_length=40, help_text="Of one of `origins`.")
    text = Words(lines=True, max_length=2000, help_text="The words, which are kept.")
    how = Words(
        max_length=40, required=False, help_text="“mail” (the default): we mail it. Else: how you did."
    )


class FinishBody(Body):
    words = Words(lines=True, max_length=2000, help_text="What was done.")


class ReasonBody(Body):
    reason = Words(lines=True, max_length=2000)


def _actions() -> QuerySet[Action]:
    return Action.objects.select_related("owner", "theme", "idea__sender")


def _action(pk: int) -> Any:
    rows = _actions().prefetch_related("told__told_by", "measurements")
    return WholeAction(get_object_or_404(rows, pk=pk)).data


class Actions(Follow):
    order = ("-id",)

    @reads("Actions, the last planned first", ActionAnswer(many=True), query=ActionsQuery)
    def get(self, request: Request) -> Response:
        query = ActionsQuery.read(request)
        rows = _actions()
        if "status" in query:
            rows = rows.filter(status=query["status"])
        if "owner" in query:
            me = query["owner"] == "me"
            rows = rows.filter(owner=caller(request) if me else person_named(query["owner"], field="owner"))
        return self.paged(request, rows, query, ActionAnswer)

    @writes("Plan an action", WholeAction, ActionBody, status=201, one=False,
             words="About a theme (all that is open in it), an idea, or learnings.")  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        given = ActionBody.read(request)
        me = caller(request)
        given["owner"] = person_named(given["owner"], field="owner")
        for field, rows in (("theme", Theme.objects.all()), ("idea", Idea.objects.all())):
            if field in given:
                found: Any = rows.filter(pk=given[field]).first()
                if found is None:
                    raise wrong(field, "unknown", f"There is no {field} of this id.")
                given[field] = found
        if "learnings" in given:
            wanted = set(given["learnings"])
            about = list(Learning.objects.visible_to(me).select_related("theme").filter(pk__in=wanted))
            if len(about) != len(wanted):
                raise wrong("learnings", "unknown", "Some of these are not there, or not for you.")
            given["learnings"] = about
        return self.created(request, lambda: actions.plan_action(by=me, **given), _action, "action")


class OneAction(Follow):
    scopes = {"GET": READ}

    @reads("One action, with whom to tell and what came of it", WholeAction, one=True)
    def get(self, request: Request, pk: int) -> Response:
        return Response(_action(pk))


class _ActionVerb(Follow):
    scopes = {"POST": WRITE}

    def carry_out(
        self, request: Request, pk: int, body: type[Body], verb: Callable[..., object]
    ) -> HttpResponse:
        given = body.read(request)
        action = get_object_or_404(_actions(), pk=pk)
        return self.done(
            request, lambda: verb(action=action, by=caller(request), **given), lambda: _action(pk)
        )


class StartAction(_ActionVerb):
    @writes("Begin an action", WholeAction)
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(request, pk, Body, actions.start)


class TellOrigin(_ActionVerb):
    @writes("Tell one of those from whom it came", WholeAction, TellBody)
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(request, pk, TellBody, actions.tell)


class FinishAction(_ActionVerb):
    @writes("Say that it is done", WholeAction, FinishBody, words="All from whom it came were told before.")
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(request, pk, FinishBody, actions.finish)


class DeclineAction(_ActionVerb):
    @writes("Decline an action, with a reason", WholeAction, ReasonBody)
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(request, pk, ReasonBody, actions.decline)
