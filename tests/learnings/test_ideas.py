"""Ideas and the clock that only yes, no or when stops; notices and what then came in."""

from datetime import UTC, date, datetime, timedelta

import pytest

from learnings import ideas, notices
from learnings.models import Idea, IdeaStatus, Notice, Rules, Touchpoint
from people.errors import Refused
from people.models import Letter, Person
from tests.learnings.conftest import Learn

WEEK = timedelta(days=7)


@pytest.fixture
def idea(clock, billing: Touchpoint, eve: Person) -> Idea:
    """Eve has no role at all, and an idea for Dora's touchpoint."""
    return ideas.send_idea(words="Close both in one form.", by=eve, touchpoint=billing)


def test_ill_look_into_it_is_a_remark_and_the_clock_runs_on(
    clock, idea: Idea, dora: Person, eve: Person, ben: Person
) -> None:
    assert (idea.owner, idea.answer_due_at - idea.created_at) == (dora, WEEK)
    with pytest.raises(Refused):
        ideas.answer_idea(idea=idea, answer="yes", reason="Because.", by=ben)
    for words in ("I'll look into it", "I’ll look into it.", "We will get back to you soon!", "Good idea!"):
        ideas.answer_idea(idea=idea, answer="yes", reason=words, by=dora)
    idea.refresh_from_db()
    assert idea.status == IdeaStatus.WAITING
    assert idea.remarks.count() == 4
    assert not Letter.objects.filter(person=eve).exists()
    clock.shift(WEEK + timedelta(seconds=1))
    assert list(Idea.objects.overdue(datetime.now(UTC))) == [idea]
    answered = ideas.answer_idea(
        idea=idea, answer="no", reason="The law wants two signatures, and two forms have them.", by=dora
    )
    letter = Letter.objects.get(person=eve)
    assert "No" in letter.subject
    assert "two signatures" in letter.text
    assert letter.due_at - answered.answered_at < timedelta(minutes=1)
    assert answered.answered_at > answered.answer_due_at
    assert not Idea.objects.overdue(datetime.now(UTC)).exists()


def test_when_stops_the_clock_until_its_day(clock, idea: Idea, dora: Person) -> None:
    day = datetime.now(UTC).date() + timedelta(days=30)
    for wrong in (None, datetime.now(UTC).date(), date.max):
        with pytest.raises(Refused) as refused:
            ideas.answer_idea(idea=idea, answer="when", reason="After the move.", by=dora, when_on=wrong)
        assert refused.value.field == "when_on"
    ideas.answer_idea(idea=idea, answer="when", reason="After the move.", by=dora, when_on=day)
    clock.shift(timedelta(days=29))
    assert ideas.start_clocks_again() == 0
    assert not Idea.objects.overdue(datetime.now(UTC)).exists()
    clock.shift(timedelta(days=1))
    assert ideas.start_clocks_again() == 1
    clock.shift(WEEK + timedelta(minutes=1))
    assert Idea.objects.overdue(datetime.now(UTC)).get().owner == dora


def test_support_is_a_count_and_an_idea_is_passed_on_with_its_clock(
    idea: Idea, ana: Person, ben: Person, dora: Person
) -> None:
    assert [ideas.support(idea=idea, by=ana), ideas.support(idea=idea, by=ana)] == [1, 1]
    assert ideas.support(idea=idea, by=ben) == 2
    assert ideas.unsupport(idea=idea, by=ana) == 1
    passed = ideas.pass_on(idea=idea, to=ben, by=dora)
    assert (passed.owner, passed.answer_due_at) == (ben, idea.answer_due_at)
    assert Letter.objects.get(kind="idea").person == ben


def test_an_idea_of_no_touchpoint_goes_to_whom_the_rules_name(ana: Person, ben: Person, dora: Person) -> None:
    assert ideas.send_idea(words="A bell at the desk.", by=ana).owner == dora
    Rules.objects.create(pk=1, ideas_owner=ben)
    assert ideas.send_idea(words="A bell at the desk.", by=ana).owner == ben
    with pytest.raises(Refused):
        ideas.send_idea(words=" \n ", by=ana)


@pytest.mark.parametrize(
    ("words", "evasive"),
    [
        ("I'll look into it", True),
        ("Let me check with the team.", True),
        ("We are looking into this", True),
        ("noted", True),
        ("Thanks!", True),
        (
            """I will look into it until Friday: the vendor answers first, then we buy two;
            Ben agreed, and the money is there.""",
            False,
        ),
        ("We will pay for it from May.", False),
        ("Too dear: 40,000 a year for two calls.", False),
    ],
)  # fmt: skip
def test_what_is_no_reason(words: str, evasive: bool) -> None:
    assert ideas.is_evasive(words) == evasive


@pytest.fixture
def notice(clock, ana: Person, cleo: Person) -> Notice:
    return notices.publish_notice(
        by=ana,
        title="40,000 statements go out on Thursday",
        starts_on=date(2026, 6, 18),
        keywords="Statement, yearly letter",
        questions=[notices.Question("Why two pages?", "The second is the tariff.")],
    )


def test_readers_acknowledge_once_and_the_others_are_nudged_the_day_before(
    clock, notice: Notice, cleo: Person, ana: Person
) -> None:
    other = Person.objects.create_user("fay@example.com", name="Fay Field", is_support=True)
    assert list(notices.readers_of(notice)) == [cleo, other]
    assert list(Notice.objects.awaiting(cleo)) == [notice]
    assert not Notice.objects.awaiting(ana).exists()
    notices.acknowledge(notice=notice, by=cleo)
    notices.acknowledge(notice=notice, by=cleo)
    assert notice.acknowledgements.count() == 1
    assert list(notices.still_to_read(notice)) == [other]
    assert notices.nudge_due() == 1
    assert notices.nudge_due() == 0
    assert Letter.objects.get(kind="notice").person == other


def test_what_comes_in_links_itself(clock, notice: Notice, learn: Learn, billing: Touchpoint) -> None:
    learn("My statement has two pages.")
    assert not notice.arrivals.exists()  # the day before
    clock.shift(timedelta(days=1))
    came = learn("My statements have two pages.")
    learn("Nobody answers the phone.")
    learn("A statement of the board.", sensitive=True)
    notices.came_in(
        words="Asks about the yearly letter.", reference="case 7", path="/cases/7/", at=datetime.now(UTC)
    )
    notices.came_in(
        words="The yearly letter again", reference="case 7", path="/cases/7/", at=datetime.now(UTC)
    )
    assert [one.reference for one in notice.arrivals.all()] == [f"learning {came.pk}", "case 7"]
    clock.shift(timedelta(days=4))
    learn("A late statement.")
    assert notice.arrivals.count() == 2


def test_without_keywords_it_is_the_touchpoint(
    clock, learn: Learn, billing: Touchpoint, helpline: Touchpoint, ana: Person, cleo: Person
) -> None:
    notice = notices.publish_notice(
        by=ana, title="Prices rise", starts_on=date(2026, 6, 17), touchpoint=billing
    )
    learn("Dearer again?")
    learn("Dearer again?", touchpoint=helpline)
    assert notice.arrivals.count() == 1
    with pytest.raises(Refused):
        notices.withdraw_notice(notice=notice, by=cleo)
    notices.withdraw_notice(notice=notice, by=ana)
    learn("Dearer again?")
    assert notice.arrivals.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"ends_on": date(2026, 6, 1)}, "ends_on"),
        ({"ends_on": date(2027, 6, 1)}, "ends_on"),
        ({"starts_on": date.min}, "starts_on"),
        ({"starts_on": date.max}, "starts_on"),
        ({"starts_on": date(2199, 12, 1), "ends_on": date(2200, 1, 1)}, "ends_on"),
        ({"audience": "cats"}, "audience"),
        ({"keywords": "x" * 301}, "keywords"),
        ({"questions": [notices.Question("Why?", "")]}, "questions"),
        ({"questions": [notices.Question("Why?", "So.")] * 21}, "questions"),
    ],
)
def test_bad_notices_are_refused_by_name(ana: Person, wrong, field) -> None:
    good = {"by": ana, "title": "Prices rise", "starts_on": date(2026, 6, 17)}
    with pytest.raises(Refused) as refused:
        notices.publish_notice(**{**good, **wrong})
    assert refused.value.field == field
    assert not Notice.objects.exists()
