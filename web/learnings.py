"""What was learnt, newest first."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from escalations.access import visible_to
from learnings.feed import feed
from learnings.models import Cause, Touchpoint
from people.models import Role
from web.access import ASSISTANT, PersonRequest, open_to

A_PAGE = 20


@require_GET
@open_to(Role.EXECUTIVE, Role.SUPPORT, Role.ADMIN, ASSISTANT)
def feed_page(request: PersonRequest) -> HttpResponse:
    """The feed, by words, touchpoint and cause. A link to the case stands only where its reader may see it."""
    words = request.GET.get("q", "").strip()[:200]
    touchpoint = request.GET.get("touchpoint", "")
    cause = request.GET.get("cause", "")
    found = feed(
        words=words,
        touchpoint=int(touchpoint) if touchpoint.isdecimal() and len(touchpoint) < 10 else None,
        cause=cause if cause in Cause.values else "",
    )
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    shown = [learning.source_path for learning in page]
    seen = visible_to(request.user).filter(outcomes__learning__in=[learning.pk for learning in page])
    paths = {f"/cases/{pk}/" for pk in seen.values_list("pk", flat=True)} & set(shown)
    context = {
        "page": page,
        "q": words,
        "touchpoint": touchpoint,
        "cause": cause,
        "touchpoints": Touchpoint.objects.all(),
        "causes": Cause.choices,
        "paths": paths,
    }
    return render(request, "web/learnings/page.html", context)
