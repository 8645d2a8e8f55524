"""Importing people and accounts: first what would happen, line by line; then, on a second word, it happens."""

import io
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from customers.account_rows import COLUMNS as ACCOUNT_COLUMNS
from customers.importing import import_accounts
from people.import_report import Line, Outcome, Report
from people.importing import import_people
from people.models import Person, Role
from people.people_rows import COLUMNS as PEOPLE_COLUMNS
from web.access import PersonRequest, open_to
from web.models import HeldFile
from web.refusals import status_of

KEPT = timedelta(days=1)
LARGEST_MEGABYTES = 50
SHOWN_AT_MOST = 300


class Importer(Protocol):
    """What `import_people` and `import_accounts` have in common."""

    def __call__(self, *, stream: io.BytesIO, dry_run: bool, by: Person) -> Report: ...


KINDS: dict[str, tuple[str, Importer, tuple[str, ...]]] = {
    "people": ("People", import_people, tuple(PEOPLE_COLUMNS)),
    "accounts": ("Accounts", import_accounts, tuple(ACCOUNT_COLUMNS)),
}


class ImportForm(forms.Form):
    """Which kind of rows, and the file."""

    kind = forms.ChoiceField(
        label="What is in it?",
        choices=[(kind, name) for kind, (name, _, _) in KINDS.items()],
        initial="people",
        widget=forms.RadioSelect,
    )
    file = forms.FileField(label="CSV file", max_length=200, help_text="As spreadsheets write it.")

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if file.size is not None and file.size > LARGEST_MEGABYTES * 1_000_000:
            raise forms.ValidationError(f"At most {LARGEST_MEGABYTES} MB. Split the file.")
        return file


@dataclass(frozen=True)
class Shown:
    """A report as the page shows it: the worst first, and no more lines than anybody reads."""

    report: Report
    lines: list[Line]
    left_out: int


_ORDER = {Outcome.REFUSED: 0, Outcome.CHANGED: 1, Outcome.ADDED: 2, Outcome.UNCHANGED: 3}


def shown(report: Report) -> Shown:
    """What is refused, then changed, then added; unchanged lines are counted only."""
    telling = sorted(
        (line for line in report.lines if line.outcome is not Outcome.UNCHANGED),
        key=lambda line: (_ORDER[line.outcome], line.number),
    )
    return Shown(report, telling[:SHOWN_AT_MOST], max(0, len(telling) - SHOWN_AT_MOST))


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def imports(request: PersonRequest) -> HttpResponseBase:
    """The form; its preview; and what became of each line."""
    if request.method == "POST" and "token" in request.POST:
        return _apply(request)
    form = ImportForm(request.POST or None, request.FILES or None)
    context: dict[str, object] = {"form": form, "kinds": KINDS}
    if request.method == "POST" and form.is_valid():
        held = _hold(request.user, form.cleaned_data["kind"], form.cleaned_data["file"])
        _, run, _ = KINDS[held.kind]
        report = run(stream=io.BytesIO(held.content), dry_run=True, by=request.user)
        context |= {"held": held, "shown": shown(report), "preview": True, "form": ImportForm()}
    return render(request, "web/manage/imports.html", context, status=status_of(form))


def _apply(request: PersonRequest) -> HttpResponseBase:
    held = HeldFile.objects.filter(person=request.user, token=_token(request.POST["token"])).first()
    form = ImportForm()
    if held is None:
        context = {"form": form, "kinds": KINDS, "gone": True}
        return render(request, "web/manage/imports.html", context, status=410)
    _, run, _ = KINDS[held.kind]
    report = run(stream=io.BytesIO(held.content), dry_run=False, by=request.user)
    if report.applied:
        held.delete()
    context = {"form": form, "kinds": KINDS, "held": held, "shown": shown(report), "preview": False}
    return render(request, "web/manage/imports.html", context)


def _hold(person: Person, kind: str, file: "UploadedFile[bytes]") -> HeldFile:
    """Keep the file for the second word; what was kept before and never applied goes."""
    now = timezone.now()
    HeldFile.objects.filter(person=person).delete()
    HeldFile.objects.filter(at__lt=now - KEPT).delete()
    content = b"".join(file.chunks())
    name = (file.name or "file")[:200]
    return HeldFile.objects.create(
        token=uuid.uuid4(), person=person, kind=kind, name=name, content=content, at=now
    )


def _token(given: str) -> uuid.UUID:
    try:
        return uuid.UUID(given)
    except ValueError:
        return uuid.UUID(int=0)
