"""Notices of calls about to come."""

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
from learnings import notices
from learnings.models import Audience, Notice, NoticeQuestion


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


def _notices() -> QuerySet[Notice]:
    return (
        Notice.objects.select_related("created_by", "touchpoint")
        .prefetch_related("questions")
        .annotate(read=Count("acknowledgements", distinct=True), came=Count("arrivals", distinct=True))
    )


def _notice(pk: int) -> Any:
    return NoticeAnswer(get_object_or_404(_notices(), pk=pk)).data


class Notices(Follow):
    order = ("-id",)

    @reads("Notices of calls to come, the last published first", NoticeAnswer(many=True), query=PagedQuery)
    def get(self, request: Request) -> Response:
        return self.paged(request, _notices(), PagedQuery.read(request), NoticeAnswer)

    @writes("Warn of calls about to come", NoticeAnswer, NoticeBody, status=201, one=False)
    def post(self, request: Request) -> HttpResponse:
        given = NoticeBody.read(request)
        if "touchpoint" in given:
            given["touchpoint"] = touchpoint_named(given["touchpoint"])
        given["questions"] = [notices.Question(**one) for one in given.get("questions", [])]
        return self.created(
            request, lambda: notices.publish_notice(by=caller(request), **given), _notice, "notice"
        )


class OneNotice(Follow):
    scopes = {"GET": READ}

    @reads("One notice", NoticeAnswer, one=True)
    def get(self, request: Request, pk: int) -> Response:
        return Response(_notice(pk))


class AcknowledgeNotice(Follow):
    scopes = {"POST": WRITE}

    @writes("Say that you have read it", NoticeAnswer)
    def post(self, request: Request, pk: int) -> HttpResponse:
        Body.read(request)
        notice = get_object_or_404(_notices(), pk=pk)
        return self.done(
            request, lambda: notices.acknowledge(notice=notice, by=caller(request)), lambda: _notice(pk)
        )
