"""A duty's own page: who, when, who stands beside them, and every way in which it may change hands."""

from typing import TypeGuard

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from people.errors import Refused
from people.models import Person, Role
from rota.acting_for import acts_for
from rota.answers import answers_for
from rota.cover import find_cover
from rota.cover_proposals import apply_proposal, dismiss_proposal, moves_of
from rota.duty_wishes import set_test_ring
from rota.gaps import reasons_against
from rota.models import CoverProposal, Duty, ProposalStatus, SwapStatus
from rota.swaps import read_swaps
from web.access import ASSISTANT, PersonRequest, open_to
from web.records import records
from web.refusals import onto_page


def duty_or_404(pk: int) -> Duty:
    """A published duty with its people."""
    rows = Duty.objects.published().select_related("programme", "person__assistant")
    return get_object_or_404(rows, pk=pk)


def may_give_away(person: Person, duty: Duty) -> bool:
    """Whether somebody sees the ways in which the duty changes hands; the verbs decide for themselves."""
    return acts_for(person, duty.person) or person.is_admin


@require_GET
@open_to(Role.EXECUTIVE, Role.SUPPORT, Role.ADMIN, ASSISTANT)
def duty_page(request: PersonRequest, pk: int) -> HttpResponse:
    """One duty. Everybody sees who and when; its officer, their assistant and administrators see what can be done."""
    duty = duty_or_404(pk)
    now = timezone.now()
    day = Duty.objects.published().filter(programme=duty.programme, day=duty.day).select_related("person")
    context = {
        "duty": duty,
        "seats": list(day.order_by("seat")),
        "now": now,
        "is_mine": duty.person_id == request.user.pk,
        "may": may_give_away(request.user, duty),
        "is_over": duty.ends_at <= now,
        "is_running": duty.starts_at <= now < duty.ends_at,
    }
    if context["may"]:
        context |= {
            "swap": read_swaps()
            .filter(duty=duty, status=SwapStatus.OPEN)
            .prefetch_related("asks__person")
            .first(),
            "ring": duty.rings.filter(person=duty.person_id).first(),
            "answer": answers_for([duty]).get(duty.pk),
            "reasons": [] if context["is_over"] else reasons_against(duty),
            "changes": records(duty.history),
        }
    if request.user.is_admin:
        proposal = duty.cover_proposals.first()
        context |= {"proposal": proposal, "moves": moves_of(proposal) if _awaits(proposal) else []}
    return render(request, "web/duty/one.html", context)


def _awaits(proposal: CoverProposal | None) -> TypeGuard[CoverProposal]:
    return proposal is not None and proposal.status == ProposalStatus.OPEN


@require_POST
@open_to(Role.EXECUTIVE, Role.ADMIN, ASSISTANT)
def seek_cover(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Look for cover: the fairest who are free are asked."""
    duty = duty_or_404(pk)
    try:
        swap = find_cover(duty=duty, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        if swap is None:
            messages.warning(
                request, "Nobody who is free can take it over alone. Administrators hear what else would do."
            )
        else:
            messages.success(request, "Cover is looked for: the first who says yes has the duty.")
    return redirect("web:duty-page", pk=duty.pk)


@require_POST
@open_to(Role.ADMIN)
def decide_proposal(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Apply the least disruption, all of it, or dismiss it."""
    proposal = get_object_or_404(CoverProposal, pk=pk)
    try:
        if "apply" in request.POST:
            apply_proposal(proposal=proposal, by=request.user)
            messages.success(request, "Applied: everybody whom it moves has been told.")
        else:
            dismiss_proposal(proposal=proposal, by=request.user)
            messages.success(request, "Dismissed: nothing has moved.")
    except Refused as refused:
        onto_page(request, refused)
    return redirect("web:duty-page", pk=proposal.duty_id)


@require_POST
@open_to()
def test_ring(request: PersonRequest) -> HttpResponseBase:
    """When my phone rings for a test on duty days."""
    try:
        set_test_ring(person=request.user, wish=request.POST.get("test_ring", ""), by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, "Saved.")
    return redirect("web:profile")
