"""Listening as executives and their assistants see it: booking in two taps, moving, giving back, a session's page."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from learnings.models import Touchpoint
from learnings.recording import log_learning
from listening import booking
from listening.models import (
    Credit,
    Debrief,
    Evidence,
    LiveCall,
    LiveCallState,
    Mark,
    Reconciliation,
    Session,
    SessionStatus,
    Visit,
    VisitStatus,
)
from rota.models import ListeningHold, ListeningWindow, Programme
from tests.web.conftest import SignIn

pytestmark = pytest.mark.usefixtures("clock")

# It is Wednesday 17 June 2026, ten in the morning in New York.
FRIDAY = datetime(2026, 6, 19, 14, 0, tzinfo=UTC)


@pytest.fixture
def window(programme: Programme) -> ListeningWindow:
    return ListeningWindow.objects.create(
        programme=programme, weekday="fri", opens=time(10), closes=time(11), seats=2, queue="billing"
    )


def key(window: ListeningWindow, start: datetime = FRIDAY) -> str:
    return f"{window.pk}.{start:%Y%m%dT%H%MZ}"


def booked(person, window) -> Session:
    slot = booking.find_slot(person=person, key=key(window), now=datetime.now(UTC))
    assert slot is not None
    return booking.book(person=person, slot=slot, by=person)


def text(response) -> str:
    return response.content.decode()


def test_a_time_is_booked_with_one_button_and_stands_among_those_to_come(window, ana, sign_in: SignIn):
    browser = sign_in(ana)
    page = text(browser.get("/listening/"))
    assert "billing" in page
    assert f'value="{key(window)}"' in page
    answer = browser.post(f"/listening/{ana.pk}/book/", {"slot": key(window)}, follow=True)
    assert "Booked: Friday 19 June, 14:00 UTC" in text(answer)
    session = Session.objects.get()
    assert (session.person, session.planned_start, session.created_by) == (ana, FRIDAY, ana)
    assert f"/listening/sessions/{session.pk}/move/" in text(answer)
    assert f'value="{key(window)}"' not in text(answer)


def test_an_assistant_books_moves_and_gives_back(window, ana, asha, sign_in: SignIn):
    browser = sign_in(asha)
    assert "Ana Ruiz" in text(browser.get("/listening/"))
    browser.post(f"/listening/{ana.pk}/book/", {"slot": key(window)})
    session = Session.objects.get()
    assert session.created_by == asha
    later = key(window, FRIDAY + timedelta(minutes=30))
    assert later in text(browser.get(f"/listening/sessions/{session.pk}/move/"))
    moved = browser.post(f"/listening/sessions/{session.pk}/move/", {"slot": later})
    assert moved.headers["Location"] == f"/listening/{ana.pk}/"
    session.refresh_from_db()
    assert session.planned_start == FRIDAY + timedelta(minutes=30)
    browser.post(f"/listening/sessions/{session.pk}/give-back/")
    session.refresh_from_db()
    assert session.status == SessionStatus.CANCELLED


@pytest.mark.parametrize("slot", ["", "x", "1.20260619T1401Z", "0.20260619T1400Z", "9" * 60, "\x00"])
def test_a_time_that_is_not_to_be_had_is_said_so(window, ana, sign_in: SignIn, slot):
    answer = sign_in(ana).post(f"/listening/{ana.pk}/book/", {"slot": slot}, follow=True)
    assert "not to be had any more" in text(answer)
    assert not ListeningHold.objects.exists()


def test_a_time_taken_meanwhile_is_refused_in_words(window, ana, ben, sign_in: SignIn):
    window.seats = 1
    window.save()
    browser = sign_in(ana)
    booked(ben, window)
    assert "not to be had any more" in text(
        browser.post(f"/listening/{ana.pk}/book/", {"slot": key(window)}, follow=True)
    )


def test_what_has_begun_is_not_moved(window, ana, clock, sign_in: SignIn):
    session = booked(ana, window)
    clock.move_to(FRIDAY)
    answer = sign_in(ana).post(f"/listening/sessions/{session.pk}/give-back/", follow=True)
    assert "begins just now" in text(answer)


@pytest.fixture
def lived(ana, cleo, programme, session_of) -> Session:
    """Ana listened to a call of Cleo's for ten minutes, with a hold of the customer; it is over and not debriefed."""
    start = datetime.now(UTC) - timedelta(hours=1)
    session = session_of(
        ana,
        start=start,
        status=SessionStatus.FINISHED,
        started_at=start,
        debrief_due_at=start + timedelta(days=3),
    )
    call = LiveCall.objects.create(
        source="own",
        conference_sid="CF" + "1" * 32,
        agent=cleo,
        agent_call_sid="CA" + "1" * 32,
        customer_call_sid="CA" + "2" * 32,
        customer_country="US",
        announced=True,
        programme=programme,
        state=LiveCallState.ENDED,
        started_at=start,
        state_at=start,
        ended_at=start + timedelta(minutes=12),
    )
    visit = Visit.objects.create(
        session=session,
        live_call=call,
        participant="l-1",
        status=VisitStatus.LEFT,
        offered_at=start,
        joined_at=start + timedelta(minutes=1),
        left_at=start + timedelta(minutes=11),
        left_why="The call was over.",
    )
    told = [
        (0, "join", "agent"),
        (0, "join", "customer"),
        (1, "join", "l-1"),
        (4, "hold", "customer"),
        (6, "unhold", "customer"),
        (11, "leave", "l-1"),
        (12, "end", ""),
    ]
    for number, (minute, kind, participant) in enumerate(told, start=1):
        Evidence.objects.create(
            live_call=call,
            session=session if participant == "l-1" else None,
            kind=kind,
            source_sid=call.conference_sid,
            sequence=number,
            call_sid={"agent": "CA" + "1" * 32, "customer": "CA" + "2" * 32, "l-1": "CA" + "3" * 32}.get(
                participant, ""
            ),
            participant=participant,
            at=start + timedelta(minutes=minute),
            received_at=start + timedelta(minutes=minute),
        )
    Mark.objects.create(session=session, visit=visit, at=start + timedelta(minutes=8))
    return session


def test_a_session_is_followed_to_its_evidence_and_its_credit(lived, ana, sign_in: SignIn):
    page = text(sign_in(ana).get(f"/listening/sessions/{lived.pk}/"))
    assert "what did you learn?" in page
    assert "With Cleo Martin" in page
    assert "The customer was put on hold" in page
    assert "The listener joined the call" in page
    assert "The agent joined the call" not in page  # that was before she listened
    assert "8:00" in page
    Credit.objects.create(
        person=ana,
        programme=lived.programme,
        month=date(2026, 6, 1),
        kind="listening",
        seconds=480,
        session=lived,
        evidence=[1, 2, 3],
        key="x",
        created_at=datetime.now(UTC),
    )
    Debrief.objects.create(session=lived, heard="They wait too long.", by=ana, created_at=datetime.now(UTC))
    page = text(sign_in(ana).get(f"/listening/sessions/{lived.pk}/"))
    assert "8:00 credited" in page
    assert "3 pieces of evidence" in page
    assert "They wait too long." in page
    assert "What does not agree" not in page
    Reconciliation.objects.create(
        session=lived,
        at=datetime.now(UTC),
        asked=4,
        seconds=480,
        differences=[{"what": "The conference went on", "seconds": 12}],
    )
    page = text(sign_in(ana).get(f"/listening/sessions/{lived.pk}/"))
    assert "What does not agree" in page
    assert "The conference went on: 0:12" in page


def test_a_live_page_is_silent_until_something_moves(lived, ana, sign_in: SignIn):
    browser = sign_in(ana)
    address = f"/listening/sessions/{lived.pk}/live/"
    first = browser.get(address)
    seen = text(first).split("seen=")[1].split('"')[0]
    assert browser.get(address, {"seen": seen}).status_code == 204
    Evidence.objects.create(
        session=lived, kind="key", at=datetime.now(UTC), received_at=datetime.now(UTC), detail="star"
    )
    assert browser.get(address, {"seen": seen}).status_code == 200


def test_a_running_session_says_where_the_call_is(lived, ana, sign_in: SignIn):
    visit = lived.visits.get()
    Session.objects.filter(pk=lived.pk).update(
        status=SessionStatus.RUNNING, ended_at=None, call_sid="CA" + "3" * 32, place="waiting"
    )
    says = {
        VisitStatus.OFFERED: "An agent is being asked",
        VisitStatus.COMING: "On the way into a call",
        VisitStatus.IN: "Listening to a call",
        VisitStatus.REMOVED: "Out of the call while the customer pays",
    }
    browser = sign_in(ana)
    address = f"/listening/sessions/{lived.pk}/"
    assert "Waiting for the next call" in text(browser.get(address))
    for status, words in says.items():
        Visit.objects.filter(pk=visit.pk).update(status=status, left_at=None)
        assert words in text(browser.get(address)), status
    Session.objects.filter(pk=lived.pk).update(call_sid="")
    assert "broke off" in text(browser.get(address))


@pytest.mark.parametrize("who", ["ben", "cleo", "eve"])
def test_nobody_else_sees_a_session_or_books_for_somebody(lived, window, ana, who, request, sign_in: SignIn):
    browser = sign_in(request.getfixturevalue(who))
    for path in ("", "live/", "move/"):
        assert browser.get(f"/listening/sessions/{lived.pk}/{path}").status_code == 404, path
    for path in ("give-back/", "end/", "move/"):
        assert browser.post(f"/listening/sessions/{lived.pk}/{path}").status_code == 404, path
    assert browser.get(f"/listening/{ana.pk}/").status_code == 404
    assert browser.post(f"/listening/{ana.pk}/book/", {"slot": key(window)}).status_code == 404


def test_past_sessions_say_what_became_of_them(lived, ana, session_of, sign_in: SignIn):
    missed = session_of(
        ana,
        start=datetime.now(UTC) - timedelta(days=2),
        status=SessionStatus.MISSED,
        ended_why="Nobody answered.",
    )
    page = text(sign_in(ana).get("/listening/"))
    assert f"/listening/sessions/{lived.pk}/debrief/" in page
    assert f"/listening/sessions/{missed.pk}/" in page
    assert "Nobody answered." in page


def test_thanks_are_read_by_who_wrote_them_and_who_got_them(lived, ana, asha, dora, sign_in: SignIn):
    """Only the agent chooses to share them: not the executive's assistant, not an administrator reads them.

    Nor do they read a quote that is kept to a few.
    """
    place = Touchpoint.objects.create(name="Billing", owner=ana)
    kept = log_learning(
        quote="I am ill.", touchpoint=place, cause="process", feeling="annoyed", source="session",
        author=ana, sensitive=True,
    )  # fmt: skip
    Debrief.objects.create(
        session=lived,
        heard="They wait.",
        thanks="You stayed kind.",
        learning=kept,
        by=ana,
        created_at=lived.ended_at,
    )
    address = f"/listening/sessions/{lived.pk}/"
    for person, reads in ((ana, True), (asha, False), (dora, False)):
        page = sign_in(person).get(address).content.decode()
        assert "They wait." in page
        assert ("You stayed kind." in page, "I am ill." in page) == (reads, reads), person
