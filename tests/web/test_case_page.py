"""The page of a case: what it says, what it offers to whom, and its buttons and forms."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from customers.models import Account
from escalations.handing_over import offer
from escalations.models import Escalation, Page, PageStatus, Status
from escalations.raising import raise_escalation
from learnings.models import Learning, Touchpoint
from people.models import Person
from tests.web.conftest import SignIn


def page_of(client: Client, case: Escalation) -> str:
    return client.get(f"/cases/{case.pk}/").content.decode()


def offered(page: str) -> set[str]:
    """The buttons on the page, by the ends of their ids."""
    names = [
        "accept",
        "pass",
        "working",
        "connect",
        "drop",
        "outcome",
        "hand-over",
        "take-over",
        "decline",
        "cancel",
    ]
    return {name for name in names if f'id="do-{name}"' in page}


def test_it_tells_the_whole_story(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    page = page_of(sign_in(cleo), case)
    for words in (
        "Acme Industries",
        f"Case {case.number}",
        "The night shift cannot print labels.",
        "Restarted both servers.",
        "A date for the spare part.",
        "Grace Hall",
        "Ringing Ana Ruiz",
        "Cleo Martin raised the case for Acme Industries.",
        "Why it rings",
        "Owner: <strong>Ana Ruiz</strong>",
    ):
        assert words in page, words


def test_it_says_whose_phone_is_next_and_when(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    case.pages.update(status=PageStatus.RINGING)
    page = page_of(sign_in(cleo), case)
    assert "Next: Ana Ruiz’s phone" in page  # the second rung rings her once more
    assert "data-countdown" in page


def test_buttons_are_offered_to_whom_they_serve(
    case: Escalation, cleo: Person, ana: Person, ben: Person, dora: Person, sign_in: SignIn
) -> None:
    assert offered(page_of(sign_in(cleo), case)) == {"cancel"}
    assert offered(page_of(sign_in(ana), case)) == {"accept", "pass"}
    assert offered(page_of(sign_in(ben), case)) == {"accept"}
    assert offered(page_of(sign_in(dora), case)) == {"accept", "cancel"}


def test_the_owner_of_a_taken_case_gets_the_next_buttons(
    taken: Escalation, ana: Person, ben: Person, sign_in: SignIn
) -> None:
    assert offered(page_of(sign_in(ana), taken)) == {"connect", "outcome", "hand-over"}
    assert offered(page_of(sign_in(ben), taken)) == set()
    assert "Ana Ruiz has it" in page_of(sign_in(ben), taken)


def test_take_it(case: Escalation, ana: Person, sign_in: SignIn) -> None:
    response = sign_in(ana).post(f"/cases/{case.pk}/accept/")
    case.refresh_from_db()
    assert (case.status, case.owner) == (Status.ACCEPTED, ana)
    assert response.headers["Location"] == f"/cases/{case.pk}/"
    assert "Ana Ruiz took the case on the page." in page_of(sign_in(ana), case)


def test_taking_it_from_the_officers_page_leads_back_there(
    case: Escalation, ana: Person, sign_in: SignIn
) -> None:
    response = sign_in(ana).post(f"/cases/{case.pk}/accept/", {"back": "officer"})
    assert response.headers["Location"] == "/officer/"


def test_who_comes_too_late_is_told_who_has_it(taken: Escalation, ben: Person, sign_in: SignIn) -> None:
    response = sign_in(ben).post(f"/cases/{taken.pk}/accept/", follow=True)
    assert "Ana Ruiz has it." in response.content.decode()


def test_pass_it_on(case: Escalation, ana: Person, sign_in: SignIn) -> None:
    sign_in(ana).post(f"/cases/{case.pk}/pass/")
    assert case.pages.filter(person=ana, status=PageStatus.PASSED).exists()


def test_connect_and_end(taken: Escalation, ana: Person, sign_in: SignIn) -> None:
    browser = sign_in(ana)
    browser.post(f"/cases/{taken.pk}/connect/")
    page = page_of(browser, taken)
    assert "drop" in offered(page)
    assert "About to be rung" in page
    browser.post(f"/cases/{taken.pk}/drop/")
    assert "connect" in offered(page_of(browser, taken))


def test_i_am_on_it(taken: Escalation, ana: Person, sign_in: SignIn) -> None:
    now = datetime.now(UTC)
    Page.objects.create(
        escalation=taken,
        person=ana,
        channel="call",
        address=ana.phone,
        purpose="ask",
        status="ringing",
        created_at=now,
        due_at=now,
    )
    browser = sign_in(ana)
    assert "working" in offered(page_of(browser, taken))
    browser.post(f"/cases/{taken.pk}/working/")
    page = page_of(browser, taken)
    assert "working" not in offered(page)
    assert "Ana Ruiz is on it" in page


def test_a_note_goes_onto_the_timeline(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    response = browser.post(f"/cases/{case.pk}/note/", {"text": "They called <twice>."})
    assert response.headers["Location"] == f"/cases/{case.pk}/#timeline"
    assert "They called &lt;twice&gt;." in page_of(browser, case)


def test_an_empty_note_is_refused_at_its_field(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    response = sign_in(cleo).post(f"/cases/{case.pk}/note/", {"text": " "})
    assert response.status_code == 422
    assert 'id="id_text_error"' in response.content.decode()


OUTCOME = {
    "cause": "process",
    "done": "The part is on its way.",
    "quote": "At last somebody who listens.",
    "feeling": "pleased",
    "promised": "The part is there.",
    "promised_until": (datetime.now(UTC) + timedelta(days=3)).date().isoformat(),
}


def test_the_outcome_resolves_the_case(
    taken: Escalation, ana: Person, billing: Touchpoint, sign_in: SignIn
) -> None:
    browser = sign_in(ana)
    response = browser.post(f"/cases/{taken.pk}/outcome/", OUTCOME | {"touchpoint": billing.pk}, follow=True)
    taken.refresh_from_db()
    assert taken.status == Status.RESOLVED
    page = response.content.decode()
    assert "The customer is asked whether it is fixed." in page
    assert "At last somebody who listens." in page
    assert Learning.objects.get().owner == billing.owner


def test_an_outcome_says_which_other_cause_and_what_it_had_cost_the_customer(
    taken: Escalation, ana: Person, billing: Touchpoint, sign_in: SignIn
) -> None:
    browser = sign_in(ana)
    form = OUTCOME | {"touchpoint": billing.pk, "cause": "other", "contacts_before": "3"}
    response = browser.post(f"/cases/{taken.pk}/outcome/", form)
    assert response.status_code == 422
    assert 'id="id_cause_words_error"' in response.content.decode()
    assert not Learning.objects.exists()
    page = browser.post(
        f"/cases/{taken.pk}/outcome/", form | {"cause_words": "Two owners"}, follow=True
    ).content.decode()
    assert "Two owners, at" in page
    learning = Learning.objects.get()
    assert (learning.cause_name, learning.contacts_before, learning.transfers_before) == (
        "Two owners",
        3,
        None,
    )


@pytest.mark.parametrize("missing", ["cause", "touchpoint", "done", "quote"])
def test_an_outcome_without_its_core_is_refused(
    missing: str, taken: Escalation, ana: Person, billing: Touchpoint, sign_in: SignIn
) -> None:
    form = OUTCOME | {"touchpoint": str(billing.pk)}
    del form[missing]
    response = sign_in(ana).post(f"/cases/{taken.pk}/outcome/", form)
    assert response.status_code == 422
    assert f'id="id_{missing}_error"' in response.content.decode()
    assert not Learning.objects.exists()


def test_what_was_typed_into_a_refused_outcome_stays(
    taken: Escalation, ana: Person, billing: Touchpoint, sign_in: SignIn
) -> None:
    page = sign_in(ana).post(f"/cases/{taken.pk}/outcome/", OUTCOME).content.decode()
    assert "The part is on its way." in page
    assert OUTCOME["promised_until"] in page


def test_only_the_owner_resolves(
    taken: Escalation, ben: Person, billing: Touchpoint, sign_in: SignIn
) -> None:
    response = sign_in(ben).post(f"/cases/{taken.pk}/outcome/", OUTCOME | {"touchpoint": billing.pk})
    assert response.status_code == 422
    assert "Ana Ruiz has the case" in response.content.decode()


def test_hand_over_by_consent(taken: Escalation, ana: Person, ben: Person, sign_in: SignIn) -> None:
    sign_in(ana).post(f"/cases/{taken.pk}/hand-over/", {"to": ben.pk, "note": "Part arrives at nine."})
    page = page_of(sign_in(ben), taken)
    assert offered(page) == {"take-over", "decline"}
    assert "Part arrives at nine." in page
    sign_in(ben).post(f"/cases/{taken.pk}/take-over/")
    taken.refresh_from_db()
    assert taken.owner == ben


def test_a_declined_case_stays(taken: Escalation, ana: Person, ben: Person, sign_in: SignIn) -> None:
    offer(escalation=taken, by=ana, to=ben)
    sign_in(ben).post(f"/cases/{taken.pk}/decline/")
    taken.refresh_from_db()
    assert (taken.owner, taken.hand_over_to) == (ana, None)


def test_cancel_wants_a_reason(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    browser = sign_in(cleo)
    assert browser.post(f"/cases/{case.pk}/cancel/", {"reason": ""}).status_code == 422
    browser.post(f"/cases/{case.pk}/cancel/", {"reason": "Raised for the wrong account."})
    case.refresh_from_db()
    assert case.status == Status.CANCELLED
    assert "Raised for the wrong account." in page_of(browser, case)


def test_times_are_the_readers_with_the_zone_written(case: Escalation, cleo: Person, sign_in: SignIn) -> None:
    Person.objects.filter(pk=cleo.pk).update(time_zone="Asia/Kolkata")
    page = page_of(sign_in(cleo), case)
    assert '<span class="zone">IST</span>' in page
    assert "Times are yours: Asia/Kolkata." in page


def test_the_list_finds_cases_by_number_account_and_words(
    case: Escalation, cleo: Person, tiny: Account, sign_in: SignIn
) -> None:
    other = raise_escalation(account=tiny, raised_by=cleo, summary="A late parcel.").escalation
    browser = sign_in(cleo)
    for typed in (str(case.number), "acme", "labels"):
        page = browser.get("/cases/", {"q": typed}).content.decode()
        assert f"/cases/{case.pk}/" in page, typed
        assert f"/cases/{other.pk}/" not in page, typed
    assert "No case fits." in browser.get("/cases/", {"q": "nothing"}).content.decode()
