"""The part of a person's form that administrators and the person themselves have in common."""

from typing import Any

from django import forms

from people.models import Person
from web.choices import COUNTRIES, LANGUAGES, TIME_ZONES, with_present


class ParticularsForm(forms.Form):
    """Name, number, clock, language, country, assistant. `assistant` is typed as an e-mail address."""

    name = forms.CharField(
        label="Name", max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = forms.CharField(
        label="Phone",
        required=False,
        max_length=40,
        help_text="With + and the country code. Administrators and its owner see it, nobody else. "
        "A new number is verified again.",
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    time_zone = forms.ChoiceField(label="Time zone", help_text="Every time on these pages is shown in it.")
    language = forms.ChoiceField(label="Language", help_text="In which the phone speaks.")
    country = forms.ChoiceField(label="Country", choices=COUNTRIES, required=False)
    assistant = forms.EmailField(
        label="Assistant’s e-mail",
        required=False,
        max_length=254,
        help_text="Who keeps the calendar: sees duties, never answers the phone.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("time_zone", TIME_ZONES), ("language", LANGUAGES)):
            present = str(self.initial.get(name, ""))
            # An import may have brought a zone or language that the list lacks: it must not be lost by saving.
            self.fields[name] = forms.ChoiceField(
                label=self.fields[name].label,
                help_text=self.fields[name].help_text,
                choices=with_present(choices, present),
            )

    def clean_assistant(self) -> Person | None:
        address = str(self.cleaned_data["assistant"]).strip()
        if not address:
            return None
        found = Person.objects.active().filter(email__iexact=address).first()
        if found is None:
            raise forms.ValidationError("Nobody here has this address.")
        return found


def particulars_of(person: Person) -> dict[str, Any]:
    """What the form shows at first."""
    return {
        "name": person.name,
        "phone": person.phone,
        "time_zone": person.time_zone,
        "language": person.language,
        "country": person.country,
        "assistant": person.assistant.email if person.assistant else "",
    }
