"""The board of a draft in a real browser: dragged, by the keyboard, by a thumb; held, solved again, published."""

from datetime import date

import pytest
from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as Window
from pytest_django.live_server_helper import LiveServer

from people.models import Person
from rota.models import Duty, PlanningRun, Programme, Rota, RotaStatus
from tests.browsers import DESK, PHONE, assert_accessible
from tests.web.conftest import SignIn
from tests.web.drafted import add_members, far_day, plan, work_off
from tests.web.test_browser_pages import Open, enter, faults

TALL = {"width": DESK, "height": 2600}  # nothing scrolls away under what is dragged


@pytest.fixture
def draft(programme: Programme, dora: Person) -> Rota:
    """Ten days of one month, so that all of them are on one board."""
    add_members(programme, 4)
    first = far_day(programme)
    if first.day > 15:
        first = date(first.year + first.month // 12, first.month % 12 + 1, 3)
    rota = plan(programme, first, by=dora).rota
    assert rota is not None
    return rota


def board_of(draft: Rota, server: LiveServer) -> str:
    return f"{server.url}/admin/rota/{draft.pk}/"


def name_at(window: Window, day: date, seat: int) -> Locator:
    return window.locator(f"#seat-{day:%Y%m%d}-{seat}")


def two_who_can_change(draft: Rota) -> tuple[Duty, Duty]:
    """Primaries of two days, neither of whom sits on the other's day."""
    there: dict[date, set[int]] = {}
    for duty in draft.duties.all():
        there.setdefault(duty.day, set()).add(duty.person_id)
    primaries = list(draft.duties.filter(seat=0).select_related("person"))
    return next(
        (one, other)
        for one in primaries
        for other in primaries
        if one.person_id not in there[other.day] and other.person_id not in there[one.day]
    )


def changed(one: Duty, other: Duty, draft: Rota) -> bool:
    first, second = draft.duties.get(day=one.day, seat=0), draft.duties.get(day=other.day, seat=0)
    return (first.person_id, second.person_id) == (other.person_id, one.person_id)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_page_of_planning_is_for_everybody(
    width: int, theme: str, draft: Rota, window: Open, live_server: LiveServer, dora: Person, sign_in: SignIn
) -> None:
    one, other = two_who_can_change(draft)
    place = f"day={draft.first_day}&seat=0"
    tab = enter(window(width, color_scheme=theme), live_server, sign_in(dora))
    wrong = [
        fault
        for path in (
            "/admin/rota/",
            f"/admin/rota/runs/{PlanningRun.objects.get().pk}/",
            f"/admin/rota/{draft.pk}/",
            f"/admin/rota/{draft.pk}/balance/",
            f"/admin/rota/{draft.pk}/candidates/?{place}",
            f"/admin/rota/{draft.pk}/exchange/?one={one.pk}&other={other.pk}",
            f"/admin/rota/{draft.pk}/fill/?one={other.pk}&{place}",
        )
        for fault in faults(tab, live_server.url + path)
    ]
    assert not wrong, "\n".join(wrong)


def test_a_name_shows_who_else_could_sit_there(
    page: Window, draft: Rota, live_server: LiveServer, dora: Person, sign_in: SignIn
) -> None:
    tab = enter(page, live_server, sign_in(dora))
    tab.goto(board_of(draft, live_server))
    name = name_at(tab, draft.first_day, 0)
    name.click()
    dialog = tab.get_by_role("dialog")
    heading = dialog.get_by_role("heading", level=2)
    expect(heading).to_be_focused()
    expect(heading).to_contain_text("Primary on")
    assert_accessible(tab)
    tab.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(name).to_be_focused()
    name.click()
    dialog.get_by_role("button", name="Seat ").first.click()
    expect(tab.get_by_text("and stays there when it is solved again")).to_be_visible()
    assert Duty.objects.get(rota=draft, day=draft.first_day, seat=0).locked


def test_a_name_is_dragged_onto_another(
    window: Open, draft: Rota, live_server: LiveServer, dora: Person, sign_in: SignIn
) -> None:
    one, other = two_who_can_change(draft)
    tab = enter(window(DESK), live_server, sign_in(dora))
    tab.set_viewport_size(TALL)
    tab.goto(board_of(draft, live_server))
    name_at(tab, one.day, 0).drag_to(name_at(tab, other.day, 0))
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=2)).to_have_text(
        f"Exchange {one.person.name} and {other.person.name}"
    )
    expect(dialog.get_by_text("point", exact=False).first).to_be_visible()
    assert not changed(one, other, draft)  # so far it is only shown
    dialog.get_by_role("button", name="Exchange them").click()
    expect(tab.get_by_text("changed places")).to_be_visible()
    assert changed(one, other, draft)


def test_a_name_is_dragged_into_an_empty_seat(
    window: Open, draft: Rota, live_server: LiveServer, dora: Person, sign_in: SignIn
) -> None:
    day = draft.first_day
    draft.duties.filter(day=day, seat=1).delete()
    there = draft.duties.get(day=day, seat=0).person
    one = draft.duties.exclude(person=there).select_related("person").latest("day")
    tab = enter(window(DESK), live_server, sign_in(dora))
    tab.set_viewport_size(TALL)
    tab.goto(board_of(draft, live_server))
    name_at(tab, one.day, one.seat).drag_to(name_at(tab, day, 1))
    tab.get_by_role("dialog").get_by_role("button", name=f"Seat {one.person.name} there too").click()
    expect(name_at(tab, day, 1)).to_have_text(one.person.name)


def test_the_keyboard_alone_exchanges_two(
    page: Window, draft: Rota, live_server: LiveServer, dora: Person, sign_in: SignIn
) -> None:
    one, other = two_who_can_change(draft)
    tab = enter(page, live_server, sign_in(dora))
    tab.goto(board_of(draft, live_server))
    says = tab.locator("#board-says")
    name_at(tab, one.day, 0).focus()
    tab.keyboard.press("Space")
    expect(says).to_contain_text(f"{one.person.name} is picked up")
    tab.keyboard.press("Escape")
    expect(says).to_be_empty()
    expect(name_at(tab, one.day, 0)).to_be_focused()
    tab.keyboard.press("Space")
    name_at(tab, other.day, 0).focus()
    tab.keyboard.press("Space")
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=2)).to_be_focused()
    assert_accessible(tab)
    tab.keyboard.press("Escape")  # leaves the dialog; nothing is picked up any more
    expect(dialog).to_be_hidden()
    expect(name_at(tab, other.day, 0)).to_be_focused()
    expect(tab.locator(".picked")).to_have_count(0)
    tab.keyboard.press("Space")
    name_at(tab, one.day, 0).focus()
    tab.keyboard.press("Space")
    expect(dialog.get_by_role("heading", level=2)).to_be_focused()
    tab.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Exchange them")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("changed places")).to_be_visible()
    assert changed(one, other, draft)


def test_enter_shows_the_candidates(
    window: Open, draft: Rota, live_server: LiveServer, dora: Person, sign_in: SignIn
) -> None:
    tab = enter(window(DESK), live_server, sign_in(dora))
    tab.goto(board_of(draft, live_server))
    name_at(tab, draft.first_day, 1).focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("dialog").get_by_role("heading", level=2)).to_contain_text("Backup on")


def test_a_thumb_exchanges_two(
    window: Open, draft: Rota, live_server: LiveServer, dora: Person, sign_in: SignIn
) -> None:
    one, other = two_who_can_change(draft)
    tab = enter(window(PHONE, has_touch=True, is_mobile=True), live_server, sign_in(dora))
    tab.goto(board_of(draft, live_server))
    name_at(tab, one.day, 0).tap()
    dialog = tab.get_by_role("dialog")
    dialog.get_by_role("button", name="Exchange with another duty").tap()
    expect(tab.locator("#board-says")).to_be_visible()
    name_at(tab, other.day, 0).tap()
    dialog.get_by_role("button", name="Exchange them").tap()
    expect(tab.get_by_text("changed places")).to_be_visible()
    assert changed(one, other, draft)


def test_somebody_is_found_by_name_among_many(
    page: Window, draft: Rota, programme: Programme, live_server: LiveServer, dora: Person, sign_in: SignIn
) -> None:
    add_members(programme, 30, prefix="Zed")
    tab = enter(page, live_server, sign_in(dora))
    tab.goto(board_of(draft, live_server))
    name_at(tab, draft.first_day, 0).click()
    dialog = tab.get_by_role("dialog")
    field = dialog.get_by_label("Somebody by name")
    field.press_sequentially("Zed 29")
    expect(dialog.locator(".candidates li")).to_have_count(1)
    expect(field).to_be_focused()
    expect(field).to_have_value("Zed 29")
    dialog.get_by_role("button", name="Seat Zed 29").click()
    expect(name_at(tab, draft.first_day, 0)).to_have_text("Zed 29")


def test_hold_solve_again_and_publish(
    page: Window, draft: Rota, live_server: LiveServer, dora: Person, sign_in: SignIn
) -> None:
    tab = enter(page, live_server, sign_in(dora))
    tab.goto(board_of(draft, live_server))
    duty = draft.duties.select_related("person").get(day=draft.first_day, seat=0)
    hold = tab.get_by_role("button", name=f"Hold {duty.person.name} on {duty.day.day} {duty.day:%B} in place")
    hold.click()
    expect(hold).to_have_attribute("aria-pressed", "true")
    tab.get_by_role("button", name="Solve again around what is held").click()
    expect(tab.get_by_role("heading", name="Waiting to start")).to_be_visible()
    again = work_off(PlanningRun.objects.latest("pk"))
    expect(tab.get_by_role("heading", name="Proven best")).to_be_visible()
    expect(tab.locator("#run-says")).to_have_text("Proven best")
    tab.get_by_role("link", name="Look at the draft").click()
    expect(name_at(tab, duty.day, 0)).to_have_text(duty.person.name)
    tab.get_by_role("button", name="Publish").click()
    expect(tab.get_by_text("Published. Everybody concerned gets an invitation.")).to_be_visible()
    assert Rota.objects.get(pk=again.rota_id).status == RotaStatus.PUBLISHED


def test_without_scripts_a_seat_is_changed_too(
    window: Open, draft: Rota, live_server: LiveServer, dora: Person, sign_in: SignIn
) -> None:
    tab = enter(window(PHONE, java_script_enabled=False), live_server, sign_in(dora))
    tab.goto(board_of(draft, live_server))
    name_at(tab, draft.first_day, 0).click()
    tab.get_by_role("button", name="Seat ").first.click()
    expect(tab.get_by_text("and stays there when it is solved again")).to_be_visible()
