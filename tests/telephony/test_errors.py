"""Whatever goes wrong is one typed error that says whether it is for good, and what to do."""

import pytest

from telephony.errors import OutcomeUnknown, TelephonyError, Throttled, refusal, without_numbers
from telephony.remedies import REMEDIES, explain


@pytest.mark.parametrize(
    ("code", "permanent"),
    [
        (20003, True),
        (21211, True),
        (21215, True),
        (21219, True),
        (21608, True),
        (21610, True),
        (21614, True),
        (30003, False),
        (30007, True),
        (30008, False),
        (11200, False),
        (15003, False),
        (13240, True),
        (16025, True),
    ],
)
def test_known_codes_say_whether_trying_again_can_help(code: int, permanent: bool) -> None:
    error = refusal(status=400, code=code, words="whatever Twilio says")
    assert error.code == code
    assert error.permanent is permanent
    assert error.remedy
    assert "whatever" not in error.message


@pytest.mark.parametrize("code", sorted(REMEDIES))
def test_every_row_speaks_in_whole_sentences(code: int) -> None:
    row = REMEDIES[code]
    assert row.words.endswith(".")
    assert row.remedy.endswith(".")


@pytest.mark.parametrize(
    ("status", "permanent"), [(400, True), (403, True), (404, True), (408, False), (409, False), (425, False)]
)
def test_unknown_codes_are_judged_by_status(status: int, permanent: bool) -> None:
    error = refusal(status=status, code=99999, words="Something new")
    assert error.permanent is permanent
    assert error.message == "Something new"


def test_no_telephone_number_gets_into_a_message() -> None:
    error = refusal(status=400, code=99999, words="The 'To' number +1 (415) 555-0123 is odd")
    assert str(error).startswith("The 'To' number [number] is odd (Twilio 99999)")
    assert without_numbers("+442079460018 and 0301234567") == "[number] and [number]"


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("", None), ("Wed, 21 Oct 2026", None)])
def test_too_many_requests_says_when_to_come_back(header: str, seconds: float | None) -> None:
    error = refusal(status=429, code=None, retry_after=header)
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds
    assert (error.code, error.permanent) == (20429, False)


def test_a_redirection_is_a_wrong_address() -> None:
    error = refusal(status=302, code=None)
    assert error.permanent
    assert "TWILIO_API_BASE_URL" in error.remedy


def test_an_unknown_outcome_is_never_for_good() -> None:
    error = OutcomeUnknown("The connection broke.")
    assert isinstance(error, TelephonyError)
    assert not error.permanent
    assert explain(None) is None
