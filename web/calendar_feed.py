"""The feed that calendar programs fetch: one secret address, no sign-in, no cookie, no redirect."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from rota import feeds


@require_safe
@gzip_page
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """200 for any Accept, 304 where nothing has changed, 404 in plain words for an address that is none."""
    # A browser may come with cookies of the pages; no answer here sets or clears any.
    request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
    feed = feeds.find_feed(token)
    if feed is None:
        return HttpResponse(
            "There is no calendar at this address. It may have been renewed: look at “My calendar”.\n",
            status=404,
            content_type="text/plain; charset=utf-8",
        )
    now = timezone.now()
    validators = feeds.validators(feed, now=now)
    answer = HttpResponse(
        content_type="text/calendar; charset=utf-8",
        headers={
            "ETag": validators.etag,
            "Cache-Control": "private, no-cache",
            "Content-Disposition": 'inline; filename="officer-of-the-day.ics"',
            "X-Robots-Tag": "noindex",
        },
    )
    changed = validators.last_modified
    if changed is not None:
        answer["Last-Modified"] = http_date(changed.timestamp())
    unchanged = get_conditional_response(
        request,
        etag=validators.etag,
        last_modified=int(changed.timestamp()) if changed else None,
        response=answer,
    )
    feeds.note_read(feed, now=now)
    if unchanged is answer:
        answer.content = feeds.render(feed, now=now)
    return unchanged or answer
