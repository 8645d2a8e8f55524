"""A programme's rules for listening, and how an agent is told and signs."""

import pytest

from listening import agents
from listening.errors import NotAllowed, NotNow
from listening.models import AgentDesk, ListeningRules
from listening.rules import rules_of, set_rules
from people.errors import Refused
from tests.conftest import make_person

GOOD = {
    "debrief_days": 5,
    "carry_over_minutes": 30,
    "presence_minutes": 15,
    "agent_name_days": 60,
    "answer_seconds": 25,
    "counts": ["ride_along", "listening"],
    "monitor_number": "+1 555 019 0077",
    "monitor_keys": "ww123#",
}


def test_a_programme_has_the_defaults_until_somebody_changes_them(programme, dora):
    rules = rules_of(programme)
    assert (rules.pk, rules.debrief_days, rules.counts) == (None, 3, ["listening"])
    set_rules(programme=programme, by=dora, **GOOD)
    rules = rules_of(programme)
    assert (rules.debrief_days, rules.counts) == (5, ["listening", "ride_along"])
    assert (rules.monitor_number, rules.monitor_keys) == ("+15550190077", "ww123#")
    set_rules(programme=programme, by=dora, **GOOD)  # the same again is no change
    assert [row.history_user for row in rules.history.all()] == [dora]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("debrief_days", 0),
        ("carry_over_minutes", 10_001),
        ("presence_minutes", 4),
        ("answer_seconds", 31),
        ("agent_name_days", 0),
        ("counts", []),
        ("counts", ["carried"]),
        ("monitor_number", "call me"),
        ("monitor_keys", "12;34"),
    ],
)
def test_a_bad_rule_is_refused_by_its_field(programme, dora, field, value):
    with pytest.raises(Refused) as refused:
        set_rules(programme=programme, by=dora, **GOOD | {field: value})
    assert refused.value.field == field
    assert not ListeningRules.objects.exists()


def test_only_administrators_change_rules(programme, ana):
    with pytest.raises(NotAllowed):
        set_rules(programme=programme, by=ana, **GOOD)


def test_the_policy_is_signed_once_for_each_version(cleo):
    assert not agents.has_signed(agents.desk_of(cleo))
    with pytest.raises(NotNow):
        agents.sign_policy(person=cleo, version="0")
    desk = agents.sign_policy(person=cleo, version=agents.policy().version)
    assert agents.has_signed(desk)
    agents.sign_policy(person=cleo, version=agents.policy().version)
    assert desk.history.count() == 1
    AgentDesk.objects.update(policy_version="0")
    assert not agents.has_signed(agents.desk_of(cleo))
    agents.take_signature_back(person=cleo)
    assert agents.desk_of(cleo).policy_signed_at is None


def test_only_support_staff_sign_and_take_calls(ana):
    with pytest.raises(NotAllowed):
        agents.sign_policy(person=ana, version=agents.policy().version)
    with pytest.raises(NotAllowed):
        agents.set_desk(person=ana, told_by="page", takes_calls=False)


def test_calls_and_texts_need_a_verified_number(cleo):
    silent = make_person("fay@example.com", "Fay", is_support=True)
    for values, field in (
        ({"told_by": "text", "takes_calls": False}, "told_by"),
        ({"told_by": "page", "takes_calls": True}, "takes_calls"),
        ({"told_by": "pigeon", "takes_calls": False}, "told_by"),
        ({"told_by": "page", "takes_calls": False, "language": "klingonese"}, "language"),
    ):
        with pytest.raises(Refused) as refused:
            agents.set_desk(person=silent, **values)
        assert refused.value.field == field
    agents.set_desk(person=silent, told_by="page", takes_calls=False)
    desk = agents.set_desk(person=cleo, told_by="whisper", takes_calls=True, queue=" billing ", language="ES")
    assert (desk.queue, desk.language, desk.takes_calls) == ("billing", "es", True)
