"""The desk in a real browser: by keyboard alone, live, and without a script."""

import re

from playwright.sync_api import Page as Window
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from customers.models import Account
from escalations.models import Escalation
from escalations.paging import accept
from people.models import Person
from rota.models import Programme
from tests.browsers import DESK, assert_accessible
from tests.web.conftest import SignIn
from tests.web.test_browser_pages import Open, enter


def test_an_escalation_by_keyboard_alone(
    page: Window, live_server: LiveServer, cleo: Person, programme: Programme, acme: Account, sign_in: SignIn
) -> None:
    window = enter(page, live_server, sign_in(cleo))
    window.goto(live_server.url + "/desk/")
    keys = window.keyboard
    keys.type("acme")
    expect(window.get_by_role("option", name="Acme Industries")).to_be_visible()
    assert_accessible(window)
    keys.press("Enter")
    expect(window.get_by_text("Rings Ana Ruiz at once")).to_be_visible()
    expect(window.get_by_label("Phone", exact=False).first).to_have_value("+15550190001")
    keys.press("Tab")
    keys.type("The night shift cannot print labels.")
    keys.press("Control+Enter")
    expect(window).to_have_url(re.compile(r"/cases/\d+/$"))
    expect(window.get_by_role("heading", level=1)).to_have_text("Acme Industries")
    assert Escalation.objects.get().contact_phone == "+15550190001"


def test_the_finder_closes_and_forgets(
    window: Open, live_server: LiveServer, cleo: Person, programme: Programme, acme: Account, sign_in: SignIn
) -> None:
    tab = enter(window(DESK), live_server, sign_in(cleo))
    tab.goto(live_server.url + "/desk/")
    tab.keyboard.type("acme")
    expect(tab.get_by_role("option")).to_have_count(1)
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("listbox")).to_be_hidden()
    tab.keyboard.press("ArrowDown")
    tab.get_by_role("option").click()
    expect(tab.locator("#id_account")).to_have_value("ACME")
    tab.keyboard.type(" Ltd")
    expect(tab.locator("#id_account")).to_have_value("")
    expect(tab.get_by_text("Choose the account")).to_be_visible()


def test_the_agents_phone_is_asked_for_only_where_it_rings(
    window: Open, live_server: LiveServer, cleo: Person, programme: Programme, sign_in: SignIn
) -> None:
    tab = enter(window(DESK), live_server, sign_in(cleo))
    tab.goto(live_server.url + "/desk/")
    expect(tab.get_by_label("Your phone")).to_be_hidden()
    tab.get_by_label("The agent first").check(force=True)
    expect(tab.get_by_label("Your phone")).to_be_visible()


def test_my_cases_follow_without_loading_anew(
    window: Open, live_server: LiveServer, cleo: Person, ana: Person, case: Escalation, sign_in: SignIn
) -> None:
    tab = enter(window(DESK), live_server, sign_in(cleo))
    tab.goto(live_server.url + "/desk/")
    tab.get_by_label("What happened?").fill("Half a story")
    accept(escalation=case, by=ana, how="by key")
    expect(tab.locator("#own-cases").get_by_text("In hand")).to_be_visible()
    expect(tab.get_by_label("What happened?")).to_have_value("Half a story")


def test_without_a_script_it_works_too(
    window: Open, live_server: LiveServer, cleo: Person, programme: Programme, acme: Account, sign_in: SignIn
) -> None:
    tab = enter(window(DESK, java_script_enabled=False), live_server, sign_in(cleo))
    tab.goto(live_server.url + "/desk/")
    tab.get_by_label("Account", exact=True).fill("acme")
    tab.get_by_label("What happened?").fill("The night shift cannot print labels.")
    tab.get_by_role("button", name="Show the score first").click()
    expect(tab.get_by_text("Rings Ana Ruiz at once")).to_be_visible()
    tab.get_by_role("button", name="Escalate").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Acme Industries")
