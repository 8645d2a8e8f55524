"""The monthly "You said, we did": every learning that was done, declined or is open, in the sponsor's name."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from learnings.announcing import announce
from learnings.models import Learning, LearningStatus, News, Rules, SaidDone, SaidDoneEntry

HOUR = 6
"""On the first of the month, in the rules' zone: before anybody's routine mail, which tells of it."""


def publish_due() -> int:
    """Publish last month's where it is due and not yet done; returns how many. Hourly, by a schedule."""
    rules = Rules.current()
    local = timezone.now().astimezone(rules.zone)
    last = (local.date().replace(day=1) - timedelta(days=1)).replace(day=1)
    if (local.day == 1 and local.hour < HOUR) or SaidDone.objects.filter(month=last).exists():
        return 0
    return 1 if publish(month=last) is not None else 0


def publish(*, month: date) -> SaidDone | None:
    """Publish one month (its first day): what was learnt in it, and what was settled in it. None where there is none.

    Sensitive learnings are left out. What stands in it is not changed afterwards.
    """
    rules = Rules.current()
    start = datetime(month.year, month.month, 1, tzinfo=rules.zone)
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    end = datetime(following.year, following.month, 1, tzinfo=rules.zone)
    said = Q(created_at__gte=start, created_at__lt=end)
    settled = Q(settled_at__gte=start, settled_at__lt=end)
    rows = list(
        Learning.objects.of_everybody()
        .filter(said | settled)
        .select_related("owner")
        .prefetch_related("actions__owner")
        .order_by("pk")
    )
    if not rows:
        return None
    with transaction.atomic():
        published, is_new = SaidDone.objects.get_or_create(
            month=month, defaults={"sponsor": rules.sponsor, "published_at": timezone.now()}
        )
        if not is_new:
            return None
        SaidDoneEntry.objects.bulk_create(
            [
                SaidDoneEntry(said_done=published, learning=row, status=row.status, words=_words(row))
                for row in rows
            ],
            batch_size=500,
        )
        counts = {status: sum(row.status == status for row in rows) for status in LearningStatus.values}
        announce(
            kind=News.SAID_DONE,
            title=f"You said, we did: {month:%B %Y}",
            text=f"{counts['done']} done, {counts['declined']} declined, {counts['open']} open.",
            path=path_of(month),
            data={"month": f"{month:%Y-%m}", **counts},
        )
    return published


def path_of(month: date) -> str:
    """Its page."""
    return f"/learnings/said-done/{month:%Y-%m}/"


def by_status(published: SaidDone) -> list[tuple[str, list[SaidDoneEntry]]]:
    """What stands in it: done first, then declined, then open; a constant number of queries."""
    rows = list(published.entries.select_related("learning__touchpoint", "learning__account"))
    # Somebody may have kept one to a few people since.
    shown = [row for row in rows if not row.learning.sensitive]
    order = (LearningStatus.DONE, LearningStatus.DECLINED, LearningStatus.OPEN)
    return [(status.label, [row for row in shown if row.status == status]) for status in order]


def _words(row: Learning) -> str:
    if row.status != LearningStatus.OPEN:
        return row.settled_words
    live = [action for action in row.actions.all() if action.is_live]
    if not live:
        return f"{row.owner.name} answers for it."
    first = live[0]
    return f"{first.what} ({first.owner.name}, until {first.due_on.day} {first.due_on:%B %Y})"
