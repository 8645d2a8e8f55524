"""Where a mail provider posts the mails that came to the programme's address: `/webhooks/mail/<provider>/`.

django-anymail knows the providers' formats and signatures; what it reads goes the way of any other mail. A failure
here is a 500, on which providers try again for hours.
"""

import logging

from anymail.exceptions import AnymailConfigurationError
from anymail.signals import AnymailInboundEvent, inbound
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.dispatch import receiver
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from rota.mail_in import receive

logger = logging.getLogger(__name__)

PROVIDERS = {
    "brevo": "brevo.BrevoInboundWebhookView",
    "mailersend": "mailersend.MailerSendInboundWebhookView",
    "mailgun": "mailgun.MailgunInboundWebhookView",
    "mailjet": "mailjet.MailjetInboundWebhookView",
    "mailtrap": "mailtrap.MailtrapInboundWebhookView",
    "mandrill": "mandrill.MandrillCombinedWebhookView",
    "postal": "postal.PostalInboundWebhookView",
    "postmark": "postmark.PostmarkInboundWebhookView",
    "resend": "resend.ResendInboundWebhookView",
    "sendgrid": "sendgrid.SendGridInboundWebhookView",
    "sparkpost": "sparkpost.SparkPostInboundWebhookView",
}


@csrf_exempt
def inbound_mail(request: HttpRequest, provider: str) -> HttpResponseBase:
    """The provider's own view, behind the user and password of ANYMAIL's WEBHOOK_SECRET.

    Without a secret nobody is let in: anymail alone would take mails from anybody, and only warn. The same 404
    answers a provider that is not set up.
    """
    view = PROVIDERS.get(provider)
    if view is None or not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        raise Http404("No mail comes in here.")
    try:
        answer: HttpResponseBase = import_string(f"anymail.webhooks.{view}").as_view()(request)
    except (AnymailConfigurationError, ImproperlyConfigured, ImportError) as error:
        logger.error("ANYMAIL is not complete for %s: %s", provider, error)  # noqa: TRY400 - the words say it all
        raise Http404("No mail comes in here.") from error
    return answer


@receiver(inbound, dispatch_uid="rota.mail_webhooks")
def _arrived(event: AnymailInboundEvent, esp_name: str, **kwargs: object) -> None:
    received = receive(event.message.as_bytes())
    logger.info("Mail by %s: %s", esp_name, received.line)
