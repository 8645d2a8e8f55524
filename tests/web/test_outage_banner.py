"""While Twilio cannot be reached, a case that waits for an officer and the desk say so and what to do by hand."""

from datetime import UTC, datetime

import pytest

from escalations.holding import cancel
from escalations.models import Escalation, Heartbeat, PageStatus
from escalations.paging import accept
from people.models import Person
from rota.models import Programme
from tests.web.conftest import SignIn
from tests.web.test_live import look

# The words on a chip, at its end.
RINGING, CANNOT_RING = "</span>Ringing</span>", "</svg>Cannot ring</span>"


def out_of_reach() -> None:
    detail = {"since": datetime.now(UTC).isoformat(), "why": "The connection to Twilio was refused."}
    Heartbeat.objects.update_or_create(name="twilio", defaults={"at": datetime.now(UTC), "detail": detail})


def back_again() -> None:
    Heartbeat.objects.filter(name="twilio").update(detail={})


def test_support_reads_whom_to_ring_and_asks_for_the_number(
    case: Escalation, cleo: Person, ana: Person, sign_in: SignIn
) -> None:
    out_of_reach()
    page = sign_in(cleo).get(f"/cases/{case.pk}/").content.decode()
    assert "Twilio cannot be reached" in page
    assert "(the connection to Twilio was refused)" in page
    assert "Ana Ruiz cannot be rung just now" in page
    assert "Ringing" not in page
    assert "Phones do not ring; mails go out." in page
    assert "Ring Ana Ruiz yourself" in page
    assert "ask an administrator for the number" in page
    assert ana.phone not in page


def test_an_administrator_reads_the_number(
    case: Escalation, dora: Person, ana: Person, sign_in: SignIn
) -> None:
    out_of_reach()
    page = sign_in(dora).get(f"/cases/{case.pk}/").content.decode()
    assert f'href="tel:{ana.phone}"' in page
    assert "ask an administrator" not in page


def test_the_officer_is_told_to_take_it_here(case: Escalation, ana: Person, sign_in: SignIn) -> None:
    out_of_reach()
    page = sign_in(ana).get(f"/cases/{case.pk}/").content.decode()
    assert "cannot ring for this case: take it here" in page
    assert "Ring Ana Ruiz yourself" not in page


def test_a_colleague_does_not_read_the_number(
    case: Escalation, ben: Person, ana: Person, sign_in: SignIn
) -> None:
    out_of_reach()
    page = sign_in(ben).get(f"/cases/{case.pk}/").content.decode()
    assert "Ring Ana Ruiz yourself" in page
    assert ana.phone not in page


def test_it_comes_and_goes_by_itself(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    path = look(browser, browser.get(f"/cases/{case.pk}/").content.decode())
    assert browser.get(path).status_code == 204
    out_of_reach()
    news = browser.get(path).content.decode()
    assert "Twilio cannot be reached" in news
    path = look(browser, news)
    assert browser.get(path).status_code == 204
    back_again()
    assert "Twilio cannot be reached" not in browser.get(path).content.decode()


@pytest.mark.parametrize("what", ["taken", "cancelled", "rings already", "well"])
def test_it_is_shown_only_where_a_phone_is_missed(
    what: str, case: Escalation, cleo: Person, ana: Person, sign_in: SignIn
) -> None:
    if what != "well":
        out_of_reach()
    if what == "taken":
        accept(escalation=case, by=ana, how="on the page")
    elif what == "cancelled":
        cancel(escalation=case, by=cleo, reason="Wrong account.")
    elif what == "rings already":
        case.pages.filter(channel="call").update(status=PageStatus.RINGING)
    assert "Twilio cannot be reached" not in sign_in(cleo).get(f"/cases/{case.pk}/").content.decode()


def test_where_no_call_is_on_its_way_the_owner_is_named(
    case: Escalation, cleo: Person, sign_in: SignIn
) -> None:
    out_of_reach()
    case.pages.filter(channel="call").update(status=PageStatus.FAILED, ended_at=datetime.now(UTC))
    page = sign_in(cleo).get(f"/cases/{case.pk}/").content.decode()
    assert f"Ring {case.owner.name} yourself" in page


def test_the_desk_says_so_and_stops_by_itself(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    page = browser.get("/desk/").content.decode()
    assert "Twilio cannot be reached" not in page
    out_of_reach()
    assert "Twilio cannot be reached" in browser.get("/desk/").content.decode()
    news = browser.get(look(browser, page, "own-cases")).content.decode()
    assert "Twilio cannot be reached" in news
    assert 'id="desk-outage" hx-swap-oob="true"' in news
    path = look(browser, news, "own-cases")
    assert browser.get(path).status_code == 204
    back_again()
    assert "Twilio cannot be reached" not in browser.get(path).content.decode()


def test_the_officers_page_says_so_and_stops_by_itself(
    case: Escalation, ana: Person, sign_in: SignIn
) -> None:
    browser = sign_in(ana)
    page = browser.get("/officer/").content.decode()
    assert "Twilio cannot be reached" not in page
    assert RINGING in page
    path = look(browser, page, "officer")
    assert browser.get(path).status_code == 204
    out_of_reach()
    news = browser.get(path).content.decode()
    for told in (news, browser.get("/officer/").content.decode()):
        assert "Twilio cannot be reached" in told
        assert "Your phone does not ring" in told
        assert CANNOT_RING in told
        assert RINGING not in told
    path = look(browser, news, "officer")
    assert browser.get(path).status_code == 204
    back_again()
    news = browser.get(path).content.decode()
    assert "Twilio cannot be reached" not in news
    assert RINGING in news


def test_an_officer_without_a_case_is_told_as_well(
    programme: Programme, ben: Person, sign_in: SignIn
) -> None:
    out_of_reach()
    assert "Twilio cannot be reached" in sign_in(ben).get("/officer/").content.decode()


LISTS = [
    ("cleo", "/cases/"),
    ("cleo", "/desk/"),
    ("cleo", "/desk/cases/"),
    ("cleo", "/desk/score/?account=ACME"),
    ("dora", "/cases/"),
    ("dora", "/admin/people/{ana}/"),
    ("dora", "/admin/accounts/{acme}/"),
]


@pytest.mark.parametrize(("who", "path"), LISTS)
def test_no_list_says_that_a_phone_rings_which_cannot(
    who: str, path: str, case: Escalation, request: pytest.FixtureRequest, sign_in: SignIn
) -> None:
    path = path.format(ana=case.owner_id, acme=case.account_id)
    browser = sign_in(request.getfixturevalue(who))
    assert RINGING in browser.get(path).content.decode()
    out_of_reach()
    page = browser.get(path).content.decode()
    assert CANNOT_RING in page
    assert RINGING not in page
    case.pages.filter(channel="call").update(status=PageStatus.RINGING)
    assert RINGING in browser.get(path).content.decode(), "one that rings all the same is said to"


def test_the_list_of_cases_has_the_banner(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    assert "Twilio cannot be reached" not in browser.get("/cases/").content.decode()
    out_of_reach()
    assert "Twilio cannot be reached" in browser.get("/cases/").content.decode()
