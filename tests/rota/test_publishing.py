"""Publishing: all of it or nothing, once, told after the commit, with the times to listen that still fit."""

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from people.models import Person
from rota.drafting import draft_rota
from rota.errors import CannotPublish
from rota.models import Duty, ListeningHold, ListeningWindow, Programme, Rota, RotaStatus
from rota.publishing import publish
from rota.signals import rota_published
from tests.rota.offices import make_office, members_of, serve

MONDAY = date(2027, 3, 1)
FRIDAY = date(2027, 3, 5)

Told = list[dict[str, Any]]


@pytest.fixture
def office(db: None) -> Programme:
    office = make_office(4, listening_minutes_per_month=30, listening_session_minutes=30)
    ListeningWindow.objects.create(
        programme=office, weekday="thu", opens=time(10), closes=time(11), seats=3, peak=3
    )
    return office


@pytest.fixture
def told() -> Iterator[Told]:
    heard: Told = []

    def listen(**kwargs: Any) -> None:
        heard.append(kwargs)

    rota_published.connect(listen)
    yield heard
    rota_published.disconnect(listen)


def draft(programme: Programme, last: date = date(2027, 3, 31)) -> Rota:
    rota = draft_rota(programme=programme, first=MONDAY, last=last).rota
    assert rota is not None
    return rota


def test_it_is_told_once_after_the_commit_with_everything(
    office: Programme, dora: Person, told: Told, django_capture_on_commit_callbacks: Any
) -> None:
    rota = draft(office)
    with django_capture_on_commit_callbacks(execute=True):
        publish(rota=rota, by=dora)
        assert told == []
    (news,) = told
    assert news["rota"] == rota
    assert len(news["duties"]) == 46
    assert all(duty.published for duty in news["duties"])
    assert {hold.person for hold in news["holds"]} == set(members_of(office))
    assert news["by"] == dora
    with pytest.raises(CannotPublish), django_capture_on_commit_callbacks(execute=True):
        publish(rota=rota, by=dora)
    assert len(told) == 1


def test_a_receiver_that_breaks_undoes_nothing(
    office: Programme, django_capture_on_commit_callbacks: Any
) -> None:
    def explode(**kwargs: Any) -> None:
        raise RuntimeError("no")

    rota_published.connect(explode)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            publish(rota=draft(office))
    finally:
        rota_published.disconnect(explode)
    assert Duty.objects.published().count() == 46


def test_undone_with_what_it_was_part_of_nothing_is_told(
    office: Programme, told: Told, django_capture_on_commit_callbacks: Any
) -> None:
    rota = draft(office)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        publish(rota=rota)
        transaction.set_rollback(True)
    assert told == []
    assert not Duty.objects.published().exists()
    assert not ListeningHold.objects.filter(published=True).exists()
    assert Rota.objects.get().status == RotaStatus.DRAFT


def test_times_to_listen_are_published_where_they_still_fit(office: Programme) -> None:
    rota = draft(office)
    holds = list(rota.holds.order_by("starts_at", "pk"))
    assert len(holds) == 4
    full, over = holds[0], holds[-1]
    stranger = make_office(1, slug="other")
    ListeningHold.objects.create(
        programme=office,
        person=members_of(stranger)[0],
        window=full.window,
        starts_at=full.starts_at,
        ends_at=full.ends_at,
        month=MONDAY,
        published=True,
        created_at=datetime.now(UTC),
    )
    ListeningWindow.objects.update(seats=1)
    ListeningHold.objects.filter(pk=over.pk).update(
        starts_at=datetime(2020, 1, 2, 15, tzinfo=UTC), ends_at=datetime(2020, 1, 2, 16, tzinfo=UTC)
    )

    publish(rota=rota)

    kept = set(rota.holds.values_list("pk", flat=True))
    assert full.pk not in kept
    assert over.pk not in kept
    assert all(rota.holds.values_list("published", flat=True))
    places = [(h.window_id, h.starts_at) for h in ListeningHold.objects.filter(published=True)]
    assert len(places) == len(set(places))


def test_the_times_are_those_of_the_rules_of_now(office: Programme) -> None:
    rota = draft(office, FRIDAY)
    Programme.objects.update(hours_from=time(9))
    publish(rota=rota)
    monday = rota.duties.filter(day=MONDAY)[0]
    assert monday.starts_at == datetime(2027, 3, 1, 14, tzinfo=UTC)


def test_publishing_a_year_asks_no_more_questions_than_a_week(
    office: Programme, django_assert_max_num_queries: Any
) -> None:
    rota = draft(office, date(2027, 8, 31))
    with django_assert_max_num_queries(24):
        publish(rota=rota)


def test_an_empty_seat_of_a_published_day_may_be_added(office: Programme) -> None:
    one, two, *_ = members_of(office)
    serve(office, MONDAY, one)
    rota = Rota.objects.create(programme=office, first_day=MONDAY, last_day=MONDAY)
    duty = serve(office, MONDAY, one, two, published=False)[1]
    Duty.objects.filter(pk=duty.pk).update(rota=rota)
    publish(rota=rota)
    assert list(Duty.objects.published().filter(day=MONDAY).values_list("person", flat=True)) == [
        one.pk,
        two.pk,
    ]


@pytest.mark.django_db(transaction=True)
def test_of_two_drafts_of_the_same_days_one_is_published() -> None:
    office = make_office(4)
    first = draft(office, FRIDAY)
    second = draft(office, date(2027, 3, 4))
    outcomes: list[str] = []
    both = threading.Barrier(2)

    def run(rota: Rota) -> None:
        both.wait()
        try:
            publish(rota=rota)
            outcomes.append("published")
        except CannotPublish:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(rota,)) for rota in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["published", "refused"]
    published = Duty.objects.published()
    assert published.count() in (8, 10)
    assert {duty.rota.status for duty in published.select_related("rota")} == {RotaStatus.PUBLISHED}


@pytest.mark.django_db(transaction=True)
def test_of_two_programmes_that_seat_one_person_on_one_day_one_is_published() -> None:
    office = make_office(2)
    other = make_office(0, slug="other", members=members_of(office))
    rotas = []
    for programme in (office, other):
        duties = serve(programme, MONDAY, *members_of(office), published=False)
        rotas.append(duties[0].rota)
    outcomes: list[str] = []
    both = threading.Barrier(2)

    def run(rota: Rota) -> None:
        both.wait()
        try:
            publish(rota=rota)
            outcomes.append("published")
        except CannotPublish as refused:
            outcomes.append(str(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(rota,)) for rota in rotas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes.count("published") == 1
    assert sum("would sit twice on 2027-03-01" in outcome for outcome in outcomes) == 1
    assert Duty.objects.published().count() == 2


def test_a_draft_for_days_that_are_over_is_published_without_times_to_listen(office: Programme) -> None:
    with time_machine.travel(datetime(2027, 6, 1, 12, tzinfo=UTC), tick=False):
        rota = draft(office)
        assert not rota.holds.exists()
        publish(rota=rota)
    assert Duty.objects.published().count() == 46
    assert (
        Duty.objects.published()
        .filter(ends_at__lt=datetime(2027, 6, 1, tzinfo=UTC) + timedelta(days=1))
        .count()
        == 46
    )
