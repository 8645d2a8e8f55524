"""What was learnt, for the whole organisation."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.describing import describe
from api.fields import OneOf, Words
from api.paging import PagedQuery, Pages
from api.people import PersonAnswer
from api.scopes import Scope
from api.views import ListView, wrong
from learnings.feed import feed
from learnings.models import Cause, Learning, Touchpoint


class TouchpointAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    owner = PersonAnswer()


class LearningAnswer(serializers.ModelSerializer[Learning]):
    touchpoint = TouchpointAnswer()
    account = serializers.CharField(source="account.external_id", allow_null=True, default=None)
    author = PersonAnswer()
    owner = PersonAnswer()
    url = serializers.SerializerMethodField(help_text="Where it came from, for those who may see it.")

    class Meta:
        model = Learning
        fields = [
            "id", "quote", "meaning", "suggestion", "touchpoint", "cause", "feeling", "source",
            "source_reference", "account", "author", "owner", "created_at", "url",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_url(self, learning: Learning) -> str | None:
        return f"{settings.PUBLIC_BASE_URL}{learning.source_path}" if learning.source_path else None


class LearningsQuery(PagedQuery):
    words = Words(max_length=200, required=False, help_text="Only those that hold every word.")
    touchpoint = Words(max_length=80, required=False, help_text="The touchpoint's name.")
    cause = OneOf(choices=Cause.choices, required=False)


class Learnings(ListView):
    scopes = {"GET": Scope.LEARNINGS_READ}
    order = ("-created_at", "-id")

    @describe(
        "The feed of what was learnt, newest first",
        answer=LearningAnswer(many=True),
        scope=Scope.LEARNINGS_READ,
        parameters=[LearningsQuery],
    )
    def get(self, request: Request) -> Response:
        query = LearningsQuery.read(request)
        touchpoint = touchpoint_named(query["touchpoint"]).pk if "touchpoint" in query else None
        found = feed(words=query.get("words", ""), touchpoint=touchpoint, cause=query.get("cause", ""))
        pages = Pages()
        rows = pages.paginate_queryset(found.select_related("owner"), request, self, query=query)
        return pages.get_paginated_response(LearningAnswer(rows, many=True).data)


def touchpoint_named(name: str) -> Touchpoint:
    """Raises `ValidationError` naming `touchpoint`, and the touchpoints there are."""
    known = Touchpoint.objects.filter(active=True)
    found = known.filter(name__iexact=name).first()
    if found is None:
        names = ", ".join(known.values_list("name", flat=True)[:40]) or "none yet"
        raise wrong("touchpoint", "unknown", f"There is no such touchpoint. There are: {names}.")
    return found
