"""Themes, hotspots and actions: from what keeps coming back to whether what was done about it worked."""

from datetime import UTC, date, datetime, timedelta

import pytest

from customers.models import Account
from learnings import actions, hotspots, themes
from learnings.measuring import judge, measure_due
from learnings.models import (
    Action,
    ActionStatus,
    Cause,
    Hotspot,
    HotspotStatus,
    Learning,
    LearningStatus,
    Rules,
    Theme,
    Touchpoint,
    Verdict,
)
from people.errors import Refused
from people.models import Letter, Person
from tests.learnings.conftest import Learn

SOON = timedelta(days=14)


def today() -> date:
    return datetime.now(UTC).date()


def test_three_in_thirty_days_open_one_hotspot_and_give_it_to_the_owner(
    clock, learn: Learn, dora: Person
) -> None:
    learn("Once.")
    clock.shift(timedelta(days=31))
    learn("Twice.")
    learn("Thrice, but not within thirty days.")
    assert not Hotspot.objects.exists()
    fourth = learn("The third within thirty days.")
    (hotspot,) = Hotspot.objects.open()
    assert (hotspot.owner, hotspot.count, hotspot.theme) == (dora, 3, fourth.theme)
    assert Letter.objects.get(kind="hotspot").person == dora
    learn("And again.")
    assert Hotspot.objects.count() == 1
    hotspots.close(hotspot=hotspot, words="The form was mended.", by=dora)
    clock.shift(timedelta(days=1))
    learn("One since.")
    learn("Two since.")
    assert not Hotspot.objects.open().exists()
    learn("Three since: it did not help.")
    assert Hotspot.objects.open().count() == 1


def test_the_number_is_the_rules(learn: Learn, db) -> None:
    Rules.objects.create(pk=1, hotspot_count=2, hotspot_days=5)
    learn()
    learn()
    assert Hotspot.objects.get().count == 2


def test_a_merge_is_a_persons_choice_and_takes_everything_along(
    learn: Learn, helpline: Touchpoint, ana: Person, eve: Person, dora: Person
) -> None:
    for n in range(3):
        learn(f"Invoice {n}")
        learn(f"Call {n}", touchpoint=helpline)
    one, two = Theme.objects.order_by("pk")
    planned = actions.plan_action(what="Mend it", owner=dora, due_on=today(), by=ana, theme=one)
    with pytest.raises(Refused):
        themes.merge(theme=one, into=two, by=eve)
    themes.merge(theme=one, into=two, by=ana)
    planned.refresh_from_db()
    assert planned.theme == two
    assert Hotspot.objects.open().get().theme == two
    assert Hotspot.objects.exclude(status=HotspotStatus.OPEN).get().closed_words.startswith("Merged into")
    assert Learning.objects.filter(theme=two).count() == 6
    assert learn("What would have fallen into the first").theme == two
    for wrong in ((one, two), (two, one), (two, two)):
        with pytest.raises(Refused):
            themes.merge(theme=wrong[0], into=wrong[1], by=ana)


@pytest.mark.parametrize("day", [date.min, date(2026, 1, 1), date(2200, 1, 1), date.max])
def test_an_action_is_due_on_a_day_that_comes(planned: Action, dora: Person, day: date) -> None:
    with pytest.raises(Refused) as refused:
        actions.plan_action(what="Mend it", owner=dora, due_on=day, by=dora, theme=planned.theme)
    assert refused.value.field == "due_on"
    with pytest.raises(Refused) as refused:
        actions.change_action(action=planned, what="Mend it", owner=dora, due_on=day, by=dora)
    assert refused.value.field == "due_on"


def test_learnings_are_gathered_under_a_name_and_moved(learn: Learn, ana: Person) -> None:
    one, two, other = learn("A"), learn("B", cause=Cause.TOOL), learn("C")
    theme = themes.gather(learnings=[one, two], title="Closed depots", by=ana)
    assert set(theme.learnings.all()) == {one, two}
    assert themes.move(learning=other, theme=theme, by=ana).theme == theme
    assert themes.rename(theme=theme, title="Depots", by=ana).title == "Depots"
    with pytest.raises(Refused):
        themes.gather(learnings=[one], title="Alone", by=ana)


@pytest.fixture
def planned(learn: Learn, account: Account, ana: Person, cleo: Person, dora: Person) -> Action:
    """Dora's action about two learnings: one of Acme's with Cleo on the call, one of nobody's."""
    learn("Acme's", account=account, agent=cleo)
    theme = learn("Somebody's").theme
    return actions.plan_action(
        what="Close the address in the same form",
        owner=dora,
        due_on=today() + SOON,
        by=ana,
        theme=theme,
        cost="Two days",
        value="No wrong invoices",
    )


def test_nothing_is_done_before_those_from_whom_it_came_were_told(
    planned: Action, ana: Person, ben: Person, dora: Person
) -> None:
    assert Letter.objects.get(kind="action").person == dora
    origins = {one.kind: one for one in actions.origins_of(planned)}
    assert set(origins) == {"customer", "agent", "member of staff"}
    assert origins["member of staff"].person == ana
    actions.start(action=planned, by=dora)
    with pytest.raises(Refused, match="Acme Industries, Cleo Martin, Ana Ruiz"):
        actions.finish(action=planned, words="Done.", by=dora)
    with pytest.raises(Refused):
        actions.tell(action=planned, key=origins["agent"].key, text="Thank you.", by=ben)
    actions.tell(action=planned, key=origins["customer"].key, text="We mended it.", by=dora)
    mail = Letter.objects.get(kind="told")
    assert (mail.address, mail.reply_to) == ("grace@acme.example.com", dora.email)
    assert "We mended it." in mail.text
    actions.tell(action=planned, key=origins["agent"].key, text="Mended.", by=dora, how="by phone")
    with pytest.raises(Refused, match="told already"):
        actions.tell(action=planned, key=origins["agent"].key, text="Mended.", by=dora)
    with pytest.raises(Refused):
        actions.tell(action=planned, key="person:999999", text="Mended.", by=dora)
    actions.tell(action=planned, key=origins["member of staff"].key, text="Mended.", by=dora)
    done = actions.finish(action=planned, words="Both are closed in one form.", by=dora)
    assert done.status == ActionStatus.DONE
    assert [one.text for one in done.told.all()] == ["We mended it.", "Mended.", "Mended."]
    assert set(Learning.objects.values_list("status", "settled_words")) == {
        (LearningStatus.DONE, "Both are closed in one form.")
    }


def do(action: Action, by: Person) -> None:
    for origin in actions.origins_of(action):
        if origin.told is None:
            actions.tell(action=action, key=origin.key, text="Mended.", by=by, how="by phone")
    actions.finish(action=action, words="Mended.", by=by)


@pytest.mark.parametrize(
    ("since", "verdict"),
    [(0, Verdict.WORKED), (1, Verdict.WORKED), (2, Verdict.DID_NOT), (3, Verdict.DID_NOT)],
)
def test_thirty_days_later_it_says_whether_it_worked(
    clock, planned: Action, learn: Learn, dora: Person, since: int, verdict: Verdict
) -> None:
    clock.shift(timedelta(days=3))
    do(planned, dora)
    for n in range(since):
        clock.shift(timedelta(days=1))
        learn(f"Since {n}")
    clock.shift(timedelta(days=29 - since))
    assert measure_due() == 0
    clock.shift(timedelta(days=1))
    assert measure_due() == 1
    assert measure_due() == 0
    planned.refresh_from_db()
    assert planned.verdict == verdict
    measured = planned.measurements.get()
    assert (measured.before, measured.after, measured.days) == (2, since, 30)
    if verdict == Verdict.DID_NOT:
        assert (planned.status, planned.round) == (ActionStatus.OPEN, 2)
        assert planned.due_on == today() + timedelta(days=30)
        assert set(planned.learnings.values_list("status", flat=True)) == {LearningStatus.OPEN}
        assert all(one.told is None for one in actions.origins_of(planned))
        with pytest.raises(Refused):
            actions.finish(action=planned, words="Again.", by=dora)
        do(planned, dora)
    else:
        assert planned.status == ActionStatus.DONE


def test_too_early_is_measured_again(clock, learn: Learn, ana: Person, dora: Person) -> None:
    learning = learn("The only one.")
    action = actions.plan_action(what="Mend it", owner=dora, due_on=today(), by=ana, learnings=[learning])
    clock.shift(timedelta(days=1))
    do(action, dora)
    for _ in range(4):
        clock.shift(timedelta(days=30))
        assert measure_due() == 1
    clock.shift(timedelta(days=365))
    assert measure_due() == 0
    action.refresh_from_db()
    assert (action.verdict, action.measurements.count()) == (Verdict.TOO_EARLY, 4)


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (0, 0, Verdict.TOO_EARLY),
        (1, 0, Verdict.TOO_EARLY),
        (0, 1, Verdict.DID_NOT),
        (1, 1, Verdict.DID_NOT),
        (2, 0, Verdict.WORKED),
        (4, 2, Verdict.WORKED),
        (4, 3, Verdict.TOO_EARLY),
        (4, 4, Verdict.DID_NOT),
        (4, 9, Verdict.DID_NOT),
    ],
)
def test_the_verdict_by_numbers(before: int, after: int, verdict: Verdict) -> None:
    assert judge(before=before, after=after) == verdict


def test_declining_needs_a_reason_and_settles_what_no_other_action_is_about(
    planned: Action, ana: Person, dora: Person
) -> None:
    one, two = planned.learnings.order_by("pk")
    other = actions.plan_action(what="Another", owner=dora, due_on=today(), by=ana, learnings=[two])
    with pytest.raises(Refused):
        actions.decline(action=planned, reason=" ", by=dora)
    actions.decline(action=planned, reason="The form goes away in March.", by=dora)
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.status, two.status) == (LearningStatus.DECLINED, LearningStatus.OPEN)
    with pytest.raises(Refused):
        actions.start(action=planned, by=dora)
    assert list(Action.objects.overdue(today() + timedelta(days=1))) == [other]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"what": ""}, "what"), ({"what": "x" * 301}, "what"), ({"due_on": date(2020, 1, 1)}, "due_on"),
     ({"cost": "x" * 301}, "cost"), ({"theme": None}, "theme")],
)  # fmt: skip
def test_bad_actions_are_refused_by_name(learn: Learn, ana: Person, dora: Person, wrong, field) -> None:
    good = {"what": "Mend it", "owner": dora, "due_on": today(), "by": ana, "theme": learn().theme}
    with pytest.raises(Refused) as refused:
        actions.plan_action(**{**good, **wrong})
    assert refused.value.field == field
    assert not Action.objects.exists()
