"""Full-text search, at the database's own index, and the feed at a constant cost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from learnings.feed import feed, page_of
from learnings.models import Learning
from learnings.recording import understand
from learnings.search import FEW, keep_index
from people.models import Person
from tests.learnings.conftest import Learn


def found(reader: Person, words: str, **asked) -> list[str]:
    return [one.quote for one in feed(reader=reader, words=words, **asked)]


def test_words_are_found_by_their_beginnings_in_every_field(learn: Learn, ana: Person, billing) -> None:
    learn("Four invoices for three depots.")
    two = learn("The Straße is closed, says José.", meaning="A depot moved.", suggestion="Tell the drivers.")
    for words, there in (
        ("invoice", ["Four invoices for three depots."]),
        ("INVOICES depot", ["Four invoices for three depots."]),
        ("depo", [two.quote, "Four invoices for three depots."]),
        ("driv", [two.quote]),
        ("voices", []),
        ("invoice nothing", []),
        ("straße", [two.quote]),
        ("“depot” - three!", ["Four invoices for three depots."]),
        ("' OR 1=1 --", []),
        ('" * NEAR( AND', []),
        (" ", [two.quote, "Four invoices for three depots."]),
        ("!!!", []),
    ):
        assert found(ana, words) == there, words
    understand(
        learning=two,
        by=ana,
        meaning="A warehouse.",
        suggestion="",
        touchpoint=billing,
        cause="tool",
        feeling="neutral",
    )
    assert found(ana, "warehouse") == [two.quote]
    assert found(ana, "driv") == []
    assert found(ana, "warehouse", cause="tool") == [two.quote]
    assert found(ana, "warehouse", cause="process") == []
    Learning.objects.all().delete()
    assert found(ana, "warehouse") == []


def test_a_sensitive_one_is_found_by_its_readers_only(learn: Learn, ana: Person, ben: Person) -> None:
    learn("About to leave us.", sensitive=True)
    assert found(ana, "leave") == ["About to leave us."]
    assert found(ben, "leave") == []


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its column")
def test_an_index_that_lost_its_triggers_is_built_anew(learn: Learn, ana: Person) -> None:
    from django.apps import apps  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER learnings_words_in")
    learn("Unseen.")
    assert found(ana, "unseen") == []
    keep_index(apps.get_app_config("learnings"))
    assert found(ana, "unseen") == ["Unseen."]
    learn("Seen again.")
    assert found(ana, "again") == ["Seen again."]


@pytest.mark.parametrize(("words", "there"), [("many number", FEW + 20), ("many 4", 111)])
def test_pages_cost_the_same_however_far_back(
    ana: Person, billing, django_assert_num_queries, words: str, there: int
) -> None:
    now = datetime.now(UTC)
    Learning.objects.bulk_create(
        Learning(
            quote=f"Number {n} of many words", touchpoint=billing, cause="process", source="session",
            author=ana, owner=ana, created_at=now - timedelta(minutes=FEW + 20 - n),
        )
        for n in range(FEW + 20)
    )  # fmt: skip
    seen, before = [], None
    while True:
        with django_assert_num_queries(2 if connection.vendor == "postgresql" else 1):
            page = page_of(feed(reader=ana, words=words), before=before)
        seen += [one.pk for one in page.rows]
        before = page.before
        if before is None:
            break
    assert len(seen) == len(set(seen)) == there
    assert seen == sorted(seen, reverse=True)
