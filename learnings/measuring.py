"""Did it work? A theme is measured again after its action was done, and the action says so."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from learnings.actions import reopen_as
from learnings.answering import save_as
from learnings.models import Action, Learning, Measurement, Rules, Verdict

FEWEST_TO_JUDGE = 2
"""A theme that came less often than this before cannot show by staying away that anything worked."""
MOST_DAYS = 120
"""After so long a verdict of "too early" stands: the action is measured no more."""
TO_MEND = timedelta(days=30)
"""How long the owner of one that did not work has for the next try."""


def judge(*, before: int, after: int) -> Verdict:
    """What two counts over equally many days say: of half or less it worked, of as many or more it did not.

    Between the two, or where there was too little before, it is too early.
    """
    if after and after >= before:
        return Verdict.DID_NOT
    if before < FEWEST_TO_JUDGE:
        return Verdict.TOO_EARLY
    return Verdict.WORKED if after * 2 <= before else Verdict.TOO_EARLY


def measure_due() -> int:
    """Measure what is due; returns how many. Hourly, by a schedule; one that was missed is made up for."""
    due = list(Action.objects.to_measure(timezone.now()).values_list("pk", flat=True))
    return sum(_measure(pk) for pk in due)


def _measure(pk: int) -> bool:
    now = timezone.now()
    with transaction.atomic():
        rows = Action.objects.select_for_update(of=("self",)).select_related("owner", "theme__touchpoint")
        action = rows.filter(pk=pk, measure_at__lte=now).first()
        if action is None or action.theme is None or action.done_at is None:
            return False
        # Over the time that has passed since it was done, however late this runs, but whole days.
        days = max((now - action.done_at).days, 1)
        span = timedelta(days=days)
        before = _count(action, action.opened_at - span, action.opened_at)
        after = _count(action, action.done_at, action.done_at + span)
        verdict = judge(before=before, after=after)
        Measurement.objects.create(
            action=action, round=action.round, at=now, days=days, before=before, after=after, verdict=verdict
        )
        action.verdict = verdict
        if verdict == Verdict.DID_NOT:
            reopen_as(
                action, due_in=TO_MEND, why=f"It did not work ({before} before, {after} since)", by=None
            )
        else:
            again = verdict == Verdict.TOO_EARLY and days < MOST_DAYS
            action.measure_at = now + timedelta(days=Rules.current().remeasure_days) if again else None
            save_as(action, None)
    return True


def _count(action: Action, start: datetime, end: datetime) -> int:
    """After `start`, up to and with `end`."""
    return Learning.objects.filter(theme=action.theme, created_at__gt=start, created_at__lte=end).count()
