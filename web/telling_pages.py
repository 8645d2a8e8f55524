"""How the whole organisation hears of it: "You said, we did", what I have heard, my routine mail, the Atom feed."""

from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from learnings.atom import atom_feed
from learnings.mail_wishes import choose, feed_address, person_of_feed, person_of_stop, renew_feed, wish_of
from learnings.models import HowOften, SaidDone
from learnings.said_done import by_status
from learnings.said_done_pdf import as_pdf
from learnings.trends import heard_this_month, owned_this_month
from people.errors import Refused
from web.access import PersonRequest, open_to
from web.deeds import Deed, NoForm, perform
from web.learnings import READERS, paths_seen

SHOWN = 100


class WishForm(forms.Form):
    """How often routine mail comes."""

    how_often = forms.ChoiceField(label="How often?", choices=HowOften.choices, widget=forms.RadioSelect)


@require_GET
@open_to(*READERS)
def said_done_list(request: PersonRequest) -> HttpResponse:
    """Every month that was published."""
    months = SaidDone.objects.select_related("sponsor")
    return render(request, "web/learnings/said_done_list.html", {"months": months})


@require_GET
@open_to(*READERS)
def said_done(request: PersonRequest, month: str) -> HttpResponse:
    """One month: done, declined, open."""
    published = _published(month)
    context = {"published": published, "by_status": by_status(published), "month": month}
    return render(request, "web/learnings/said_done.html", context)


@require_GET
@open_to(*READERS)
def said_done_pdf(request: PersonRequest, month: str) -> HttpResponse:
    """The same, to print."""
    published = _published(month)
    response = HttpResponse(as_pdf(published), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="you-said-we-did-{published.month:%Y-%m}.pdf"'
    return response


@require_GET
@open_to(*READERS)
def heard(request: PersonRequest) -> HttpResponse:
    """What I have heard this month, and what was learnt at my touchpoints."""
    mine = list(heard_this_month(request.user)[:SHOWN])
    owned = [one for one in owned_this_month(request.user)[:SHOWN] if one.author_id != request.user.pk]
    context = {
        "mine": mine,
        "owned": owned,
        "touchpoints": request.user.touchpoints.in_use(),
        "paths": paths_seen(request, mine + owned),
    }
    return render(request, "web/learnings/heard.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def mail(request: PersonRequest) -> HttpResponseBase:
    """How often I want routine mail, and the address of my feed."""

    def wish(values: dict[str, Any]) -> str:
        choose(person=request.user, **values)
        return "Kept."

    def renew(values: dict[str, Any]) -> str:
        renew_feed(person=request.user)
        return "Your feed has a new address; the old one is useless."

    deeds = {
        "wish": Deed(WishForm, wish, {"how_often": wish_of(request.user).how_often}),
        "renew": Deed(NoForm, renew),
    }
    outcome = perform(request, deeds)
    if outcome.done:
        return redirect("web:mail")
    context = {"forms": outcome.forms, "address": feed_address(request.user)}
    return render(request, "web/learnings/mail.html", context, status=outcome.status)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_mail(request: HttpRequest, token: str) -> HttpResponse:
    """The link in each routine mail, without sign-in. POST stops it (RFC 8058: what mail programs send); GET asks.

    Whoever holds the link can do no more than that, so there is nothing for another site to gain.
    """
    try:
        person = person_of_stop(token)
    except Refused as refused:
        return render(request, "web/learnings/stop.html", {"problem": str(refused)}, status=404)
    wanted = HowOften.NONE
    if request.method == "POST":
        asked = request.POST.get("how_often", HowOften.NONE)
        wanted = HowOften(asked) if asked in HowOften.values else HowOften.NONE
        choose(person=person, how_often=wanted)
    context = {"person": person, "done": request.method == "POST", "stopped": wanted == HowOften.NONE}
    return render(request, "web/learnings/stop.html", context)


@require_GET
def atom(request: HttpRequest, token: str) -> HttpResponse:
    """The Atom feed of whoever has the secret address: no cookie, no sign-in; a wrong address is 404."""
    try:
        reader = person_of_feed(token)
    except Refused:
        raise Http404 from None
    response = HttpResponse(
        atom_feed(reader=reader, address=request.build_absolute_uri()),
        content_type="application/atom+xml; charset=utf-8",
    )
    patch_cache_control(response, private=True, max_age=300)
    return response


def _published(month: str) -> SaidDone:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Http404 from None
    return get_object_or_404(SaidDone.objects.select_related("sponsor"), month=first)
