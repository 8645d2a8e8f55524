"""Forms about closed months."""

import re
from typing import Any

from django import forms

from reports.figures import Unit
from reports.month import FIGURES

_CLOCK = re.compile(r"([-−]?)(\d{1,5}):([0-5]\d):([0-5]\d)")
_NUMBER = re.compile(r"[-−]?\d{1,9}")
_MOST_BYTES = 20_000_000


class CorrectionForm(forms.Form):
    """One figure of a closed month is another one, and why."""

    figure = forms.ChoiceField(
        label="Figure",
        choices=[(key, f"{figure.group}: {figure.label}") for key, figure in FIGURES.items()],
    )
    after = forms.CharField(
        label="What it is",
        max_length=20,
        help_text="A number; for times hours, minutes and seconds, such as 1:59:59.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(label="Why?", max_length=300, help_text="The report shows it, with your name.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        written, key = str(cleaned.get("after", "")).strip(), cleaned.get("figure")
        if written and key:
            value = _read(written, timed=FIGURES[key].unit is Unit.SECONDS)
            if value is None:
                self.add_error("after", "Write a number, or for times something like 1:59:59.")
            cleaned["after"] = value
        return cleaned


class VerifyForm(forms.Form):
    """A closed month as it was downloaded."""

    file = forms.FileField(label="The downloaded file", help_text="compliance-….json")

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if file.size > _MOST_BYTES:
            raise forms.ValidationError("That is larger than any month: at most 20 MB.")
        try:
            return str(file.read().decode("utf-8"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError("That is no JSON file as it was downloaded.") from error


def _read(written: str, *, timed: bool) -> int | None:
    """Whole things, or seconds of a clock; None where it is neither."""
    if (clock := _CLOCK.fullmatch(written)) and timed:
        sign = -1 if clock[1] else 1
        return sign * (3600 * int(clock[2]) + 60 * int(clock[3]) + int(clock[4]))
    return int(written.replace("−", "-")) if _NUMBER.fullmatch(written) else None
