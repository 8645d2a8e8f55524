"""`manage.py check` says what is missing to telephone for real, and how to mend it."""

import pytest

from telephony.apps import check_deployment, check_settings


@pytest.fixture(autouse=True)
def _production(settings) -> None:
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC" + "1" * 32, "token"
    settings.TWILIO_FROM_NUMBER, settings.TWILIO_CALLS_PER_SECOND = "+14155550123", 1.0
    settings.TWILIO_API_BASE_URL, settings.PUBLIC_BASE_URL = "", "https://duty.example.com"
    settings.SIMULATOR = False


def found() -> set[str]:
    """The ids of what is found."""
    messages = check_settings(None) + check_deployment(None)
    assert all(message.hint for message in messages)
    return {str(message.id).removeprefix("telephony.") for message in messages}


def test_production_settings_are_clean() -> None:
    assert found() == set()


@pytest.mark.parametrize(
    ("name", "value", "ids"),
    [
        ("TWILIO_AUTH_TOKEN", "", {"W001"}),
        ("TWILIO_ACCOUNT_SID", "", {"W001"}),
        ("TWILIO_FROM_NUMBER", "", {"W002"}),
        ("TWILIO_FROM_NUMBER", "4155550123", {"E003"}),
        ("TWILIO_FROM_NUMBER", "+1 415 555 0123", {"E003"}),
        ("TWILIO_CALLS_PER_SECOND", -1.0, {"E004"}),
        ("TWILIO_CALLS_PER_SECOND", 0.0, {"W014"}),
        ("TWILIO_API_BASE_URL", "api.example.com", {"E005"}),
        ("TWILIO_API_BASE_URL", "http://api.example.com", {"W013"}),
        ("PUBLIC_BASE_URL", "duty.example.com", {"E006", "W011"}),
        ("PUBLIC_BASE_URL", "http://duty.example.com", {"W011"}),
        ("SIMULATOR", True, {"W007", "W012"}),
    ],
)
def test_what_is_wrong_is_named(settings, name: str, value: object, ids: set[str]) -> None:
    setattr(settings, name, value)
    assert found() == ids


def test_the_demo_is_clean_but_for_deployment(settings) -> None:
    settings.SIMULATOR = True
    settings.TWILIO_API_BASE_URL = settings.PUBLIC_BASE_URL = "http://127.0.0.1:8000"
    assert check_settings(None) == []
