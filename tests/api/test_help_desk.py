"""A help desk's counts and tickets by program: the last word counts, and bad input is named."""

from datetime import UTC, datetime

import pytest
import time_machine

from escalations.models import Escalation
from reports.models import ContactCount, Ticket
from tests.api.conftest import Program, fields_of, tables

COUNT = {"day": "2026-03-09", "contacts": 1840}
TICKET = {
    "reference": "HD-20931",
    "account": "ACME",
    "opened_at": "2026-03-09T10:05:00-04:00",
    "severity": "high",
}


@pytest.fixture(autouse=True)
def _in_march():
    with time_machine.travel(datetime(2026, 3, 10, 3, tzinfo=UTC), tick=False):
        yield


def test_the_last_count_of_a_day_stands(programme, cleo, program) -> None:
    caller: Program = program(cleo)
    assert caller.send("help-desk/contacts/", COUNT).json() == {
        "programme": "north-america",
        "day": "2026-03-09",
        "contacts": 1840,
        "registered_at": "2026-03-10T03:00:00.000000Z",
    }
    caller.send("help-desk/contacts/", COUNT | {"contacts": 0, "programme": "north-america"})
    caller.send("help-desk/contacts/", COUNT | {"day": "2026-03-08"})
    rows = caller.read("help-desk/contacts/", programme="north-america").json()["results"]
    assert [(row["day"], row["contacts"]) for row in rows] == [("2026-03-09", 0), ("2026-03-08", 1840)]
    assert ContactCount.objects.get(contacts=0).registered_by == cleo


def test_a_ticket_is_judged_by_the_rule_and_rings_nobody(acme, tiny, programme, cleo, program) -> None:
    caller: Program = program(cleo)
    answer = caller.send("help-desk/tickets/", TICKET, key="k").json()
    assert answer["opened_at"] == "2026-03-09T14:05:00.000000Z"
    assert (answer["programme"], answer["account"], answer["qualifies"]) == ("north-america", "ACME", True)
    assert answer["score"] >= answer["threshold"]
    assert caller.send("help-desk/tickets/", TICKET, key="k").headers["Idempotency-Replayed"] == "true"
    again = caller.send("help-desk/tickets/", TICKET | {"account": "TINY", "severity": "normal"}).json()
    assert (again["account"], again["qualifies"]) == ("TINY", False)
    assert Ticket.objects.count() == 1
    assert not Escalation.objects.exists()
    caller.send("help-desk/tickets/", TICKET | {"reference": "HD-2"})
    rows = caller.read("help-desk/tickets/", qualifies="true", programme="north-america").json()["results"]
    assert [row["reference"] for row in rows] == ["HD-2"]


@pytest.mark.parametrize(
    ("path", "given", "field"),
    [
        ("contacts", {"day": "2026-03-10"}, "day"),  # it is still the 9th in New York
        ("contacts", {"day": "2024-03-10"}, "day"),
        ("contacts", {"day": "9 March"}, "day"),
        ("contacts", {"contacts": -1}, "contacts"),
        ("contacts", {"contacts": "12"}, "contacts"),
        ("contacts", {"contacts": 1.5}, "contacts"),
        ("contacts", {"contacts": True}, "contacts"),
        ("contacts", {"contacts": 10**12}, "contacts"),
        ("contacts", {"programme": "nowhere"}, "programme"),
        ("contacts", {"calls": 9}, "calls"),
        ("tickets", {"reference": "two words"}, "reference"),
        ("tickets", {"reference": "=1+1"}, "reference"),
        ("tickets", {"reference": "x" * 65}, "reference"),
        ("tickets", {"reference": ""}, "reference"),
        ("tickets", {"account": "nobody"}, "account"),
        ("tickets", {"opened_at": "2026-03-09T14:05:00"}, "opened_at"),
        ("tickets", {"opened_at": "2026-03-09"}, "opened_at"),
        ("tickets", {"opened_at": 1773000000}, "opened_at"),
        ("tickets", {"opened_at": "2026-03-10T03:00:01Z"}, "opened_at"),
        ("tickets", {"opened_at": "0001-01-01T00:00:00+14:00"}, "opened_at"),
        ("tickets", {"severity": "mild"}, "severity"),
        ("tickets", {"public_risk": "yes"}, "public_risk"),
        ("tickets", {"programme": "nowhere"}, "programme"),
    ],
)
def test_bad_input_is_named_and_leaves_no_trace(acme, programme, cleo, program, path, given, field) -> None:
    caller = program(cleo)
    before = tables()
    good = COUNT if path == "contacts" else TICKET
    assert field in fields_of(caller.send(f"help-desk/{path}/", good | given))
    assert tables() == before


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("contacts", {"programme": "nowhere"}),
        ("tickets", {"qualifies": "maybe"}),
        ("tickets", {"cursor": "x"}),
    ],
)
def test_a_bad_query_is_named(programme, cleo, program, path, query) -> None:
    assert set(query) <= set(fields_of(program(cleo).read(f"help-desk/{path}/", **query)))


def test_lists_cost_the_same_whatever_their_length(
    acme, programme, cleo, program, django_assert_num_queries
) -> None:
    caller = program(cleo)
    for number in range(12):
        caller.send("help-desk/tickets/", TICKET | {"reference": f"HD-{number}"})
        caller.send("help-desk/contacts/", COUNT | {"day": f"2026-02-{number + 1:02d}"})
        if number in (1, 11):
            for path in ("tickets", "contacts"):
                with django_assert_num_queries(2):
                    assert len(caller.read(f"help-desk/{path}/").json()["results"]) == number + 1
