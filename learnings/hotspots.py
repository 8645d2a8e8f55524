"""Themes that come back too often: a hotspot opens by itself and belongs to the touchpoint's owner."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from learnings.addresses import page_address, theme_path
from learnings.announcing import announce
from learnings.answering import answerable, save_as, somebody
from learnings.errors import NotAllowed, NotNow
from learnings.models import Hotspot, HotspotStatus, Learning, News, Rules, Theme
from learnings.plain_text import paragraphs
from people import letters
from people.models import Person


def look_at(theme: Theme) -> Hotspot | None:
    """Open a hotspot where the theme came often enough (by the rules) since its last one was closed.

    Its owner is told at once. None where there is one already, or no reason for one. Inside a transaction that holds
    the theme or has just put a learning into it.
    """
    rules = Rules.current()
    now = timezone.now()
    since = now - timedelta(days=rules.hotspot_days)
    last = Hotspot.objects.filter(theme=theme).order_by("-opened_at").first()
    if last is not None:
        if last.status == HotspotStatus.OPEN:
            return None
        since = max(since, last.closed_at or since)
    count = Learning.objects.filter(theme=theme, created_at__gt=since).count()
    if count < rules.hotspot_count:
        return None
    Theme.objects.select_for_update().get(pk=theme.pk)  # of two learnings at once one opens it
    if Hotspot.objects.open().filter(theme=theme).exists():
        return None
    owner = somebody(theme.touchpoint.owner, theme.touchpoint.deputy)
    hotspot = Hotspot(theme=theme, owner=owner, opened_at=now, count=count, days=rules.hotspot_days)
    save_as(hotspot, None)
    _tell(hotspot, f"came {count} times within {rules.hotspot_days} days")
    announce(
        kind=News.HOTSPOT,
        title=f"Hotspot: {theme.title}",
        text=f"{count} times within {rules.hotspot_days} days. {owner.name} answers for it.",
        path=theme_path(theme.pk),
        data={"theme": theme.pk, "title": theme.title, "count": count, "owner": owner.email},
    )
    return hotspot


def close(*, hotspot: Hotspot, words: str, by: Person) -> Hotspot:
    """Its owner says what became of it. It opens anew when the theme comes back as often again. Raises Refused."""
    with transaction.atomic():
        hotspot = Hotspot.objects.select_for_update().get(pk=hotspot.pk)
        _check(hotspot, by)
        kept = paragraphs(words, field="words", most=500, required=True)
        return close_as(hotspot, words=kept, by=by)


def close_as(hotspot: Hotspot, *, words: str, by: Person | None) -> Hotspot:
    """Close it, whoever says so."""
    hotspot.status = HotspotStatus.CLOSED
    hotspot.closed_at = timezone.now()
    hotspot.closed_by = by
    hotspot.closed_words = words[:500]
    return save_as(hotspot, by)


def hand_on(*, hotspot: Hotspot, to: Person, by: Person) -> Hotspot:
    """Somebody else answers for it from now on. Raises Refused."""
    with transaction.atomic():
        hotspot = Hotspot.objects.select_for_update().get(pk=hotspot.pk)
        _check(hotspot, by)
        hotspot.owner = answerable(to)
        save_as(hotspot, by)
        if to.pk != by.pk:
            _tell(hotspot, f"was given to you by {by.name}")
    return hotspot


def may_answer(person: Person, hotspot: Hotspot) -> bool:
    """Its owner and administrators."""
    return person.is_active and (person.is_admin or person.pk == hotspot.owner_id)


def _check(hotspot: Hotspot, by: Person) -> None:
    if hotspot.status != HotspotStatus.OPEN:
        raise NotNow("This hotspot is closed.", code="closed")
    if not may_answer(by, hotspot):
        raise NotAllowed(f"{hotspot.owner.name} answers for it, and administrators.", code="not_allowed")


def _tell(hotspot: Hotspot, why: str) -> None:
    theme = hotspot.theme
    letters.write_to(
        person=hotspot.owner,
        key=f"hotspot:{hotspot.pk}:{hotspot.owner_id}",
        kind="hotspot",
        subject=f"Hotspot: {theme.title}",
        text=f"“{theme.title}” {why}. You answer for it: say what will be done, or why nothing is.\n\n"
        f"{page_address(theme_path(theme.pk))}\n",
        by="mail",
    )
