"""From a programme and its rows to the planner's question, and from its answer to a draft."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import Person
from rota.drafting import draft_rota, keep_draft, solve
from rota.exemptions import exempt
from rota.instances import Question, question_for
from rota.models import (
    BusyBlock,
    BusyCalendar,
    Duty,
    ListeningHold,
    ListeningWindow,
    Membership,
    Preference,
    Programme,
    Rota,
)
from rota.planning.instance import Executive
from rota.planning.search import Status
from rota.publishing import publish
from tests.conftest import make_person
from tests.rota.offices import away, make_office, members_of, serve

MONDAY = date(2027, 3, 1)
FRIDAY = date(2027, 3, 5)
LAST = date(2027, 3, 31)
WHOLE_WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Programme:
    return make_office(6)


def ask(programme: Programme, first: date = MONDAY, last: date = LAST, **more: object) -> Question:
    return question_for(programme=programme, first=first, last=last, **more)  # type: ignore[arg-type]


def one_of(question: Question, person: Person) -> Executive:
    return question.instance.executive[str(person.pk)]


class TestWhoIsAsked:
    def test_shares_are_pro_rated_for_joins_leaves_and_absences(self, office: Programme) -> None:
        one, two, three, four, *_ = members_of(office)
        Membership.objects.filter(person=two).update(joined_on=date(2027, 3, 15))
        Membership.objects.filter(person=three).update(left_on=date(2027, 3, 15), share=50)
        away(four, date(2027, 2, 1), date(2027, 3, 12))
        away(four, date(2027, 3, 15), date(2027, 3, 31), status="waiting")

        question = ask(office)

        assert len(question.instance.days) == 23
        assert [one_of(question, each).share for each in (one, two, three, four)] == [2300, 1300, 500, 1300]
        assert one_of(question, two).barred == {
            day.date for day in question.instance.days if day.date < date(2027, 3, 15)
        }
        assert question.barred_why[str(two.pk), MONDAY] == "no member of Office then"
        assert set(one_of(question, four).off) == {
            date(2027, 3, 1) + timedelta(days=step) for step in range(12)
        }

    def test_a_day_that_a_busy_calendar_takes_is_not_free(self, office: Programme) -> None:
        one, *_ = members_of(office)
        office.busy_from, office.busy_to, office.busy_minutes = time(9), time(17), 240
        office.save()
        calendar = BusyCalendar.objects.create(
            person=one,
            address="https://x.example/c.ics",
            next_fetch_at=datetime.now(UTC),
            created_at=datetime.now(UTC),
        )
        BusyBlock.objects.create(
            calendar=calendar,
            starts_at=datetime(2027, 3, 2, 14, tzinfo=UTC),
            ends_at=datetime(2027, 3, 2, 18, tzinfo=UTC),
        )
        BusyBlock.objects.create(
            calendar=calendar,
            starts_at=datetime(2027, 3, 3, 14, tzinfo=UTC),
            ends_at=datetime(2027, 3, 3, 17, 59, tzinfo=UTC),
        )
        BusyBlock.objects.create(calendar=calendar, day=date(2027, 3, 4))

        assert set(one_of(ask(office), one).off) == {date(2027, 3, 2), date(2027, 3, 4)}

    def test_nobody_serves_two_programmes_on_one_day_not_even_in_drafts(self, office: Programme) -> None:
        one, two, *_ = members_of(office)
        other = make_office(0, slug="other", members=[one, two], time_zone="Asia/Tokyo", duty_days=WHOLE_WEEK)
        serve(other, MONDAY, one)
        serve(other, FRIDAY, two, published=False)

        question = ask(office)

        assert MONDAY in one_of(question, one).barred
        assert question.barred_why[str(one.pk), MONDAY] == "on duty in Other"
        assert FRIDAY in one_of(question, two).barred
        draft = draft_rota(programme=office, first=MONDAY, last=LAST)
        assert draft.rota is not None
        assert not draft.rota.duties.filter(person=one, day=MONDAY).exists()
        assert not draft.rota.duties.filter(person=two, day=FRIDAY).exists()

    def test_hours_that_coincide_count_across_dates(self) -> None:
        person = make_person("p@example.com", "P", is_executive=True)
        east = make_office(
            0, slug="east", members=[person], time_zone="Pacific/Auckland", duty_days=WHOLE_WEEK
        )
        west = make_office(
            0, slug="west", members=[person], time_zone="America/Los_Angeles", duty_days=WHOLE_WEEK
        )
        # Tuesday 08:00 to 20:00 in Auckland is Monday 11:00 to 23:00 in Los Angeles.
        serve(east, date(2027, 3, 2), person)

        assert one_of(ask(west), person).barred == {date(2027, 3, 1), date(2027, 3, 2)}

    def test_whoever_is_exempt_is_not_asked_that_month(self, office: Programme, dora: Person) -> None:
        one, *_ = members_of(office)
        month = (datetime.now(UTC).date().replace(day=1) + timedelta(days=40)).replace(day=1)
        exempt(programme=office, person=one, month=month, reason="Audit", by=dora)

        question = ask(office, month, month + timedelta(days=60))

        found = one_of(question, one)
        assert {day.month for day in found.off} == {month.month}
        assert found.off[question.instance.days[0].date] == "exempt: Audit"
        assert found.duties_owed is not None
        assert found.duties_owed[f"{month:%Y-%m}"] == 0

    def test_wishes_count_as_many_as_the_programme_heeds(self, office: Programme) -> None:
        one, *_ = members_of(office)
        office.wishes_per_month = 2
        office.save()
        now = datetime.now(UTC)
        for day, liking in ((3, -1), (4, -3), (5, 2), (8, -2), (9, 3)):
            Preference.objects.create(person=one, day=date(2027, 3, day), liking=liking, created_at=now)
        Preference.objects.create(person=one, weekday="tue", liking=-3, created_at=now)

        found = one_of(ask(office), one)

        assert found.avoided == {date(2027, 3, 4): 3}
        assert found.wanted == {date(2027, 3, 9): 3}

    def test_tags_are_countries_and_languages(self, office: Programme) -> None:
        one, *_ = members_of(office)
        Person.objects.filter(pk=one.pk).update(country="BR", language="pt-BR")

        assert one_of(ask(office), one).tags == {"country:BR", "language:pt-BR", "language:pt"}

    def test_required_tags_are_met_by_whoever_has_them(self, office: Programme) -> None:
        one, two, *_ = members_of(office)
        Person.objects.filter(pk__in=[one.pk, two.pk]).update(language="es")
        office.cover_any = ["language:es"]
        office.save()

        draft = draft_rota(programme=office, first=MONDAY, last=LAST)

        assert draft.rota is not None
        covered = set(draft.rota.duties.filter(person__in=[one, two]).values_list("day", flat=True))
        assert covered == set(draft.days)


class TestTheMonthlyDuty:
    def test_it_is_asked_for_where_there_are_days_enough(self, office: Programme) -> None:
        assert ask(office).instance.rules.min_primary_months == ("2027-03",)
        assert ask(office, last=date(2027, 3, 30)).instance.rules.min_primary_months == ()
        office.duty_days_per_month = 4
        assert ask(office).instance.rules.min_primary_months == ()

    def test_two_a_month_are_two(self) -> None:
        office = make_office(3, duty_days_per_month=2)
        one, two, three = members_of(office)
        Membership.objects.filter(person=three).update(share=1)
        # Of a share of one percent two duties a month fall due in few months; here none.
        away(two, date(2027, 3, 1), date(2027, 3, 14))
        draft = draft_rota(programme=office, first=MONDAY, last=LAST)
        assert draft.rota is not None
        assert draft.rota.duties.filter(seat=0, person=one).count() >= 2
        assert draft.result is not None
        assert draft.result.status is Status.OPTIMAL

    def test_somebody_who_cannot_is_told_and_the_rest_is_drafted(self, office: Programme) -> None:
        one, *_ = members_of(office)
        office.busy_from, office.busy_to, office.busy_minutes = time(9), time(17), 1
        office.save()
        calendar = BusyCalendar.objects.create(
            person=one,
            address="https://x.example/c.ics",
            next_fetch_at=datetime.now(UTC),
            created_at=datetime.now(UTC),
        )
        for step in range(31):
            BusyBlock.objects.create(calendar=calendar, day=MONDAY + timedelta(days=step))

        draft = draft_rota(programme=office, first=MONDAY, last=LAST)

        assert draft.coverage == (46, 46)
        assert [(one_.what, one_.person) for one_ in draft.missed] == [("the monthly duty", one)]
        assert draft.result is not None
        assert draft.result.clash is not None
        assert f"{one.name} must be primary at least once in March 2027." in draft.result.clash.text
        relax = [{"kind": each.kind, **each.terms} for each in draft.result.clash.relaxations]
        assert relax[0]["kind"] == "exempt"
        again = draft_rota(programme=office, first=MONDAY, last=LAST, relax=relax[:1])
        assert again.result is not None
        assert again.result.status is Status.OPTIMAL


class TestSeats:
    @pytest.mark.parametrize("backups", [0, 1, 2, 3])
    def test_as_many_backups_as_the_programme_has(self, backups: int) -> None:
        office = make_office(5, seats_backup=backups)
        draft = draft_rota(programme=office, first=MONDAY, last=FRIDAY)
        assert draft.coverage == (5 * (1 + backups), 5 * (1 + backups))
        assert draft.rota is not None
        assert set(draft.rota.duties.values_list("seat", flat=True)) == set(range(1 + backups))
        assert draft.fairness == (1 + backups, 1 + backups)

    def test_the_gap_counts_from_published_days_before_and_after(self) -> None:
        office = make_office(3, min_gap_days=3, duty_days=WHOLE_WEEK, seats_backup=0)
        one, two, three = members_of(office)
        serve(office, MONDAY - timedelta(days=1), one)
        serve(office, MONDAY + timedelta(days=3), two)
        draft = draft_rota(programme=office, first=MONDAY, last=MONDAY + timedelta(days=2))
        assert draft.rota is not None
        held = {duty.day.day: duty.person for duty in draft.rota.duties.all()}
        assert held in ({1: two, 2: one, 3: three}, {1: two, 2: three, 3: one})

    def test_an_empty_seat_of_a_published_day_is_filled_and_published(self, office: Programme) -> None:
        one, *_ = members_of(office)
        serve(office, MONDAY, one)
        draft = draft_rota(programme=office, first=MONDAY, last=MONDAY)
        assert draft.coverage == (1, 1)
        assert draft.rota is not None
        (backup,) = draft.rota.duties.all()
        assert (backup.seat, backup.person == one) == (1, False)
        publish(rota=draft.rota)
        assert Duty.objects.published().filter(day=MONDAY).count() == 2

    def test_two_members_and_a_gap_of_two_days_take_turns(self) -> None:
        office = make_office(2, min_gap_days=2, duty_days=WHOLE_WEEK)
        draft = draft_rota(programme=office, first=MONDAY, last=LAST)
        assert draft.coverage == (62, 62)
        assert draft.rota is not None
        primaries = list(draft.rota.duties.filter(seat=0).order_by("day").values_list("person", flat=True))
        assert all(one != next_ for one, next_ in pairwise(primaries))

    def test_where_only_one_is_there_the_most_is_drafted_and_the_rest_told(self) -> None:
        office = make_office(2, min_gap_days=2, duty_days=WHOLE_WEEK)
        _one, two = members_of(office)
        away(two, MONDAY, MONDAY + timedelta(days=3))
        draft = draft_rota(programme=office, first=MONDAY, last=MONDAY + timedelta(days=6))
        assert draft.rota is not None
        assert draft.coverage == (10, 14)
        assert len({duty.day for duty in draft.rota.duties.all()}) == 7
        assert {(unmet.day.day, unmet.seat) for unmet in draft.unmet} == {(1, 1), (2, 0), (3, 1), (4, 0)} or {
            (unmet.day.day, unmet.seat) for unmet in draft.unmet
        } == {(1, 0), (2, 1), (3, 0), (4, 1)}
        assert (
            "1 is away" in draft.unmet[0].why
            or "only" in draft.unmet[0].why
            or "is away" in draft.unmet[0].why
        )
        assert draft.result is not None
        assert draft.result.status is Status.INFEASIBLE


class TestKeeping:
    def test_each_duty_says_why(self, office: Programme) -> None:
        draft = draft_rota(programme=office, first=MONDAY, last=LAST)
        assert draft.rota is not None
        for duty in draft.rota.duties.select_related("person"):
            assert duty.why.startswith(f"{duty.person.name}: fair share ")
            assert "in March 2027" in duty.why
            assert "free that day" in duty.why

    def test_solving_again_keeps_the_row_the_locks_and_what_was_good(self, office: Programme) -> None:
        first = draft_rota(programme=office, first=MONDAY, last=LAST, seed=1)
        assert first.rota is not None
        held = {(duty.day, duty.seat): duty.person_id for duty in first.rota.duties.all()}
        again = draft_rota(programme=office, first=MONDAY, last=LAST, seed=7)
        assert again.rota == first.rota
        assert {(duty.day, duty.seat): duty.person_id for duty in again.rota.duties.all()} == held
        duty = first.rota.duties.get(day=MONDAY, seat=0)
        other = Person.objects.filter(is_executive=True).exclude(
            pk__in=first.rota.duties.filter(day=MONDAY).values("person")
        )[0]
        Duty.objects.filter(pk=duty.pk).update(person=other, locked=True)
        draft_rota(programme=office, first=MONDAY, last=LAST)
        duty.refresh_from_db()
        assert (duty.person, duty.locked) == (other, True)

    def test_what_was_locked_or_published_while_it_was_solved_stays(self, office: Programme) -> None:
        drafted = draft_rota(programme=office, first=MONDAY, last=FRIDAY).rota
        assert drafted is not None
        question = ask(office, last=FRIDAY)
        result = solve(question, seconds=30)
        one, two, *_ = members_of(office)
        tuesday = MONDAY + timedelta(days=1)
        serve(office, tuesday, one, two)
        mine = drafted.duties.get(day=FRIDAY, seat=0)
        other = Person.objects.filter(is_executive=True).exclude(
            pk__in=drafted.duties.filter(day=FRIDAY).values("person")
        )[0]
        Duty.objects.filter(pk=mine.pk).update(person=other, locked=True)

        kept = keep_draft(question=question, result=result).rota

        assert kept == drafted
        assert not drafted.duties.filter(day=tuesday).exists()
        assert drafted.duties.get(day=FRIDAY, seat=0).person == other
        publish(rota=drafted)

    def test_a_draft_that_was_published_meanwhile_is_not_touched(self, office: Programme) -> None:
        question = ask(office, last=FRIDAY)
        result = solve(question, seconds=30)
        rota = draft_rota(programme=office, first=MONDAY, last=FRIDAY).rota
        assert rota is not None
        publish(rota=rota)
        before = list(Duty.objects.values_list("pk", "person"))
        assert keep_draft(question=question, result=result).rota is None
        assert list(Duty.objects.values_list("pk", "person")) == before
        assert Rota.objects.count() == 1


class TestListening:
    @pytest.fixture
    def offered(self) -> Programme:
        office = make_office(4, listening_minutes_per_month=60, listening_session_minutes=30)
        for weekday in ("tue", "thu"):
            ListeningWindow.objects.create(
                programme=office, weekday=weekday, opens=time(10), closes=time(12), seats=2, peak=2
            )
        return office

    def test_times_are_held_away_from_duties_and_published_with_them(self, offered: Programme) -> None:
        draft = draft_rota(programme=offered, first=MONDAY, last=LAST)
        assert draft.rota is not None
        holds = list(ListeningHold.objects.all())
        assert len(holds) == 8
        assert not any(hold.published for hold in holds)
        for hold in holds:
            day = hold.starts_at.astimezone(offered.zone)
            assert day.strftime("%a") in ("Tue", "Thu")
            assert time(10) <= day.time() < time(12)
            assert hold.month == MONDAY
            assert not draft.rota.duties.filter(day=day.date(), person=hold.person).exists()
        publish(rota=draft.rota)
        assert ListeningHold.objects.filter(published=True).count() == 8

    def test_what_is_held_already_is_not_owed_again_and_its_seat_is_taken(self, offered: Programme) -> None:
        rota = draft_rota(programme=offered, first=MONDAY, last=LAST).rota
        assert rota is not None
        publish(rota=rota)
        question = ask(offered, listen_from=MONDAY)
        assert {
            one.sessions_due("2027-03", question.instance.rules.sessions)
            for one in question.instance.executives
        } == {0}
        taken = {hold.starts_at for hold in ListeningHold.objects.all()}
        seats = {slot.start: slot.seats for slot in question.instance.slots}
        assert all(seats[start] < 2 for start in taken)

    @pytest.mark.parametrize(
        ("first", "last", "due"),
        [
            (1, 1, 0),  # a day owes no part of a session
            (1, 7, 0),  # 13.5 of 60 minutes
            (1, 10, 1),  # 19.4 minutes: the nearest whole number of sessions of 30
            (1, 23, 1),  # 44.5 minutes
            (1, 24, 2),  # 46.5 minutes
            (10, 31, 2),  # the month is over with them
            (18, 31, 1),  # but never more than their own share: 27 minutes
            (30, 31, 1),
            (31, 31, 0),  # a Wednesday, on which nothing is offered
        ],
    )
    def test_part_of_a_month_owes_part_of_the_quota(
        self, offered: Programme, first: int, last: int, due: int
    ) -> None:
        question = ask(offered, date(2027, 3, first), date(2027, 3, last), listen_from=MONDAY)
        rules = question.instance.rules.sessions
        assert rules is not None
        assert {one.sessions_due("2027-03", rules) for one in question.instance.executives} == {due}

    def test_month_by_piece_of_a_month_owes_the_whole_quota(self, offered: Programme) -> None:
        for first, last in ((1, 9), (10, 16), (17, 24), (25, 31)):
            rota = draft_rota(programme=offered, first=date(2027, 3, first), last=date(2027, 3, last)).rota
            assert rota is not None
            publish(rota=rota)
        assert ListeningHold.objects.filter(published=True).count() == 8

    def test_a_day_on_which_nothing_is_offered_is_drafted_without_a_word(self, offered: Programme) -> None:
        draft = draft_rota(programme=offered, first=MONDAY, last=MONDAY)
        assert draft.result is not None
        assert (draft.result.status, draft.missed) == (Status.OPTIMAL, ())

    def test_solving_again_leaves_times_that_were_good(self, offered: Programme) -> None:
        draft_rota(programme=offered, first=MONDAY, last=LAST)
        before = set(ListeningHold.objects.values_list("pk", "person", "starts_at"))
        draft_rota(programme=offered, first=MONDAY, last=LAST, seed=3)
        assert set(ListeningHold.objects.values_list("pk", "person", "starts_at")) == before

    def test_too_few_seats_leave_the_duties_whole_and_are_told(self, offered: Programme) -> None:
        ListeningWindow.objects.filter(weekday="thu").delete()
        ListeningWindow.objects.update(seats=1, closes=time(10, 30))
        draft = draft_rota(programme=offered, first=MONDAY, last=LAST)
        assert draft.coverage == (46, 46)
        assert ListeningHold.objects.count() == 5
        assert sum(one.what == "listening" for one in draft.missed) in (2, 3)
        assert draft.result is not None
        assert draft.result.clash is not None
        assert {each.kind for each in draft.result.clash.relaxations} == {"seats", "quota"}

    def test_a_window_in_a_language_is_for_those_who_speak_it(self, offered: Programme) -> None:
        one, *_ = members_of(offered)
        ListeningWindow.objects.filter(weekday="tue").update(language="es")
        Person.objects.filter(pk=one.pk).update(language="es")
        draft_rota(programme=offered, first=MONDAY, last=LAST)
        zone = offered.zone
        tuesday = {
            h.person_id for h in ListeningHold.objects.all() if h.starts_at.astimezone(zone).weekday() == 1
        }
        assert tuesday <= {one.pk}

    def test_a_half_hour_that_the_clocks_leave_out_is_not_offered(self) -> None:
        office = make_office(
            2, listening_minutes_per_month=30, listening_session_minutes=30, duty_days=WHOLE_WEEK
        )
        ListeningWindow.objects.create(
            programme=office, weekday="sun", opens=time(1, 30), closes=time(3, 30), seats=9, peak=2
        )
        question = ask(office, listen_from=MONDAY)
        on_the_14th = [slot for slot in question.instance.slots if slot.date == date(2027, 3, 14)]
        assert [f"{slot.start.astimezone(office.zone):%H:%M}" for slot in on_the_14th] == ["01:30", "03:00"]


def test_the_number_of_queries_does_not_grow() -> None:
    def queries(people: int, days: int, slug: str) -> int:
        office = make_office(people, slug=slug, listening_minutes_per_month=60)
        ListeningWindow.objects.create(programme=office, weekday="tue", opens=time(10), closes=time(12))
        members = members_of(office)
        serve(office, MONDAY - timedelta(days=3), *members[:2])
        for person in members:
            away(person, MONDAY, MONDAY)
            Preference.objects.create(person=person, day=FRIDAY, liking=-1, created_at=datetime.now(UTC))
        with CaptureQueriesContext(
            connection,
        ) as seen:
            ask(office, last=MONDAY + timedelta(days=days), listen_from=MONDAY)
        return len(seen)

    assert queries(3, 10, "small") == queries(12, 120, "large") <= 20


def test_a_seed_gives_the_same_draft_and_another_order_of_rows_does_too(office: Programme) -> None:
    drafts = []
    for _ in range(2):
        Rota.objects.all().delete()
        rota = draft_rota(programme=office, first=MONDAY, last=LAST, seed=5).rota
        assert rota is not None
        drafts.append(list(rota.duties.order_by("day", "seat").values_list("day", "seat", "person")))
    assert drafts[0] == drafts[1]
