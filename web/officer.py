"""The officer's phone page: the case on top, big buttons, one's next duties and open cases."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from escalations.access import may_act_as_officer
from escalations.degraded import Outage, outage
from escalations.models import IN_HAND, WAITING_FOR_AN_OFFICER, Escalation
from people.models import Person, Role
from rota.models import Duty
from web import words
from web.access import PersonRequest, open_to
from web.case_actions import actions_for
from web.outages import held_up
from web.seen import seen

DUTIES = 6


@dataclass(frozen=True)
class Standing:
    """What stands on the page: cases that need the officer now, other open ones, and the mark of it all.

    While Twilio cannot be reached, `outage` says so, and `held_up` are the cases that should ring and cannot.
    """

    on_top: list[Escalation]
    others: list[Escalation]
    outage: Outage | None
    held_up: frozenset[int]
    seen: str


@require_GET
@open_to(Role.EXECUTIVE, Role.ADMIN)
def officer(request: PersonRequest) -> HttpResponse:
    """What an officer holds in one hand."""
    return render(request, "web/officer/page.html", _everything(request.user, _standing(request.user)))


@require_GET
@open_to(Role.EXECUTIVE, Role.ADMIN)
def live(request: PersonRequest) -> HttpResponse:
    """The page's moving parts: 204 while nothing has changed since `seen`."""
    standing = _standing(request.user)
    if request.GET.get("seen") == standing.seen:
        return HttpResponse(status=204)
    return render(request, "web/officer/moving.html", _everything(request.user, standing))


def _standing(person: Person) -> Standing:
    waiting = _waiting_for(person)
    cases = Escalation.objects.for_lists().select_related("waiting_for").open()
    offered = list(cases.filter(hand_over_to=person))
    held = list(cases.filter(owner=person).gravest_first())
    in_hand = [case for case in held if case.status in IN_HAND]
    others = [case for case in held if case not in in_hand and case not in waiting]
    on_top = [*waiting, *offered, *(case for case in in_hand if case not in offered)]
    every, down = [*on_top, *others], outage()
    cannot_ring = held_up(every, down)
    mark = seen(every, *_page_marks(on_top, person), down, sorted(cannot_ring))
    return Standing(on_top, others, down, cannot_ring, mark)


def _everything(person: Person, standing: Standing) -> dict[str, Any]:
    now = timezone.now()
    duties = Duty.objects.published().filter(person=person, ends_at__gt=now).select_related("programme")
    return {
        "tops": [_top(case, person) for case in standing.on_top],
        "others": standing.others,
        "outage": standing.outage,
        "held_up": standing.held_up,
        "duties": list(duties.order_by("starts_at")[:DUTIES]),
        "now": now,
        "seen": standing.seen,
    }


def _waiting_for(person: Person) -> list[Escalation]:
    """Cases that nobody has taken and whose page is out to this person, the gravest first."""
    paged = person.pages.live().values("escalation")
    cases = Escalation.objects.for_lists().open().select_related("waiting_for")
    return list(cases.filter(status__in=WAITING_FOR_AN_OFFICER, pk__in=paged).gravest_first())


def _top(case: Escalation, person: Person) -> dict[str, Any]:
    pages = list(case.pages.select_related("person"))
    bridge = case.bridges.filter(ended_at__isnull=True).prefetch_related("legs").first()
    officer_may = may_act_as_officer(person, case)
    return {
        "case": case,
        "says": words.to_the_owner(case) if case.owner_id == person.pk else "",
        "bridge": bridge,
        "tone": words.tone(case),
        "actions": actions_for(case, person, pages=pages, officer=officer_may, bridged=bridge is not None),
    }


def _page_marks(cases: list[Escalation], person: Person) -> list[tuple[int, str]]:
    pages = person.pages.filter(escalation__in=[case.pk for case in cases]).order_by("pk")
    return list(pages.values_list("pk", "status"))
