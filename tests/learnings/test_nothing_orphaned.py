"""Whatever happens, in whatever order: each open learning, action, idea and hotspot has one owner who is here."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learnings import actions, hotspots, ideas, recording, themes
from learnings.leaving import mend_orphans
from learnings.models import Action, Cause, Hotspot, Idea, Learning, Source, Theme, Touchpoint
from learnings.touchpoints import save_touchpoint, tell_of_vacant
from people import joining
from people.errors import Refused
from people.models import Letter, Person
from tests.conftest import make_person

WORDS = "Because of the move."


class World:
    """Six people, three touchpoints, and an administrator who never leaves (the last one cannot)."""

    def __init__(self) -> None:
        self.admin = make_person("root@example.com", "Root", is_admin=True)
        self.people = [
            make_person(
                f"p{n}@example.com", f"P {n}", is_executive=n % 2 == 0, is_support=n % 2 == 1, is_admin=n == 5
            )
            for n in range(6)
        ]
        self.places = [
            Touchpoint.objects.create(name=f"T {n}", owner=self.people[n], deputy=self.people[n + 3])
            for n in range(3)
        ]

    def person(self, n: int) -> Person:
        return Person.objects.get(pk=self.people[n % 6].pk)

    def one(self, rows, n: int):
        found = list(rows.order_by("pk"))
        return found[n % len(found)] if found else None

    def step(self, verb: str, a: int, b: int) -> None:  # noqa: C901, PLR0912 - one line a verb
        due = datetime.now(UTC).date() + timedelta(days=9)
        place = Touchpoint.objects.get(pk=self.places[a % 3].pk)
        learning, action = self.one(Learning.objects, a), self.one(Action.objects.live(), a)
        theme, other = self.one(Theme.objects.live(), a), self.one(Theme.objects.live(), b)
        idea, hotspot = self.one(Idea.objects, a), self.one(Hotspot.objects.open(), a)
        who = self.person(b)
        if verb == "log":
            recording.log_learning(
                quote="Q", touchpoint=place, cause=Cause.values[b % 2], feeling="annoyed",
                source=Source.SESSION, author=self.admin,
            )  # fmt: skip
        elif verb == "leave":
            joining.deactivate(person=self.person(a), by=self.admin)
        elif verb == "return":
            joining.reactivate(person=self.person(a), by=self.admin)
        elif verb == "idea":
            ideas.send_idea(words="I", by=who, touchpoint=place if a % 2 else None)
        elif verb == "place":
            save_touchpoint(by=self.admin, touchpoint=place, name=place.name, owner=who, deputy=None)
        elif verb == "plan" and theme:
            actions.plan_action(what="W", owner=who, due_on=due, by=self.admin, theme=theme)
        elif verb == "merge" and theme and other:
            themes.merge(theme=theme, into=other, by=self.admin)
        elif verb == "decline" and action:
            actions.decline(action=action, reason=WORDS, by=self.admin)
        elif verb == "do" and action:
            for origin in actions.origins_of(action):
                if origin.told is None:
                    actions.tell(action=action, key=origin.key, text=WORDS, by=self.admin, how="by phone")
            done = actions.finish(action=action, words=WORDS, by=self.admin)
            if b % 2:
                actions.reopen_as(done, due_in=timedelta(days=9), why="No", by=None)
        elif verb == "answer" and idea:
            answer = ("yes", "no", "when")[b % 3]
            ideas.answer_idea(idea=idea, answer=answer, reason=WORDS, by=self.admin, when_on=due)
        elif verb == "clock":
            Idea.objects.filter(status="when").update(when_on=datetime.now(UTC).date())
            ideas.start_clocks_again()
        elif verb == "give" and learning:
            recording.hand_on(learning=learning, to=who, by=self.admin)
        elif verb == "settle" and learning:
            if b % 2:
                recording.settle(learning=learning, status="declined", words=WORDS, by=self.admin)
            else:
                recording.reopen(learning=learning, by=self.admin)
        elif verb == "close" and hotspot:
            if b % 2:
                hotspots.close(hotspot=hotspot, words=WORDS, by=self.admin)
            else:
                hotspots.hand_on(hotspot=hotspot, to=who, by=self.admin)


VERBS = ["log", "log", "log", "leave", "leave", "return", "idea", "place", "plan", "merge", "decline", "do",
         "answer", "clock", "give", "settle", "close"]  # fmt: skip


def orphans() -> list[object]:
    gone = {"owner__is_active": False}
    return [
        *Learning.objects.open().filter(**gone),
        *Action.objects.live().filter(**gone),
        *Idea.objects.waiting().filter(**gone),
        *Hotspot.objects.open().filter(**gone),
        *Touchpoint.objects.filter(**gone),
    ]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(VERBS), st.integers(0, 40), st.integers(0, 40)), min_size=8, max_size=40
    )
)
def test_everything_open_has_one_owner_who_is_here(transactional_world, steps) -> None:
    world = transactional_world()
    for verb, a, b in steps:
        try:
            world.step(verb, a, b)
        except Refused:
            continue
        assert not orphans(), (verb, a, b)


@pytest.fixture
def transactional_world(db):
    """A new world for each example, the one before rolled back."""
    from django.db import transaction  # noqa: PLC0415

    state = {"point": None}

    def make() -> World:
        if state["point"] is not None:
            transaction.savepoint_rollback(state["point"])
        state["point"] = transaction.savepoint()
        return World()

    return make


def test_administrators_are_told_each_week_until_it_has_an_owner(
    clock, billing: Touchpoint, dora: Person, cleo: Person, ben: Person
) -> None:
    admin = make_person("root@example.com", "Root", is_admin=True)
    joining.deactivate(person=dora, by=admin)
    billing.refresh_from_db()
    assert (billing.owner, billing.deputy) == (cleo, None)
    letters = Letter.objects.filter(kind="touchpoint", person=admin)
    assert letters.count() == 1
    assert tell_of_vacant() == 0
    clock.shift(timedelta(days=7))
    assert tell_of_vacant() == 1
    save_touchpoint(by=admin, touchpoint=billing, name="Billing", owner=ben)
    clock.shift(timedelta(days=7))
    assert tell_of_vacant() == 0


def test_what_was_written_by_hand_is_mended(learn, dora: Person, cleo: Person) -> None:
    learning = learn()
    make_person("root@example.com", "Root", is_admin=True)
    Person.objects.filter(pk=dora.pk).update(is_active=False)
    assert orphans()
    assert mend_orphans() == 1
    learning.refresh_from_db()
    assert learning.owner == cleo
    assert not orphans()
    assert mend_orphans() == 0
