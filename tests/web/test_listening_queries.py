"""What the pages of listening cost in queries does not grow with what stands on them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from listening.models import Credit, DeclinedOffers, Evidence, LiveCall, Session, SessionStatus, Visit
from people.models import Person
from rota.hours import WEEKDAYS
from rota.models import ListeningWindow, Programme
from tests.conftest import make_person
from tests.web.conftest import SignIn
from tests.web.test_listening_pages import lived

__all__ = ["lived"]

pytestmark = pytest.mark.usefixtures("clock")


def cost(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(path).status_code == 200, path
    return len(seen)


@pytest.fixture
def grow(programme: Programme, ana: Person, cleo: Person, session_of: Callable[..., Session], lived: Session):
    """More of everything: windows, sessions, credits, calls, listeners, evidence, members."""

    def do() -> None:
        now = datetime.now(UTC)
        for number, day in enumerate(WEEKDAYS):
            ListeningWindow.objects.create(programme=programme, weekday=day, opens=time(9), closes=time(17))
            session_of(ana, start=now + timedelta(days=1 + number))
            over = session_of(
                ana,
                start=now - timedelta(days=2 + number),
                status=SessionStatus.FINISHED,
                debrief_due_at=now + timedelta(days=1),
            )
            Credit.objects.create(
                person=ana,
                programme=programme,
                month=date(2026, 6, 1),
                kind="listening",
                seconds=60,
                session=over,
                key=f"k{number}",
                created_at=now,
            )
            member = make_person(f"m{number}@example.com", f"M {number}", is_executive=True)
            programme.memberships.create(person=member)
            call = LiveCall.objects.create(
                source="own",
                agent=cleo,
                programme=programme,
                customer_country="US",
                state="live",
                started_at=now,
                state_at=now,
            )
            listening = session_of(
                member, start=now, status=SessionStatus.RUNNING, place="room", call_sid=f"CA{number}"
            )
            Visit.objects.create(
                session=listening,
                live_call=call,
                participant=f"l-g{number}",
                status="in",
                offered_at=now,
                joined_at=now,
                told_at=now,
            )
            Evidence.objects.create(session=lived, kind="key", at=lived.planned_start, received_at=now)
            DeclinedOffers.objects.create(programme=programme, month=date(2025, 1 + number, 1), count=1)

    return do


def test_no_page_costs_more_when_there_is_more(lived, grow, ana, cleo, dora, sign_in: SignIn) -> None:
    session = f"/listening/sessions/{lived.pk}/"
    pages = [
        (sign_in(person), path)
        for person, paths in (
            (ana, ["/listening/", session, f"{session}live/", f"{session}debrief/"]),
            (cleo, ["/my-calls/", "/my-calls/live/"]),
            (
                dora,
                [
                    "/admin/listening/",
                    "/admin/listening/live/",
                    "/admin/listening/ledger/",
                    f"/admin/listening/ledger/north-america/{ana.pk}/",
                    "/admin/listening/countries/",
                ],
            ),
        )
        for path in paths
    ]
    grow()
    few = [cost(browser, path) for browser, path in pages]
    rows = Session.objects.count()
    for hold in list(ListeningWindow.objects.all()):
        hold.pk, hold.opens = None, time(8)
        hold.save()
    visits = lived.visits.count()
    _more(ana, lived)
    assert lived.visits.count() > visits
    assert Session.objects.count() > rows
    many = [cost(browser, path) for browser, path in pages]
    grown = [
        (path, before, after)
        for (_, path), before, after in zip(pages, few, many, strict=True)
        if after > before
    ]
    assert not grown


def _more(ana: Person, lived: Session) -> None:
    now = datetime.now(UTC)
    for number in range(12):
        session = Session.objects.create(
            programme=lived.programme,
            person=ana,
            status=SessionStatus.FINISHED,
            planned_start=now - timedelta(days=20, hours=number),
            planned_end=now - timedelta(days=20, hours=number - 1),
            month=date(2026, 5, 1),
            ended_at=now,
            created_at=now,
        )
        Credit.objects.create(
            person=ana,
            programme=lived.programme,
            month=date(2026, 6, 1),
            kind="listening",
            seconds=60,
            session=session,
            key=f"x{number}",
            created_at=now,
        )
        call = LiveCall.objects.create(
            source="own",
            agent=lived.visits.earliest("pk").live_call.agent,
            programme=lived.programme,
            customer_country="DE",
            state="ended",
            started_at=now,
            state_at=now,
            ended_at=now,
        )
        Visit.objects.create(
            session=lived,
            live_call=call,
            participant=f"l-x{number}",
            status="left",
            offered_at=now,
            joined_at=now,
            left_at=now,
        )
        Evidence.objects.create(live_call=call, session=lived, kind="leave", at=now, received_at=now)
