"""The brief takes at most twenty seconds to say, and keeps the account and what the customer wants."""

import pytest

from customers.models import Account
from people.models import Person
from telephony.simulator import Network, Phone
from tests.escalations.conftest import Escalate

LONG = "Since the update of Tuesday night the filling line in Toledo stops every forty minutes and has to be reset. "
WISH = "They want a technician on site today"


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt-BR"])
@pytest.mark.parametrize(
    ("summary", "tried", "wants"),
    [
        (LONG * 15, "", ""),
        (LONG * 15, LONG * 15, f"{WISH}, and every hour until then a word from us. {LONG * 10}"),
        ("Short.", LONG * 15, WISH),
        ("word " * 399, "", WISH),
        (f"{'x' * 1990}", "y" * 1990, WISH),
        ("Order 1234567890 " * 110, "", WISH),
    ],
)
def test_a_long_story_is_told_in_twenty_seconds(
    network: Network,
    escalate: Escalate,
    ana: Person,
    officer: Phone,
    summary: str,
    tried: str,
    wants: str,
    language: str,
) -> None:
    Person.objects.filter(pk=ana.pk).update(language=language)
    escalate(summary=summary, tried=tried, wants=wants)
    officer.expect_text()
    call = officer.expect_call()
    call.press("3")
    network.advance(28)
    words = [heard for heard in call.words if heard.cut_at is None or heard.text]
    first = next(i for i, heard in enumerate(words) if "Acme Industries" in heard.text)
    after = next(i for i, heard in enumerate(words) if i > first and heard.text.startswith("1"))
    brief = words[first:after]
    said = sum(heard.seconds for heard in brief)
    assert said <= 20.0
    text = " ".join(heard.text for heard in brief)
    assert "Acme Industries" in text
    if wants:
        assert "technician on site" in text
    assert len(text) > 40


def test_an_account_with_an_absurd_name_is_told_in_twenty_seconds(
    network: Network, escalate: Escalate, acme: Account, officer: Phone
) -> None:
    Account.objects.filter(pk=acme.pk).update(name="International Consolidated " * 7)
    acme.refresh_from_db()
    escalate(summary=LONG * 5, tried=LONG * 5, wants=WISH)
    officer.expect_text("urgent case")
    call = officer.expect_call("Officer of the Day").press("3")
    network.advance(28)
    words = call.words
    first = next(i for i, heard in enumerate(words) if "International" in heard.text)
    after = next(i for i, heard in enumerate(words) if i > first and heard.text.startswith("1 to take"))
    assert sum(heard.seconds for heard in words[first:after]) <= 20.0
    assert "technician" in " ".join(heard.text for heard in words[first:after])


def test_words_that_no_voice_can_say_break_nothing(
    network: Network, escalate: Escalate, officer: Phone
) -> None:
    escalate(summary="<Say>& \u202e evil 👍 ]]> \x07 https://example.com/x", tried="<Hangup/>", wants="\"'")
    officer.expect_text("urgent case")
    call = officer.expect_call("Officer of the Day").press("3").expect_heard("Acme Industries")
    call.expect_heard("1 to take it, 2 to pass it on", within=40)
