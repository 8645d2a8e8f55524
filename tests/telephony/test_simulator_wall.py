"""The phone wall in a real browser, at a telephone's width and a desk's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from telephony.simulator.schedule import real_clock
from tests.browsers import DESK, Window, assert_accessible
from tests.telephony.simulated_application import COMPANY, World, world

ANA, BEN = "+15557770001", "+15557770002"


@pytest.fixture
def w() -> Iterator[World]:
    with world(clock=real_clock, automatic=True) as everything:
        app = everything.app
        app.says(
            "/voice",
            "<Gather numDigits='1' action='/key' timeout='60'><Say>Press 1 to take it</Say></Gather>",
        )
        app.says("/key", "<Say>You have it</Say><Pause length='60'/>")
        app.says("/inbound", "<Say>Nothing is open</Say><Pause length='60'/>")
        app.says("/text", "<Message>Noted</Message>")
        everything.network.phone(ANA, name="Ana Ruiz", role="officer")
        everything.network.phone(BEN, name="Ben <i>Okafor</i>", role="backup")
        yield everything


def card(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem", name=name)


def test_a_call_is_answered_heard_keyed_and_ended(w: World, page: Page) -> None:
    page.goto(f"{w.server.url}/simulator/")
    ana = card(page, "Ana Ruiz")
    expect(ana.get_by_role("button", name="Call the company")).to_be_visible()
    w.call(ANA, Url=w.app.url + "/voice")
    expect(ana).to_contain_text("The company, +15550001000, is calling", ignore_case=True)
    expect(page).to_have_title("(1) Phone wall")
    assert_accessible(page)
    ana.get_by_role("button", name="Answer").click()
    expect(ana).to_contain_text("Press 1 to take it")
    ana.get_by_role("button", name="1", exact=True).click()
    expect(ana).to_contain_text("You have it")
    ana.get_by_label("Say something into the call of Ana Ruiz").fill("Thank you")
    ana.get_by_role("button", name="Say", exact=True).click()
    assert_accessible(page)
    ana.get_by_role("button", name="Hang up").click()
    expect(ana).to_contain_text("the call ended")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_texts_come_and_are_answered(w: World, page: Page) -> None:
    page.goto(f"{w.server.url}/simulator/")
    w.post("/Messages.json", To=BEN, From=COMPANY, Body="Case 1042 <script>alert(1)</script>")
    ben = card(page, "Ben <i>Okafor</i>")
    expect(ben.locator(".bubble")).to_contain_text("Case 1042 <script>alert(1)</script>")
    ben.get_by_label("Text the company from Ben").fill("1")
    ben.get_by_role("button", name="Send").click()
    expect(ben.locator(".bubble")).to_have_count(3)
    expect(ben.locator(".bubble").last).to_contain_text("Noted")


def test_the_keyboard_alone_is_enough_and_keeps_its_place(w: World, window: Window) -> None:
    page = window(DESK)
    page.goto(f"{w.server.url}/simulator/")
    ana = card(page, "Ana Ruiz")
    w.call(ANA, Url=w.app.url + "/voice")
    ana.get_by_role("button", name="Answer").focus()
    w.call(BEN, Url=w.app.url + "/voice")
    expect(card(page, "Ben <i>Okafor</i>").get_by_role("button", name="Answer")).to_be_visible()
    expect(ana.get_by_role("button", name="Answer")).to_be_focused()
    page.keyboard.press("Enter")
    expect(ana).to_be_focused()
    page.keyboard.press("1")
    expect(ana).to_contain_text("You have it")
    page.get_by_label("Filter by name, number or role").fill("backup")
    expect(ana).not_to_be_visible()
    expect(card(page, "Ben <i>Okafor</i>")).to_be_visible()


def test_a_phone_calls_the_company_and_a_habit_is_set(w: World, window: Window) -> None:
    page = window(DESK, color_scheme="dark")
    page.goto(f"{w.server.url}/simulator/")
    ana = card(page, "Ana Ruiz")
    ana.get_by_role("button", name="Call the company").click()
    expect(ana).to_contain_text("Nothing is open")
    assert_accessible(page)
    ana.get_by_role("button", name="Hang up").click()
    ana.get_by_label("When Ana Ruiz is called").select_option("busy")
    page.wait_for_function(
        """async () => (await (await fetch("state.json")).json()).phones
            .some((phone) => phone.habit.when_called === "busy")"""
    )
    w.call(ANA, Url=w.app.url + "/voice")
    w.network.wait_until(lambda: not w.network.live_calls(), within=5)
    assert [call.status for call in w.network.calls.values()][-1] == "busy"
