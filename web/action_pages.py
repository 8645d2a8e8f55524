"""Actions: planning one, telling those from whom it came, and what came of it."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from learnings import actions
from learnings.models import Action, Idea, Learning, Rules, Theme
from people.errors import Refused
from people.models import Role
from web.access import PersonRequest, open_to
from web.deeds import Deed, NoForm, perform
from web.learning_forms import ActionForm, DeclineForm, FinishForm, TellForm
from web.learnings import READERS
from web.refusals import onto_form, status_of

SHOWN = 100


@require_GET
@open_to(*READERS)
def action_list(request: PersonRequest) -> HttpResponse:
    """What is being done, overdue first; and what was done or declined lately."""
    mine = request.GET.get("whose") == "mine"
    rows = Action.objects.select_related("owner", "theme")
    if mine:
        rows = rows.filter(owner=request.user)
    today = timezone.now().astimezone(Rules.current().zone).date()
    context = {
        "live": rows.live()[:SHOWN],
        "done": rows.done().order_by("-done_at")[:30],
        "declined": rows.declined().order_by("-declined_at")[:15],
        "today": today,
        "mine": mine,
    }
    return render(request, "web/learnings/actions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.EXECUTIVE, Role.SUPPORT, Role.ADMIN)
def add(request: PersonRequest) -> HttpResponseBase:
    """Plan one, about a theme, a learning or an idea that the address names."""
    theme, learning, idea = _about(request)
    form = ActionForm(request.POST or None, initial={"owner": request.user.pk})
    if request.method == "POST" and form.is_valid():
        try:
            action = actions.plan_action(
                by=request.user,
                theme=theme,
                idea=idea,
                learnings=[learning] if learning is not None else [],
                **form.cleaned_data,
            )
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, f"{action.owner.name} has it.")
            return redirect("web:action", pk=action.pk)
    context = {"form": form, "about": theme, "learning": learning, "idea": idea}
    return render(request, "web/learnings/action_add.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(*READERS)
def action_page(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One action: whom to tell, who was told in which words, and whether it worked."""
    rows = Action.objects.select_related("owner", "theme", "idea", "idea__sender", "created_by")
    action = get_object_or_404(rows, pk=pk)
    outcome = perform(request, _deeds(request, action))
    if outcome.done:
        return redirect("web:action", pk=pk)
    handles = actions.may_handle(request.user, action)
    origins = actions.origins_of(action)
    tell = outcome.forms["tell"]
    readable = Learning.objects.visible_to(request.user)
    context = {
        "action": action,
        "forms": outcome.forms,
        "handles": handles and action.is_live,
        "origins": [(one, _tell_form(one, tell)) for one in origins],
        "untold": [one for one in origins if one.told is None],
        "told": action.told.select_related("told_by"),
        "measurements": action.measurements.all(),
        "learnings": readable.filter(actions=action).select_related("touchpoint", "account"),
        "today": timezone.now().astimezone(Rules.current().zone).date(),
    }
    return render(request, "web/learnings/action.html", context, status=outcome.status)


def _tell_form(origin: actions.Origin, sent: Any) -> TellForm:
    if sent.is_bound and sent.data.get("key") == origin.key:
        return sent  # type: ignore[no-any-return]
    how = "mail" if origin.address else "by phone"
    return TellForm(
        initial={"key": origin.key, "how": how}, auto_id=f"tell-{origin.key.replace(':', '-')}-%s"
    )


def _deeds(request: PersonRequest, action: Action) -> dict[str, Deed]:
    def act(verb: Any, said: str, values: dict[str, Any]) -> str:
        verb(action=action, by=request.user, **values)
        return said

    present = {name: getattr(action, name) for name in ("what", "owner", "due_on", "cost", "value")}
    return {
        "start": Deed(NoForm, partial(act, actions.start, "You are at it.")),
        "tell": Deed(TellForm, partial(act, actions.tell, "Told. Your words are kept.")),
        "finish": Deed(
            FinishForm, partial(act, actions.finish, "Done. Its theme is measured again in a month.")
        ),
        "decline": Deed(DeclineForm, partial(act, actions.decline, "Declined, and why.")),
        "change": Deed(ActionForm, partial(act, actions.change_action, "Changed."), present),
    }


def _about(request: PersonRequest) -> tuple[Theme | None, Learning | None, Idea | None]:
    theme, learning, idea = (_key(request, name) for name in ("theme", "learning", "idea"))
    return (
        get_object_or_404(Theme, pk=theme) if theme else None,
        get_object_or_404(Learning.objects.visible_to(request.user), pk=learning) if learning else None,
        get_object_or_404(Idea.objects.select_related("sender"), pk=idea) if idea else None,
    )


def _key(request: HttpRequest, name: str) -> int | None:
    raw = request.GET.get(name, "")
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 16 else None
