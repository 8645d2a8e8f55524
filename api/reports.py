"""Who kept the promise, month by month: the compliance report and the events behind its figures."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.utils.urls import replace_query_param

from api.describing import describe
from api.duties import programme_or_only
from api.fields import OneOf, Words
from api.negotiation import JsonForAll
from api.paging import PagedQuery
from api.people import PersonAnswer, person_named
from api.scopes import Scope
from api.views import ListView, caller, wrong
from people.models import Person
from reports.exports import columns, csv_lines, path_of, rows, spreadsheet
from reports.month import FIGURES, Line, evidence_of
from reports.shown import Shown, show, show_one
from reports.standing import Status
from rota.models import Programme

FORMATS = ("json", "csv", "xlsx")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MONTH = re.compile(r"(2[01]\d\d)-(0[1-9]|1[0-2])")
_SLUG = "The programme's slug. May be left out where there is one only."


class Month(serializers.CharField):
    """A month alone, as in 2026-03; its first day."""

    default_error_messages = {"invalid_month": "This is a month such as 2026-03."}

    def to_internal_value(self, data: Any) -> Any:
        found = _MONTH.fullmatch(data) if isinstance(data, str) else None
        if found is None:
            self.fail("invalid_month")
        return date(int(found[1]), int(found[2]), 1)


class FigureAnswer(serializers.Serializer[Any]):
    value = serializers.IntegerField(allow_null=True, help_text="Null where there was nothing to measure.")
    unit = serializers.ChoiceField(choices=["days", "count", "seconds"])
    evidence = serializers.URLField(help_text="The events behind it.")


class ExcuseAnswer(serializers.Serializer[Any]):
    by = serializers.CharField(help_text="Who excused them; empty where nobody decided.")
    why = serializers.CharField()


class LineAnswer(serializers.Serializer[Any]):
    person = PersonAnswer()
    status = serializers.ChoiceField(choices=[status.value for status in Status])
    reasons = serializers.ListField(child=serializers.CharField(), help_text="What is missing, in words.")
    owed_reasons = serializers.ListField(
        child=serializers.CharField(), help_text="Why less than the full quota is owed."
    )
    excuse = ExcuseAnswer(allow_null=True)
    figures = serializers.DictField(child=FigureAnswer(), help_text=", ".join(f"`{key}`" for key in FIGURES))
    state = serializers.ChoiceField(choices=["open", "closed"], help_text="A closed month is frozen.")
    url = serializers.URLField(help_text="The page of this member's month.")


class EvidenceAnswer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(allow_null=True)
    day = serializers.DateField(allow_null=True)
    what = serializers.CharField()
    amount = serializers.IntegerField(help_text="How much of the figure this is, in its unit.")
    url = serializers.URLField(allow_null=True)


class ComplianceQuery(PagedQuery):
    programme = Words(max_length=64, required=False, help_text=_SLUG)
    month = Month(required=False, help_text="Such as 2026-03; this month by default.")
    person = Words(max_length=254, required=False, help_text="`me`, or a person's id or e-mail.")


class EvidenceQuery(PagedQuery):
    programme = Words(max_length=64, required=False, help_text=_SLUG)
    month = Month(required=False, help_text="Such as 2026-03; this month by default.")
    person = Words(max_length=254, help_text="`me`, or a person's id or e-mail.")
    figure = OneOf(choices=list(FIGURES))


class AnyFormat(JsonForAll):
    """`?format=` is the view's own: it names what it does not know as a problem with that field."""

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if "format" in request.query_params:
            return JSONRenderer(), "application/json"
        return super().select_renderer(request, renderers, format_suffix)


class Compliance(ListView):
    scopes = {"GET": Scope.REPORTS_READ}
    content_negotiation_class = cast("type[BaseContentNegotiation]", AnyFormat)

    @describe(
        "Who kept the promise in a month, one row a member",
        answer=LineAnswer(many=True),
        scope=Scope.REPORTS_READ,
        parameters=[
            ComplianceQuery,
            OpenApiParameter(
                "format", str, enum=FORMATS, description="`csv` and `xlsx` are the whole month in one file."
            ),
        ],
        words="Administrators see everybody, executives themselves. Every figure links to its evidence. "
        "A closed month is answered as it was frozen, with its corrections.",
    )
    def get(self, request: Request) -> HttpResponseBase:
        wanted = format_asked(request, FORMATS)
        query = ComplianceQuery.read(request)
        shown = _shown(request, query)
        if wanted == "csv":
            return csv_file(shown)
        if wanted == "xlsx":
            return xlsx_file(shown)
        return _paged(request, query, shown.report.lines, lambda lines: [_line(shown, one) for one in lines])


class ComplianceEvidence(ListView):
    scopes = {"GET": Scope.REPORTS_READ}

    @describe(
        "The events behind one figure of one member",
        answer=EvidenceAnswer(many=True),
        scope=Scope.REPORTS_READ,
        parameters=[EvidenceQuery],
        words="Their amounts sum to the figure; of a median or a percentile they are its values.",
    )
    def get(self, request: Request) -> Response:
        query = EvidenceQuery.read(request)
        programme = programme_or_only(query.get("programme"))
        person = _whose(request, query["person"])
        events = evidence_of(
            programme=programme,
            person=person,
            month=month_asked(query, programme),
            figure=query["figure"],
            now=timezone.now(),
        )
        return _paged(
            request,
            query,
            events,
            lambda some: [
                {
                    "at": event.at,
                    "day": event.day,
                    "what": event.what,
                    "amount": event.amount,
                    "url": f"{settings.PUBLIC_BASE_URL}{event.path}" if event.path else None,
                }
                for event in some
            ],
        )


def csv_file(shown: Shown) -> StreamingHttpResponse:
    """The month as CSV, a line at a time."""
    lines = csv_lines(columns(), rows(shown, base_url=settings.PUBLIC_BASE_URL))
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{_name(shown)}.csv"'},
    )


def xlsx_file(shown: Shown) -> FileResponse:
    """The month as a workbook."""
    table = rows(shown, base_url=settings.PUBLIC_BASE_URL)
    file = spreadsheet(columns(), table, title=f"{shown.report.month:%Y-%m}")
    return FileResponse(file, as_attachment=True, filename=f"{_name(shown)}.xlsx", content_type=XLSX)


def _name(shown: Shown) -> str:
    return f"compliance-{shown.report.programme.slug}-{shown.report.month:%Y-%m}"


def format_asked(request: Request, known: Sequence[str]) -> str:
    """The `format` that is asked for, of those that are known; the first of them by default."""
    asked = request.query_params.getlist("format")
    if len(asked) > 1:
        raise wrong("format", "repeated", "Give this once.")
    wanted = (asked or known)[0] or known[0]
    if wanted not in known:
        raise wrong("format", "invalid_choice", f"This is one of: {', '.join(known)}.")
    return wanted


def _shown(request: Request, query: dict[str, Any]) -> Shown:
    programme = programme_or_only(query.get("programme"))
    month, now = month_asked(query, programme), timezone.now()
    me = caller(request)
    if "person" in query or not me.is_admin:
        person = _whose(request, query.get("person", "me"))
        return show_one(programme=programme, person=person, month=month, now=now)
    return show(programme=programme, month=month, now=now)


def _whose(request: Request, text: str) -> Person:
    """Administrators ask about anybody, executives about themselves; what is not theirs does not exist for them."""
    me = caller(request)
    if not (me.is_admin or me.is_executive):
        raise PermissionDenied("Reports are for administrators, and for executives their own.")
    person = me if text == "me" else person_named(text, field="person")
    if person.pk != me.pk and not me.is_admin:
        raise NotFound("There is nothing here for you.")
    return person


def month_asked(query: dict[str, Any], programme: Programme) -> date:
    """The month that is asked for; the programme's present one by default."""
    today = timezone.now().astimezone(programme.zone).date()
    month: date = query.get("month") or today.replace(day=1)
    return month


def _line(shown: Shown, line: Line) -> dict[str, Any]:
    report = shown.report
    base = reverse("api:compliance-evidence")
    about = {
        "programme": report.programme.slug,
        "month": f"{report.month:%Y-%m}",
        "person": line.person.pk,
    }
    address = f"{settings.PUBLIC_BASE_URL}{base}?{urlencode(about)}&figure="
    return {
        "person": {"id": line.person.pk, "name": line.person.name, "email": line.person.email},
        "status": line.standing.status.value,
        "reasons": list(line.standing.reasons),
        "owed_reasons": list(line.owed_reasons),
        "excuse": {"by": line.excuse.by, "why": line.excuse.why} if line.excuse else None,
        "figures": {
            key: {"value": line.figures.get(key), "unit": figure.unit.value, "evidence": f"{address}{key}"}
            for key, figure in FIGURES.items()
        },
        "state": "closed" if shown.closed else "open",
        "url": f"{settings.PUBLIC_BASE_URL}{path_of(report.programme.slug, report.month, line)}",
    }


def _paged(request: Request, query: dict[str, Any], items: Sequence[Any], answer: Any) -> Response:
    """One page of a list that is reckoned as a whole: the cursor is how many come before it."""
    cursor = query.get("cursor", "0")
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 9):
        raise wrong("cursor", "invalid_cursor", "Follow `next` or `previous` of the list itself.")
    begin, size = int(cursor), query["page_size"]
    address = request.build_absolute_uri()
    end = begin + size
    return Response(
        {
            "results": answer(items[begin:end]),
            "next": replace_query_param(address, "cursor", end) if end < len(items) else None,
            "previous": replace_query_param(address, "cursor", max(begin - size, 0)) if begin else None,
        }
    )
