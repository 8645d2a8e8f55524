"""The case page in a real browser: it follows by itself, counts down, and survives a lost connection."""

import re

from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Window
from pytest_django.live_server_helper import LiveServer

from escalations.models import Escalation, PageStatus
from escalations.paging import accept
from escalations.timeline import add_note
from people.models import Person
from tests.browsers import DESK, PHONE, assert_accessible
from tests.web.conftest import SignIn
from tests.web.test_browser_pages import Open, enter


def test_the_page_follows_by_itself(
    page: Window, live_server: LiveServer, cleo: Person, ana: Person, case: Escalation, sign_in: SignIn
) -> None:
    window = enter(page, live_server, sign_in(cleo))
    window.goto(f"{live_server.url}/cases/{case.pk}/")
    window.get_by_label("Note").fill("Half a note")
    window.wait_for_event("response", lambda answer: answer.status == 204)  # it asks on all the same
    case.pages.update(status=PageStatus.RINGING)
    expect(window.locator("#case-pages").get_by_text("Ringing").first).to_be_visible()
    accept(escalation=case, by=ana, how="by key")
    expect(window.locator("#case-head").get_by_text("Ana Ruiz has it")).to_be_visible()
    expect(window.locator("#events").get_by_text("Ana Ruiz took the case by key.")).to_have_count(1)
    expect(window.get_by_label("Note")).to_have_value("Half a note")
    assert_accessible(window)


def test_the_countdown_counts_down(
    window: Open, live_server: LiveServer, cleo: Person, case: Escalation, sign_in: SignIn
) -> None:
    tab = enter(window(DESK), live_server, sign_in(cleo))
    tab.route(re.compile("/live/"), lambda _route: None)  # no answer ever: the clock is the page's own
    tab.goto(f"{live_server.url}/cases/{case.pk}/")
    countdown = tab.locator("[data-countdown]")
    before = countdown.inner_text()
    assert re.fullmatch(r"in \d+ s", before)
    expect(countdown).not_to_have_text(before)


def test_a_lost_connection_is_told_and_mended(
    browser: Browser, live_server: LiveServer, cleo: Person, case: Escalation, sign_in: SignIn
) -> None:
    # A window of its own: the console's lines about a lost connection are wanted here.
    tab = enter(browser.new_page(), live_server, sign_in(cleo))
    tab.goto(f"{live_server.url}/cases/{case.pk}/")
    lost = tab.get_by_text("Connection lost")
    expect(lost).to_be_hidden()
    cut = re.compile(r"/cases/\d+/live/")
    tab.route(cut, lambda route: route.abort())
    expect(lost).to_be_visible()
    add_note(escalation=case, by=cleo, text="Written meanwhile.")
    tab.unroute(cut)
    expect(lost).to_be_hidden()
    expect(tab.locator("#events").get_by_text("Written meanwhile.")).to_have_count(1)


def test_the_officer_takes_it_with_one_thumb(
    window: Open, live_server: LiveServer, ana: Person, case: Escalation, sign_in: SignIn
) -> None:
    tab = enter(window(PHONE), live_server, sign_in(ana))
    tab.goto(live_server.url + "/officer/")
    button = tab.get_by_role("button", name="Take it")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 64
    assert box["y"] + box["height"] < 844 - 60  # above the tabs, without scrolling
    button.click()
    expect(tab.get_by_role("button", name="Connect me")).to_be_visible()
    case.refresh_from_db()
    assert case.owner == ana


def test_a_ring_reaches_the_open_officers_page(
    window: Open,
    live_server: LiveServer,
    ana: Person,
    programme,
    acme,
    cleo: Person,
    sign_in: SignIn,
    raise_case,
) -> None:
    tab = enter(window(PHONE), live_server, sign_in(ana))
    tab.goto(live_server.url + "/officer/")
    expect(tab.get_by_text("Nothing needs you now.")).to_be_visible()
    raise_case()
    expect(tab.get_by_role("button", name="Take it")).to_be_visible()


def test_targets_are_big_enough_for_a_thumb(
    window: Open, live_server: LiveServer, ana: Person, case: Escalation, sign_in: SignIn
) -> None:
    """44 px for everything that stands alone; links in running text are WCAG's own exception (2.5.8)."""
    tab = enter(window(PHONE), live_server, sign_in(ana))
    for path in ("/officer/", f"/cases/{case.pk}/", "/duty/", "/profile/"):
        tab.goto(live_server.url + path)
        small = tab.eval_on_selector_all(
            "button, summary, select, input:not([type=hidden]):not([type=radio]):not([type=checkbox]), "
            "nav a, a.button",
            """all => all.filter(e => e.checkVisibility() && !e.closest('.visually-hidden'))
                         .filter(e => !e.classList.contains('skip'))
                         .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
                         .filter(([_, box]) => box.width > 0 && (box.height < 39.9 || box.width < 39.9))
                         .map(([html, box]) => `${html} ${box.width}×${box.height}`)""",
        )
        assert not small, (path, small)
