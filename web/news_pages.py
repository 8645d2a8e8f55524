"""Administrators say by which rules learnings are followed up, and which chats and programs hear of them."""

from functools import partial
from typing import Any

from django import forms
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from learnings import dispatching
from learnings.models import ChatChannel, Dispatch, Idea, News, Rules, Touchpoint, WebhookEndpoint
from learnings.rules import change_rules
from people.models import Person, Role
from web.access import PersonRequest, open_to
from web.choices import TIME_ZONES, with_present
from web.deeds import Deed, NoForm, perform

SHOWN = 60


class RulesForm(forms.Form):
    """The numbers, the zone, and two names."""

    hotspot_count = forms.IntegerField(label="So many learnings open a hotspot", min_value=2, max_value=100)
    hotspot_days = forms.IntegerField(label="within so many days", min_value=1, max_value=366)
    answer_days = forms.IntegerField(label="Days to answer an idea", min_value=1, max_value=90)
    remeasure_days = forms.IntegerField(label="Days until an action is measured", min_value=7, max_value=180)
    time_zone = forms.ChoiceField(
        label="Time zone", help_text="In it months begin and dates are over.", choices=TIME_ZONES
    )
    sponsor = forms.ModelChoiceField(
        label="Sponsor",
        queryset=Person.objects.active().order_by("name"),
        required=False,
        empty_label="Nobody",
        help_text="In their name “You said, we did” goes out.",
    )
    ideas_owner = forms.ModelChoiceField(
        label="Answers ideas of no touchpoint",
        queryset=Person.objects.active().order_by("name"),
        required=False,
        empty_label="An administrator",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone: Any = self.fields["time_zone"]
        zone.choices = with_present(TIME_ZONES, str(self.initial.get("time_zone", "")))


class WhereForm(forms.Form):
    """What every receiver of news has."""

    name = forms.CharField(label="Name", max_length=80)
    kinds = forms.MultipleChoiceField(
        label="What it hears", choices=News.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    active = forms.BooleanField(label="In use", required=False, initial=True)


class ChannelForm(WhereForm):
    """A chat channel."""

    address = forms.CharField(
        label="Address",
        max_length=500,
        help_text="As apprise writes it: slack://token/#channel, msteams://…, mattermost://…, and a hundred others.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["name", "address", "kinds", "active"]


class EndpointForm(WhereForm):
    """A webhook."""

    url = forms.CharField(label="Address", max_length=500, help_text="https://…, to which news is posted.")
    field_order = ["name", "url", "kinds", "active"]


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def learning_rules(request: PersonRequest) -> HttpResponseBase:
    """The rules; and which answers are overdue, by who owes them."""

    def change(values: dict[str, Any]) -> str:
        change_rules(by=request.user, **values)
        return "Kept, for what comes from now on."

    rules = Rules.current()
    names = (
        "hotspot_count", "hotspot_days", "answer_days", "remeasure_days", "time_zone", "sponsor", "ideas_owner",
    )  # fmt: skip
    outcome = perform(
        request, {"change": Deed(RulesForm, change, {name: getattr(rules, name) for name in names})}
    )
    if outcome.done:
        return redirect("web:learning-rules")
    now = timezone.now()
    context = {
        "forms": outcome.forms,
        "overdue": Idea.objects.overdue(now)
        .select_related("owner", "sender")
        .order_by("owner__name", "answer_due_at"),
        "vacant": Touchpoint.objects.vacant().select_related("owner"),
    }
    return render(request, "web/manage/learning_rules.html", context, status=outcome.status)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def news(request: PersonRequest) -> HttpResponseBase:
    """Chats and webhooks, and what went to them."""
    by = request.user

    def add_channel(values: dict[str, Any]) -> str:
        dispatching.save_channel(by=by, channel=None, **values)
        return "Added."

    def add_endpoint(values: dict[str, Any]) -> str:
        dispatching.save_endpoint(by=by, endpoint=None, **values)
        return "Added. Its secret is on its page."

    def again(dispatch: Dispatch, values: dict[str, Any]) -> str:
        dispatching.replay(dispatch=dispatch, by=by)
        return "It goes again."

    rows = list(Dispatch.objects.select_related("announcement", "channel", "endpoint")[:SHOWN])
    deeds = {"channel": Deed(ChannelForm, add_channel), "endpoint": Deed(EndpointForm, add_endpoint)}
    deeds |= {f"replay-{one.pk}": Deed(NoForm, partial(again, one)) for one in rows}
    outcome = perform(request, deeds)
    if outcome.done:
        return redirect("web:news")
    context = {
        "forms": outcome.forms,
        "channels": ChatChannel.objects.all(),
        "endpoints": WebhookEndpoint.objects.all(),
        "dispatches": rows,
    }
    return render(request, "web/manage/news.html", context, status=outcome.status)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def channel(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One chat channel."""
    one = get_object_or_404(ChatChannel, pk=pk)

    def save(values: dict[str, Any]) -> str:
        dispatching.save_channel(by=request.user, channel=one, **values)
        return "Kept."

    present = {name: getattr(one, name) for name in ("name", "address", "kinds", "active")}
    outcome = perform(request, {"save": Deed(ChannelForm, save, present)})
    if outcome.done:
        return redirect("web:news")
    context = {"one": one, "title": str(one), "forms": outcome.forms}
    return render(request, "web/manage/news_one.html", context, status=outcome.status)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def endpoint(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One webhook, with its secret."""
    one = get_object_or_404(WebhookEndpoint, pk=pk)

    def save(values: dict[str, Any]) -> str:
        dispatching.save_endpoint(by=request.user, endpoint=one, **values)
        return "Kept."

    def renew(values: dict[str, Any]) -> str:
        dispatching.renew_secret(endpoint=one, by=request.user)
        return "It has a new secret."

    present = {name: getattr(one, name) for name in ("name", "url", "kinds", "active")}
    outcome = perform(request, {"save": Deed(EndpointForm, save, present), "renew": Deed(NoForm, renew)})
    if outcome.done:
        return redirect("web:news-endpoint", pk=pk)
    context = {"one": one, "title": str(one), "forms": outcome.forms, "secret": one.secret}
    return render(request, "web/manage/news_one.html", context, status=outcome.status)
