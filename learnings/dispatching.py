"""Sends news to chat channels (apprise) and webhooks (Standard Webhooks): retried ever more slowly, replayable.

A webhook is a POST of JSON, signed as https://www.standardwebhooks.com tells: `webhook-id` is the same however often
it is sent, so that receivers know what they had. A row is claimed by a conditional update with a lease longer than any
exchange, and the network is never used inside a transaction.
"""

import base64
import json
import logging
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import apprise
import requests
from django.db.models import F, QuerySet
from django.utils import timezone
from standardwebhooks import Webhook

from learnings.addresses import page_address
from learnings.announcing import wake_soon
from learnings.errors import NotAllowed, NotNow
from learnings.models import (
    Announcement,
    ChatChannel,
    Dispatch,
    DispatchStatus,
    Learning,
    News,
    WebhookEndpoint,
)
from people.errors import Refused
from people.models import Person
from people.plain_words import one_line

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
TIMEOUT = (5, 15)
"""Seconds to connect and to answer."""
BATCH = 20
WAITS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
)
"""After each failure; then it has failed for good (the specification's example, without its last days)."""
GONE = 410
_KEPT = "It is kept to a few people since."


def send_due() -> int:
    """Send what is due; returns how many arrived. A task of the queue, woken after commit and swept each minute."""
    count = 0
    for _ in range(BATCH):
        dispatch = _claim()
        if dispatch is None:
            break
        count += _send(dispatch)
    return count


def _claim() -> Dispatch | None:
    now = timezone.now()
    free = Dispatch.objects.filter(status=DispatchStatus.QUEUED, due_at__lte=now).exclude(lease_until__gt=now)
    for pk in free.order_by("due_at", "pk").values_list("pk", flat=True)[:BATCH]:
        token = uuid.uuid4().hex
        if free.filter(pk=pk).update(claim=token, lease_until=now + LEASE, tries=F("tries") + 1):
            rows = Dispatch.objects.select_related("announcement", "channel", "endpoint")
            return rows.get(pk=pk)
    return None


def _send(dispatch: Dispatch) -> bool:
    try:
        answer, why = _deliver(dispatch)
    except (requests.RequestException, ValueError, TypeError) as error:
        answer, why = None, f"It could not be delivered: {type(error).__name__}."
    now = timezone.now()
    mine = Dispatch.objects.filter(pk=dispatch.pk, claim=dispatch.claim, status=DispatchStatus.QUEUED)
    if not why:
        mine.update(status=DispatchStatus.SENT, sent_at=now, answer=answer, detail="", lease_until=None)
        return True
    logger.warning("%s was not delivered: %s", dispatch, why)
    over = why == _KEPT or dispatch.tries > len(WAITS) or answer == GONE
    if answer == GONE and dispatch.endpoint is not None:
        WebhookEndpoint.objects.filter(pk=dispatch.endpoint.pk).update(active=False)
    mine.update(
        status=DispatchStatus.FAILED if over else DispatchStatus.QUEUED,
        due_at=now if over else now + WAITS[dispatch.tries - 1],
        answer=answer,
        detail=why[:300],
        lease_until=None,
    )
    return False


def _deliver(dispatch: Dispatch) -> tuple[int | None, str]:
    """The HTTP status of the answer, where there was one, and why it was not delivered ("" where it was)."""
    if _is_kept(dispatch.announcement):
        return None, _KEPT
    return _to_chat(dispatch) if dispatch.channel is not None else _to_endpoint(dispatch)


def _is_kept(news: Announcement) -> bool:
    """A learning that was everybody's when it was announced, and is sensitive now."""
    return news.kind == News.LEARNING and Learning.objects.filter(pk=news.data["id"], sensitive=True).exists()


def _to_chat(dispatch: Dispatch) -> tuple[int | None, str]:
    assert dispatch.channel is not None  # noqa: S101 - the caller looked
    room = apprise.Apprise()
    if not room.add(dispatch.channel.address):
        return None, "This address is none that apprise knows."
    news = dispatch.announcement
    arrived = room.notify(
        title=news.title,
        body=f"{news.text}\n{page_address(news.path)}",
        body_format=apprise.NotifyFormat.TEXT,
    )
    return None, "" if arrived else "The chat did not take it."


def _to_endpoint(dispatch: Dispatch) -> tuple[int | None, str]:
    assert dispatch.endpoint is not None  # noqa: S101 - the caller looked
    news, endpoint = dispatch.announcement, dispatch.endpoint
    body = json.dumps(
        {
            "type": news.kind,
            "timestamp": _stamp(news.at),
            "data": {**news.data, "url": page_address(news.path)},
        },
        ensure_ascii=False,
    )
    sent_at = timezone.now()
    answer = requests.post(
        endpoint.url,
        data=body.encode(),
        headers={
            "Content-Type": "application/json",
            "User-Agent": "Officer-of-the-Day",
            "webhook-id": news.uid,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": Webhook(endpoint.secret).sign(news.uid, sent_at, body),
        },
        timeout=TIMEOUT,
        allow_redirects=False,
        stream=True,
    )
    answer.close()
    return answer.status_code, "" if answer.status_code < 300 else f"It answered {answer.status_code}."


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


# --- By the hand of administrators ------------------------------------------------------------------------


def save_channel(
    *, by: Person, channel: ChatChannel | None, name: str, address: str, kinds: list[str], active: bool = True
) -> ChatChannel:
    """Add a chat channel, or change one: `address` is apprise's (`slack://…`, `msteams://…`). Raises Refused."""
    _check(by, kinds)
    kept = channel or ChatChannel(created_by=by, created_at=timezone.now())
    kept.name = _name(ChatChannel.objects.all(), kept.pk, name)
    kept.address = one_line(address, field="address", most=500, required=True)
    if not apprise.Apprise().add(kept.address):
        raise Refused(
            "apprise knows no such address. Its documentation lists them: slack://…, msteams://…, and others.",
            field="address",
            code="invalid",
        )
    kept.kinds, kept.active = list(kinds), active
    kept.save()
    return kept


def save_endpoint(
    *,
    by: Person,
    endpoint: WebhookEndpoint | None,
    name: str,
    url: str,
    kinds: list[str],
    active: bool = True,
) -> WebhookEndpoint:
    """Add a webhook endpoint (with a fresh secret), or change one. Raises Refused."""
    _check(by, kinds)
    kept = endpoint or WebhookEndpoint(created_by=by, created_at=timezone.now(), secret=_secret())
    kept.name = _name(WebhookEndpoint.objects.all(), kept.pk, name)
    kept.url = one_line(url, field="url", most=500, required=True)
    parts = urlsplit(kept.url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
        raise Refused("This is an address such as https://example.com/hook.", field="url", code="invalid")
    kept.kinds, kept.active = list(kinds), active
    kept.save()
    return kept


def renew_secret(*, endpoint: WebhookEndpoint, by: Person) -> WebhookEndpoint:
    """Another secret signs from now on. Raises Refused."""
    _check(by, [])
    endpoint.secret = _secret()
    endpoint.save(update_fields=["secret"])
    return endpoint


def replay(*, dispatch: Dispatch, by: Person) -> Dispatch:
    """Send it once more, with the same webhook-id, its tries begun anew. Raises Refused where it waits already."""
    _check(by, [])
    ended = Dispatch.objects.filter(pk=dispatch.pk).exclude(status=DispatchStatus.QUEUED)
    if not ended.update(
        status=DispatchStatus.QUEUED, tries=0, due_at=timezone.now(), lease_until=None, replayed_by=by
    ):
        raise NotNow("It waits to be sent already.", code="queued")
    wake_soon()
    dispatch.refresh_from_db()
    return dispatch


def _check(by: Person, kinds: list[str]) -> None:
    if not (by.is_active and by.is_admin):
        raise NotAllowed("Only administrators say where news goes.", code="not_allowed")
    if unknown := [kind for kind in kinds if kind not in News.values]:
        raise Refused(f"There is no such news: {unknown[0][:40]}.", field="kinds", code="invalid_choice")


def _name(known: QuerySet[Any], pk: int | None, name: str) -> str:
    kept = one_line(name, field="name", most=80, required=True)
    others = known if pk is None else known.exclude(pk=pk)
    if others.filter(name__iexact=kept).exists():
        raise Refused("There is one of this name.", field="name", code="taken")
    return kept


def _secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
