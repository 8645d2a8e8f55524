"""Where Twilio reaches the escalations: `/webhooks/twilio/…`."""

from django.urls import path

from escalations import ring_webhooks, webhooks

app_name = "escalations"

urlpatterns = [
    path("voice", webhooks.voice, name="inbound"),
    path("voice/status", webhooks.voice_status, name="inbound-status"),
    path("text", webhooks.text, name="text"),
    path("cases/<int:escalation_id>/keys", webhooks.inbound_keys, name="inbound-keys"),
    path("cases/<int:escalation_id>/whisper", webhooks.inbound_whisper, name="inbound-whisper"),
    path("cases/<int:escalation_id>/whispered", webhooks.inbound_whispered, name="inbound-whispered"),
    path("cases/<int:escalation_id>/dialled", webhooks.inbound_dialled, name="inbound-dialled"),
    path("cases/<int:escalation_id>/message", webhooks.inbound_message, name="inbound-message"),
    path("pages/<int:page_id>/answer", webhooks.page_answer, name="page-answer"),
    path("pages/<int:page_id>/keys/<int:misses>", webhooks.page_keys, name="page-keys"),
    path("pages/<int:page_id>/pin/<str:wish>/<int:misses>", webhooks.page_pin, name="page-pin"),
    path("pages/<int:page_id>/silence", webhooks.page_silence, name="page-silence"),
    path("pages/<int:page_id>/status", webhooks.page_status, name="page-status"),
    path("pages/<int:page_id>/machine", webhooks.page_machine, name="page-machine"),
    path("pages/<int:page_id>/text-status", webhooks.page_text_status, name="page-text-status"),
    path("messages/<int:message_id>/status", webhooks.message_status, name="message-status"),
    path("legs/<int:leg_id>/answer", webhooks.leg_answer, name="leg-answer"),
    path("legs/<int:leg_id>/keys", webhooks.leg_keys, name="leg-keys"),
    path("legs/<int:leg_id>/status", webhooks.leg_status, name="leg-status"),
    path("legs/<int:leg_id>/machine", webhooks.leg_machine, name="leg-machine"),
    path("rings/<int:ring_id>/answer", ring_webhooks.ring_answer, name="ring-answer"),
    path("rings/<int:ring_id>/keys/<int:misses>", ring_webhooks.ring_keys, name="ring-keys"),
    path("rings/<int:ring_id>/status", ring_webhooks.ring_report, name="ring-status"),
    path("bridges/<int:bridge_id>/wait/<int:turn>", webhooks.bridge_wait, name="bridge-wait"),
    path("bridges/<int:bridge_id>/over", webhooks.bridge_over, name="bridge-over"),
    path("bridges/<int:bridge_id>/again", webhooks.bridge_again, name="bridge-again"),
    path("bridges/<int:bridge_id>/events", webhooks.bridge_events, name="bridge-events"),
]
