"""Answers to invitations: the latest counts, a no is told and looked after, and never sets a day free."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from people.models import Letter, Person
from rota.answers import answer, answers_for
from rota.errors import CannotAnswer
from rota.invitation_signals import invitation_answered
from rota.invitations_due import keep_up, keep_up_with_everybody
from rota.models import AnswerStatus, CoverProposal, Duty, Invitation, Membership, Programme, Swap, SwapStatus
from rota.on_duty import who_is_on_duty
from tests.conftest import make_person, publish_days

YES, PERHAPS, NO = AnswerStatus.ACCEPTED, AnswerStatus.TENTATIVE, AnswerStatus.DECLINED

Say = Callable[..., Invitation]


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.CALENDAR_ADDRESS = "rota@example.com"


@pytest.fixture
def mine(programme: Programme, ana: Person) -> Invitation:
    """Ana's, for tomorrow."""
    keep_up()
    return Invitation.objects.get(person=ana, duty__seat=1)


@pytest.fixture
def say(mine: Invitation) -> Say:
    """Answers Ana's invitation, as she does unless another is named."""

    def give(says: AnswerStatus, **more: object) -> Invitation:
        given = {"by": mine.person, "how": "by mail", "sequence": mine.sequence} | more
        return answer(invitation=mine, says=says, **given)

    return give


@pytest.fixture
def heard() -> Iterator[list[tuple[str, str, str]]]:
    """What the rooms above were told."""
    told: list[tuple[str, str, str]] = []

    def note(sender: object, invitation: Invitation, by: Person, comment: str, **extra: object) -> None:
        told.append((invitation.answer, by.name, comment))

    invitation_answered.connect(note)
    yield told
    invitation_answered.disconnect(note)


def told_to(person: Person) -> list[str]:
    return list(
        Letter.objects.filter(person=person, kind="answer").order_by("pk").values_list("subject", flat=True)
    )


@pytest.mark.parametrize("says", [YES, PERHAPS, NO])
def test_it_is_kept_with_the_revision_and_the_instant(clock, say, mine, says):
    say(says)
    mine.refresh_from_db()
    now = datetime.now(UTC)
    assert (mine.answer, mine.answer_sequence) == (says, 0)
    assert mine.answer_stamp == mine.answered_at == now


def test_who_answered_and_how_is_on_the_duty_s_record(say, mine, asha):
    mine.person.refresh_from_db()
    say(YES, by=asha)
    record = mine.duty.history.first()
    assert record.history_user == asha
    assert record.history_change_reason == "Ana Ruiz accepted it by mail"


def test_a_no_never_sets_the_day_free(clock, programme, say, mine, ana):
    before = mine.duty.person
    say(NO)
    mine.duty.refresh_from_db()
    assert mine.duty.person == before
    assert mine.duty.published
    backups = who_is_on_duty(programme=programme, at=mine.starts_at).backups
    assert [duty.person for duty in backups] == [ana]
    mine.refresh_from_db()
    assert not mine.cancelled


def test_administrators_hear_a_no_with_its_words(say, dora, ana):
    say(NO, comment="In surgery that day")
    [letter] = Letter.objects.filter(person=dora, kind="answer")
    assert letter.subject.startswith("Ana Ruiz declined: Officer of the Day, backup: North America, ")
    assert "“In surgery that day”" in letter.text
    assert "until somebody takes it over" in letter.text
    assert told_to(ana) == []


@pytest.mark.parametrize("says", [YES, PERHAPS])
def test_nobody_is_bothered_with_another_answer(say, dora, says):
    say(says)
    assert told_to(dora) == []


def test_a_no_taken_back_is_told(clock, say, dora):
    say(NO)
    clock.shift(60)
    say(YES)
    assert [subject.partition(":")[0] for subject in told_to(dora)] == [
        "Ana Ruiz declined",
        "Ana Ruiz no longer declines",
    ]


def test_the_same_again_changes_nothing(clock, say, dora, mine):
    stamp = datetime.now(UTC)
    say(NO, stamp=stamp)
    clock.shift(60)
    with pytest.raises(CannotAnswer) as refusal:
        say(NO, stamp=stamp)
    assert refusal.value.code == "older"
    say(NO, stamp=stamp + timedelta(seconds=30))  # once more, by hand
    assert len(told_to(dora)) == 1
    assert mine.duty.history.filter(history_change_reason__contains="declined").count() == 1


def test_an_older_one_that_comes_late_changes_nothing(clock, say, mine):
    stamp = datetime.now(UTC)
    clock.shift(600)
    say(NO, stamp=stamp + timedelta(seconds=300))
    with pytest.raises(CannotAnswer) as refusal:
        say(YES, stamp=stamp)
    assert refusal.value.code == "older"
    mine.refresh_from_db()
    assert mine.answer == NO


def test_one_to_an_earlier_revision_changes_nothing(clock, say, mine):
    Invitation.objects.filter(pk=mine.pk).update(sequence=2)
    with pytest.raises(CannotAnswer) as refusal:
        say(NO, sequence=1)
    assert refusal.value.code == "changed"
    say(YES, sequence=2)


def test_after_a_change_an_earlier_stamp_counts_for_the_new_revision(clock, say, mine):
    """Its own clock may be behind that of the program that answered the revision before."""
    say(NO)
    Invitation.objects.filter(pk=mine.pk).update(sequence=1, answer=AnswerStatus.NONE)
    say(YES, sequence=1, stamp=datetime.now(UTC) - timedelta(seconds=90))
    mine.refresh_from_db()
    assert (mine.answer, mine.answer_sequence) == (YES, 1)


def test_a_clock_that_runs_ahead_shuts_out_nothing(clock, say, mine):
    say(NO, stamp=datetime.now(UTC) + timedelta(days=3000))
    clock.shift(60)
    say(YES)
    mine.refresh_from_db()
    assert mine.answer == YES


def test_who_may_answer(say, ben, dora, eve, asha, mine):
    mine.person.refresh_from_db()
    for stranger in (ben, dora, eve):
        with pytest.raises(CannotAnswer) as refusal:
            say(NO, by=stranger)
        assert refusal.value.code == "not_allowed"
    say(NO, by=asha)


def test_what_was_taken_back_or_is_over_is_not_answered(clock, say, mine):
    Invitation.objects.filter(pk=mine.pk).update(cancelled=True)
    with pytest.raises(CannotAnswer) as refusal:
        say(NO)
    assert refusal.value.code == "cancelled"
    Invitation.objects.filter(pk=mine.pk).update(cancelled=False)
    clock.move_to(mine.duty.ends_at)
    with pytest.raises(CannotAnswer) as refusal:
        say(NO)
    assert refusal.value.code == "over"


@pytest.mark.django_db(transaction=True)
def test_the_rooms_above_hear_of_it_after_the_commit(say, heard, ana):
    say(NO, comment="Ill")
    say(NO)
    assert heard == [("declined", "Ana Ruiz", "Ill")]


@pytest.mark.django_db(transaction=True)
def test_the_same_answer_twice_at_once_is_one(say, dora, heard):
    stamp, start = datetime.now(UTC), threading.Barrier(4)
    outcomes: list[str] = []

    def reply() -> None:
        start.wait()
        try:
            say(NO, stamp=stamp)
            outcomes.append("taken")
        except CannotAnswer as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=reply) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["older", "older", "older", "taken"]
    assert len(told_to(dora)) == 1
    assert len(heard) == 1


@pytest.mark.parametrize("days", [2, 20])
def test_answers_for_a_board_are_one_query(programme, ana, ben, days, django_assert_num_queries):
    Duty.objects.all().delete()
    publish_days(programme, [[ana, ben]] * days, first=datetime.now(UTC).date() + timedelta(days=9))
    keep_up()
    invitation = Invitation.objects.filter(person=ana).earliest("starts_at")
    answer(invitation=invitation, says=YES, by=ana, how="by mail", sequence=0)
    duties = list(Duty.objects.all())
    with django_assert_num_queries(1):
        says = answers_for(duties)
    assert len(says) == 2 * days
    assert says[invitation.duty_id] == YES
    assert list(says.values()).count(AnswerStatus.NONE) == 2 * days - 1


def test_the_answer_of_the_officer_before_is_not_that_of_the_new_one(programme, say, mine, db):
    say(YES)
    carl = make_person("carl@example.com", "Carl Novak", is_executive=True)
    Duty.objects.filter(pk=mine.duty_id).update(person=carl)
    assert answers_for([Duty.objects.get(pk=mine.duty_id)]) == {}


def free_colleague() -> Person:
    return make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)


@pytest.mark.django_db(transaction=True)
def test_a_no_starts_the_search_for_cover_at_once(programme, say, mine):
    carl = free_colleague()
    Membership.objects.create(programme=programme, person=carl)
    say(NO, comment="Ill")
    swap = Swap.objects.get(duty=mine.duty)
    assert swap.search
    assert [ask.person for ask in swap.asks.all()] == [carl]
    mine.duty.refresh_from_db()
    assert mine.duty.person == mine.person


def test_a_no_whose_search_was_lost_is_looked_after_by_the_next_look(programme, say, mine):
    """Inside a test's transaction nothing is committed, so no signal goes out: as when the process died there."""
    carl = free_colleague()
    Membership.objects.create(programme=programme, person=carl)
    say(NO)
    assert not Swap.objects.exists()
    keep_up()
    assert Swap.objects.get(duty=mine.duty).search
    keep_up()
    keep_up_with_everybody()
    assert Swap.objects.count() == 1


def test_a_search_that_came_to_nothing_is_not_begun_again_and_again(clock, programme, say, mine):
    Membership.objects.create(programme=programme, person=free_colleague())
    say(NO)
    keep_up()
    Swap.objects.update(status=SwapStatus.DECLINED, ended_at=datetime.now(UTC))
    clock.shift(3600)
    keep_up_with_everybody()
    assert Swap.objects.count() == 1


def test_where_nobody_is_free_more_is_looked_for_once(clock, say, dora):
    say(NO)
    for _ in range(3):
        keep_up_with_everybody()
        clock.shift(7 * 3600)
    told = Letter.objects.filter(person=dora, kind="cover").count()
    assert told + CoverProposal.objects.count() == 1
