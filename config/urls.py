"""Where each face of the product answers."""

from django.http import Http404
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.defaults import page_not_found

from rota.mail_webhooks import inbound_mail
from telephony.simulator_proxy import simulator
from web.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("api.urls")),
    path("webhooks/twilio/", include("escalations.urls")),
    path("webhooks/twilio/", include("people.urls")),
    path("webhooks/twilio/listening/", include("listening.urls")),
    path("webhooks/mail/<str:provider>/", inbound_mail, name="inbound-mail"),
    path("webhooks/mail/<str:provider>/mime", inbound_mail),  # so ended, Mailgun posts the mail as it came
    path("healthz", healthz, name="healthz"),
    re_path(r"^simulator/", simulator, name="simulator"),
    # An address is how imports know a person: administrators set it, and nobody adds another.
    path("accounts/email/", page_not_found, {"exception": Http404()}),
    path("accounts/", include("allauth.account.urls")),
    path("admin/tokens/", include("api.token_urls")),
    path("", include("web.urls")),
]
