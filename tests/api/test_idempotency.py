"""A request that is sent twice is done once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from django_q.models import Schedule

from api.idempotency import forget_old
from api.models import IdempotentRequest
from escalations.models import Escalation, Event, JoinedContact, Page
from tests.api.conftest import fields_of, problem_of

KEY = "6f1c1e9a-5f0e-4a51-9f6a-1f6a33f5d1c2"


def counts() -> list[int]:
    return [model.objects.count() for model in (Escalation, Event, Page, JoinedContact)]


@pytest.fixture
def caller(programme, acme, cleo, program):
    return program(cleo)


def test_the_same_again_gets_the_same_answer_and_rings_nothing(caller, story):
    first = caller.send("escalations/", story, key=KEY)
    once = counts()
    again = caller.send("escalations/", story, key=KEY)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert counts() == once


def test_the_answer_stays_the_same_while_the_case_moves_on(caller, story, ana, program):
    first = caller.send("escalations/", story, key=KEY)
    program(ana).send(f"escalations/{first.json()['id']}/accept/")
    assert caller.send("escalations/", story, key=KEY).json()["status"] == "paging"


def test_spaces_and_order_of_the_json_do_not_matter(caller, story):
    caller.send("escalations/", b'{"account":"ACME","summary":"Down."}', key=KEY)
    again = caller.send("escalations/", b'{ "summary": "Down.",\n "account": "ACME" }', key=KEY)
    assert again.status_code == 201
    assert Escalation.objects.count() == 1
    assert not JoinedContact.objects.exists()


def test_the_same_key_for_another_body_is_a_conflict(caller, story):
    caller.send("escalations/", story, key=KEY)
    once = counts()
    answer = caller.send("escalations/", story | {"severity": "critical"}, key=KEY)
    assert fields_of(answer, 409) == {"": "key_reused"}
    assert counts() == once


def test_the_same_key_at_another_address_is_a_conflict(case, ana, program):
    officer = program(ana)
    officer.send(f"escalations/{case.pk}/accept/", key=KEY)
    assert fields_of(officer.send(f"escalations/{case.pk}/pass/", key=KEY), 409) == {"": "key_reused"}


def test_a_note_with_a_key_is_put_once(caller, case):
    for _ in range(3):
        assert caller.send(f"escalations/{case.pk}/note/", {"text": "x"}, key=KEY).status_code == 200
    assert case.events.filter(kind="note").count() == 1


def test_another_person_has_keys_of_their_own(caller, story, dora, program):
    caller.send("escalations/", story, key=KEY)
    answer = program(dora).send("escalations/", story | {"summary": "Mine."}, key=KEY)
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


def test_another_token_of_the_same_person_shares_the_keys(caller, story, cleo, program):
    first = caller.send("escalations/", story, key=KEY)
    assert program(cleo).send("escalations/", story, key=KEY).content == first.content


def test_what_was_refused_keeps_no_key(caller, story):
    problem_of(caller.send("escalations/", story | {"account": "NOBODY"}, key=KEY), 400)
    problem_of(caller.send("escalations/", story | {"contact": {"phone": "x"}}, key=KEY), 400)
    assert not IdempotentRequest.objects.exists()
    assert caller.send("escalations/", story, key=KEY).status_code == 201


def test_a_conflict_keeps_no_key(caller, case, ana, program, outcome):
    officer = program(ana)
    problem_of(officer.send(f"escalations/{case.pk}/resolve/", outcome, key=KEY), 409)
    officer.send(f"escalations/{case.pk}/accept/")
    assert officer.send(f"escalations/{case.pk}/resolve/", outcome, key=KEY).status_code == 200


def test_without_a_key_nothing_is_kept(caller, story):
    caller.send("escalations/", story)
    caller.send("escalations/", story)
    assert not IdempotentRequest.objects.exists()
    assert JoinedContact.objects.count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "naïve", "tab\there", "🐢"])
def test_a_key_that_cannot_be_kept_is_refused(caller, story, key):
    answer = caller.send("escalations/", story, key=key)
    assert fields_of(answer) == {"Idempotency-Key": "invalid_key"}
    assert not Escalation.objects.exists()


def test_the_longest_key_is_kept(caller, story):
    assert caller.send("escalations/", story, key="x" * 255).status_code == 201


def test_a_key_is_free_again_after_a_day(caller, story):
    caller.send("escalations/", story, key=KEY)
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=24))
    answer = caller.send("escalations/", story | {"severity": "critical"}, key=KEY)
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


def test_old_answers_are_forgotten(caller, story, capsys):
    caller.send("escalations/", story, key="old")
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    caller.send("escalations/", story, key="new")
    assert forget_old() == 1
    assert IdempotentRequest.objects.get().key == "new"
    call_command("forget_old_requests")
    assert capsys.readouterr().out == "0 deleted\n"


@pytest.mark.django_db
def test_the_queue_forgets_them_each_hour():
    schedule = Schedule.objects.get(name="forget old API requests")
    assert schedule.schedule_type == Schedule.HOURLY
    assert schedule.func == f"{forget_old.__module__}.{forget_old.__name__}"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_are_done_once_and_all_get_that_answer(caller, story):
    together = Barrier(6)

    def send(_: int):
        together.wait()
        try:
            return caller.send("escalations/", story, key=KEY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(send, range(6)))
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert Escalation.objects.count() == 1
    assert not JoinedContact.objects.exists()
    assert Page.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_bodies_at_once_one_is_refused(caller, story):
    together = Barrier(2)

    def send(summary: str):
        together.wait()
        try:
            return caller.send("escalations/", story | {"summary": summary}, key=KEY).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(send, ["one", "two"])) == [201, 409]
    assert Escalation.objects.count() == 1
