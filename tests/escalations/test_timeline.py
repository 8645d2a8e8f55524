"""The timeline tells who did what, when and by which phone; it only ever grows."""

from escalations.models import Event, Status
from escalations.outcomes import record_outcome
from escalations.timeline import add_note
from learnings.models import Touchpoint
from people.models import Person
from telephony.simulator import Network, Phone
from tests.escalations.conftest import Advance, Escalate, events_of

Line = tuple[int, str, str, str, str]


def lines() -> list[Line]:
    return [(e.pk, str(e.at), e.kind, e.actor_name, e.text) for e in Event.objects.order_by("pk")]


def test_a_whole_life_is_on_it_in_order_and_nothing_is_ever_changed(
    network: Network,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    customer: Phone,
    ben: Person,
    cleo: Person,
    dora: Person,
    advance: Advance,
) -> None:
    seen: list[Line] = []

    def only_grew() -> None:
        now = lines()
        assert now[: len(seen)] == seen
        assert len(now) > len(seen)
        seen[:] = now

    case = escalate()
    only_grew()
    officer.expect_text("urgent case")
    officer.expect_call("Officer of the Day").press("2").expect_ended()
    only_grew()
    backup.expect_text("urgent case")
    call = backup.expect_call("Officer of the Day").press("1").expect_heard("You have it")
    only_grew()
    theirs = customer.expect_call("on the line")
    call.expect_in_conference_with(customer)
    only_grew()
    theirs.hang_up()
    call.expect_ended()
    backup.expect_text("record the outcome")
    add_note(escalation=case, by=cleo, text="The customer sent photographs.")
    only_grew()
    touchpoint = Touchpoint.objects.create(name="Updates", owner=dora)
    record_outcome(
        escalation=case,
        by=ben,
        cause="product",
        touchpoint=touchpoint,
        done="Rolled back.",
        quote="It stopped.",
    )
    customer.expect_text("fixed?").reply("yes")
    customer.expect_text("closed")
    only_grew()
    case.refresh_from_db()
    assert case.status == Status.CLOSED
    told = [kind for kind in events_of(case) if kind not in ("page_sending",)]
    in_order = [
        "raised",
        "page_ringing",
        "page_answered",
        "page_key",
        "passed",
        "page_ringing",
        "page_answered",
        "page_key",
        "accepted",
        "bridge_ringing",
        "leg_joined",
        "connected",
        "leg_left",
        "bridge_ended",
        "note",
        "resolved",
        "question_sent",
        "customer_text",
        "closed",
    ]
    rest = iter(told)
    assert all(kind in rest for kind in in_order), told
    who = {(e.kind, e.actor_name) for e in Event.objects.filter(escalation=case)}
    assert {
        ("raised", "Cleo Martin"),
        ("passed", "Ana Ruiz"),
        ("accepted", "Ben Okafor"),
        ("note", "Cleo Martin"),
        ("resolved", "Ben Okafor"),
        ("closed", "Customer"),
        ("page_ringing", "Twilio"),
    } <= who
    passed, accepted = (Event.objects.get(kind=kind) for kind in ("passed", "accepted"))
    assert (passed.data["how"], accepted.data["how"]) == ("by key", "by key")
    instants = list(Event.objects.order_by("pk").values_list("at", flat=True))
    assert instants == sorted(instants)


def test_every_page_that_goes_out_is_on_it_with_its_end(
    network: Network,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    fallback: Phone,
    desk: Phone,
    customer: Phone,
    advance: Advance,
) -> None:
    case = escalate()
    advance(150)
    told = [event.text for event in case.events.all()]
    for name, calls in (("Ana Ruiz", 2), ("Ben Okafor", 1), ("Dora Lindt", 2)):
        assert told.count(f"Calling {name}.") == calls
        assert told.count(f"{name}'s phone rings.") == calls
        assert told.count(f"{name} did not answer.") == calls
    for phone in (officer, backup, fallback, desk, customer):
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True
