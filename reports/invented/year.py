"""The invented year as a whole."""

from dataclasses import dataclass
from datetime import date
from random import Random

from django.db import transaction

from people.errors import Refused
from reports.invented.cases import play_cases
from reports.invented.cast import make_cast
from reports.invented.duties import play_duties
from reports.invented.following import play_following
from reports.invented.listening import play_listening
from reports.invented.loading import Keys
from rota.models import Programme


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything. `backups` is how many seats each day has beside the primary's."""

    executives: int = 400
    escalations: int = 100_000
    sessions: int = 20_000
    months: int = 12
    backups: int = 9


def invent_year(*, slug: str, until: date, size: Size, seed: int) -> Programme:
    """A programme of its own with its whole past: `until` is any day of the last of its months.

    The same seed gives the same year. All of it is kept, or nothing. Raises Refused where the slug is taken.
    """
    if Programme.objects.filter(slug=slug).exists():
        raise Refused(f"There is a programme {slug} already: choose another slug.", field="slug")
    months = months_until(until, size.months)
    keys = Keys()
    with transaction.atomic():
        cast = make_cast(
            Random(f"{seed}:cast"),  # noqa: S311 - a game of chance, and no secret
            slug=slug,
            executives=size.executives,
            months=months,
            backups=min(size.backups, max(size.executives // 4, 1)),
        )
        duties = play_duties(Random(f"{seed}:duties"), cast, keys, months)  # noqa: S311 - likewise
        play_cases(Random(f"{seed}:cases"), cast, keys, months, duties, count=size.escalations)  # noqa: S311
        play_listening(Random(f"{seed}:listening"), cast, keys, months, count=size.sessions)  # noqa: S311
        play_following(Random(f"{seed}:following"), cast, keys, months, count=size.executives)  # noqa: S311
        keys.settle()
    return cast.programme


def months_until(until: date, count: int) -> list[date]:
    """The first days of so many months, the last of them that of `until`."""
    number = until.year * 12 + until.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(number - count + 1, number + 1)]
