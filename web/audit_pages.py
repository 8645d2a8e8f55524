"""The audit: what was changed by whom, who came in and who tried to, who read customers' personal data."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from people.models import Person, Role
from reports.audit import MOST_PAGES, Entry, Wanted, everything, latest, names
from reports.exports import Cell, csv_lines
from reports.models import PersonalRead, SignIn, SignInKind
from web.access import PersonRequest, open_to
from web.availability_forms import day_field

A_PAGE = 40
_COLUMNS = ("at", "kind", "thing", "by", "did", "field", "before", "after", "why")


class AuditForm(forms.Form):
    """Which changes: every field may be empty. Dates are the reader's."""

    kind = forms.ChoiceField(label="What", required=False)
    by = forms.ModelChoiceField(
        label="By", required=False, queryset=Person.objects.none(), empty_label="Anybody"
    )
    first = day_field("From", required=False)
    last = day_field("Until", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Everything"), *((name, name.capitalize()) for name in names())]
        self.fields["kind"] = forms.ChoiceField(label="What", required=False, choices=choices)
        # Whoever changes programmes, people and accounts: of four hundred executives hardly anybody.
        self.fields["by"] = forms.ModelChoiceField(
            label="By", required=False, queryset=Person.objects.administrators(), empty_label="Anybody"
        )


@dataclass(frozen=True)
class _Page:
    """What the pager wants to know; how many pages there are is not counted."""

    number: int
    more: bool

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.more and self.number < MOST_PAGES


@require_GET
@open_to(Role.ADMIN)
def changes(request: PersonRequest) -> HttpResponse:
    """What was changed, newest first."""
    form = AuditForm(request.GET or None)
    given = request.GET.get("page", "1")
    number = min(max(int(given), 1), MOST_PAGES) if given.isdecimal() and len(given) < 4 else 1
    entries, more = latest(wanted=_wanted(form), page=number, size=A_PAGE)
    context = {"form": form, "entries": entries, "page": _Page(number, more), "query": _query(request)}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "web/audit/changes.html", context, status=status)


@require_GET
@open_to(Role.ADMIN)
def changes_csv(request: PersonRequest) -> StreamingHttpResponse:
    """The same, all of it, a line for each field that changed."""
    lines = csv_lines(_COLUMNS, _table(everything(wanted=_wanted(AuditForm(request.GET or None)))))
    headers = {"Content-Disposition": 'attachment; filename="changes.csv"'}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


@require_GET
@open_to(Role.ADMIN)
def sign_ins(request: PersonRequest) -> HttpResponse:
    """Who came in and who tried to, newest first."""
    kind = request.GET.get("kind", "")
    rows = SignIn.objects.select_related("person")
    if kind in SignInKind.values:
        rows = rows.filter(kind=kind)
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return render(
        request, "web/audit/sign_ins.html", {"page": page, "kind": kind, "kinds": SignInKind.choices}
    )


@require_GET
@open_to(Role.ADMIN)
def reads(request: PersonRequest) -> HttpResponse:
    """Which administrator read which customer's personal data, newest first."""
    rows = PersonalRead.objects.select_related("person")
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/audit/reads.html", {"page": page})


def _wanted(form: AuditForm) -> Wanted:
    """What the form asks for; all of it where it is empty, or wrong."""
    if not form.is_valid():
        return Wanted()
    given = form.cleaned_data
    zone = timezone.get_current_timezone()
    start = datetime.combine(given["first"], time(), tzinfo=zone) if given["first"] else None
    end = datetime.combine(given["last"] + timedelta(days=1), time(), tzinfo=zone) if given["last"] else None
    return Wanted(kind=given["kind"], by=given["by"], start=start, end=end)


def _query(request: PersonRequest) -> str:
    kept = request.GET.copy()
    kept.pop("page", None)
    return kept.urlencode()


def _table(entries: Iterable[Entry]) -> Iterator[list[Cell]]:
    for entry in entries:
        about: list[Cell] = [entry.at, entry.kind, entry.thing, entry.who, entry.did]
        for change in entry.changes:
            yield [*about, change.field, change.before, change.after, entry.why]
        if not entry.changes:
            yield [*about, "", "", "", entry.why]
