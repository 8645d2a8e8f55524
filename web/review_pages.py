"""Reviews of recorded calls: a player whose reports are the evidence, and the recordings that administrators keep."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.base import File
from django.http import Http404, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from listening import reviews
from listening.models import Recording, Review, Session, SessionKind, SessionStatus
from people.errors import Refused
from people.models import Person, Role
from rota.membership import programmes_of
from rota.models import Programme
from web.access import PersonRequest, open_to
from web.availability_forms import day_field
from web.file_parts import in_parts
from web.listening_pages import keepers_session
from web.listening_words import minutes
from web.refusals import onto_form, onto_page, status_of


class RecordingForm(forms.Form):
    """A recorded call: a file, or an address in our own store."""

    programme = forms.ModelChoiceField(
        label="For which programme?", queryset=Programme.objects.order_by("name"), empty_label=None
    )
    title = forms.CharField(label="Title", max_length=120, help_text="What it is about; nobody’s name.")
    recorded_on = day_field("Recorded on")
    announced_by = forms.CharField(
        label="How did customer and agent know that it was recorded?",
        max_length=200,
        help_text="Such as: announcement 3 of the help line. Without it nobody may play it.",
    )
    file = forms.FileField(
        label="File", required=False, widget=forms.ClearableFileInput(attrs={"accept": "audio/*"})
    )
    address = forms.CharField(label="Or its address", required=False, max_length=500)
    seconds = forms.IntegerField(
        label="Seconds that it plays",
        required=False,
        min_value=1,
        help_text="For an address only; of a file we find out.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    agent = forms.ModelChoiceField(
        label="Whose call?",
        queryset=Person.objects.active().filter(is_support=True).order_by("name"),
        required=False,
        empty_label="Not said",
        help_text="They receive the thanks.",
    )
    language = forms.CharField(label="Language", required=False, max_length=12, help_text="Such as en or es.")


class ReportForm(forms.Form):
    """What the player says: which part it has just played, in seconds of the recording."""

    player = forms.CharField(max_length=16)
    sequence = forms.IntegerField(min_value=0)
    start = forms.FloatField(min_value=0)
    end = forms.FloatField(min_value=0)


@require_GET
@open_to(Role.EXECUTIVE)
def choose(request: PersonRequest) -> HttpResponseBase:
    """The recordings that the executive may review."""
    today = timezone.now().date()
    programmes = programmes_of(request.user, today, today)
    recordings = [
        (one, minutes(one.seconds))
        for programme in programmes
        for one in reviews.recordings_for(programme=programme)
    ]
    return render(request, "web/listening/reviews.html", {"recordings": recordings})


@require_POST
@open_to(Role.EXECUTIVE)
def begin(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Open one."""
    recording = get_object_or_404(Recording.objects.select_related("programme"), pk=pk, withdrawn_at=None)
    try:
        session = reviews.begin_review(recording=recording, person=request.user)
    except Refused as refused:
        onto_page(request, refused)
        return redirect("web:reviews")
    return redirect("web:review", pk=session.pk)


@require_GET
@open_to(Role.EXECUTIVE)
def review(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The player."""
    session = _review(request, pk)
    if session.status != SessionStatus.RUNNING:
        return redirect("web:session", pk=pk)
    recording = session.review.recording
    context = {
        "session": session,
        "recording": recording,
        "source": recording.address or None,
        "length": minutes(recording.seconds),
        "heard": _heard(session),
    }
    return render(request, "web/listening/review.html", context)


@require_POST
@open_to(Role.EXECUTIVE)
def report(request: PersonRequest, pk: int) -> HttpResponseBase:
    """One report of the player; answered with what is heard so far."""
    session = _review(request, pk)
    form = ReportForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"error": "This is no report of the player."}, status=422)
    try:
        reviews.played(session=session, by=request.user, **form.cleaned_data)
    except Refused as refused:
        return JsonResponse({"error": str(refused)}, status=409 if not refused.field else 422)
    return JsonResponse({"heard": _heard(session)})


@require_POST
@open_to(Role.EXECUTIVE)
def finish(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Heard enough."""
    session = _review(request, pk)
    try:
        reviews.finish_review(session=session, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
        return redirect("web:review", pk=pk)
    messages.success(request, "Over. What did you learn?")
    return redirect("web:debrief", pk=pk)


@require_GET
@open_to(Role.EXECUTIVE, Role.ADMIN)
def audio(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The file itself, whole or in parts, for whoever reviews it now and for administrators."""
    recording = get_object_or_404(Recording, pk=pk)
    if not reviews.may_play(request.user, recording) or not recording.file:
        raise Http404("No such recording.")
    try:
        file = recording.file.open("rb")
    except FileNotFoundError:
        raise Http404("This recording is gone.") from None
    return in_parts(request, file, content_type=recording.content_type)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to(Role.ADMIN)
def recordings(request: PersonRequest) -> HttpResponseBase:
    """Administrators add recordings and take them away."""
    form = RecordingForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        said: dict[str, Any] = dict(form.cleaned_data)
        file: File[bytes] | None = said.pop("file") or None
        try:
            reviews.add_recording(by=request.user, file=file, **said)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Kept: it may be reviewed.")
            return redirect("web:recordings")
    rows = Recording.objects.filter(withdrawn_at=None).select_related("programme")
    context = {"recordings": [(one, minutes(one.seconds)) for one in rows], "form": form}
    return render(request, "web/listening/recordings.html", context, status=status_of(form))


@require_POST
@open_to(Role.ADMIN)
def withdraw(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Nobody plays it any more."""
    reviews.withdraw_recording(recording=get_object_or_404(Recording, pk=pk), by=request.user)
    messages.success(request, "Taken away: nobody plays it any more.")
    return redirect("web:recordings")


def _review(request: PersonRequest, pk: int) -> Session:
    session = keepers_session(request, pk)
    if session.kind != SessionKind.REVIEW or session.person_id != request.user.pk:
        raise Http404("No review of yours.")
    if not Review.objects.filter(session=session).exists():
        raise Http404("No review of yours.")
    return session


def _heard(session: Session) -> str:
    seconds = sum(end - start for start, end in reviews.heard_of(session).positions)
    return minutes(int(seconds))
