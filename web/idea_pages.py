"""The box of ideas: sending one, answering it, and supporting it."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from learnings import ideas
from learnings.models import Idea, IdeaStatus, IdeaSupport
from people.errors import Refused
from web.access import PersonRequest, open_to
from web.deeds import Deed, NoForm, perform
from web.learning_forms import AnswerForm, GiveForm, IdeaForm, WordsForm
from web.refusals import onto_form, status_of

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def idea_box(request: PersonRequest) -> HttpResponseBase:
    """Everybody's ideas, those that wait first (the longest waiting on top), and a new one."""
    form = IdeaForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            idea = ideas.send_idea(by=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, f"{idea.owner.name} owes you an answer: yes, no or when.")
            return redirect("web:idea", pk=idea.pk)
    rows = Idea.objects.select_related("sender", "owner", "touchpoint").annotate(liked=Count("support"))
    context = {
        "form": form,
        "now": timezone.now(),
        "waiting": rows.waiting().order_by("answer_due_at", "pk")[:SHOWN],
        "answered": rows.exclude(status=IdeaStatus.WAITING).order_by("-answered_at")[:SHOWN],
    }
    return render(request, "web/learnings/ideas.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def idea_page(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One idea: its clock, its answer, what was said, who would like it too."""
    mine = IdeaSupport.objects.filter(idea=OuterRef("pk"), person=request.user)
    rows = Idea.objects.select_related("sender", "owner", "touchpoint", "answered_by")
    idea = get_object_or_404(rows.annotate(liked=Count("support"), likes=Exists(mine)), pk=pk)
    outcome = perform(request, _deeds(request, idea))
    if outcome.done:
        return redirect("web:idea", pk=pk)
    context = {
        "idea": idea,
        "forms": outcome.forms,
        "answers": ideas.may_answer(request.user, idea)
        and idea.status in (IdeaStatus.WAITING, IdeaStatus.WHEN),
        "overdue": idea.is_overdue(timezone.now()),
        "remarks": idea.remarks.select_related("by"),
        "actions": idea.actions.select_related("owner"),
    }
    return render(request, "web/learnings/idea.html", context, status=outcome.status)


def _deeds(request: PersonRequest, idea: Idea) -> dict[str, Deed]:
    by = request.user

    def act(verb: Any, said: str, values: dict[str, Any]) -> str:
        verb(idea=idea, by=by, **values)
        return said

    def answer(values: dict[str, Any]) -> str:
        answered = ideas.answer_idea(idea=idea, by=by, **values)
        if answered.status == IdeaStatus.WAITING:
            return "Kept as a remark: these words are no reason, and the clock runs on."
        return f"Answered. {answered.sender.name} is told."

    return {
        "answer": Deed(AnswerForm, answer),
        "remark": Deed(WordsForm, partial(act, ideas.remark, "Kept. The clock runs on.")),
        "give": Deed(GiveForm, partial(act, ideas.pass_on, "Passed on. The clock runs on.")),
        "support": Deed(NoForm, partial(act, ideas.support, "Counted.")),
        "unsupport": Deed(NoForm, partial(act, ideas.unsupport, "Taken back.")),
    }
