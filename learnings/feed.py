"""The feed: what was learnt, the last logged first, for everybody in the organisation."""

from dataclasses import dataclass

from learnings.models import Learning, LearningQuerySet
from learnings.search import in_order, matching
from people.models import Person

A_PAGE = 20


@dataclass(frozen=True)
class Page:
    """Some rows of the feed. `before` leads to older ones: what to ask for next, or None at the end."""

    rows: list[Learning]
    before: int | None


def feed(
    *,
    reader: Person,
    words: str = "",
    touchpoint: int | None = None,
    theme: int | None = None,
    cause: str = "",
    feeling: str = "",
    status: str = "",
    source: str = "",
) -> LearningQuerySet:
    """Learnings that this person may read and that hold every word, with all that a row shows; the last first."""
    asked = {
        "touchpoint": touchpoint,
        "theme": theme,
        "cause": cause,
        "feeling": feeling,
        "status": status,
        "source": source,
    }
    rows = LearningQuerySet(Learning).visible_to(reader).newest_first()
    found = rows.filter(**{name: value for name, value in asked.items() if value})
    return in_order(matching(found, words))  # type: ignore[no-any-return]  # the same kind of rows


def page_of(rows: LearningQuerySet, *, before: int | None = None, size: int = A_PAGE) -> Page:
    """The page that follows the learning `before`. However far back, it costs the same: nothing is counted."""
    found = list(in_order(rows, beyond=before)[: size + 1])
    return Page(rows=found[:size], before=found[size - 1].pk if len(found) > size else None)
