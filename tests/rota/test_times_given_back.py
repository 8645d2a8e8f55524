"""Times to listen on a day of duty: whoever comes to have the duty gives them back, read of it before, and is told.

Likewise whoever comes to be away on that day.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django_q.models import OrmQ

from listening.booking import free_slots, keep_in_step
from listening.models import Session, SessionStatus
from people.models import Letter, LetterStatus, Person
from rota import draft_changes
from rota.absences import decide_absence, enter_absence
from rota.answers import answer
from rota.candidates import candidates
from rota.conflicts import conflicts_of
from rota.cover import find_cover
from rota.cover_proposals import apply_proposal
from rota.drafting import draft_rota
from rota.invitations_due import keep_up
from rota.models import (
    AbsenceStatus,
    AnswerStatus,
    CoverProposal,
    Duty,
    Invitation,
    ListeningHold,
    ListeningWindow,
    Membership,
    Programme,
    ProposalStatus,
    Rota,
)
from rota.publishing import publish
from rota.reassigning import reassign
from rota.swaps import accept_ask, propose_swap
from tests.conftest import make_person, publish_days
from tests.rota.offices import make_office, serve

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

# It is Wednesday 17 June 2026, ten in the morning in New York; the clocks there are four hours behind UTC.
DAY = date(2026, 6, 26)
LATER = date(2026, 7, 3)


@pytest.fixture
def anas(programme: Programme, ana: Person) -> Duty:
    return publish_days(programme, [[ana]], first=DAY)[0]


@pytest.fixture
def bens(programme: Programme, ben: Person) -> Duty:
    return publish_days(programme, [[ben]], first=LATER)[0]


def hold(programme: Programme, person: Person, day: date, at: time, **fields: object) -> ListeningHold:
    """Half an hour from `at` on, on New York's clock."""
    start = datetime.combine(day, at, programme.zone).astimezone(UTC)
    return ListeningHold.objects.create(
        **{
            "programme": programme,
            "person": person,
            "starts_at": start,
            "ends_at": start + timedelta(minutes=30),
            "month": day.replace(day=1),
            "published": True,
            "created_at": datetime.now(UTC),
            **fields,
        }
    )


def stands(one: ListeningHold) -> bool:
    return ListeningHold.objects.get(pk=one.pk).cancelled_at is None


def swapped(duty: Duty, ben: Person, dora: Person) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=duty.person)
    accept_ask(ask=swap.asks.get(), by=ben)


def covered(duty: Duty, ben: Person, dora: Person) -> None:
    swap = find_cover(duty=duty, by=duty.person)
    assert swap is not None
    accept_ask(ask=swap.asks.get(person=ben), by=ben)


def given(duty: Duty, ben: Person, dora: Person) -> None:
    reassign(duty=duty, to=ben, by=dora, reason="ill")


def proposed(duty: Duty, ben: Person, dora: Person) -> None:
    proposal = CoverProposal.objects.create(
        duty=duty,
        status=ProposalStatus.OPEN,
        created_at=datetime.now(UTC),
        moves=[{"duty": duty.pk, "from": duty.person_id, "to": ben.pk, "why": ""}],
    )
    apply_proposal(proposal=proposal, by=dora)


@pytest.mark.parametrize("change", [swapped, covered, given, proposed])
def test_whoever_gets_the_duty_gives_back_the_times_of_that_day_and_no_other(
    change: Callable[[Duty, Person, Person], None],
    programme: Programme,
    anas: Duty,
    ana: Person,
    ben: Person,
    dora: Person,
) -> None:
    late = time(23, 45)  # the next day, by UTC
    taken = [hold(programme, ben, DAY, at) for at in (time(10), time(0), late)]
    elsewhere = make_office(0, slug="elsewhere")
    taken.append(hold(elsewhere, ben, DAY, time(14)))
    kept = [
        hold(programme, ben, DAY - timedelta(days=1), late),
        hold(programme, ben, DAY + timedelta(days=1), time(0)),
        hold(programme, ana, DAY, time(10)),
    ]
    draft = hold(programme, ben, DAY, time(11), published=False)
    change(anas, ben, dora)
    assert Duty.objects.get(pk=anas.pk).person == ben
    assert [stands(one) for one in taken] == [False] * 4
    assert [stands(one) for one in [*kept, draft]] == [True] * 4
    row = ListeningHold.objects.get(pk=taken[0].pk)
    assert row.cancelled_why == "On duty that day"
    assert row.history.latest().history_change_reason == "On duty that day"
    assert row.history.latest().history_user in (ben, dora)


def test_an_exchange_takes_from_both(
    programme: Programme, anas: Duty, bens: Duty, ana: Person, ben: Person
) -> None:
    times = [hold(programme, ben, DAY, time(10)), hold(programme, ana, LATER, time(10))]
    swap = propose_swap(duty=anas, to=[ben], by=ana, in_return={ben: bens})
    accept_ask(ask=swap.asks.get(), by=ben)
    assert [stands(one) for one in times] == [False, False]


def test_what_has_begun_stays(
    programme: Programme, anas: Duty, ben: Person, dora: Person, clock: time_machine.Traveller
) -> None:
    running = hold(programme, ben, DAY, time(9, 45))
    clock.move_to(datetime(2026, 6, 26, 14, tzinfo=UTC))
    given(anas, ben, dora)
    assert stands(running)


def test_it_is_read_before_and_weighs_a_quarter_of_a_duty(
    programme: Programme, anas: Duty, ben: Person, dora: Person
) -> None:
    carl = make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)
    Membership.objects.create(programme=programme, person=carl)
    Duty.objects.exclude(pk=anas.pk).delete()
    assert [one.person for one in candidates(duty=anas)][:2] == [ben, carl]
    hold(programme, ben, DAY, time(10))
    ben.time_zone = "Europe/Berlin"
    ben.save()
    sentence = "Ben Okafor listens at 16:00 CEST that day: the time is given back."
    assert conflicts_of(duty=anas, people=[ben, carl])[ben.pk].given_back == (sentence,)
    assert conflicts_of(duty=anas, people=[ben, carl])[carl.pk].given_back == ()
    first, second = candidates(duty=anas)[:2]
    assert (first.person, second.person) == (carl, ben)
    assert second.is_free, "who listens is asked all the same"
    hold(programme, ben, DAY, time(15))
    assert "at 16:00 and 21:00 CEST that day: the times are" in sentence_of(anas, ben)


def sentence_of(duty: Duty, person: Person) -> str:
    return conflicts_of(duty=duty, people=[person])[person.pk].given_back[0]


def test_calendar_session_and_seat_follow_and_they_are_offered_others(
    programme: Programme, anas: Duty, ana: Person, ben: Person, dora: Person
) -> None:
    window = ListeningWindow.objects.create(
        programme=programme, weekday="fri", opens=time(10), closes=time(10, 30), seats=1
    )
    hold(programme, ben, DAY, time(10), window=window)
    assert keep_in_step() == 1
    keep_up()
    Letter.objects.update(status=LetterStatus.SENT, sent_at=datetime.now(UTC))
    given(anas, ben, dora)
    keep_up()
    keep_in_step()
    session = Session.objects.get(person=ben)
    assert (session.status, session.ended_why) == (SessionStatus.CANCELLED, "On duty that day")
    letter = Letter.objects.get(person=ben, subject__startswith="Cancelled: Listening in")
    assert "On duty that day. Choose another: http" in letter.text
    assert "/listening/" in letter.text
    assert "METHOD:CANCEL" in letter.calendar
    offered = {
        person: free_slots(programme=programme, person=person, first=DAY, last=DAY, now=datetime.now(UTC))
        for person in (ana, ben)
    }
    assert [slot.on_duty for slot in offered[ana]] == [False]
    assert [slot.on_duty for slot in offered[ben]] == [True], "theirs to choose, knowing it"


def test_an_answer_that_was_on_its_way_leaves_it_given_back(
    programme: Programme, anas: Duty, ben: Person, dora: Person
) -> None:
    one = hold(programme, ben, DAY, time(10))
    keep_up()
    entry = Invitation.objects.select_related("hold").get(hold=one)
    given(anas, ben, dora)
    answer(invitation=entry, says=AnswerStatus.ACCEPTED, by=ben, how="by mail", sequence=entry.sequence)
    assert not stands(one)


class TestAbsences:
    """Ben lives in Berlin: his day begins at six in the evening of New York's day before."""

    FIRST, LAST = date(2026, 6, 25), date(2026, 6, 26)

    @pytest.fixture
    def ben(self, ben: Person) -> Person:
        ben.time_zone = "Europe/Berlin"
        ben.save()
        return ben

    @pytest.fixture
    def taken(self, programme: Programme, ben: Person) -> list[ListeningHold]:
        elsewhere = make_office(0, slug="elsewhere")
        return [
            hold(programme, ben, self.FIRST - timedelta(days=1), time(18)),
            hold(programme, ben, self.LAST, time(17, 30)),
            hold(elsewhere, ben, self.FIRST, time(14)),
        ]

    @pytest.fixture
    def kept(self, programme: Programme, ana: Person, ben: Person) -> list[ListeningHold]:
        return [
            hold(programme, ben, self.FIRST - timedelta(days=1), time(17, 30)),
            hold(programme, ben, self.LAST, time(18)),
            hold(programme, ana, self.FIRST, time(10)),
            hold(programme, ben, self.FIRST, time(11), published=False),
        ]

    def test_one_that_counts_at_once_gives_back_the_times_of_ones_own_days(
        self,
        ben: Person,
        taken: list[ListeningHold],
        kept: list[ListeningHold],
        django_capture_on_commit_callbacks,
    ) -> None:
        keep_in_step()
        keep_up()
        Letter.objects.update(status=LetterStatus.SENT, sent_at=datetime.now(UTC))
        with django_capture_on_commit_callbacks(execute=True):
            enter_absence(person=ben, first=self.FIRST, last=self.LAST, by=ben)
        assert [stands(one) for one in taken] == [False] * 3
        assert [stands(one) for one in kept] == [True] * 4
        latest = ListeningHold.objects.get(pk=taken[0].pk).history.latest()
        assert (latest.history_change_reason, latest.history_user) == ("Away that day", ben)
        called = set(OrmQ.objects.all())
        assert {"listening.booking.keep_in_step", "rota.invitations_due.keep_up"} <= {
            one.func() for one in called
        }
        keep_in_step()
        keep_up()
        off = Session.objects.filter(status=SessionStatus.CANCELLED)
        assert {session.hold_id for session in off} == {one.pk for one in taken}
        assert {session.ended_why for session in off} == {"Away that day"}
        letters = Letter.objects.filter(person=ben, subject__startswith="Cancelled: Listening in")
        assert all("Away that day. Choose another: http" in letter.text for letter in letters)
        assert len(letters) == 3

    def test_one_that_waits_takes_nothing_until_it_is_approved(
        self, programme: Programme, ben: Person, dora: Person, taken: list[ListeningHold]
    ) -> None:
        programme.approve_absences = True
        programme.save()
        refused = enter_absence(person=ben, first=self.FIRST, last=self.LAST, by=ben)
        assert refused.status == AbsenceStatus.WAITING
        decide_absence(absence=refused, approve=False, by=dora)
        waits = enter_absence(person=ben, first=self.FIRST, last=self.LAST, by=ben)
        assert [stands(one) for one in taken] == [True] * 3
        decide_absence(absence=waits, approve=True, by=dora)
        assert [stands(one) for one in taken] == [False] * 3
        assert ListeningHold.objects.get(pk=taken[0].pk).history.latest().history_user == dora

    def test_what_one_books_while_away_is_ones_own_choice(
        self, programme: Programme, ben: Person, clock: time_machine.Traveller
    ) -> None:
        enter_absence(person=ben, first=self.FIRST, last=self.LAST, by=ben)
        own = hold(programme, ben, self.FIRST, time(10))
        keep_in_step()
        clock.shift(timedelta(hours=2))
        keep_in_step()
        assert stands(own)


class TestPublishing:
    """In March 2027 nobody of the office has anything to do yet; the draft's own times are on Thursdays."""

    FIRST, LAST = date(2027, 3, 1), date(2027, 3, 31)

    @pytest.fixture
    def office(self) -> Programme:
        office = make_office(4, listening_minutes_per_month=30, listening_session_minutes=30)
        ListeningWindow.objects.create(
            programme=office, weekday="thu", opens=time(10), closes=time(11), seats=3, peak=3
        )
        return office

    def test_times_booked_before_are_given_back_and_named_before(
        self, office: Programme, dora: Person
    ) -> None:
        rota = draft_rota(programme=office, first=self.FIRST, last=self.LAST).rota
        assert rota is not None
        duty, free = rota.duties.select_related("person").order_by("day", "seat").first(), date(2027, 2, 28)
        assert duty is not None
        booked = hold(office, duty.person, duty.day, time(15))
        before = hold(office, duty.person, free, time(15))
        sentence = f"{duty.person.name} gives back a time to listen on "
        assert any(problem.text.startswith(sentence) for problem in draft_changes.readiness(rota=rota))
        serving = rota.duties.filter(day=duty.day).values("person")
        other = next(iter(Person.objects.filter(memberships__programme=office).exclude(pk__in=serving)))
        assert not any("gives back" in word for word in self._cost(rota, duty, other).breaches)
        draft_changes.assign(rota=rota, day=duty.day, seat=duty.seat, to=other, by=dora)
        assert any(word.startswith(sentence) for word in self._cost(rota, duty, duty.person).breaches)
        draft_changes.assign(rota=rota, day=duty.day, seat=duty.seat, to=duty.person, by=dora)
        publish(rota=rota, by=dora)
        assert (stands(booked), stands(before)) == (False, True)

    def test_the_drafts_own_times_are_dropped_on_a_day_of_duty_here_or_elsewhere(
        self, office: Programme, dora: Person
    ) -> None:
        rota = draft_rota(programme=office, first=self.FIRST, last=self.LAST).rota
        assert rota is not None
        here, there, fine = list(rota.holds.select_related("person").order_by("pk"))[:3]
        day = here.starts_at.astimezone(office.zone).date()
        if not rota.duties.filter(day=day, person=here.person).exists():
            draft_changes.assign(rota=rota, day=day, seat=0, to=here.person, by=dora)
        assert any(
            problem.text.startswith(f"{here.person.name} has a time to listen on ")
            for problem in draft_changes.readiness(rota=rota)
        )
        elsewhere = make_office(0, slug="elsewhere", members=[there.person])
        day = there.starts_at.astimezone(office.zone).date()
        rota.duties.filter(day=day, person=there.person).delete()
        serve(elsewhere, day, there.person)
        publish(rota=rota, by=dora)
        published = set(ListeningHold.objects.filter(published=True).values_list("pk", flat=True))
        assert {here.pk, there.pk, fine.pk} & published == {fine.pk}

    def test_the_drafts_own_times_are_dropped_on_a_day_of_absence(
        self, office: Programme, dora: Person
    ) -> None:
        rota = draft_rota(programme=office, first=self.FIRST, last=self.LAST).rota
        assert rota is not None
        gone, fine = list(rota.holds.select_related("person").order_by("pk"))[:2]
        day = gone.starts_at.astimezone(office.zone).date()
        enter_absence(person=gone.person, first=day, last=day, by=dora)
        rota.duties.filter(day=day, person=gone.person).delete()
        sentence = f"{gone.person.name} is away on "
        assert any(problem.text.startswith(sentence) for problem in draft_changes.readiness(rota=rota))
        publish(rota=rota, by=dora)
        published = set(ListeningHold.objects.filter(published=True).values_list("pk", flat=True))
        assert {gone.pk, fine.pk} & published == {fine.pk}

    def _cost(self, rota: Rota, duty: Duty, to: Person) -> draft_changes.Cost:
        return draft_changes.cost_of(rota=rota, day=duty.day, seat=duty.seat, to=to)
