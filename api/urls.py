"""Addresses below /api/v1/."""

from django.urls import path, re_path

from api import calendar, documentation, duties, escalation_verbs, escalations, learnings, people, reports
from api.views import nothing_here

app_name = "api"

urlpatterns = [
    path("me/", people.Me.as_view(), name="me"),
    path("me/calendar/", calendar.MyCalendar.as_view(), name="my-calendar"),
    path("escalations/", escalations.Escalations.as_view(), name="escalations"),
    path("escalations/<int:pk>/", escalations.OneEscalation.as_view(), name="escalation"),
    path("escalations/<int:pk>/timeline/", escalations.Timeline.as_view(), name="timeline"),
    path("escalations/<int:pk>/accept/", escalation_verbs.Accept.as_view(), name="accept"),
    path("escalations/<int:pk>/pass/", escalation_verbs.Pass.as_view(), name="pass"),
    path("escalations/<int:pk>/hand-over/", escalation_verbs.HandOver.as_view(), name="hand-over"),
    path("escalations/<int:pk>/hand-over/take/", escalation_verbs.TakeOver.as_view(), name="take-over"),
    path(
        "escalations/<int:pk>/hand-over/decline/",
        escalation_verbs.DeclineHandOver.as_view(),
        name="decline-hand-over",
    ),
    path("escalations/<int:pk>/note/", escalation_verbs.AddNote.as_view(), name="note"),
    path("escalations/<int:pk>/resolve/", escalation_verbs.Resolve.as_view(), name="resolve"),
    path("escalations/<int:pk>/cancel/", escalation_verbs.Cancel.as_view(), name="cancel"),
    path("learnings/", learnings.Learnings.as_view(), name="learnings"),
    path("duty/now/", duties.DutyNow.as_view(), name="duty-now"),
    path("duties/", duties.Duties.as_view(), name="duties"),
    path("reports/compliance/", reports.Compliance.as_view(), name="compliance"),
    path("reports/evidence/", reports.ComplianceEvidence.as_view(), name="compliance-evidence"),
    path("schema/", documentation.Schema.as_view(), name="schema"),
    path("docs/", documentation.Pages.as_view(), name="docs"),
    # Anything else is answered here, so that Django does not redirect a POST that lacks its last slash.
    re_path(r"", nothing_here),
]
