"""Planning a rota: asked for, watched, stopped, given up by a click; and who may."""

from datetime import date, timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from people.models import Person
from rota import planning_runs
from rota.drafting import draft_rota
from rota.models import Duty, PlanningRun, PlanningStatus, Programme
from tests.web.conftest import SignIn
from tests.web.drafted import far_day
from tests.web.test_live import look
from web.rota_pages import next_period


@pytest.fixture
def browser(dora: Person, sign_in: SignIn) -> Client:
    return sign_in(dora)


@pytest.fixture
def first(programme: Programme) -> date:
    return far_day(programme)


@pytest.fixture
def run(programme: Programme, first: date, dora: Person) -> PlanningRun:
    return planning_runs.ask_for_plan(programme=programme, first=first, last=first, by=dora)


@pytest.fixture
def crowded_out(run: PlanningRun) -> PlanningRun:
    """There is no rota, as the planner keeps it."""
    run.status = PlanningStatus.INFEASIBLE
    run.clash = {"text": "3 March: only Ana and Ben are free, and the gap of 3 days forbids both."}
    run.relaxation = {
        "choices": [{"text": "Let 2 days lie between duties.", "relax": {"kind": "min_gap", "days": 2}}]
    }
    run.save()
    return run


def words(response: HttpResponse, status: int = 200) -> str:
    assert response.status_code == status
    return response.content.decode()


# --- The page of all rotas ---------------------------------------------------------------------------------------


def test_the_page_says_until_when_it_is_published_and_offers_what_comes_next(
    browser: Client, programme: Programme
) -> None:
    last = Duty.objects.published().latest("day").day
    page = words(browser.get("/admin/rota/"))
    assert f"Published until <strong>{last.day} {last:%B %Y}</strong>" in page
    assert f'name="north-america-first" value="{last + timedelta(days=1)}"' in page


def test_a_programme_with_nothing_published_says_so(browser: Client, programme: Programme) -> None:
    Duty.objects.all().delete()
    assert "Nothing is published" in words(browser.get("/admin/rota/"))


def test_without_a_programme_there_is_a_way_to_one(browser: Client) -> None:
    assert "/admin/programme-file/" in words(browser.get("/admin/rota/"))


def test_what_comes_next_ends_with_a_month_and_is_no_handful_of_days() -> None:
    assert next_period(date(2026, 3, 12)) == (date(2026, 3, 13), date(2026, 3, 31))
    assert next_period(date(2026, 3, 31)) == (date(2026, 4, 1), date(2026, 4, 30))
    assert next_period(date(2026, 12, 28)) == (date(2026, 12, 29), date(2027, 1, 31))


def ask(browser: Client, **given: object) -> HttpResponse:
    return browser.post(
        "/admin/rota/plan/north-america/", {f"north-america-{key}": value for key, value in given.items()}
    )


def test_asking_for_a_rota_leads_to_its_run(browser: Client, programme: Programme, first: date) -> None:
    response = ask(browser, first=first, last=first + timedelta(days=3), seconds=30)
    run = PlanningRun.objects.get()
    assert response.headers["Location"] == f"/admin/rota/runs/{run.pk}/"
    assert (run.first_day, run.last_day, run.time_limit) == (first, first + timedelta(days=3), 30)
    assert run.status == PlanningStatus.WAITING
    page = words(browser.get(response.headers["Location"]))
    assert "Waiting to start" in page
    assert 'data-live="1"' in page
    assert "Waiting to start" in words(browser.get("/admin/rota/"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"first": "soon", "last": "2030-01-01", "seconds": 60}, "Enter a valid date"),
        ({"first": "2030-01-02", "last": "2030-01-01", "seconds": 60}, ""),
        ({"first": "2030-01-01", "last": "2039-01-01", "seconds": 60}, ""),
        ({"first": "2030-01-01", "last": "2030-01-31", "seconds": 0}, "greater than or equal to 1"),
        ({"first": "2030-01-01", "last": "2030-01-31", "seconds": 99999}, "less than or equal to 3600"),
        ({}, "required"),
    ],
)
def test_a_bad_period_is_named_at_its_field(
    browser: Client, programme: Programme, given: dict[str, object], says: str
) -> None:
    page = words(ask(browser, **given), 422)
    assert 'class="field wrong"' in page or 'id="form-errors"' in page
    assert says in page
    assert not PlanningRun.objects.exists()


def test_one_programme_is_planned_once_at_a_time(browser: Client, programme: Programme, first: date) -> None:
    ask(browser, first=first, last=first, seconds=30)
    page = words(ask(browser, first=first, last=first, seconds=30), 422)
    assert "form-errors" in page
    assert PlanningRun.objects.count() == 1


# --- One run -----------------------------------------------------------------------------------------------------


def test_the_run_follows_by_itself_and_is_silent_while_nothing_moves(
    browser: Client, run: PlanningRun
) -> None:
    path = look(browser, words(browser.get(f"/admin/rota/runs/{run.pk}/")), "run")
    assert browser.get(path).status_code == 204
    row = PlanningRun.objects.filter(pk=run.pk)
    row.update(status="running", objective=1320, bound=1180, gap=0.106, seconds=2.0)
    news = words(browser.get(path))
    assert "at most 10.6 % better is possible" in news
    assert 'hx-swap-oob="innerHTML"' in news
    path = look(browser, news, "run")
    row.update(status="optimal", bound=1320, gap=0)
    news = words(browser.get(path))
    assert "Proven best" in news
    assert "data-live" not in news


def test_a_run_that_waits_is_stopped_at_once(
    browser: Client, programme: Programme, first: date, dora: Person
) -> None:
    run = planning_runs.ask_for_plan(programme=programme, first=first, last=first, by=dora)
    response = browser.post(f"/admin/rota/runs/{run.pk}/stop/", follow=True)
    assert "It was stopped before anything was found." in words(response)
    assert "error" not in {str(message.level_tag) for message in response.context["messages"]}
    again = browser.post(f"/admin/rota/runs/{run.pk}/stop/", follow=True)
    assert "error" in {str(message.level_tag) for message in again.context["messages"]}


def test_what_clashes_is_said_in_words_and_given_up_by_a_click(
    browser: Client, crowded_out: PlanningRun
) -> None:
    page = words(browser.get(f"/admin/rota/runs/{crowded_out.pk}/"))
    assert "only Ana and Ben are free" in page
    assert "Let 2 days lie between duties." in page
    response = browser.post(f"/admin/rota/runs/{crowded_out.pk}/relax/", {"choice": "0"})
    again = PlanningRun.objects.exclude(pk=crowded_out.pk).get()
    assert response.headers["Location"] == f"/admin/rota/runs/{again.pk}/"
    assert again.relax == [{"kind": "min_gap", "days": 2}]


@pytest.mark.parametrize("choice", ["", "x", "-1", "9999", "²"])
def test_a_made_up_choice_gives_up_nothing(browser: Client, crowded_out: PlanningRun, choice: str) -> None:
    response = browser.post(f"/admin/rota/runs/{crowded_out.pk}/relax/", {"choice": choice})
    assert response.status_code == 404
    assert PlanningRun.objects.count() == 1


def test_a_choice_that_was_not_offered_is_refused_in_words(browser: Client, crowded_out: PlanningRun) -> None:
    response = browser.post(f"/admin/rota/runs/{crowded_out.pk}/relax/", {"choice": "99"}, follow=True)
    assert "error" in {str(message.level_tag) for message in response.context["messages"]}
    assert PlanningRun.objects.count() == 1


def test_a_failed_run_says_why(browser: Client, programme: Programme, first: date, dora: Person) -> None:
    run = planning_runs.ask_for_plan(programme=programme, first=first, last=first, by=dora)
    PlanningRun.objects.filter(pk=run.pk).update(status="failed", error="The solver <broke>.")
    page = words(browser.get(f"/admin/rota/runs/{run.pk}/"))
    assert "The solver &lt;broke&gt;." in page
    assert "data-live" not in page


# --- Who is let in -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ana", "asha", "cleo", "eve", None])
def test_it_is_for_administrators_only(
    who: str | None,
    programme: Programme,
    run: PlanningRun,
    first: date,
    request: pytest.FixtureRequest,
    sign_in: SignIn,
) -> None:
    client = sign_in(request.getfixturevalue(who) if who else None)
    draft = draft_rota(programme=programme, first=first, last=first).rota
    assert draft is not None
    duty, rota = draft.duties.latest("seat"), (draft.pk,)
    addresses = [
        ("GET", "rota", ()),
        ("POST", "rota-plan", ("north-america",)),
        ("GET", "rota-run", (run.pk,)),
        ("GET", "rota-run-live", (run.pk,)),
        ("POST", "rota-stop", (run.pk,)),
        ("POST", "rota-relax", (run.pk,)),
        ("POST", "rota-lock", (duty.pk,)),
        *(("GET", f"rota-{name}", rota) for name in ("board", "balance", "candidates", "exchange", "fill")),
        *(("POST", f"rota-{name}", rota) for name in ("assign", "exchange", "solve-again")),
        *(("POST", f"rota-{name}", rota) for name in ("discard", "publish")),
    ]
    for method, name, arguments in addresses:
        response = client.generic(method, reverse(f"web:{name}", args=arguments))
        if who is None:
            assert response.headers["Location"].startswith("/accounts/login/"), name
        else:
            assert response.status_code == 403, name
