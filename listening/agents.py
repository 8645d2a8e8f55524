"""Agents and those who listen to them: the policy that is signed once, and how an agent is told and takes calls."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.db import transaction

from listening.errors import BadInput, NotAllowed, NotNow
from listening.models import AgentDesk
from people.models import Person
from people.plain_words import one_line
from people.regional import read_language
from telephony import clock

POLICY = Path(__file__).with_name("policy.toml")


@dataclass(frozen=True)
class Point:
    """One promise of the policy."""

    head: str
    text: str


@dataclass(frozen=True)
class Policy:
    """What an agent signs."""

    version: str
    title: str
    points: tuple[Point, ...]


@cache
def policy() -> Policy:
    """The policy of `policy.toml`."""
    read = tomllib.loads(POLICY.read_text(encoding="utf-8"))
    return Policy(
        version=read["version"],
        title=read["title"],
        points=tuple(Point(one["head"], one["text"]) for one in read["points"]),
    )


def desk_of(person: Person) -> AgentDesk:
    """The agent's desk; with the defaults, and not saved, where there is none yet. One query."""
    return AgentDesk.objects.filter(person=person).first() or AgentDesk(person=person)


def has_signed(desk: AgentDesk) -> bool:
    """Whether the policy as it is now was signed: without it nobody listens to this agent's calls."""
    return desk.policy_signed_at is not None and desk.policy_version == policy().version


def sign_policy(*, person: Person, version: str) -> AgentDesk:
    """The agent agrees to the policy of this version. Raises NotAllowed, and NotNow where it has changed since."""
    _check_agent(person)
    if version != policy().version:
        raise NotNow("The policy has changed since you opened the page. Read it again.", code="changed")
    with transaction.atomic():
        desk = _locked(person)
        if not has_signed(desk):
            desk.policy_version, desk.policy_signed_at = version, clock.now()
            _save(desk, person)
    return desk


def take_signature_back(*, person: Person) -> AgentDesk:
    """From now on nobody joins a call of this agent's. Who listens at this moment is not thrown out."""
    with transaction.atomic():
        desk = _locked(person)
        if desk.policy_signed_at is not None:
            desk.policy_version, desk.policy_signed_at = "", None
            _save(desk, person)
    return desk


def set_desk(
    *, person: Person, told_by: str, takes_calls: bool, queue: str = "", language: str = ""
) -> AgentDesk:
    """How the agent is told of listeners, and whether our own number rings them, for which queue and language.

    Raises BadInput naming the field: calls, texts and voices need a verified number. Raises NotAllowed.
    """
    _check_agent(person)
    if told_by not in AgentDesk.ToldBy.values:
        raise BadInput("Choose how you are told.", field="told_by", code="invalid")
    needs_number = "Verify your number on your profile first."
    if told_by != AgentDesk.ToldBy.PAGE and not person.can_be_rung:
        raise BadInput(needs_number, field="told_by", code="no_number")
    if takes_calls and not person.can_be_rung:
        raise BadInput(needs_number, field="takes_calls", code="no_number")
    kept_queue = one_line(queue, field="queue", most=60)
    kept_language = read_language(language) if language.strip() else ""
    with transaction.atomic():
        desk = _locked(person)
        desk.told_by, desk.takes_calls = told_by, takes_calls
        desk.queue, desk.language = kept_queue, kept_language
        _save(desk, person)
    return desk


def _locked(person: Person) -> AgentDesk:
    """The desk, made where there is none; the person's row is the lock."""
    Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    return desk_of(person)


def _check_agent(person: Person) -> None:
    if not (person.is_active and person.is_support):
        raise NotAllowed("Only support staff take customers' calls.", code="no_agent")


def _save(desk: AgentDesk, by: Person) -> None:
    desk._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - where django-simple-history looks for it
    desk.save()
