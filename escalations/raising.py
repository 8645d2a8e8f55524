"""Raising an escalation: the value score, the open case of the same account, and the first ring."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from customers.models import Account
from customers.score import AccountFacts, FullMarks, Score, qualifies, threshold_for, value_score
from escalations import climbing, following_up, paging, telling
from escalations.errors import BadInput, NotAllowed
from escalations.models import (
    IN_HAND,
    Connect,
    Escalation,
    JoinedContact,
    NextAction,
    Severity,
    Status,
)
from escalations.roster import Seating, seating
from escalations.timeline import JOINED, note
from people.models import Person
from rota.hours import may_ring, next_opening
from rota.models import Programme
from rota.on_duty import seated
from telephony import clock
from telephony.numbers import BadNumber, parse_number

LONGEST = 2000
_GRAVITY = {Severity.NORMAL: 0, Severity.HIGH: 1, Severity.CRITICAL: 2}


@dataclass(frozen=True)
class Raised:
    """What raising came to: a new case, or the open one that the contact joined."""

    escalation: Escalation
    joined: bool


@dataclass(frozen=True)
class Judgement:
    """Whether a case rings, and when. `threshold` is the effective one; `opens_at` is set where it must wait."""

    score: Score
    threshold: int
    qualifies: bool
    opens_at: datetime | None

    @property
    def rings_now(self) -> bool:
        """Whether the phone may ring at once."""
        return self.qualifies and self.opens_at is None


@dataclass(frozen=True)
class Preview:
    """What would happen, shown before a case is sent: the score, who would ring, the case that is open already."""

    programme: Programme
    score: Score
    threshold: int
    qualifies: bool
    rings_now: bool
    opens_at: datetime | None
    officer: Person | None
    open_case: Escalation | None


def preview(
    *,
    account: Account,
    severity: str = Severity.NORMAL,
    public_risk: bool = False,
    programme: Programme | None = None,
) -> Preview:
    """The score and who would ring, for a case of this account. Raises `BadInput` where no programme fits."""
    chosen = programme or programme_for(account)
    now = clock.now()
    judged = judge(account, chosen, severity=severity, public_risk=public_risk, at=now)
    primary = seated(programme=chosen, at=now).get(0)
    return Preview(
        programme=chosen,
        score=judged.score,
        threshold=judged.threshold,
        qualifies=judged.qualifies,
        rings_now=judged.rings_now,
        opens_at=judged.opens_at,
        officer=primary.person if primary else None,
        open_case=open_case_of(account),
    )


def judge(
    account: Account, programme: Programme, *, severity: str, public_risk: bool, at: datetime
) -> Judgement:
    """The score, and whether it lets the phone ring at this instant. No queries."""
    score = score_of(account, programme, at)
    threshold = threshold_for(base=programme.threshold_score, severity=severity, public_risk=public_risk)
    allowed = may_ring(programme.rules, at, severity=severity, public_risk=public_risk)
    return Judgement(
        score=score,
        threshold=threshold,
        qualifies=qualifies(total=score.total, threshold=threshold),
        opens_at=None if allowed else next_opening(programme.rules, at),
    )


def programme_for(account: Account) -> Programme:
    """The programme of the account's country, else the only or first one. Raises `BadInput` where none is."""
    programmes = list(Programme.objects.order_by("pk"))
    if not programmes:
        raise BadInput("There is no programme yet: apply one first.", field="programme", code="none")
    for programme in programmes:
        if account.country and account.country in programme.countries:
            return programme
    without_region = [programme for programme in programmes if not programme.countries]
    return (without_region or programmes)[0]


def open_case_of(account: Account) -> Escalation | None:
    """The account's case that is still on its way or in hand; a resolved one waits for the customer only."""
    return _open_cases(account).select_related("owner").first()


def _open_cases(account: Account) -> QuerySet[Escalation]:
    open_ones = Escalation.objects.open().exclude(status=Status.RESOLVED)
    return open_ones.filter(account=account).order_by("-created_at")


def raise_escalation(
    *,
    account: Account,
    raised_by: Person,
    summary: str,
    tried: str = "",
    wants: str = "",
    severity: str = Severity.NORMAL,
    public_risk: bool = False,
    connect: str = Connect.CUSTOMER,
    agent_phone: str = "",
    contact_name: str | None = None,
    contact_phone: str = "",
    contact_email: str = "",
    programme: Programme | None = None,
    is_drill: bool = False,
) -> Raised:
    """Raise a customer's issue; the first phone is queued to ring in the same commit.

    The contact is the account's default one unless given. An open case of the same account is joined: it rings
    again only where the new contact is graver. A drill rings as a case does, says that it is one, and ends with the
    yes. Raises `BadInput` naming the field, `NotAllowed`.
    """
    if not (raised_by.is_support or raised_by.is_admin):
        raise NotAllowed("Only support and administrators raise a case.")
    fields = _checked(
        account,
        raised_by,
        {
            "summary": summary,
            "tried": tried,
            "wants": wants,
            "severity": severity,
            "connect": connect,
            "agent_phone": agent_phone,
            "contact_name": contact_name,
            "contact_phone": contact_phone,
            "contact_email": contact_email,
        },
    )
    with transaction.atomic():
        # The account is the lock: two cases of one account cannot be raised past each other. Rows that point
        # to it may come meanwhile: who writes them may hold the lock of the very case that is joined here.
        if connection.features.has_select_for_update:
            Account.objects.select_for_update(no_key=True).values_list("pk").get(pk=account.pk)
        before = _open_cases(account).values_list("pk", flat=True).first()
        if before is not None:
            return Raised(_join(before, raised_by, fields, public_risk), joined=True)
        fields["is_drill"] = is_drill
        return Raised(_raise(account, raised_by, fields, public_risk, programme), joined=False)


def _raise(
    account: Account,
    raised_by: Person,
    fields: dict[str, Any],
    public_risk: bool,
    programme: Programme | None,
) -> Escalation:
    chosen = programme or programme_for(account)
    now = clock.now()
    judged = judge(account, chosen, severity=fields["severity"], public_risk=public_risk, at=now)
    seats = seating(chosen, now)
    waits = timedelta(hours=following_up.REMIND_HOURS)
    case = Escalation.objects.create(
        programme=chosen,
        account=account,
        raised_by=raised_by,
        owner=seats.owner(otherwise=raised_by),
        public_risk=public_risk,
        score_total=judged.score.total,
        threshold=judged.threshold,
        qualifies=judged.qualifies,
        factors=_as_json(judged.score),
        status=Status.QUEUED,
        next_action=NextAction.OPEN if judged.qualifies else NextAction.REMIND,
        next_action_at=(judged.qualifies and judged.opens_at) or now + waits,
        created_at=now,
        **fields,
    )
    note(case, "raised", f"{raised_by.name} raised the case for {account.name}.", actor=raised_by)
    _ring_or_wait(case, judged, seats)
    return case


def _ring_or_wait(case: Escalation, judged: Judgement, seats: Seating) -> None:
    """Ring, or wait for the opening, or lie in the officer's inbox; the caller holds the lock."""
    if judged.rings_now:
        climbing.begin(case, seats)
    elif judged.qualifies and judged.opens_at is not None:
        at = judged.opens_at
        _tell_that_it_waits(case, at)
        paging.schedule(case, NextAction.OPEN, at)
    else:
        points = f"{case.score_total} of {case.threshold} points"
        note(case, "inbox", f"{points}: it does not ring. It is in {case.owner.name}'s inbox.")
        paging.schedule(case, NextAction.REMIND, clock.now() + timedelta(hours=following_up.REMIND_HOURS))


def _tell_that_it_waits(case: Escalation, at: datetime) -> None:
    """On the timeline by the programme's clock, and to whoever raised it by their own."""
    when = telling.local_time(at, case.programme.time_zone)
    words = f"{case.programme.name} is closed now. Phones ring at {when}."
    note(case, "waits", words, data={"at": at.isoformat()})
    theirs = telling.local_time(at, case.raised_by.time_zone)
    telling.tell_person(
        escalation=case,
        person=case.raised_by,
        key=f"waits:{at:%Y%m%d%H%M}",
        subject=f"Case {case.number} waits until {theirs}",
        body=f"Case {case.number} ({case.account.name}) waits: the officer's phone rings at {theirs}.",
    )


def _join(before: int, raised_by: Person, fields: dict[str, Any], public_risk: bool) -> Escalation:
    case = paging.locked(before)
    now = clock.now()
    JoinedContact.objects.create(
        escalation=case,
        name=fields["contact_name"],
        phone=fields["contact_phone"],
        email=fields["contact_email"],
        summary=fields["summary"],
        severity=fields["severity"],
        raised_by=raised_by,
        created_at=now,
    )
    who = fields["contact_name"] or "Another contact"
    note(case, "joined", f"{who}{JOINED}{fields['summary']}", actor=raised_by)
    gravity = case.gravity
    case.public_risk = case.public_risk or public_risk
    if _GRAVITY[Severity(fields["severity"])] > _GRAVITY[Severity(case.severity)]:
        case.severity = fields["severity"]
    case.save()
    if case.gravity > gravity:
        _ring_again(case)
    return case


def _ring_again(case: Escalation) -> None:
    """The case is graver than it was: what lay or waited rings now; who has it hears of it."""
    note(
        case,
        "graver",
        f"The case is graver now: {case.get_severity_display().lower()}"
        f"{', public risk' if case.public_risk else ''}.",
    )
    now = clock.now()
    paging.move_up(case)
    severity, public_risk = case.severity, case.public_risk
    judged = judge(case.account, case.programme, severity=severity, public_risk=public_risk, at=now)
    case.threshold = judged.threshold
    case.qualifies = case.qualifies or judged.qualifies
    case.save()
    if case.status in IN_HAND:
        following_up.page_graver(case)
    elif case.status == Status.QUEUED and judged.qualifies:
        _ring_or_wait(case, judged, seating(case.programme, now))
    elif case.status == Status.UNREACHED and judged.rings_now:
        climbing.climb(case)


def score_of(account: Account, programme: Programme, at: datetime) -> Score:
    """The account's value score by the programme's weights, on the programme's date of this instant."""
    facts = AccountFacts(
        annual_value=account.annual_value,
        currency=account.currency,
        customer_since=account.customer_since,
        loyalty=account.loyalty,
        status=account.status,
        influence=account.influence,
    )
    full_marks = FullMarks(amount=programme.full_marks_amount, currency=programme.full_marks_currency)
    on = at.astimezone(programme.zone).date()
    return value_score(facts, weights=programme.weights, full_marks=full_marks, on=on)


def _as_json(score: Score) -> list[dict[str, Any]]:
    return [
        {
            "name": factor.name,
            "value": factor.value,
            "weight": factor.weight,
            "points": factor.points,
        }
        for factor in score.factors
    ]


# --- What is taken and what is refused ------------------------------------------------------------------


def _checked(account: Account, raised_by: Person, given: dict[str, Any]) -> dict[str, Any]:
    fields = {name: _text(name, value) for name, value in given.items() if name != "contact_name"}
    if not fields["summary"]:
        raise BadInput("Say what happened.", field="summary", code="required")
    if fields["severity"] not in Severity.values:
        choices = ", ".join(Severity.values)
        raise BadInput(f"Severity is one of {choices}.", field="severity", code="invalid_choice")
    if fields["connect"] not in Connect.values:
        choices = ", ".join(Connect.values)
        raise BadInput(f"Connect is one of {choices}.", field="connect", code="invalid_choice")
    fields |= _contact(account, given["contact_name"], fields)
    fields["agent_phone"] = _number(fields["agent_phone"], account, "agent_phone")
    if fields["connect"] == Connect.AGENT and not fields["agent_phone"]:
        if not raised_by.can_be_rung:
            raise BadInput(
                "Give the agent's phone number, or connect the customer.",
                field="agent_phone",
                code="required",
            )
        fields["agent_phone"] = raised_by.phone
    return fields


def _contact(account: Account, name: str | None, fields: dict[str, str]) -> dict[str, str]:
    """The account's default contact, unless any part of another was given."""
    phone, email = fields["contact_phone"], fields["contact_email"]
    if name is None and not phone and not email:
        default = account.contacts.first()
        if default is None:
            return {"contact_name": "", "contact_phone": "", "contact_email": ""}
        return {"contact_name": default.name, "contact_phone": default.phone, "contact_email": default.email}
    return {
        "contact_name": _text("contact_name", name or ""),
        "contact_phone": _number(phone, account, "contact_phone"),
        "contact_email": email,
    }


def _text(field: str, value: str) -> str:
    limit = {"contact_name": 120, "contact_email": 254, "contact_phone": 40, "agent_phone": 40}.get(
        field, LONGEST
    )
    words = value.strip()
    if len(words) > limit:
        raise BadInput(f"At most {limit:,} characters.", field=field, code="max_length")
    if "\x00" in words:
        raise BadInput("Null characters are not allowed.", field=field, code="null_characters_not_allowed")
    return words


def _number(raw: str, account: Account, field: str) -> str:
    if not raw:
        return ""
    try:
        return parse_number(raw, region=account.country or None)
    except BadNumber as bad:
        raise BadInput(str(bad), field=field, code="bad_number") from None
