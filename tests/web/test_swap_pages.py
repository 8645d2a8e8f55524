"""Pages of duties that change hands: asking, answering with and without signing in, cover, and the ledger."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from people.models import Letter, LetterStatus, Person
from rota.hours import duty_day_of
from rota.models import (
    Absence,
    AskStatus,
    CoverProposal,
    Duty,
    DutyWishes,
    ListeningHold,
    Membership,
    Programme,
    ProposalStatus,
    Swap,
    SwapStatus,
)
from rota.reassigning import reassign
from rota.swaps import accept_ask, propose_swap
from tests.conftest import make_person, publish_days
from tests.web.conftest import SignIn


@pytest.fixture
def carl(programme: Programme) -> Person:
    person = make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)
    Membership.objects.create(programme=programme, person=person)
    return person


@pytest.fixture
def far(programme: Programme) -> date:
    return duty_day_of(programme.rules, datetime.now(UTC)) + timedelta(days=10)


@pytest.fixture
def duty(programme: Programme, ana: Person, far: date) -> Duty:
    """Ana is primary in ten days."""
    return publish_days(programme, [[ana]], first=far)[0]


@pytest.fixture
def bens(programme: Programme, ben: Person, far: date) -> Duty:
    return publish_days(programme, [[ben]], first=far + timedelta(days=7))[0]


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def link_to(person: Person) -> str:
    letter = Letter.objects.filter(person=person, kind="swap").latest("pk")
    found = re.search(r"(/swaps/[^/\s]{20,}/)", letter.text)
    assert found
    return found.group(1)


# --- The duty's own page -------------------------------------------------------------------------------------


def test_everybody_reads_who_and_when_and_only_some_what_can_be_done(
    duty: Duty, ana: Person, asha: Person, ben: Person, cleo: Person, dora: Person, sign_in: SignIn
) -> None:
    path = f"/duties/{duty.pk}/"
    for reader in (cleo, ben):
        words = page(sign_in(reader), path)
        assert "Ana Ruiz is primary" in words
        assert "Ask others" not in words
        assert "On record" not in words
    for actor in (ana, asha, dora):
        words = page(sign_in(actor), path)
        assert "Ask others" in words
        assert "Find cover" in words
        assert ("Give it to another" in words) is (actor == dora)
    assert "you are primary" in page(sign_in(ana), path)


def test_times_are_the_readers(duty: Duty, cleo: Person, sign_in: SignIn) -> None:
    Person.objects.filter(pk=cleo.pk).update(time_zone="Asia/Tokyo")
    assert f"{duty.starts_at.astimezone(Person.objects.get(pk=cleo.pk).zone):%H:%M}" in page(
        sign_in(cleo), f"/duties/{duty.pk}/"
    )
    assert "JST" in page(sign_in(cleo), f"/duties/{duty.pk}/")


def test_on_record_it_changed_from_one_name_to_another(
    duty: Duty, ben: Person, dora: Person, sign_in: SignIn
) -> None:
    reassign(duty=duty, to=ben, by=dora, reason="ill")
    assert "Person: Ana Ruiz → Ben Okafor" in page(sign_in(dora), f"/duties/{duty.pk}/")


def test_a_draft_has_no_page(duty: Duty, ana: Person, sign_in: SignIn) -> None:
    Duty.objects.filter(pk=duty.pk).update(published=False)
    assert sign_in(ana).get(f"/duties/{duty.pk}/").status_code == 404


def test_what_is_wrong_with_it_is_said(
    duty: Duty, ana: Person, dora: Person, far: date, sign_in: SignIn
) -> None:
    Absence.objects.create(person=ana, first_day=far, last_day=far, created_at=datetime.now(UTC))
    assert "Ana Ruiz is away." in page(sign_in(dora), f"/duties/{duty.pk}/")


# --- Asking --------------------------------------------------------------------------------------------------


def test_asking_those_whom_one_chose(
    duty: Duty, ana: Person, ben: Person, carl: Person, sign_in: SignIn
) -> None:
    browser = sign_in(ana)
    words = page(browser, f"/duties/{duty.pk}/swap/")
    assert "Ben Okafor" in words
    assert "a fair share" in words
    response = browser.post(f"/duties/{duty.pk}/swap/", {"to": [carl.pk], "note": "A wedding"})
    assert response.headers["Location"] == f"/duties/{duty.pk}/"
    swap = Swap.objects.get()
    assert ([ask.person for ask in swap.asks.all()], swap.note) == ([carl], "A wedding")
    after = page(browser, f"/duties/{duty.pk}/")
    assert "Asked: Carl Novak." in after
    assert "No answer yet" in after


def test_asking_everybody_who_is_free(
    duty: Duty, ana: Person, ben: Person, carl: Person, sign_in: SignIn
) -> None:
    sign_in(ana).post(f"/duties/{duty.pk}/swap/", {"everybody": "1", "note": ""})
    assert {ask.person for ask in Swap.objects.get().asks.all()} == {ben, carl}


def test_asking_in_exchange(
    duty: Duty, bens: Duty, ana: Person, ben: Person, carl: Person, sign_in: SignIn
) -> None:
    browser = sign_in(ana)
    assert f'value="{bens.pk}"' in page(browser, f"/duties/{duty.pk}/swap/")
    browser.post(
        f"/duties/{duty.pk}/swap/", {"to": [ben.pk, carl.pk], f"return-{ben.pk}": bens.pk, "note": ""}
    )
    assert {ask.person: ask.in_return for ask in Swap.objects.get().asks.all()} == {ben: bens, carl: None}


def test_the_officer_of_another_seat_of_the_day_can_only_exchange(
    programme: Programme, ana: Person, ben: Person, sign_in: SignIn
) -> None:
    mine = Duty.objects.filter(person=ana).latest("day")
    theirs = Duty.objects.get(day=mine.day, person=ben)
    browser = sign_in(ana)
    assert "you would exchange seats" in page(browser, f"/duties/{mine.pk}/swap/")
    browser.post(f"/duties/{mine.pk}/swap/", {"to": [ben.pk], f"return-{ben.pk}": theirs.pk, "note": ""})
    assert Swap.objects.get().asks.get().in_return == theirs


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"note": ""}, "Choose whom to ask"),
        ({"to": ["nobody"], "note": ""}, "not a valid value"),
        ({"to": ["999999"], "note": ""}, "not one of the available choices"),
    ],
)
def test_what_cannot_be_sent_is_said_and_kept(
    duty: Duty, ana: Person, carl: Person, sign_in: SignIn, sent: dict[str, object], words: str
) -> None:
    response = sign_in(ana).post(f"/duties/{duty.pk}/swap/", sent)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Swap.objects.exists()


def test_a_refusal_of_the_verb_is_said_at_its_place(
    duty: Duty, bens: Duty, ana: Person, ben: Person, dora: Person, carl: Person, sign_in: SignIn
) -> None:
    reassign(duty=bens, to=carl, by=dora, reason="as it goes")
    response = sign_in(ana).post(
        f"/duties/{duty.pk}/swap/", {"to": [ben.pk], f"return-{ben.pk}": bens.pk, "note": "Kept words"}
    )
    assert response.status_code == 422
    words = response.content.decode()
    assert "not Ben Okafor" in words
    assert "Kept words" in words


def test_only_who_speaks_for_the_officer_asks(duty: Duty, ben: Person, cleo: Person, sign_in: SignIn) -> None:
    for other in (ben, cleo):
        assert sign_in(other).get(f"/duties/{duty.pk}/swap/").status_code == 403
        assert sign_in(other).post(f"/duties/{duty.pk}/swap/", {"to": [ben.pk]}).status_code == 403


def test_taking_it_back(duty: Duty, ana: Person, ben: Person, sign_in: SignIn) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=ana)
    sign_in(ben).post(f"/swaps/{swap.pk}/withdraw/")
    swap.refresh_from_db()
    assert swap.status == SwapStatus.OPEN
    sign_in(ana).post(f"/swaps/{swap.pk}/withdraw/")
    swap.refresh_from_db()
    assert swap.status == SwapStatus.WITHDRAWN


# --- Answering -----------------------------------------------------------------------------------------------


def test_the_link_answers_without_signing_in(duty: Duty, ana: Person, ben: Person, client: Client) -> None:
    Person.objects.filter(pk=ben.pk).update(time_zone="Europe/Berlin")
    propose_swap(duty=duty, to=[ben], by=ana, note="A wedding")
    path = link_to(ben)
    words = page(client, path)
    assert "Could you take it over?" in words
    assert "A wedding" in words
    assert re.search(r"CES?T", words), "in Ben's own zone"
    duty.refresh_from_db()
    assert duty.person == ana, "a mail program that opens the link changes nothing"
    assert client.head(path).status_code == 200
    assert "It is yours" in client.post(path, {"answer": "yes"}).content.decode()
    duty.refresh_from_db()
    assert duty.person == ben
    assert "It is yours" in client.post(path, {"answer": "yes"}).content.decode()


def test_the_link_says_no(duty: Duty, ana: Person, ben: Person, client: Client) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=ana)
    assert "You said no" in client.post(link_to(ben), {"answer": "no"}).content.decode()
    assert swap.asks.get().status == AskStatus.DECLINED


def test_the_link_of_somebody_who_was_slower(
    duty: Duty, ana: Person, ben: Person, carl: Person, client: Client
) -> None:
    swap = propose_swap(duty=duty, to=[ben, carl], by=ana)
    path = link_to(ben)
    accept_ask(ask=swap.asks.get(person=carl), by=carl)
    assert "Carl Novak has it" in page(client, path)
    response = client.post(path, {"answer": "yes"})
    assert response.status_code == 409
    assert "Carl Novak has it already" in response.content.decode()


@pytest.mark.parametrize("token", ["x", "a" * 32, "é" * 20])
def test_a_wrong_link_tells_nothing(client: Client, db: None, token: str) -> None:
    response = client.get(f"/swaps/{token}/")
    assert response.status_code == 404
    assert "This link" in response.content.decode()


def test_a_link_is_kept_by_no_cache(duty: Duty, ana: Person, ben: Person, client: Client) -> None:
    propose_swap(duty=duty, to=[ben], by=ana)
    assert "no-store" in client.get(link_to(ben)).headers["Cache-Control"]


def test_a_button_without_words_changes_nothing(duty: Duty, ana: Person, ben: Person, client: Client) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=ana)
    assert client.post(link_to(ben)).status_code == 409
    assert swap.asks.get().status == AskStatus.ASKED


def test_answering_when_signed_in(
    duty: Duty, ana: Person, ben: Person, carl: Person, dora: Person, sign_in: SignIn
) -> None:
    helper = make_person("bo@example.com", "Bo Helper")
    Person.objects.filter(pk=ben.pk).update(assistant=helper)
    swap = propose_swap(duty=duty, to=[ben], by=ana)
    path = f"/swaps/asks/{swap.asks.get().pk}/"
    for other in (ana, carl, dora):
        assert sign_in(other).get(path).status_code == 403
        assert sign_in(other).post(path, {"answer": "yes"}).status_code == 403
    browser = sign_in(helper)
    assert path in page(browser, "/swaps/")
    assert "Asked of Ben Okafor" in page(browser, path)
    assert "It is yours" in browser.post(path, {"answer": "yes"}, follow=True).content.decode()
    duty.refresh_from_db()
    assert duty.person == ben


def test_what_speaks_against_it_is_said_before_the_yes(
    duty: Duty, programme: Programme, ana: Person, ben: Person, far: date, client: Client
) -> None:
    propose_swap(duty=duty, to=[ben], by=ana)
    publish_days(programme, [[ben]], first=far + timedelta(days=1))
    words = page(client, link_to(ben))
    assert "less than 2 days between" in words
    assert "Yes, I take it" in words
    Absence.objects.create(person=ben, first_day=far, last_day=far, created_at=datetime.now(UTC))
    words = page(client, link_to(ben))
    assert "Ben Okafor is away" in words
    assert "Yes, I take it" not in words


# --- Cover ---------------------------------------------------------------------------------------------------


def test_what_is_given_back_is_read_before(
    duty: Duty, bens: Duty, programme: Programme, ana: Person, ben: Person, dora: Person, sign_in: SignIn
) -> None:
    for person, day in ((ben, duty.day), (ana, bens.day)):
        noon = datetime.combine(day, time(12), programme.zone)
        ListeningHold.objects.create(
            programme=programme,
            person=person,
            starts_at=noon,
            ends_at=noon + timedelta(minutes=30),
            month=day.replace(day=1),
            published=True,
            created_at=datetime.now(UTC),
        )
    words = page(sign_in(ana), f"/duties/{duty.pk}/swap/")
    assert words.count("that day: the time is given back.") == 1
    assert words.count("(a time to listen is given back)") == 1
    assert "Ben Okafor (who would give back a time to listen)" in page(
        sign_in(dora), f"/admin/duties/{duty.pk}/"
    )
    propose_swap(duty=duty, to=[ben], by=ana)
    assert "that day: the time is given back." in page(Client(), link_to(ben))


def test_finding_cover_by_a_button(
    duty: Duty, ana: Person, ben: Person, carl: Person, asha: Person, sign_in: SignIn
) -> None:
    browser = sign_in(asha)
    words = browser.post(f"/duties/{duty.pk}/cover/", follow=True).content.decode()
    assert "Cover is looked for: the first who says yes has the duty." in words
    assert Swap.objects.get().search
    assert "Find cover" not in words
    assert browser.post(f"/duties/{duty.pk}/cover/").status_code == 302
    assert Swap.objects.count() == 1


def test_where_nobody_is_free_it_says_so(
    duty: Duty, ana: Person, ben: Person, far: date, sign_in: SignIn
) -> None:
    Membership.objects.filter(person=ben).update(left_on=far)
    words = sign_in(ana).post(f"/duties/{duty.pk}/cover/", follow=True).content.decode()
    assert "Administrators hear what else would do" in words
    assert "Nobody could take this duty over" in page(sign_in(ana), f"/duties/{duty.pk}/swap/")


@pytest.fixture
def proposal(duty: Duty, bens: Duty, ana: Person, ben: Person, carl: Person) -> CoverProposal:
    return CoverProposal.objects.create(
        duty=duty,
        status=ProposalStatus.OPEN,
        created_at=datetime.now(UTC),
        moves=[
            {"duty": duty.pk, "from": ana.pk, "to": ben.pk, "why": "Ben is free that day."},
            {"duty": bens.pk, "from": ben.pk, "to": carl.pk, "why": "Carl is free that day."},
        ],
    )


def test_the_least_disruption_is_shown_to_administrators_and_applied_by_a_click(
    proposal: CoverProposal, duty: Duty, bens: Duty, ana: Person, dora: Person, sign_in: SignIn
) -> None:
    assert "The least disruption" not in page(sign_in(ana), f"/duties/{duty.pk}/")
    browser = sign_in(dora)
    words = page(browser, f"/duties/{duty.pk}/")
    assert re.search(r"Ben Okafor instead of\s+Ana Ruiz", words)
    assert re.search(r"Carl Novak instead of\s+Ben Okafor", words)
    assert sign_in(ana).post(f"/cover/{proposal.pk}/", {"apply": "1"}).status_code == 403
    words = browser.post(f"/cover/{proposal.pk}/", {"apply": "1"}, follow=True).content.decode()
    assert "Applied: everybody whom it moves has been told." in words
    assert [Duty.objects.get(pk=one.pk).person.name for one in (duty, bens)] == ["Ben Okafor", "Carl Novak"]


def test_what_is_dismissed_or_outdated_moves_nothing(
    proposal: CoverProposal, duty: Duty, dora: Person, far: date, ben: Person, sign_in: SignIn
) -> None:
    browser = sign_in(dora)
    Absence.objects.create(person=ben, first_day=far, last_day=far, created_at=datetime.now(UTC))
    words = browser.post(f"/cover/{proposal.pk}/", {"apply": "1"}, follow=True).content.decode()
    assert "Look for cover anew" in words
    CoverProposal.objects.update(status=ProposalStatus.OPEN)
    browser.post(f"/cover/{proposal.pk}/", {"dismiss": "1"})
    proposal.refresh_from_db()
    assert proposal.status == ProposalStatus.DISMISSED
    assert Duty.objects.get(pk=duty.pk).person.name == "Ana Ruiz"


def test_an_administrator_reads_whom_it_would_be_fairest_to_choose(
    duty: Duty, ben: Person, carl: Person, dora: Person, sign_in: SignIn
) -> None:
    browser = sign_in(dora)
    words = page(browser, f"/admin/duties/{duty.pk}/")
    assert "Free, and furthest below their fair share: Carl Novak, Ben Okafor." in words
    response = browser.post(f"/admin/duties/{duty.pk}/", {"to": carl.pk, "reason": "Ana is ill"})
    assert response.headers["Location"] == f"/duties/{duty.pk}/"
    assert "Carl Novak is primary" in page(browser, f"/duties/{duty.pk}/")


# --- The pages around it -------------------------------------------------------------------------------------


def test_my_swaps_and_the_ledger(
    duty: Duty, bens: Duty, ana: Person, ben: Person, carl: Person, dora: Person, sign_in: SignIn
) -> None:
    swap = propose_swap(duty=duty, to=[carl], by=ana)
    accept_ask(ask=swap.asks.get(), by=carl)
    propose_swap(duty=bens, to=[ana], by=ben)
    words = page(sign_in(ana), "/swaps/")
    assert "Ben Okafor: " in words, "asked of me"
    assert "Carl Novak has it" in words, "asked by me before"
    assert re.search(r"had\s+<strong class=\"figure\">1 duty</strong> more than went back", words)
    assert re.search(r"gave\s+<strong class=\"figure\">1 duty</strong> more", page(sign_in(carl), "/swaps/"))
    assert "Everybody’s open questions" in page(sign_in(dora), "/swaps/")


def test_links_lead_there(duty: Duty, ana: Person, cleo: Person, sign_in: SignIn) -> None:
    officer = page(sign_in(ana), "/officer/")
    assert f'href="/duties/{duty.pk}/"' in officer
    assert 'href="/swaps/"' in officer
    month = page(sign_in(ana), f"/duty/?month={duty.day:%Y-%m}")
    assert f'href="/duties/{duty.pk}/"' in month
    assert 'href="/swaps/"' in month
    assert 'href="/swaps/"' not in page(sign_in(cleo), "/duty/")


def test_administrators_see_the_gaps_on_the_duty_page(
    programme: Programme, ana: Person, dora: Person, sign_in: SignIn
) -> None:
    Person.objects.filter(pk=ana.pk).update(phone_verified_at=None)
    assert "Ana Ruiz has no verified number" in page(sign_in(dora), "/duty/")
    assert "has no verified number" not in page(sign_in(ana), "/duty/")


def test_choosing_a_test_ring(ana: Person, cleo: Person, programme: Programme, sign_in: SignIn) -> None:
    browser = sign_in(ana)
    assert "My test ring" in page(browser, "/profile/")
    assert "My test ring" not in page(sign_in(cleo), "/profile/")
    browser.post("/profile/test-ring/", {"test_ring": "before"})
    assert DutyWishes.objects.get().test_ring == "before"
    assert re.search(r'value="before" checked', page(browser, "/profile/"))
    browser.post("/profile/test-ring/", {"test_ring": "noon"})
    assert DutyWishes.objects.get().test_ring == "before"


def test_what_went_out_already_is_told_when_it_is_taken_back(
    duty: Duty, ana: Person, ben: Person, sign_in: SignIn
) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=ana)
    Letter.objects.filter(person=ben).update(status=LetterStatus.SENT, sent_at=datetime.now(UTC))
    sign_in(ana).post(f"/swaps/{swap.pk}/withdraw/")
    assert Letter.objects.filter(person=ben, subject__startswith="No longer needed").exists()


@pytest.mark.parametrize("people", [1, 9])
def test_the_cost_does_not_grow(
    duty: Duty,
    programme: Programme,
    ana: Person,
    dora: Person,
    people: int,
    sign_in: SignIn,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    many = []
    for number in range(people):
        one = make_person(
            f"m{number}@example.com",
            f"Member {number}",
            phone=f"+15550105{number:03d}",
            is_executive=True,
        )
        Membership.objects.create(programme=programme, person=one)
        many.append(one)
    browser = sign_in(ana)
    with django_assert_max_num_queries(21):
        browser.get(f"/duties/{duty.pk}/swap/")
    propose_swap(duty=duty, to=many, by=ana)
    with django_assert_max_num_queries(22):
        browser.get(f"/duties/{duty.pk}/")
    with django_assert_max_num_queries(16):
        browser.get("/swaps/")
    asked = sign_in(many[0])
    with django_assert_max_num_queries(16):
        asked.get("/swaps/")
