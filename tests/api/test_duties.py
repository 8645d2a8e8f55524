"""Who is on duty, as programs read it."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from rota.models import Duty, Programme
from tests.api.conftest import fields_of
from tests.conftest import publish_days


def shown(person) -> dict:
    return {"id": person.pk, "name": person.name, "email": person.email}


def instant(moment) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_now_names_the_officers_until_when_and_who_is_next(programme, ana, ben, cleo, program):
    today, tomorrow = Duty.objects.filter(seat=0)
    answer = program(cleo).read("duty/now/", programme="north-america")
    assert answer.status_code == 200
    assert answer.json() == {
        "primary": {"person": shown(ana), "until": instant(today.ends_at)},
        "backups": [{"person": shown(ben), "until": instant(today.ends_at)}],
        "next": {"person": shown(ben), "from": instant(tomorrow.starts_at)},
    }


def test_an_empty_rota_is_said_plainly(programme, cleo, program):
    Duty.objects.all().delete()
    assert program(cleo).read("duty/now/").json() == {"primary": None, "backups": [], "next": None}


def test_the_only_programme_need_not_be_named(programme, ana, cleo, program):
    assert program(cleo).read("duty/now/").json()["primary"]["person"] == shown(ana)
    assert program(cleo).read("duty/now/", programme="").status_code == 200


def test_of_several_programmes_one_is_named(programme, cleo, program):
    Programme.objects.create(
        slug="europe", name="Europe", time_zone="Europe/Berlin", hours_from="00:00", hours_to="00:00"
    )
    answer = program(cleo).read("duty/now/")
    assert fields_of(answer) == {"programme": "required"}
    assert "europe" in answer.json()["detail"]


def test_without_any_programme_that_is_said(cleo, program):
    assert "none yet" in program(cleo).read("duty/now/").json()["detail"]


def test_duties_are_listed_by_day_with_primary_first(programme, ana, ben, cleo, program):
    answer = program(cleo).read("duties/").json()
    first = Duty.objects.get(person=ana, seat=0)
    assert [(row["person"]["name"], row["role"]) for row in answer["results"]] == [
        ("Ana Ruiz", "primary"),
        ("Ben Okafor", "backup"),
        ("Ben Okafor", "primary"),
        ("Ana Ruiz", "backup"),
    ]
    assert answer["results"][0] == {
        "id": first.pk,
        "programme": "north-america",
        "day": first.day.isoformat(),
        "seat": 0,
        "role": "primary",
        "person": shown(ana),
        "starts_at": instant(first.starts_at),
        "ends_at": instant(first.ends_at),
    }
    assert (answer["next"], answer["previous"]) == (None, None)


def test_a_draft_is_nobodys_business(programme, cleo, program):
    Duty.objects.filter(seat=1).update(published=False)
    assert {row["seat"] for row in program(cleo).read("duties/").json()["results"]} == {0}


@pytest.mark.parametrize("word", ["me", "id", "email"])
def test_one_persons_duties(programme, ana, program, word):
    named = {"me": "me", "id": str(ana.pk), "email": "ANA@example.com"}[word]
    rows = program(ana).read("duties/", person=named).json()["results"]
    assert [row["person"]["name"] for row in rows] == ["Ana Ruiz", "Ana Ruiz"]


def test_days_are_inclusive(programme, cleo, program):
    day = Duty.objects.order_by("day").last().day
    query = {"from": day.isoformat(), "to": day.isoformat(), "programme": "north-america"}
    rows = program(cleo).read("duties/", **query).json()["results"]
    assert [row["day"] for row in rows] == [day.isoformat()] * 2


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"from": "soon"}, "from", "invalid"),
        ({"from": "2026-02-30"}, "from", "invalid"),
        ({"from": "20260301"}, "from", "invalid"),
        ({"from": "2026-W10-1"}, "from", "invalid"),
        ({"from": "2026-03-01T00:00:00+25:00"}, "from", "invalid"),
        ({"to": "٢٠٢٦-٠٣-٠١"}, "to", "invalid"),
        ({"to": "99999-01-01"}, "to", "invalid"),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "to", "before_from"),
        ({"programme": "atlantis"}, "programme", "unknown"),
        ({"programme": "a\x00b"}, "programme", "control_characters"),
        ({"programme": "x" * 65}, "programme", "max_length"),
        ({"person": "nobody@example.com"}, "person", "unknown"),
        ({"person": "9" * 18}, "person", "unknown"),
        ({"person": "9" * 200}, "person", "unknown"),
        ({"person": "²"}, "person", "unknown"),
        ({"page_size": "0"}, "page_size", "min_value"),
        ({"page_size": "201"}, "page_size", "max_value"),
        ({"page_size": "many"}, "page_size", "invalid"),
        ({"page_size": "9" * 5000}, "page_size", "max_string_length"),
        ({"cursor": "nonsense"}, "cursor", "invalid_cursor"),
        ({"cursor": "WzAsMV0"}, "cursor", "invalid_cursor"),
        ({"cursor": "é"}, "cursor", "invalid_cursor"),
        ({"form": "2026-03-01"}, "form", "unknown_field"),
        ({"person": ["me", "me"]}, "person", "repeated"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_by_name(programme, cleo, program, query, field, code):
    assert fields_of(program(cleo).read("duties/", **query)) == {field: code}


def test_pages_go_forth_and_back_and_miss_nothing(programme, ana, ben, cleo, program):
    publish_days(programme, [[ana, ben]] * 9, first=date(2031, 5, 1))
    caller = program(cleo)
    whole = [row["id"] for row in caller.read("duties/", page_size=200).json()["results"]]
    forth, page, pages = [], caller.read("duties/", page_size=4).json(), []
    assert page["previous"] is None
    while True:
        pages.append(page)
        forth += [row["id"] for row in page["results"]]
        if page["next"] is None:
            break
        page = caller.get(page["next"]).json()
    assert forth == whole
    assert [len(page["results"]) for page in pages] == [4, 4, 4, 4, 4, 2]
    back = []
    while True:
        assert page["results"]
        back = [row["id"] for row in page["results"]] + back
        if page["previous"] is None:
            break
        page = caller.get(page["previous"]).json()
    assert back == whole


def test_a_place_in_the_list_is_kept_while_rows_arrive(programme, ana, ben, cleo, program):
    caller = program(cleo)
    page = caller.read("duties/", page_size=2).json()
    first = timezone.now().date() - timedelta(days=30)
    publish_days(programme, [[ana, ben]], first=first)
    rows = caller.get(page["next"]).json()["results"]
    assert [row["role"] for row in rows] == ["primary", "backup"]
    assert rows[0]["person"] == shown(ben)


@pytest.mark.parametrize("days", [2, 30])
def test_the_number_of_queries_does_not_grow(
    programme, ana, ben, cleo, program, days, django_assert_num_queries
):
    publish_days(programme, [[ana, ben]] * days, first=date(2031, 5, 1))
    caller = program(cleo)
    caller.read("me/")
    with django_assert_num_queries(2):  # the token, the page
        caller.read("duties/")
