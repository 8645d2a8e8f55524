"""The cumulative balance: what was served beyond the fair share, by date, share and presence."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from people.models import Person
from rota.balance import balances, window_start
from rota.drafting import draft_rota
from rota.exemptions import exempt
from rota.models import Favour, Membership, Programme
from rota.planning.instance import Points
from tests.rota.offices import away, make_office, members_of, serve

MONDAY = date(2026, 3, 2)
APRIL = date(2026, 4, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Programme:
    return make_office(4)


def test_who_served_more_is_ahead_and_it_all_comes_to_nothing(office: Programme) -> None:
    one, two, three, four = members_of(office)
    serve(office, MONDAY, one, two)
    serve(office, MONDAY + timedelta(days=1), one, three)

    found = balances(office, APRIL)

    # Two primary days and two backup days of 4 points among four: a fair share is 2 points of each.
    assert found[one.pk] == Points(load=6, weekend=0, backup=-2)
    assert found[two.pk] == Points(load=-2, weekend=0, backup=2)
    assert found[four.pk] == Points(load=-2, weekend=0, backup=-2)
    assert sum(points.load for points in found.values()) == 0


def test_what_somebody_was_ahead_is_paid_back(office: Programme) -> None:
    one, *others = members_of(office)
    for step in range(4):
        serve(office, MONDAY + timedelta(days=step), one, others[step % 3])
    draft = draft_rota(programme=office, first=date(2026, 4, 6), last=date(2026, 4, 10))

    assert draft.rota is not None
    assert one not in {duty.person for duty in draft.rota.duties.filter(seat=0)}
    standing = {line["person"]: line for line in draft.report["fairness"]}
    assert standing[one.pk]["before"]["load"] == 3
    assert standing[one.pk]["after"]["load"] == 1.75


def test_nobody_owes_what_was_before_them_or_while_they_were_away(office: Programme) -> None:
    one, two, three, four = members_of(office)
    Membership.objects.filter(person=two).update(joined_on=MONDAY + timedelta(days=1))
    away(three, MONDAY, MONDAY)
    away(four, MONDAY, MONDAY, status="waiting")
    serve(office, MONDAY, one)

    found = balances(office, APRIL)

    assert found[two.pk] == found[three.pk] == Points()
    assert found[one.pk].load == 2
    assert found[four.pk].load == -2


def test_a_part_time_member_has_a_part_of_the_share(office: Programme) -> None:
    one, two, three, _ = members_of(office)
    Membership.objects.filter(person=two).update(share=50)
    Membership.objects.filter(person__in=[three, _]).delete()
    for step in range(3):
        serve(office, MONDAY + timedelta(days=step), [one, one, two][step])

    assert {points.load for points in balances(office, APRIL).values()} == {0}


def test_whoever_is_exempt_owes_nothing_of_that_month(office: Programme, dora: Person) -> None:
    one, two, three, four = members_of(office)
    now = datetime.now(UTC).date().replace(day=1)
    for person in (three, four):
        exempt(programme=office, person=person, month=now, reason="Audit", by=dora)
    day = now + timedelta(days=(7 - now.weekday()) % 7)
    serve(office, day, one, two)

    found = balances(office, (now + timedelta(days=40)).replace(day=1))

    assert found[three.pk] == Points()
    assert found[one.pk] == Points(load=2, weekend=0, backup=-2)


def test_a_swap_counts_for_whoever_served_and_the_favour_is_not_counted_twice(office: Programme) -> None:
    one, two, *_ = members_of(office)
    (duty,) = serve(office, MONDAY, one)
    before = balances(office, APRIL)
    duty.person = two
    duty.save()
    Favour.objects.create(duty=duty, helper=two, helped=one, points=4, at=datetime.now(UTC))

    after = balances(office, APRIL)

    assert (before[one.pk].load, before[two.pk].load) == (3, -1)
    assert (after[one.pk].load, after[two.pk].load) == (-1, 3)


def test_special_days_weekends_and_holidays_weigh(office: Programme) -> None:
    one, two, _three, _four = members_of(office)
    friday = date(2026, 7, 3)  # Independence Day, observed
    office.special_days = [
        {"date": "2026-03-07", "name": "Launch", "burden": 8},
        {"date": friday.isoformat(), "name": "Fair", "burden": 6},
    ]
    office.holidays = "US"
    office.save()
    serve(office, date(2026, 3, 7), one)
    serve(office, friday, two)

    found = balances(office, date(2026, 8, 1))

    assert found[one.pk] == Points(load=8 - 4 + 1, weekend=4 - 2, backup=0)  # 3.5 points each are fair
    assert found[two.pk] == Points(load=3, weekend=2, backup=0)


def test_the_duties_of_whoever_left_are_nobodys_burden(office: Programme) -> None:
    one, two, _three, _four = members_of(office)
    serve(office, MONDAY, one, two)
    one.is_active = False
    one.save()

    found = balances(office, APRIL)

    assert one.pk not in found
    assert {points.load for points in found.values()} == {0}
    assert found[two.pk].backup == 3


def test_the_window_is_of_whole_months() -> None:
    assert window_start(date(2026, 3, 31), 1) == date(2026, 2, 1)
    assert window_start(date(2028, 2, 29), 12) == date(2027, 2, 1)
    assert window_start(date(2026, 1, 1), 13) == date(2024, 12, 1)
    assert window_start(date(2026, 3, 31), 0) == date(2026, 3, 31)


def test_what_lies_before_the_window_is_forgotten(office: Programme) -> None:
    office.balance_months = 1
    office.save()
    one, *_ = members_of(office)
    serve(office, date(2026, 2, 27), one)
    assert {points.load for points in balances(office, APRIL).values()} == {0}
    office.balance_months = 2
    office.save()
    assert balances(office, APRIL)[one.pk].load == 3
    office.balance_months = 0
    assert balances(office, APRIL) == {}


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("America/New_York", date(2026, 3, 6), date(2026, 3, 10)),  # the hour that New York loses
        ("Europe/Berlin", date(2026, 10, 23), date(2026, 10, 27)),  # the hour that Berlin gains
        ("America/New_York", date(2028, 2, 27), date(2028, 3, 1)),  # a leap day
        ("Pacific/Kiritimati", date(2026, 12, 30), date(2027, 1, 2)),  # farthest east
        ("Pacific/Pago_Pago", date(2026, 12, 30), date(2027, 1, 2)),  # farthest west
        ("Pacific/Apia", date(2026, 4, 3), date(2026, 4, 6)),
    ],
)
def test_every_calendar_day_is_one_duty_wherever_it_is(zone: str, first: date, last: date) -> None:
    office = make_office(
        2,
        time_zone=zone,
        duty_days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        hours_from=time(0),
        hours_to=time(0),
        seats_backup=0,
    )
    one, two = members_of(office)
    days = [first + timedelta(days=step) for step in range((last - first).days + 1)]
    for day in days:
        serve(office, day, one)

    found = balances(office, last + timedelta(days=1))

    assert found[one.pk].load == len(days) * 4 // 2
    assert found[two.pk].load == -len(days) * 4 // 2
    draft = draft_rota(
        programme=office, first=last + timedelta(days=1), last=last + timedelta(days=len(days))
    )
    assert draft.rota is not None
    duties = list(draft.rota.duties.order_by("day"))
    assert {duty.person for duty in duties} == {two}
    for duty, following in pairwise(duties):
        assert duty.ends_at == following.starts_at
        assert duty.starts_at.astimezone(ZoneInfo(zone)).date() == duty.day
