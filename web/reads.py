"""Puts on record which administrator read which page, or answer of the API, with a customer's personal data."""

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse

from people.models import Person
from reports.sign_ins import record_read

READS: Mapping[str, str] = {
    "web:case": "case",
    "web:account": "account",
    "web:contact-erase": "contact",
    "web:desk-contact": "contact of an account, at the desk",
    "api:escalation": "case",
    "api:timeline": "case",
    "api:escalations": "cases",
}
"""The addresses that show a contact's name, number or address, and what is read there."""


class ReadsOnRecord:
    """After a good answer to an administrator: the page's own refreshes are no reads of their own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        reader = getattr(request, "user", None)
        if (
            match is not None
            and match.view_name in READS
            and request.method == "GET"
            and response.status_code == 200
            and isinstance(reader, Person)
            and reader.is_admin
        ):
            record_read(
                person=reader, what=_words(match.view_name, match.kwargs.get("pk")), path=request.path
            )
        return response


def _words(view: str, pk: int | None) -> str:
    what = READS[view]
    if pk is None:
        return what
    return f"{what} {1000 + pk if what == 'case' else pk}"
