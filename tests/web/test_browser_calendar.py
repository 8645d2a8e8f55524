"""My calendar and the answer by a link in a real browser: at every width, by keyboard, and without scripts."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zxingcpp
from playwright.sync_api import Page as Window
from pytest_django.live_server_helper import LiveServer

from rota.answer_links import answer_url
from rota.feeds import feed_url, open_feed
from rota.invitations_due import keep_up
from rota.models import AnswerStatus, Invitation
from tests.browsers import DESK, PHONE, assert_accessible
from tests.conftest import publish_days
from tests.web.conftest import SignIn
from tests.web.test_browser_pages import enter, no_sideways_scroll

NUMBER = "+15550001000"


@pytest.fixture
def mine(programme, ana, settings, live_server: LiveServer) -> Invitation:
    settings.PUBLIC_BASE_URL, settings.TWILIO_FROM_NUMBER = live_server.url, NUMBER
    publish_days(programme, [[ana]], first=datetime.now(UTC).date() + timedelta(days=20))
    keep_up()
    return Invitation.objects.get(person=ana, duty__seat=1)


def answer_of(invitation: Invitation) -> str:
    invitation.refresh_from_db()
    return invitation.answer


def look(window: Window, name: str) -> None:
    """Accessible and within the window; kept as a picture where SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        window.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
    assert no_sideways_scroll(window)
    assert_accessible(window)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_state_is_for_everybody(
    width, theme, mine, ana, window, live_server, sign_in: SignIn, settings
):
    tab = enter(window(width, color_scheme=theme), live_server, sign_in(ana))
    kind = f"{width}-{theme}"
    tab.goto(f"{live_server.url}/calendar/")
    look(tab, f"calendar-none-{kind}")
    open_feed(person=ana, by=ana)
    tab.goto(f"{live_server.url}/calendar/")
    for details in tab.locator("main details").all():
        details.evaluate("element => element.open = true")
    look(tab, f"calendar-{kind}")
    stranger = window(width, color_scheme=theme)
    stranger.goto(answer_url(mine.pk, says="declined"))
    look(stranger, f"answer-{kind}")
    stranger.get_by_role("button", name="Decline").click()
    stranger.get_by_role("heading", name="Thank you").wait_for()
    look(stranger, f"answered-{kind}")
    Invitation.objects.filter(pk=mine.pk).update(cancelled=True)
    stranger.goto(answer_url(mine.pk))
    look(stranger, f"answer-gone-{kind}")


def test_the_address_is_copied_by_one_press(mine, ana, window, live_server, sign_in: SignIn):
    url = feed_url(open_feed(person=ana, by=ana))
    tab = enter(window(DESK, permissions=["clipboard-read", "clipboard-write"]), live_server, sign_in(ana))
    tab.goto(f"{live_server.url}/calendar/")
    tab.get_by_role("button", name="Copy the address").press("Enter")
    tab.get_by_role("button", name="Copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == url


def test_without_scripts_everything_but_copying_works(mine, ana, window, live_server, sign_in: SignIn):
    tab = enter(window(PHONE, java_script_enabled=False), live_server, sign_in(ana))
    tab.goto(f"{live_server.url}/calendar/")
    tab.get_by_role("button", name="Get the address").click()
    assert tab.get_by_text(feed_url(open_feed(person=ana, by=ana))).is_visible()
    assert not tab.get_by_role("button", name="Copy the address").is_visible()
    tab.goto(answer_url(mine.pk))
    tab.get_by_role("button", name="Accept").click()
    tab.get_by_role("heading", name="Thank you").wait_for()
    assert answer_of(mine) == AnswerStatus.ACCEPTED


def test_the_answer_is_given_by_keyboard(mine, window):
    tab = window(DESK)
    tab.goto(answer_url(mine.pk))
    tab.get_by_label("A word with it").focus()
    tab.keyboard.type("In surgery")
    for _ in range(3):
        tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    tab.get_by_role("heading", name="Thank you").wait_for()
    assert answer_of(mine) == AnswerStatus.DECLINED


PIXELS = """
async (svg) => {
  const picture = new Image();
  picture.src = "data:image/svg+xml," + encodeURIComponent(new XMLSerializer().serializeToString(svg));
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 400;
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0, 400, 400);
  return Array.from(pen.getImageData(0, 0, 400, 400).data).filter((_, index) => index % 4 === 0);
}
"""
"""The code as the browser paints it: one grey value for each of 400 × 400 pixels."""


def test_a_camera_reads_the_code(mine, ana, window, live_server, sign_in: SignIn):
    tab = enter(window(PHONE, color_scheme="dark"), live_server, sign_in(ana))
    tab.goto(f"{live_server.url}/calendar/")
    grey = bytes(tab.locator(".qr svg").evaluate(PIXELS))
    [code] = zxingcpp.read_barcodes(memoryview(grey).cast("B", (400, 400)))
    assert f"TEL;TYPE=WORK,VOICE,PREF:{NUMBER}" in code.text


def test_the_menu_leads_there(mine, ana, window, live_server, sign_in: SignIn):
    tab = enter(window(DESK), live_server, sign_in(ana))
    tab.goto(f"{live_server.url}/profile/")
    tab.locator("details.whoami summary").click()
    tab.get_by_role("link", name="My calendar").click()
    tab.get_by_role("heading", name="My calendar").wait_for()
