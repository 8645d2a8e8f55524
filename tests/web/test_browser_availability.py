"""Availability in a real browser: on a phone and at a desk, without a script too, and by the keyboard alone."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Window
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from people.models import Person
from rota.absences import enter_absence
from rota.busy_fetching import refresh
from rota.models import Absence, AbsenceStatus, BusyCalendar, Duty, Programme
from tests.browsers import DESK, PHONE, assert_accessible
from tests.rota.calendar_server import CalendarServer, calendar_server
from tests.web.conftest import SignIn
from tests.web.test_browser_pages import enter

__all__ = ["calendar_server"]

Open = Callable[..., Window]


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_an_executive_tells_when_they_are_away_and_what_they_would_rather(
    width: int,
    script: bool,
    programme: Programme,
    ana: Person,
    window: Open,
    live_server: LiveServer,
    sign_in: SignIn,
) -> None:
    page = enter(window(width, java_script_enabled=script), live_server, sign_in(ana))
    page.goto(f"{live_server.url}/officer/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Availability").click()
    tomorrow = ana.duties.latest("day").day
    page.get_by_label("First day").fill(tomorrow.isoformat())
    page.get_by_label("Why").fill("At sea")
    page.get_by_role("button", name="I am away").click()
    expect(page.get_by_text("1 published duty in it.")).to_be_visible()
    away = page.locator("#absences")
    away.get_by_role("listitem").get_by_role("link").click()
    expect(page).to_have_url(f"{live_server.url}/duties/{Duty.objects.get(person=ana, day=tomorrow).pk}/")
    page.go_back()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("No absence is entered.")).to_be_visible()

    page.get_by_label("Date", exact=True).fill((tomorrow + timedelta(days=20)).isoformat())
    page.get_by_label("How much?").select_option("Gladly")
    page.get_by_role("button", name="Note it").click()
    expect(page.locator("#wishes")).to_contain_text(": gladly")
    page.get_by_text("Each week", exact=True).click()
    page.get_by_label("Fridays").select_option("Please not")
    page.get_by_role("button", name="Save the weekdays").click()
    expect(page.get_by_label("Fridays")).to_have_value("-3")  # open, for there is something in it


def test_a_busy_calendar_is_given_read_and_removed(
    programme: Programme,
    ana: Person,
    asha: Person,
    calendar_server: CalendarServer,
    window: Open,
    live_server: LiveServer,
    sign_in: SignIn,
    settings: Settings,
) -> None:
    settings.BUSY_CALENDARS_ALLOW_PRIVATE = True
    programme.busy_from, programme.busy_to, programme.busy_minutes = time(9), time(17), 240
    programme.save()
    day = timezone.now().date() + timedelta(days=9)
    calendar_server.publish(f"SUMMARY:Merger\nDTSTART;VALUE=DATE:{day:%Y%m%d}")
    page = enter(window(PHONE), live_server, sign_in(asha))
    page.goto(f"{live_server.url}/availability/")
    page.get_by_role("link", name="Ana Ruiz").click()
    page.get_by_label("Address of the calendar").fill(calendar_server.url)
    page.get_by_role("button", name="Add the calendar").click()
    expect(page.get_by_text("About to be read")).to_be_visible()
    assert refresh(BusyCalendar.objects.get().pk)
    page.reload()
    expect(page.locator("#calendars")).to_contain_text("the busy calendar takes the whole day")
    assert "private-5e7a" not in page.content()
    assert "Merger" not in page.content()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Removed, with everything that was read there.")).to_be_visible()


def test_an_administrator_decides_by_the_keyboard_alone(
    programme: Programme, ana: Person, dora: Person, window: Open, live_server: LiveServer, sign_in: SignIn
) -> None:
    programme.approve_absences = True
    programme.save()
    day = timezone.now().date() + timedelta(days=30)
    absence = enter_absence(person=ana, first=day, last=day, reason="At sea", by=ana)
    page = enter(window(DESK), live_server, sign_in(dora))
    page.goto(f"{live_server.url}/admin/absences/")
    page.get_by_label("A word to Ana Ruiz").focus()
    page.keyboard.type("Fair winds")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Approve")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Approved: Ana Ruiz is told.")).to_be_visible()
    assert Absence.objects.get(pk=absence.pk).status == AbsenceStatus.APPROVED


def test_rules_are_looked_at_and_then_changed(
    programme: Programme, dora: Person, window: Open, live_server: LiveServer, sign_in: SignIn
) -> None:
    page = enter(window(PHONE), live_server, sign_in(dora))
    page.goto(f"{live_server.url}/admin/programmes/north-america/")
    page.get_by_role("link", name="Change the rules").click()
    page.get_by_label("Own days off").fill("2026-12-24")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("status")).to_contain_text("duty.days_off")
    page.get_by_role("button", name="Save the rules").click()
    expect(page.get_by_text("Applied: 1 changed.")).to_be_visible()
    programme.refresh_from_db()
    assert programme.days_off == ["2026-12-24"]


def test_a_mistake_is_led_to(
    programme: Programme, dora: Person, browser: Browser, live_server: LiveServer, sign_in: SignIn
) -> None:
    # A window of its own: the console's line about 422 is wanted here.
    page = enter(browser.new_page(), live_server, sign_in(dora))
    page.goto(f"{live_server.url}/admin/programmes/north-america/rules/")
    page.get_by_label("Own days off").fill("Christmas")
    page.get_by_role("button", name="Save the rules").click()
    page.get_by_role("alert").get_by_role("link", name="Own days off").click()
    expect(page.get_by_label("Own days off")).to_be_focused()
    assert_accessible(page)
    page.close()
