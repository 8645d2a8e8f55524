"""What a help desk tells of its days, and what follows for the programme: escalations per 1,000 contacts, and tickets
that met the rule and were never raised. Nothing here is about one person; drills are no escalations.

Where a help desk tells nothing, nothing is said: a day without a count is left out on both sides of the ratio.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from customers.models import Account
from escalations.models import Escalation, JoinedContact, Severity
from escalations.raising import judge, programme_for
from people.models import Person
from reports.errors import BadInput, NotAllowed
from reports.models import ContactCount, HealthyBand, Ticket
from reports.models.help_desk import REFERENCE
from rota.models import Programme
from rota.quotas import month_days

MOST_CONTACTS = 10_000_000
LONG_AGO = timedelta(days=400)
BEFORE, AFTER = timedelta(days=1), timedelta(days=7)
"""A case of the account that was raised, or joined, so long before or after the ticket was opened is the ticket's."""
HIGHEST = Decimal(1000)


class Reading(StrEnum):
    """Where the escalations per 1,000 contacts lie."""

    UNKNOWN = "unknown"
    LOW = "low"
    HEALTHY = "healthy"
    HIGH = "high"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A programme's month as its help desk tells it.

    `escalations` are those of the days that have a count, `days` are these days, of `month_days`; `qualified` counts
    the tickets that met the rule, `missed` are those of them for which no case was raised so far.
    """

    contacts: int
    days: int
    month_days: int
    escalations: int
    band: HealthyBand | None
    tickets: int
    qualified: int
    missed: Sequence[Ticket]

    @property
    def per_thousand(self) -> Decimal | None:
        """Escalations per 1,000 contacts to one decimal, a half rounded to even; None where nothing was counted."""
        if not self.contacts:
            return None
        return round(Decimal(1000 * self.escalations) / self.contacts, 1)

    @property
    def reading(self) -> Reading:
        """UNKNOWN without a count or a band. The band's ends are healthy."""
        rate = self.per_thousand
        if rate is None or self.band is None:
            return Reading.UNKNOWN
        if rate < self.band.low:
            return Reading.LOW
        return Reading.HEALTHY if rate <= self.band.high else Reading.HIGH


def count_contacts(*, programme: Programme, day: date, contacts: int, by: Person) -> ContactCount:
    """So many customers contacted the help desk on this day of the programme's; said again, the last word counts.

    Raises NotAllowed, BadInput naming the field.
    """
    _check_may_tell(by)
    today = timezone.now().astimezone(programme.zone).date()
    if not today - LONG_AGO <= day <= today:
        raise BadInput(_WHEN, field="day", code="out_of_range")
    if not 0 <= contacts <= MOST_CONTACTS:
        raise BadInput(f"This is 0 to {MOST_CONTACTS:,}.", field="contacts", code="out_of_range")
    row, _ = ContactCount.objects.update_or_create(
        programme=programme,
        day=day,
        defaults={"contacts": contacts, "registered_by": by, "registered_at": timezone.now()},
    )
    return row


def register_ticket(
    *,
    reference: str,
    account: Account,
    opened_at: datetime,
    by: Person,
    severity: str = Severity.NORMAL,
    public_risk: bool = False,
    programme: Programme | None = None,
) -> Ticket:
    """A ticket, judged by the rule as a case of this account would be; told again, the last word counts.

    The programme is the account's unless given. Raises NotAllowed, BadInput naming the field.
    """
    _check_may_tell(by)
    try:
        REFERENCE(reference)
    except ValidationError as error:
        raise BadInput(str(error.message), field="reference", code="invalid") from error
    now = timezone.now()
    if not now - LONG_AGO <= opened_at <= now:
        raise BadInput(_WHEN, field="opened_at", code="out_of_range")
    chosen = programme or programme_for(account)
    judged = judge(account, chosen, severity=severity, public_risk=public_risk, at=opened_at)
    row, _ = Ticket.objects.update_or_create(
        programme=chosen,
        reference=reference,
        defaults={
            "account": account,
            "opened_at": opened_at,
            "severity": severity,
            "public_risk": public_risk,
            "score_total": judged.score.total,
            "threshold": judged.threshold,
            "qualifies": judged.qualifies,
            "registered_by": by,
            "registered_at": now,
        },
    )
    return row


def set_band(*, programme: Programme, low: Decimal, high: Decimal, by: Person) -> HealthyBand:
    """What is healthy from now on. Raises NotAllowed, BadInput naming the field."""
    if not (by.is_admin and by.is_active):
        raise NotAllowed("Only administrators say what is healthy.", code="not_allowed")
    for field, value in (("low", low), ("high", high)):
        if not 0 <= value <= HIGHEST:
            raise BadInput("This is 0 to 1000.", field=field, code="out_of_range")
    if high < low:
        raise BadInput("This is at least the lower end.", field="high", code="out_of_order")
    with transaction.atomic():
        Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
        row = HealthyBand.objects.filter(programme=programme).first() or HealthyBand(programme=programme)
        if row.pk is None or (row.low, row.high) != (low, high):
            row.low, row.high = low, high
            row._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - django-simple-history looks for it
            row.save()
    return row


def desk_of(programme: Programme, month: date) -> Desk:
    """The month of this date, as far as the help desk told of it. Seven queries at most."""
    first, last = month_days(month)
    start, end = (
        datetime.combine(day, time(), tzinfo=programme.zone).astimezone(UTC)
        for day in (first, last + timedelta(days=1))
    )
    counts = dict(
        ContactCount.objects.filter(programme=programme, day__range=(first, last)).values_list(
            "day", "contacts"
        )
    )
    tickets = Ticket.objects.filter(programme=programme, opened_at__gte=start, opened_at__lt=end)
    return Desk(
        contacts=sum(counts.values()),
        days=len(counts),
        month_days=last.day,
        escalations=_raised_on(programme, counts.keys(), start, end) if counts else 0,
        band=HealthyBand.objects.filter(programme=programme).first(),
        tickets=tickets.count(),
        qualified=tickets.filter(qualifies=True).count(),
        missed=never_raised(tickets.filter(qualifies=True).select_related("account")),
    )


def never_raised(tickets: Iterable[Ticket]) -> list[Ticket]:
    """Those of these tickets for whose account no case was raised or joined about then. Two queries."""
    found = list(tickets)
    if not found:
        return []
    since = min(ticket.opened_at for ticket in found) - BEFORE
    until = max(ticket.opened_at for ticket in found) + AFTER
    accounts = {ticket.account_id for ticket in found}
    raised: dict[int, list[datetime]] = defaultdict(list)
    span = {"created_at__gte": since, "created_at__lt": until}
    for rows, account in (
        (Escalation.objects.filter(is_drill=False, **span), "account_id"),
        (JoinedContact.objects.filter(**span), "escalation__account_id"),
    ):
        for key, at in rows.order_by().values_list(account, "created_at"):
            if key in accounts:
                raised[key].append(at)
    for instants in raised.values():
        instants.sort()
    return [ticket for ticket in found if not _any_about(raised[ticket.account_id], ticket.opened_at)]


# --- Below ---------------------------------------------------------------------------------------------------

_WHEN = f"This lies in the last {LONG_AGO.days} days, and not in the future."


def _check_may_tell(by: Person) -> None:
    if not ((by.is_admin or by.is_support) and by.is_active):
        raise NotAllowed("Only support and administrators speak for the help desk.", code="not_allowed")


def _raised_on(programme: Programme, days: Iterable[date], start: datetime, end: datetime) -> int:
    cases = Escalation.objects.filter(
        programme=programme, is_drill=False, created_at__gte=start, created_at__lt=end
    )
    by_day = cases.order_by().annotate(day=TruncDate("created_at", tzinfo=programme.zone)).values_list("day")
    wanted = set(days)
    return sum(many for day, many in by_day.annotate(many=Count("pk")) if day in wanted)


def _any_about(instants: Sequence[datetime], opened_at: datetime) -> bool:
    place = bisect_left(instants, opened_at - BEFORE)
    return place < len(instants) and instants[place] < opened_at + AFTER
