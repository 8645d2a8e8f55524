"""News for chat channels and webhooks: rows first, sent after commit by `learnings.dispatching`."""

import secrets
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django_q.tasks import async_task

from learnings.models import Announcement, ChatChannel, Dispatch, News, WebhookEndpoint

TASK = "learnings.dispatching.send_due"


def announce(*, kind: News, title: str, text: str, path: str, data: dict[str, Any]) -> Announcement | None:
    """Keep a piece of news for everybody who asked for its kind; None where nobody did.

    Call it inside the transaction in which it happens. Never announce what is sensitive.
    """
    channels = [one for one in ChatChannel.objects.filter(active=True) if kind in one.kinds]
    endpoints = [one for one in WebhookEndpoint.objects.filter(active=True) if kind in one.kinds]
    if not channels and not endpoints:
        return None
    now = timezone.now()
    with transaction.atomic():
        news = Announcement.objects.create(
            uid=f"msg_{secrets.token_urlsafe(18)}",
            kind=kind,
            title=title[:200],
            text=text,
            path=path,
            data=data,
            at=now,
        )
        Dispatch.objects.bulk_create(
            [Dispatch(announcement=news, channel=one, due_at=now, created_at=now) for one in channels]
            + [Dispatch(announcement=news, endpoint=one, due_at=now, created_at=now) for one in endpoints]
        )
        wake_soon()
    return news


def wake_soon() -> None:
    """Once after this transaction, have the queue look. Where no task comes, a schedule sweeps each minute."""
    if all(hook is not wake for _, hook, *_ in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)


def wake() -> None:
    """Have the queue look now."""
    async_task(TASK, group="announcements", save=False)
