"""The feed: what was learnt, newest first, for everybody in the organisation."""

from django.db.models import Q, QuerySet

from learnings.models import Learning


def feed(*, words: str = "", touchpoint: int | None = None, cause: str = "") -> QuerySet[Learning]:
    """Learnings that hold every word, of one touchpoint or cause where asked; with all that a row shows."""
    found = Learning.objects.newest_first()
    for word in words.split()[:6]:
        found = found.filter(
            Q(quote__icontains=word) | Q(meaning__icontains=word) | Q(suggestion__icontains=word)
        )
    if touchpoint is not None:
        found = found.filter(touchpoint=touchpoint)
    if cause:
        found = found.filter(cause=cause)
    return found
