"""Out-of-box audits: our own product opened together, each thing found with a verdict, a photo and an owner."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.base import File
from django.http import FileResponse, Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from listening import audits
from listening.models import AuditItem, Session, SessionKind, SessionStatus, Verdict
from people.errors import Refused
from people.models import Person, Role
from rota.calendar_keeping import keeps_calendar
from rota.membership import programmes_of
from rota.models import Programme
from web.access import PersonRequest, open_to
from web.listening_pages import keepers_session
from web.listening_words import VERDICT_LOOKS
from web.refusals import onto_form, onto_page, status_of


class ItemForm(forms.Form):
    """One thing found."""

    what = forms.CharField(
        label="What did you find?", max_length=audits.LONGEST_WHAT, widget=forms.Textarea(attrs={"rows": 2})
    )
    verdict = forms.ChoiceField(label="How is it?", choices=Verdict.choices, widget=forms.RadioSelect)
    owner = forms.ModelChoiceField(
        label="Who sees to it?",
        queryset=Person.objects.active().order_by("name"),
        required=False,
        empty_label="Nobody yet",
        help_text="Each needs an owner before the audit is closed.",
    )
    photo = forms.FileField(
        label="Photo",
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": "image/*", "capture": "environment"}),
    )

    def photo_given(self) -> "File[bytes] | None":
        """The upload, where there is one."""
        file: Any = self.cleaned_data.get("photo")
        return file or None


@require_POST
@open_to(Role.EXECUTIVE)
def begin(request: PersonRequest) -> HttpResponseBase:
    """Open a box now."""
    today = timezone.now().date()
    programmes = programmes_of(request.user, today, today)
    chosen = request.POST.get("programme", "")
    programme = next((one for one in programmes if one.slug == chosen), programmes[0] if programmes else None)
    if not isinstance(programme, Programme):
        messages.error(request, "You are a member of no programme.")
        return redirect("web:listening")
    try:
        session = audits.begin_audit(programme=programme, person=request.user)
    except Refused as refused:
        onto_page(request, refused)
        return redirect("web:listening")
    return redirect("web:box", pk=session.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.EXECUTIVE)
def audit(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Write down what is found; one form adds a thing."""
    session = _audit(request, pk)
    form = ItemForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            audits.add_item(session=session, by=request.user, photo=form.photo_given(), **_said(form))
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Written down.")
            return redirect("web:box", pk=pk)
    items = list(session.items.select_related("owner"))
    context = {
        "session": session,
        "items": [(item, VERDICT_LOOKS[item.verdict]) for item in items],
        "orphans": sum(item.owner_id is None for item in items),
        "form": form,
        "is_open": session.status == SessionStatus.RUNNING,
    }
    return render(request, "web/listening/audit.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.EXECUTIVE)
def item(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Say one thing better, or name its owner."""
    found = get_object_or_404(AuditItem.objects.select_related("session__person"), pk=pk)
    if found.session.person_id != request.user.pk:
        raise Http404("No such thing.")
    present = {"what": found.what, "verdict": found.verdict, "owner": found.owner_id}
    form = ItemForm(request.POST or None, request.FILES or None, initial=present)
    if request.method == "POST" and form.is_valid():
        try:
            audits.change_item(item=found, by=request.user, photo=form.photo_given(), **_said(form))
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Saved.")
            return redirect("web:box", pk=found.session_id)
    context = {"item": found, "form": form}
    return render(request, "web/listening/audit_item.html", context, status=status_of(form))


@require_POST
@open_to(Role.EXECUTIVE)
def close(request: PersonRequest, pk: int) -> HttpResponseBase:
    """All is written down."""
    session = _audit(request, pk)
    try:
        audits.close_audit(session=session, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
        return redirect("web:box", pk=pk)
    messages.success(request, "Closed: each owner is told. What did you learn?")
    return redirect("web:debrief", pk=pk)


@require_GET
@open_to()
def photo(request: PersonRequest, pk: int) -> HttpResponseBase:
    """A photo, for who found it, who keeps their calendar, and the owner of the thing."""
    found = get_object_or_404(AuditItem.objects.select_related("session__person__assistant"), pk=pk)
    may = keeps_calendar(request.user, found.session.person) or found.owner_id == request.user.pk
    if not may or not found.photo:
        raise Http404("No such photo.")
    try:
        file = found.photo.open("rb")
    except FileNotFoundError:
        raise Http404("This photo is gone.") from None
    return FileResponse(file, content_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


def _audit(request: PersonRequest, pk: int) -> Session:
    session = keepers_session(request, pk)
    if session.kind != SessionKind.AUDIT or session.person_id != request.user.pk:
        raise Http404("No audit of yours.")
    return session


def _said(form: ItemForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in ("what", "verdict", "owner")}
