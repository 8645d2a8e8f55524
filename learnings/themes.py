"""Themes: learnings fall into one by touchpoint and cause; to merge, gather and move them is a person's choice."""

from collections.abc import Iterable
from typing import TypeVar

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from learnings import hotspots
from learnings.answering import save_as
from learnings.errors import NotAllowed, NotNow
from learnings.models import (
    Action,
    Cause,
    Hotspot,
    Learning,
    Theme,
    Touchpoint,
)
from people.errors import Refused
from people.models import Person
from people.plain_words import one_line

TITLE = 120
Value = TypeVar("Value")


def theme_for(*, touchpoint: Touchpoint, cause: str) -> Theme:
    """The theme into which a learning of this touchpoint and cause falls by itself; made where there is none."""
    title = f"{touchpoint.name}: {Cause(cause).label.lower()}"
    theme, _ = Theme.objects.get_or_create(
        touchpoint=touchpoint,
        cause=cause,
        gathered=False,
        defaults={"title": title[:TITLE], "created_at": timezone.now()},
    )
    return final(theme)


def final(theme: Theme) -> Theme:
    """The theme, or the one that it was merged into."""
    while theme.merged_into is not None:
        theme = theme.merged_into
    return theme


def may_arrange(person: Person, theme: Theme) -> bool:
    """Who may merge, gather and rename: the touchpoint's owner and deputy, executives and administrators."""
    touchpoint = theme.touchpoint
    return person.is_active and (
        person.is_admin or person.is_executive or person.pk in (touchpoint.owner_id, touchpoint.deputy_id)
    )


def rename(*, theme: Theme, title: str, by: Person) -> Theme:
    """Give it another name. Raises Refused."""
    _check(by, theme)
    theme.title = one_line(title, field="title", most=TITLE, required=True)
    return save_as(theme, by)


def merge(*, theme: Theme, into: Theme, by: Person) -> Theme:
    """Put all that `theme` holds, and all that would fall into it, into another; returns that one.

    Its open hotspot moves there; where that one has a hotspot of its own, it is closed. Raises Refused.
    """
    with transaction.atomic():
        locked = {one.pk: one for one in Theme.objects.select_for_update().filter(pk__in=[theme.pk, into.pk])}
        theme, into = locked[theme.pk], locked[into.pk]
        if theme.pk == into.pk:
            raise Refused("Choose another theme to merge it into.", field="into", code="same")
        for one in (theme, into):
            _check(by, one)
            if one.merged_into_id is not None:
                raise NotNow(f"“{one.title}” was merged already.", field="into", code="merged")
        _take_hotspots(theme, into, by)
        for action in Action.objects.filter(theme=theme):
            action.theme = into
            save_as(action, by)
        _move(Learning.objects.filter(theme=theme), into, by)
        Theme.objects.filter(merged_into=theme).update(merged_into=into)
        theme.merged_into = into
        save_as(theme, by)
    return into


def gather(*, learnings: Iterable[Learning], title: str, by: Person) -> Theme:
    """Make a theme of its own of these learnings, at the touchpoint and cause of most of them. Raises Refused."""
    chosen = list(learnings)
    if len(chosen) < 2:
        raise Refused("Choose two learnings or more.", field="learnings", code="required")
    name = one_line(title, field="title", most=TITLE, required=True)
    touchpoint = _commonest([one.touchpoint for one in chosen])
    cause = _commonest([one.cause for one in chosen])
    theme = Theme(title=name, touchpoint=touchpoint, cause=cause, gathered=True, created_at=timezone.now())
    _check(by, theme)
    with transaction.atomic():
        save_as(theme, by)
        _move(Learning.objects.filter(pk__in=[one.pk for one in chosen]), theme, by)
    return theme


def move(*, learning: Learning, theme: Theme, by: Person) -> Learning:
    """Put one learning into another theme. Raises Refused."""
    target = final(theme)
    _check(by, target)
    with transaction.atomic():
        _move(Learning.objects.filter(pk=learning.pk), target, by)
    learning.refresh_from_db()
    return learning


def _check(by: Person, theme: Theme) -> None:
    if not may_arrange(by, theme):
        raise NotAllowed(
            "The touchpoint's owner and deputy, executives and administrators arrange themes.",
            code="not_allowed",
        )


def _move(learnings: Iterable[Learning], theme: Theme, by: Person) -> None:
    moved = list(learnings)
    for learning in moved:
        learning.theme = theme
    bulk_update_with_history(moved, Learning, ["theme"], batch_size=500, default_user=by)
    hotspots.look_at(theme)


def _take_hotspots(theme: Theme, into: Theme, by: Person) -> None:
    taken = Hotspot.objects.open().filter(theme=into).exists()
    for hotspot in Hotspot.objects.open().filter(theme=theme):
        if taken:
            hotspots.close_as(hotspot, words=f"Merged into “{into.title}”.", by=by)
        else:
            hotspot.theme = into
            save_as(hotspot, by)


def _commonest(values: list[Value]) -> Value:
    return max(values, key=values.count)
