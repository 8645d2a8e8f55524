"""What comes back to people: thanks, and the month's “You said, we did”."""

from datetime import date

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.follow_up import READ, Follow, reads
from api.learnings import LearningAnswer
from api.paging import PagedQuery
from api.people import PersonAnswer
from api.views import caller
from learnings.models import SaidDone, SaidDoneEntry, Thanks


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


class MyThanks(Follow):
    scopes = {"GET": READ}
    order = ("-id",)

    @reads("Thanks to you", ThanksAnswer(many=True), query=PagedQuery, words="Nobody else reads them.")
    def get(self, request: Request) -> Response:
        rows = Thanks.objects.select_related("by").filter(to=caller(request))
        return self.paged(request, rows, PagedQuery.read(request), ThanksAnswer)


class SaidDoneMonth(Follow):
    scopes = {"GET": READ}
    order = ("id",)

    @reads("“You said, we did” of a month (2026-03)", EntryAnswer(many=True), one=True, query=PagedQuery)
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
