"""The month's report on pages: everybody's for administrators, one's own for executives, down to the events."""

import re
from datetime import UTC, date, datetime, time

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from customers.models import Account
from escalations import paging
from people.models import Person
from reports.closing import close_month, document
from reports.help_desk import count_contacts, register_ticket
from reports.models import ClosedRow
from reports.sealing import canonical
from rota.exemptions import exempt
from rota.models import ListeningWindow, Programme
from rota.reassigning import reassign
from tests.conftest import make_person, publish_days
from tests.web.conftest import SignIn

MONTH = "/admin/reports/?month=2026-03"


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(datetime(2026, 3, 17, 14, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def browser(case, ana: Person, dora: Person, sign_in: SignIn, settings) -> Client:
    """Dora's; Ana took the case by a key."""
    settings.SESSION_COOKIE_AGE = 60 * 86400  # she is still there in April
    paging.accept(escalation=case, by=ana, how="by key", page=case.pages.filter(person=ana).first())
    return sign_in(dora)


def read(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def test_every_figure_opens_the_events_behind_it(browser: Client, ana: Person, case) -> None:
    page = read(browser, MONTH)
    assert "Ana Ruiz" in page
    member = read(browser, f"/reports/north-america/2026-03/{ana.pk}/")
    links = re.findall(r'class="figure" href="([^"]+)"', member)
    assert len(links) > 25
    for link in links:
        read(browser, link)
    events = read(browser, f"/reports/north-america/2026-03/{ana.pk}/pages_accepted/")
    assert f"Case {case.number}: accepted (call accepted, text cancelled)" in events
    assert f'href="/cases/{case.pk}/"' in events


def test_status_filters_and_names_find(browser: Client, ana: Person, ben: Person, programme, dora) -> None:
    exempt(
        programme=programme, person=ben, month=date(2026, 3, 1), reason="On the moon", by=dora, listening=True
    )
    page = read(browser, f"{MONTH}&status=excused")
    assert "Ben Okafor" in page
    assert "Exempt: On the moon (Dora Lindt)" in page
    assert "Ana Ruiz" not in page.split("<tbody>")[1]
    assert "Ben Okafor" not in read(browser, f"{MONTH}&q=ana").split("<tbody>")[1]


def test_who_will_fall_short_is_foreseen_and_two_taps_mend_it(
    browser: Client, programme: Programme, ana: Person, ben: Person, dora: Person
) -> None:
    Programme.objects.update(listening_minutes_per_month=30)
    ListeningWindow.objects.create(programme=programme, weekday="fri", opens=time(14), closes=time(16))
    short = f"{MONTH}&status=short"
    page = read(browser, short)
    assert "Will fall short 2" in page
    assert page.count("Comes to 0:00:00.") == 2
    # The first tap opens the times, the second takes one.
    (way,) = re.findall(r'<a href="([^"]+)">Book a time<span class="visually-hidden"> for Ana Ruiz', page)
    times = read(browser, way)
    key = re.search(r'name="slot" value="([^"]+)"', times)
    browser.post(re.search(r'<form method="post" action="([^"]+book/)"', times)[1], {"slot": key[1]})
    page = read(browser, short)
    assert "Will fall short 1" in page
    assert "Ana Ruiz" not in page.split("<tbody>")[1]
    assert "Ben Okafor" in page.split("<tbody>")[1]
    # What is over cannot be mended.
    assert "Will fall short" not in read(browser, "/admin/reports/?month=2026-02")


def test_a_duty_that_was_given_away_is_made_up_for_on_the_rota(
    programme: Programme, ana: Person, ben: Person, dora: Person, sign_in: SignIn
) -> None:
    Programme.objects.update(listening_minutes_per_month=0)
    programme.duties.all().delete()
    (primary, _) = publish_days(programme, [[ana, ben]], first=date(2026, 3, 19))
    finn = make_person("finn@example.com", "Finn Berg", is_executive=True)
    programme.memberships.create(person=finn)
    reassign(duty=primary, to=finn, by=dora, reason="Ana is away")
    address = f"/reports/north-america/2026-03/{ana.pk}/"
    page = standing_card(read(sign_in(dora), address))
    assert "1 duty day given away and not made up for" in page
    assert 'href="/admin/rota/">' in page
    assert 'href="/swaps/">' in standing_card(read(sign_in(ana), address))
    assert 'href="/swaps/">' not in standing_card(read(sign_in(finn), "/reports/?month=2026-03"))


def test_more_duty_days_than_were_owed_are_for_it_and_not_of_it(
    browser: Client, programme: Programme, ana: Person, ben: Person
) -> None:
    programme.duties.all().delete()
    publish_days(programme, [[ana], [ana], [ben]], first=date(2026, 3, 10))
    page = read(browser, "/admin/reports/?programme=north-america&month=2026-03")
    assert page.count('<span class="quiet"> for</span>') == 1, "two for one is Ana's alone"


def test_the_programmes_page_says_what_the_help_desk_told_and_what_it_did_not(
    browser: Client, programme: Programme, acme: Account, cleo: Person
) -> None:
    address = "/admin/reports/north-america/2026-03/"
    page = read(browser, f"{address}health/")
    assert "the help desk told no day’s count in March" in page
    assert "the help desk told of no ticket in March" in page
    count_contacts(programme=programme, day=date(2026, 3, 16), contacts=1000, by=cleo)
    register_ticket(reference="HD-1", account=acme, opened_at=datetime(2026, 3, 2, 14, tzinfo=UTC), by=cleo)
    page = read(browser, f"{address}health/")
    assert "0 escalations of 1000 contacts on 1 of 31 days: <strong>0.0 per 1,000</strong>" in page
    assert "What is healthy was not said yet" in page
    assert "<strong>1 was never raised</strong> so far" in page
    assert f'<a href="/admin/accounts/{acme.pk}/">Acme Industries</a>, ticket HD-1' in page
    refused = browser.post(f"{address}band/", {"low": "5", "high": "1"})
    assert refused.status_code == 422
    assert "at least the lower end" in refused.content.decode()
    assert browser.post(f"{address}band/", {"low": "x", "high": ""}).status_code == 422
    assert browser.post(f"{address}band/", {"low": "1", "high": "5"}).status_code == 302
    assert "Below what is healthy" in read(browser, f"{address}health/")


def standing_card(page: str) -> str:
    return page.split('<div class="card">')[1].split("<section", maxsplit=1)[0]


def test_nobody_asked_for_is_no_crash(
    programme: Programme, cleo: Person, dora: Person, sign_in: SignIn
) -> None:
    browser = sign_in(dora)
    assert browser.get(f"/reports/north-america/2026-03/{cleo.pk}/").status_code == 404
    programme.memberships.all().delete()
    for page in ("health/", "sponsor.pdf", "report.csv", "report.xlsx"):
        assert browser.get(f"/admin/reports/north-america/2026-03/{page}").status_code == 200, page
    assert "Nobody fits." in read(browser, "/admin/reports/?month=2026-03")


def test_an_executive_sees_the_same_of_themselves_only(
    case, ana: Person, ben: Person, sign_in: SignIn
) -> None:
    client = sign_in(ana)
    page = read(client, "/reports/?month=2026-03")
    assert f"/reports/north-america/2026-03/{ana.pk}/pages_offered/" in page
    assert "2:00:00 of listening short" in page
    assert client.get(f"/reports/north-america/2026-03/{ben.pk}/").status_code == 404
    assert client.get(f"/reports/north-america/2026-03/{ben.pk}/cases_taken/").status_code == 404
    assert "My month" in read(client, "/profile/")


def test_a_month_is_closed_corrected_kept_and_verified(
    browser: Client, ana: Person, dora: Person, programme
) -> None:
    address = f"/reports/north-america/2026-03/{ana.pk}/"
    assert "Close March 2026" not in read(browser, MONTH)
    with time_machine.travel(datetime(2026, 4, 3, 14, tzinfo=UTC), tick=False):
        assert "Close March 2026" in read(browser, MONTH)
        browser.post("/admin/reports/north-america/2026-03/close/")
        assert "Closed by Dora Lindt" in read(browser, MONTH)
        wrong = browser.post(
            f"/admin{address}correct/", {"figure": "cases_taken", "after": "x", "reason": ""}
        )
        assert wrong.status_code == 422
        browser.post(
            f"/admin{address}correct/",
            {"figure": "listening_counted_seconds", "after": "1:59:59", "reason": "A lost call"},
        )
        page = read(browser, address)
        assert "Corrected from 0:00:00 to 1:59:59 by Dora Lindt" in page
        assert "Today’s evidence gives 0:00:00" in page
        kept = browser.get("/admin/reports/north-america/2026-03/file.json").content
        assert "as sealed" in verify(browser, kept)
        assert (
            "Row 1 (Ana Ruiz): The row was changed".lower()
            in verify(browser, kept.replace(b'"cases_taken": 1', b'"cases_taken": 7')).lower()
        )
        row = ClosedRow.objects.get(person=ana)
        ClosedRow.objects.filter(pk=row.pk).update(
            text=row.text.replace('"cases_taken":1', '"cases_taken":9')
        )
        page = read(browser, "/admin/reports/verify/")
        assert "north-america 2026-03, row 1 (Ana Ruiz): The row was changed" in page


def verify(browser: Client, content: bytes) -> str:
    response = browser.post("/admin/reports/verify/", {"file": SimpleUploadedFile("x.json", content)})
    return response.content.decode()


def test_a_file_that_is_none_is_refused_in_words(browser: Client) -> None:
    assert "cannot be read" in verify(browser, b"[]")
    assert "no JSON file" in verify(browser, b"\xff\xfe")


def test_files_of_a_month(browser: Client) -> None:
    answer = browser.get("/admin/reports/north-america/2026-03/report.csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0].startswith("programme,month,state,person")
    assert len(lines) == 3
    answer = browser.get("/admin/reports/north-america/2026-03/report.xlsx")
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    for month in ("2026-3", "2026-13", "0001-01", "9999-12", "March"):
        for page in ("report.csv", "health/"):
            assert browser.get(f"/admin/reports/north-america/{month}/{page}").status_code == 404, month


@pytest.mark.parametrize("members", [3, 60])
def test_the_month_costs_the_same_whatever_the_number_of_members(
    browser: Client, programme, members: int, django_assert_num_queries
) -> None:
    crowd = [make_person(f"m{n}@example.com", f"Member {n}", is_executive=True) for n in range(members)]
    programme.memberships.bulk_create(
        programme.memberships.model(programme=programme, person=person) for person in crowd
    )
    publish_days(programme, [[crowd[0], crowd[1]]], first=date(2026, 3, 10))
    with django_assert_num_queries(28):
        read(browser, MONTH)
    with time_machine.travel(datetime(2026, 4, 3, 14, tzinfo=UTC), tick=False):
        dora = Person.objects.get(email="dora@example.com")
        closed = close_month(programme=programme, month=date(2026, 3, 1), by=dora)
        assert canonical(document(closed))
        with django_assert_num_queries(6):
            read(browser, MONTH)
