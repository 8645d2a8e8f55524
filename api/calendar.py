"""One's own calendar, as an address that calendar programs fetch."""

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.describing import describe
from api.fields import Body
from api.idempotency import Answer
from api.problems import Conflict
from api.scopes import Scope
from api.views import ApiView, as_json, caller
from people.errors import Refused
from people.models import Person
from rota import feeds


class CalendarAnswer(serializers.Serializer[Any]):
    feed_url = serializers.URLField(
        help_text="An iCalendar feed to subscribe to. Whoever has it sees the person's duties: keep it secret."
    )


class AddressGone(Conflict):
    """409: the address in use goes on working and cannot be shown."""

    default_code = "key_changed"


class MyCalendar(ApiView):
    scopes = {"GET": Scope.DUTIES_READ, "POST": Scope.CALENDAR_WRITE}

    @describe(
        "The secret address of one's own calendar",
        answer=CalendarAnswer,
        scope=Scope.DUTIES_READ,
        words="The same each time, until it is renewed. Once the installation's key was changed for good, the "
        "address in use goes on working and cannot be shown: that is a 409, and POST makes a new one.",
    )
    def get(self, request: Request) -> Response:
        person = caller(request)
        return Response(_shown(person))

    @describe(
        "Renew the address",
        answer=CalendarAnswer,
        scope=Scope.CALENDAR_WRITE,
        body=Body,
        writes=True,
        words="The old address is nobody's from now on: whoever subscribed to it has to subscribe again.",
    )
    def post(self, request: Request) -> HttpResponse:
        Body.read(request)
        person = caller(request)

        def act() -> Answer:
            feeds.renew(person=person, by=person)
            return Answer(200, "{}")  # what is kept for a repeated request holds no secret

        answer = self.answer_once(request, request.data, act)
        answer.content = as_json(_shown(person)).encode()
        return answer


def _shown(person: Person) -> dict[str, str]:
    try:
        return {"feed_url": feeds.feed_url(feeds.open_feed(person=person, by=person))}
    except Refused as refused:
        if refused.code != "key_changed":
            raise
        raise AddressGone(str(refused)) from refused
