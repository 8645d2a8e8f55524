"""Live calls as a contact centre's program registers them, and says how they go on."""

import pytest

from listening.models import CallSource, LiveCall, LiveCallState, Visit, VisitStatus
from tests.api.conftest import fields_of, problem_of, tables

GOOD = {
    "conference_sid": "CF" + "a1" * 16,
    "agent": "cleo@example.com",
    "agent_call_sid": "CA" + "b2" * 16,
    "customer_country": "US",
    "announced": True,
}


def test_a_call_is_registered_and_read(programme, cleo, dora, program):
    answer = program(dora).send(
        "live-calls/", {**GOOD, "programme": "north-america", "queue": "billing", "language": "es"}
    )
    assert answer.status_code == 201
    call = LiveCall.objects.get()
    assert answer.json() == {"id": call.pk}
    assert answer.headers["Location"].endswith(f"/api/v1/live-calls/{call.pk}/")
    assert (call.source, call.agent, call.created_by) == (CallSource.REGISTERED, cleo, dora)

    shown = program(cleo).read(f"live-calls/{call.pk}/").json()
    assert shown.pop("started_at")
    assert shown == {
        "id": call.pk,
        "conference_sid": GOOD["conference_sid"],
        "state": "live",
        "agent": {"id": cleo.pk, "name": "Cleo Martin", "email": "cleo@example.com"},
        "customer_country": "US",
        "announced": True,
        "opted_in": False,
        "programme": "north-america",
        "queue": "billing",
        "language": "es",
        "listeners": [],
        "ended_at": None,
    }


def test_registered_twice_it_is_one_call(cleo, dora, program):
    first = program(dora).send("live-calls/", GOOD).json()
    assert program(dora).send("live-calls/", GOOD).json() == first
    other = program(dora).send("live-calls/", GOOD | {"agent": "dora@example.com"})
    assert problem_of(other, 409)["errors"][0]["code"] == "known"


def test_the_same_key_answers_the_same(cleo, dora, program):
    caller = program(dora)
    first = caller.send("live-calls/", GOOD, key="k1")
    again = caller.send("live-calls/", GOOD, key="k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert problem_of(caller.send("live-calls/", GOOD | {"announced": False}, key="k1"), 409)


def test_who_listens_is_told_to_the_agents_desktop(live_call, programme, ana, cleo, program, session_of):
    Visit.objects.create(
        session=session_of(ana),
        live_call=live_call,
        participant="l-1",
        status=VisitStatus.OFFERED,
        offered_at=live_call.started_at,
    )
    (listener,) = program(cleo).read(f"live-calls/{live_call.pk}/").json()["listeners"]
    assert listener["person"]["name"] == "Ana Ruiz"
    assert listener["status"] == "offered"


def test_a_payment_comes_and_goes_and_the_end_is_the_end(live_call, cleo, program):
    caller = program(cleo)
    for state in ("payment", "payment", "live", "ended", "ended"):
        answer = caller.send(f"live-calls/{live_call.pk}/", {"state": state}, method="patch")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    live_call.refresh_from_db()
    assert live_call.state == LiveCallState.ENDED
    gone = caller.send(f"live-calls/{live_call.pk}/", {"state": "live"}, method="patch")
    assert problem_of(gone, 409)["errors"][0]["code"] == "ended"


def test_it_is_nothing_to_other_agents(live_call, program, eve):
    eve.is_support = True
    eve.save()
    assert problem_of(program(eve).read(f"live-calls/{live_call.pk}/"), 404)
    assert problem_of(
        program(eve).send(f"live-calls/{live_call.pk}/", {"state": "ended"}, method="patch"), 404
    )
    assert problem_of(program(eve).read("live-calls/999999/"), 404)


# What is said instead of the good request, and which field is named with which code.
BAD: list[tuple[dict, dict[str, str]]] = [
    ({"conference_sid": ...}, {"conference_sid": "required"}),
    ({"conference_sid": ""}, {"conference_sid": "blank"}),
    ({"conference_sid": "CF123"}, {"conference_sid": "invalid"}),
    ({"conference_sid": "CA" + "a" * 32}, {"conference_sid": "invalid"}),
    ({"conference_sid": "CF" + "g" * 32}, {"conference_sid": "invalid"}),
    ({"conference_sid": "CF" + "a" * 33}, {"conference_sid": "max_length"}),
    ({"conference_sid": 7}, {"conference_sid": "invalid"}),
    ({"agent": ...}, {"agent": "required"}),
    ({"agent": "nobody@example.com"}, {"agent": "unknown"}),
    ({"agent": ["cleo@example.com"]}, {"agent": "invalid"}),
    ({"agent_call_sid": "x"}, {"agent_call_sid": "invalid"}),
    ({"customer_call_sid": "x"}, {"customer_call_sid": "invalid"}),
    ({"customer_country": ...}, {"customer_country": "required"}),
    ({"customer_country": "ZZ"}, {"customer_country": "unknown"}),
    ({"customer_country": "USA"}, {"customer_country": "max_length"}),
    ({"announced": ...}, {"announced": "required"}),
    ({"announced": "true"}, {"announced": "invalid"}),
    ({"announced": 1}, {"announced": "invalid"}),
    ({"opted_in": None}, {"opted_in": "null"}),
    ({"programme": "atlantis"}, {"programme": "unknown"}),
    ({"queue": "\x00"}, {"queue": "null_characters_not_allowed"}),
    ({"queue": "q" * 61}, {"queue": "max_length"}),
    ({"state": "live"}, {"state": "unknown_field"}),
]


@pytest.mark.parametrize(("change", "wanted"), BAD, ids=lambda value: str(value)[:60])
def test_a_bad_registration_names_the_field_and_leaves_no_trace(cleo, dora, program, change, wanted):
    caller = program(dora)
    before = tables()
    body = {key: value for key, value in (GOOD | change).items() if value is not ...}
    assert fields_of(caller.send("live-calls/", body)) == wanted
    assert tables() == before


@pytest.mark.parametrize("state", ["waiting", "LIVE", "", None, 1, ["live"], "on hold"])
def test_a_bad_state_is_refused(live_call, cleo, program, state):
    answer = program(cleo).send(f"live-calls/{live_call.pk}/", {"state": state}, method="patch")
    assert set(fields_of(answer)) == {"state"}
    live_call.refresh_from_db()
    assert live_call.state == LiveCallState.LIVE
