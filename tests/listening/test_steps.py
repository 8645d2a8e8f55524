"""Where an executive's call should be, as a table; and why a call is not listened to, as another."""

from datetime import UTC, datetime, timedelta

import pytest

from listening.consent import MOST_LISTENERS, CallFacts, why_not
from listening.models import Place, VisitStatus
from listening.steps import NOT_AT_ONCE, Scene, may_begin, minutes_left, next_look, place_for

NOW = datetime(2026, 6, 17, 14, 0, tzinfo=UTC)
LATER, BEFORE = NOW + timedelta(minutes=20), NOW - timedelta(seconds=1)
WAITING, ROOM, PAUSED, MENU, PRESENCE, ENDING = Place
OFFERED, COMING, IN, REMOVED, LEFT = VisitStatus


def scene(**known: object) -> Scene:
    about: dict[str, object] = {
        "place": WAITING,
        "until": LATER,
        "call_sid": "CA1",
        "cut_off_at": None,
        "heard_at": NOW,
        "present_until": LATER,
        "visit": None,
    }
    return Scene(**(about | known))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "place"),
    [
        ({}, WAITING),
        ({"visit": OFFERED}, WAITING),
        ({"visit": COMING}, ROOM),
        ({"visit": IN, "place": ROOM}, ROOM),
        ({"visit": REMOVED, "place": ROOM}, PAUSED),
        ({"visit": IN, "place": PAUSED}, ROOM),
        ({"visit": None, "place": ROOM}, WAITING),
        ({"visit": IN, "place": ROOM, "present_until": BEFORE}, PRESENCE),
        ({"visit": COMING, "present_until": BEFORE}, PRESENCE),
        ({"visit": REMOVED, "present_until": BEFORE}, PAUSED),
        pytest.param({"visit": IN, "place": MENU}, MENU, id="who chooses is not torn away"),
        pytest.param({"visit": REMOVED, "place": MENU}, MENU, id="nor is it needed for a payment"),
        ({"visit": IN, "place": PRESENCE, "present_until": BEFORE}, PRESENCE),
        ({"visit": IN, "place": ROOM, "until": NOW}, ENDING),
        ({"visit": IN, "place": MENU, "until": NOW}, ENDING),
        ({"visit": IN, "place": ENDING}, ENDING),
    ],
)
def test_where_the_call_should_be(known: dict[str, object], place: Place) -> None:
    assert place_for(scene(**known), NOW) == place


@pytest.mark.parametrize(
    ("known", "seconds"),
    [
        ({}, 5),
        ({"place": ROOM, "visit": IN}, 60),
        ({"place": ROOM, "visit": IN, "present_until": NOW + timedelta(seconds=9)}, 9),
        ({"place": ROOM, "visit": IN, "until": NOW + timedelta(seconds=7)}, 7),
        ({"visit": OFFERED, "told": True, "answer_by": NOW + timedelta(seconds=20)}, 20),
        ({"visit": OFFERED, "told": True}, 40),
        ({"visit": OFFERED, "offered_at": NOW}, 10),
        ({"place": PAUSED, "visit": REMOVED}, 40),
        ({"call_sid": "", "cut_off_at": NOW}, 60),
        ({"place": PRESENCE, "visit": IN, "present_until": BEFORE}, 40),
        ({"place": ENDING}, 40),
    ],
)
def test_when_to_look_again(known: dict[str, object], seconds: float) -> None:
    assert next_look(scene(**known), NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("place", [WAITING, ROOM, PAUSED, MENU, PRESENCE])
@pytest.mark.parametrize("visit", [None, OFFERED, COMING, IN, REMOVED])
def test_nothing_overdue_makes_the_loop_spin(place: Place, visit: VisitStatus | None) -> None:
    long_ago = NOW - timedelta(hours=1)
    overdue = scene(
        place=place,
        visit=visit,
        heard_at=long_ago,
        present_until=long_ago,
        answer_by=long_ago,
        until=long_ago,
    )
    found = next_look(overdue, NOW)
    assert found is not None
    assert found >= NOW + NOT_AT_ONCE


@pytest.mark.parametrize(
    ("status", "minutes", "may"),
    [
        ("booked", -11, False),
        ("booked", -9, True),
        ("ringing", 0, True),
        ("missed", 20, True),
        ("missed", 28, False),
        ("finished", 5, False),
        ("cancelled", 5, False),
        ("running", 5, False),
    ],
)
def test_when_a_session_may_be_begun(status: str, minutes: float, may: bool) -> None:
    start = NOW - timedelta(minutes=minutes)
    assert may_begin(status=status, start=start, end=start + timedelta(minutes=30), now=NOW) is may


def test_the_minutes_that_are_promised() -> None:
    assert minutes_left(NOW + timedelta(minutes=27, seconds=10), NOW) == 27
    assert minutes_left(NOW + timedelta(seconds=10), NOW) == 1


@pytest.mark.parametrize(
    ("known", "code"),
    [
        ({}, None),
        ({"state": "ended"}, "ended"),
        ({"state": "waiting"}, "waiting"),
        ({"country_why": "In Germany customers agree by a key first."}, "country"),
        ({"policy_signed": False}, "policy"),
        ({"can_be_told": False}, "cannot_be_told"),
        ({"agent_is_listener": True}, "own_call"),
        ({"state": "payment"}, "payment"),
        ({"reachable": False}, "not_found"),
        ({"passed_over": True}, "passed_over"),
        ({"queue_fits": False}, "other_queue"),
        ({"language_fits": False}, "other_queue"),
        ({"listeners": MOST_LISTENERS}, "full"),
        pytest.param(
            {"policy_signed": False, "can_be_told": False, "agent_known": False}, None, id="exchange"
        ),
        pytest.param(
            {"state": "payment", "policy_signed": False, "listeners": 9}, "policy", id="gravest first"
        ),
    ],
)
def test_why_a_call_is_not_listened_to(known: dict[str, object], code: str | None) -> None:
    facts: dict[str, object] = {"state": "live", "country_why": "", "reachable": True}
    why = why_not(CallFacts(**(facts | known)))  # type: ignore[arg-type]
    assert (why.code if why is not None else None) == code
    assert why is None or why.words.endswith(".")
