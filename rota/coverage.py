"""Gaps are told: weekly for the next 30 days, daily inside the next seven, in one mail for each programme.

"Due and not said yet": a letter's key names the programme and the week or the day, so a run that was missed is made
up for by the next one, and a gap that opens in the middle of a week is told that week.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings

from people import letters
from people.models import Letter
from rota.gaps import Gap, gaps, stretches
from rota.hours import NoDutyDays
from rota.models import Programme
from rota.swap_letters import duty_url

logger = logging.getLogger(__name__)

AHEAD = 30
NEAR = 7
FROM = time(8)
"""Administrators read it in the morning of the programme's day, not in its night."""


def tell_due() -> int:
    """Tells administrators of the gaps of every programme, where that is due. Returns how many letters are new.

    Hourly, by a schedule.
    """
    now = datetime.now(UTC)
    return sum(_tell(programme, now) for programme in Programme.objects.order_by("pk"))


def _tell(programme: Programme, now: datetime) -> int:
    there = now.astimezone(programme.zone)
    if there.time() < FROM:
        return 0
    today = there.date()
    year, week, _ = today.isocalendar()
    weekly, daily = f"{_key(programme)}:{year}-W{week:02d}", f"{_key(programme)}:{today}"
    told_this_week = _said_on(weekly, programme)
    if told_this_week == today:
        return 0  # what the week's mail says need not be said twice on its day
    horizon = NEAR if told_this_week is not None else AHEAD
    try:
        found = gaps(programme=programme, now=now, days=horizon)
    except NoDutyDays:
        logger.warning("%s has no duty days within a year: nobody will be on duty", programme)
        return 0
    if not found:
        return 0
    told = letters.tell_administrators(
        key=daily if told_this_week is not None else weekly,
        kind="coverage",
        subject=_subject(programme, found, horizon),
        text=_text(programme, found, today),
    )
    return len(told)


def _key(programme: Programme) -> str:
    return f"coverage:{programme.pk}"


def _said_on(key: str, programme: Programme) -> date | None:
    """The programme's date on which this was first written to somebody."""
    written = Letter.objects.filter(key__startswith=f"{key}:").order_by("created_at").first()
    return written.created_at.astimezone(programme.zone).date() if written is not None else None


def _subject(programme: Programme, found: list[Gap], horizon: int) -> str:
    return f"{programme.name}: {len(found)} gap{'' if len(found) == 1 else 's'} in the next {horizon} days"


def _text(programme: Programme, found: list[Gap], today: date) -> str:
    soon = [gap for gap in found if gap.day <= today + timedelta(days=NEAR)]
    later = found[len(soon) :]
    parts = []
    for title, some in (("Within seven days:", soon), ("Later:", later)):
        if some:
            parts.append("\n".join([title, *_lines(some)]))
    parts.append(f"The programme's month:\n{settings.PUBLIC_BASE_URL}/admin/programmes/{programme.slug}/")
    return "\n\n".join(parts)


def _lines(found: list[Gap]) -> Iterator[str]:
    for one in stretches(found):
        gap = one.first
        if one.is_long:
            yield (
                f"- {_date(gap.day)} to {_date(one.last.day)}: nobody is published on {one.days} duty days"
            )
            continue
        yield f"- {_date(gap.day)}, {gap.role}: {gap.why}{' (others are asked)' if gap.sought else ''}"
        if gap.duty is not None:
            yield f"  {duty_url(gap.duty)}"


def _date(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
