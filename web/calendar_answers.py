"""The answer to an invitation by the link in it: one question, three buttons, no sign-in."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from people.errors import Refused
from people.models import Person
from people.plain_words import one_line
from rota.acting_for import acts_for
from rota.answer_links import read_answer_token
from rota.answers import answer
from rota.calendar_entries import hours_in_words
from rota.hours import Span
from rota.models import AnswerStatus, Invitation

_BUTTONS = ("accepted", "tentative", "declined")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, and changes nothing (mail scanners open every link); POST answers for the revision that was shown."""
    try:
        invitation = read_answer_token(token)
    except Refused as refused:
        return render(request, "web/calendar/no_answer.html", {"problem": str(refused)}, status=404)
    problem, status, answered = "", 200, False
    says = request.POST.get("says", "")
    if request.method == "POST" and says in _BUTTONS:
        try:
            invitation = _take(request, invitation, says)
            answered = True
        except Refused as refused:
            problem, status = str(refused), 409
            invitation = read_answer_token(token)
    return render(
        request,
        "web/calendar/answer.html",
        _context(request, invitation) | {"problem": problem, "answered": answered},
        status=status,
    )


def _take(request: HttpRequest, invitation: Invitation, says: str) -> Invitation:
    sequence = request.POST.get("sequence", "")
    user = request.user
    # The link stands for the person it was sent to; an assistant who is signed in answers in their own name.
    by = user if isinstance(user, Person) and acts_for(user, invitation.person) else invitation.person
    return answer(
        invitation=invitation,
        says=AnswerStatus(says),
        by=by,
        how="by the link in the invitation",
        sequence=int(sequence) if sequence.isascii() and sequence.isdecimal() and len(sequence) < 10 else -1,
        comment=one_line(request.POST.get("comment", ""), field="comment", most=300),
    )


def _context(request: HttpRequest, invitation: Invitation) -> dict[str, Any]:
    duty = invitation.duty
    until = max(invitation.ends_at, duty.ends_at) if duty else invitation.ends_at
    return {
        "invitation": invitation,
        "hours": hours_in_words(Span(invitation.starts_at, invitation.ends_at), invitation.person.zone),
        "over": until <= timezone.now(),
        "wish": request.GET.get("say", ""),
    }
