"""A drill: a test case through the whole chain, which rings the real phones and says "This is a drill".

It is raised like any case, for an account that is no customer and has no contact, so that nobody outside hears of it.
Whoever takes it has passed it for the programme, and with their yes it is over (`escalations.paging.accept`); it ends
by itself too when nobody took it in time.
Figures of members and of the programme leave drills out, but for the count of those that were passed.
"""

from datetime import UTC, date, datetime, time, timedelta
from random import SystemRandom

from django.db import IntegrityError, transaction

from customers.models import Account, AccountStatus
from escalations.models import Connect, Severity
from escalations.paging import end_drill
from escalations.prompts import DEFAULT_LANGUAGE, prompt
from escalations.raising import raise_escalation
from people import letters
from people.errors import Refused
from people.models import Person
from reports.errors import NotAllowed, NotNow
from reports.models import Drill, DrillPlan
from rota.hours import duty_days, duty_hours
from rota.models import Duty, Programme
from rota.quotas import month_days
from telephony import clock

NAME = "This is a drill"
SUMMARY = f"{prompt('drill.this_is', DEFAULT_LANGUAGE)} {prompt('drill.story', DEFAULT_LANGUAGE)}"
PATIENCE = timedelta(minutes=30)
"""A drill that nobody took within this has failed."""
TOLD_BEFORE = timedelta(hours=24)


def run_drill(*, programme: Programme, by: Person, announced: bool = False) -> Drill:
    """Raises the test case now. Raises NotAllowed, NotNow while another drill of the programme runs, Refused."""
    if not (by.is_admin and by.is_active):
        raise NotAllowed("Only administrators run drills.", code="not_allowed")
    try:
        with transaction.atomic():
            if Drill.objects.filter(programme=programme, ended_at__isnull=True).exists():
                raise NotNow("A drill of this programme is running.", code="running")
            case = raise_escalation(
                account=_account_of(programme),
                raised_by=by,
                summary=SUMMARY,
                severity=Severity.CRITICAL,
                connect=Connect.NONE,
                programme=programme,
                is_drill=True,
            ).escalation
            return Drill.objects.create(
                programme=programme, escalation=case, by=by, announced=announced, started_at=case.created_at
            )
    except IntegrityError as error:
        raise NotNow("A drill of this programme is running.", code="running") from error


def plan_drills(*, programme: Programme, monthly: bool, announced: bool, by: Person) -> DrillPlan:
    """Whether there is one each month, and whether the officers are told a day before. Raises NotAllowed."""
    if not (by.is_admin and by.is_active):
        raise NotAllowed("Only administrators plan drills.", code="not_allowed")
    with transaction.atomic():
        Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
        row = DrillPlan.objects.filter(programme=programme).first() or DrillPlan(programme=programme)
        if row.pk is None or (row.monthly, row.announced) != (monthly, announced):
            row.monthly, row.announced = monthly, announced
            row.next_at = _draw(programme, clock.now()) if monthly else None
            row._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - django-simple-history looks for it
            row.save()
    return row


def turn() -> int:
    """Ends what is over, tells officers, raises what is due. Returns how much was done. Each minute, by a schedule."""
    now = clock.now()
    running = Drill.objects.filter(ended_at__isnull=True)
    done = sum(_settle(drill, now) for drill in running.select_related("escalation__accepted_by", "by"))
    plans = DrillPlan.objects.filter(monthly=True, next_at__isnull=False).select_related("programme")
    return done + sum(_tell(plan, now) + _raise_due(plan, now) for plan in plans)


def passed_in(programme: Programme, start: datetime, end: datetime) -> tuple[int, int]:
    """How many drills of this time were passed, and how many there were."""
    results = list(
        Drill.objects.filter(
            programme=programme, started_at__gte=start, started_at__lt=end, passed__isnull=False
        ).values_list("passed", flat=True)
    )
    return results.count(True), len(results)


def drill_cases(programme: Programme) -> list[int]:
    """The keys of the programme's drills' cases: a dozen a year. One query."""
    return list(Drill.objects.filter(programme=programme).values_list("escalation_id", flat=True))


# --- Below ---------------------------------------------------------------------------------------------------


def _account_of(programme: Programme) -> Account:
    """No customer, and worth a call by every programme's rules."""
    account, _ = Account.objects.get_or_create(
        external_id=f"drill-{programme.slug}"[:64],
        defaults={
            "name": NAME,
            "annual_value": programme.full_marks_amount,
            "currency": programme.full_marks_currency,
            "customer_since": date(1970, 1, 1),
            "loyalty": 10,
            "status": AccountStatus.STRATEGIC,
            "influence": 10,
            "time_zone": programme.time_zone,
        },
    )
    return account


def _settle(drill: Drill, now: datetime) -> int:
    """Over where somebody took it, or where nobody did in time."""
    case = drill.escalation
    taken, over = case.accepted_at, now - drill.started_at >= PATIENCE
    if taken is None and not over and case.is_open:
        return 0
    with transaction.atomic():
        row = Drill.objects.select_for_update().get(pk=drill.pk)
        if row.ended_at is not None:
            return 0
        if taken is not None and case.accepted_by is not None:
            seconds = int((taken - drill.started_at).total_seconds())
            row.passed, row.detail = True, f"{case.accepted_by.name} took it after {seconds} s."
        else:
            row.passed, row.detail = False, "Nobody took it in time."
        row.ended_at = now
        row.save()
        end_drill(escalation=case, why=row.detail)
    return 1


def _tell(plan: DrillPlan, now: datetime) -> int:
    """The officers of the day hear of an announced drill a day before."""
    at = plan.next_at
    if not plan.announced or at is None or not now <= at <= now + TOLD_BEFORE:
        return 0
    duties = Duty.objects.at(at).filter(programme=plan.programme).select_related("person")
    told = [
        letters.write_to(
            person=duty.person,
            key=f"drill:{plan.programme_id}:{at:%Y-%m-%d}:{duty.person_id}",
            kind="drill",
            subject=f"{plan.programme.name}: a drill within a day",
            text="Your phone will ring for a drill while you are on duty. Accept as you would accept a case.",
            useful_until=at,
        )
        for duty in duties
    ]
    return sum(letter is not None for letter in told)


def _raise_due(plan: DrillPlan, now: datetime) -> int:
    if plan.next_at is None or plan.next_at > now:
        return 0
    by = Person.objects.administrators().order_by("pk").first()
    if by is None:
        return 0
    following = (now.astimezone(plan.programme.zone).date().replace(day=28) + timedelta(days=4)).replace(
        day=1
    )
    beginning = datetime.combine(following, time(), tzinfo=plan.programme.zone)
    claimed = DrillPlan.objects.filter(pk=plan.pk, next_at=plan.next_at)
    if not claimed.update(next_at=_draw(plan.programme, beginning)):
        return 0
    try:
        run_drill(programme=plan.programme, by=by, announced=plan.announced)
    except Refused:
        return 0  # one that an administrator began is running: that is this month's
    return 1


def _draw(programme: Programme, since: datetime) -> datetime | None:
    """An instant of duty hours between `since` and the end of its month, or of the next where nothing is left."""
    day = since.astimezone(programme.zone).date()
    for first in (day, (day.replace(day=28) + timedelta(days=4)).replace(day=1)):
        days = duty_days(programme.rules, first, month_days(first)[1])
        spans = [duty_hours(programme.rules, one) for one in days]
        spans = [span for span in spans if span.start >= since.astimezone(UTC)]
        if spans:
            chance = SystemRandom()
            span = chance.choice(spans)
            return span.start + chance.random() * (span.end - span.start)
    return None
