"""The officer's phone page: the case on top, the buttons, the duties."""

from datetime import datetime

from customers.models import Account
from escalations.confirming import answer
from escalations.handing_over import offer
from escalations.models import Escalation
from escalations.paging import accept
from escalations.raising import raise_escalation
from people.models import Person
from rota.models import Programme
from tests.web.conftest import SignIn
from web.words import day


def test_a_case_that_rings_stands_on_top_with_big_buttons(
    case: Escalation, ana: Person, sign_in: SignIn
) -> None:
    page = sign_in(ana).get("/officer/").content.decode()
    assert f'id="accept-{case.pk}"' in page
    assert f'id="pass-{case.pk}"' in page
    assert "USD 1,200,000 a year, strategic. Grace Hall waits for you." in page


def test_it_is_not_on_the_page_of_who_was_not_rung(case: Escalation, ben: Person, sign_in: SignIn) -> None:
    page = sign_in(ben).get("/officer/").content.decode()
    assert "Nothing needs you now." in page


def test_a_taken_case_offers_what_comes_next(taken: Escalation, ana: Person, sign_in: SignIn) -> None:
    page = sign_in(ana).get("/officer/").content.decode()
    assert f'id="connect-{taken.pk}"' in page
    assert f'id="outcome-of-{taken.pk}"' in page


def test_an_offered_case_is_shown_with_its_note(
    taken: Escalation, ana: Person, ben: Person, sign_in: SignIn
) -> None:
    offer(escalation=taken, by=ana, to=ben, note_text="Part arrives at nine.")
    page = sign_in(ben).get("/officer/").content.decode()
    assert "Ana Ruiz asks you to take it over." in page
    assert "Part arrives at nine." in page
    assert f'id="take-over-{taken.pk}"' in page


def test_a_resolved_case_waits_among_the_others(resolved: Escalation, ana: Person, sign_in: SignIn) -> None:
    page = sign_in(ana).get("/officer/").content.decode()
    assert "Nothing needs you now." in page
    assert "My other open cases" in page


def test_a_reopened_case_is_on_top_again(resolved: Escalation, ana: Person, sign_in: SignIn) -> None:
    answer(outcome=resolved.outcomes.get(), fixed=False, how="by text")
    page = sign_in(ana).get("/officer/").content.decode()
    assert f'id="outcome-of-{resolved.pk}"' in page


def test_of_two_cases_the_graver_is_first(
    taken: Escalation, ana: Person, cleo: Person, tiny: Account, sign_in: SignIn
) -> None:
    graver = raise_escalation(
        account=tiny, raised_by=cleo, summary="On the news.", severity="critical", public_risk=True
    ).escalation
    accept(escalation=graver, by=ana, how="by key")
    page = sign_in(ana).get("/officer/").content.decode()
    assert page.index("On the news.") < page.index("cannot print labels")
    assert "Public risk" in page


def test_my_duties_say_until_when(programme: Programme, ana: Person, sign_in: SignIn) -> None:
    page = sign_in(ana).get("/officer/").content.decode()
    assert "On duty until" in page
    next_one = ana.duties.get(seat=1).starts_at.astimezone(ana.zone).date()
    near = day(next_one, datetime.now(ana.zone).date())  # tomorrow, by day
    assert f"<strong>{near.capitalize()}</strong>, backup" in page


def test_who_cannot_be_rung_is_told(programme: Programme, ana: Person, sign_in: SignIn) -> None:
    Person.objects.filter(pk=ana.pk).update(phone_verified_at=None)
    assert "Your phone cannot ring." in sign_in(ana).get("/officer/").content.decode()


def test_accepting_elsewhere_clears_the_page(
    case: Escalation, ana: Person, ben: Person, sign_in: SignIn
) -> None:
    accept(escalation=case, by=ben, how="by key")
    assert "Nothing needs you now." in sign_in(ana).get("/officer/").content.decode()
