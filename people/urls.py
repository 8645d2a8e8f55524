"""Where Twilio finds the people's room, below /webhooks/twilio/."""

from django.urls import path

from people import webhooks

app_name = "people"
urlpatterns = [
    path("verifications/<str:token>/", webhooks.verification_call, name="verification_call"),
    path("verifications/<str:token>/status/", webhooks.verification_status, name="verification_status"),
    path("letters/<int:letter_id>/status/", webhooks.letter_status, name="letter_status"),
]
