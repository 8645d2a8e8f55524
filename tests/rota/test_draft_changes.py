"""A draft changed by hand: what each change would cost, what it would break, locks, and what is missing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import Person
from rota import draft_changes
from rota.draft_view import DraftView
from rota.drafting import draft_rota
from rota.errors import CannotChangeDraft, CannotPublish
from rota.models import Duty, ListeningHold, PlanningStatus, Preference, Programme, Rota
from rota.planning.score import score
from rota.publishing import publish
from tests.rota.offices import away, make_office, members_of, serve

MONDAY = date(2027, 3, 1)
TUESDAY = date(2027, 3, 2)
LAST = date(2027, 3, 31)

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Programme:
    return make_office(6, min_gap_days=3)


@pytest.fixture
def draft(office: Programme) -> Rota:
    rota = draft_rota(programme=office, first=MONDAY, last=LAST).rota
    assert rota is not None
    return rota


def score_of(rota: Rota) -> int:
    view = DraftView.of(Rota.objects.get(pk=rota.pk))
    return score(view.instance, view.plan)


def holder(rota: Rota, day: date, seat: int = 0) -> Person:
    return rota.duties.get(day=day, seat=seat).person


class TestCost:
    def test_the_points_told_are_what_the_score_grows_by(self, draft: Rota, dora: Person) -> None:
        before = score_of(draft)
        costs = [
            cost for cost in draft_changes.candidates(rota=draft, day=TUESDAY, seat=0) if not cost.forbidden
        ]
        cost = costs[-1]
        assert cost.points > 0
        draft_changes.assign(rota=draft, day=TUESDAY, seat=0, to=cost.person, by=dora)
        assert score_of(draft) == before + cost.points

    def test_candidates_are_ranked_and_the_holder_costs_nothing(self, draft: Rota) -> None:
        costs = draft_changes.candidates(rota=draft, day=TUESDAY, seat=0)
        assert len(costs) == 6
        ranks = [(bool(cost.forbidden), bool(cost.breaches), cost.points) for cost in costs]
        assert ranks == sorted(ranks)
        mine = next(cost for cost in costs if cost.person == holder(draft, TUESDAY))
        assert (mine.points, mine.breaches, mine.forbidden) == (0, (), "")
        assert mine.text.startswith(f"{mine.person.name} has ")
        other = next(cost for cost in costs if cost.points)
        assert f"{other.person.name} would have " in other.text
        assert "in March 2027; the fair share is 3.75." in other.text or "the fair share is" in other.text
        backup = next(cost for cost in costs if cost.person == holder(draft, TUESDAY, 1))
        assert (
            backup.forbidden
            == f"{backup.person.name} is backup on 2 March 2027 already. Exchange the two instead."
        )

    def test_what_it_would_break_is_told_by_name_and_date(self, draft: Rota, office: Programme) -> None:
        there = set(draft.duties.filter(day=TUESDAY).values_list("person", flat=True))
        primary_on_monday = holder(draft, MONDAY)
        others = [one for one in members_of(office) if one.pk not in there | {primary_on_monday.pk}]
        absent, unwilling = others[0], others[1]
        away(absent, TUESDAY, TUESDAY, "leave")
        Preference.objects.create(person=unwilling, day=TUESDAY, liking=-2, created_at=datetime.now(UTC))

        told = {cost.person: cost for cost in draft_changes.candidates(rota=draft, day=TUESDAY, seat=0)}

        assert f"{absent.name} cannot serve on 2 March 2027: leave." in told[absent].breaches
        assert f"{unwilling.name} would rather not serve on 2 March 2027." in told[unwilling].breaches
        if primary_on_monday.pk not in there:
            assert any(
                "1 and 2 March 2027: less than 3 days apart." in said
                for said in told[primary_on_monday].breaches
            )

    def test_an_exchange_is_worth_what_both_sides_are(self, draft: Rota, dora: Person) -> None:
        primary = list(draft.duties.filter(seat=0).order_by("day"))
        one = primary[0]
        other = next(
            duty
            for duty in primary
            if duty.person_id != one.person_id
            and not draft.duties.filter(day=duty.day, person=one.person).exists()
            and not draft.duties.filter(day=one.day, person=duty.person).exists()
        )
        before = score_of(draft)
        cost = draft_changes.cost_of_exchange(one=one, other=other)
        assert not cost.forbidden
        assert [side.person for side in cost.sides] == [one.person, other.person]
        assert "has " in cost.sides[0].text  # as many as before
        draft_changes.exchange(one=one, other=other, by=dora)
        assert score_of(draft) == before + cost.points

    def test_primary_and_backup_of_one_day_can_change_places(self, draft: Rota, dora: Person) -> None:
        primary, backup = draft.duties.filter(day=TUESDAY).order_by("seat")
        first, second = primary.person, backup.person
        assert not draft_changes.cost_of_exchange(one=primary, other=backup).forbidden
        draft_changes.exchange(one=primary, other=backup, by=dora)
        assert (holder(draft, TUESDAY, 0), holder(draft, TUESDAY, 1)) == (second, first)
        assert primary.person == second

    def test_somebody_on_duty_elsewhere_is_forbidden(
        self, draft: Rota, office: Programme, dora: Person
    ) -> None:
        there = set(draft.duties.filter(day=TUESDAY).values_list("person", flat=True))
        one = next(member for member in members_of(office) if member.pk not in there)
        other = make_office(0, slug="other", members=[one])
        serve(other, TUESDAY, one)
        cost = draft_changes.cost_of(rota=draft, day=TUESDAY, seat=0, to=one)
        assert cost.forbidden == f"{one.name} cannot be asked on 2 March 2027: on duty in Other."
        with pytest.raises(CannotChangeDraft, match="on duty in Other"):
            draft_changes.assign(rota=draft, day=TUESDAY, seat=0, to=one, by=dora)

    def test_queries_do_not_grow_with_the_rota(self, draft: Rota) -> None:
        office = make_office(12, slug="large")
        large = draft_rota(programme=office, first=MONDAY, last=date(2027, 6, 30)).rota
        assert large is not None
        counts = []
        for rota in (draft, large):
            for look in (
                lambda rota: draft_changes.candidates(rota=rota, day=TUESDAY, seat=0),
                lambda rota: draft_changes.readiness(rota=rota),
                lambda rota: draft_changes.standings(rota=rota),
            ):
                fresh = Rota.objects.select_related("programme").get(pk=rota.pk)
                with CaptureQueriesContext(connection) as seen:
                    look(fresh)
                counts.append(len(seen))
        assert counts[:3] == counts[3:]
        assert max(counts) <= 20


class TestChanges:
    def test_a_seat_that_was_given_by_hand_is_locked_and_on_record(
        self, draft: Rota, office: Programme, dora: Person
    ) -> None:
        there = set(draft.duties.filter(day=TUESDAY).values_list("person", flat=True))
        to = next(member for member in members_of(office) if member.pk not in there)
        duty = draft_changes.assign(rota=draft, day=TUESDAY, seat=0, to=to, by=dora)
        assert duty.locked
        assert duty.why.startswith(f"{dora.name} seated {to.name} by hand. {to.name} ")
        record = duty.history.first()
        assert (record.history_user, record.person) == (dora, to)
        again = draft_rota(programme=office, first=MONDAY, last=LAST).rota
        assert again == draft
        assert holder(draft, TUESDAY) == to

    def test_an_empty_seat_is_filled(self, draft: Rota, office: Programme, dora: Person) -> None:
        draft.duties.get(day=TUESDAY, seat=1).delete()
        (problem,) = draft_changes.readiness(rota=draft)
        assert problem.text.startswith("Nobody is backup on 2 March 2027: ")
        best = next(c for c in draft_changes.candidates(rota=draft, day=TUESDAY, seat=1) if not c.forbidden)
        duty = draft_changes.assign(rota=draft, day=TUESDAY, seat=1, to=best.person, by=dora)
        monday = draft.duties.get(day=MONDAY, seat=1)
        assert duty.starts_at == monday.starts_at + timedelta(days=1)
        assert draft_changes.readiness(rota=draft) == []

    def test_unlocked_it_may_move_again(self, draft: Rota, dora: Person) -> None:
        duty = draft.duties.get(day=TUESDAY, seat=0)
        assert draft_changes.lock(duty=duty, by=dora).locked
        assert Duty.objects.get(pk=duty.pk).locked
        assert not draft_changes.unlock(duty=duty, by=dora).locked
        assert not Duty.objects.get(pk=duty.pk).locked

    def test_solving_again_is_asked_for(self, draft: Rota, dora: Person) -> None:
        run = draft_changes.solve_again(rota=draft, by=dora, seconds=9)
        assert (run.first_day, run.last_day, run.time_limit) == (MONDAY, LAST, 9)
        assert run.status == PlanningStatus.WAITING

    def test_discarded_it_is_gone_with_its_times(self, draft: Rota, office: Programme, dora: Person) -> None:
        ListeningHold.objects.create(
            programme=office,
            person=members_of(office)[0],
            rota=draft,
            starts_at=datetime(2027, 3, 4, 15, tzinfo=UTC),
            ends_at=datetime(2027, 3, 4, 16, tzinfo=UTC),
            month=MONDAY,
            created_at=datetime.now(UTC),
        )
        draft_changes.discard(rota=draft, by=dora)
        assert not Rota.objects.exists()
        assert not Duty.objects.exists()
        assert not ListeningHold.objects.exists()
        with pytest.raises(CannotChangeDraft, match="gone"):
            draft_changes.discard(rota=draft, by=dora)

    def test_only_administrators_and_only_drafts(self, draft: Rota, office: Programme, dora: Person) -> None:
        one, *_ = members_of(office)
        duty, other = draft.duties.order_by("day", "seat")[:2]
        for verb, arguments in (
            (draft_changes.assign, {"rota": draft, "day": TUESDAY, "seat": 0, "to": one}),
            (draft_changes.exchange, {"one": duty, "other": other}),
            (draft_changes.lock, {"duty": duty}),
            (draft_changes.unlock, {"duty": duty}),
            (draft_changes.solve_again, {"rota": draft}),
            (draft_changes.discard, {"rota": draft}),
        ):
            with pytest.raises(CannotChangeDraft, match="Only administrators"):
                verb(**arguments, by=one)  # type: ignore[operator]
        publish(rota=draft)
        duty.refresh_from_db()
        for verb, arguments in (
            (draft_changes.candidates, {"rota": draft, "day": TUESDAY, "seat": 0}),
            (draft_changes.assign, {"rota": draft, "day": TUESDAY, "seat": 0, "to": one, "by": dora}),
            (draft_changes.lock, {"duty": duty, "by": dora}),
            (draft_changes.discard, {"rota": draft, "by": dora}),
        ):
            with pytest.raises(CannotChangeDraft, match="is published"):
                verb(**arguments)  # type: ignore[operator]

    @pytest.mark.parametrize(
        ("day", "seat", "words"),
        [
            (date(2027, 3, 6), 0, "no duty day"),
            (date(2027, 4, 1), 0, "no duty day"),
            (TUESDAY, 2, "no such seat"),
        ],
    )
    def test_a_seat_that_is_none(self, draft: Rota, day: date, seat: int, words: str) -> None:
        with pytest.raises(CannotChangeDraft, match=words):
            draft_changes.candidates(rota=draft, day=day, seat=seat)

    def test_a_stranger_and_a_day_of_somebody_elses_are_refused(
        self, draft: Rota, office: Programme, eve: Person, dora: Person
    ) -> None:
        with pytest.raises(CannotChangeDraft, match="no member"):
            draft_changes.cost_of(rota=draft, day=TUESDAY, seat=0, to=eve)
        one, two, *_ = members_of(office)
        serve(office, TUESDAY, one, two)
        with pytest.raises(CannotChangeDraft, match="published already"):
            draft_changes.assign(rota=draft, day=TUESDAY, seat=0, to=one, by=dora)

    def test_a_duty_that_changed_meanwhile_is_not_exchanged(
        self, draft: Rota, office: Programme, dora: Person
    ) -> None:
        one, other = draft.duties.filter(seat=0).order_by("day")[:2]
        third = next(
            member for member in members_of(office) if member.pk not in (one.person_id, other.person_id)
        )
        Duty.objects.filter(pk=one.pk).update(person=third)
        with pytest.raises(CannotChangeDraft, match="changed meanwhile"):
            draft_changes.exchange(one=one, other=other, by=dora)


class TestReadiness:
    def test_a_good_draft_lacks_nothing(self, draft: Rota) -> None:
        assert draft_changes.readiness(rota=draft) == []

    def test_what_is_missing_is_named(self, draft: Rota, office: Programme) -> None:
        silent, gone, absent, asking = members_of(office)[:4]
        Person.objects.filter(pk=silent.pk).update(phone="", phone_verified_at=None)
        Person.objects.filter(pk=gone.pk).update(is_active=False)
        day = draft.duties.filter(person=absent).order_by("day")[0].day
        away(absent, day, day, "leave")
        other_day = draft.duties.filter(person=asking).order_by("day")[0].day
        away(asking, other_day, other_day, status="waiting")

        problems = draft_changes.readiness(rota=draft)
        said = {problem.person: problem for problem in problems if problem.person in (silent, gone)}

        assert "has no phone number, and is on duty on" in said[silent].text
        assert not said[silent].blocks
        assert "has left" in said[gone].text
        assert said[gone].blocks
        texts = [problem.text for problem in problems]
        assert any(f"{absent.name} cannot serve on" in text and "leave" in text for text in texts)
        assert any(f"{asking.name} is " in text and "waits for your word" in text for text in texts)
        days = [problem.day for problem in problems if problem.day is not None]
        assert days == sorted(days)

    def test_what_blocks_is_what_publishing_refuses(
        self, draft: Rota, office: Programme, dora: Person
    ) -> None:
        one, two, *_ = members_of(office)
        serve(office, TUESDAY, one, two)
        assert [p.day for p in draft_changes.readiness(rota=draft) if p.blocks] == [TUESDAY, TUESDAY]
        with pytest.raises(CannotPublish):
            publish(rota=draft)
        Duty.objects.published().delete()
        person = holder(draft, MONDAY)
        other = make_office(0, slug="other", members=[person])
        serve(other, MONDAY, person)
        (problem,) = [p for p in draft_changes.readiness(rota=draft) if p.blocks]
        assert problem.person == person
        assert "is on duty in Other on that day" in problem.text
        with pytest.raises(CannotPublish, match="once in Other"):
            publish(rota=draft)

    def test_a_gap_that_was_broken_by_hand_is_told(
        self, draft: Rota, office: Programme, dora: Person
    ) -> None:
        person = holder(draft, MONDAY)
        if draft.duties.filter(day=TUESDAY, seat=1, person=person).exists():
            draft.duties.filter(day=TUESDAY, seat=1).delete()
        draft_changes.assign(rota=draft, day=TUESDAY, seat=0, to=person, by=dora)
        texts = [problem.text for problem in draft_changes.readiness(rota=draft)]
        assert f"{person.name} is primary on 1 and 2 March 2027: less than 3 days apart." in texts


def test_standings_follow_changes_by_hand(draft: Rota, office: Programme, dora: Person) -> None:
    before = {one.person: one for one in draft_changes.standings(rota=draft)}
    assert sum(one.served["load"] for one in before.values()) == 23
    cost = next(
        cost
        for cost in draft_changes.candidates(rota=draft, day=TUESDAY, seat=0)
        if not cost.forbidden and cost.person != holder(draft, TUESDAY)
    )
    loser = holder(draft, TUESDAY)
    draft_changes.assign(rota=draft, day=TUESDAY, seat=0, to=cost.person, by=dora)
    after = {one.person: one for one in draft_changes.standings(rota=draft)}
    assert after[cost.person].served["load"] == before[cost.person].served["load"] + 1
    assert after[loser].after["load"] == before[loser].after["load"] - 1
    assert abs(sum(one.after["load"] for one in after.values())) < 0.05
