"""Ideas of staff, and their answers."""

from typing import Any

from django.db.models import Count, QuerySet
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Body, Day, OneOf, Words
from api.follow_up import READ, WRITE, Follow, reads, writes
from api.learnings import touchpoint_named
from api.paging import PagedQuery
from api.people import PersonAnswer
from api.views import caller
from learnings import ideas
from learnings.models import Idea, IdeaStatus


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


class IdeasQuery(PagedQuery):
    status = OneOf(choices=IdeaStatus.choices, required=False)


class IdeaBody(Body):
    words = Words(lines=True, max_length=2000)
    touchpoint = Words(max_length=80, required=False, help_text="The touchpoint's name.")


class AnswerBody(Body):
    answer = OneOf(choices=[IdeaStatus.YES, IdeaStatus.NO, IdeaStatus.WHEN])
    reason = Words(lines=True, max_length=2000, help_text="“I'll look into it” is kept; the clock runs on.")
    when_on = Day(required=False, help_text="For “when”.")


def _ideas() -> QuerySet[Idea]:
    return Idea.objects.select_related("sender", "owner", "touchpoint").annotate(liked=Count("support"))


def _idea(pk: int) -> Any:
    return IdeaAnswer(get_object_or_404(_ideas(), pk=pk)).data


class Ideas(Follow):
    order = ("-id",)

    @reads("Ideas, the last first", IdeaAnswer(many=True), query=IdeasQuery)
    def get(self, request: Request) -> Response:
        query = IdeasQuery.read(request)
        rows = _ideas()
        if "status" in query:
            rows = rows.filter(status=query["status"])
        return self.paged(request, rows, query, IdeaAnswer)

    @writes("Send an idea", IdeaAnswer, IdeaBody, status=201, one=False,
             words="Its owner owes yes, no or when, with a reason.")  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        given = IdeaBody.read(request)
        if "touchpoint" in given:
            given["touchpoint"] = touchpoint_named(given["touchpoint"])
        return self.created(request, lambda: ideas.send_idea(by=caller(request), **given), _idea, "idea")


class OneIdea(Follow):
    scopes = {"GET": READ}

    @reads("One idea", IdeaAnswer, one=True)
    def get(self, request: Request, pk: int) -> Response:
        return Response(_idea(pk))


class AnswerIdea(Follow):
    scopes = {"POST": WRITE}

    @writes("Answer an idea", IdeaAnswer, AnswerBody, words="The sender is told at once.")
    def post(self, request: Request, pk: int) -> HttpResponse:
        given = AnswerBody.read(request)
        idea = get_object_or_404(_ideas(), pk=pk)
        return self.done(
            request,
            lambda: ideas.answer_idea(idea=idea, by=caller(request), **given),
            lambda: _idea(pk),
        )


class SupportIdea(Follow):
    scopes = {"POST": WRITE}

    @writes("Support an idea", IdeaAnswer, words="Twice counts once.")
    def post(self, request: Request, pk: int) -> HttpResponse:
        Body.read(request)
        idea = get_object_or_404(_ideas(), pk=pk)
        return self.done(request, lambda: ideas.support(idea=idea, by=caller(request)), lambda: _idea(pk))
