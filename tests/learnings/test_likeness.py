"""The grouping that is proposed, against the one that a reader made of the demo's learnings."""

import tomllib
from itertools import combinations

import pytest

from learnings import likeness
from learnings.likeness import groups
from learnings.models import Decision, Learning, Proposal, ProposalKind, Theme
from learnings.recording import keep_to, settle
from people.errors import Refused
from people.models import Person
from tests.learnings.conftest import Learn
from web.demo.learnt import FILE


def test_on_the_demo_it_is_what_a_reader_would_propose() -> None:
    """F1 over pairs: of two learnings, whether the reader and the product say that they belong together."""
    rows = tomllib.loads(FILE.read_text())["learning"]
    subject = {n: row["subject"] or f"alone {n}" for n, row in enumerate(rows)}
    group = {}
    for number, one in enumerate(
        groups([f"{row['quote']}\n{row['meaning']}\n{row['suggestion']}" for row in rows])
    ):
        group |= dict.fromkeys(one.members, number)
    pairs = list(combinations(range(len(rows)), 2))
    theirs = {pair for pair in pairs if subject[pair[0]] == subject[pair[1]]}
    ours = {pair for pair in pairs if pair[0] in group and group[pair[0]] == group.get(pair[1])}
    f1 = 2 * len(ours & theirs) / (len(ours) + len(theirs))
    assert len(theirs) > 25
    assert f1 >= 0.95, (f1, ours ^ theirs)


@pytest.mark.parametrize(
    "texts", [[], ["One."], ["", ""], ["!!!", "???"], ["a b", "a b"], ["Same words here"] * 3]
)
def test_awkward_texts_break_nothing(texts: list[str]) -> None:
    groups(texts)


def test_a_person_takes_or_dismisses_what_is_proposed(
    learn: Learn, helpline, ana: Person, eve: Person, dora: Person
) -> None:
    for n, place in enumerate([None, helpline, None]):
        where = {"touchpoint": place} if place else {}
        learn(
            f"Customers repeat the story to each colleague, {n}",
            meaning="The story of the call is not handed over",
            cause="tool" if n else "training",
            **where,
        )
    learn("The truck missed the delivery window", meaning="Nobody phoned before noon")
    learn("Passwords arrive by letter", meaning="They go to an old address")
    learn("Story of a secret call handed over", sensitive=True)
    assert likeness.propose() == 1
    assert likeness.propose() == 0
    (proposal,) = Proposal.objects.all()
    assert (proposal.kind, proposal.learnings.count()) == (ProposalKind.GATHER, 3)
    before = set(Learning.objects.values_list("pk", "theme"))
    with pytest.raises(Refused):
        likeness.dismiss(proposal=proposal, by=eve)
    assert set(Learning.objects.values_list("pk", "theme")) == before  # proposed is not merged
    likeness.dismiss(proposal=proposal, by=ana)
    assert likeness.propose() == 0
    Proposal.objects.update(decision=Decision.OPEN)
    theme = likeness.take(proposal=proposal, title="The story again", by=dora)
    assert theme.learnings.count() == 3
    assert likeness.propose() == 0
    with pytest.raises(Refused):
        likeness.take(proposal=proposal, title="Twice", by=dora)


def test_two_whole_themes_are_proposed_to_be_merged(learn: Learn, helpline, ana: Person) -> None:
    for place in (None, helpline):
        where = {"touchpoint": place} if place else {}
        for n in range(2):
            learn(f"The portal logs out while typing {n}", meaning="The session ends too early", **where)
    learn("Something else entirely, about bicycles", cause="policy")
    likeness.propose()
    (proposal,) = Proposal.objects.all()
    assert proposal.kind == ProposalKind.MERGE
    likeness.take(proposal=proposal, title="Logging out", by=ana)
    assert Theme.objects.live().get(title="Logging out").learnings.count() == 4


def test_what_does_not_hold_any_more_is_taken_back(learn: Learn, helpline, dora: Person) -> None:
    rows = [learn(f"The portal logs out while typing {n}", cause=("tool", "process")[n]) for n in range(2)]
    learn("Something else entirely, about bicycles")
    likeness.propose()
    assert Proposal.objects.count() == 1
    keep_to(learning=rows[1], sensitive=True, readers=[], by=dora)
    assert not Proposal.objects.exists()  # at once: everybody reads a proposal
    keep_to(learning=rows[1], sensitive=False, readers=[], by=dora)
    assert likeness.propose() == 1
    settle(learning=rows[0], status="done", words="Mended.", by=dora)
    likeness.propose()
    assert not Proposal.objects.exists()
