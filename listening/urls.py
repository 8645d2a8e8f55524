"""Where Twilio reaches listening: `/webhooks/twilio/listening/…`."""

from django.urls import path

from listening import webhooks

app_name = "listening"

urlpatterns = [
    path("sessions/<int:session_id>/answer", webhooks.session_answer, name="session-answer"),
    path("sessions/<int:session_id>/begin/<int:misses>", webhooks.session_begin, name="session-begin"),
    path("sessions/<int:session_id>/status", webhooks.session_status, name="session-status"),
    path("sessions/<int:session_id>/go/<int:turn>", webhooks.session_go, name="session-go"),
    path("sessions/<int:session_id>/keys", webhooks.session_keys, name="session-keys"),
    path("sessions/<int:session_id>/present", webhooks.session_present, name="session-present"),
    path("sessions/<int:session_id>/absent", webhooks.session_absent, name="session-absent"),
    path("sessions/<int:session_id>/visits/<int:visit_id>/left", webhooks.visit_left, name="visit-left"),
    path(
        "sessions/<int:session_id>/visits/<int:visit_id>/menu/<int:star>",
        webhooks.visit_menu,
        name="visit-menu",
    ),
    path("conferences/", webhooks.conference_events, name="conferences"),
    path("calls/<int:call_id>/announced", webhooks.call_announced, name="call-announced"),
    path("calls/<int:call_id>/opt-in", webhooks.call_opt_in, name="call-opt-in"),
    path("calls/<int:call_id>/queue", webhooks.call_queue, name="call-queue"),
    path("calls/<int:call_id>/wait/<int:turn>", webhooks.call_wait, name="call-wait"),
    path("calls/<int:call_id>/over", webhooks.call_over, name="call-over"),
    path("calls/<int:call_id>/voicemail", webhooks.call_voicemail, name="call-voicemail"),
    path("calls/<int:call_id>/message", webhooks.call_message, name="call-message"),
    path("calls/<int:call_id>/agents/<int:turn>/answer", webhooks.agent_answer, name="agent-answer"),
    path(
        "calls/<int:call_id>/agents/<int:turn>/keys/<int:session_id>", webhooks.agent_keys, name="agent-keys"
    ),
    path("calls/<int:call_id>/agents/<int:turn>/status", webhooks.agent_status, name="agent-status"),
    path("desks/<int:person_id>/key", webhooks.desk_key, name="desk-key"),
    path("extensions/<int:call_id>/answer", webhooks.extension_answer, name="extension-answer"),
    path("extensions/<int:call_id>/status", webhooks.extension_status, name="extension-status"),
]
