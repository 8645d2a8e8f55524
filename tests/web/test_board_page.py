"""The board of a draft that the real planner made: what an administrator sees, does and is told."""

import re
import time
from datetime import date, timedelta

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from people.models import Person
from rota import planning_runs
from rota.absences import enter_absence
from rota.hours import duty_period
from rota.models import Duty, Membership, PlanningRun, PlanningStatus, Programme, Rota, RotaStatus
from tests.conftest import publish_days
from tests.web.conftest import SignIn
from tests.web.drafted import DAYS, add_members, far_day, plan, work_off
from tests.web.test_live import look


@pytest.fixture
def browser(dora: Person, sign_in: SignIn) -> Client:
    return sign_in(dora)


@pytest.fixture
def members(programme: Programme) -> list[Person]:
    return add_members(programme)


@pytest.fixture
def first(programme: Programme) -> date:
    return far_day(programme)


@pytest.fixture
def draft(programme: Programme, members: list[Person], first: date, dora: Person) -> Rota:
    rota = plan(programme, first, by=dora).rota
    assert rota is not None
    return rota


@pytest.fixture
def crowded_out(programme: Programme, ana: Person, ben: Person, first: date, dora: Person) -> PlanningRun:
    """Ana and Ben alone, with two seats a day and days between duties: there is no rota."""
    programme.min_gap_days = 3
    programme.save()
    return plan(programme, first, by=dora)


def words(response: HttpResponse, status: int = 200) -> str:
    assert response.status_code == status
    return response.content.decode()


def at(rota: Rota, name: str, **given: object) -> str:
    query = "&".join(f"{key}={value}" for key, value in given.items())
    return reverse(f"web:{name}", args=[rota.pk]) + (f"?{query}" if query else "")


def other_than(person: Person, draft: Rota, day: date, *, among: list[Person]) -> Person:
    """Somebody who sits nowhere on that day."""
    there = set(draft.duties.filter(day=day).values_list("person", flat=True))
    return next(one for one in among if one.pk not in there and one != person)


# --- One run, solved -------------------------------------------------------------------------------------------------


def test_the_run_follows_by_itself_and_is_silent_while_nothing_moves(
    browser: Client, programme: Programme, members: list[Person], first: date, dora: Person
) -> None:
    run = planning_runs.ask_for_plan(
        programme=programme, first=first, last=first + timedelta(days=DAYS - 1), by=dora, seconds=20
    )
    path = look(browser, words(browser.get(f"/admin/rota/runs/{run.pk}/")), "run")
    assert browser.get(path).status_code == 204
    work_off(run)
    news = words(browser.get(path))
    assert "Proven best" in news
    assert 'hx-swap-oob="innerHTML"' in news
    assert "data-live" not in news
    run.refresh_from_db()
    assert f"/admin/rota/{run.rota_id}/" in news


def test_what_clashes_is_said_in_words_and_given_up_by_a_click(
    browser: Client, programme: Programme, crowded_out: PlanningRun
) -> None:
    assert crowded_out.status == PlanningStatus.INFEASIBLE
    page = words(browser.get(f"/admin/rota/runs/{crowded_out.pk}/"))
    assert "What clashes" in page
    assert "Give this up and plan again" in page
    response = browser.post(f"/admin/rota/runs/{crowded_out.pk}/relax/", {"choice": "0"})
    again = PlanningRun.objects.exclude(pk=crowded_out.pk).get()
    assert response.headers["Location"] == f"/admin/rota/runs/{again.pk}/"
    assert work_off(again).status == PlanningStatus.OPTIMAL


# --- The board ---------------------------------------------------------------------------------------------------


def test_the_board_shows_each_seat_with_its_officer_and_why(browser: Client, draft: Rota) -> None:
    page = words(browser.get(at(draft, "rota-board")))
    shown = set(re.findall(r'data-duty="(\d+)"', page))
    month = draft.first_day
    expected = draft.duties.filter(day__year=month.year, day__month=month.month)
    assert shown == {str(duty.pk) for duty in expected}
    for duty in expected.select_related("person"):
        assert duty.person.name in page
        assert duty.why
    assert "Proven best" in page
    assert "Every seat has somebody whose phone can ring." in page


def test_a_month_beside_the_draft_is_empty_and_says_so(browser: Client, draft: Rota) -> None:
    assert "No duty day of this draft is in this month." in words(
        browser.get(at(draft, "rota-board", month="2031-01"))
    )
    words(browser.get(at(draft, "rota-board", month="nonsense")))


def test_days_that_are_published_already_are_shown_and_stay(
    browser: Client, programme: Programme, members: list[Person], first: date, dora: Person
) -> None:
    publish_days(programme, [[members[0], members[1]]], first=first + timedelta(days=1))
    rota = plan(programme, first, by=dora).rota
    assert rota is not None
    page = words(browser.get(at(rota, "rota-board", month=f"{first + timedelta(days=1):%Y-%m}")))
    row = page.split(f'id="day-{first + timedelta(days=1)}"')[1].split("</tr>")[0]
    assert "published" in row
    assert members[0].name in row
    assert "data-duty" not in row


def test_somebody_on_a_day_that_is_none_any_more_is_still_seen(browser: Client, draft: Rota) -> None:
    programme = draft.programme
    programme.days_off = [draft.first_day.isoformat()]
    programme.save()
    page = words(browser.get(at(draft, "rota-board")))
    assert f'id="day-{draft.first_day}"' in page
    assert f"#day-{draft.first_day}" in page.split('id="missing"')[1].split("</section>")[0]
    assert "It cannot be published yet" in page


def test_a_seat_is_held_and_let_go(browser: Client, draft: Rota) -> None:
    duty = draft.duties.get(day=draft.first_day, seat=0)
    response = browser.post(f"/admin/rota/duties/{duty.pk}/hold/", {"hold": "yes"})
    assert response.headers["Location"].endswith(f"#day-{draft.first_day}")
    duty.refresh_from_db()
    assert duty.locked
    assert 'aria-pressed="true"' in words(browser.get(at(draft, "rota-board")))
    browser.post(f"/admin/rota/duties/{duty.pk}/hold/", {"hold": "no"})
    duty.refresh_from_db()
    assert not duty.locked


def test_the_candidates_come_with_what_each_would_bring(browser: Client, draft: Rota) -> None:
    page = words(browser.get(at(draft, "rota-candidates", day=draft.first_day, seat=0)))
    holder = draft.duties.get(day=draft.first_day, seat=0).person
    assert f"Now {holder.name}" in page
    assert "sits there now" in page
    assert "<h1>" in page
    part = words(
        browser.get(at(draft, "rota-candidates", day=draft.first_day, seat=0), headers={"HX-Request": "true"})
    )
    assert "<html" not in part
    assert "csrfmiddlewaretoken" in part


def test_a_name_finds_somebody_among_many(browser: Client, draft: Rota) -> None:
    add_members(draft.programme, 30, prefix="Zed")
    page = words(browser.get(at(draft, "rota-candidates", day=draft.first_day, seat=0)))
    assert page.count('name="to"') <= 25
    assert "more; find somebody by name" in page
    page = words(browser.get(at(draft, "rota-candidates", day=draft.first_day, seat=0, q="zed 29")))
    assert re.findall(r"<strong>(Zed [^<]*)</strong>", page) == ["Zed 29"]
    page = words(browser.get(at(draft, "rota-candidates", day=draft.first_day, seat=0, q="<nobody>")))
    assert "“&lt;nobody&gt;”" in page


def test_somebody_is_seated_and_stays(
    browser: Client, draft: Rota, members: list[Person], ana: Person
) -> None:
    day = draft.first_day
    holder = draft.duties.get(day=day, seat=0).person
    to = other_than(holder, draft, day, among=members)
    response = browser.post(at(draft, "rota-assign"), {"day": day, "seat": 0, "to": to.pk}, follow=True)
    assert f"{to.name} is primary on" in words(response)
    duty = draft.duties.get(day=day, seat=0)
    assert (duty.person, duty.locked) == (to, True)


def test_what_is_forbidden_is_refused_in_words(browser: Client, draft: Rota) -> None:
    day = draft.first_day
    backup = draft.duties.get(day=day, seat=1).person
    before = draft.duties.get(day=day, seat=0).person
    page = words(browser.get(at(draft, "rota-candidates", day=day, seat=0)))
    theirs = page.split(f"<strong>{backup.name}</strong>")[1].split("</li>")[0]
    assert "<form" not in theirs
    response = browser.post(at(draft, "rota-assign"), {"day": day, "seat": 0, "to": backup.pk}, follow=True)
    assert "error" in {str(message.level_tag) for message in response.context["messages"]}
    assert draft.duties.get(day=day, seat=0).person == before


def test_somebody_who_is_away_can_be_seen_to_be(browser: Client, draft: Rota, dora: Person) -> None:
    day = draft.first_day
    holder = draft.duties.get(day=day, seat=0).person
    enter_absence(person=holder, first=day, last=day, reason="At sea", by=dora)
    page = words(browser.get(at(draft, "rota-board")))
    assert 'id="missing"' in page
    assert holder.name in page.split('id="missing"')[1].split("</section>")[0]


def exchange_of(draft: Rota) -> tuple[Duty, Duty]:
    """Two primaries who can change places: neither sits on the other's day."""
    duties = list(draft.duties.filter(seat=0).select_related("person"))
    there = {}
    for duty in draft.duties.all():
        there.setdefault(duty.day, set()).add(duty.person_id)
    return next(
        (one, other)
        for one in duties
        for other in duties
        if one.person_id not in there[other.day] and other.person_id not in there[one.day]
    )


def test_an_exchange_shows_its_cost_and_is_made_by_a_second_click(browser: Client, draft: Rota) -> None:
    one, other = exchange_of(draft)
    page = words(browser.get(at(draft, "rota-exchange", one=one.pk, other=other.pk)))
    assert "Exchange them" in page
    assert "point" in page
    one.refresh_from_db()
    assert not one.locked
    response = browser.post(at(draft, "rota-exchange"), {"one": one.pk, "other": other.pk}, follow=True)
    assert f"{one.person.name} and {other.person.name} changed places" in words(response)
    first, second = draft.duties.get(day=one.day, seat=0), draft.duties.get(day=other.day, seat=0)
    assert (first.person, second.person) == (other.person, one.person)
    assert first.locked
    assert second.locked


def test_an_empty_seat_is_loud_and_can_be_filled(browser: Client, draft: Rota, members: list[Person]) -> None:
    day = draft.first_day
    empty = draft.duties.get(day=day, seat=1)
    empty.delete()
    page = words(browser.get(at(draft, "rota-board")))
    assert 'class="seat-name nobody"' in page
    assert 'id="missing"' in page
    there = draft.duties.get(day=day, seat=0).person
    elsewhere = draft.duties.exclude(day=day).exclude(person=there).select_related("person").first()
    page = words(browser.get(at(draft, "rota-fill", one=elsewhere.pk, day=day, seat=1)))
    assert f"Seat {elsewhere.person.name} there too" in page
    browser.post(at(draft, "rota-assign"), {"day": day, "seat": 1, "to": elsewhere.person.pk})
    assert draft.duties.get(day=day, seat=1).person == elsewhere.person


def test_it_is_solved_again_around_what_is_held(browser: Client, draft: Rota, members: list[Person]) -> None:
    day = draft.first_day
    to = other_than(draft.duties.get(day=day, seat=0).person, draft, day, among=members)
    browser.post(at(draft, "rota-assign"), {"day": day, "seat": 0, "to": to.pk})
    response = browser.post(at(draft, "rota-solve-again"))
    run = PlanningRun.objects.latest("pk")
    assert response.headers["Location"] == f"/admin/rota/runs/{run.pk}/"
    run = work_off(run)
    assert run.status == PlanningStatus.OPTIMAL
    duty = Duty.objects.get(rota=run.rota, day=day, seat=0)
    assert (duty.person, duty.locked) == (to, True)
    second = browser.post(at(draft, "rota-solve-again"))
    assert second.status_code in {302, 404}


# --- Publishing --------------------------------------------------------------------------------------------------


def test_a_ready_draft_is_published_by_one_click(browser: Client, draft: Rota) -> None:
    response = browser.post(at(draft, "rota-publish"), follow=True)
    draft.refresh_from_db()
    assert draft.status == RotaStatus.PUBLISHED
    assert "Published. Everybody concerned gets an invitation." in words(response)
    assert response.request["PATH_INFO"] == "/duty/"
    assert "#" not in response.redirect_chain[-1][0], "it says so at the top of the page"
    for page in ("rota-board", "rota-balance"):
        assert browser.get(at(draft, page)).headers["Location"].startswith("/duty/?month="), page


def test_what_is_missing_must_have_been_seen(browser: Client, draft: Rota) -> None:
    holder = draft.duties.get(day=draft.first_day, seat=0).person
    Person.objects.filter(pk=holder.pk).update(phone="", phone_verified_at=None)
    page = words(browser.get(at(draft, "rota-board")))
    assert "Look at this before you publish" in page
    assert holder.name in page.split('id="missing"')[1].split("</section>")[0]
    browser.post(at(draft, "rota-publish"))
    draft.refresh_from_db()
    assert draft.status == RotaStatus.DRAFT
    browser.post(at(draft, "rota-publish"), {"all_the_same": "yes"})
    draft.refresh_from_db()
    assert draft.status == RotaStatus.PUBLISHED


def test_what_blocks_it_cannot_be_ticked_away(browser: Client, draft: Rota) -> None:
    holder = draft.duties.get(day=draft.first_day, seat=0).person
    Person.objects.filter(pk=holder.pk).update(is_active=False)
    page = words(browser.get(at(draft, "rota-board")))
    assert "It cannot be published yet" in page
    assert 'name="all_the_same"' not in page
    response = browser.post(at(draft, "rota-publish"), {"all_the_same": "yes"}, follow=True)
    assert "error" in {str(message.level_tag) for message in response.context["messages"]}
    draft.refresh_from_db()
    assert draft.status == RotaStatus.DRAFT


def test_a_draft_is_thrown_away(browser: Client, draft: Rota) -> None:
    response = browser.post(at(draft, "rota-discard"), follow=True)
    assert "The draft is gone." in words(response)
    assert not Rota.objects.filter(pk=draft.pk).exists()


def test_a_published_rota_is_changed_no_more(browser: Client, draft: Rota) -> None:
    browser.post(at(draft, "rota-publish"))
    duties = list(draft.duties.filter(seat=0))[:2]
    who, day = duties[0].person, draft.first_day
    assert browser.get(at(draft, "rota-board")).status_code == 302
    place = {"day": day, "seat": 0}
    for path in (
        at(draft, "rota-candidates", **place),
        at(draft, "rota-exchange", one=duties[0].pk, other=duties[1].pk),
        at(draft, "rota-fill", one=duties[1].pk, **place),
    ):
        page = words(browser.get(path), 409)
        assert 'class="banner bad"' in page
        part = words(browser.get(path, headers={"HX-Request": "true"}))
        assert 'class="banner bad"' in part
    for name, given in (
        ("rota-assign", {**place, "to": duties[1].person_id}),
        ("rota-exchange", {"one": duties[0].pk, "other": duties[1].pk}),
        ("rota-discard", {}),
        ("rota-publish", {}),
        ("rota-solve-again", {}),
    ):
        response = browser.post(at(draft, name), given)
        assert response.status_code == 302, name
    response = browser.post(f"/admin/rota/duties/{duties[0].pk}/hold/", {"hold": "yes"})
    assert response.status_code == 302
    duties[0].refresh_from_db()
    assert (duties[0].person, duties[0].locked) == (who, False)
    assert PlanningRun.objects.count() == 1


@pytest.mark.parametrize(
    "place", ["", "day=2026-13-01&seat=0", "day=2026-03-01&seat=-1", "day=x&seat=0", "day=2026-03-01"]
)
def test_a_place_that_is_none_is_not_found(browser: Client, draft: Rota, place: str) -> None:
    assert browser.get(at(draft, "rota-candidates") + "?" + place).status_code == 404


@pytest.mark.parametrize("seat", ["7", "999999999999999"])
def test_a_seat_that_the_programme_does_not_have_is_no_error_of_ours(
    browser: Client, draft: Rota, seat: str
) -> None:
    path = at(draft, "rota-candidates", day=draft.first_day, seat=seat)
    assert browser.get(path).status_code in {404, 409}


# --- Who is ahead ------------------------------------------------------------------------------------------------


def test_the_balance_names_every_member(browser: Client, draft: Rota, members: list[Person]) -> None:
    page = words(browser.get(at(draft, "rota-balance")))
    for member in members:
        assert member.name in page
    assert "%" not in page, "everybody has a full share"
    Membership.objects.filter(person=members[0]).update(share=60)
    assert '<span class="small quiet">60 %</span>' in words(browser.get(at(draft, "rota-balance")))


# --- What it costs -----------------------------------------------------------------------------------------------


def queries_of(browser: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        words(browser.get(path))
    return len(caught)


def test_each_page_costs_the_same_however_many_there_are(
    browser: Client, programme: Programme, members: list[Person], first: date, dora: Person
) -> None:
    def paths(rota: Rota) -> list[str]:
        one, other = exchange_of(rota)
        return [
            "/admin/rota/",
            f"/admin/rota/runs/{rota.runs.get().pk}/",
            at(rota, "rota-board"),
            at(rota, "rota-balance"),
            at(rota, "rota-candidates", day=rota.first_day, seat=0),
            at(rota, "rota-exchange", one=one.pk, other=other.pk),
        ]

    small = plan(programme, first, by=dora, days=5).rota
    assert small is not None
    before = [queries_of(browser, path) for path in paths(small)]
    add_members(programme, 12, prefix="Zed")
    large = plan(programme, first + timedelta(days=5), by=dora, days=15).rota
    assert large is not None
    after = [queries_of(browser, path) for path in paths(large)]
    assert after == before
    assert max(after) <= 30


def test_a_month_of_a_year_for_400_is_shown_soon(browser: Client, programme: Programme, first: date) -> None:
    people = add_members(programme, 400, prefix="Zed")
    days = [first + timedelta(days=n) for n in range(365)]
    rota = Rota.objects.create(programme=programme, first_day=days[0], last_day=days[-1])
    Duty.objects.bulk_create(
        Duty(
            rota=rota,
            programme=programme,
            person=people[(2 * n + seat) % len(people)],
            day=day,
            seat=seat,
            starts_at=duty_period(programme.rules, day).start,
            ends_at=duty_period(programme.rules, day).end,
        )
        for n, day in enumerate(days)
        for seat in (0, 1)
    )
    path = at(rota, "rota-board", month=f"{days[100]:%Y-%m}")
    words(browser.get(path))
    began = time.process_time()
    words(browser.get(path))
    assert time.process_time() - began < 2.0
