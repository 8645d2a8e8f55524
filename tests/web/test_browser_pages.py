"""Every page in a real browser, at a phone's and a desk's width, light and dark: axe finds nothing, nothing
scrolls sideways, and the policy refuses nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser
from playwright.sync_api import Page as Window
from pytest_django.live_server_helper import LiveServer

from customers.models import Account
from escalations.confirming import answer_url
from escalations.models import Escalation
from escalations.raising import raise_escalation
from learnings.models import Touchpoint
from people.models import Person
from rota.absences import enter_absence
from rota.models import BusyCalendar, Duty
from rota.preferences import set_preference
from tests.browsers import DESK, PHONE, assert_accessible
from tests.web.conftest import SignIn

Open = Callable[..., Window]


def enter(window: Window, server: LiveServer, browser: Client | None) -> Window:
    """The window has the session of a browser that is signed in already."""
    if browser is not None:
        cookie = browser.cookies["sessionid"].value
        window.context.add_cookies([{"name": "sessionid", "value": cookie, "url": server.url}])
    return window


def no_sideways_scroll(window: Window) -> bool:
    return window.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.fixture
def pages(
    resolved: Escalation,
    tiny: Account,
    cleo: Person,
    ana: Person,
    dora: Person,
    eve: Person,
    asha: Person,
    billing: Touchpoint,
) -> list[tuple[Person | None, str]]:
    """One case waits with Ana's phone ringing, one is resolved; she is away, has a wish and a busy calendar."""
    now = timezone.now()
    day = now.date() + timedelta(days=1)
    enter_absence(person=ana, first=day, last=day, reason="At sea", by=ana)
    set_preference(person=ana, liking=-3, day=day, by=ana)
    BusyCalendar.objects.create(
        person=ana, address="https://example.com/x.ics", error="It broke.", next_fetch_at=now, created_at=now
    )
    ringing = raise_escalation(
        account=tiny, raised_by=cleo, summary="It is on the news.", severity="critical", public_risk=True
    ).escalation
    confirm = "/confirm/" + answer_url(resolved.outcomes.get()).split("/confirm/", 1)[1]
    duty = Duty.objects.filter(seat=0).latest("day")
    return [
        (None, "/accounts/login/"),
        (None, "/accounts/login/code/"),
        (None, "/accounts/password/reset/"),
        (None, confirm),
        (None, "/design/"),
        (cleo, "/desk/"),
        (cleo, "/desk/?account=TINY"),
        (cleo, "/cases/"),
        (cleo, "/duty/"),
        (cleo, "/learnings/"),
        (cleo, f"/cases/{ringing.pk}/cancel/"),
        (eve, "/profile/"),
        (ana, "/officer/"),
        (ana, "/profile/"),
        (ana, "/availability/"),
        (asha, "/availability/"),
        (ana, f"/cases/{ringing.pk}/"),
        (ana, f"/cases/{resolved.pk}/"),
        (ana, f"/cases/{resolved.pk}/outcome/"),
        (ana, f"/cases/{resolved.pk}/hand-over/"),
        (dora, "/admin/"),
        (dora, "/admin/people/"),
        (dora, "/admin/people/add/"),
        (dora, f"/admin/people/{ana.pk}/"),
        (dora, "/admin/accounts/"),
        (dora, f"/admin/accounts/{tiny.pk}/"),
        (dora, "/admin/programmes/"),
        (dora, "/admin/programmes/north-america/"),
        (dora, "/admin/programme-file/?slug=north-america"),
        (dora, "/admin/programmes/north-america/rules/"),
        (dora, "/admin/programmes/north-america/members/"),
        (dora, f"/admin/programmes/north-america/members/{ana.pk}/"),
        (dora, f"/availability/{ana.pk}/"),
        (dora, "/admin/absences/"),
        (dora, f"/admin/duties/{duty.pk}/"),
        (dora, "/admin/reports/"),
        (dora, "/admin/reports/verify/"),
        (dora, f"/reports/north-america/{now:%Y-%m}/{ana.pk}/"),
        (dora, f"/reports/north-america/{now:%Y-%m}/{ana.pk}/listening_balance_seconds/"),
        (ana, "/reports/"),
        (dora, f"/admin/reports/north-america/{now:%Y-%m}/health/"),
        (dora, "/admin/retention/"),
        (dora, f"/admin/contacts/{tiny.contacts.get().pk}/erase/"),
        (dora, "/admin/audit/"),
        (dora, "/admin/audit/sign-ins/"),
        (dora, "/admin/audit/reads/"),
        (dora, "/admin/imports/"),
        (dora, "/admin/touchpoints/"),
        (dora, "/admin/deliveries/"),
        (dora, "/admin/tokens/"),
        (dora, "/accounts/password/change/"),
        (dora, f"/admin/touchpoints/{billing.pk}/"),
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_page_is_for_everybody(
    width: int, theme: str, pages, window: Open, live_server: LiveServer, sign_in: SignIn, settings
) -> None:
    settings.DEBUG = True  # the design page is shown in debug only
    windows: dict[Person | None, Window] = {}
    wrong = []
    for person, path in pages:
        if person not in windows:
            tab = window(width, color_scheme=theme)
            windows[person] = enter(tab, live_server, sign_in(person) if person else None)
        wrong += faults(windows[person], live_server.url + path)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_so_is_every_error(
    width: int, theme: str, browser: Browser, live_server: LiveServer, cleo: Person, sign_in: SignIn
) -> None:
    # A window of its own: the console's lines about 403 and 404 are wanted here.
    tab = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=theme)
    enter(tab, live_server, sign_in(cleo))
    wrong = [
        fault
        for path in ("/nothing/", "/admin/", "/confirm/wrong/")
        for fault in faults(tab, live_server.url + path)
    ]
    tab.close()
    assert not wrong, "\n".join(wrong)


def faults(tab: Window, address: str) -> list[str]:
    """What is wrong with a page: axe's findings, and a page wider than its window."""
    tab.goto(address)
    found = [] if no_sideways_scroll(tab) else [f"{address} scrolls sideways"]
    try:
        assert_accessible(tab)
    except AssertionError as violations:
        found.append(f"{address}: {violations}")
    return found
