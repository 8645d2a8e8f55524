"""Logging what was learnt."""

from django.db import transaction
from django.utils import timezone

from customers.models import Account
from learnings.models import Learning, Touchpoint
from people.models import Person


def log_learning(
    *,
    quote: str,
    touchpoint: Touchpoint,
    cause: str,
    feeling: str,
    source: str,
    author: Person,
    meaning: str = "",
    suggestion: str = "",
    source_reference: str = "",
    source_path: str = "",
    account: Account | None = None,
) -> Learning:
    """Log one learning to the whole organisation. The touchpoint's owner answers for what follows.

    The caller has checked the words; `source_path` is the page it came from, for those who may see it.
    """
    with transaction.atomic():
        return Learning.objects.create(
            quote=quote.strip(),
            meaning=meaning.strip(),
            suggestion=suggestion.strip(),
            touchpoint=touchpoint,
            cause=cause,
            feeling=feeling,
            source=source,
            source_reference=source_reference,
            source_path=source_path,
            account=account,
            author=author,
            owner=touchpoint.owner,
            created_at=timezone.now(),
        )
