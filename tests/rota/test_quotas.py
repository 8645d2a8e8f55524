"""What is owed in a month: by days, by share, by exemption, with the reasons in words."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from people.errors import Refused
from people.models import Person
from rota.exemptions import exempt, lift_exemption
from rota.models import Absence, AbsenceStatus, Exemption, Membership, Programme
from rota.quotas import Owed, Part, members_during, owed, owed_by, reckon
from tests.conftest import make_person

MARCH = date(2026, 3, 17)


def reckoned(
    *, duty_days: int = 1, listening_minutes: int = 120, month: date = MARCH, **part: object
) -> Owed:
    return reckon(
        duty_days=duty_days,
        listening_minutes=listening_minutes,
        month=month,
        part=Part(**part),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("part", "duties", "minutes", "reasons"),
    [
        ({}, 1, 120, []),
        ({"joined_on": date(2026, 3, 1)}, 1, 120, []),
        ({"left_on": date(2026, 4, 1)}, 1, 120, []),
        ({"joined_on": date(2026, 3, 12)}, 1, 77, ["joined on 12 March: 20 of 31 days"]),
        ({"joined_on": date(2026, 3, 16)}, 1, 62, ["joined on 16 March: 16 of 31 days"]),
        ({"joined_on": date(2026, 3, 17)}, 0, 58, ["joined on 17 March: 15 of 31 days"]),
        ({"joined_on": date(2026, 5, 2)}, 0, 0, ["joined on 2 May: 0 of 31 days"]),
        ({"left_on": date(2026, 3, 20)}, 1, 74, ["until 19 March: 19 of 31 days"]),
        ({"left_on": date(2026, 2, 1)}, 0, 0, ["until 31 January: 0 of 31 days"]),
        (
            {"joined_on": date(2026, 3, 5), "left_on": date(2026, 3, 20)},
            0,
            58,
            ["joined on 5 March, until 19 March: 15 of 31 days"],
        ),
        ({"absences": ((date(2026, 3, 2), date(2026, 3, 2)),)}, 1, 116, ["away on 1 day: 30 of 31 days"]),
        (
            # two that overlap, one that begins before the month, one that lies outside
            {
                "absences": (
                    (date(2026, 2, 20), date(2026, 3, 3)),
                    (date(2026, 3, 3), date(2026, 3, 10)),
                    (date(2026, 4, 1), date(2026, 4, 9)),
                )
            },
            1,
            81,
            ["away on 10 days: 21 of 31 days"],
        ),
        (
            # away before they joined is no absence of a member
            {"joined_on": date(2026, 3, 12), "absences": ((date(2026, 3, 10), date(2026, 3, 13)),)},
            1,
            70,
            ["joined on 12 March: 20 of 31 days", "away on 2 days: 18 of 31 days"],
        ),
        (
            {"absences": ((date(2026, 1, 1), date(2026, 12, 31)),)},
            0,
            0,
            ["away on 31 days: 0 of 31 days"],
        ),
        ({"exempt_duty": True, "exempt_reason": "New depot"}, 0, 120, ["exempt from duty: New depot"]),
        ({"exempt_listening": True, "exempt_reason": "Ill"}, 1, 0, ["exempt from listening: Ill"]),
        (
            {"exempt_duty": True, "exempt_listening": True, "exempt_reason": "Ill"},
            0,
            0,
            ["exempt from duty and listening: Ill"],
        ),
        ({"member": False}, 0, 0, ["no member"]),
    ],
)
def test_what_is_owed(part: dict[str, object], duties: int, minutes: int, reasons: list[str]) -> None:
    assert reckoned(**part) == Owed(duties, minutes, reasons)


def test_half_a_february_is_owed_and_a_day_less_is_not() -> None:
    february = date(2026, 2, 1)
    assert reckoned(month=february, joined_on=date(2026, 2, 15)).duty_days == 1  # 14 of 28
    assert reckoned(month=february, joined_on=date(2026, 2, 16)).duty_days == 0
    leap = date(2028, 2, 10)
    assert reckoned(month=leap, joined_on=date(2028, 2, 15)).duty_days == 1  # 15 of 29
    assert reckoned(month=leap, joined_on=date(2028, 2, 16)).duty_days == 0


def test_half_a_share_owes_a_duty_every_other_month_and_half_the_minutes() -> None:
    year = [reckoned(month=date(2026, month, 1), share=50) for month in range(1, 13)]
    duties = [one.duty_days for one in year]
    assert sum(duties) == 6
    assert all(one != other for one, other in pairwise(duties))
    assert {one.listening_minutes for one in year} == {60}
    assert {one.reasons[0] for one in year} == {
        "a share of 50 %: 0 of 1 this month",
        "a share of 50 %: 1 of 1 this month",
    }
    # Not everybody with half a share is due in the same months.
    others = [reckoned(month=date(2026, month, 1), share=50, phase=1).duty_days for month in range(1, 13)]
    assert [one + other for one, other in zip(duties, others, strict=True)] == [1] * 12


@given(share=st.integers(1, 100), quota=st.integers(0, 31), phase=st.integers(0, 10**6))
def test_over_a_hundred_months_a_share_owes_exactly_its_part(share: int, quota: int, phase: int) -> None:
    months = [date(2020 + n // 12, n % 12 + 1, 1) for n in range(100)]
    duties = [reckoned(duty_days=quota, month=month, share=share, phase=phase).duty_days for month in months]
    assert sum(duties) == share * quota
    assert max(duties) - min(duties) <= 1


@given(
    joined=st.dates(date(2026, 1, 1), date(2026, 6, 1)),
    stays=st.integers(0, 120),
    away=st.lists(st.tuples(st.dates(date(2026, 1, 1), date(2026, 6, 1)), st.integers(0, 40)), max_size=4),
    share=st.integers(1, 100),
)
def test_nobody_owes_more_for_being_there_less(joined: date, stays: int, away, share: int) -> None:
    until = date.fromordinal(joined.toordinal() + stays)
    absences = tuple((day, date.fromordinal(day.toordinal() + days)) for day, days in away)
    full = reckoned(duty_days=3, share=share)
    less = reckoned(duty_days=3, share=share, joined_on=joined, left_on=until, absences=absences)
    assert 0 <= less.duty_days <= full.duty_days
    assert 0 <= less.listening_minutes <= full.listening_minutes


def test_from_the_rows(programme: Programme, ana: Person, ben: Person, dora: Person) -> None:
    Membership.objects.filter(person=ana).update(joined_on=date(2026, 3, 12), share=100)
    Membership.objects.filter(person=ben).update(share=50)
    absent(ana, date(2026, 3, 30), date(2026, 4, 5))
    absent(ana, date(2026, 3, 13), date(2026, 3, 20), status=AbsenceStatus.WAITING)
    found = owed(programme, ana, MARCH)
    assert found.reasons == ["joined on 12 March: 20 of 31 days", "away on 2 days: 18 of 31 days"]
    assert owed(programme, ben, MARCH).listening_minutes == 60
    assert owed(programme, dora, MARCH) == Owed(0, 0, ["no member"])


def absent(person: Person, first: date, last: date, *, status: str = AbsenceStatus.APPROVED) -> Absence:
    return Absence.objects.create(
        person=person, first_day=first, last_day=last, status=status, created_at=datetime.now(UTC)
    )


def test_everybody_owes_from_the_day_on_which_they_came(programme: Programme, ana: Person) -> None:
    programme.everybody = True
    programme.save()
    with time_machine.travel(datetime(2030, 3, 12, 3, tzinfo=UTC)):  # the 11th in New York
        late = make_person("late@example.com", "Late", is_executive=True)
        named = make_person("named@example.com", "Named", is_executive=True)
    Membership.objects.create(programme=programme, person=named, joined_on=date(2030, 3, 25))
    march = date(2030, 3, 1)
    assert owed(programme, ana, march) == Owed(1, 120, [])
    assert owed(programme, late, march).reasons == ["joined on 11 March: 21 of 31 days"]
    assert owed(programme, named, march).reasons == ["joined on 25 March: 7 of 31 days"]


def test_it_costs_the_same_for_any_number_of_people(
    programme: Programme, ana: Person, django_assert_num_queries
) -> None:
    crowd = [make_person(f"m{n}@example.com", f"M {n}", is_executive=True) for n in range(8)]
    for person in crowd:
        Membership.objects.create(programme=programme, person=person)
        absent(person, date(2026, 3, 2), date(2026, 3, 4))
    with django_assert_num_queries(4):
        found = owed_by(programme, members_during(programme, MARCH), MARCH)
    assert len(found) == 10


def test_the_members_of_a_month_are_those_of_any_of_its_days(
    programme: Programme, ana: Person, ben: Person
) -> None:
    Membership.objects.filter(person=ana).update(joined_on=date(2026, 3, 31))
    Membership.objects.filter(person=ben).update(left_on=date(2026, 3, 1))
    assert members_during(programme, MARCH) == [ana]
    assert members_during(programme, date(2026, 2, 1)) == [ben]
    assert members_during(programme, date(2026, 4, 1)) == [ana]
    programme.everybody = True
    programme.save()
    assert members_during(programme, MARCH) == [ana]


@pytest.fixture
def today() -> date:
    return datetime.now(UTC).date()


class TestExemptions:
    def test_a_month_is_owed_no_duty(
        self, programme: Programme, ana: Person, dora: Person, today: date
    ) -> None:
        row = exempt(programme=programme, person=ana, month=today, reason="New depot", by=dora)
        assert (row.month, row.duty, row.listening) == (today.replace(day=1), True, False)
        found = owed(programme, ana, today)
        assert (found.duty_days, found.listening_minutes) == (0, 120)
        assert found.reasons == ["exempt from duty: New depot"]
        assert row.history.get().history_user == dora

    def test_another_word_replaces_the_first_and_both_are_on_record(
        self, programme: Programme, ana: Person, dora: Person, today: date
    ) -> None:
        exempt(programme=programme, person=ana, month=today, reason="New depot", by=dora)
        row = exempt(
            programme=programme, person=ana, month=today, reason="Ill", by=dora, duty=False, listening=True
        )
        assert Exemption.objects.get() == row
        assert owed(programme, ana, today) == Owed(1, 0, ["exempt from listening: Ill"])
        lift_exemption(exemption=row, by=dora)
        assert owed(programme, ana, today) == Owed(1, 120, [])
        kinds = list(Exemption.history.order_by("history_id").values_list("history_type", "history_user"))
        assert kinds == [("+", dora.pk), ("~", dora.pk), ("-", dora.pk)]

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"reason": "  "}, "reason"),
            ({"duty": False}, "duty"),
            ({"month": date(2015, 1, 1)}, "month"),
            ({"month": date(2115, 1, 1)}, "month"),
        ],
    )
    def test_what_is_refused(
        self, programme: Programme, ana: Person, dora: Person, today: date, given, field: str
    ) -> None:
        with pytest.raises(Refused) as refusal:
            exempt(
                **(
                    {"programme": programme, "person": ana, "month": today, "reason": "Ill", "by": dora}
                    | given
                )
            )
        assert refusal.value.field == field
        assert not Exemption.objects.exists()

    def test_only_members_are_exempt_and_only_administrators_say_so(
        self, programme: Programme, ana: Person, ben: Person, dora: Person, today: date
    ) -> None:
        Membership.objects.filter(person=ben).delete()
        with pytest.raises(Refused, match="no member"):
            exempt(programme=programme, person=ben, month=today, reason="Ill", by=dora)
        with pytest.raises(Refused, match="Only administrators"):
            exempt(programme=programme, person=ana, month=today, reason="Ill", by=ana)
        row = exempt(programme=programme, person=ana, month=today, reason="Ill", by=dora)
        with pytest.raises(Refused, match="Only administrators"):
            lift_exemption(exemption=row, by=ana)
        assert Exemption.objects.get() == row
