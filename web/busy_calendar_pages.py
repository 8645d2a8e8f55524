"""The busy calendars of somebody: given, read again, removed."""

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from people.errors import Refused
from rota.busy_fetching import add_calendar, read_again, remove_calendar
from rota.models import BusyCalendar
from web.access import PersonRequest, open_to
from web.availability_forms import CalendarForm
from web.availability_pages import address_of, show, somebody
from web.refusals import onto_form, onto_page


@require_POST
@open_to()
def add(request: PersonRequest, pk: int) -> HttpResponseBase:
    """The address of another calendar."""
    person = somebody(request, pk)
    form = CalendarForm(request.POST)
    if form.is_valid():
        try:
            add_calendar(person=person, by=request.user, **form.cleaned_data)
        except Refused as refused:
            onto_form(form, refused)
        else:
            messages.success(request, "Added. It is read now: look again in a moment.")
            return redirect(address_of(request, person))
    return show(request, person, calendar_form=form)


@require_POST
@open_to()
def read(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Read it now."""
    calendar = get_object_or_404(BusyCalendar.objects.select_related("person"), pk=pk)
    person = somebody(request, calendar.person_id)
    try:
        read_again(calendar=calendar, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, "It is read now: look again in a moment.")
    return redirect(address_of(request, person))


@require_POST
@open_to()
def remove(request: PersonRequest, pk: int) -> HttpResponseBase:
    """Forget it."""
    calendar = get_object_or_404(BusyCalendar.objects.select_related("person"), pk=pk)
    person = somebody(request, calendar.person_id)
    try:
        remove_calendar(calendar=calendar, by=request.user)
    except Refused as refused:
        onto_page(request, refused)
    else:
        messages.success(request, "Removed, with everything that was read there.")
    return redirect(address_of(request, person))
