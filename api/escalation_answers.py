"""An escalation, its pages and its timeline, as every answer shows them."""

from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.people import PersonAnswer
from escalations import briefs
from escalations.models import Escalation, Event, Page
from escalations.telling import case_url


class FactorAnswer(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.CharField(help_text="What the factor saw, such as “7.4 years”.")
    weight = serializers.FloatField(help_text="Its share of the 100 points.")
    points = serializers.FloatField(help_text="What it gave of them.")


class ScoreAnswer(serializers.Serializer[Escalation]):
    total = serializers.IntegerField(source="score_total")
    threshold = serializers.IntegerField(help_text="What was needed, for this severity and public risk.")
    qualifies = serializers.BooleanField()
    factors = FactorAnswer(many=True)


class PageAnswer(serializers.ModelSerializer[Page]):
    """One attempt to reach one person; the number or address is nobody else's business."""

    person = PersonAnswer()

    class Meta:
        model = Page
        fields = [
            "id", "person", "rung", "channel", "status", "created_at", "sent_at", "answered_at", "ended_at",
        ]  # fmt: skip
        read_only_fields = fields


class EscalationAnswer(serializers.ModelSerializer[Escalation]):
    number = serializers.IntegerField(help_text="As it is spoken and texted.")
    account = serializers.CharField(source="account.external_id", help_text="Its external_id.")
    owner = PersonAnswer()
    accepted_by = PersonAnswer(allow_null=True)
    score = ScoreAnswer(source="*")
    brief = serializers.SerializerMethodField(
        help_text="Account, worth, story, what was tried and is wanted."
    )
    pages = PageAnswer(many=True)
    next_action_at = serializers.DateTimeField(
        allow_null=True, help_text="When it moves by itself, at the latest."
    )
    url = serializers.SerializerMethodField(help_text="The case's page.")

    class Meta:
        model = Escalation
        fields = [
            "id", "number", "status", "account", "severity", "owner", "score", "brief", "pages", "created_at",
            "accepted_at", "accepted_by", "resolved_at", "closed_at", "next_action_at", "url", "is_drill",
        ]  # fmt: skip
        read_only_fields = fields

    def get_brief(self, case: Escalation) -> str:
        return briefs.written(case)

    @extend_schema_field(serializers.URLField)
    def get_url(self, case: Escalation) -> str:
        return case_url(case)


class RaisedAnswer(EscalationAnswer):
    joined = serializers.BooleanField(
        default=False, help_text="True where the account had an open case, which this contact joined."
    )

    class Meta(EscalationAnswer.Meta):
        fields = [*EscalationAnswer.Meta.fields, "joined"]
        read_only_fields = fields


class ActorAnswer(serializers.Serializer[Any]):
    """A person; or, with id and e-mail null, the customer, Twilio or the product itself."""

    id = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    email = serializers.EmailField(allow_null=True)


class EventAnswer(serializers.ModelSerializer[Event]):
    actor = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = ["at", "kind", "actor", "text", "data"]
        read_only_fields = fields

    @extend_schema_field(ActorAnswer)
    def get_actor(self, event: Event) -> dict[str, Any]:
        if event.actor is None:
            return {"id": None, "name": event.actor_name, "email": None}
        return dict(PersonAnswer(event.actor).data)


_PAGES = Prefetch("pages", Page.objects.select_related("person"))


def whole(cases: QuerySet[Escalation]) -> QuerySet[Escalation]:
    """With all that an answer shows: three queries for any number of cases."""
    return cases.select_related("account", "owner", "accepted_by").prefetch_related(_PAGES)


def shown(pk: int) -> dict[str, Any]:
    return shown_as_it_is(whole(Escalation.objects.all()).get(pk=pk))


def shown_as_it_is(case: Escalation) -> dict[str, Any]:
    """The answer for a row in hand, as the verb that changed it left it; its pages are read anew."""
    prefetch_related_objects([case], _PAGES)
    return dict(_ANSWER.to_representation(case))


# Its fields are made once: making them takes longer than filling them.
_ANSWER = EscalationAnswer()
