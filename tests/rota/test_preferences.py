"""Wishes: whose word it is, what is kept, and how many of them count in a month."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from people.errors import Refused
from people.models import Person
from rota.hours import WEEKDAYS
from rota.models import Preference, Programme
from rota.preferences import Wish, clear_preference, counting, likings, set_preference
from tests.conftest import make_person

NOW = datetime(2026, 6, 17, 14, tzinfo=UTC)
JUNE = [date(2026, 6, day) for day in range(1, 31)]  # the 1st is a Monday
JULY = [date(2026, 7, day) for day in range(1, 32)]


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


def june(*days: int) -> list[date]:
    return [date(2026, 6, day) for day in days]


def test_a_date_a_weekday_and_another_mind(ana: Person, asha: Person) -> None:
    set_preference(person=ana, by=ana, liking=-3, weekday="fri")
    row = set_preference(person=ana, by=asha, liking=2, day=date(2026, 7, 1))
    assert [str(one) for one in ana.preferences.order_by("pk")] == [
        "Ana Ruiz: fri -3",
        "Ana Ruiz: 2026-07-01 +2",
    ]
    set_preference(person=ana, by=ana, liking=-1, day=date(2026, 7, 1))
    set_preference(person=ana, by=ana, liking=-1, day=date(2026, 7, 1))
    assert ana.preferences.count() == 2
    assert [one.history_user for one in row.history.order_by("history_id")] == [asha, ana]
    clear_preference(preference=row, by=asha)
    assert ana.preferences.get().weekday == "fri"
    assert Preference.history.filter(history_type="-").get().history_user == asha


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"liking": 0, "weekday": "fri"}, "liking"),
        ({"liking": 4, "weekday": "fri"}, "liking"),
        ({"liking": -4, "weekday": "fri"}, "liking"),
        ({"liking": 1}, "day"),
        ({"liking": 1, "weekday": "fri", "day": date(2026, 7, 1)}, "day"),
        ({"liking": 1, "weekday": "friday"}, "weekday"),
        ({"liking": 1, "day": date(2026, 6, 16)}, "day"),
        ({"liking": 1, "day": date(2028, 7, 1)}, "day"),
    ],
)
def test_what_is_refused(ana: Person, given, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        set_preference(person=ana, by=ana, **given)
    assert refusal.value.field == field
    assert not Preference.objects.exists()


def test_today_is_of_the_persons_own_clock(ana: Person) -> None:
    ana.time_zone = "Pacific/Auckland"  # it is the 18th there
    with pytest.raises(Refused, match="next two years"):
        set_preference(person=ana, by=ana, liking=1, day=date(2026, 6, 17))
    set_preference(person=ana, by=ana, liking=1, day=date(2026, 6, 18))


def test_whose_word_it_is(ana: Person, ben: Person, cleo: Person, dora: Person, asha: Person) -> None:
    for stranger in (ben, cleo):
        with pytest.raises(Refused, match="Only Ana Ruiz"):
            set_preference(person=ana, by=stranger, liking=1, weekday="mon")
    row = set_preference(person=ana, by=dora, liking=1, weekday="mon")
    with pytest.raises(Refused, match="Only Ana Ruiz"):
        clear_preference(preference=row, by=ben)
    asha.is_active = False
    with pytest.raises(Refused, match="Only Ana Ruiz"):
        set_preference(person=ana, by=asha, liking=1, weekday="tue")
    with pytest.raises(Refused, match="serves in no rota"):
        set_preference(person=cleo, by=cleo, liking=1, weekday="mon")


def test_there_is_an_end_to_dates(ana: Person) -> None:
    Preference.objects.bulk_create(
        Preference(person=ana, day=date(2026, 6, 17) + timedelta(days=n), liking=-1, created_at=NOW)
        for n in range(200)
    )
    with pytest.raises(Refused, match="At most 200"):
        set_preference(person=ana, by=ana, liking=1, day=date(2027, 6, 1))
    set_preference(person=ana, by=ana, liking=1, day=date(2026, 6, 17))  # another mind is no more dates


class TestWhichCount:
    def test_each_month_has_its_own_number(self) -> None:
        wishes = [Wish(-2, weekday="mon")]
        found = counting(wishes, JUNE + JULY, per_month=3)
        assert list(found) == [*june(1, 8, 15), date(2026, 7, 6), date(2026, 7, 13), date(2026, 7, 20)]
        assert set(found.values()) == {-2}

    def test_dates_go_before_weekdays_strong_before_weak_early_before_late(self) -> None:
        wishes = [
            Wish(-3, weekday="mon"),
            Wish(1, day=date(2026, 6, 25)),
            Wish(-1, day=date(2026, 6, 9)),
            Wish(2, day=date(2026, 6, 30)),
        ]
        assert counting(wishes, JUNE, per_month=1) == {date(2026, 6, 30): 2}
        assert list(counting(wishes, JUNE, per_month=3)) == june(30, 9, 25)
        assert list(counting(wishes, JUNE, per_month=5)) == june(30, 9, 25, 1, 8)

    def test_a_named_date_counts_instead_of_its_weekday(self) -> None:
        wishes = [Wish(-3, weekday="mon"), Wish(1, day=date(2026, 6, 8))]
        found = counting(wishes, JUNE, per_month=31)
        assert found[date(2026, 6, 8)] == 1
        assert found[date(2026, 6, 15)] == -3

    def test_none_count_where_the_programme_heeds_none(self) -> None:
        assert counting([Wish(-3, weekday="mon")], JUNE, per_month=0) == {}

    def test_only_duty_days_use_the_number_up(self) -> None:
        wishes = [Wish(-3, day=date(2026, 6, 6)), Wish(-1, day=date(2026, 6, 10))]
        workdays = [day for day in JUNE if day.weekday() < 5]
        assert counting(wishes, workdays, per_month=1) == {date(2026, 6, 10): -1}

    @given(
        wishes=st.lists(
            st.one_of(
                st.builds(Wish, st.sampled_from([-3, -1, 2]), day=st.sampled_from(JUNE + JULY)),
                st.builds(Wish, st.sampled_from([-3, -1, 2]), weekday=st.sampled_from(WEEKDAYS)),
            ),
            max_size=12,
        ),
        per_month=st.integers(0, 31),
    )
    def test_more_wishes_never_buy_more_days_than_the_programme_heeds(self, wishes, per_month: int) -> None:
        found = counting(wishes, JUNE + JULY, per_month=per_month)
        for month in (6, 7):
            assert sum(day.month == month for day in found) <= per_month
        assert all(found.values())

    def test_of_the_rows_in_one_query(
        self, programme: Programme, ana: Person, ben: Person, django_assert_num_queries
    ) -> None:
        programme.wishes_per_month = 2
        crowd = [make_person(f"m{n}@example.com", f"M {n}", is_executive=True) for n in range(5)]
        for person in (ana, *crowd):
            set_preference(person=person, by=person, liking=-2, weekday="mon")
        people = [person.pk for person in (ana, ben, *crowd)]
        with django_assert_num_queries(1):
            found = likings(programme=programme, people=people, days=JUNE)
        assert found[ana.pk] == dict.fromkeys(june(1, 8), -2)
        assert ben.pk not in found
