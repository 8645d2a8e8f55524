"""My calls: an agent's page. Who would like to listen now and may be declined, the policy, and how calls come.

Nothing here counts what an agent declines, and nothing is kept of it.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from listening import agents, joining, live_calls
from listening.models import AgentDesk, LiveCall, LiveCallState, Visit, VisitStatus, Voicemail
from people.errors import Refused
from people.models import Person, Role
from telephony.errors import TelephonyError
from web.access import PersonRequest, open_to
from web.listening_words import CALL_LOOKS, VISIT_LOOKS
from web.refusals import onto_form, onto_page
from web.seen import mark
from web.words import Look

RECENT, MESSAGES = 6, 12


class DeskForm(forms.Form):
    """How an agent is told of listeners, and whether our own number rings them."""

    told_by = forms.ChoiceField(
        label="How you hear who would like to listen",
        choices=AgentDesk.ToldBy.choices,
        widget=forms.RadioSelect,
        help_text="On the page it stands here while you keep it open; if you do not look, a text follows.",
    )
    takes_calls = forms.BooleanField(
        label="Customers’ calls to our own number ring my phone",
        required=False,
        help_text="Whoever has waited longest is rung first.",
    )
    queue = forms.CharField(label="Queue", required=False, max_length=60, help_text="Empty for any.")
    language = forms.CharField(
        label="Language", required=False, max_length=12, help_text="Such as es; empty for any."
    )


@require_GET
@open_to(Role.SUPPORT)
def my_calls(request: PersonRequest) -> HttpResponse:
    """The call of this moment with those who listen, and below it the policy and the settings."""
    return _page(request, DeskForm(initial=_settings(agents.desk_of(request.user))))


@require_GET
@open_to(Role.SUPPORT)
def live(request: PersonRequest) -> HttpResponse:
    """The moving part: 204 while nothing has changed. An offer that stands in view counts as told."""
    moving = _moving(request.user, told=request.GET.get("hidden") != "1")
    if request.GET.get("seen") == moving["seen"]:
        return HttpResponse(status=204)
    return render(request, "web/agent/moving.html", moving)


@require_POST
@open_to(Role.SUPPORT)
def decline(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Not at this call."""
    visit = _visit(request, pk)
    return _act(request, lambda: joining.decline(visit=visit, by=request.user), "They go to another call.")


@require_POST
@open_to(Role.SUPPORT)
def let_speak(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Ask the listener for a whisper, to speak, or to be silent again."""
    visit = _visit(request, pk)
    to = request.POST.get("to", "")
    if to not in ("whisper", "speak", "silence"):
        raise Http404("No such wish.")
    return _act(request, lambda: joining.let_speak(visit=visit, by=request.user, to=to))


@require_POST
@open_to(Role.SUPPORT)
def call_state(request: PersonRequest, pk: int) -> HttpResponseBase:
    """A payment begins or is over."""
    call = LiveCall.objects.running().filter(agent=request.user, pk=pk).first()
    if call is None:
        raise Http404("No such call.")
    state = request.POST.get("state", "")
    return _act(request, lambda: live_calls.set_state(live_call=call, state=state, by=request.user))


@require_POST
@open_to(Role.SUPPORT)
def sign(request: PersonRequest) -> HttpResponseBase:
    """Agree to the policy as it was read."""
    version = request.POST.get("version", "")[:20]
    return _act(
        request,
        lambda: agents.sign_policy(person=request.user, version=version),
        "Signed. You are told before anybody listens, and may say no each time.",
    )


@require_POST
@open_to(Role.SUPPORT)
def take_back(request: PersonRequest) -> HttpResponseBase:
    """Take the signature back."""
    return _act(
        request,
        lambda: agents.take_signature_back(person=request.user),
        "Taken back: nobody joins your calls any more.",
    )


@require_POST
@open_to(Role.SUPPORT)
def desk(request: PersonRequest) -> HttpResponseBase:
    """The settings."""
    form = DeskForm(request.POST)
    if form.is_valid():
        try:
            agents.set_desk(person=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Saved.")
            return redirect("web:my-calls")
    return _page(request, form, status=422)


def _page(request: PersonRequest, form: DeskForm, status: int = 200) -> HttpResponse:
    person = request.user
    own_desk = agents.desk_of(person)
    context = _moving(person, told=True) | {
        "desk": own_desk,
        "policy": agents.policy(),
        "signed": agents.has_signed(own_desk),
        "form": form,
        "recent": _recent(person),
        "messages_left": Voicemail.objects.filter(called_back_at=None).select_related("account")[:MESSAGES],
    }
    return render(request, "web/agent/page.html", context, status=status)


def _settings(own_desk: AgentDesk) -> dict[str, Any]:
    return {name: getattr(own_desk, name) for name in DeskForm.base_fields}


def _moving(person: Person, *, told: bool) -> dict[str, Any]:
    offers = joining.offers_to(person)
    if told and any(visit.told_at is None for visit in offers):
        joining.shown(agent=person)
        offers = joining.offers_to(person)
    call = live_calls.of_agent(person)
    return {
        "call": call,
        "call_look": CALL_LOOKS[call.state] if call is not None else None,
        "paying": call is not None and call.state == LiveCallState.PAYMENT,
        "offers": [(visit, _look(visit), visit.status == VisitStatus.IN) for visit in offers],
        "seen": mark(
            call and (call.pk, call.state),
            *((one.pk, one.status, one.may_coach, one.may_speak, one.answer_by) for one in offers),
        ),
    }


def _look(visit: Visit) -> Look:
    if visit.status == VisitStatus.OFFERED:
        return Look("Would like to listen", "live", "dot")
    if visit.may_speak:
        return Look("Speaks with you both", "bad", "message-square")
    if visit.may_coach:
        return Look("Whispers to you", "live", "message-square")
    return VISIT_LOOKS[visit.status]


def _recent(person: Person) -> list[LiveCall]:
    """The agent's own last calls, with who listened."""
    calls = LiveCall.objects.filter(agent=person, ended_at__isnull=False).order_by("-started_at")
    return list(calls.prefetch_related("visits__session__person")[:RECENT])


def _visit(request: PersonRequest, pk: int) -> Visit:
    found = Visit.objects.filter(pk=pk, live_call__agent=request.user).first()
    if found is None:
        raise Http404("Nobody listens like this any more.")
    return found


def _act(request: PersonRequest, do: Callable[[], object], done: str = "") -> HttpResponseBase:
    try:
        do()
    except Refused as refused:
        onto_page(request, refused)
    except TelephonyError:
        messages.error(request, "Twilio did not answer. Try again in a moment.")
    else:
        if done:
            messages.success(request, done)
    return redirect("web:my-calls")
