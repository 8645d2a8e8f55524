"""The forms of a case: a note, an outcome, handing over, cancelling."""

from typing import Any

from django import forms

from escalations.models import Escalation
from learnings.models import Cause, Feeling, Touchpoint
from people.models import Person
from web.learning_forms import CauseAndEffortForm


class NoteForm(forms.Form):
    """Words for the timeline."""

    text = forms.CharField(label="Note", max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class CancelForm(forms.Form):
    """Why the case is called off."""

    reason = forms.CharField(
        label="Why?", max_length=1000, widget=forms.Textarea(attrs={"rows": 3, "autofocus": True})
    )


class HandOverForm(forms.Form):
    """To whom, and what they must know. An empty `to` leaves the choice to the product: whoever is on duty now."""

    note = forms.CharField(
        label="What must they know?",
        max_length=1000,
        help_text="Where it stands, what was promised, what comes next.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, case: Escalation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = Person.objects.executives().exclude(pk=case.owner_id).order_by("name")
        self.fields["to"] = forms.ModelChoiceField(
            label="To", queryset=colleagues, required=False, empty_label="Whoever is on duty now"
        )


class OutcomeForm(CauseAndEffortForm):
    """What was wrong, done, promised and learnt."""

    cause = forms.ChoiceField(label="What was the cause?", choices=Cause.choices, widget=forms.RadioSelect)
    touchpoint = forms.ModelChoiceField(
        label="Where did it happen?",
        queryset=Touchpoint.objects.filter(active=True),
        empty_label="Choose the touchpoint",
        help_text="Its owner gets what was learnt.",
    )
    done = forms.CharField(label="What was done?", max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
    quote = forms.CharField(
        label="The customer’s own words",
        max_length=2000,
        help_text="As they said it: everybody reads this in the learnings.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    feeling = forms.ChoiceField(
        label="How do they feel now?",
        choices=Feeling.choices,
        initial=Feeling.NEUTRAL,
        widget=forms.RadioSelect,
    )
    promised = forms.CharField(
        label="What was promised?",
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    promised_until = forms.DateField(
        label="Until when?", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    meaning = forms.CharField(
        label="What does it mean for us?",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    suggestion = forms.CharField(
        label="What should change?", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
