"""The one place that turns a verb's refusal into words on a page."""

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest

from people.errors import Refused


def onto_form(form: BaseForm, refused: Refused, **renamed: str) -> None:
    """Put the refusal at the field that it names, or on top of the form where the form has no such field.

    `renamed` maps the verb's name of a field to the form's where they differ.
    """
    field = renamed.get(refused.field, refused.field)
    form.add_error(field if field in form.fields else None, str(refused))


def onto_page(request: HttpRequest, refused: Refused) -> None:
    """Show the refusal as a message on the next page, for what was asked by a button."""
    messages.error(request, str(refused))


def status_of(form: BaseForm) -> int:
    """200 for a form that is shown, 422 for one that is shown again because something is wrong."""
    errors: Any = form.errors if form.is_bound else None
    return 422 if errors else 200
