"""How a programme did in a month, without names: the figures of the sponsor's page, and the page itself."""

from typing import Any, cast

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request
from rest_framework.response import Response

from api.describing import describe
from api.duties import programme_or_only
from api.fields import Query, Words
from api.help_desk import TicketAnswer
from api.reports import AnyFormat, Month, format_asked, month_asked
from api.scopes import Scope
from api.views import ApiView, caller
from reports.health import Health, health
from reports.mailing import page

FORMATS = ("json", "pdf")


class RungAnswer(serializers.Serializer[Any]):
    rung = serializers.IntegerField(help_text="From 1.")
    cases = serializers.IntegerField(help_text="Those that an officer of this rung took.")


class BandAnswer(serializers.Serializer[Any]):
    low = serializers.FloatField()
    high = serializers.FloatField()


class DeskAnswer(serializers.Serializer[Any]):
    """What the help desk told; figures of which it told nothing are null, or 0 with 0 days or tickets."""

    contacts = serializers.IntegerField()
    days_counted = serializers.IntegerField()
    escalations = serializers.IntegerField(help_text="Raised on the days that were counted.")
    escalations_per_1000_contacts = serializers.FloatField(allow_null=True)
    healthy = BandAnswer(allow_null=True, help_text="What administrators call healthy.")
    tickets = serializers.IntegerField()
    qualified = serializers.IntegerField(help_text="Tickets that met the rule.")
    never_raised = TicketAnswer(many=True, help_text="Of them, those without a case so far.")


class HealthAnswer(serializers.Serializer[Any]):
    programme = serializers.CharField(help_text="The slug.")
    month = serializers.CharField(help_text="Such as 2026-03.")
    coverage_percent = serializers.IntegerField(help_text="Of the hours, those with a reachable officer.")
    cases = serializers.IntegerField()
    critical = serializers.IntegerField(help_text="Of them, critical or of public risk.")
    first_ring_median_seconds = serializers.IntegerField(allow_null=True)
    yes_median_seconds = serializers.IntegerField(allow_null=True)
    yes_p90_seconds = serializers.IntegerField(allow_null=True)
    reached = RungAnswer(many=True)
    unreached = serializers.IntegerField(help_text="The whole ladder was climbed in vain once.")
    confirmed = serializers.IntegerField()
    reopened = serializers.IntegerField()
    currency = serializers.CharField()
    value_at_stake = serializers.IntegerField(help_text="A year's, in whole units of the currency.")
    value_kept = serializers.IntegerField()
    learnings = serializers.IntegerField()
    learnings_done = serializers.IntegerField()
    feelings_good = serializers.IntegerField(help_text="A sample of what was written down.")
    feelings_bad = serializers.IntegerField()
    drills = serializers.IntegerField()
    drills_passed = serializers.IntegerField()
    help_desk = DeskAnswer()


class HealthQuery(Query):
    programme = Words(
        max_length=64, required=False, help_text="A slug. May be left out where there is one only."
    )
    month = Month(required=False, help_text="Such as 2026-03; this month by default.")


class ProgrammeHealth(ApiView):
    scopes = {"GET": Scope.REPORTS_READ}
    content_negotiation_class = cast("type[BaseContentNegotiation]", AnyFormat)

    @describe(
        "How the programme did in a month",
        answer=HealthAnswer,
        scope=Scope.REPORTS_READ,
        parameters=[
            HealthQuery,
            OpenApiParameter("format", str, enum=FORMATS, description="`pdf` is the sponsor's one page."),
        ],
        words="For administrators. No figure is about one person; drills count as drills alone.",
    )
    def get(self, request: Request) -> HttpResponseBase:
        if not caller(request).is_admin:
            raise PermissionDenied("How the programme did is for administrators.")
        wanted = format_asked(request, FORMATS)
        query = HealthQuery.read(request)
        programme, now = programme_or_only(query.get("programme")), timezone.now()
        month = month_asked(query, programme)
        if wanted == "pdf":
            name = f"{programme.slug}-{month:%Y-%m}.pdf"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            content = page(programme, month, now)
            return HttpResponse(content, content_type="application/pdf", headers=headers)
        return Response(HealthAnswer(_told(health(programme=programme, month=month, now=now))).data)


def _told(found: Health) -> dict[str, Any]:
    desk, (good, bad), (passed, drills) = found.desk, found.feeling, found.drills
    return {
        "programme": found.programme.slug,
        "month": f"{found.month:%Y-%m}",
        "coverage_percent": found.coverage,
        "cases": found.cases,
        "critical": found.critical,
        "first_ring_median_seconds": found.to_ring,
        "yes_median_seconds": found.to_voice,
        "yes_p90_seconds": found.to_voice_90,
        "reached": [{"rung": rung, "cases": cases} for rung, cases in found.by_rung.items()],
        "unreached": found.unreached,
        "confirmed": found.confirmed,
        "reopened": found.reopened,
        "currency": found.currency,
        "value_at_stake": int(found.at_stake),
        "value_kept": int(found.kept),
        "learnings": found.learnings,
        "learnings_done": found.learnings_done,
        "feelings_good": good,
        "feelings_bad": bad,
        "drills": drills,
        "drills_passed": passed,
        "help_desk": {
            "contacts": desk.contacts,
            "days_counted": desk.days,
            "escalations": desk.escalations,
            "escalations_per_1000_contacts": desk.per_thousand,
            "healthy": desk.band,
            "tickets": desk.tickets,
            "qualified": desk.qualified,
            "never_raised": desk.missed,
        },
    }
