"""Swaps in a real browser: asked and answered by keyboard alone, without a script, at both widths, in both themes."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Page as Window
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from people.models import Letter, Person
from rota.hours import duty_day_of
from rota.models import (
    BusyBlock,
    BusyCalendar,
    CoverProposal,
    Duty,
    Membership,
    Programme,
    ProposalStatus,
    Swap,
)
from rota.swaps import accept_ask, propose_swap
from tests.browsers import DESK, PHONE
from tests.conftest import make_person, publish_days
from tests.web.conftest import SignIn
from tests.web.test_browser_pages import Open, enter, faults


@pytest.fixture
def carl(programme: Programme) -> Person:
    person = make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)
    Membership.objects.create(programme=programme, person=person)
    return person


@pytest.fixture
def far(programme: Programme) -> date:
    return duty_day_of(programme.rules, datetime.now(UTC)) + timedelta(days=10)


@pytest.fixture
def duty(programme: Programme, ana: Person, far: date) -> Duty:
    return publish_days(programme, [[ana]], first=far)[0]


@pytest.fixture
def readers(ana: Person, carl: Person, cleo: Person, dora: Person) -> dict[str, Person | None]:
    return {"ana": ana, "carl": carl, "cleo": cleo, "dora": dora, "stranger": None}


@pytest.fixture
def bens(programme: Programme, ben: Person, far: date) -> Duty:
    return publish_days(programme, [[ben]], first=far + timedelta(days=7))[0]


def tab_to(window: Window, name: str) -> None:
    """Moves on by Tab until what is called so has the focus."""
    for _ in range(60):
        window.keyboard.press("Tab")
        focused = window.evaluate(
            "(() => { const e = document.activeElement; const l = e.labels && e.labels[0];"
            " return (l ? l.innerText : e.innerText) || ''; })()"
        )
        if name in focused:
            return
    raise AssertionError(f'"{name}" cannot be reached by the keyboard')


def link_to(person: Person) -> str:
    letter = Letter.objects.filter(person=person, kind="swap").latest("pk")
    found = re.search(r"(/swaps/[^/\s]{20,}/)", letter.text)
    assert found
    return found.group(1)


def test_a_duty_is_given_away_by_keyboard_alone(
    page: Window,
    window: Open,
    live_server: LiveServer,
    duty: Duty,
    bens: Duty,
    ana: Person,
    ben: Person,
    carl: Person,
    sign_in: SignIn,
) -> None:
    mine = enter(page, live_server, sign_in(ana))
    mine.goto(f"{live_server.url}/officer/")
    day = f"{duty.day:%a} {duty.day.day} {duty.day:%b}"
    tab_to(mine, day)
    mine.keyboard.press("Enter")
    expect(mine.get_by_role("heading", level=1)).to_contain_text("you are primary")
    tab_to(mine, "Ask others")
    mine.keyboard.press("Enter")
    expect(mine.get_by_role("heading", level=1)).to_have_text("Who could take it over?")
    tab_to(mine, "Carl Novak")
    mine.keyboard.press("Space")
    tab_to(mine, "A word to them")
    mine.keyboard.type("My daughter's graduation")
    tab_to(mine, "Ask those I chose")
    mine.keyboard.press("Enter")
    expect(mine.get_by_text("Asked: Carl Novak.")).to_be_visible()
    expect(mine.get_by_text("No answer yet")).to_be_visible()

    theirs = enter(window(mine.viewport_size["width"]), live_server, None)  # type: ignore[index]
    theirs.goto(live_server.url + link_to(carl))
    expect(theirs.get_by_text("My daughter's graduation")).to_be_visible()
    tab_to(theirs, "Yes, I take it")
    theirs.keyboard.press("Enter")
    expect(theirs.get_by_role("heading", level=1)).to_have_text("It is yours")
    duty.refresh_from_db()
    assert duty.person == carl

    mine.reload()
    expect(mine.get_by_role("heading", level=1)).to_contain_text("Carl Novak is primary")


def test_an_exchange_is_offered_by_keyboard_too(
    page: Window,
    live_server: LiveServer,
    duty: Duty,
    bens: Duty,
    ana: Person,
    ben: Person,
    sign_in: SignIn,
) -> None:
    tab = enter(page, live_server, sign_in(ana))
    tab.goto(f"{live_server.url}/duties/{duty.pk}/swap/")
    tab_to(tab, "Ben Okafor")
    tab.keyboard.press("Space")
    tab.keyboard.press("Tab")
    tab.keyboard.type("In return for")
    tab.keyboard.press("ArrowDown")
    tab_to(tab, "Ask those I chose")
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("in exchange")).to_be_visible()
    ask = Swap.objects.get().asks.get()
    assert ask.in_return is not None
    assert ask.in_return.person == ben


def test_without_a_script_it_works_too(
    window: Open,
    live_server: LiveServer,
    duty: Duty,
    ana: Person,
    ben: Person,
    carl: Person,
    sign_in: SignIn,
) -> None:
    tab = enter(window(PHONE, java_script_enabled=False), live_server, sign_in(ana))
    tab.goto(f"{live_server.url}/duties/{duty.pk}/")
    tab.get_by_role("button", name="Find cover").click()
    expect(tab.get_by_text("the first who says yes has the duty")).to_be_visible()
    tab.get_by_role("button", name="Take it back").click()
    expect(tab.get_by_text("Taken back")).to_be_visible()
    tab.get_by_role("link", name="Ask others").click()
    tab.get_by_role("button", name="Ask everybody who is free").click()
    expect(tab.get_by_text("No answer yet")).to_have_count(2)
    other = enter(window(PHONE, java_script_enabled=False), live_server, None)
    other.goto(live_server.url + link_to(ben))
    other.get_by_role("button", name="No, I cannot").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("You said no")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_page_is_for_everybody(
    width: int,
    theme: str,
    window: Open,
    live_server: LiveServer,
    programme: Programme,
    duty: Duty,
    bens: Duty,
    ben: Person,
    readers: dict[str, Person | None],
    far: date,
    sign_in: SignIn,
) -> None:
    now = datetime.now(UTC)
    ana, carl = readers["ana"], readers["carl"]
    assert ana is not None
    assert carl is not None
    calendar = BusyCalendar.objects.create(
        person=carl, address="https://calendar.example/c.ics", next_fetch_at=now, created_at=now
    )
    BusyBlock.objects.create(calendar=calendar, day=far)
    done = propose_swap(duty=bens, to=[carl], by=ben)
    accept_ask(ask=done.asks.get(), by=carl)
    bens.refresh_from_db()
    other = publish_days(programme, [[ana]], first=far + timedelta(days=3))[0]
    swap = propose_swap(
        duty=duty, to=[carl], by=ana, in_return={carl: bens}, note="A wedding that was long planned " * 8
    )
    ask = swap.asks.get()
    CoverProposal.objects.create(
        duty=other,
        status=ProposalStatus.OPEN,
        created_at=now,
        moves=[{"duty": other.pk, "from": ana.pk, "to": ben.pk, "why": "Ben Okafor is free that day."}],
    )
    pages = [
        ("dora", f"/duties/{other.pk}/"),
        ("cleo", f"/duties/{duty.pk}/"),
        ("cleo", "/duty/"),
        ("dora", "/duty/"),
        ("ana", f"/duty/{programme.slug}/balance/"),
        ("dora", f"/duties/{duty.pk}/"),
        ("dora", f"/admin/duties/{duty.pk}/"),
        ("dora", "/swaps/"),
        ("ana", "/officer/"),
        ("ana", f"/duties/{duty.pk}/"),
        ("ana", f"/duties/{other.pk}/swap/"),
        ("ana", "/swaps/"),
        ("ana", "/profile/"),
        ("carl", "/swaps/"),
        ("carl", f"/swaps/asks/{ask.pk}/"),
        ("stranger", link_to(carl)),
    ]
    windows = {
        name: enter(window(width, color_scheme=theme), live_server, sign_in(person) if person else None)
        for name, person in readers.items()
    }
    wrong = [fault for name, path in pages for fault in faults(windows[name], live_server.url + path)]
    assert not wrong, "\n".join(wrong)
