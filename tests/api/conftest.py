"""Programs that speak to the API: `program(person)` is a client that holds a fresh token of that person."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from api.tokens import issue
from customers.models import Account
from escalations.models import Escalation
from escalations.raising import raise_escalation
from learnings.actions import plan_action
from learnings.ideas import send_idea
from learnings.models import Hotspot, Learning, Touchpoint
from learnings.notices import publish_notice
from learnings.recording import log_learning
from learnings.said_done import publish
from listening.live_calls import register
from listening.models import LiveCall
from people.models import Person
from rota.models import Programme

ROOT = "/api/v1/"
PROBLEM = {"type", "title", "status", "detail", "instance", "errors"}


class Program(Client):
    """A client below /api/v1/ with a token; `send` posts JSON, or bytes as they are."""

    def __init__(self, secret: str = "") -> None:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        super().__init__(headers=headers)
        self.secret = secret

    def read(self, path: str, **query: Any) -> Any:
        return self.get(ROOT + path, query)

    def send(self, path: str, body: Any = None, *, key: str | None = None, **options: Any) -> Any:
        headers = options.pop("headers", {}) | ({"Idempotency-Key": key} if key is not None else {})
        data = body if isinstance(body, bytes) else json.dumps({} if body is None else body)
        options.setdefault("content_type", "application/json")
        ask = getattr(self, options.pop("method", "post"))
        return ask(ROOT + path, data, headers=headers, **options)


@pytest.fixture
def program() -> Callable[..., Program]:
    def make(person: Person, *scopes: str) -> Program:
        return Program(issue(person=person, scopes=scopes or None).secret)

    return make


@pytest.fixture
def stranger() -> Program:
    """Nobody: no token at all."""
    return Program()


def problem_of(response: Any, status: int) -> dict[str, Any]:
    """The problem+json of an answer, checked for its form."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert set(body) == PROBLEM
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["errors"]
    assert body["instance"].startswith("/api/")
    assert all(set(error) == {"field", "code", "detail"} for error in body["errors"])
    return body


def fields_of(response: Any, status: int = 400) -> dict[str, str]:
    """Which fields a problem names, with their codes."""
    return {error["field"]: error["code"] for error in problem_of(response, status)["errors"]}


def tables() -> dict[str, int]:
    """How many rows each table has."""
    return {model._meta.label: model._default_manager.count() for model in apps.get_models()}


@pytest.fixture
def live_call(programme: Programme, cleo: Person, dora: Person) -> LiveCall:
    """Cleo's call, which Dora's program registered."""
    return register(
        conference_sid="CF" + "1" * 32,
        agent=cleo,
        agent_call_sid="CA" + "1" * 32,
        customer_country="US",
        announced=True,
        programme=programme,
        by=dora,
    )


@pytest.fixture
def story() -> dict[str, Any]:
    """What a good request to raise an escalation for Acme holds at least."""
    return {"account": "ACME", "summary": "Checkout has been down since nine."}


@pytest.fixture
def touchpoint(dora: Person) -> Touchpoint:
    return Touchpoint.objects.create(name="Checkout", owner=dora)


@pytest.fixture
def outcome(touchpoint: Touchpoint) -> dict[str, Any]:
    return {
        "cause": "process",
        "touchpoint": "checkout",
        "done": "Moved them to the second gateway.",
        "quote": "Nobody told us for three hours.",
    }


@pytest.fixture
def case(programme: Programme, acme: Account, cleo: Person) -> Escalation:
    """Acme's case, raised by Cleo; Ana's phone is about to ring."""
    return raise_escalation(account=acme, raised_by=cleo, summary="Checkout is down.").escalation


@pytest.fixture
def learnt(ana, dora, touchpoint, live_call) -> dict[str, Any]:
    """What follows from three learnings of Ana's at Dora's touchpoint, and another."""

    def log(cause: str) -> Learning:
        return log_learning(
            quote="Q", touchpoint=touchpoint, cause=cause, feeling="annoyed", source="audit", author=ana
        )

    learning, other, _ = [log("process") for _ in range(3)]
    month = timezone.now().date().replace(day=1)
    publish(month=month)
    return {
        "learning": learning.pk,
        "author": ana.pk,
        "theme": learning.theme_id,
        "other": log("tool").theme_id,
        "hotspot": Hotspot.objects.get().pk,
        "action": plan_action(
            what="W", owner=dora, due_on=timezone.now().date(), by=dora, learnings=[other]
        ).pk,
        "idea": send_idea(words="I", by=ana, touchpoint=touchpoint).pk,
        "notice": publish_notice(by=dora, title="N", starts_on=timezone.now().date()).pk,
        "month": f"{month:%Y-%m}",
        "day": f"{timezone.now() - timedelta(days=2):%Y-%m-%d}",
        "call": live_call.pk,
    }
