"""The page of one case, live, and the buttons on it."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from escalations import (
    bridging,
    degraded,
    foresight,
    handing_over,
    holding,
    outcomes,
    paging,
    timeline,
    turns,
)
from escalations.access import may_act_as_officer, visible_to
from escalations.degraded import Outage
from escalations.models import LIVE_PAGE, Escalation, Leg, Page, Purpose
from escalations.turns import Turn
from people.errors import Refused
from telephony import clock
from web import outages, words
from web.access import PersonRequest, open_to
from web.case_actions import actions_for
from web.case_forms import CancelForm, HandOverForm, NoteForm, OutcomeForm
from web.refusals import onto_form, onto_page, status_of
from web.seen import mark

BY_PAGE = "on the page"
A_PAGE = 25


def _case(request: PersonRequest, pk: int) -> Escalation:
    """The case, where the reader may see it; else there is none."""
    cases = visible_to(request.user).for_lists().select_related("waiting_for", "hand_over_to")
    found = cases.filter(pk=pk).first()
    if found is None:
        raise Http404("No such case.")
    return found


# --- Looking ---------------------------------------------------------------------------------------------


@require_GET
@open_to("executive", "support", "admin")
def case_list(request: PersonRequest) -> HttpResponse:
    """Every case the reader may see, open ones by default, found by number, account or words."""
    shown = "all" if request.GET.get("show") == "all" else "open"
    typed = request.GET.get("q", "").strip()[:80]
    cases = visible_to(request.user).for_lists()
    if shown == "open":
        cases = cases.open()
    if typed:
        fits = Q(account__name__icontains=typed) | Q(summary__icontains=typed)
        if typed.isascii() and typed.isdecimal() and len(typed) < 10:
            fits |= Q(pk=int(typed) - 1000)
        cases = cases.filter(fits)
    page = Paginator(cases.order_by("-created_at", "-id"), A_PAGE).get_page(request.GET.get("page"))
    down = degraded.outage()
    context = {
        "page": page,
        "show": shown,
        "q": typed,
        "outage": down,
        "held_up": outages.held_up(page, down),
    }
    return render(request, "web/case/list.html", context)


@require_GET
@open_to()
def case(request: PersonRequest, pk: int) -> HttpResponse:
    """Everything about one case on one page."""
    found = _case(request, pk)
    return render(request, "web/case/page.html", _whole(request, found) | {"note_form": NoteForm()})


@require_GET
@open_to()
def live(request: PersonRequest, pk: int) -> HttpResponse:
    """What changed since event `after` and state `seen`: 204 for nothing, else the new parts of the page."""
    found = _case(request, pk)
    last = found.events.order_by("-pk").values_list("pk", flat=True).first() or 0
    if request.GET.get("after") == str(last) and request.GET.get("seen") == _seen(found):
        return HttpResponse(status=204)
    after = request.GET.get("after", "")
    return render(request, "web/case/news.html", _whole(request, found, after=_whole_number(after)))


def _seen(found: Escalation) -> str:
    """Moves whenever a page or a phone of a bridge does, which not every time leaves a line on the timeline."""
    pages = list(found.pages.select_related("person"))
    legs = list(Leg.objects.filter(bridge__escalation=found))
    outage = outages.felt_by(found)
    return _marked(found, pages, legs, outage, _turn(pages, outage))


def _marked(
    found: Escalation, pages: Sequence[Page], legs: Sequence[Leg], outage: Outage | None, turn: Turn | None
) -> str:
    moving = [(page.pk, page.status) for page in pages] + [(leg.pk, leg.status) for leg in legs]
    return mark(found.status, found.next_action_at, *moving, outage, turn.ahead if turn else None)


def _turn(pages: Sequence[Page], outage: Outage | None) -> Turn | None:
    """What a call of the case waits for where that is its turn, and not Twilio."""
    return turns.of_case(pages, now=clock.now()) if outage is None else None


def _whole_number(given: str) -> int:
    return int(given) if given.isdecimal() and len(given) < 16 else 0


def _whole(request: PersonRequest, found: Escalation, after: int = 0) -> dict[str, Any]:
    pages = list(found.pages.select_related("person"))
    events = list(found.events.filter(pk__gt=after))
    bridges = list(found.bridges.prefetch_related("legs"))
    legs = [leg for one in bridges for leg in one.legs.all()]
    bridge = next((one for one in bridges if one.ended_at is None), None)
    officer = may_act_as_officer(request.user, found)
    over = words.is_over(found, timezone.now())
    outage = outages.felt_by(found)
    by_hand = outages.by_hand(outage, found, pages, request.user)
    turn = _turn(pages, outage)
    climber = (
        words.listed([person.name for person in foresight.who_rings_next(found)]) if turn is None else ""
    )
    return {
        "case": found,
        "headline": outages.headline(found, by_hand) if by_hand else words.headline(found, pages, turn),
        "next_words": words.next_in_line(turn) if turn else words.next_step(found, climber),
        "turn": turn,
        "next_at": turn.at if turn else found.next_action_at,
        "tone": words.tone(found),
        "pages": pages,
        "events": [(event, words.event_look(event.kind)) for event in events],
        "after": events[-1].pk if events else after,
        "seen": _marked(found, pages, legs, outage, turn),
        "by_hand": by_hand,
        "bridge": bridge,
        "outcomes": list(found.outcomes.select_related("recorded_by", "touchpoint", "learning")),
        "joined": list(found.joined_contacts.select_related("raised_by")),
        "actions": actions_for(found, request.user, pages=pages, officer=officer, bridged=bridge is not None),
        "live_seconds": 20 if over else 1,
    }


# --- Acting: one button, one verb --------------------------------------------------------------------------


def _act(request: PersonRequest, pk: int, do: Callable[[Escalation], object]) -> HttpResponseBase:
    """Do it and go back to where the button was; a refusal is shown there."""
    found = _case(request, pk)
    try:
        do(found)
    except Refused as refused:
        onto_page(request, refused)
    if request.POST.get("back") == "officer":
        return redirect("web:officer")
    return redirect("web:case", pk=found.pk)


@require_POST
@open_to()
def accept(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Take the case."""

    def do(case: Escalation) -> None:
        if paging.accept(escalation=case, by=request.user, how=BY_PAGE).is_drill:
            messages.success(request, "That was the drill: it is over, and nothing more is to be done.")

    return _act(request, pk, do)


@require_POST
@open_to()
def pass_on(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Leave the case to the next phone."""
    return _act(request, pk, lambda case: paging.pass_on(escalation=case, by=request.user, how=BY_PAGE))


@require_POST
@open_to()
def working(request: PersonRequest, pk: int) -> HttpResponseBase:
    """ "Are you on it?" — "I am"."""

    def do(case: Escalation) -> None:
        asked = case.pages.filter(person=request.user, purpose=Purpose.ASK, status__in=LIVE_PAGE).first()
        if asked is not None:
            holding.confirm_working(page=asked, how=BY_PAGE)

    return _act(request, pk, do)


@require_POST
@open_to()
def connect(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Ring the officer, then the customer."""
    return _act(request, pk, lambda case: bridging.start(escalation=case, by=request.user))


@require_POST
@open_to()
def drop(request: PersonRequest, pk: int) -> HttpResponseBase:
    """End the connection."""
    return _act(request, pk, lambda case: bridging.drop(escalation=case, by=request.user))


@require_POST
@open_to()
def take_over(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Say yes to a case that a colleague offers."""
    return _act(request, pk, lambda case: handing_over.take(escalation=case, by=request.user, how=BY_PAGE))


@require_POST
@open_to()
def decline(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Say no to a case that a colleague offers."""
    return _act(request, pk, lambda case: handing_over.decline(escalation=case, by=request.user, how=BY_PAGE))


# --- Acting: one form, one verb ------------------------------------------------------------------------------


def _form_page(
    request: PersonRequest,
    found: Escalation,
    form: forms.Form,
    template: str,
    do: Callable[[dict[str, Any]], object],
    done: str,
) -> HttpResponseBase:
    """Show the form, or do what it says and go back to the case."""
    if request.method == "POST" and form.is_valid():
        try:
            do(form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, done)
            return redirect("web:case", pk=found.pk)
    return render(request, template, {"case": found, "form": form}, status=status_of(form))


@require_POST
@open_to()
def add_note(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Put words on the timeline."""
    found = _case(request, pk)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            timeline.add_note(escalation=found, by=request.user, text=form.cleaned_data["text"])
        except Refused as refused:
            onto_form(form, refused)
        else:
            return redirect(f"{reverse('web:case', args=[found.pk])}#timeline")
    whole = _whole(request, found) | {"note_form": form}
    return render(request, "web/case/page.html", whole, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def outcome(request: PersonRequest, pk: int) -> HttpResponseBase:
    """What was wrong, done, promised and learnt: after this the customer is asked."""
    found = _case(request, pk)
    form = OutcomeForm(request.POST or None)
    return _form_page(
        request,
        found,
        form,
        "web/case/outcome.html",
        lambda given: outcomes.record_outcome(escalation=found, by=request.user, **given),
        "Recorded. The customer is asked whether it is fixed.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def hand_over(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Offer the case to a colleague: it changes hands when they say yes."""
    found = _case(request, pk)
    form = HandOverForm(request.POST or None, case=found)
    return _form_page(
        request,
        found,
        form,
        "web/case/hand_over.html",
        lambda given: handing_over.offer(
            escalation=found, by=request.user, to=given["to"], note_text=given["note"]
        ),
        "Offered. The case is yours until it is taken.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def cancel(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Call the case off, saying why."""
    found = _case(request, pk)
    form = CancelForm(request.POST or None)
    return _form_page(
        request,
        found,
        form,
        "web/case/cancel.html",
        lambda given: holding.cancel(escalation=found, by=request.user, **given),
        "Cancelled. No phone rings for it any more.",
    )
