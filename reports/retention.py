"""How long personal data is kept: a rule for each kind, a dry run that counts, and the sweep that applies it daily.

Rows stay where figures come from them; what names a person, or what was written, goes. Without a rule a kind is kept
for good. The age of what belongs to a case is that of its end; an open case keeps all that is its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat, StrIndex, Substr

from escalations.models import Escalation, Event, HeardText, JoinedContact, Leg, LegRole, Message
from escalations.timeline import CUSTOMER, JOINED, RINGING_CUSTOMER
from learnings.models import Learning
from listening.models import Debrief, LiveCall, Recording
from people.models import Letter, LetterStatus, Person
from reports.errors import BadInput, NotAllowed
from reports.models import PersonalRead, RetentionRule, SignIn

REMOVED = "[removed after its time]"
_SOMEBODY = "A contact"
_FAR = 36_500


@dataclass(frozen=True)
class Part:
    """Rows that are older than their time, and how their words go: by new values, or (None) with the rows."""

    rows: QuerySet[Any]
    values: dict[str, Any] | None


@dataclass(frozen=True)
class Kind:
    """A kind of personal data: what it is in words, and its parts that are older than an instant."""

    name: str
    about: str
    older: Callable[[datetime], list[Part]]


def _ended(before: datetime) -> QuerySet[Escalation]:
    """Cases that ended before this instant; one that was cancelled has no such instant but the last of its own."""
    ended = Q(closed_at__lt=before) | Q(closed_at__isnull=True, resolved_at__lt=before)
    never = Q(closed_at__isnull=True, resolved_at__isnull=True, created_at__lt=before)
    return Escalation.objects.filter(ended | never, next_action_at__isnull=True)


def _contacts(before: datetime) -> list[Part]:
    cases = _ended(before)
    of_cases = {"escalation__in": cases}
    return [
        Part(
            cases.exclude(contact_name="", contact_phone="", contact_email=""),
            {"contact_name": "", "contact_phone": "", "contact_email": ""},
        ),
        Part(
            JoinedContact.objects.filter(**of_cases).exclude(name="", phone="", email=""),
            {"name": "", "phone": "", "email": ""},
        ),
        Part(
            Leg.objects.filter(bridge__escalation__in=cases, role=LegRole.CUSTOMER).exclude(address=""),
            {"address": ""},
        ),
        Part(Message.objects.filter(**of_cases, person__isnull=True).exclude(address=""), {"address": ""}),
        *_names_on_timelines(Event.objects.filter(**of_cases)),
        Part(HeardText.objects.filter(at__lt=before).exclude(sender=""), {"sender": ""}),
        Part(LiveCall.objects.filter(ended_at__lt=before).exclude(customer_phone=""), {"customer_phone": ""}),
    ]


def _names_on_timelines(events: QuerySet[Event]) -> list[Part]:
    """Contacts are named by what they did, by who was rung, and by whoever joined; what joined them stays a story."""
    joined = events.filter(kind="joined").exclude(Q(text=REMOVED) | Q(text__startswith=_SOMEBODY))
    story = Substr("text", StrIndex("text", Value(JOINED)) + len(JOINED))
    return [
        Part(
            events.filter(kind__startswith="customer_").exclude(actor_name=CUSTOMER), {"actor_name": CUSTOMER}
        ),
        Part(
            events.filter(kind="bridge_ringing", text__startswith=f"{RINGING_CUSTOMER},"),
            {"text": f"{RINGING_CUSTOMER}."},
        ),
        Part(joined, {"text": Concat(Value(f"{_SOMEBODY}{JOINED}"), story)}),
    ]


def _texts(before: datetime) -> list[Part]:
    cases = _ended(before)
    sent = Letter.objects.filter(created_at__lt=before).exclude(
        status__in=(LetterStatus.QUEUED, LetterStatus.SENDING)
    )
    return [
        Part(
            Message.objects.filter(escalation__in=cases).exclude(body=REMOVED),
            {"body": REMOVED, "subject": ""},
        ),
        Part(
            sent.exclude(text=REMOVED),
            {
                "text": REMOVED,
                "short": "",
                "html": "",
                "subject": REMOVED,
                "calendar": "",
                "calendar_method": "",
            },
        ),
    ]


def _stories(before: datetime) -> list[Part]:
    cases = _ended(before)
    return [
        Part(
            cases.exclude(summary=REMOVED),
            {"summary": REMOVED, "tried": "", "wants": "", "hand_over_note": ""},
        ),
        Part(
            JoinedContact.objects.filter(escalation__in=cases).exclude(summary=REMOVED), {"summary": REMOVED}
        ),
        Part(
            Event.objects.filter(escalation__in=cases, kind="joined").exclude(text=REMOVED), {"text": REMOVED}
        ),
    ]


def _notes(before: datetime) -> list[Part]:
    cases = _ended(before)
    return [
        Part(
            Event.objects.filter(
                escalation__in=cases,
                kind__in=("note", "resolved", "cancelled", "customer_text", "hand_over_offered"),
            ).exclude(text=REMOVED),
            {"text": REMOVED},
        ),
        Part(
            Debrief.objects.filter(created_at__lt=before).exclude(heard=REMOVED),
            {"heard": REMOVED, "surprised": "", "would_change": "", "thanks": ""},
        ),
    ]


def _recordings(before: datetime) -> list[Part]:
    old = Recording.objects.filter(recorded_on__lt=before.date(), withdrawn_at__isnull=True)
    messages = Event.objects.filter(escalation__in=_ended(before), kind="customer_message").exclude(data={})
    return [Part(old, {"withdrawn_at": before}), Part(messages, {"data": {}})]


def _quotes(before: datetime) -> list[Part]:
    return [
        Part(Learning.objects.filter(created_at__lt=before, account__isnull=False), {"account": None}),
    ]


KINDS: Mapping[str, Kind] = {
    "contacts": Kind(
        "Customers’ contact data",
        "Names, numbers and addresses of contacts on ended cases, live calls and texts.",
        _contacts,
    ),
    "texts": Kind("Texts and mails", "What was texted and mailed, of ended cases and otherwise.", _texts),
    "stories": Kind(
        "Stories of cases",
        "What happened, what was tried, what the customer wanted, of ended cases.",
        _stories,
    ),
    "notes": Kind(
        "Notes and debriefs", "Notes on timelines of ended cases, and answers of debriefs.", _notes
    ),
    "recordings": Kind(
        "Recordings",
        "Recorded calls: taken from review, and their files deleted; and the way to customers’ spoken messages.",
        _recordings,
    ),
    "accounts": Kind("Whose learning it was", "The account of a learning; the learning stays.", _quotes),
    "sign_ins": Kind(
        "Sign-ins",
        "Who signed in, and who tried to.",
        lambda before: [Part(SignIn.objects.filter(at__lt=before), None)],
    ),
    "reads": Kind(
        "Reads of customers’ data",
        "Which administrator read which customer’s data.",
        lambda before: [Part(PersonalRead.objects.filter(at__lt=before), None)],
    ),
}


def set_rule(*, kind: str, days: int | None, by: Person) -> RetentionRule:
    """How long this kind is kept, in days; None is for good. Raises BadInput, NotAllowed."""
    if not (by.is_admin and by.is_active):
        raise NotAllowed("Only administrators decide how long anything is kept.", code="not_allowed")
    if kind not in KINDS:
        raise BadInput("There is no such kind.", field="kind", code="unknown")
    if days is not None and not 1 <= days <= _FAR:
        raise BadInput(f"Choose 1 to {_FAR:,} days, or leave it empty.", field=kind, code="out_of_range")
    with transaction.atomic():
        row = RetentionRule.objects.select_for_update().filter(kind=kind).first() or RetentionRule(kind=kind)
        if row.pk is None or row.days != days:
            row.days = days
            row._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - django-simple-history looks for it
            row.save()
    return row


def dry_run(*, now: datetime, rules: Mapping[str, int | None] | None = None) -> dict[str, int]:
    """How many rows would lose their words now, by kind; by these rules instead of those that are set."""
    days = current_rules() if rules is None else rules
    return {
        kind: sum(part.rows.count() for part in KINDS[kind].older(now - timedelta(days=keep)))
        for kind, keep in days.items()
        if keep is not None
    }


def apply(*, now: datetime) -> dict[str, int]:
    """Applies every rule that is set. Returns how many rows lost their words, by kind. A second run finds none."""
    done: dict[str, int] = {}
    for kind, keep in current_rules().items():
        if keep is None:
            continue
        before = now - timedelta(days=keep)
        gone: list[str] = []
        with transaction.atomic():
            done[kind] = 0
            if kind == "recordings":
                gone = [row.file.name for row in KINDS[kind].older(before)[0].rows if row.file]
            for part in KINDS[kind].older(before):
                if part.values is None:
                    done[kind] += part.rows.delete()[0]
                else:
                    keys = list(part.rows.values_list("pk", flat=True))
                    for start in range(0, len(keys), 500):
                        some = part.rows.model._default_manager.filter(pk__in=keys[start : start + 500])  # noqa: SLF001
                        done[kind] += some.update(**part.values)
            RetentionRule.objects.filter(kind=kind).update(applied_at=now)
        for name in gone:
            Recording._meta.get_field("file").storage.delete(name)  # noqa: SLF001
    return done


def apply_due() -> dict[str, int]:
    """The daily sweep, by a schedule."""
    return apply(now=datetime.now(UTC))


def current_rules() -> dict[str, int | None]:
    """How many days each kind is kept; None for good."""
    rows = dict(RetentionRule.objects.values_list("kind", "days"))
    return {kind: rows.get(kind) for kind in KINDS}
