"""The customer's answer: one question, two buttons, no sign-in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from escalations.confirming import answer, read_token
from escalations.models import Answer
from people.errors import Refused

BY_MAIL = "by the link in the mail"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, and changes nothing (mail programs open links by themselves); POST answers.

    The page tells what was done and by whom, nothing else of the case: whoever holds the link may read it.
    """
    try:
        outcome = read_token(token)
    except Refused as refused:
        return render(request, "web/confirm/done.html", {"problem": str(refused)}, status=404)
    said = request.POST.get("fixed", "")
    if request.method == "POST" and said in ("yes", "no"):
        try:
            outcome = answer(outcome=outcome, fixed=said == "yes", how=BY_MAIL)
        except Refused as refused:
            return render(request, "web/confirm/done.html", {"problem": str(refused)}, status=409)
    if outcome.answer in (Answer.FIXED, Answer.NOT_FIXED):
        return render(request, "web/confirm/done.html", {"outcome": outcome})
    return render(request, "web/confirm/question.html", {"outcome": outcome})
