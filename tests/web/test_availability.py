"""The availability page: absences, wishes and busy calendars, for oneself and for those whom one looks after."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from people.models import Person
from rota.absences import enter_absence
from rota.models import Absence, AbsenceStatus, BusyBlock, BusyCalendar, Duty, Preference, Programme
from rota.preferences import set_preference
from tests.conftest import make_person
from tests.web.conftest import SignIn

NOW = datetime(2026, 6, 17, 14, tzinfo=UTC)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def browser(programme: Programme, ana: Person, sign_in: SignIn) -> Client:
    """Ana's."""
    return sign_in(ana)


def read(client: Client, path: str = "/availability/") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def weekdays(**likings: int) -> dict[str, int]:
    return dict.fromkeys(DAYS, 0) | likings


class TestAway:
    def test_an_absence_is_entered_and_withdrawn(self, browser: Client, ana: Person) -> None:
        response = browser.post(
            f"/availability/{ana.pk}/absences/",
            {"first": "2026-07-06", "last": "2026-07-10", "reason": "At sea"},
        )
        assert response.headers["Location"] == "/availability/"
        absence = Absence.objects.get()
        assert (absence.first_day, absence.last_day) == (date(2026, 7, 6), date(2026, 7, 10))
        page = read(browser)
        assert "Mon 6 Jul to Fri 10 Jul" in page
        assert "At sea" in page
        browser.post(f"/availability/absences/{absence.pk}/withdraw/")
        absence.refresh_from_db()
        assert absence.status == AbsenceStatus.WITHDRAWN
        assert "At sea" not in read(browser)

    def test_without_a_last_day_it_is_one_day(self, browser: Client, ana: Person) -> None:
        browser.post(f"/availability/{ana.pk}/absences/", {"first": "2026-07-06"})
        assert Absence.objects.get().last_day == date(2026, 7, 6)

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ({"first": "soon"}, "Enter a valid date."),
            ({"first": "2026-07-06", "last": "soon"}, "Enter a valid date."),
            ({}, "This field is required."),
            ({"first": "2026-07-06", "last": "2026-07-01"}, "The last day is not before the first."),
            ({"first": "2026-05-06", "last": "2026-07-01"}, "Ask an administrator for an earlier one."),
            ({"first": "2026-07-01", "last": "2026-07-08"}, "an absence from 6 to 10 July 2026 already"),
        ],
    )
    def test_what_is_refused_stands_at_its_field(
        self, typed: dict[str, str], words: str, browser: Client, ana: Person
    ) -> None:
        enter_absence(person=ana, first=date(2026, 7, 6), last=date(2026, 7, 10), by=ana)
        response = browser.post(f"/availability/{ana.pk}/absences/", typed | {"reason": "Kept as typed"})
        assert response.status_code == 422
        page = response.content.decode()
        assert words in page
        assert "Kept as typed" in page
        assert Absence.objects.count() == 1

    def test_duties_in_it_are_shown_with_the_way_to_cover(self, browser: Client, ana: Person) -> None:
        duty = Duty.objects.get(person=ana, day=date(2026, 6, 18))
        enter_absence(person=ana, first=date(2026, 6, 18), last=date(2026, 6, 19), by=ana)
        page = read(browser)
        assert "1 published duty in it." in page
        assert f'href="/duties/{duty.pk}/"' in page

    def test_one_that_waits_says_so(self, browser: Client, ana: Person, programme: Programme) -> None:
        programme.approve_absences = True
        programme.save()
        response = browser.post(f"/availability/{ana.pk}/absences/", {"first": "2026-07-06"}, follow=True)
        page = response.content.decode()
        assert "an administrator decides, and you are told" in page
        assert "Waits for approval" in page

    def test_what_is_over_cannot_be_withdrawn_by_oneself(
        self, browser: Client, ana: Person, dora: Person, sign_in: SignIn
    ) -> None:
        absence = enter_absence(person=ana, first=date(2026, 6, 10), last=date(2026, 6, 12), by=ana)
        withdraw = f"/availability/absences/{absence.pk}/withdraw/"
        assert withdraw not in read(browser)
        response = browser.post(withdraw, follow=True)
        assert "It is over" in response.content.decode()
        assert withdraw in read(sign_in(dora), f"/availability/{ana.pk}/")


class TestWishes:
    def test_a_date_is_wished_for_and_cleared(self, browser: Client, ana: Person) -> None:
        browser.post(f"/availability/{ana.pk}/wishes/", {"day": "2026-07-06", "liking": "-3"})
        row = Preference.objects.get()
        assert (row.day, row.liking) == (date(2026, 7, 6), -3)
        assert "<strong>Mon 6 Jul</strong>: please not" in read(browser)
        browser.post(f"/availability/wishes/{row.pk}/clear/")
        assert not Preference.objects.exists()

    def test_the_weekdays_are_saved_together(self, browser: Client, ana: Person) -> None:
        address = f"/availability/{ana.pk}/weekdays/"
        browser.post(address, weekdays(fri=-3, mon=2))
        browser.post(address, weekdays(fri=-1))
        assert [(row.weekday, row.liking) for row in Preference.objects.all()] == [("fri", -1)]
        assert '<option value="-1" selected>' in read(browser)

    @pytest.mark.parametrize(
        "typed",
        [
            {"day": "2026-06-01", "liking": "2"},
            {"liking": "2"},
            {"day": "2026-07-06"},
            {"day": "2026-07-06", "liking": "9"},
        ],
    )
    def test_what_is_refused(self, typed: dict[str, str], browser: Client, ana: Person) -> None:
        response = browser.post(f"/availability/{ana.pk}/wishes/", typed)
        assert response.status_code == 422
        assert not Preference.objects.exists()

    def test_the_page_says_which_count(self, browser: Client, ana: Person, programme: Programme) -> None:
        programme.wishes_per_month = 2
        programme.duty_days = list(DAYS[:5])
        programme.save()
        set_preference(person=ana, by=ana, liking=-2, weekday="fri")
        for day, liking in ((6, -1), (7, -3), (8, -2), (11, -3)):
            set_preference(person=ana, by=ana, liking=liking, day=date(2026, 7, day))
        page = read(browser)
        assert page.count("Does not count") == 2
        assert "More than the 2 days of a month that count in Officer of the Day, North America" in page
        assert "No duty day of Officer of the Day, North America" in page  # the 11th is a Saturday
        assert "July: 2 of 2" in page
        assert '<span class="nowrap">Tue 7</span>, <span class="nowrap">Wed 8</span>' in page
        assert "June: 2 of 2" in page  # two Fridays of four


class TestBusyCalendars:
    def test_an_address_is_given_and_never_shown_again(self, browser: Client, ana: Person) -> None:
        response = browser.post(
            f"/availability/{ana.pk}/calendars/",
            {"address": "webcal://calendar.example.com/secret-4711/basic.ics"},
        )
        assert response.status_code == 302
        page = read(browser)
        assert "calendar.example.com/…" in page
        assert "secret-4711" not in page
        assert "About to be read" in page

    def test_a_wrong_one_is_refused_at_its_field(self, browser: Client, ana: Person) -> None:
        response = browser.post(f"/availability/{ana.pk}/calendars/", {"address": "my calendar"})
        assert response.status_code == 422
        assert "This is no address of a calendar" in response.content.decode()

    @pytest.fixture
    def calendar(self, ana: Person) -> BusyCalendar:
        return BusyCalendar.objects.create(
            person=ana,
            address="https://calendar.example.com/secret.ics",
            created_at=NOW - timedelta(days=9),
            next_fetch_at=NOW + timedelta(hours=1),
        )

    @pytest.mark.parametrize(
        ("fields", "words", "tone"),
        [
            ({}, "About to be read", "open"),
            ({"good_at": NOW, "good_until": date(2027, 7, 1)}, "until 1 Jul 2027", "good"),
            ({"error": "It broke."}, "Could not be read", "bad"),
            (
                {"error": "It broke.", "good_at": NOW - timedelta(hours=5)},
                "What it said then still counts",
                "live",
            ),
            ({"error": "It broke.", "good_at": NOW - timedelta(days=4)}, "Cannot be read now", "bad"),
        ],
    )
    def test_its_age_and_trouble_are_told(
        self, fields, words: str, tone: str, calendar: BusyCalendar, browser: Client
    ) -> None:
        BusyCalendar.objects.update(**fields)
        page = read(browser)
        assert words in page
        assert f'class="chip {tone}"' in page

    def test_the_days_that_it_takes_are_shown(
        self, calendar: BusyCalendar, browser: Client, programme: Programme
    ) -> None:
        BusyBlock.objects.create(calendar=calendar, day=date(2026, 6, 22))
        programme.duty_days = ["tue"]
        programme.save()
        assert "takes the whole day" not in read(browser)  # a Monday is no duty day
        programme.duty_days = ["mon"]
        programme.save()
        assert "<strong>Mon 22 Jun</strong>: the busy calendar takes the whole day" in read(browser)

    def test_it_is_read_again_and_removed(self, calendar: BusyCalendar, browser: Client) -> None:
        browser.post(f"/availability/calendars/{calendar.pk}/read/")
        calendar.refresh_from_db()
        assert calendar.next_fetch_at == NOW
        browser.post(f"/availability/calendars/{calendar.pk}/remove/")
        assert not BusyCalendar.objects.exists()


class TestForOthers:
    def test_an_assistant_chooses_for_whom(
        self, programme: Programme, ana: Person, asha: Person, ben: Person, sign_in: SignIn
    ) -> None:
        client = sign_in(asha)
        page = read(client)
        assert f'href="/availability/{ana.pk}/"' in page
        assert "Ben Okafor" not in page
        response = client.post(f"/availability/{ana.pk}/absences/", {"first": "2026-07-06"})
        assert response.headers["Location"] == f"/availability/{ana.pk}/"
        assert Absence.objects.get().entered_by == asha
        assert 'href="/availability/"' in read(client, "/duty/")  # a tab of theirs

    def test_an_executive_who_assists_another_finds_both(
        self, programme: Programme, ana: Person, ben: Person, sign_in: SignIn
    ) -> None:
        ben.assistant = ana
        ben.save()
        client = sign_in(ana)
        assert f'href="/availability/{ben.pk}/"' in read(client)
        assert "Mine" in read(client, f"/availability/{ben.pk}/")

    def test_whoever_keeps_nobodys_calendar_is_told_so(
        self, cleo: Person, dora: Person, sign_in: SignIn
    ) -> None:
        assert "You keep nobody’s calendar." in read(sign_in(cleo))
        assert 'href="/admin/people/"' in read(sign_in(dora))

    def test_administrators_come_from_the_persons_page(
        self, programme: Programme, ana: Person, cleo: Person, dora: Person, sign_in: SignIn
    ) -> None:
        client = sign_in(dora)
        assert f'href="/availability/{ana.pk}/"' in read(client, f"/admin/people/{ana.pk}/")
        assert "/availability/" not in read(client, f"/admin/people/{cleo.pk}/")
        assert "Ana Ruiz" in read(client, f"/availability/{ana.pk}/")
        assert client.get(f"/availability/{cleo.pk}/").status_code == 404

    def test_the_profile_of_an_assistant_leads_there(
        self, programme: Programme, ana: Person, asha: Person, dora: Person, sign_in: SignIn
    ) -> None:
        assert '<a href="/availability/">Absences' in read(sign_in(asha), "/profile/")
        assert 'href="/availability/"' not in read(sign_in(dora), "/profile/")


def test_it_costs_the_same_for_any_number_of_rows(
    browser: Client, ana: Person, programme: Programme, django_assert_num_queries
) -> None:
    def grow(first: date) -> None:
        for n in range(5):
            day = first + timedelta(days=n)
            enter_absence(person=ana, first=day, last=day, by=ana)
            set_preference(person=ana, by=ana, liking=-1, day=day)
            calendar = BusyCalendar.objects.create(
                person=ana, address=f"https://x.example.com/{day}", created_at=NOW, next_fetch_at=NOW
            )
            BusyBlock.objects.create(calendar=calendar, day=day)

    grow(date(2026, 7, 1))
    # session, person, two for the programmes, wishes, absences, duties, assisted, calendars, taken times, taken days
    with django_assert_num_queries(11):
        browser.get("/availability/")
    grow(date(2026, 8, 1))
    with django_assert_num_queries(11):
        browser.get("/availability/")


class TestDeciding:
    @pytest.fixture
    def waiting(self, programme: Programme, ana: Person) -> Absence:
        programme.approve_absences = True
        programme.save()
        return enter_absence(
            person=ana, first=date(2026, 6, 18), last=date(2026, 6, 20), reason="At sea", by=ana
        )

    @pytest.mark.parametrize(("button", "status"), [("approve", "approved"), ("refuse", "refused")])
    def test_what_waits_is_decided(
        self, button: str, status: str, waiting: Absence, dora: Person, sign_in: SignIn
    ) -> None:
        client = sign_in(dora)
        assert "1 absence waits for a decision" in read(client, "/admin/")
        page = read(client, "/admin/absences/")
        assert "At sea" in page
        assert "1 published duty in it." in page
        client.post(f"/admin/absences/{waiting.pk}/decide/", {button: "1", "note": "Fair winds"})
        waiting.refresh_from_db()
        assert (waiting.status, waiting.decision_note) == (status, "Fair winds")
        page = read(client, "/admin/absences/")
        assert "None waits." in page
        assert ("At sea" in page) == (status == "approved")

    def test_nothing_is_decided_without_a_word(self, waiting: Absence, dora: Person, sign_in: SignIn) -> None:
        client = sign_in(dora)
        for typed in ({}, {"approve": "1", "note": "x" * 301}):
            response = client.post(f"/admin/absences/{waiting.pk}/decide/", typed, follow=True)
            assert "Approve it or refuse it" in response.content.decode()
        waiting.refresh_from_db()
        assert waiting.status == AbsenceStatus.WAITING

    def test_the_list_costs_the_same_however_long_it_is(
        self, waiting: Absence, dora: Person, sign_in: SignIn, django_assert_num_queries
    ) -> None:
        client = sign_in(dora)
        for n in range(8):
            person = make_person(f"m{n}@example.com", f"M {n}", is_executive=True)
            enter_absence(person=person, first=date(2026, 7, 1), last=date(2026, 7, 3), by=dora)
        with django_assert_num_queries(6):  # session, person, waiting, how many are away, they, duties
            client.get("/admin/absences/")
