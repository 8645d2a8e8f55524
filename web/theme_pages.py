"""Themes and hotspots: what keeps coming back, and what a person may gather and merge."""

from functools import partial
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.db.models import Count, Max, Q
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from learnings import hotspots, likeness, themes
from learnings.drawing import draw
from learnings.feed import feed
from learnings.models import Decision, Hotspot, Learning, LearningStatus, Proposal, Theme
from learnings.trends import chart, charts, theme_by_month
from people.errors import Refused
from web.access import PersonRequest, open_to
from web.deeds import Deed, NoForm, perform
from web.learning_forms import CloseHotspotForm, GatherForm, GiveForm, MergeForm, RenameForm
from web.learnings import READERS, paths_seen

SHOWN = 60


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(*READERS)
def theme_list(request: PersonRequest) -> HttpResponseBase:
    """Every theme, hotspots first; and what is proposed, by the likeness of words."""
    proposals = list(
        Proposal.objects.filter(decision=Decision.OPEN)
        .select_related("theme", "other")
        .prefetch_related("learnings__touchpoint")[:8]
    )
    deeds = {
        f"take-{one.pk}": Deed(GatherForm, partial(_take, request, one), {"title": one.title})
        for one in proposals
    }
    deeds |= {f"dismiss-{one.pk}": Deed(NoForm, partial(_dismiss, request, one)) for one in proposals}
    outcome = perform(request, deeds)
    if outcome.done:
        return redirect("web:themes")
    found = (
        Theme.objects.live()
        .select_related("touchpoint__owner")
        .annotate(
            learnt=Count("learnings", distinct=True),
            open_ones=Count("learnings", filter=Q(learnings__status=LearningStatus.OPEN), distinct=True),
            last=Max("learnings__created_at"),
            hot=Count("hotspots", filter=Q(hotspots__status="open"), distinct=True),
        )
        .filter(learnt__gt=0)
        .order_by("-hot", "-last")
    )
    context = {
        "themes": found[:SHOWN],
        "proposals": [(one, outcome.forms[f"take-{one.pk}"]) for one in proposals],
        "may_arrange": request.user.is_executive or request.user.is_admin,
    }
    return render(request, "web/learnings/themes.html", context, status=outcome.status)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(*READERS)
def theme_page(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One theme: month after month, its hotspot, its actions, its learnings."""
    theme = get_object_or_404(Theme.objects.select_related("touchpoint__owner", "merged_into"), pk=pk)
    if theme.merged_into is not None:
        return redirect("web:learning-theme", pk=theme.merged_into.pk)
    hotspot = Hotspot.objects.open().filter(theme=theme).select_related("owner").first()
    outcome = perform(request, _deeds(request, theme, hotspot))
    if outcome.done:
        return redirect("web:learning-theme", pk=theme.pk)
    if "merge" in outcome.forms:
        others: Any = outcome.forms["merge"].fields["into"]
        others.queryset = Theme.objects.live().exclude(pk=theme.pk)
    rows = list(feed(reader=request.user, theme=theme.pk)[:30])
    context = {
        "about": theme,  # “theme” is the colours' in every template
        "hotspot": hotspot,
        "answers": hotspot is not None and hotspots.may_answer(request.user, hotspot),
        "may_arrange": themes.may_arrange(request.user, theme),
        "forms": outcome.forms,
        "actions": theme.actions.select_related("owner"),
        "rows": rows,
        "paths": paths_seen(request, rows),
        "months": theme_by_month(theme),
        "past": Hotspot.objects.filter(theme=theme, status="closed").select_related("closed_by")[:5],
    }
    return render(request, "web/learnings/theme.html", context, status=outcome.status)


def _deeds(request: PersonRequest, theme: Theme, hotspot: Hotspot | None) -> dict[str, Deed]:
    by = request.user

    def rename(values: dict[str, Any]) -> str:
        themes.rename(theme=theme, by=by, **values)
        return "Renamed."

    def merge(values: dict[str, Any]) -> str:
        into = themes.merge(theme=theme, by=by, **values)
        return f"Merged into “{into.title}”."

    def gather(values: dict[str, Any]) -> str:
        chosen = [int(raw) for raw in request.POST.getlist("learning") if raw.isdecimal() and len(raw) < 16]
        rows = Learning.objects.visible_to(by).filter(theme=theme, pk__in=chosen[:200])
        new = themes.gather(learnings=rows.select_related("touchpoint"), by=by, **values)
        return f"“{new.title}” is a theme of its own."

    def close(values: dict[str, Any]) -> str:
        if hotspot is None:
            raise Refused("There is no hotspot.", code="closed")
        hotspots.close(hotspot=hotspot, by=by, **values)
        return "The hotspot is closed."

    def give(values: dict[str, Any]) -> str:
        if hotspot is None:
            raise Refused("There is no hotspot.", code="closed")
        hotspots.hand_on(hotspot=hotspot, by=by, **values)
        return "Given on."

    return {
        "rename": Deed(RenameForm, rename, {"title": theme.title}),
        "merge": Deed(MergeForm, merge),
        "gather": Deed(GatherForm, gather),
        "close": Deed(CloseHotspotForm, close),
        "give": Deed(GiveForm, give, renamed={"owner": "to"}),
    }


def _take(request: PersonRequest, proposal: Proposal, values: dict[str, Any]) -> str:
    theme = likeness.take(proposal=proposal, title=values["title"], by=request.user)
    return f"“{theme.title}”: done."


def _dismiss(request: PersonRequest, proposal: Proposal, values: dict[str, Any]) -> str:
    likeness.dismiss(proposal=proposal, by=request.user)
    return "It is not proposed again."


@require_GET
@open_to(*READERS)
def charts_page(request: PersonRequest) -> HttpResponse:
    """Twelve months in charts, each with its table."""
    return render(request, "web/learnings/charts.html", {"charts": charts()})


@csp_replace({"style-src": [SELF, UNSAFE_INLINE]})  # type: ignore[arg-type]  # it passes the name on
@require_GET
@open_to(*READERS)
def chart_image(request: PersonRequest, name: str) -> HttpResponse:
    """One of them as an SVG image. Its styles stand in it: in an image they reach nothing else."""
    found = chart(name)
    if found is None:
        raise Http404
    image = draw(found, dark="dark" in request.GET, narrow="narrow" in request.GET)
    return HttpResponse(image, content_type="image/svg+xml")
