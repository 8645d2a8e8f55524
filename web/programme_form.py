"""The rules of a programme as a form: the file's own keys, field by field. What the file refuses, the form shows.

The ladder and the threshold stay as the file has them.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from rota.errors import BadProgrammeFile, Mistake
from rota.hours import WEEKDAYS
from rota.models import AfterHours, Programme
from rota.programme_rules import parse_programme
from rota.programme_text import programme_text
from web.availability_forms import day_field
from web.choices import TIME_ZONES, with_present

WEEKDAY_CHOICES = [(day, day.capitalize()) for day in WEEKDAYS]
_INDEX = re.compile(r"\[(\d+)\]")


def _whole(label: str, *, required: bool = True, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


def _line(label: str, *, most: int = 200, required: bool = True, help_text: str = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=required, help_text=help_text)


class RulesForm(forms.Form):
    """Everything but the two lists below, the members, the threshold and the ladder."""

    name = _line("Name", most=120)
    time_zone = forms.ChoiceField(label="Time zone", help_text="Duty days and months are of it.")
    countries = _line(
        "Countries",
        most=800,
        required=False,
        help_text="Whose accounts come here: two letters each, US CA MX.",
    )

    days = forms.MultipleChoiceField(
        label="Duty days", choices=WEEKDAY_CHOICES, widget=forms.CheckboxSelectMultiple
    )
    hours = _line("Hours", most=40, help_text="Such as 08:00-20:00, or 00:00-24:00 for always.")
    after_hours = forms.ChoiceField(label="What rings outside the hours", choices=AfterHours.choices)
    holidays = _line(
        "Holidays", most=16, required=False, help_text="A code such as US, US-CA or GB-SCT; empty for none."
    )
    days_off = forms.CharField(
        label="Own days off",
        required=False,
        max_length=6000,
        help_text="One date a line, such as 2026-12-24.",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    backup = _whole("Backups a day")
    min_gap_days = _whole("Days between two duties", help_text="At least so many, from date to date.")
    primary_requires = _line(
        "Every officer has", required=False, help_text="Tags such as language:en country:US."
    )
    cover = _line(
        "Somebody of each day has",
        required=False,
        help_text="The officer or a backup: country:MX language:es covers a region.",
    )
    busy_from = _line("Busy from", most=5, required=False, help_text="Such as 09:00.")
    busy_to = _line("to", most=5, required=False, help_text="Such as 17:00.")
    busy_minutes = _whole(
        "Minutes that take the day", required=False, help_text="Of a busy calendar; all three empty for none."
    )

    duty_days_per_month = _whole("Duty days a month")
    listening_minutes = _whole("Minutes of listening a month")
    session_minutes = _whole("Minutes of one session")

    wishes = _whole("Wishes that count in a month", help_text="Days of one person.")
    balance = _whole("Months of balance", help_text="How far back served duties count.")
    draft_on_day = _whole(
        "Drafts the next month on day", required=False, help_text="1 to 28; empty for never by itself."
    )
    approve_absences = forms.BooleanField(
        label="Administrators approve absences", required=False, help_text="Until then they do not count."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = str(self.initial.get("time_zone", ""))
        self.fields["time_zone"] = forms.ChoiceField(
            label=self.fields["time_zone"].label,
            help_text=self.fields["time_zone"].help_text,
            choices=with_present(TIME_ZONES, present),
        )


class SpecialDayForm(forms.Form):
    """A duty day beside the weekdays, or one that weighs more."""

    date = day_field("Date")
    name = _line("Name", most=80, required=False)
    burden = forms.CharField(
        label="Counts as",
        initial="1",
        max_length=8,
        help_text="Duties, such as 1.5.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class WindowForm(forms.Form):
    """Hours in which so many may listen at once, each week."""

    days = forms.MultipleChoiceField(
        label="Days", choices=WEEKDAY_CHOICES, widget=forms.CheckboxSelectMultiple
    )
    hours = _line("Hours", most=40, help_text="Such as 10:00-12:00.")
    seats = _whole("Seats")
    peak = forms.TypedChoiceField(
        label="Lines are", coerce=int, choices=[(1, "quiet"), (2, "as usual"), (3, "busiest")], initial=2
    )
    language = _line("Language", most=40, required=False, help_text="Such as es; empty for any.")
    queue = _line("Queue", most=60, required=False, help_text="Empty for any.")
    begins = day_field("From", required=False)
    ends = day_field("Until", required=False)


SpecialDays = forms.formset_factory(SpecialDayForm, extra=1, can_delete=True, max_num=400)
Windows = forms.formset_factory(WindowForm, extra=1, can_delete=True, max_num=100)

# Where the file has what a field holds.
_PATHS = {
    "name": "name",
    "time_zone": "time_zone",
    "countries": "countries",
    "days": "duty.days",
    "hours": "duty.hours",
    "after_hours": "duty.after_hours",
    "holidays": "duty.holidays",
    "days_off": "duty.days_off",
    "backup": "duty.seats.backup",
    "min_gap_days": "duty.min_gap_days",
    "primary_requires": "duty.primary_requires",
    "cover": "duty.cover",
    "busy_from": "duty.busy.from",
    "busy_to": "duty.busy.to",
    "busy_minutes": "duty.busy.minutes",
    "duty_days_per_month": "quota.duty_days_per_month",
    "listening_minutes": "quota.listening_minutes_per_month",
    "session_minutes": "quota.listening_session_minutes",
    "wishes": "planning.wishes_per_month",
    "balance": "planning.balance_months",
    "draft_on_day": "planning.draft_on_day",
    "approve_absences": "planning.approve_absences",
}
_LISTS = ("countries", "days_off", "primary_requires", "cover")
_WINDOW_KEYS = {"begins": "from", "ends": "until"}


class ProgrammeRules:
    """The form and its two lists, filled from a programme, or bound to what was typed."""

    def __init__(self, programme: Programme, data: Any = None) -> None:
        self._content = parse_programme(programme_text(programme))
        self.form = RulesForm(data, initial=_initial(self._content))
        days = self._content["duty"]["special_days"]
        self.special_days = SpecialDays(data, prefix="special", initial=[_special_row(one) for one in days])
        windows = self._content.get("listening_window", [])
        self.windows = Windows(data, prefix="window", initial=[_window_row(one) for one in windows])

    def is_valid(self) -> bool:
        """Whether every field could be read; what the rules say of them is asked afterwards."""
        return all([self.form.is_valid(), self.special_days.is_valid(), self.windows.is_valid()])

    @property
    def is_wrong(self) -> bool:
        """Whether there is something to mend."""
        if not self.form.is_bound:
            return False
        return bool(
            self.form.errors
            or any(self.special_days.errors)
            or any(self.windows.errors)
            or self.special_days.non_form_errors()
            or self.windows.non_form_errors()
        )

    def content(self) -> dict[str, Any]:
        """The programme's file with these rules in the place of its own."""
        content = self._content
        for name, path in _PATHS.items():
            value = self.form.cleaned_data[name]
            _put(content, path, value.replace(",", " ").split() if name in _LISTS else value)
        if not any(self.form.cleaned_data[name] for name in ("busy_from", "busy_to", "busy_minutes")):
            content["duty"].pop("busy", None)
        content["duty"]["special_days"] = [
            {**_filled(form.cleaned_data), "burden": _number(form.cleaned_data["burden"])}
            for form in _kept(self.special_days)
        ]
        content["listening_window"] = [
            {_WINDOW_KEYS.get(key, key): value for key, value in _filled(form.cleaned_data).items()}
            for form in _kept(self.windows)
        ]
        return content

    def show(self, refused: BadProgrammeFile) -> None:
        """Every mistake at the field that it is about; on top where it is about none."""
        for mistake in refused.mistakes:
            self._show(mistake)

    def _show(self, mistake: Mistake) -> None:
        for prefix, formset in (
            ("duty.special_days", self.special_days),
            ("listening_window", self.windows),
        ):
            match = re.match(rf"{re.escape(prefix)}\[(\d+)\]\.?(\w*)", mistake.path)
            if match is not None:
                form = _kept(formset)[int(match[1])]
                keys = {key: name for name, key in _WINDOW_KEYS.items()}
                field = keys.get(match[2], match[2])
                form.add_error(field if field in form.fields else None, _sentence(mistake.message))
                return
        path = _INDEX.sub("", mistake.path)
        fields = {path: name for name, path in _PATHS.items()}
        if path in fields:
            self.form.add_error(fields[path], _sentence(mistake.message))
        else:
            self.form.add_error(None, str(mistake))


def _initial(content: dict[str, Any]) -> dict[str, Any]:
    initial = {name: _get(content, path) for name, path in _PATHS.items()}
    for name in _LISTS:
        joint = "\n" if name == "days_off" else " "
        initial[name] = joint.join(initial[name] or [])
    return initial


def _special_row(one: dict[str, Any]) -> dict[str, Any]:
    return {**one, "burden": f"{one['burden']}"}


def _window_row(one: dict[str, Any]) -> dict[str, Any]:
    row = {name: one[key] for name, key in _WINDOW_KEYS.items() if key in one}
    return {**{key: value for key, value in one.items() if key not in _WINDOW_KEYS.values()}, **row}


def _kept(formset: Any) -> list[Any]:
    """The rows that were filled in and are not to be taken away."""
    return [
        form
        for form in formset.forms
        if (form.has_changed() or form.initial) and not form.cleaned_data.get("DELETE")
    ]


def _filled(cleaned: dict[str, Any]) -> dict[str, Any]:
    """What the file would say: empty keys are left out of it."""
    return {key: value for key, value in cleaned.items() if key != "DELETE" and value not in (None, "")}


def _number(written: str) -> Any:
    """A number where it is one; otherwise the words, which the file refuses."""
    try:
        return Decimal(written.replace(",", "."))
    except InvalidOperation:
        return written


def _get(content: dict[str, Any], path: str) -> Any:
    value: Any = content
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _put(content: dict[str, Any], path: str, value: Any) -> None:
    *tables, last = path.split(".")
    for key in tables:
        content = content.setdefault(key, {})
    if value is None or value == "":
        content.pop(last, None)
    else:
        content[last] = value


def _sentence(message: str) -> str:
    """A message of the file, which goes on from its key: "must be …" as "It must be …"."""
    return message if message[:1].isupper() or message[:1] in "\"'" else f"This {message}"
