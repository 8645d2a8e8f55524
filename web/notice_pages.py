"""Notices of calls about to come, and words of thanks."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from escalations.access import visible_to
from learnings import notices
from learnings.addresses import learning_path
from learnings.models import Learning, Notice, Rules, Thanks
from learnings.notices import Question
from learnings.thanks import read_thanks, share, unshare
from people.errors import Refused
from web.access import PersonRequest, open_to
from web.deeds import Deed, NoForm, perform
from web.learning_forms import NoticeForm, ShareForm
from web.learnings import READERS
from web.refusals import onto_form, status_of

SHOWN = 40


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(*READERS)
def notice_list(request: PersonRequest) -> HttpResponseBase:
    """What is about to come; and, for staff, a new one."""
    form = NoticeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            notice = notices.publish_notice(
                by=request.user, questions=read_questions(values.pop("questions")), **values
            )
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Published.")
            return redirect("web:notice", pk=notice.pk)
    today = timezone.now().astimezone(Rules.current().zone).date()
    rows = Notice.objects.select_related("created_by").annotate(
        read=Count("acknowledgements", distinct=True), came=Count("arrivals", distinct=True)
    )
    context = {
        "form": form,
        "may_publish": bool(request.user.roles),
        "awaiting": set(Notice.objects.awaiting(request.user).values_list("pk", flat=True)),
        "current": rows.current(today).order_by("starts_on", "pk")[:SHOWN],
        "past": rows.standing().filter(ends_on__lt=today)[:SHOWN],
    }
    return render(request, "web/learnings/notices.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(*READERS)
def notice_page(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One notice: what to expect, what to answer, who has read it, and what came."""
    notice = get_object_or_404(Notice.objects.select_related("created_by", "touchpoint"), pk=pk)

    def act(verb: Any, said: str, values: dict[str, Any]) -> str:
        verb(notice=notice, by=request.user)
        return said

    deeds = {
        "read": Deed(NoForm, partial(act, notices.acknowledge, "You know. Thank you.")),
        "withdraw": Deed(NoForm, partial(act, notices.withdraw_notice, "Withdrawn.")),
    }
    outcome = perform(request, deeds)
    if outcome.done:
        return redirect("web:notice", pk=pk)
    for form in outcome.forms.values():
        for error in form.non_field_errors() if form.is_bound else []:
            messages.error(request, str(error))
    keeps = request.user.is_admin or request.user.pk == notice.created_by_id
    arrivals = list(notice.arrivals.order_by("-at")[:100])
    cases = [int(one.path.split("/")[2]) for one in arrivals if one.path.startswith("/cases/")]
    learnt = Learning.objects.visible_to(request.user).filter(arrivals__in=arrivals)
    seen = {
        f"/cases/{key}/" for key in visible_to(request.user).filter(pk__in=cases).values_list("pk", flat=True)
    } | {learning_path(key) for key in learnt.values_list("pk", flat=True)}
    context = {
        "notice": notice,
        "days": notices.days_in_words(notice),
        "questions": notice.questions.all(),
        "is_read": notice.acknowledgements.filter(person=request.user).exists(),
        "keeps": keeps,
        "readers": notices.readers_of(notice).count(),
        "read": notice.acknowledgements.count(),
        "unread": notices.still_to_read(notice) if keeps else [],
        "arrivals": [(one, one.path in seen) for one in arrivals],
        "came": notice.arrivals.count(),
    }
    return render(request, "web/learnings/notice.html", context, status=outcome.status)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def thanks_page(request: PersonRequest) -> HttpResponseBase:
    """Words to me (mine to share), words by me, and what others chose to share."""

    def choose(verb: Any, said: str, values: dict[str, Any]) -> str:
        verb(thanks=get_object_or_404(Thanks, pk=values["pk"], to=request.user), by=request.user)
        return said

    deeds = {
        "share": Deed(ShareForm, partial(choose, share, "Shared with everybody.")),
        "unshare": Deed(ShareForm, partial(choose, unshare, "Nobody else reads it any more.")),
    }
    outcome = perform(request, deeds)
    if outcome.done:
        return redirect("web:thanks")
    every = Thanks.objects.newest_first()
    mine = list(every.filter(to=request.user)[:SHOWN])
    read_thanks(person=request.user)
    context = {
        "mine": mine,
        "written": every.filter(by=request.user)[:SHOWN],
        "shared": every.shared().exclude(to=request.user)[:SHOWN] if _reads(request) else [],
    }
    return render(request, "web/learnings/thanks.html", context, status=outcome.status)


def _reads(request: PersonRequest) -> bool:
    return bool(request.user.roles) or request.user.assists.exists()


def read_questions(raw: str) -> list[Question]:
    """Blocks apart by empty lines: a question on the first line of each, its answer below. Raises Refused."""
    found = []
    for block in raw.replace("\r", "").split("\n\n"):
        lines = [line for line in block.split("\n") if line.strip()]
        if not lines:
            continue
        if len(lines) == 1:
            raise Refused(f"What is answered to “{lines[0][:60]}”?", field="questions", code="required")
        found.append(Question(question=lines[0], answer="\n".join(lines[1:])))
    return found
