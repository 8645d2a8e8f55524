"""The debrief: three answers, a learning in the customer's words, a thank-you; made for a phone and two minutes."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from learnings.models import Cause, Feeling, Touchpoint
from listening import debriefs
from listening.debriefs import Learnt
from listening.ledger import outlook
from listening.models import Debrief, Session, SessionStatus
from people.errors import Refused
from people.models import Person
from telephony import clock
from web.access import PersonRequest, open_to
from web.learning_forms import CauseAndEffortForm
from web.listening_pages import keepers_session
from web.refusals import onto_form, status_of


def _words(
    label: str, *, most: int, rows: int = 2, required: bool = False, help_text: str = ""
) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=most,
        required=required,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


class DebriefForm(CauseAndEffortForm):
    """What is asked after a session. Notes of marked moments are fields of their own, one for each."""

    heard = _words("What did you hear?", most=debriefs.LONGEST, rows=3, required=True)
    surprised = _words("What surprised you?", most=debriefs.LONGEST)
    would_change = _words("What would you change?", most=debriefs.LONGEST)
    quote = _words(
        "In the customer’s own words",
        most=2000,
        required=True,
        help_text="One sentence that stays with you. Everybody reads it; leave names and numbers out.",
    )
    touchpoint = forms.ModelChoiceField(
        label="Where did it happen?",
        queryset=Touchpoint.objects.filter(active=True),
        empty_label="Choose the touchpoint",
        help_text="Its owner gets what was learnt.",
    )
    cause = forms.ChoiceField(label="What was behind it?", choices=Cause.choices, widget=forms.RadioSelect)
    feeling = forms.ChoiceField(
        label="How did the customer feel?",
        choices=Feeling.choices,
        initial=Feeling.NEUTRAL,
        widget=forms.RadioSelect,
    )
    suggestion = _words("What should change because of it?", most=2000)
    thanks = _words(
        "Thank the agent",
        most=debriefs.LONGEST_THANKS,
        help_text="In your name; they receive it as you write it.",
    )

    def __init__(self, *args: Any, moments: list[Any], able: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for moment in moments:
            self.fields[f"note-{moment.mark.pk}"] = forms.CharField(
                label="Note", required=False, max_length=debriefs.LONGEST_NOTE
            )
        if len(able) > 1:
            self.fields["thanked"] = forms.ModelChoiceField(
                label="Whom?",
                queryset=Person.objects.filter(pk__in=[one.pk for one in able]),
                required=False,
                empty_label="Choose whom",
            )
        if not able:
            del self.fields["thanks"]

    def notes(self) -> dict[int, str]:
        """The words for marked moments, by their keys."""
        return {
            int(name.removeprefix("note-")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("note-") and value
        }


@require_http_methods(["GET", "HEAD", "POST"])
@open_to()
def debrief(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Write it; where it cannot be written (any more) the session's page says why."""
    session = keepers_session(request, pk)
    if session.person_id != request.user.pk or not _may_be_written(session):
        messages.info(request, _why_not(session, request.user))
        return redirect("web:session", pk=pk)
    now = clock.now()
    moments = debriefs.moments_of(session)
    able = [one for one in debriefs.may_be_thanked(session) if one.is_active]
    form = DebriefForm(request.POST or None, moments=moments, able=able)
    if request.method == "POST" and form.is_valid():
        try:
            _write(session, form, request.user)
        except Refused as refused:
            onto_form(form, refused, notes=f"note-{moments[0].mark.pk}" if moments else "notes")
        else:
            messages.success(request, "Thank you. What you learnt is with everybody now.")
            return redirect("web:session", pk=pk)
    context = {
        "session": session,
        "form": form,
        "moments": [(moment, form[f"note-{moment.mark.pk}"]) for moment in moments],
        "able": able,
        "late": session.debrief_due_at is not None and session.debrief_due_at <= now,
        "outlook": outlook(session, now=now),
    }
    return render(request, "web/listening/debrief.html", context, status=status_of(form))


def _write(session: Session, form: DebriefForm, by: Person) -> Debrief:
    said = form.cleaned_data
    return debriefs.write_debrief(
        session=session,
        by=by,
        heard=said["heard"],
        surprised=said["surprised"],
        would_change=said["would_change"],
        learning=Learnt(
            quote=said["quote"],
            touchpoint=said["touchpoint"],
            cause=said["cause"],
            cause_words=said["cause_words"],
            feeling=said["feeling"],
            contacts_before=said["contacts_before"],
            transfers_before=said["transfers_before"],
            suggestion=said["suggestion"],
        ),
        notes=form.notes(),
        thanks=said.get("thanks", ""),
        thanked=said.get("thanked"),
    )


def _may_be_written(session: Session) -> bool:
    over = session.status == SessionStatus.FINISHED and session.debrief_due_at is not None
    return over and not Debrief.objects.filter(session=session).exists()


def _why_not(session: Session, reader: Person) -> str:
    if session.person_id != reader.pk:
        return f"Only {session.person.name} writes it: nobody else was there."
    if session.status != SessionStatus.FINISHED:
        return "A debrief is written when the session is over."
    if session.debrief_due_at is None:
        return "Nobody was listened to in this session: there is nothing to debrief."
    return "This session is debriefed."
