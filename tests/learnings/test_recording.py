"""Logging what was learnt: kept word for word, understood better later, and read by whom it names."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Account
from learnings.models import Cause, Feeling, Learning, LearningStatus, Touchpoint
from learnings.recording import hand_on, keep_to, reopen, settle, understand
from people.errors import Refused
from people.models import Letter, Person
from tests.learnings.conftest import Learn

QUOTE = "  “Vier Rechnungen” für drei Depots —\n  warum? 😡 <b>=1+1</b>  "


def test_the_quote_is_kept_word_for_word_whatever_is_understood_of_it(
    learn: Learn, helpline: Touchpoint, ana: Person, cleo: Person
) -> None:
    learning = learn(QUOTE, meaning="A closed depot is billed.", contacts_before=3, transfers_before=2)
    assert learning.quote == QUOTE.strip()
    understand(
        learning=learning,
        by=ana,
        meaning="A depot that was closed in spring is billed.",
        suggestion="Close both in one form.",
        touchpoint=helpline,
        cause=Cause.OTHER,
        cause_words="Two teams",
        feeling=Feeling.FURIOUS,
        contacts_before=4,
    )
    learning.refresh_from_db()
    assert learning.quote == QUOTE.strip()
    assert (learning.owner, learning.cause_name, learning.transfers_before) == (cleo, "Two teams", None)
    assert learning.theme.title == "Help line: other"
    now, before = learning.history.all()
    assert (before.meaning, before.contacts_before) == ("A closed depot is billed.", 3)
    assert (now.meaning, now.history_user) == ("A depot that was closed in spring is billed.", ana)


def test_a_sensitive_one_is_read_by_whom_it_names_and_by_nobody_else(
    learn: Learn, ana: Person, ben: Person, cleo: Person, dora: Person, eve: Person
) -> None:
    learning = learn("They are about to leave us.", sensitive=True, readers=[ben])

    def readers() -> set[str]:
        people = (ana, ben, cleo, dora, eve)
        return {one.name.split()[0] for one in people if Learning.objects.visible_to(one).exists()}

    assert readers() == {"Ana", "Ben", "Dora"}
    with pytest.raises(Refused):
        keep_to(learning=learning, sensitive=False, readers=[], by=ben)
    keep_to(learning=learning, sensitive=True, readers=[cleo], by=ana)
    assert readers() == {"Ana", "Cleo", "Dora"}
    keep_to(learning=learning, sensitive=False, readers=[], by=dora)
    assert readers() == {"Ana", "Ben", "Cleo", "Dora", "Eve"}


def test_the_same_cause_at_the_same_account_is_flagged_to_the_officer_at_once(
    learn: Learn, ben: Person, dora: Person, account: Account, tiny: Account
) -> None:
    first = learn("The first time.", account=account)
    learn("Elsewhere.", account=tiny)
    learn("Something else.", account=account, cause=Cause.TOOL)
    assert not Letter.objects.filter(kind="repeat").exists()
    again = learn("And again.", account=account, author=ben)
    assert again.repeats == first
    letters = Letter.objects.filter(kind="repeat")
    assert {one.person for one in letters} == {ben, dora}
    assert all("The first time." in one.text and "Acme Industries" in one.subject for one in letters)
    Learning.objects.filter(pk__in=[first.pk, again.pk]).update(
        created_at=timezone.now() - timedelta(days=366)
    )
    assert learn("A year later.", account=account).repeats is None


def test_a_repeat_of_a_sensitive_one_does_not_tell_its_words(
    learn: Learn, ana: Person, ben: Person, account: Account
) -> None:
    learn("They are about to leave us.", account=account, sensitive=True, readers=[])
    learn("And again.", account=account, author=ben)
    (letter,) = Letter.objects.filter(kind="repeat", person=ben)
    assert "about to leave" not in letter.text
    assert "kept to a few people" in letter.text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quote": " \n"}, "quote"),
        ({"quote": "x" * 2001}, "quote"),
        ({"quote": "a\x00b"}, "quote"),
        ({"meaning": "x" * 2001}, "meaning"),
        ({"cause": "weather"}, "cause"),
        ({"feeling": "meh"}, "feeling"),
        ({"source": "rumour"}, "source"),
        ({"contacts_before": -1}, "contacts_before"),
        ({"transfers_before": 100}, "transfers_before"),
        ({"cause": "other", "cause_words": "x" * 121}, "cause_words"),
        ({"cause": "other", "cause_words": " "}, "cause_words"),
    ],
)
def test_bad_words_are_refused_by_name_and_nothing_is_kept(learn: Learn, wrong, field) -> None:
    with pytest.raises(Refused) as refused:
        learn(**{"quote": "Good.", **wrong})
    assert refused.value.field == field
    assert not Learning.objects.exists()


def test_its_owner_settles_it_in_words_and_may_open_it_again(
    learn: Learn, ana: Person, ben: Person, dora: Person
) -> None:
    learning = learn()
    for who, status, words in ((ana, "done", "Yes."), (dora, "open", "Yes."), (dora, "done", " ")):
        with pytest.raises(Refused):
            settle(learning=learning, status=status, words=words, by=who)
    settled = settle(learning=learning, status="done", words="The driver was told.", by=dora)
    assert settled.status == LearningStatus.DONE
    with pytest.raises(Refused):
        hand_on(learning=learning, to=ben, by=dora)
    reopen(learning=learning, by=dora)
    assert hand_on(learning=learning, to=ben, by=dora).owner == ben
    assert Letter.objects.get(kind="learning").person == ben
    Person.objects.filter(pk=ana.pk).update(is_active=False)
    with pytest.raises(Refused):
        hand_on(learning=learning, to=ana, by=ben)
