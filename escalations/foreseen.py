"""Cases of which a notice had warned: linked to it a little after they were raised, away from what rings."""

from datetime import timedelta

from escalations.models import Escalation
from learnings import notices
from learnings.models import Arrival, Notice
from telephony import clock

LOOKS_BACK = timedelta(days=1)


def link_due() -> int:
    """Link the cases of the last day that speak of a notice, each ten minutes; returns how many are new.

    A run that was missed is made up for by the next one, within a day.
    """
    now = clock.now()
    since = now - LOOKS_BACK
    if (
        not Notice.objects.current((since - timedelta(days=Notice.DAYS_AFTER)).date())
        .exclude(keywords="")
        .exists()
    ):
        return 0
    known = set(Arrival.objects.filter(at__gte=since).values_list("path", flat=True))
    count = 0
    for case in Escalation.objects.filter(created_at__gte=since).order_by("pk"):
        path = f"/cases/{case.pk}/"
        if path not in known:
            words = f"{case.summary} {case.wants}"
            count += bool(
                notices.came_in(words=words, reference=f"case {case.number}", path=path, at=case.created_at)
            )
    return count
