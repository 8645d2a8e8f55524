"""Deliveries and the banners of an outage in a real browser: they follow by themselves, fit, and are accessible."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page as Window
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from escalations.models import Escalation, Heartbeat, Message, MessageStatus, Page, PageStatus
from people import letters
from people.models import Letter, LetterStatus, Person
from tests.browsers import DESK, PHONE, assert_accessible
from tests.people.letter_box import remind
from tests.web.conftest import SignIn
from tests.web.test_browser_pages import Open, enter, faults
from tests.web.test_outage_banner import back_again, out_of_reach


@pytest.fixture
def trouble(case: Escalation, ana: Person) -> Escalation:
    """Ana's call is stuck, her text was refused, and a mail to her waits; Twilio is out of reach.

    A reminder to her was refused too, and another goes to an endless address tomorrow.
    """
    now = datetime.now(UTC)
    case.pages.filter(channel="call").update(
        created_at=now - timedelta(minutes=3),
        due_at=now + timedelta(minutes=5),
        tries=6,
        error_detail="The connection to Twilio was refused.",
    )
    case.pages.filter(channel="text").update(
        status=PageStatus.FAILED, error_code=21610, tries=1, ended_at=now
    )
    Message.objects.create(
        escalation=case,
        person=ana,
        key="by-hand",
        channel="email",
        address=ana.email,
        status=MessageStatus.QUEUED,
        created_at=now,
        due_at=now,
    )
    refused = remind(ana, subject="You are Officer of the Day on Wednesday 30 September")
    Letter.objects.filter(pk=refused.pk).update(
        status=LetterStatus.FAILED,
        tries=1,
        error_code=554,
        error_detail="The mail server answered 554: 5.7.1 Message refused by local policy, see our pages",
    )
    letters.mail_to(
        address="somebody.with.a.very.long.name@subsidiary.of.a.large.company.example.com",
        key="warning:1",
        kind="coverage",
        subject="Nobody serves",
        text="Nobody serves on 3 March.",
        due_at=now + timedelta(days=1),
    )
    Heartbeat.objects.create(name="pager", at=now)
    Heartbeat.objects.create(name="queue", at=now)
    out_of_reach()
    return case


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_trouble_is_told_to_everybody(
    width: int,
    theme: str,
    trouble: Escalation,
    window: Open,
    live_server: LiveServer,
    sign_in: SignIn,
    dora: Person,
    cleo: Person,
    ana: Person,
) -> None:
    wrong = []
    for person, path in (
        (dora, "/admin/deliveries/"),
        (dora, f"/cases/{trouble.pk}/"),
        (cleo, f"/cases/{trouble.pk}/"),
        (cleo, "/desk/"),
        (cleo, "/cases/"),
        (ana, "/officer/"),
        (ana, "/cases/"),
    ):
        tab = enter(window(width, color_scheme=theme), live_server, sign_in(person))
        wrong += faults(tab, live_server.url + path)
        assert tab.get_by_text("Twilio cannot be reached").first.is_visible()
    assert not wrong, "\n".join(wrong)


def test_the_banner_goes_by_itself(
    page: Window, live_server: LiveServer, cleo: Person, trouble: Escalation, sign_in: SignIn
) -> None:
    tab = enter(page, live_server, sign_in(cleo))
    tab.goto(f"{live_server.url}/cases/{trouble.pk}/")
    banner = tab.get_by_text("Twilio cannot be reached")
    expect(banner).to_be_visible()
    back_again()
    expect(banner).to_have_count(0)
    tab.goto(f"{live_server.url}/desk/")
    expect(banner).to_have_count(0)
    out_of_reach()
    expect(banner).to_be_visible()


def test_the_list_follows_and_a_failed_text_is_sent_again(
    page: Window, live_server: LiveServer, dora: Person, trouble: Escalation, sign_in: SignIn
) -> None:
    tab = enter(page, live_server, sign_in(dora))
    tab.goto(f"{live_server.url}/admin/deliveries/?state=failed")
    tab.get_by_role("button", name="Send again the text to Ana Ruiz").click()
    expect(tab.get_by_text("It goes out again now.")).to_be_visible()
    expect(tab.get_by_text("Nothing has failed within a week")).to_be_visible()
    Page.objects.filter(channel="text").update(
        status=PageStatus.FAILED, ended_at=datetime.now(UTC), error_code=30003
    )
    expect(tab.get_by_text("The phone is switched off or out of reach.")).to_be_visible()
    assert_accessible(tab)


def test_it_works_without_a_script(
    window: Open, live_server: LiveServer, dora: Person, trouble: Escalation, sign_in: SignIn
) -> None:
    tab = enter(window(PHONE, java_script_enabled=False), live_server, sign_in(dora))
    tab.goto(f"{live_server.url}/admin/deliveries/")
    tab.get_by_role("link", name="Stuck 1").click()
    tab.get_by_role("button", name="Take back the call to Ana Ruiz").click()
    expect(tab.get_by_text("Taken back: it does not go out.")).to_be_visible()
    expect(tab.get_by_role("link", name="Look again")).to_be_visible()


def test_a_failed_letter_is_sent_again_by_keyboard(
    page: Window, live_server: LiveServer, dora: Person, trouble: Escalation, sign_in: SignIn
) -> None:
    tab = enter(page, live_server, sign_in(dora))
    tab.goto(f"{live_server.url}/admin/deliveries/?state=failed")
    again = tab.get_by_role("button", name="Send again the mail to Ana Ruiz, You are Officer of the Day")
    again.focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("It goes out again now.")).to_be_visible()
    expect(tab.get_by_text("No reminder, invitation or warning has failed.")).to_be_visible()
    assert Letter.objects.get(kind="reminder").status == LetterStatus.QUEUED
