"""Addresses below /api/v1/."""

from django.urls import path, re_path

from api import documentation, duties, people
from api.views import nothing_here

app_name = "api"

urlpatterns = [
    path("me/", people.Me.as_view(), name="me"),
    path("duty/now/", duties.DutyNow.as_view(), name="duty-now"),
    path("duties/", duties.Duties.as_view(), name="duties"),
    path("schema/", documentation.Schema.as_view(), name="schema"),
    path("docs/", documentation.Pages.as_view(), name="docs"),
    # Anything else is answered here, so that Django does not redirect a POST that lacks its last slash.
    re_path(r"", nothing_here),
]
