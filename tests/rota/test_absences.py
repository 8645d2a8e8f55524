"""Absences: whose word they are, what stands against them, who decides, and which duties they clash with."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from people.errors import Refused
from people.models import Letter, Person
from rota.absence_letters import days_in_words
from rota.absences import (
    clashes,
    clashing_duties,
    decide_absence,
    enter_absence,
    waiting_absences,
    withdraw_absence,
)
from rota.errors import CannotChangeAbsence
from rota.models import Absence, AbsenceStatus, Duty, Membership, Programme
from tests.conftest import make_person, publish_days

NOW = datetime(2026, 6, 17, 14, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def june(day: int) -> date:
    return date(2026, 6, day)


@pytest.fixture
def strict(programme: Programme) -> Programme:
    """Its absences are approved by administrators."""
    programme.approve_absences = True
    programme.save()
    return programme


def letters_to(person: Person) -> list[Letter]:
    return list(Letter.objects.filter(person=person).order_by("pk"))


class TestEntering:
    def test_it_counts_at_once_where_no_programme_wants_a_word(
        self, programme: Programme, ana: Person
    ) -> None:
        absence = enter_absence(person=ana, first=june(22), last=june(26), reason=" At sea ", by=ana)
        assert (absence.status, absence.reason) == (AbsenceStatus.APPROVED, "At sea")
        assert (absence.entered_by, absence.decided_by) == (ana, None)
        assert absence.history.get().history_user == ana
        assert not Letter.objects.exists()

    @pytest.mark.parametrize("who", ["ana", "asha"])
    def test_it_waits_where_a_programme_wants_a_word(
        self, who: str, strict: Programme, ana: Person, asha: Person, dora: Person, cleo: Person
    ) -> None:
        by = {"ana": ana, "asha": asha}[who]
        absence = enter_absence(person=ana, first=june(22), last=june(26), reason="At sea", by=by)
        assert absence.status == AbsenceStatus.WAITING
        assert list(waiting_absences()) == [absence]
        (told,) = letters_to(dora)
        assert told.subject == "Ana Ruiz: absence from 22 to 26 June 2026, to be decided"
        assert f"At sea. Entered by {by.name}." in told.text
        assert "/admin/absences/" in told.text
        assert Letter.objects.count() == 1

    def test_what_an_administrator_enters_is_approved(
        self, strict: Programme, ana: Person, dora: Person
    ) -> None:
        absence = enter_absence(person=ana, first=june(22), last=june(26), by=dora)
        assert (absence.status, absence.decided_by) == (AbsenceStatus.APPROVED, dora)

    def test_only_the_programmes_of_those_days_are_asked(
        self, strict: Programme, ana: Person, ben: Person
    ) -> None:
        Membership.objects.filter(person=ana).update(left_on=june(22))
        assert enter_absence(person=ana, first=june(22), last=june(26), by=ana).status == "approved"
        assert enter_absence(person=ana, first=june(20), last=june(21), by=ana).status == "waiting"

    def test_whose_word_it_is(
        self, ana: Person, ben: Person, cleo: Person, asha: Person, eve: Person
    ) -> None:
        for stranger in (ben, cleo, eve):
            with pytest.raises(Refused, match="Only Ana Ruiz, their assistant and administrators"):
                enter_absence(person=ana, first=june(22), last=june(26), by=stranger)
        with pytest.raises(Refused, match="serves in no rota"):
            enter_absence(person=cleo, first=june(22), last=june(26), by=cleo)
        assert not Absence.objects.exists()

    @pytest.mark.parametrize(
        ("first", "last", "field"),
        [
            (june(26), june(22), "last"),
            (june(2), june(20), "first"),
            (june(22), date(2028, 6, 18), "last"),
            (date(1, 1, 1), june(22), "first"),
            (june(22), date(9999, 12, 31), "last"),
        ],
    )
    def test_days_that_make_no_sense(self, ana: Person, first: date, last: date, field: str) -> None:
        with pytest.raises(Refused) as refusal:
            enter_absence(person=ana, first=first, last=last, by=ana)
        assert refusal.value.field == field
        assert not Absence.objects.exists()

    def test_administrators_enter_what_is_longer_ago(self, ana: Person, dora: Person) -> None:
        enter_absence(person=ana, first=june(3), last=june(5), by=ana)
        with pytest.raises(Refused, match="Ask an administrator for an earlier one"):
            enter_absence(person=ana, first=june(2), last=june(2), by=ana)
        enter_absence(person=ana, first=date(2025, 6, 16), last=date(2025, 6, 20), by=dora)

    @pytest.mark.parametrize(("first", "last"), [(20, 22), (26, 30), (23, 24), (20, 30), (22, 26)])
    def test_one_over_another_is_refused_by_its_name(self, ana: Person, first: int, last: int) -> None:
        enter_absence(person=ana, first=june(22), last=june(26), by=ana)
        with pytest.raises(CannotChangeAbsence, match="an absence from 22 to 26 June 2026 already"):
            enter_absence(person=ana, first=june(first), last=june(last), by=ana)
        assert Absence.objects.count() == 1

    def test_days_beside_another_and_of_another_person_are_free(
        self, ana: Person, ben: Person, dora: Person, strict: Programme
    ) -> None:
        middle = enter_absence(person=ana, first=june(22), last=june(26), by=ana)
        for person, first, last in ((ana, 20, 21), (ana, 27, 28), (ben, 22, 26)):
            enter_absence(person=person, first=june(first), last=june(last), by=person)
        decide_absence(absence=middle, approve=False, by=dora)
        again = enter_absence(person=ana, first=june(23), last=june(24), by=ana)
        withdraw_absence(absence=again, by=ana)
        enter_absence(person=ana, first=june(23), last=june(24), by=ana)


class TestDeciding:
    @pytest.mark.parametrize(("approve", "status"), [(True, "approved"), (False, "refused")])
    def test_the_person_and_their_assistant_are_told(
        self, approve: bool, status: str, strict: Programme, ana: Person, asha: Person, dora: Person
    ) -> None:
        absence = enter_absence(person=ana, first=june(22), last=june(26), by=asha)
        decide_absence(absence=absence, approve=approve, by=dora, note="Have a good time")
        assert (absence.status, absence.decided_by) == (status, dora)
        assert absence.decided_at == NOW
        for person in (ana, asha):
            (told,) = letters_to(person)
            assert told.subject == f"Absence from 22 to 26 June 2026: {status}"
            assert f"was {status} by Dora Lindt" in told.text
            assert "“Have a good time”" in told.text
        assert not waiting_absences().exists()
        assert absence.history.latest().history_user == dora

    def test_whoever_decides_is_not_told(self, strict: Programme, ana: Person, asha: Person) -> None:
        absence = enter_absence(person=ana, first=june(22), last=june(26), by=ana)
        asha.is_admin = True
        asha.save()
        decide_absence(absence=absence, approve=True, by=asha)
        assert [letter.kind for letter in letters_to(ana)] == ["absence"]
        assert letters_to(asha) == []

    def test_it_is_decided_once_and_by_administrators(
        self, strict: Programme, ana: Person, asha: Person, dora: Person
    ) -> None:
        absence = enter_absence(person=ana, first=june(22), last=june(26), by=ana)
        for by in (ana, asha):
            with pytest.raises(Refused, match="Only administrators"):
                decide_absence(absence=absence, approve=True, by=by)
        decide_absence(absence=absence, approve=True, by=dora)
        with pytest.raises(CannotChangeAbsence, match="It does not wait any more: approved"):
            decide_absence(absence=absence, approve=False, by=dora)


class TestWithdrawing:
    def test_one_that_waits_or_counts(
        self, strict: Programme, ana: Person, asha: Person, dora: Person
    ) -> None:
        waiting = enter_absence(person=ana, first=june(22), last=june(26), by=ana)
        withdraw_absence(absence=waiting, by=asha)
        assert waiting.status == AbsenceStatus.WITHDRAWN
        assert waiting.history.latest().history_user == asha
        # Nobody is asked any more: the letter had not gone.
        assert [one.status for one in letters_to(dora)] == ["cancelled"]
        with pytest.raises(CannotChangeAbsence, match="nothing to withdraw: withdrawn"):
            withdraw_absence(absence=waiting, by=ana)

    def test_whose_word_it_is(self, ana: Person, ben: Person) -> None:
        absence = enter_absence(person=ana, first=june(22), last=june(26), by=ana)
        with pytest.raises(Refused, match="Only Ana Ruiz"):
            withdraw_absence(absence=absence, by=ben)
        assert Absence.objects.get().status == AbsenceStatus.APPROVED

    def test_what_is_over_is_for_administrators(self, ana: Person, dora: Person) -> None:
        absence = enter_absence(person=ana, first=june(10), last=june(16), by=ana)
        with pytest.raises(CannotChangeAbsence, match="It is over"):
            withdraw_absence(absence=absence, by=ana)
        withdraw_absence(absence=absence, by=dora)
        running = enter_absence(person=ana, first=june(10), last=june(17), by=ana)
        withdraw_absence(absence=running, by=ana)


class TestDuties:
    def test_published_duties_in_it_are_named_to_administrators(
        self, programme: Programme, ana: Person, ben: Person, dora: Person
    ) -> None:
        today, tomorrow = Duty.objects.filter(person=ana).order_by("day")
        absence = enter_absence(person=ana, first=june(17), last=june(30), reason="Ill", by=ana)
        assert absence.status == AbsenceStatus.APPROVED
        assert clashing_duties(absence) == [today, tomorrow]
        (told,) = letters_to(dora)
        assert told.subject == "Ana Ruiz is away from 17 to 30 June 2026: 2 published duties"
        assert f"/duties/{today.pk}/" in told.text
        assert "Thu 18 June 2026, backup, Officer of the Day, North America" in told.text
        assert "waits" not in told.text
        today.refresh_from_db()
        assert today.person == ana  # nothing is freed silently

    def test_approval_tells_the_person_of_them(self, strict: Programme, ana: Person, dora: Person) -> None:
        absence = enter_absence(person=ana, first=june(18), last=june(18), by=ana)
        assert "It waits for your word" in letters_to(dora)[0].text
        decide_absence(absence=absence, approve=True, by=dora)
        duty = Duty.objects.get(person=ana, day=june(18))
        assert f"/duties/{duty.pk}/" in letters_to(ana)[0].text
        withdraw_absence(absence=absence, by=ana)
        again = enter_absence(person=ana, first=june(18), last=june(18), by=ana)
        decide_absence(absence=again, approve=False, by=dora)
        assert "/duties/" not in letters_to(ana)[-1].text

    def test_only_those_to_come_published_and_of_the_person(
        self, programme: Programme, ana: Person, ben: Person
    ) -> None:
        past = publish_days(programme, [[ana], [ana]], first=june(14))
        later = publish_days(programme, [[ana]], first=june(25))[0]
        Duty.objects.filter(pk=later.pk).update(published=False)
        absence = enter_absence(person=ana, first=june(14), last=june(30), by=ana)
        found = clashing_duties(absence)
        assert {duty.day for duty in found} == {june(17), june(18)}
        assert not {duty.pk for duty in found} & {past[0].pk, later.pk}
        assert {duty.person_id for duty in found} == {ana.pk}

    def test_of_several_absences_each_has_its_own(
        self, programme: Programme, ana: Person, ben: Person, django_assert_num_queries
    ) -> None:
        hers = enter_absence(person=ana, first=june(17), last=june(17), by=ana)
        his = enter_absence(person=ben, first=june(18), last=june(30), by=ben)
        none = enter_absence(person=ana, first=june(25), last=june(26), by=ana)
        with django_assert_num_queries(1):
            found = clashes([hers, his, none])
        assert {key: [(duty.person_id, duty.day) for duty in duties] for key, duties in found.items()} == {
            hers.pk: [(ana.pk, june(17))],
            his.pk: [(ben.pk, june(18))],
            none.pk: [],
        }
        with django_assert_num_queries(0):
            assert clashes([]) == {}

    def test_it_costs_one_query(self, programme: Programme, ana: Person, django_assert_num_queries) -> None:
        absence = enter_absence(person=ana, first=june(17), last=june(30), by=ana)
        with django_assert_num_queries(1):
            assert [duty.programme.name for duty in clashing_duties(absence)]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (june(3), june(3), "on 3 June 2026"),
        (june(3), june(7), "from 3 to 7 June 2026"),
        (june(30), date(2026, 7, 2), "from 30 June to 2 July 2026"),
        (date(2026, 12, 30), date(2027, 1, 2), "from 30 December 2026 to 2 January 2027"),
        (june(3), date(2027, 6, 7), "from 3 June 2026 to 7 June 2027"),
    ],
)
def test_days_in_words(first: date, last: date, words: str) -> None:
    assert days_in_words(Absence(first_day=first, last_day=last)) == words


def test_who_has_left_is_away_for_nobody(ana: Person) -> None:
    ana.is_active = False
    with pytest.raises(Refused):
        enter_absence(person=ana, first=june(22), last=june(26), by=ana)


def test_a_programme_for_everybody_may_want_a_word(strict: Programme) -> None:
    strict.everybody = True
    strict.save()
    late = make_person("late@example.com", "Late", is_executive=True)
    first = june(22) + timedelta(days=1)
    assert enter_absence(person=late, first=first, last=first, by=late).status == AbsenceStatus.WAITING
