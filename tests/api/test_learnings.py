"""The feed of what was learnt, by program."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from learnings.recording import log_learning
from tests.api.conftest import fields_of


def shown(person) -> dict:
    return {"id": person.pk, "name": person.name, "email": person.email}


@pytest.fixture
def learn(ana, acme, touchpoint):
    def log(quote: str, **fields):
        words = {"cause": "process", "feeling": "annoyed", "source": "escalation", "author": ana}
        return log_learning(**{**words, "quote": quote, "touchpoint": touchpoint, "account": acme, **fields})

    return log


def test_a_learning_shows_who_learnt_it_and_who_owns_it(learn, ana, dora, cleo, program, settings):
    settings.PUBLIC_BASE_URL = "https://officer.example.com"
    row = learn("Nobody told us.", source_reference="case 1042", source_path="/cases/42/")
    answer = program(cleo).read("learnings/").json()
    assert answer["results"] == [
        {
            "id": row.pk,
            "quote": "Nobody told us.",
            "meaning": "",
            "suggestion": "",
            "touchpoint": {"name": "Checkout", "owner": shown(dora)},
            "cause": "process",
            "cause_words": "",
            "feeling": "annoyed",
            "contacts_before": None,
            "transfers_before": None,
            "source": "escalation",
            "source_reference": "case 1042",
            "account": "ACME",
            "author": shown(ana),
            "owner": shown(dora),
            "theme": {"id": row.theme_id, "title": "Checkout: process"},
            "repeats": None,
            "sensitive": False,
            "status": "open",
            "settled_at": None,
            "settled_words": "",
            "created_at": row.created_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "url": "https://officer.example.com/cases/42/",
        }
    ]


def test_one_of_no_account_and_no_page_shows_null(learn, cleo, program):
    learn("An idea.", account=None)
    row = program(cleo).read("learnings/").json()["results"][0]
    assert (row["account"], row["url"]) == (None, None)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3),
        ({"words": "told"}, 1),
        ({"words": "us NOBODY"}, 1),
        ({"cause": "tool"}, 1),
        ({"touchpoint": "checkout"}, 3),
        ({"touchpoint": "Checkout", "cause": "product"}, 0),
        ({"words": "%"}, 0),
    ],
)
def test_the_feed_is_narrowed(learn, asha, program, query, count):
    learn("Nobody told us.")
    learn("The button is gone.", cause="tool")
    learn("Too slow.")
    assert len(program(asha).read("learnings/", **query).json()["results"]) == count


@pytest.mark.parametrize("query", [{}, {"words": "number"}])
def test_the_feed_is_newest_first_and_paged_forth_and_back(learn, ana, program, query):
    for number in range(5):
        learn(f"Number {number}")
    caller = program(ana)
    page = caller.read("learnings/", page_size=2, **query).json()
    seen = [[row["quote"][-1] for row in page["results"]]]
    for way, steps in (("next", 2), ("previous", 2)):
        for _ in range(steps):
            page = caller.get(page[way]).json()
            seen.append([row["quote"][-1] for row in page["results"]])
        assert page[way] is None
    assert seen == [["4", "3"], ["2", "1"], ["0"], ["2", "1"], ["4", "3"]]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="asks SQLite for its plan")
def test_a_search_reads_its_index_in_order_and_sorts_nothing(learn, ana, program):
    for number in range(5):
        learn(f"Number {number}")
    caller = program(ana)
    with CaptureQueriesContext(connection) as queries:
        page = caller.read("learnings/", page_size=2, words="number").json()
        page = caller.get(page["next"]).json()
        caller.get(page["previous"])
    searches = [one["sql"] for one in queries if "MATCH" in one["sql"]]
    assert len(searches) == 3
    for search in searches:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {search}")
            plan = " ".join(row[-1] for row in cursor.fetchall())
        assert "learnings_words" in plan
        assert "ORDER BY" not in plan, plan


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"touchpoint": "Moon"}, "touchpoint", "unknown"),
        ({"cause": "fate"}, "cause", "invalid_choice"),
        ({"words": "x" * 201}, "words", "max_length"),
        ({"words": "\x00"}, "words", "control_characters"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(touchpoint, cleo, program, query, field, code):
    assert fields_of(program(cleo).read("learnings/", **query)) == {field: code}


def test_the_number_of_queries_does_not_grow(learn, cleo, program, django_assert_num_queries):
    for number in range(5):
        learn(f"{number}")
    caller = program(cleo)
    caller.read("me/")
    for size in (1, 5):
        with django_assert_num_queries(2):
            caller.read("learnings/", page_size=size)
