"""Addresses below /api/v1/."""

from django.urls import path, re_path

from api import (
    calendar,
    documentation,
    duties,
    escalation_verbs,
    escalations,
    learning_follow_up,
    learnings,
    people,
    reports,
)
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
    path("learnings/<int:pk>/", learnings.OneLearning.as_view(), name="learning"),
    path("learnings/<int:pk>/settle/", learnings.Settle.as_view(), name="settle"),
    path("touchpoints/", learnings.Touchpoints.as_view(), name="touchpoints"),
    path("themes/", learning_follow_up.Themes.as_view(), name="themes"),
    path("themes/<int:pk>/", learning_follow_up.OneTheme.as_view(), name="theme"),
    path("themes/<int:pk>/merge/", learning_follow_up.MergeTheme.as_view(), name="merge"),
    path("hotspots/", learning_follow_up.Hotspots.as_view(), name="hotspots"),
    path("hotspots/<int:pk>/close/", learning_follow_up.CloseHotspot.as_view(), name="close-hotspot"),
    path("actions/", learning_follow_up.Actions.as_view(), name="actions"),
    path("actions/<int:pk>/", learning_follow_up.OneAction.as_view(), name="action"),
    path("actions/<int:pk>/start/", learning_follow_up.StartAction.as_view(), name="start-action"),
    path("actions/<int:pk>/tell/", learning_follow_up.TellOrigin.as_view(), name="tell"),
    path("actions/<int:pk>/finish/", learning_follow_up.FinishAction.as_view(), name="finish-action"),
    path("actions/<int:pk>/decline/", learning_follow_up.DeclineAction.as_view(), name="decline-action"),
    path("ideas/", learning_follow_up.Ideas.as_view(), name="ideas"),
    path("ideas/<int:pk>/", learning_follow_up.OneIdea.as_view(), name="idea"),
    path("ideas/<int:pk>/answer/", learning_follow_up.AnswerIdea.as_view(), name="answer-idea"),
    path("ideas/<int:pk>/support/", learning_follow_up.SupportIdea.as_view(), name="support-idea"),
    path("notices/", learning_follow_up.Notices.as_view(), name="notices"),
    path("notices/<int:pk>/", learning_follow_up.OneNotice.as_view(), name="notice"),
    path("notices/<int:pk>/acknowledge/", learning_follow_up.AcknowledgeNotice.as_view(), name="acknowledge"),
    path("thanks/", learning_follow_up.MyThanks.as_view(), name="thanks"),
    path("said-done/<str:month>/", learning_follow_up.SaidDoneMonth.as_view(), name="said-done"),
    path("duty/now/", duties.DutyNow.as_view(), name="duty-now"),
    path("duties/", duties.Duties.as_view(), name="duties"),
    path("reports/compliance/", reports.Compliance.as_view(), name="compliance"),
    path("reports/evidence/", reports.ComplianceEvidence.as_view(), name="compliance-evidence"),
    path("schema/", documentation.Schema.as_view(), name="schema"),
    path("docs/", documentation.Pages.as_view(), name="docs"),
    # Anything else is answered here, so that Django does not redirect a POST that lacks its last slash.
    re_path(r"", nothing_here),
]
