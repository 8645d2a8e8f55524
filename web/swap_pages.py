"""Duties that change hands: asking others, answering, and who helped whom."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from people.errors import Refused
from people.models import Person, Role
from rota.acting_for import acts_for, speaks_for
from rota.candidates import Candidate, InReturn, candidates, duties_in_return
from rota.conflicts import conflicts_of
from rota.favours import favours_balance, ledger_of
from rota.models import Ask, AskStatus, Duty, Swap, SwapStatus
from rota.planning.instance import POINTS
from rota.swaps import (
    accept_ask,
    ask_of_token,
    decline_ask,
    lapses_at,
    propose_swap,
    read_asks,
    read_swaps,
    withdraw_swap,
)
from web.access import ASSISTANT, PersonRequest, open_to
from web.duty_page import duty_or_404, may_give_away
from web.refusals import onto_form, onto_page, status_of
from web.words import listed

SHOWN_AT_FIRST = 8
RECENT = 8
NOTHING = ""


@dataclass(frozen=True)
class Row:
    """One person who may be asked: a candidate, or the officer of another seat of the day, who can only exchange."""

    person: Person
    sentence: str
    warnings: tuple[str, ...]
    given_back: tuple[str, ...]
    returns: list[InReturn]
    only_exchange: bool
    asked: bool
    chosen: str


class SwapForm(forms.Form):
    """Whom to ask, and what to tell them; the duties in return are read beside it, one field for each person."""

    to = forms.ModelMultipleChoiceField(
        label="Whom to ask",
        queryset=Person.objects.executives(),
        error_messages={"required": "Choose whom to ask."},
    )
    note = forms.CharField(
        label="A word to them",
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.EXECUTIVE, Role.ADMIN, ASSISTANT)
def propose(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Ask others to take the duty over: some of them, everybody who is free, or somebody for a duty of theirs."""
    duty = duty_or_404(pk)
    if not may_give_away(request.user, duty):
        raise PermissionDenied
    able = candidates(duty=duty)
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None and "everybody" in data:
        data.setlist("to", [str(one.person.pk) for one in able if one.is_free])
    form = SwapForm(data)
    returns = duties_in_return(duty=duty, able=able, now=timezone.now())
    if data is not None and form.is_valid():
        people = list(form.cleaned_data["to"])
        try:
            in_return = {} if "everybody" in data else _chosen_returns(data, people, returns)
            propose_swap(
                duty=duty, to=people, by=request.user, in_return=in_return, note=form.cleaned_data["note"]
            )
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, f"Asked: {listed([person.name for person in people])}.")
            return redirect("web:duty-page", pk=duty.pk)
    rows = _rows(duty, able, returns, data)
    shown = rows if data is not None or "all" in request.GET else rows[:SHOWN_AT_FIRST]
    context = {
        "duty": duty,
        "form": form,
        "rows": shown,
        "more": len(rows) - len(shown),
        "free": sum(one.is_free for one in able),
    }
    return render(request, "web/swaps/propose.html", context, status=status_of(form))


def _rows(duty: Duty, able: list[Candidate], returns: dict[int, list[InReturn]], data: Any) -> list[Row]:
    asked = set(data.getlist("to")) if data is not None else set()

    def row(
        person: Person,
        sentence: str,
        warnings: tuple[str, ...] = (),
        given_back: tuple[str, ...] = (),
        *,
        only_exchange: bool = False,
    ) -> Row:
        return Row(
            person=person,
            sentence=sentence,
            warnings=warnings,
            given_back=given_back,
            returns=returns.get(person.pk, []),
            only_exchange=only_exchange,
            asked=str(person.pk) in asked,
            chosen=data.get(f"return-{person.pk}", NOTHING) if data is not None else NOTHING,
        )

    candidate_keys = {one.person.pk for one in able}
    beside = [
        row(
            some[0].duty.person,
            f"Is {some[0].duty.role} that day: you would exchange seats",
            only_exchange=True,
        )
        for pk, some in returns.items()
        if pk not in candidate_keys and pk != duty.person_id
    ]
    rest = [row(one.person, one.sentence, one.warnings, one.given_back) for one in able]
    return beside + rest


def _chosen_returns(
    data: Any, people: list[Person], returns: dict[int, list[InReturn]]
) -> dict[Person, Duty]:
    found = {}
    for person in people:
        wanted = data.get(f"return-{person.pk}", NOTHING)
        if wanted == NOTHING:
            continue
        duty = next((one.duty for one in returns.get(person.pk, []) if str(one.duty.pk) == wanted), None)
        if duty is None:
            raise Refused(f"The duty in return is not {person.name}'s any more. Choose again.", field="to")
        found[person] = duty
    return found


@require_GET
@open_to(Role.EXECUTIVE, Role.ADMIN, ASSISTANT)
def swaps(request: PersonRequest) -> HttpResponse:
    """What is asked of me and of those for whom I speak, what we asked, and the ledger."""
    people = speaks_for(request.user)
    wishes = read_swaps().prefetch_related("asks__person")
    open_wishes = wishes.filter(status=SwapStatus.OPEN)
    mine = Q(person__in=people)
    balance = favours_balance(people)
    context = {
        "asks": list(
            read_asks().filter(person__in=people, status=AskStatus.ASKED, swap__status=SwapStatus.OPEN)
        ),
        "mine": list(open_wishes.filter(mine)),
        "ended": list(wishes.filter(mine).exclude(status=SwapStatus.OPEN)[:RECENT]),
        "others": list(open_wishes.exclude(mine)[:50]) if request.user.is_admin else [],
        "ledger": ledger_of(people),
        "balances": [(person, abs(balance[person.pk]) / POINTS, balance[person.pk]) for person in people],
        "speaks_for_others": any(person.pk != request.user.pk for person in people),
    }
    return render(request, "web/swaps/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def answer(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One question, for who was asked or their assistant."""
    ask = get_object_or_404(read_asks(), pk=pk)
    if not acts_for(request.user, ask.person):
        raise PermissionDenied
    if request.method == "POST":
        try:
            _answer(ask, request.POST.get("answer", ""), request.user)
        except Refused as refused:
            onto_page(request, refused)
        return redirect("web:swap-answer", pk=ask.pk)
    return _show(request, ask)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the letter: no sign-in. GET asks, and changes nothing (mail programs open links by themselves)."""
    try:
        ask = ask_of_token(token)
    except Refused as refused:
        return render(request, "web/swaps/answer.html", {"problem": str(refused)}, status=404)
    problem = ""
    if request.method == "POST":
        try:
            _answer(ask, request.POST.get("answer", ""), ask.person)
        except Refused as refused:
            problem = str(refused)
        ask.refresh_from_db()
    with timezone.override(ask.person.zone):
        return _show(request, ask_of_token(token), problem=problem)


def _answer(ask: Ask, says: str, by: Person) -> None:
    if says == "yes":
        accept_ask(ask=ask, by=by)
    elif says == "no":
        decline_ask(ask=ask, by=by)
    else:
        raise Refused("Say yes or no.", field="answer", code="required")


def _show(request: HttpRequest, ask: Ask, *, problem: str = "") -> HttpResponse:
    swap = ask.swap
    is_open = (
        ask.status == AskStatus.ASKED and swap.status == SwapStatus.OPEN and lapses_at(swap) > timezone.now()
    )
    without = [ask.in_return] if ask.in_return else []
    found = conflicts_of(duty=swap.duty, people=[ask.person], without=without)[ask.person_id]
    context = {
        "ask": ask,
        "swap": swap,
        "problem": problem,
        "is_open": is_open,
        "until": lapses_at(swap),
        "forbidding": found.forbidding if is_open else (),
        "warnings": found.warning if is_open else (),
        "given_back": found.given_back if is_open else (),
    }
    return render(request, "web/swaps/answer.html", context, status=409 if problem else 200)


@require_POST
@open_to()
def withdraw(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Take a wish back."""
    swap = get_object_or_404(Swap, pk=pk)
    try:
        withdraw_swap(swap=swap, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, "Taken back: the duty stays where it is.")
    return redirect("web:duty-page", pk=swap.duty_id)
