"""Listening: owed, credited by kind, short or over, sessions booked and missed, debriefs on time.

Credited seconds are the ledger's (`listening.models.Credit`), corrections with them. What counts toward the quota is
the programme's rule, and what was carried over always counts. 119:59 of 120 minutes is short by one second.
"""

from datetime import datetime

from django.db.models import Count, F, Q, QuerySet, Sum
from django.urls import reverse

from listening.models import Credit, CreditKind, Session, SessionStatus
from listening.rules import rules_of
from reports.duties import owed_evidence
from reports.figures import Counted, Evidence, Figure, Source, Unit, Value
from reports.material import Material
from rota.models import ListeningHold

GROUP = "Listening"
OWED, COUNTED, BALANCE = "listening_owed_seconds", "listening_counted_seconds", "listening_balance_seconds"
KIND_KEYS = {
    CreditKind.LISTENING: "listening_live_seconds",
    CreditKind.MONITOR: "listening_monitor_seconds",
    CreditKind.RIDE_ALONG: "ride_along_seconds",
    CreditKind.AUDIT: "audit_seconds",
    CreditKind.REVIEW: "review_seconds",
    CreditKind.CARRIED: "listening_carried_seconds",
}
AHEAD, BOOKED, MISSED = "listening_ahead_seconds", "sessions_booked", "sessions_missed"
ON_TIME, LATE = "debriefs_on_time", "debriefs_late"
FIGURES = (
    Figure(OWED, GROUP, "Owed", Unit.SECONDS, "The quota, pro-rated for share, leave and joins."),
    *(
        Figure(key, GROUP, kind.label, Unit.SECONDS, f"Credited: {kind.label.lower()}.")
        for kind, key in KIND_KEYS.items()
    ),
    Figure(
        COUNTED,
        GROUP,
        "Counted",
        Unit.SECONDS,
        "What counts toward the quota by the programme’s rules, and what was carried over.",
    ),
    Figure(BALANCE, GROUP, "Short or over", Unit.SECONDS, "Counted less owed; below zero is short."),
    Figure(AHEAD, GROUP, "Still booked", Unit.SECONDS, "Live listening that is booked and still ahead."),
    Figure(BOOKED, "Sessions", "Booked", Unit.COUNT, "Sessions of the month that were not called off."),
    Figure(MISSED, "Sessions", "Missed", Unit.COUNT, "Sessions to which nobody came."),
    Figure(ON_TIME, "Debriefs", "On time", Unit.COUNT, "Finished sessions debriefed within the days given."),
    Figure(
        LATE,
        "Debriefs",
        "Late",
        Unit.COUNT,
        "Finished sessions debriefed too late, or due and not debriefed.",
    ),
)


def count(material: Material) -> Counted:
    """Everybody's listening of the month. Four queries beside what is owed."""
    zero = dict.fromkeys((*KIND_KEYS.values(), COUNTED, AHEAD, BOOKED, MISSED, ON_TIME, LATE), 0)
    found: dict[int, dict[str, Value]] = {
        person: {OWED: 60 * material.owed[person].listening_minutes, **zero} for person in material.people
    }
    counting = _counting(material)
    for person, kind, seconds in (
        _credits(material).order_by().values_list("person_id", "kind").annotate(total=Sum("seconds"))
    ):
        if (mine := found.get(person)) is not None:
            mine[KIND_KEYS[CreditKind(kind)]] = seconds
            if kind in counting:
                mine[COUNTED] = (mine[COUNTED] or 0) + seconds
    grouped = _sessions(material).order_by().values_list("person_id")
    which = _which(material)
    for person, *counts in grouped.annotate(**{key: Count("pk", filter=one) for key, one in which.items()}):
        if person in found:
            found[person].update(zip(which, counts, strict=True))
    for mine in found.values():
        mine[BALANCE] = (mine[COUNTED] or 0) - (mine[OWED] or 0)
    for person, starts_at, ends_at in _ahead(material):
        if (mine := found.get(person)) is not None:
            mine[AHEAD] = (mine[AHEAD] or 0) + int((ends_at - starts_at).total_seconds())
    return found


def evidence(material: Material, person: int, key: str) -> list[Evidence]:
    """What is behind one of a person's figures."""
    owed = owed_evidence(
        full=60 * material.programme.listening_minutes_per_month,
        owed=60 * material.owed[person].listening_minutes,
        reasons=material.owed[person].reasons,
        what="The programme’s quota",
    )
    if key == OWED:
        return owed
    if key in (COUNTED, BALANCE) or key in KIND_KEYS.values():
        kinds = _counting(material) if key in (COUNTED, BALANCE) else _kinds_of(key)
        credited = _credit_evidence(material, person, kinds)
        less = [Evidence(what=f"Owed: {one.what}", amount=-one.amount) for one in owed]
        return credited + less if key == BALANCE else credited
    if key == AHEAD:
        return [
            Evidence(at=starts_at, what="Booked", amount=int((ends_at - starts_at).total_seconds()))
            for who, starts_at, ends_at in _ahead(material)
            if who == person
        ]
    rows = _sessions(material).filter(_which(material)[key], person=person).order_by("planned_start", "pk")
    return [
        Evidence(
            at=row.planned_start,
            what=f"{row.get_kind_display()}: {row.get_status_display().lower()}",
            amount=1,
            path=reverse("web:session", args=[row.pk]),
        )
        for row in rows
    ]


def _counting(material: Material) -> set[str]:
    return {*rules_of(material.programme).counts, CreditKind.CARRIED.value}


def _kinds_of(key: str) -> set[str]:
    return {kind.value for kind, name in KIND_KEYS.items() if name == key}


def _credits(material: Material) -> QuerySet[Credit]:
    """Theirs, and maybe some of people who are no members: `Material.theirs`."""
    return Credit.objects.filter(material.theirs(), programme=material.programme, month=material.first)


def _credit_evidence(material: Material, person: int, kinds: set[str]) -> list[Evidence]:
    rows = _credits(material).filter(person=person, kind__in=kinds).select_related("session", "approver")
    found = []
    for credit in rows.order_by("created_at", "pk"):
        words = credit.get_kind_display()
        if credit.approver is not None:
            words = f"{words}, corrected by {credit.approver.name}: {credit.reason}"
        at = credit.session.planned_start if credit.session is not None else credit.created_at
        path = reverse("web:session", args=[credit.session_id]) if credit.session_id else ""
        found.append(Evidence(at=at, what=words, amount=credit.seconds, path=path))
    return found


def _sessions(material: Material) -> QuerySet[Session]:
    """Theirs, and maybe some of people who are no members: `Material.theirs`."""
    return Session.objects.filter(material.theirs(), programme=material.programme, month=material.first)


def _which(material: Material) -> dict[str, Q]:
    finished = Q(status=SessionStatus.FINISHED, debrief_due_at__isnull=False)
    in_time = Q(debrief__created_at__lte=F("debrief_due_at"))
    too_late = Q(debrief__created_at__gt=F("debrief_due_at"))
    overdue = Q(debrief__isnull=True, debrief_due_at__lt=material.now)
    return {
        BOOKED: ~Q(status=SessionStatus.CANCELLED),
        MISSED: Q(status=SessionStatus.MISSED),
        ON_TIME: finished & in_time,
        LATE: finished & (too_late | overdue),
    }


def _ahead(material: Material) -> list[tuple[int, datetime, datetime]]:
    """Live listening to come: booked sessions, and times that are held and have no session yet. Two queries."""
    sessions = _sessions(material).filter(status=SessionStatus.BOOKED, planned_start__gt=material.now)
    holds = ListeningHold.objects.filter(
        material.theirs(),
        programme=material.programme,
        month=material.first,
        published=True,
        cancelled_at__isnull=True,
        session__isnull=True,
        starts_at__gt=material.now,
    )
    return [
        *sessions.order_by("planned_start").values_list("person_id", "planned_start", "planned_end"),
        *holds.order_by("starts_at").values_list("person_id", "starts_at", "ends_at"),
    ]


SOURCE = Source(FIGURES, count, evidence)
