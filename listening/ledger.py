"""The ledger of credited seconds: entries are added, and never changed or taken out (the database refuses it).

A session is credited once, and only with its debrief, written in time. What it is worth is `listening.worth`'s; an
entry says whose, in which month of the programme, of which kind, by which evidence. What turns out otherwise
afterwards is put right by a correction: an entry of its own with a reason and an administrator who answers for it.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils.crypto import get_random_string

from listening.errors import BadInput, NotAllowed
from listening.free_text import written_line
from listening.models import Credit, CreditKind, Debrief, Session, SessionStatus
from listening.rules import rules_of
from listening.worth import Worth, worth_of
from people.models import Person
from rota.models import Programme
from rota.quotas import members_during, month_days, owed_by
from telephony import clock

MOST_SECONDS = 100 * 3600
"""No correction is larger."""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """Whether a session is, will be or cannot be credited, and why: told beforehand."""

    worth: Worth
    credited: int | None
    why_not: str

    @property
    def minutes(self) -> int:
        return self.worth.seconds // 60


@dataclass(frozen=True, kw_only=True)
class MonthTotal:
    """One person's month in a programme. Seconds by kind; `counted` is what counts toward the quota.

    `reasons` say why less than the full quota is owed.
    """

    person: Person
    owed_minutes: int
    reasons: list[str] = field(default_factory=list)
    seconds: dict[str, int] = field(default_factory=dict)
    counted: int = 0

    @property
    def counted_minutes(self) -> int:
        """Whole minutes, the rest of one dropped."""
        return self.counted // 60

    @property
    def missing_seconds(self) -> int:
        """What is short of the quota; 0 where it is kept."""
        return max(0, 60 * self.owed_minutes - self.counted)

    @property
    def kept(self) -> bool:
        return self.missing_seconds == 0


# --- Sessions --------------------------------------------------------------------------------------------------


def credit_session(*, session: Session) -> list[Credit]:
    """Write the entries of a finished session, one a month and kind; those that are new.

    None where it is not over, or without a debrief in time, or while its evidence is not whole: `outlook` says which.
    Called again it changes nothing. Call it in the transaction that completes the session.
    """
    with transaction.atomic():
        row = Session.objects.select_for_update(of=("self",)).select_related("programme").get(pk=session.pk)
        if _why_not(row, Debrief.objects.filter(session=row).first(), clock.now()):
            return []
        worth = worth_of(row)
        if worth.waits_for:
            return []
        now = clock.now()
        entries = [
            Credit(
                person_id=row.person_id,
                programme_id=row.programme_id,
                month=month,
                kind=kind,
                seconds=seconds,
                session=row,
                evidence=list(evidence),
                key=f"session:{row.pk}:{month:%Y-%m}:{kind.value}",
                created_at=now,
            )
            for (month, kind), (seconds, evidence) in worth.lines.items()
        ]
        if Credit.objects.filter(session=row, key__startswith="session:").exists():
            return []  # what is told later is a difference that `reconciling` shows, and an administrator decides
        return Credit.objects.bulk_create(entries)


def outlook(session: Session, *, now: datetime) -> Outlook:
    """What a session counts, or would count, and what stands against it."""
    debrief = Debrief.objects.filter(session=session).first()
    credited = Credit.objects.filter(session=session, approver=None).aggregate(sum=Sum("seconds"))["sum"]
    worth = worth_of(session)
    return Outlook(worth=worth, credited=credited, why_not=_why_not(session, debrief, now) or worth.waits_for)


def _why_not(session: Session, debrief: Debrief | None, now: datetime) -> str:
    """Why a session is not credited, in words; "" where nothing stands against it."""
    if session.status != SessionStatus.FINISHED:
        return "It is not over"
    due = session.debrief_due_at
    if debrief is None:
        late = due is not None and due < now
        return "The debrief was not written in time" if late else "The debrief is not written yet"
    if due is not None and debrief.created_at > due:
        return "The debrief came too late"
    return ""


# --- Corrections -----------------------------------------------------------------------------------------------


def correct(
    *,
    person: Person,
    programme: Programme,
    month: date,
    kind: str,
    seconds: int,
    reason: str,
    by: Person,
    session: Session | None = None,
    key: str = "",
) -> Credit:
    """An administrator adds seconds to a month (below 0: takes them back), for a reason, and answers for it.

    Nobody corrects their own. A month's kind never falls below nothing. `key` makes a form that is sent twice one
    correction. Raises BadInput naming the field, NotAllowed.
    """
    if not (by.is_active and by.is_admin):
        raise NotAllowed("Only administrators correct the ledger.", code="not_allowed")
    if by.pk == person.pk:
        raise NotAllowed("Nobody corrects their own minutes: ask another administrator.", code="oneself")
    if kind not in CreditKind.values:
        raise BadInput(
            f"This is one of: {', '.join(CreditKind.values)}.", field="kind", code="invalid_choice"
        )
    if not seconds or abs(seconds) > MOST_SECONDS:
        raise BadInput(
            "Seconds to add, or below 0 to take back; not none.", field="seconds", code="out_of_range"
        )
    if session is not None and (session.person_id, session.programme_id) != (person.pk, programme.pk):
        raise BadInput("This session is somebody else’s.", field="session", code="invalid")
    words = written_line(reason, field="reason", most=300, required=True)
    first = month.replace(day=1)
    name = f"correction:{key or get_random_string(24)}"
    with transaction.atomic():
        # One correction of a programme at a time, so that two of them cannot take the same seconds back.
        Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
        if known := Credit.objects.filter(key=name).first():
            return known
        mine = Credit.objects.filter(person=person, programme=programme, month=first, kind=kind)
        left = (mine.aggregate(sum=Sum("seconds"))["sum"] or 0) + seconds
        if left < 0:
            raise BadInput(
                f"There are only {left - seconds} seconds of this kind to take back.",
                field="seconds",
                code="too_many",
            )
        return Credit.objects.create(
            person=person,
            programme=programme,
            month=first,
            kind=kind,
            seconds=seconds,
            session=session,
            key=name,
            reason=words,
            approver=by,
            created_at=clock.now(),
        )


# --- Months ----------------------------------------------------------------------------------------------------


def month_totals(
    *, programme: Programme, month: date, people: Collection[Person] | None = None
) -> dict[int, MonthTotal]:
    """Everybody's month (or these people's), by their key: six queries at most, whatever their number."""
    first = month.replace(day=1)
    members = list(people) if people is not None else members_during(programme, first)
    owed = owed_by(programme, members, first)
    counting = {*rules_of(programme).counts, CreditKind.CARRIED.value}
    by_kind: defaultdict[int, dict[str, int]] = defaultdict(dict)
    rows = Credit.objects.filter(programme=programme, month=first, person__in=[one.pk for one in members])
    for person, kind, seconds in (
        rows.order_by().values_list("person_id", "kind").annotate(sum=Sum("seconds"))
    ):
        by_kind[person][kind] = seconds
    return {
        person.pk: MonthTotal(
            person=person,
            owed_minutes=owed[person.pk].listening_minutes,
            reasons=owed[person.pk].reasons,
            seconds=by_kind[person.pk],
            counted=sum(seconds for kind, seconds in by_kind[person.pk].items() if kind in counting),
        )
        for person in members
    }


def carry_over(*, programme: Programme, month: date) -> list[Credit]:
    """Enter in the following month what counts above the quota of this one, as far as the programme's rule allows.

    Once for each person and month; what was itself carried over is not carried on. Returns the new entries.
    """
    most = 60 * rules_of(programme).carry_over_minutes
    first, last = month_days(month)
    if not most:
        return []
    after = last + timedelta(days=1)
    now = clock.now()
    entries = []
    for total in month_totals(programme=programme, month=first).values():
        own = total.counted - total.seconds.get(CreditKind.CARRIED, 0)
        above = min(most, own, total.counted - 60 * total.owed_minutes)
        if above > 0:
            entries.append(
                Credit(
                    person=total.person,
                    programme=programme,
                    month=after,
                    kind=CreditKind.CARRIED,
                    seconds=above,
                    key=f"carried:{programme.pk}:{total.person.pk}:{first:%Y-%m}",
                    reason=f"Above the quota of {first:%B %Y}",
                    created_at=now,
                )
            )
    with transaction.atomic():
        known = set(
            Credit.objects.filter(key__in=[entry.key for entry in entries]).values_list("key", flat=True)
        )
        return Credit.objects.bulk_create(entry for entry in entries if entry.key not in known)


def carry_over_due() -> int:
    """Carry over the last month of each programme once its debriefs are all in or late. Returns how many entries.

    Hourly, by a schedule; a run that was missed is made up for by the next one.
    """
    now = clock.now()
    entered = 0
    for programme in Programme.objects.filter(listening_rules__carry_over_minutes__gt=0).order_by("pk"):
        days = rules_of(programme).debrief_days
        today = now.astimezone(programme.zone).date()
        before = today.replace(day=1) - timedelta(days=1)
        if today - before > timedelta(days=days + 1):
            entered += len(carry_over(programme=programme, month=before))
    return entered
