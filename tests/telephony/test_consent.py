"""STOP is heeded until START; an answer to a question stays an answer."""

from datetime import UTC, datetime, timedelta

import pytest

from telephony import consent
from telephony.events import InboundText
from telephony.models import TextOptOut

ANA = "+15550100001"
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def text(body: str, *, from_: str = ANA, kind: str = "") -> InboundText:
    """A text of Ana's."""
    return InboundText.parse({"MessageSid": "SM1", "From": from_, "Body": body, "OptOutType": kind})


def test_stop_is_heeded_and_deserves_no_answer() -> None:
    assert consent.heed(text("Stop."), at=START)
    assert not consent.may_text(ANA)
    [stop] = consent.stopped_numbers()
    assert (stop.number, stop.word, stop.stopped_at) == (ANA, "Stop.", START)


def test_start_brings_texts_back() -> None:
    consent.heed(text("STOP"), at=START)
    assert consent.heed(text("start"), at=START + timedelta(hours=1))
    assert consent.may_text(ANA)
    assert consent.stopped_numbers() == []


@pytest.mark.parametrize("kind", ["", "START"])
def test_yes_is_an_answer_and_brings_texts_back_too(kind: str) -> None:
    consent.heed(text("STOP"), at=START)
    assert not consent.heed(text("Yes!", kind=kind), at=START + timedelta(hours=1))
    assert consent.may_text(ANA)


def test_other_words_change_nothing() -> None:
    assert not consent.heed(text("1"), at=START)
    assert not consent.heed(text("no, please do not stop"), at=START)
    assert consent.heed(text("help"), at=START)
    assert not TextOptOut.objects.exists()


def test_nobody_in_particular_cannot_stop() -> None:
    assert consent.heed(text("STOP", from_="anonymous"), at=START)
    assert not TextOptOut.objects.exists()


def test_the_word_that_was_known_is_kept_and_a_second_stop_renews_it() -> None:
    consent.note_stop(number=ANA, word="arret", at=START)
    consent.note_stop(number=ANA, word="", at=START + timedelta(days=1))
    assert TextOptOut.objects.get().word == "arret"
    consent.note_start(number=ANA, at=START + timedelta(days=2))
    consent.note_stop(number=ANA, word="stop", at=START + timedelta(days=3))
    again = TextOptOut.objects.get()
    assert (again.word, again.stopped_at, again.is_stopped) == ("stop", START + timedelta(days=3), True)


def test_a_start_that_arrives_with_an_earlier_time_still_counts() -> None:
    consent.note_stop(number=ANA, word="stop", at=START)
    assert consent.note_start(number=ANA, at=START - timedelta(seconds=5))
    assert consent.may_text(ANA)
