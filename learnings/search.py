"""Full-text search of learnings: SQLite's FTS5, or PostgreSQL's text search; each by an index of its own.

The index follows the table by itself: on SQLite by triggers (https://www.sqlite.org/fts5.html, "external content"), on
PostgreSQL by a generated column. Django rebuilds a table of SQLite to alter it, and loses its triggers by that: so
they are looked after each time that migrations have run, and the index is built anew where they were lost.

Words are found by their beginnings, without case and (on SQLite) accents; several words must all be there.

PostgreSQL takes at least one row in 200 to hold the beginning of a word, however rare it is (tsquery_opr_selec
in src/backend/tsearch/ts_selfuncs.c), and would walk through all rows for the few that do. So it is asked first which
those are, and only among `FEW` or more it may walk.
"""

import re
from typing import Any

from django.db import connections
from django.db.models import QuerySet
from django.db.models.signals import post_migrate
from django.dispatch import receiver

from learnings.models import Learning

MOST_WORDS = 8
FEW = 500
_WORD = re.compile(r"[^\W_]+")

_SQLITE = (
    """
    CREATE VIRTUAL TABLE IF NOT EXISTS learnings_words USING fts5(
        quote, meaning, suggestion, content='learnings_learning', content_rowid='id',
        tokenize='unicode61 remove_diacritics 2', prefix='2 3'
    )
    """,
    """
    CREATE TRIGGER IF NOT EXISTS learnings_words_in AFTER INSERT ON learnings_learning BEGIN
        INSERT INTO learnings_words(rowid, quote, meaning, suggestion)
        VALUES (new.id, new.quote, new.meaning, new.suggestion);
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS learnings_words_out AFTER DELETE ON learnings_learning BEGIN
        INSERT INTO learnings_words(learnings_words, rowid, quote, meaning, suggestion)
        VALUES ('delete', old.id, old.quote, old.meaning, old.suggestion);
    END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS learnings_words_over AFTER UPDATE OF quote, meaning, suggestion
    ON learnings_learning BEGIN
        INSERT INTO learnings_words(learnings_words, rowid, quote, meaning, suggestion)
        VALUES ('delete', old.id, old.quote, old.meaning, old.suggestion);
        INSERT INTO learnings_words(rowid, quote, meaning, suggestion)
        VALUES (new.id, new.quote, new.meaning, new.suggestion);
    END
    """,
)
_POSTGRESQL = (
    """
    ALTER TABLE learnings_learning ADD COLUMN IF NOT EXISTS words tsvector GENERATED ALWAYS AS
    (to_tsvector('simple', quote || ' ' || meaning || ' ' || suggestion)) STORED
    """,
    "CREATE INDEX IF NOT EXISTS learning_words ON learnings_learning USING gin (words)",
)


def matching(rows: QuerySet[Learning], words: str) -> QuerySet[Learning]:
    """Those in which every word begins some word of quote, meaning or suggestion. `in_order` arranges them.

    No text holds a word without a letter or digit. On PostgreSQL the index is asked at once, not when rows are read.
    """
    wanted = _WORD.findall(words)[:MOST_WORDS]
    if not words.strip():
        return rows
    if not wanted:
        return rows.none()
    if connections[rows.db].vendor == "sqlite":
        # As a join, in the order of its rowid, the index streams; as `IN (…)` all matches would be gathered first.
        return rows.extra(
            tables=["learnings_words"],
            where=["learnings_words MATCH %s", "learnings_words.rowid = learnings_learning.id"],
            params=[" ".join(f'"{word}"*' for word in wanted)],
        )
    query = " & ".join(f"{word}:*" for word in wanted)
    few = _if_few(rows.db, query)
    if few is not None:
        return rows.filter(pk__in=few)
    return rows.extra(where=["learnings_learning.words @@ to_tsquery('simple', %s)"], params=[query])


def _if_few(using: str, query: str) -> list[int] | None:
    """The keys of all that match, if they are fewer than `FEW`."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT id FROM learnings_learning WHERE words @@ to_tsquery('simple', %s) LIMIT %s", [query, FEW]
        )
        keys = [key for (key,) in cursor.fetchall()]
    return keys if len(keys) < FEW else None


def in_order(rows: QuerySet[Learning], *, newest_first: bool = True, beyond: int | None = None) -> Any:
    """In the order in which they were logged, or backwards; with `beyond` what comes after that one.

    The index of SQLite is told too: else all matches would be sorted, and read from its end each time.
    """
    found = rows.order_by("-id" if newest_first else "id")
    if beyond is not None:
        found = found.filter(pk__lt=beyond) if newest_first else found.filter(pk__gt=beyond)
    if "learnings_words" in found.query.extra_tables:
        found = found.extra(order_by=["-learnings_words.rowid" if newest_first else "learnings_words.rowid"])
        if beyond is not None and newest_first:
            found = found.extra(where=["learnings_words.rowid < %s"], params=[beyond])
        elif beyond is not None:
            found = found.extra(where=["learnings_words.rowid > %s"], params=[beyond])
    return found


@receiver(post_migrate, dispatch_uid="learnings.search")
def keep_index(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """Make the index where it is missing, and build it where it did not follow the table."""
    if sender.name != "learnings":
        return
    connection = connections[using]
    if Learning._meta.db_table not in connection.introspection.table_names():  # noqa: SLF001 - migrated back
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in _POSTGRESQL:
                cursor.execute(statement)
            return
        cursor.execute(
            "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'learnings_learning'"
        )
        followed = cursor.fetchone()[0] >= len(_SQLITE) - 1
        for statement in _SQLITE:
            cursor.execute(statement)
        if not followed:
            cursor.execute("INSERT INTO learnings_words(learnings_words) VALUES ('rebuild')")
