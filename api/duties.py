"""Who is on duty: now, and on other days, as published."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.describing import describe
from api.fields import Day, Query, Words
from api.paging import PagedQuery
from api.people import PersonAnswer, person_named
from api.scopes import Scope
from api.views import ApiView, ListView, caller, wrong
from people.models import Person
from rota.models import Duty, Programme
from rota.on_duty import who_is_on_duty

_SLUG = "The programme's slug."


class OnDutyUntil(serializers.Serializer[Duty]):
    person = PersonAnswer()
    until = serializers.DateTimeField(source="ends_at")


class OnDutyFrom(serializers.Serializer[Duty]):
    person = PersonAnswer()

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {"from": serializers.DateTimeField(source="starts_at")}


class NowAnswer(serializers.Serializer[Any]):
    """A seat is null where nobody was published for it."""

    primary = OnDutyUntil(allow_null=True)
    backups = OnDutyUntil(many=True, help_text="In the order in which they ring.")
    next = OnDutyFrom(allow_null=True, help_text="The first primary whose duty begins later.")


class NowQuery(Query):
    programme = Words(
        max_length=64, required=False, help_text=f"{_SLUG} May be left out where there is one only."
    )


class DutyAnswer(serializers.ModelSerializer[Duty]):
    programme = serializers.CharField(source="programme.slug")
    role = serializers.CharField(help_text="“primary”, “backup”, “backup 2”, …")
    person = PersonAnswer()

    class Meta:
        model = Duty
        fields = ["id", "programme", "day", "seat", "role", "person", "starts_at", "ends_at"]
        read_only_fields = fields


class DutiesQuery(PagedQuery):
    programme = Words(max_length=64, required=False, help_text=_SLUG)
    person = Words(max_length=254, required=False, help_text="`me`, or a person's id or e-mail.")

    def get_fields(self) -> dict[str, Any]:
        days = {
            "from": Day(required=False, help_text="First duty day, in the programme's own calendar."),
            "to": Day(required=False, help_text="Last duty day, inclusive."),
        }
        return days | super().get_fields()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "from" in attrs and "to" in attrs and attrs["to"] < attrs["from"]:
            raise wrong("to", "before_from", "This day is before `from`.")
        return attrs


class DutyNow(ApiView):
    scopes = {"GET": Scope.DUTIES_READ}

    @describe(
        "Who is on duty now, and who is next",
        answer=NowAnswer,
        scope=Scope.DUTIES_READ,
        parameters=[NowQuery],
    )
    def get(self, request: Request) -> Response:
        programme = programme_or_only(NowQuery.read(request).get("programme"))
        return Response(NowAnswer(who_is_on_duty(programme=programme, at=timezone.now())).data)


class Duties(ListView):
    scopes = {"GET": Scope.DUTIES_READ}
    order = ("day", "programme_id", "seat", "id")

    @describe(
        "Published duties, by day",
        answer=DutyAnswer(many=True),
        scope=Scope.DUTIES_READ,
        parameters=[DutiesQuery],
        words="A duty lasts from the opening of its day's hours to the opening of the next duty day's.",
    )
    def get(self, request: Request) -> Response:
        query = DutiesQuery.read(request)
        duties = Duty.objects.published().select_related("person", "programme")
        if "programme" in query:
            duties = duties.filter(programme=programme_or_only(query["programme"]))
        if "person" in query:
            duties = duties.filter(person=_person(query["person"], me=caller(request)))
        if "from" in query:
            duties = duties.filter(day__gte=query["from"])
        if "to" in query:
            duties = duties.filter(day__lte=query["to"])
        return self.paged(request, duties, query, DutyAnswer)


def programme_or_only(slug: str | None) -> Programme:
    """The programme with this slug; without one, the only one there is."""
    if slug is None:
        known = list(Programme.objects.all()[:2])
        if len(known) == 1:
            return known[0]
        slugs = ", ".join(Programme.objects.values_list("slug", flat=True)[:20]) or "none yet"
        raise wrong("programme", "required", f"Say which programme. There are: {slugs}.")
    return known_programme(slug)


def known_programme(slug: str) -> Programme:
    """Raises `ValidationError` naming `programme`."""
    programme = Programme.objects.filter(slug=slug).first()
    if programme is None:
        raise wrong("programme", "unknown", "There is no programme with this slug.")
    return programme


def _person(text: str, *, me: Person) -> Person:
    return me if text == "me" else person_named(text, field="person")
