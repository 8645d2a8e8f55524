"""Times in sentences: the reader's clock, the reader's words."""

from datetime import UTC, datetime

import pytest
import time_machine

from escalations.prompts import speaking
from escalations.telling import local_time


@pytest.mark.parametrize(
    ("instant", "zone", "language", "said"),
    [
        (datetime(2026, 6, 17, 18, 30, tzinfo=UTC), "America/New_York", "en", "14:30 EDT"),
        (datetime(2026, 6, 18, 12, 0, tzinfo=UTC), "Europe/Berlin", "de", "Do. 14:00 CEST"),
        (datetime(2026, 6, 18, 12, 0, tzinfo=UTC), "Europe/Paris", "fr-CA", "jeu. 14:00 CEST"),
        (datetime(2026, 7, 3, 12, 0, tzinfo=UTC), "Asia/Tokyo", "ja", "3 Jul 21:00 JST"),
        # Past midnight in the reader's zone is another day, whatever UTC says.
        (datetime(2026, 6, 17, 23, 30, tzinfo=UTC), "Asia/Kolkata", "en", "Thu 05:00 IST"),
    ],
)
def test_a_time_is_told_by_the_readers_clock(instant: datetime, zone: str, language: str, said: str) -> None:
    with time_machine.travel(datetime(2026, 6, 17, 14, 0, tzinfo=UTC), tick=False):
        assert local_time(instant, zone, language) == said


@pytest.mark.parametrize(
    ("language", "voice"), [("de-AT", "de-AT"), ("pt", "pt-BR"), ("ja", "en-US"), ("", "en-US")]
)
def test_english_words_are_never_said_in_another_languages_voice(language: str, voice: str) -> None:
    assert f'language="{voice}"' in speaking(language).say("Hello").render()
