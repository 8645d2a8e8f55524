"""Sessions of listening and the ledger of credited seconds, as far as the caller may see them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, Sum
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from api.describing import describe
from api.duties import known_programme
from api.fields import Day, Month, OneOf, Words
from api.paging import PagedQuery, Pages
from api.people import PersonAnswer, person_named
from api.scopes import Scope
from api.views import ListView, caller, wrong
from listening import links
from listening.models import Credit, CreditKind, Debrief, Evidence, Session, SessionKind, SessionStatus
from people.models import Person
from rota.calendar_keeping import keeps_calendar, of_kept_calendars

_READ = Scope.LISTENING_READ
_WHOSE = "`me`, or a person's id or e-mail. Default: everybody whom you may see."


class ProofAnswer(serializers.ModelSerializer[Evidence]):
    """One thing that happened. `source_sid` and `sequence` are Twilio's own."""

    class Meta:
        model = Evidence
        fields = [
            "id",
            "kind",
            "strength",
            "at",
            "received_at",
            "source_sid",
            "sequence",
            "call_sid",
            "detail",
        ]
        read_only_fields = fields


class CreditAnswer(serializers.ModelSerializer[Credit]):
    person = PersonAnswer()
    programme = serializers.CharField(source="programme.slug")
    month = Month(help_text="The quota's month, in the programme's zone.")
    kind = serializers.ChoiceField(choices=CreditKind.choices)
    seconds = serializers.IntegerField(help_text="Below 0 where a correction takes back.")
    session = serializers.IntegerField(source="session_id", allow_null=True, help_text="Its id.")
    approver = PersonAnswer(allow_null=True, help_text="Of a correction.")
    evidence = serializers.SerializerMethodField(help_text="What the seconds were reckoned from, in order.")

    class Meta:
        model = Credit
        fields = [
            "id", "person", "programme", "month", "kind", "seconds", "session", "evidence", "reason", "approver",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ProofAnswer(many=True))
    def get_evidence(self, credit: Credit) -> list[dict[str, Any]]:
        found = self.context["evidence"]
        rows = [found[key] for key in credit.evidence if key in found]
        return list(ProofAnswer(rows, many=True).data)


class CreditsQuery(PagedQuery):
    month = Month(required=False)
    person = Words(max_length=254, required=False, help_text=_WHOSE)
    programme = Words(max_length=64, required=False, help_text="The programme's slug.")
    kind = OneOf(choices=CreditKind.choices, required=False)


class SessionAnswer(serializers.ModelSerializer[Session]):
    programme = serializers.CharField(source="programme.slug")
    person = PersonAnswer()
    month = Month(help_text="The quota's month of its planned start.")
    debriefed = serializers.BooleanField()
    credited_seconds = serializers.IntegerField()
    url = serializers.SerializerMethodField(help_text="The session's page.")

    class Meta:
        model = Session
        fields = [
            "id", "programme", "person", "kind", "status", "month", "planned_start", "planned_end", "started_at",
            "ended_at", "ended_why", "debrief_due_at", "debriefed", "credited_seconds", "url",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.URLField)
    def get_url(self, session: Session) -> str:
        return links.session_url(session)


class SessionsQuery(PagedQuery):
    programme = Words(max_length=64, required=False, help_text="The programme's slug.")
    person = Words(max_length=254, required=False, help_text=_WHOSE)
    kind = OneOf(choices=SessionKind.choices, required=False)
    status = OneOf(choices=SessionStatus.choices, required=False)

    def get_fields(self) -> dict[str, Any]:
        days = {
            "from": Day(required=False, help_text="Planned to begin on this day (UTC) or later."),
            "to": Day(required=False, help_text="Planned to begin on this day (UTC) or before."),
        }
        return days | super().get_fields()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "from" in attrs and "to" in attrs and attrs["to"] < attrs["from"]:
            raise wrong("to", "before_from", "This day is before `from`.")
        return attrs


class Credits(ListView):
    scopes = {"GET": _READ}
    order = ("id",)

    @describe(
        "The ledger of credited seconds",
        answer=CreditAnswer(many=True),
        scope=_READ,
        parameters=[CreditsQuery],
        words="Append-only: a correction is an entry of its own. One's own; for assistants, those of whom they "
        "assist; for administrators, everybody's.",
    )
    def get(self, request: Request) -> Response:
        query = CreditsQuery.read(request)
        entries = Credit.objects.filter(_whose(request, query)).select_related(
            "person", "programme", "approver"
        )
        if "month" in query:
            entries = entries.filter(month=query["month"])
        if "programme" in query:
            entries = entries.filter(programme=known_programme(query["programme"]))
        if "kind" in query:
            entries = entries.filter(kind=query["kind"])
        pages = Pages()
        rows = pages.paginate_queryset(entries, request, self, query=query)
        shown = CreditAnswer(rows, many=True, context={"evidence": _evidence_of(rows)})
        return pages.get_paginated_response(shown.data)


class Sessions(ListView):
    scopes = {"GET": _READ}
    order = ("planned_start", "id")

    @describe(
        "Sessions, by their planned start",
        answer=SessionAnswer(many=True),
        scope=_READ,
        parameters=[SessionsQuery],
        words="One's own; for assistants, those of whom they assist; for administrators, everybody's.",
    )
    def get(self, request: Request) -> Response:
        query = SessionsQuery.read(request)
        sessions = (
            Session.objects.filter(_whose(request, query))
            .select_related("person", "programme")
            .annotate(
                debriefed=Exists(Debrief.objects.filter(session=OuterRef("pk"))),
                credited_seconds=Sum("credits__seconds", default=0),
            )
        )
        if "programme" in query:
            sessions = sessions.filter(programme=known_programme(query["programme"]))
        for name in ("kind", "status"):
            if name in query:
                sessions = sessions.filter(**{name: query[name]})
        if "from" in query:
            sessions = sessions.filter(planned_start__date__gte=query["from"])
        if "to" in query:
            sessions = sessions.filter(planned_start__date__lte=query["to"])
        return self.paged(request, sessions, query, SessionAnswer)


def _whose(request: Request, query: dict[str, Any]) -> Q:
    """The people whose rows are asked for. Raises `PermissionDenied` for somebody whom the caller may not see."""
    me = caller(request)
    if "person" not in query:
        return of_kept_calendars(me)
    asked: Person = me if query["person"] == "me" else person_named(query["person"], field="person")
    if not keeps_calendar(me, asked):
        raise PermissionDenied("These are for the person, their assistant and administrators.")
    return Q(person=asked)


def _evidence_of(entries: Sequence[Credit]) -> dict[int, Evidence]:
    """All evidence of a page's entries, by key: one query."""
    return Evidence.objects.in_bulk({key for credit in entries for key in credit.evidence})
