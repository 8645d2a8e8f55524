"""Administrators look after programmes: their rules as a form and as a file, and their months."""

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from people.errors import Refused
from people.models import Role
from rota.errors import BadProgrammeFile
from rota.gaps import gaps
from rota.listening_windows import windows_that_count, words_of
from rota.membership import members_on
from rota.models import Programme, Rota
from rota.programme_changes import Change, burden_text
from rota.programme_file import apply_programme
from rota.programme_rules import LARGEST_FILE, read_programme
from rota.programme_text import programme_text
from web.access import PersonRequest, open_to
from web.duty import duties_of_month, month_of
from web.programme_form import ProgrammeRules
from web.records import records
from web.refusals import status_of


class ProgrammeForm(forms.Form):
    """A programme as its file; an uploaded one goes before the words in the box."""

    text = forms.CharField(
        label="The programme’s file (TOML)",
        required=False,
        strip=False,
        max_length=LARGEST_FILE,
        widget=forms.Textarea(attrs={"class": "code", "spellcheck": "false", "rows": 24}),
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        help_text="Goes before what stands in the box.",
        widget=forms.ClearableFileInput(attrs={"accept": ".toml"}),
    )

    def clean_file(self) -> "UploadedFile[bytes] | None":
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file is not None and file.size is not None and file.size > LARGEST_FILE:
            raise forms.ValidationError(f"At most {LARGEST_FILE:,} bytes.")
        return file

    def whole(self) -> str:
        """The text that counts. Raises Refused where a file is no text."""
        file: UploadedFile[bytes] | None = self.cleaned_data.get("file")
        if file is None:
            return str(self.cleaned_data.get("text", ""))
        try:
            return str(file.read(), "utf-8")
        except UnicodeDecodeError:
            raise Refused("This file is not UTF-8. Save it as UTF-8.", field="file") from None


@require_GET
@open_to(Role.ADMIN)
def programmes(request: PersonRequest) -> HttpResponse:
    """Every programme with its officer of this moment."""
    now = timezone.now()
    month = month_of("", timezone.localdate())
    every = [duties_of_month(one, month, now) for one in Programme.objects.order_by("name")]
    return render(request, "web/manage/programmes.html", {"programmes": every})


@require_GET
@open_to(Role.ADMIN)
def programme(request: PersonRequest, slug: str) -> HttpResponse:
    """One programme: its month with a way to change each duty, its rotas, its file."""
    found = get_object_or_404(Programme, slug=slug)
    now = timezone.now()
    month = month_of(request.GET.get("month", ""), now.astimezone(found.zone).date())
    context = {
        "programme": found,
        "month": month,
        "one": duties_of_month(found, month, now),
        "gaps": gaps(programme=found, now=now),
        "rotas": Rota.objects.filter(programme=found)[:12],
        "members": members_on(found, now.astimezone(found.zone).date()),
        "fallback": found.fallback_places.select_related("person"),
        "windows": [words_of(one) for one in windows_that_count(found, now.astimezone(found.zone).date())],
        "special_days": [{**one, "burden": burden_text(one["burden"])} for one in found.special_days],
        "changes": records(found.history),
    }
    return render(request, "web/manage/programme.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def apply(request: PersonRequest) -> HttpResponseBase:
    """A programme's file: what it would change, and then the change itself."""
    present = Programme.objects.filter(slug=request.GET.get("slug", "")).first()
    form = ProgrammeForm(
        request.POST or None,
        request.FILES or None,
        initial={"text": programme_text(present) if present else ""},
    )
    changes: list[Change] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            text = form.whole()
            changes = apply_programme(text=text, dry_run="apply" not in request.POST)
            slug = read_programme(text).slug
        except Refused as refused:
            for mistake in str(refused).splitlines():
                form.add_error("text", mistake)
        else:
            if "apply" in request.POST:
                messages.success(request, _told(changes))
                return redirect("web:programme", slug=slug)
            form = ProgrammeForm(initial={"text": text})
    context = {"form": form, "changes": changes, "present": present}
    return render(request, "web/manage/programme_file.html", context, status=status_of(form))


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def rules(request: PersonRequest, slug: str) -> HttpResponseBase:
    """The rules of a programme as a form: what it would change, and then the change itself."""
    found = get_object_or_404(Programme, slug=slug)
    shown = ProgrammeRules(found, request.POST or None)
    changes: list[Change] | None = None
    if request.method == "POST" and shown.is_valid():
        try:
            changes = apply_programme(content=shown.content(), dry_run="look" in request.POST)
        except BadProgrammeFile as refused:
            shown.show(refused)
        else:
            if "look" not in request.POST:
                messages.success(request, _told(changes))
                return redirect("web:programme", slug=slug)
    context = {"programme": found, "rules": shown, "form": shown.form, "changes": changes}
    status = 422 if shown.is_wrong else 200
    return render(request, "web/manage/programme_rules.html", context, status=status)


def _told(changes: list[Change]) -> str:
    return f"Applied: {len(changes)} changed." if changes else "Nothing to change: it was so already."
