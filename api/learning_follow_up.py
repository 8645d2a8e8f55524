"""What follows from learnings: themes and hotspots, actions, ideas, notices, thanks, and the month's account."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.describing import View, describe
from api.fields import Body, Day, Flag, OneOf, PersonNamed, Words
from api.idempotency import Answer
from api.learnings import LearningAnswer, ThemeName, TouchpointAnswer, touchpoint_named
from api.paging import PagedQuery, Pages
from api.people import PersonAnswer, person_named
from api.scopes import Scope
from api.views import ListView, as_json, caller, wrong
from learnings import actions, hotspots, ideas, notices, themes
from learnings.models import (
    Action,
    ActionStatus,
    Audience,
    Hotspot,
    HotspotStatus,
    Idea,
    IdeaStatus,
    Learning,
    Measurement,
    Notice,
    NoticeQuestion,
    SaidDone,
    SaidDoneEntry,
    Thanks,
    Theme,
    Told,
)

_READ, _WRITE = Scope.LEARNINGS_READ, Scope.LEARNINGS_WRITE


# --- Answers ----------------------------------------------------------------------------------------------


class ThemeAnswer(serializers.ModelSerializer[Theme]):
    touchpoint = TouchpointAnswer()
    learnings = serializers.IntegerField(source="learnt")
    open = serializers.IntegerField(source="open_ones")
    hotspot = serializers.BooleanField(source="hot")

    class Meta:
        model = Theme
        fields = [
            "id",
            "title",
            "touchpoint",
            "cause",
            "gathered",
            "learnings",
            "open",
            "hotspot",
            "created_at",
        ]
        read_only_fields = fields


class HotspotAnswer(serializers.ModelSerializer[Hotspot]):
    theme = ThemeName()
    owner = PersonAnswer()

    class Meta:
        model = Hotspot
        fields = ["id", "theme", "owner", "status", "count", "days", "opened_at", "closed_at", "closed_words"]
        read_only_fields = fields


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


class IdeaAnswer(serializers.ModelSerializer[Idea]):
    sender = PersonAnswer()
    owner = PersonAnswer()
    touchpoint = serializers.CharField(source="touchpoint.name", allow_null=True, default=None)
    support = serializers.IntegerField(source="liked")

    class Meta:
        model = Idea
        fields = [
            "id", "words", "touchpoint", "sender", "owner", "status", "reason", "when_on", "answer_due_at",
            "answered_at", "support", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class QuestionAnswer(serializers.ModelSerializer[NoticeQuestion]):
    class Meta:
        model = NoticeQuestion
        fields = ["question", "answer"]
        read_only_fields = fields


class NoticeAnswer(serializers.ModelSerializer[Notice]):
    created_by = PersonAnswer()
    questions = QuestionAnswer(many=True)
    touchpoint = serializers.CharField(source="touchpoint.name", allow_null=True, default=None)
    read = serializers.IntegerField(help_text="How many acknowledged it.")
    came = serializers.IntegerField(help_text="How much came in that belongs to it.")

    class Meta:
        model = Notice
        fields = [
            "id", "title", "words", "starts_on", "ends_on", "audience", "touchpoint", "keywords", "questions",
            "created_by", "created_at", "withdrawn_at", "read", "came",
        ]  # fmt: skip
        read_only_fields = fields


class ThanksAnswer(serializers.ModelSerializer[Thanks]):
    by = PersonAnswer()

    class Meta:
        model = Thanks
        fields = ["id", "words", "by", "source_reference", "at", "shared_at"]
        read_only_fields = fields


class EntryAnswer(serializers.ModelSerializer[SaidDoneEntry]):
    learning = LearningAnswer()

    class Meta:
        model = SaidDoneEntry
        fields = ["status", "words", "learning"]
        read_only_fields = fields


# --- Bodies and queries -----------------------------------------------------------------------------------


class ThemesQuery(PagedQuery):
    hotspot = Flag(required=False, help_text="Only those with an open hotspot, or without.")


class MergeBody(Body):
    into = serializers.IntegerField(min_value=1, max_value=2**31, help_text="The other theme's id.")


class HotspotsQuery(PagedQuery):
    status = OneOf(choices=HotspotStatus.choices, required=False)


class CloseBody(Body):
    words = Words(lines=True, max_length=500, help_text="What became of it.")


class ActionsQuery(PagedQuery):
    status = OneOf(choices=ActionStatus.choices, required=False)
    owner = Words(max_length=254, required=False, help_text="An id, an e-mail, or “me”.")


class ActionBody(Body):
    what = Words(max_length=300)
    owner = PersonNamed()
    due_on = Day()
    theme = serializers.IntegerField(required=False, min_value=1, max_value=2**31)
    idea = serializers.IntegerField(required=False, min_value=1, max_value=2**31)
    learnings = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**31), required=False, max_length=200
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


class IdeasQuery(PagedQuery):
    status = OneOf(choices=IdeaStatus.choices, required=False)


class IdeaBody(Body):
    words = Words(lines=True, max_length=2000)
    touchpoint = Words(max_length=80, required=False, help_text="The touchpoint's name.")


class AnswerBody(Body):
    answer = OneOf(choices=[IdeaStatus.YES, IdeaStatus.NO, IdeaStatus.WHEN])
    reason = Words(lines=True, max_length=2000, help_text="“I'll look into it” is kept; the clock runs on.")
    when_on = Day(required=False, help_text="For “when”.")


class QuestionBody(Body):
    question = Words(max_length=300)
    answer = Words(lines=True, max_length=2000)


class NoticeBody(Body):
    title = Words(max_length=160)
    words = Words(lines=True, max_length=2000, required=False, allow_blank=True)
    starts_on = Day()
    ends_on = Day(required=False)
    audience = OneOf(choices=Audience.choices, required=False, help_text="Default: support.")
    touchpoint = Words(max_length=80, required=False)
    keywords = Words(max_length=300, required=False, allow_blank=True, help_text="Separated by commas.")
    questions = serializers.ListField(child=QuestionBody(), required=False, max_length=20)


# --- Themes and hotspots ------------------------------------------------------------------------------------


class Follow(ListView):
    """A list of what follows; and one verb that answers with the row as it is then."""

    scopes = {"GET": _READ, "POST": _WRITE}

    def paged(self, request: Request, rows: Any, query: dict[str, Any], answer: Any) -> Response:
        pages = Pages()
        found = pages.paginate_queryset(rows, request, self, query=query)
        return pages.get_paginated_response(answer(found, many=True).data)

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


def _reads(
    summary: str, answer: Any, *, one: bool = False, query: Any = None, words: str = ""
) -> Callable[[View], View]:
    return describe(
        summary, answer=answer, scope=_READ, one=one, words=words, parameters=[query] if query else []
    )


def _writes(
    summary: str, answer: Any, body: Any = None, *, status: int = 200, one: bool = True, words: str = ""
) -> Callable[[View], View]:
    return describe(
        summary, answer=answer, body=body, scope=_WRITE, writes=True, one=one, status=status, words=words
    )


def _themes() -> QuerySet[Theme]:
    return (
        Theme.objects.live()
        .select_related("touchpoint__owner")
        .annotate(
            learnt=Count("learnings", distinct=True),
            open_ones=Count("learnings", filter=Q(learnings__status="open"), distinct=True),
            hot=Count("hotspots", filter=Q(hotspots__status="open"), distinct=True),
        )
    )


def _theme(pk: int) -> Any:
    return ThemeAnswer(_one(_themes(), pk)).data


def _one(rows: Any, pk: int) -> Any:
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


class Themes(Follow):
    scopes = {"GET": _READ}
    order = ("-id",)

    @_reads("Themes: what keeps coming", ThemeAnswer(many=True), query=ThemesQuery)
    def get(self, request: Request) -> Response:
        query = ThemesQuery.read(request)
        rows: QuerySet[Any] = _themes()
        if "hotspot" in query:
            rows = rows.filter(hot__gt=0) if query["hotspot"] else rows.filter(hot=0)
        return self.paged(request, rows, query, ThemeAnswer)


class OneTheme(Follow):
    scopes = {"GET": _READ}

    @_reads("One theme", ThemeAnswer, one=True)
    def get(self, request: Request, pk: int) -> Response:
        return Response(_theme(pk))


class MergeTheme(Follow):
    scopes = {"POST": _WRITE}

    @_writes("Merge a theme into another", ThemeAnswer, MergeBody, words="Answers with the other one.")
    def post(self, request: Request, pk: int) -> HttpResponse:
        given = MergeBody.read(request)
        theme = _one(Theme.objects.select_related("touchpoint"), pk)
        into = Theme.objects.select_related("touchpoint").filter(pk=given["into"]).first()
        if into is None:
            raise wrong("into", "unknown", "There is no theme of this id.")
        return self.done(
            request,
            lambda: themes.merge(theme=theme, into=into, by=caller(request)),
            lambda: _theme(into.pk),
        )


class Hotspots(Follow):
    scopes = {"GET": _READ}
    order = ("-id",)

    @_reads("Hotspots, the last first", HotspotAnswer(many=True), query=HotspotsQuery)
    def get(self, request: Request) -> Response:
        query = HotspotsQuery.read(request)
        rows = Hotspot.objects.select_related("theme", "owner")
        if "status" in query:
            rows = rows.filter(status=query["status"])
        return self.paged(request, rows, query, HotspotAnswer)


class CloseHotspot(Follow):
    scopes = {"POST": _WRITE}

    @_writes("Close a hotspot: what became of it", HotspotAnswer, CloseBody)
    def post(self, request: Request, pk: int) -> HttpResponse:
        given = CloseBody.read(request)
        rows = Hotspot.objects.select_related("theme", "owner")
        hotspot = _one(rows, pk)
        return self.done(
            request,
            lambda: hotspots.close(hotspot=hotspot, words=given["words"], by=caller(request)),
            lambda: HotspotAnswer(_one(rows.all(), pk)).data,
        )


# --- Actions ------------------------------------------------------------------------------------------------


def _actions() -> QuerySet[Action]:
    return Action.objects.select_related("owner", "theme", "idea__sender")


def _action(pk: int) -> Any:
    rows = _actions().prefetch_related("told__told_by", "measurements")
    return WholeAction(_one(rows, pk)).data


class Actions(Follow):
    order = ("-id",)

    @_reads("Actions, the last planned first", ActionAnswer(many=True), query=ActionsQuery)
    def get(self, request: Request) -> Response:
        query = ActionsQuery.read(request)
        rows = _actions()
        if "status" in query:
            rows = rows.filter(status=query["status"])
        if "owner" in query:
            me = query["owner"] == "me"
            rows = rows.filter(owner=caller(request) if me else person_named(query["owner"], field="owner"))
        return self.paged(request, rows, query, ActionAnswer)

    @_writes("Plan an action", WholeAction, ActionBody, status=201, one=False,
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
    scopes = {"GET": _READ}

    @_reads("One action, with whom to tell and what came of it", WholeAction, one=True)
    def get(self, request: Request, pk: int) -> Response:
        return Response(_action(pk))


class _ActionVerb(Follow):
    scopes = {"POST": _WRITE}

    def carry_out(
        self, request: Request, pk: int, body: type[Body], verb: Callable[..., object]
    ) -> HttpResponse:
        given = body.read(request)
        action = _one(_actions(), pk)
        return self.done(
            request, lambda: verb(action=action, by=caller(request), **given), lambda: _action(pk)
        )


class StartAction(_ActionVerb):
    @_writes("Begin an action", WholeAction)
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(request, pk, Body, actions.start)


class TellOrigin(_ActionVerb):
    @_writes("Tell one of those from whom it came", WholeAction, TellBody)
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(request, pk, TellBody, actions.tell)


class FinishAction(_ActionVerb):
    @_writes("Say that it is done", WholeAction, FinishBody, words="All from whom it came were told before.")
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(request, pk, FinishBody, actions.finish)


class DeclineAction(_ActionVerb):
    @_writes("Decline an action, with a reason", WholeAction, ReasonBody)
    def post(self, request: Request, pk: int) -> HttpResponse:
        return self.carry_out(request, pk, ReasonBody, actions.decline)


# --- Ideas --------------------------------------------------------------------------------------------------


def _ideas() -> QuerySet[Idea]:
    return Idea.objects.select_related("sender", "owner", "touchpoint").annotate(liked=Count("support"))


def _idea(pk: int) -> Any:
    return IdeaAnswer(_one(_ideas(), pk)).data


class Ideas(Follow):
    order = ("-id",)

    @_reads("Ideas, the last first", IdeaAnswer(many=True), query=IdeasQuery)
    def get(self, request: Request) -> Response:
        query = IdeasQuery.read(request)
        rows = _ideas()
        if "status" in query:
            rows = rows.filter(status=query["status"])
        return self.paged(request, rows, query, IdeaAnswer)

    @_writes("Send an idea", IdeaAnswer, IdeaBody, status=201, one=False,
             words="Its owner owes yes, no or when, with a reason.")  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        given = IdeaBody.read(request)
        if "touchpoint" in given:
            given["touchpoint"] = touchpoint_named(given["touchpoint"])
        return self.created(request, lambda: ideas.send_idea(by=caller(request), **given), _idea, "idea")


class OneIdea(Follow):
    scopes = {"GET": _READ}

    @_reads("One idea", IdeaAnswer, one=True)
    def get(self, request: Request, pk: int) -> Response:
        return Response(_idea(pk))


class AnswerIdea(Follow):
    scopes = {"POST": _WRITE}

    @_writes("Answer an idea", IdeaAnswer, AnswerBody, words="The sender is told at once.")
    def post(self, request: Request, pk: int) -> HttpResponse:
        given = AnswerBody.read(request)
        idea = _one(_ideas(), pk)
        return self.done(
            request,
            lambda: ideas.answer_idea(idea=idea, by=caller(request), **given),
            lambda: _idea(pk),
        )


class SupportIdea(Follow):
    scopes = {"POST": _WRITE}

    @_writes("Support an idea", IdeaAnswer, words="Twice counts once.")
    def post(self, request: Request, pk: int) -> HttpResponse:
        Body.read(request)
        idea = _one(_ideas(), pk)
        return self.done(request, lambda: ideas.support(idea=idea, by=caller(request)), lambda: _idea(pk))


# --- Notices, thanks, months ----------------------------------------------------------------------------------


def _notices() -> QuerySet[Notice]:
    return (
        Notice.objects.select_related("created_by", "touchpoint")
        .prefetch_related("questions")
        .annotate(read=Count("acknowledgements", distinct=True), came=Count("arrivals", distinct=True))
    )


def _notice(pk: int) -> Any:
    return NoticeAnswer(_one(_notices(), pk)).data


class Notices(Follow):
    order = ("-id",)

    @_reads("Notices of calls to come, the last published first", NoticeAnswer(many=True), query=PagedQuery)
    def get(self, request: Request) -> Response:
        return self.paged(request, _notices(), PagedQuery.read(request), NoticeAnswer)

    @_writes("Warn of calls about to come", NoticeAnswer, NoticeBody, status=201, one=False)
    def post(self, request: Request) -> HttpResponse:
        given = NoticeBody.read(request)
        if "touchpoint" in given:
            given["touchpoint"] = touchpoint_named(given["touchpoint"])
        given["questions"] = [notices.Question(**one) for one in given.get("questions", [])]
        return self.created(
            request, lambda: notices.publish_notice(by=caller(request), **given), _notice, "notice"
        )


class OneNotice(Follow):
    scopes = {"GET": _READ}

    @_reads("One notice", NoticeAnswer, one=True)
    def get(self, request: Request, pk: int) -> Response:
        return Response(_notice(pk))


class AcknowledgeNotice(Follow):
    scopes = {"POST": _WRITE}

    @_writes("Say that you have read it", NoticeAnswer)
    def post(self, request: Request, pk: int) -> HttpResponse:
        Body.read(request)
        notice = _one(_notices(), pk)
        return self.done(
            request, lambda: notices.acknowledge(notice=notice, by=caller(request)), lambda: _notice(pk)
        )


class MyThanks(Follow):
    scopes = {"GET": _READ}
    order = ("-id",)

    @_reads("Thanks to you", ThanksAnswer(many=True), query=PagedQuery, words="Nobody else reads them.")
    def get(self, request: Request) -> Response:
        rows = Thanks.objects.select_related("by").filter(to=caller(request))
        return self.paged(request, rows, PagedQuery.read(request), ThanksAnswer)


class SaidDoneMonth(Follow):
    scopes = {"GET": _READ}
    order = ("id",)

    @_reads("“You said, we did” of a month (2026-03)", EntryAnswer(many=True), one=True, query=PagedQuery)
    def get(self, request: Request, month: str) -> Response:
        query = PagedQuery.read(request)
        try:
            first = date.fromisoformat(f"{month}-01")
        except ValueError:
            raise Http404 from None
        published = SaidDone.objects.filter(month=first).first()
        if published is None:
            raise Http404
        rows = published.entries.filter(learning__sensitive=False).select_related(
            "learning__touchpoint__owner", "learning__account", "learning__author", "learning__owner",
            "learning__theme",
        )  # fmt: skip
        return self.paged(request, rows, query, EntryAnswer)
