"""Themes and hotspots: what keeps coming back."""

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Body, Flag, OneOf, Whole, Words
from api.follow_up import READ, WRITE, Follow, reads, writes
from api.learnings import ThemeName, TouchpointAnswer
from api.paging import PagedQuery
from api.people import PersonAnswer
from api.views import caller, wrong
from learnings import hotspots, themes
from learnings.models import Hotspot, HotspotStatus, Theme


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


class ThemesQuery(PagedQuery):
    hotspot = Flag(required=False, help_text="Only those with an open hotspot, or without.")


class MergeBody(Body):
    into = Whole(min_value=1, max_value=2**31, help_text="The other theme's id.")


class HotspotsQuery(PagedQuery):
    status = OneOf(choices=HotspotStatus.choices, required=False)


class CloseBody(Body):
    words = Words(lines=True, max_length=500, help_text="What became of it.")


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
    return ThemeAnswer(get_object_or_404(_themes(), pk=pk)).data


class Themes(Follow):
    scopes = {"GET": READ}
    order = ("-id",)

    @reads("Themes: what keeps coming", ThemeAnswer(many=True), query=ThemesQuery)
    def get(self, request: Request) -> Response:
        query = ThemesQuery.read(request)
        rows: QuerySet[Any] = _themes()
        if "hotspot" in query:
            rows = rows.filter(hot__gt=0) if query["hotspot"] else rows.filter(hot=0)
        return self.paged(request, rows, query, ThemeAnswer)


class OneTheme(Follow):
    scopes = {"GET": READ}

    @reads("One theme", ThemeAnswer, one=True)
    def get(self, request: Request, pk: int) -> Response:
        return Response(_theme(pk))


class MergeTheme(Follow):
    scopes = {"POST": WRITE}

    @writes("Merge a theme into another", ThemeAnswer, MergeBody, words="Answers with the other one.")
    def post(self, request: Request, pk: int) -> HttpResponse:
        given = MergeBody.read(request)
        theme = get_object_or_404(Theme.objects.select_related("touchpoint"), pk=pk)
        into = Theme.objects.select_related("touchpoint").filter(pk=given["into"]).first()
        if into is None:
            raise wrong("into", "unknown", "There is no theme of this id.")
        return self.done(
            request,
            lambda: themes.merge(theme=theme, into=into, by=caller(request)),
            lambda: _theme(into.pk),
        )


class Hotspots(Follow):
    scopes = {"GET": READ}
    order = ("-id",)

    @reads("Hotspots, the last first", HotspotAnswer(many=True), query=HotspotsQuery)
    def get(self, request: Request) -> Response:
        query = HotspotsQuery.read(request)
        rows = Hotspot.objects.select_related("theme", "owner")
        if "status" in query:
            rows = rows.filter(status=query["status"])
        return self.paged(request, rows, query, HotspotAnswer)


class CloseHotspot(Follow):
    scopes = {"POST": WRITE}

    @writes("Close a hotspot: what became of it", HotspotAnswer, CloseBody)
    def post(self, request: Request, pk: int) -> HttpResponse:
        given = CloseBody.read(request)
        rows = Hotspot.objects.select_related("theme", "owner")
        hotspot = get_object_or_404(rows, pk=pk)
        return self.done(
            request,
            lambda: hotspots.close(hotspot=hotspot, words=given["words"], by=caller(request)),
            lambda: HotspotAnswer(get_object_or_404(rows.all(), pk=pk)).data,
        )
