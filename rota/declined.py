"""Declined duties that nobody looks after: the signal that starts the search may be lost with its process."""

import logging
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from people.errors import Refused
from rota.cover import find_cover
from rota.models import AnswerStatus, CoverProposal, Invitation, Swap, SwapStatus

logger = logging.getLogger(__name__)

LATELY = timedelta(minutes=15)


def look_after_declined(*, since: datetime | None = None) -> int:
    """Look for cover for every duty that was declined (`since` then) and for which nothing was done since.

    Returns how many searches there are now that were not before.
    """
    declined = Invitation.objects.filter(
        answer=AnswerStatus.DECLINED,
        cancelled=False,
        duty__published=True,
        duty__person=F("person"),
        duty__ends_at__gt=timezone.now(),
    )
    if since is not None:
        declined = declined.filter(answered_at__gte=since)
    swaps = Swap.objects.filter(duty=OuterRef("duty"), person=OuterRef("person"))
    asked = swaps.filter(created_at__gte=OuterRef("answered_at"))
    searched = swaps.filter(status=SwapStatus.OPEN, search=True)
    # Where nobody alone could take it over, the least disruption is worked out instead.
    proposed = CoverProposal.objects.filter(duty=OuterRef("duty"), created_at__gte=OuterRef("answered_at"))
    unseen = declined.filter(~Exists(asked), ~Exists(searched), ~Exists(proposed))
    begun = 0
    for invitation in unseen.select_related("duty", "person").order_by("starts_at", "pk"):
        assert invitation.duty is not None  # noqa: S101 - asked for above
        try:
            begun += find_cover(duty=invitation.duty, by=invitation.person) is not None
        except Refused as refused:
            logger.warning("No cover is looked for, for %s: %s", invitation, refused)
    return begun
