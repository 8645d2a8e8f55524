"""The forms of what was learnt: learnings, themes, actions, ideas, notices."""

from typing import Any

from django import forms

from learnings.models import Audience, Cause, Feeling, LearningStatus, Theme, Touchpoint
from people.models import Person


def _area(rows: int = 2) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _person(label: str, **kwargs: Any) -> forms.Field:
    return forms.ModelChoiceField(
        label=label, queryset=Person.objects.active().order_by("name", "pk"), empty_label="Choose", **kwargs
    )


class CauseAndEffortForm(forms.Form):
    """Which other cause it was, and what it had cost the customer before: asked wherever something is learnt."""

    cause_words = forms.CharField(
        label="Which other cause?",
        required=False,
        max_length=120,
        help_text="Only where the cause is “Other”.",
    )
    contacts_before = forms.IntegerField(
        label="How often had they asked before?", required=False, min_value=0, max_value=99
    )
    transfers_before = forms.IntegerField(
        label="How often were they passed on?", required=False, min_value=0, max_value=99
    )


class UnderstandForm(CauseAndEffortForm):
    """What is understood of a learning."""

    touchpoint = forms.ModelChoiceField(
        label="Where did it happen?", queryset=Touchpoint.objects.filter(active=True), empty_label="Choose"
    )
    cause = forms.ChoiceField(label="What was the cause?", choices=Cause.choices)
    feeling = forms.ChoiceField(label="How did they feel?", choices=Feeling.choices, initial=Feeling.NEUTRAL)
    meaning = forms.CharField(label="What does it mean?", required=False, max_length=2000, widget=_area())
    suggestion = forms.CharField(label="What should change?", required=False, max_length=2000, widget=_area())
    field_order = ["touchpoint", "cause", "cause_words", "feeling", "contacts_before", "transfers_before"]


class ReadersForm(forms.Form):
    """Who reads it."""

    sensitive = forms.BooleanField(
        label="Sensitive", required=False, help_text="Read by its author, its owner and these people only."
    )
    readers = forms.ModelMultipleChoiceField(
        label="Who else may read it",
        queryset=Person.objects.active().order_by("name", "pk"),
        required=False,
        help_text="For a sensitive one.",
    )


class LearningForm(ReadersForm, UnderstandForm):
    """A new learning, from an audit, a visit, or anywhere else."""

    quote = forms.CharField(
        label="The customer’s own words",
        max_length=2000,
        widget=_area(),
        help_text="As they were said: they are kept for ever, and everybody reads them.",
    )
    account = forms.CharField(
        label="Account", required=False, max_length=64, help_text="Its number, such as AC-1009."
    )
    field_order = ["quote", "account", "touchpoint", "cause"]


class SettleForm(forms.Form):
    """What was done on the spot, or why nothing is."""

    status = forms.ChoiceField(
        label="What became of it?",
        choices=[(LearningStatus.DONE, "Done"), (LearningStatus.DECLINED, "Declined")],
        widget=forms.RadioSelect,
    )
    words = forms.CharField(label="In words", max_length=2000, widget=_area())


class GiveForm(forms.Form):
    """To somebody else."""

    to = _person("To")


class WordsForm(forms.Form):
    """Words alone."""

    words = forms.CharField(label="Words", max_length=2000, widget=_area())


class CloseHotspotForm(forms.Form):
    """What became of a hotspot."""

    words = forms.CharField(label="What became of it?", max_length=500, widget=_area())


class RenameForm(forms.Form):
    """Another title."""

    title = forms.CharField(label="Title", max_length=120)


class MergeForm(forms.Form):
    """Another theme, into which this one is merged."""

    into = forms.ModelChoiceField(label="Into", queryset=Theme.objects.live(), empty_label="Choose the theme")


class GatherForm(forms.Form):
    """Some learnings, to become a theme of their own."""

    title = forms.CharField(label="Title of the new theme", max_length=120)


class ActionForm(forms.Form):
    """What will be done, by whom, until when."""

    what = forms.CharField(label="What will be done?", max_length=300)
    owner = _person("Who does it?")
    due_on = forms.DateField(label="Until when?", widget=_day())
    cost = forms.CharField(label="What does it cost?", required=False, max_length=300)
    value = forms.CharField(label="What is it worth?", required=False, max_length=300)


class TellForm(forms.Form):
    """The words in which one of those from whom it came is told."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=40)
    text = forms.CharField(label="What do you tell them?", max_length=2000, widget=_area(3))
    how = forms.ChoiceField(
        label="How?",
        choices=[
            ("mail", "We mail it"),
            ("by phone", "I told them by phone"),
            ("in person", "I told them in person"),
        ],
    )


class FinishForm(forms.Form):
    """What was done."""

    words = forms.CharField(label="What was done?", max_length=2000, widget=_area())


class DeclineForm(forms.Form):
    """Why nothing will be done."""

    reason = forms.CharField(label="Why not?", max_length=2000, widget=_area())


class IdeaForm(forms.Form):
    """An idea."""

    words = forms.CharField(label="Your idea", max_length=2000, widget=_area(3))
    touchpoint = forms.ModelChoiceField(
        label="Where?",
        queryset=Touchpoint.objects.filter(active=True),
        required=False,
        empty_label="Nowhere in particular",
        help_text="Its owner owes you an answer: yes, no or when.",
    )


class AnswerForm(forms.Form):
    """Yes, no or when; and why."""

    answer = forms.ChoiceField(
        label="Answer",
        choices=[("yes", "Yes"), ("no", "No"), ("when", "Not before a date")],
        widget=forms.RadioSelect,
    )
    when_on = forms.DateField(label="Not before", required=False, widget=_day())
    reason = forms.CharField(
        label="Why?",
        max_length=2000,
        widget=_area(),
        help_text="“I’ll look into it” is kept as a remark, and the clock runs on.",
    )


class NoticeForm(forms.Form):
    """Calls that are about to come."""

    title = forms.CharField(label="What is about to come?", max_length=160)
    starts_on = forms.DateField(label="From", widget=_day())
    ends_on = forms.DateField(label="Until", required=False, widget=_day())
    audience = forms.ChoiceField(label="For whom?", choices=Audience.choices, initial=Audience.SUPPORT)
    touchpoint = forms.ModelChoiceField(
        label="Touchpoint",
        queryset=Touchpoint.objects.filter(active=True),
        required=False,
        empty_label="None",
    )
    keywords = forms.CharField(
        label="Words by which such calls are known",
        required=False,
        max_length=300,
        help_text="Separated by commas. What comes in with one of them is linked by itself.",
    )
    words = forms.CharField(label="More", required=False, max_length=2000, widget=_area())
    questions = forms.CharField(
        label="Questions to expect, and what to answer",
        required=False,
        max_length=8000,
        widget=_area(6),
        help_text="A question on one line, its answer on the lines below it, then an empty line.",
    )


class ShareForm(forms.Form):
    """Which thanks."""

    pk = forms.IntegerField(widget=forms.HiddenInput)
