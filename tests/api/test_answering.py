"""What may be done to a case by program: one round of each verb, and the conflicts."""

import pytest
from django.utils import timezone

from escalations.holding import cancel
from escalations.models import Escalation, Outcome, Status
from learnings.models import Learning
from tests.api.conftest import fields_of, problem_of


def address(case, verb: str) -> str:
    return f"escalations/{case.pk}/{verb}/"


def test_the_officer_takes_it(case, ana, program):
    answer = program(ana).send(address(case, "accept"))
    assert answer.status_code == 200
    body = answer.json()
    assert (body["status"], body["owner"]["name"], body["accepted_by"]["name"]) == (
        "accepted", "Ana Ruiz", "Ana Ruiz",
    )  # fmt: skip
    assert body["accepted_at"]
    assert {page["status"] for page in body["pages"]} == {"accepted", "cancelled"}


def test_saying_it_twice_does_no_harm(case, ana, program):
    officer = program(ana)
    first = officer.send(address(case, "accept"))
    assert officer.send(address(case, "accept")).json()["accepted_at"] == first.json()["accepted_at"]


def test_only_the_first_of_two_gets_it(case, ana, ben, program):
    program(ana).send(address(case, "accept"))
    late = problem_of(program(ben).send(address(case, "accept")), 409)
    assert late["detail"] == "Ana Ruiz has it."
    assert late["errors"][0]["code"] == "already_taken"
    assert late["type"].endswith(":not-now")


def test_support_does_not_take_cases(case, cleo, program):
    problem_of(program(cleo).send(address(case, "accept")), 403)


def test_the_officer_passes_it_on_and_the_next_phone_is_due(case, ana, program):
    body = program(ana).send(address(case, "pass")).json()
    assert body["status"] == "paging"
    assert {page["status"] for page in body["pages"]} == {"passed"}
    assert Escalation.objects.get().next_action_at <= timezone.now()


def test_who_was_not_paged_has_nothing_to_pass_on(case, ben, program):
    problem_of(program(ben).send(address(case, "pass")), 409)


@pytest.mark.parametrize("named", ["id", "email"])
def test_a_hand_over_needs_the_colleagues_yes(case, ana, ben, program, named):
    officer, colleague = program(ana), program(ben)
    officer.send(address(case, "accept"))
    to = {"id": ben.pk, "email": "Ben@Example.com"}[named]
    offered = officer.send(address(case, "hand-over"), {"to": to, "note": "I board a plane."})
    assert offered.json()["owner"]["name"] == "Ana Ruiz"
    assert Escalation.objects.get().hand_over_note == "I board a plane."
    taken = colleague.send(address(case, "hand-over/take"))
    assert taken.json()["owner"]["name"] == "Ben Okafor"


def test_a_hand_over_may_be_declined(case, ana, ben, program):
    program(ana).send(address(case, "accept"))
    program(ana).send(address(case, "hand-over"), {"to": ben.pk})
    assert program(ben).send(address(case, "hand-over/decline")).json()["owner"]["name"] == "Ana Ruiz"
    problem_of(program(ben).send(address(case, "hand-over/take")), 409)


def test_without_a_name_it_is_offered_to_the_officer_on_duty(case, ana, ben, program):
    program(ben).send(address(case, "accept"))
    assert program(ben).send(address(case, "hand-over")).status_code == 200
    assert Escalation.objects.get().hand_over_to == ana


def test_a_note_stands_on_the_timeline(case, cleo, program):
    assert (
        program(cleo).send(address(case, "note"), {"text": "They called again.\nAngry."}).status_code == 200
    )
    event = case.events.last()
    assert (event.kind, event.actor, event.text) == ("note", cleo, "They called again.\nAngry.")


def test_the_officer_resolves_and_the_learning_is_logged(case, ana, program, outcome, touchpoint):
    officer = program(ana)
    officer.send(address(case, "accept"))
    more = {
        "feeling": "annoyed",
        "contacts_before": 3,
        "promised": "A report.",
        "promised_until": "2031-07-01",
    }
    body = officer.send(address(case, "resolve"), outcome | more).json()
    assert body["status"] == "resolved"
    assert body["resolved_at"]
    kept = Outcome.objects.get()
    assert (kept.cause, kept.touchpoint, str(kept.promised_until)) == ("process", touchpoint, "2031-07-01")
    learning = Learning.objects.get()
    assert (learning.quote, learning.contacts_before, learning.transfers_before) == (
        "Nobody told us for three hours.", 3, None,
    )  # fmt: skip


def test_resolving_what_nobody_took_is_a_conflict(case, ana, program, outcome):
    assert "take it" in problem_of(program(ana).send(address(case, "resolve"), outcome), 409)["detail"]
    assert not Learning.objects.exists()


def test_only_the_owner_resolves(case, ana, ben, program, outcome):
    program(ana).send(address(case, "accept"))
    problem_of(program(ben).send(address(case, "resolve"), outcome), 403)


def test_support_cancels_with_a_reason(case, cleo, program):
    body = program(cleo).send(address(case, "cancel"), {"reason": "Raised twice."}).json()
    assert (body["status"], body["next_action_at"]) == ("cancelled", None)
    assert "Raised twice." in case.events.last().text


def test_an_executive_does_not_cancel(case, ana, program):
    problem_of(program(ana).send(address(case, "cancel")), 403)


@pytest.mark.parametrize(
    "verb", ["accept", "pass", "hand-over", "hand-over/take", "hand-over/decline", "resolve"]
)
def test_a_case_that_has_ended_takes_no_verb(case, ana, cleo, program, verb, outcome):
    cancel(escalation=case, by=cleo, reason="")
    answer = program(ana).send(address(case, verb), outcome if verb == "resolve" else {})
    assert problem_of(answer, 409)["detail"]
    assert Escalation.objects.get().status == Status.CANCELLED


@pytest.mark.parametrize(
    ("verb", "body", "fields"),
    [
        ("accept", {"how": "x"}, {"how": "unknown_field"}),
        ("note", {}, {"text": "required"}),
        ("note", {"text": " \n "}, {"text": "blank"}),
        ("note", {"text": "x" * 2001}, {"text": "max_length"}),
        ("note", {"text": ["x"]}, {"text": "invalid"}),
        ("note", {"text": "a\x07b"}, {"text": "control_characters"}),
        ("hand-over", {"to": "nobody@example.com"}, {"to": "unknown"}),
        ("hand-over", {"to": 10**30}, {"to": "unknown"}),
        ("hand-over", {"to": -1}, {"to": "unknown"}),
        ("hand-over", {"to": True}, {"to": "invalid"}),
        ("hand-over", {"to": {}}, {"to": "invalid"}),
        ("hand-over", {"to": None}, {"to": "null"}),
        ("hand-over", {"to": 1.5}, {"to": "invalid"}),
        ("hand-over", {"to": ""}, {"to": "invalid"}),
        ("hand-over", {"note": "x" * 1001}, {"note": "max_length"}),
        ("cancel", {"reason": 3}, {"reason": "invalid"}),
        ("cancel", {"reason": "x" * 1001}, {"reason": "max_length"}),
        ("resolve", {}, dict.fromkeys(["cause", "touchpoint", "done", "quote"], "required")),
        ("resolve", {"cause": "fate"}, {"cause": "invalid_choice"}),
        ("resolve", {"cause": "other"}, {"cause_words": "required"}),
        ("resolve", {"transfers_before": 100}, {"transfers_before": "max_value"}),
        ("resolve", {"touchpoint": "Moon"}, {"touchpoint": "unknown"}),
        ("resolve", {"touchpoint": 1}, {"touchpoint": "invalid"}),
        ("resolve", {"feeling": "fine"}, {"feeling": "invalid_choice"}),
        ("resolve", {"promised_until": "tomorrow"}, {"promised_until": "invalid"}),
        ("resolve", {"promised_until": "2026-07-01T12:00:00Z"}, {"promised_until": "invalid"}),
        ("resolve", {"promised_until": 20260701}, {"promised_until": "invalid"}),
        ("resolve", {"promised_until": "2020-02-29"}, {"promised_until": "past"}),
        ("resolve", {"promised_until": "9999-12-31"}, {"promised_until": "out_of_range"}),
        ("resolve", {"contacts_before": "3"}, {"contacts_before": "invalid"}),
        ("resolve", {"contacts_before": 3.0}, {"contacts_before": "invalid"}),
        ("resolve", {"quote": "x" * 2001}, {"quote": "max_length"}),
        ("resolve", {"score": 1}, {"score": "unknown_field"}),
    ],
)
def test_a_bad_body_is_refused_by_name(case, ana, dora, program, outcome, verb, body, fields):
    officer = program(ana)
    if verb != "accept":
        officer.send(address(case, "accept"))
    whole = outcome | body if verb == "resolve" and body else body
    speaker = program(dora) if verb == "cancel" else officer
    events = case.events.count()
    assert fields_of(speaker.send(address(case, verb), whole)) == fields
    assert case.events.count() == events
