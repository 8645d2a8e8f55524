"""The forms of the availability page: when one is away, what one would rather, where one's own calendar is."""

from typing import Any

from django import forms

from rota.hours import WEEKDAYS
from rota.models import Preference

LIKINGS = (
    (-3, "Please not"),
    (-2, "Rather not"),
    (-1, "If it can be helped, not"),
    (1, "Why not"),
    (2, "Gladly"),
    (3, "Very gladly"),
)
WEEKDAY_NAMES = dict(
    zip(
        WEEKDAYS,
        ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"),
        strict=True,
    )
)


def day_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    """A date as the browser's own calendar gives it."""
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


class AbsenceForm(forms.Form):
    """From the first day to the last, both inclusive."""

    first = day_field("First day")
    last = day_field("Last day", required=False, help_text="Empty for one day.")
    reason = forms.CharField(
        label="Why", required=False, max_length=200, help_text="Administrators get to read it, nobody else."
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("first") and not given.get("last") and "last" not in self.errors:
            given["last"] = given["first"]
        return given


class WeekdaysForm(forms.Form):
    """A wish for each day of the week; 0 is none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for weekday, name in WEEKDAY_NAMES.items():
            self.fields[weekday] = forms.TypedChoiceField(
                label=name, coerce=int, choices=[(0, "No matter"), *LIKINGS], initial=0
            )


class WishForm(forms.Form):
    """A wish for one date."""

    day = day_field("Date")
    liking = forms.TypedChoiceField(label="How much?", coerce=int, choices=LIKINGS, initial=-3)


class CalendarForm(forms.Form):
    """The address under which a calendar is published."""

    address = forms.CharField(
        label="Address of the calendar",
        max_length=2000,
        help_text="It begins with https:// or webcal:// and mostly ends in .ics.",
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )


def liking_words(preference: Preference) -> str:
    """ "please not"."""
    return dict(LIKINGS)[preference.liking].lower()
