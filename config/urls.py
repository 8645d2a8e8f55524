"""Where each face of the product answers."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from telephony.simulator_proxy import simulator
from web.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("api.urls")),
    path("webhooks/twilio/", include("escalations.urls")),
    path("webhooks/twilio/", include("people.urls")),
    path("healthz", healthz),
    re_path(r"^simulator/", simulator),
]
