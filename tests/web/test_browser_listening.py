"""Listening in a real browser: two taps to a time, a debrief on a phone, and every page of it for everybody."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page as Window
from playwright.sync_api import expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from learnings.models import Learning, Touchpoint
from listening import audits, reviews, ride_alongs
from listening.models import (
    Credit,
    Debrief,
    LiveCall,
    Recording,
    Session,
    SessionStatus,
    Visit,
    VisitStatus,
    Voicemail,
)
from people.models import Letter, Person
from rota.hours import WEEKDAYS
from rota.models import ListeningWindow, Programme
from tests.browsers import DESK, PHONE
from tests.listening.test_other_kinds import photo, recorded
from tests.web.conftest import SignIn
from tests.web.test_browser_pages import enter, faults
from tests.web.test_listening_pages import lived

__all__ = ["lived"]

Open = Callable[..., Window]


@pytest.fixture
def times(programme: Programme) -> None:
    """All day, every day."""
    for day in WEEKDAYS:
        ListeningWindow.objects.create(programme=programme, weekday=day, opens=time(0), closes=time(23, 30))


@pytest.mark.parametrize(("width", "script"), [(PHONE, True), (DESK, False)])
def test_two_taps_to_a_time_and_two_minutes_to_a_debrief(
    width: int,
    script: bool,
    lived: Session,
    times: None,
    billing: Touchpoint,
    ana: Person,
    cleo: Person,
    window: Open,
    live_server: LiveServer,
    sign_in: SignIn,
) -> None:
    page = enter(window(width, java_script_enabled=script), live_server, sign_in(ana))
    page.goto(f"{live_server.url}/officer/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Listening").click()  # one
    page.get_by_role("button", name="Book", exact=False).first.click()  # two
    expect(page.get_by_text("It is in the calendar.")).to_be_visible()
    assert Session.objects.filter(person=ana, status=SessionStatus.BOOKED).count() == 1

    page.get_by_role("link", name="Debrief").first.click()
    page.get_by_label("Note").or_(page.get_by_label("7:00 into the call")).first.fill("She sighed here.")
    page.get_by_label("What did you hear?").fill("They wait, and nobody says how long.")
    page.get_by_label("In the customer’s own words").fill("I only want to know how long.")
    page.get_by_label("Where did it happen?").select_option("Billing")
    page.get_by_label("Communication").check()
    page.get_by_label("Thank the agent").fill("You stayed kind.")
    page.get_by_role("button", name="Send the debrief").click()
    expect(page.get_by_text("What you learnt is with everybody now.")).to_be_visible()
    expect(page.get_by_text("8:00 credited")).to_be_visible()
    expect(page.get_by_text("She sighed here.")).to_be_visible()
    assert Credit.objects.get(person=ana).seconds == 480
    assert Learning.objects.get().quote == "I only want to know how long."
    assert Debrief.objects.get().thanked == cleo
    assert Letter.objects.filter(person=cleo, text__contains="You stayed kind.").exists()


def test_an_offer_appears_by_itself_and_is_declined(
    programme: Programme,
    ana: Person,
    cleo: Person,
    session_of: Callable[..., Session],
    window: Open,
    live_server: LiveServer,
    sign_in: SignIn,
) -> None:
    now = datetime.now(UTC)
    page = enter(window(PHONE), live_server, sign_in(cleo))
    page.goto(f"{live_server.url}/my-calls/")
    expect(page.get_by_text("No call just now")).to_be_visible()
    call = LiveCall.objects.create(
        source="own", agent=cleo, programme=programme, state="live", started_at=now, state_at=now
    )
    session = session_of(
        ana, start=now, status=SessionStatus.RUNNING, place="waiting", call_sid="CA" + "9" * 32
    )
    Visit.objects.create(session=session, live_call=call, participant="l-1", offered_at=now)
    expect(page.get_by_text("Ana Ruiz").first).to_be_visible()
    page.get_by_role("button", name="Not this call").click()
    expect(page.get_by_text("They go to another call.")).to_be_visible()
    assert not Visit.objects.filter(session=session).exists()


@pytest.fixture
def recording(settings: Settings, tmp_path: Path, programme: Programme, dora: Person) -> Recording:
    """A minute and a half that a browser can play."""
    settings.MEDIA_ROOT = tmp_path
    return reviews.add_recording(
        programme=programme,
        by=dora,
        title="The invoice",
        recorded_on=datetime.now(UTC).date(),
        announced_by="Announcement 3",
        file=recorded(rate=8000),
        language="de",
    )


def test_a_recorded_call_is_played_and_counts_as_far_as_it_was_heard(
    recording: Recording, ana: Person, window: Open, live_server: LiveServer, sign_in: SignIn
) -> None:
    """By the player's own keys: two seconds, two others after a jump, and the first of them again."""
    page = enter(window(PHONE), live_server, sign_in(ana))
    page.goto(f"{live_server.url}/listening/recordings/")
    expect(page.get_by_text("in German")).to_be_visible()
    page.get_by_role("button", name="Listen to The invoice").click()
    expect(page.get_by_text("of 1:30 heard")).to_be_visible()
    player, told = page.locator("audio"), page.locator("#heard")
    expect(told).to_have_text("0:00")

    def play(start: int, until: int) -> None:
        player.evaluate("(audio, at) => { audio.currentTime = at; }", start)
        player.press("Space")
        page.wait_for_function("until => document.querySelector('audio').currentTime > until", arg=until)
        player.press("Space")
        expect(page.locator("audio")).to_have_js_property("paused", True)

    play(0, 2)
    expect(told).to_have_text(re.compile("0:0[23]"))
    play(60, 62)
    expect(told).to_have_text(re.compile("0:0[45]"))
    play(0, 1)
    page.wait_for_load_state("networkidle")
    expect(told).to_have_text(re.compile("0:0[45]"))
    page.get_by_role("button", name="I have heard enough").click()
    expect(page).to_have_url(re.compile("/debrief/$"))
    session = Session.objects.get()
    assert session.status == SessionStatus.FINISHED
    (begin, first), (second, end) = reviews.heard_of(session).positions
    assert (round(begin), round(second)) == (0, 60)
    assert first + end - second < 7


@pytest.fixture
def pages(
    lived: Session,
    times: None,
    programme: Programme,
    ana: Person,
    ben: Person,
    asha: Person,
    cleo: Person,
    dora: Person,
    recording: Recording,
    session_of: Callable[..., Session],
) -> list[tuple[Person, list[str]]]:
    """Ana has listened and booked again, has a box and a recording open, and rode along with Cleo; Ben listens to Cleo
    just now; a customer left a message."""
    now = datetime.now(UTC)
    ride = ride_alongs.plan_ride_along(
        programme=programme, person=ana, colleague=cleo, start=now - timedelta(hours=3), minutes=60, by=ana
    )
    box = audits.begin_audit(programme=programme, person=ana)
    item = audits.add_item(session=box, by=ana, what="The box is dented", verdict="poor", photo=photo())
    audits.add_item(session=box, by=ana, what="The manual is clear", verdict="good", owner=cleo)
    review = reviews.begin_review(recording=recording, person=ana)
    coming = session_of(ana)
    Credit.objects.create(
        person=ana,
        programme=programme,
        month=now.astimezone(programme.zone).date().replace(day=1),
        kind="listening",
        seconds=1480,
        key="x",
        created_at=now,
    )
    call = LiveCall.objects.create(
        source="own",
        agent=cleo,
        customer_country="DE",
        programme=programme,
        state="live",
        started_at=now,
        state_at=now,
    )
    running = session_of(
        ben, start=now, status=SessionStatus.RUNNING, place="room", call_sid="CA1", started_at=now
    )
    Visit.objects.create(
        session=running,
        live_call=call,
        participant="l-2",
        status=VisitStatus.IN,
        offered_at=now,
        joined_at=now,
        told_at=now,
    )
    Voicemail.objects.create(
        programme=programme,
        customer_phone="+15550190001",
        recording_sid="RE1",
        url="https://example.com",
        seconds=9,
        left_at=now - timedelta(hours=1),
    )
    return [
        (
            ana,
            [
                "/listening/",
                f"/listening/sessions/{lived.pk}/",
                f"/listening/sessions/{lived.pk}/debrief/",
                f"/listening/sessions/{coming.pk}/",
                f"/listening/sessions/{coming.pk}/move/",
                f"/listening/{ana.pk}/ride-along/",
                f"/listening/sessions/{ride.session_id}/",
                f"/listening/sessions/{box.pk}/",
                f"/listening/sessions/{box.pk}/audit/",
                f"/listening/items/{item.pk}/",
                "/listening/recordings/",
                f"/listening/sessions/{review.pk}/review/",
                urlsplit(ride_alongs.answer_url(ride)).path,
            ],
        ),
        (ben, [f"/listening/sessions/{running.pk}/"]),
        (asha, ["/listening/", f"/listening/{ana.pk}/"]),
        (cleo, ["/my-calls/"]),
        (
            dora,
            [
                "/admin/listening/",
                "/admin/listening/countries/",
                "/admin/listening/recordings/",
                "/admin/listening/ledger/",
                f"/admin/listening/ledger/north-america/{ana.pk}/",
                "/admin/programmes/north-america/listening/",
                "/admin/programmes/north-america/number/",
            ],
        ),
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_page_of_listening_is_for_everybody(
    width: int,
    theme: str,
    pages: list[tuple[Person, list[str]]],
    window: Open,
    live_server: LiveServer,
    sign_in: SignIn,
) -> None:
    wrong = []
    for person, paths in pages:
        tab = enter(window(width, color_scheme=theme), live_server, sign_in(person))
        for path in paths:
            wrong += faults(tab, live_server.url + path)
    assert not wrong, "\n".join(wrong)
