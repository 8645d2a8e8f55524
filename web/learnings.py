"""What was learnt: the feed, one learning, and a new one."""

from functools import partial
from itertools import pairwise
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from customers.models import Account
from escalations.access import visible_to
from learnings.feed import feed, page_of
from learnings.models import Cause, Feeling, Learning, LearningStatus, Source, Theme, Touchpoint
from learnings.recording import (
    hand_on,
    keep_to,
    log_learning,
    may_answer,
    may_change,
    reopen,
    settle,
    understand,
)
from listening.models import Session
from people.errors import Refused
from people.models import Person, Role
from rota.calendar_keeping import of_kept_calendars
from web.access import ASSISTANT, PersonRequest, open_to
from web.deeds import Deed, NoForm, perform
from web.learning_forms import GiveForm, LearningForm, ReadersForm, SettleForm, UnderstandForm
from web.refusals import onto_form, status_of

READERS = (Role.EXECUTIVE, Role.SUPPORT, Role.ADMIN, ASSISTANT)


@require_GET
@open_to(*READERS)
def feed_page(request: PersonRequest) -> HttpResponse:
    """The feed, by words and by what is known of each. A link to the case stands only where its reader may see it."""
    asked: dict[str, Any] = {
        "words": request.GET.get("q", "").strip()[:200],
        "touchpoint": _number(request, "touchpoint"),
        "theme": _number(request, "theme"),
        "cause": _one_of(request, "cause", Cause.values),
        "feeling": _one_of(request, "feeling", Feeling.values),
        "status": _one_of(request, "status", LearningStatus.values),
    }
    page = page_of(feed(reader=request.user, **asked), before=_number(request, "before"))
    theme = Theme.objects.filter(pk=asked["theme"]).first() if asked["theme"] else None
    context = {
        "rows": page.rows,
        "before": page.before,
        "is_first": "before" not in request.GET,
        "asked": asked,
        "is_asked": any(asked.values()),
        "theme_asked": theme,
        "touchpoints": Touchpoint.objects.all(),
        "causes": Cause.choices,
        "feelings": Feeling.choices,
        "statuses": LearningStatus.choices,
        "paths": paths_seen(request, page.rows),
    }
    return render(request, "web/learnings/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.EXECUTIVE, Role.SUPPORT, Role.ADMIN)
def add(request: PersonRequest) -> HttpResponseBase:
    """A new learning: from an audit, a visit, a talk."""
    form = LearningForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            account = _account(values.pop("account"))
            learning = log_learning(author=request.user, source=Source.AUDIT, account=account, **values)
        except Refused as refused:
            onto_form(form, refused)
        else:
            if learning.repeats_id:
                messages.warning(
                    request, "Logged. The same cause was learnt at this account before: see below."
                )
            else:
                messages.success(request, f"Logged. {learning.owner.name} answers for it.")
            return redirect("web:learning", pk=learning.pk)
    return render(request, "web/learnings/add.html", {"form": form}, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(*READERS)
def learning_page(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One learning: its quote for ever, what is understood of it, who answers for it, and how it read before."""
    one = learning_or_404(request, pk)
    outcome = perform(request, _deeds(request, one))
    if outcome.done:
        still = Learning.objects.visible_to(request.user).filter(pk=pk).exists()
        return redirect("web:learning", pk=pk) if still else redirect("web:learnings")
    open_ones = one.actions.live().select_related("owner")
    answers = may_answer(request.user, one)
    context = {
        "learning": one,
        "forms": outcome.forms,
        "actions": one.actions.select_related("owner"),
        "may_settle": answers and not open_ones,
        "answers": answers,
        "may_change": may_change(request.user, one),
        "paths": paths_seen(request, [one]),
        "versions": _versions(one),
        "repeated": _readable(request, one.repeats),
    }
    return render(request, "web/learnings/learning.html", context, status=outcome.status)


def learning_or_404(request: PersonRequest, pk: int) -> Learning:
    """What somebody may not read does not exist for them."""
    rows = Learning.objects.visible_to(request.user).select_related(
        "touchpoint", "author", "owner", "account", "theme", "agent", "repeats__author"
    )
    return get_object_or_404(rows, pk=pk)


def paths_seen(request: PersonRequest, rows: list[Learning]) -> set[str]:
    """The pages among where these came from, as far as the reader may see them. Two queries."""
    shown = {one.source_path for one in rows if one.source_path}
    keys = [one.pk for one in rows]
    cases = visible_to(request.user).filter(outcomes__learning__in=keys).values_list("pk", flat=True)
    sessions = Session.objects.filter(of_kept_calendars(request.user), debrief__learning__in=keys)
    seen = {f"/cases/{pk}/" for pk in cases} | {
        f"/listening/sessions/{pk}/" for pk in sessions.values_list("pk", flat=True)
    }
    return {path for path in shown if path in seen or not path.startswith(("/cases/", "/listening/"))}


def _deeds(request: PersonRequest, one: Learning) -> dict[str, Deed]:
    by = request.user

    def act(verb: Any, said: str, values: dict[str, Any]) -> str:
        verb(learning=one, by=by, **values)
        return said

    present = {
        name: getattr(one, name)
        for name in (
            "touchpoint", "cause", "cause_words", "feeling", "contacts_before", "transfers_before",
            "meaning", "suggestion",
        )
    }  # fmt: skip
    readers = {"sensitive": one.sensitive, "readers": one.readers.all()}
    return {
        "understand": Deed(
            UnderstandForm, partial(act, understand, "Kept. The quote stays as it was."), present
        ),
        "readers": Deed(ReadersForm, partial(act, keep_to, "Kept: that is who reads it."), readers),
        "settle": Deed(SettleForm, partial(act, settle, "Settled.")),
        "reopen": Deed(NoForm, partial(act, reopen, "Open again.")),
        "give": Deed(GiveForm, partial(act, hand_on, "Given on."), renamed={"owner": "to"}),
    }


def _versions(one: Learning) -> list[dict[str, Any]]:
    """How it read before, the newest change first: who changed what, from what to what."""
    every: QuerySet[Any] = one.history.all()  # type: ignore[attr-defined]  # simple_history makes the manager
    rows = list(every.select_related("history_user").order_by("-history_date", "-history_id")[:50])
    wanted = {
        "meaning": "What it means", "suggestion": "What should change", "cause": "Cause",
        "cause_words": "Which other cause", "feeling": "Feeling", "contacts_before": "Asked before",
        "transfers_before": "Passed on before", "status": "Status", "settled_words": "What became of it",
        "sensitive": "Sensitive", "touchpoint_id": "Touchpoint", "owner_id": "Owner", "theme_id": "Theme",
    }  # fmt: skip
    names = _names(rows)
    found = []
    for after, before in pairwise(rows):
        changes = [
            (words, _said(names, field, getattr(before, field)), _said(names, field, getattr(after, field)))
            for field, words in wanted.items()
            if getattr(before, field) != getattr(after, field)
        ]
        if changes:
            found.append({"at": after.history_date, "by": after.history_user, "changes": changes})
    return found


def _names(rows: list[Any]) -> dict[tuple[str, int], str]:
    """What the keys of other rows stand for: three queries."""
    found: dict[tuple[str, int], str] = {}
    models: tuple[tuple[str, QuerySet[Any]], ...] = (
        ("touchpoint_id", Touchpoint.objects.all()),
        ("owner_id", Person.objects.all()),
        ("theme_id", Theme.objects.all()),
    )
    for field, every in models:
        keys = {getattr(row, field) for row in rows}
        found |= {(field, row.pk): str(row) for row in every.filter(pk__in=keys)}
    return found


def _said(names: dict[tuple[str, int], str], field: str, value: Any) -> str:
    if (field, value) in names:
        return names[field, value]
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _readable(request: PersonRequest, one: Learning | None) -> Learning | None:
    if one is None:
        return None
    return one if Learning.objects.visible_to(request.user).filter(pk=one.pk).exists() else None


def _account(number: str) -> Account | None:
    if not number.strip():
        return None
    found = Account.objects.filter(external_id__iexact=number.strip()).first()
    if found is None:
        raise Refused("There is no account of this number.", field="account", code="unknown")
    return found


def _number(request: HttpRequest, name: str) -> int | None:
    raw = request.GET.get(name, "")
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 16 else None


def _one_of(request: HttpRequest, name: str, known: list[str]) -> str:
    raw = request.GET.get(name, "")
    return raw if raw in known else ""
