"""The telephony app: it reads the clock of record wherever a process meets the database, and its system checks say
what is missing to telephone for real.
"""

from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's own name
from django.core.signals import request_started
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from telephony import clock
from telephony.numbers import BadNumber, parse_number


class TelephonyConfig(AppConfig):
    """Calls, texts and conferences through Twilio."""

    name = "telephony"
    verbose_name = "Telephony"

    def ready(self) -> None:
        connection_created.connect(_compare_clocks, dispatch_uid="telephony.clock")
        request_started.connect(_keep_time, dispatch_uid="telephony.clock")
        register(check_settings, Tags.compatibility)
        register(check_deployment, Tags.security, deploy=True)


def _compare_clocks(connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    if connection.alias == "default":
        clock.measure(connection)


def _keep_time(**kwargs: object) -> None:
    clock.keep()


def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What is wrong wherever the product runs."""
    found: list[CheckMessage] = []
    if not (settings.TWILIO_ACCOUNT_SID and settings.TWILIO_AUTH_TOKEN):
        found.append(
            Warning(
                "There are no Twilio credentials: no phone can ring, and every webhook is refused.",
                hint="Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN (Twilio's console shows both).",
                id="telephony.W001",
            )
        )
    if not settings.TWILIO_FROM_NUMBER:
        found.append(
            Warning(
                "There is no number to call from.",
                hint="Set TWILIO_FROM_NUMBER to a number of the Twilio account, such as +14155550123.",
                id="telephony.W002",
            )
        )
    elif problem := _what_is_wrong_with(settings.TWILIO_FROM_NUMBER):
        found.append(
            Error(
                f"TWILIO_FROM_NUMBER is no number in E.164: {problem}",
                hint="Write it with +, the country code and digits only, such as +14155550123.",
                id="telephony.E003",
            )
        )
    if settings.TWILIO_CALLS_PER_SECOND < 0:
        found.append(
            Error(
                "TWILIO_CALLS_PER_SECOND is negative.",
                hint="Set what Twilio allows the account: 1 unless you asked for more.",
                id="telephony.E004",
            )
        )
    api = settings.TWILIO_API_BASE_URL
    if api and urlsplit(api).scheme not in {"http", "https"}:
        found.append(
            Error(
                "TWILIO_API_BASE_URL is no http or https address.",
                hint="Leave it empty for Twilio, or give scheme, host, port and path prefix.",
                id="telephony.E005",
            )
        )
    if urlsplit(settings.PUBLIC_BASE_URL).scheme not in {"http", "https"}:
        found.append(
            Error(
                "PUBLIC_BASE_URL is no http or https address.",
                hint="Set it to the address at which Twilio and browsers reach this product.",
                id="telephony.E006",
            )
        )
    if settings.SIMULATOR and not settings.TWILIO_API_BASE_URL:
        found.append(
            Warning(
                "SIMULATOR is on, but calls go to Twilio itself.",
                hint="Point TWILIO_API_BASE_URL at the simulator, or switch SIMULATOR off.",
                id="telephony.W007",
            )
        )
    return found


def check_deployment(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What is wrong in production (`check --deploy`)."""
    found: list[CheckMessage] = []
    if urlsplit(settings.PUBLIC_BASE_URL).scheme != "https":
        found.append(
            Warning(
                "PUBLIC_BASE_URL is not https: webhooks carry telephone numbers and keys in the clear.",
                hint="Serve the product by https and set PUBLIC_BASE_URL to that address.",
                id="telephony.W011",
            )
        )
    if settings.SIMULATOR:
        found.append(
            Warning(
                "SIMULATOR is on: anybody who finds it can play every phone.",
                hint="Switch SIMULATOR off; it is for the demo and for tests.",
                id="telephony.W012",
            )
        )
    if settings.TWILIO_API_BASE_URL.startswith("http://"):
        found.append(
            Warning(
                "TWILIO_API_BASE_URL is not https: the auth token travels in the clear.",
                hint="Use https, or leave it empty for Twilio.",
                id="telephony.W013",
            )
        )
    if settings.TWILIO_CALLS_PER_SECOND == 0:
        found.append(
            Warning(
                "TWILIO_CALLS_PER_SECOND is 0: calls are not paced, and Twilio queues them in its own order.",
                hint="Set what Twilio allows the account: 1 unless you asked for more.",
                id="telephony.W014",
            )
        )
    return found


def _what_is_wrong_with(number: str) -> str:
    try:
        return "" if parse_number(number) == number else "it has blanks or marks in it."
    except BadNumber as error:
        return str(error)
