"""The rules of a programme as a form: the file's keys field by field, and its mistakes at their fields."""

import re
from datetime import date, time
from html import unescape

import pytest
from django.test import Client

from people.models import Person
from rota.models import Duty, ListeningWindow, Programme
from rota.programme_text import programme_text
from tests.web.conftest import SignIn

ADDRESS = "/admin/programmes/north-america/rules/"


@pytest.fixture
def rich(programme: Programme) -> Programme:
    """Every key of the form has a value."""
    programme.days_off = ["2026-12-24", "2026-12-31"]
    programme.special_days = [{"date": "2026-12-25", "name": "Christmas", "burden": 6}]
    programme.holidays = "US"
    programme.hours_from, programme.hours_to = time(8), time(20)
    programme.busy_from, programme.busy_to, programme.busy_minutes = time(9), time(17), 240
    programme.primary_requires, programme.cover_any = ["language:en"], ["country:US", "language:es"]
    programme.draft_on_day, programme.approve_absences = 20, True
    programme.save()
    for weekday in ("mon", "thu"):
        ListeningWindow.objects.create(
            programme=programme,
            weekday=weekday,
            opens=time(10),
            closes=time(12),
            seats=4,
            peak=3,
            language="es",
            queue="billing",
            valid_from=date(2026, 1, 5),
        )
    programme.refresh_from_db()
    return programme


@pytest.fixture
def browser(dora: Person, sign_in: SignIn) -> Client:
    return sign_in(dora)


def as_shown(client: Client, address: str = ADDRESS) -> dict[str, list[str]]:
    """What a browser would send if somebody pressed "Save" at once."""
    page = client.get(address).content.decode()
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", page):
        kind = (re.search(r'type="(\w+)"', tag) or [None, "text"])[1]
        name = re.search(r'name="([^"]+)"', tag)
        usual = "on" if kind == "checkbox" else ""
        value = unescape((re.search(r'value="([^"]*)"', tag) or [None, usual])[1])
        if name and (kind not in {"checkbox", "radio"} or " checked" in tag):
            sent.setdefault(name[1], []).append(value)
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        sent[name] = [chosen[1] if chosen else ""]
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL):
        sent[name] = [unescape(text)]
    return sent


def test_saving_what_is_shown_changes_nothing(browser: Client, rich: Programme) -> None:
    before = programme_text(rich)
    sent = as_shown(browser)
    assert sent["days_off"] == ["2026-12-24\n2026-12-31"]
    assert sent["window-0-days"] == ["mon", "thu"]
    assert sent["special-0-burden"] == ["1.5"]
    response = browser.post(ADDRESS, sent, follow=True)
    assert "Nothing to change" in response.content.decode()
    rich.refresh_from_db()
    assert programme_text(rich) == before


def test_every_field_changes_its_key(browser: Client, rich: Programme) -> None:
    sent = as_shown(browser) | {
        "name": "Officers",
        "time_zone": "America/Chicago",
        "countries": "us, mx",
        "days": ["mon", "tue"],
        "hours": "09:00-18:00",
        "after_hours": "none",
        "holidays": "",
        "days_off": "2026-11-30",
        "backup": "2",
        "min_gap_days": "5",
        "primary_requires": "",
        "cover": "language:fr",
        "busy_from": "10:00",
        "busy_to": "16:00",
        "busy_minutes": "180",
        "duty_days_per_month": "2",
        "listening_minutes": "90",
        "session_minutes": "45",
        "wishes": "3",
        "balance": "6",
        "draft_on_day": "",
        "special-0-name": "Christmas Day",
        "special-0-burden": "2",
        "special-1-date": "2026-12-26",
        "special-1-burden": "1,25",
        "window-0-seats": "6",
        "window-1-days": ["fri"],
        "window-1-hours": "14:00-15:30",
        "window-1-seats": "1",
        "window-1-peak": "1",
    }
    del sent["approve_absences"]
    response = browser.post(ADDRESS, sent)
    assert response.headers["Location"] == "/admin/programmes/north-america/"
    changed = Programme.objects.get(slug="north-america")
    assert (changed.name, changed.time_zone, changed.countries) == (
        "Officers",
        "America/Chicago",
        ["US", "MX"],
    )
    assert (changed.duty_days, changed.hours_from, changed.hours_to) == (["mon", "tue"], time(9), time(18))
    assert (changed.after_hours, changed.holidays, changed.days_off) == ("none", "", ["2026-11-30"])
    assert (changed.seats_backup, changed.min_gap_days) == (2, 5)
    assert (changed.primary_requires, changed.cover_any) == ([], ["language:fr"])
    assert (changed.busy_from, changed.busy_to, changed.busy_minutes) == (time(10), time(16), 180)
    assert (changed.duty_days_per_month, changed.listening_minutes_per_month) == (2, 90)
    assert (changed.listening_session_minutes, changed.wishes_per_month, changed.balance_months) == (45, 3, 6)
    assert (changed.draft_on_day, changed.approve_absences) == (None, False)
    assert changed.special_days == [
        {"date": "2026-12-25", "name": "Christmas Day", "burden": 8},
        {"date": "2026-12-26", "name": "", "burden": 5},
    ]
    windows = changed.listening_windows.values_list("weekday", "seats", "peak", "valid_from")
    begins = date(2026, 1, 5)
    assert list(windows) == [("mon", 6, 3, begins), ("thu", 6, 3, begins), ("fri", 1, 1, None)]
    # What the form does not have stays: the ladder, the fallback, the members.
    assert (len(changed.rungs), changed.fallback_places.count(), changed.memberships.count()) == (4, 1, 2)


def test_rows_are_taken_away_and_the_busy_rule_with_its_three_fields(
    browser: Client, rich: Programme
) -> None:
    sent = as_shown(browser) | {
        "special-0-DELETE": "on",
        "window-0-DELETE": "on",
        "busy_from": "",
        "busy_to": "",
        "busy_minutes": "",
    }
    browser.post(ADDRESS, sent)
    rich.refresh_from_db()
    assert rich.special_days == []
    assert not rich.listening_windows.exists()
    assert rich.busy_minutes is None


def test_changes_are_shown_before_they_are_made(browser: Client, rich: Programme) -> None:
    response = browser.post(ADDRESS, as_shown(browser) | {"wishes": "2", "look": "1"})
    page = response.content.decode()
    assert "This would change" in page
    assert "planning.wishes_per_month" in page
    assert 'name="wishes" value="2"' in page
    rich.refresh_from_db()
    assert rich.wishes_per_month == 4


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"hours": "8 to 5"}, "hours", "08:00-20:00"),
        ({"days_off": "2026-12-24\nXmas"}, "days_off", "a date such as"),
        ({"cover": "lang:es"}, "cover", "country:US"),
        ({"countries": "US, Mexico"}, "countries", "ISO 3166"),
        ({"wishes": "50"}, "wishes", "between 0 and 31"),
        ({"wishes": "a few"}, "wishes", "whole number"),
        ({"busy_minutes": ""}, "busy_minutes", "is missing"),
        ({"busy_from": "nine"}, "busy_from", "09:00"),
        ({"draft_on_day": "31"}, "draft_on_day", "between 1 and 28"),
        ({"special-0-burden": "heavy"}, "special-0-burden", "in quarters"),
        ({"special-1-name": "Somewhen"}, "special-1-date", "required"),
        ({"special-1-date": "2026-12-25"}, "special-1-date", "there twice"),
        ({"special-1-date": "2026-12-24"}, "special-1-date", "days_off, too"),
        ({"window-0-hours": "12:00-10:00"}, "window-0-hours", "before midnight"),
        ({"window-0-language": "spanish"}, "window-0-language", "no language tag"),
        ({"window-0-ends": "2025-01-01"}, "window-0-ends", "not be earlier"),
        ({"window-1-hours": "10:00-12:00"}, "window-1-days", "required"),
    ],
)
def test_each_mistake_stands_at_its_field(
    typed: dict[str, str], field: str, words: str, browser: Client, rich: Programme
) -> None:
    before = programme_text(rich)
    response = browser.post(ADDRESS, as_shown(browser) | typed)
    assert response.status_code == 422
    errors = re.search(
        rf'<ul class="errorlist" id="id_{field}_error">(.*?)</ul>', response.content.decode(), re.DOTALL
    )
    assert errors is not None
    assert words in unescape(errors[1])
    rich.refresh_from_db()
    assert programme_text(rich) == before


def test_rows_after_one_that_goes_keep_their_own_mistakes(browser: Client, rich: Programme) -> None:
    rich.special_days = [*rich.special_days, {"date": "2026-12-26", "name": "", "burden": 4}]
    rich.save()
    sent = as_shown(browser) | {"special-0-DELETE": "on", "special-1-burden": "77"}
    page = browser.post(ADDRESS, sent).content.decode()
    assert 'id="id_special-1-burden_error"' in page
    assert 'id="id_special-0-burden_error"' not in page


def test_a_made_up_number_of_rows_is_refused(browser: Client, rich: Programme) -> None:
    response = browser.post(ADDRESS, as_shown(browser) | {"special-TOTAL_FORMS": "x"})
    assert response.status_code == 422


def test_the_programmes_page_tells_its_rules(browser: Client, rich: Programme) -> None:
    page = browser.get("/admin/programmes/north-america/").content.decode()
    for words in (
        "2026-12-24, 2026-12-31",
        "Christmas (counts 1.5)",
        "somebody of each day: country:US, language:es",
        "drafts the next month on day 20, absences are approved",
        "mon 10:00-12:00, 4 seats, peak 3, es, billing",
        "taken by 240 busy minutes from 09:00 to 17:00",
        f'href="{ADDRESS}"',
        'href="/admin/programmes/north-america/members/"',
    ):
        assert words in page
    assert Duty.objects.published().exists()
