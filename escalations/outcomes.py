"""The officer's word: what was wrong, what was done, what was promised, and what was learnt."""

from datetime import date

from django.db import transaction

from escalations import confirming, holding, paging
from escalations.access import may_act_as_officer
from escalations.errors import BadInput, NotAllowed, NotNow
from escalations.models import IN_HAND, Escalation, Outcome
from learnings.models import Cause, Feeling, Source, Touchpoint
from learnings.recording import log_learning
from people.days import check_day_to_come
from people.models import Person
from telephony import clock

LONGEST = 2000


def record_outcome(
    *,
    escalation: Escalation,
    by: Person,
    cause: str,
    touchpoint: Touchpoint | None,
    done: str,
    quote: str,
    meaning: str = "",
    suggestion: str = "",
    feeling: str = Feeling.NEUTRAL,
    cause_words: str = "",
    contacts_before: int | None = None,
    transfers_before: int | None = None,
    promised: str = "",
    promised_until: date | None = None,
) -> Outcome:
    """Resolve a case: the outcome and its learning are kept, and the customer is asked whether it is fixed.

    `quote` holds the customer's own words; the learning's fields are as `learnings.recording.log_learning` has them.
    Raises `Refused` naming the field, `NotAllowed`, `NotNow`; nothing is kept then.
    """
    _check(cause=cause, touchpoint=touchpoint, done=done, quote=quote, feeling=feeling, promised=promised)
    assert touchpoint is not None  # noqa: S101 - checked just above
    with transaction.atomic():
        case = paging.locked(escalation.pk)
        if case.status not in IN_HAND:
            raise NotNow(f"The case is {case.get_status_display().lower()}: take it before you resolve it.")
        if case.owner_id != by.pk and not by.is_admin:
            raise NotAllowed(f"{case.owner.name} has the case: only its owner resolves it.")
        if not may_act_as_officer(by, case):
            raise NotAllowed("Only the programme's officers resolve a case.")
        if promised_until is not None:
            # The officer's day or the programme's, whichever is behind: who types it may mean either.
            days = [clock.now().astimezone(zone).date() for zone in (by.zone, case.programme.zone)]
            check_day_to_come(promised_until, field="promised_until", today=min(days))
        learning = log_learning(
            quote=quote,
            meaning=meaning,
            suggestion=suggestion,
            touchpoint=touchpoint,
            cause=cause,
            cause_words=cause_words,
            feeling=feeling,
            contacts_before=contacts_before,
            transfers_before=transfers_before,
            source=Source.ESCALATION,
            source_reference=f"case {case.number}",
            source_path=f"/cases/{case.pk}/",
            account=case.account,
            author=by,
        )
        outcome = Outcome.objects.create(
            escalation=case,
            recorded_by=by,
            recorded_at=clock.now(),
            cause=cause,
            touchpoint=touchpoint,
            done=done.strip(),
            promised=promised.strip(),
            promised_until=promised_until,
            learning=learning,
        )
        holding.resolve(case, by=by, text=f"{by.name} resolved the case: {done.strip()}")
        confirming.ask_customer(outcome)
        return outcome


def _check(
    *, cause: str, touchpoint: Touchpoint | None, done: str, quote: str, feeling: str, promised: str
) -> None:
    if cause not in Cause.values:
        choices = ", ".join(Cause.values)
        raise BadInput(f"Say what caused it: one of {choices}.", field="cause", code="required")
    if touchpoint is None:
        raise BadInput("Say where the customer met it.", field="touchpoint", code="required")
    if feeling not in Feeling.values:
        choices = ", ".join(Feeling.values)
        raise BadInput(f"Say how the customer feels: one of {choices}.", field="feeling", code="invalid")
    for field, value in (("done", done), ("quote", quote)):
        if not value.strip():
            words = {"done": "Say what was done.", "quote": "Write down the customer's own words."}[field]
            raise BadInput(words, field=field, code="required")
        if len(value) > LONGEST:
            raise BadInput(f"At most {LONGEST} characters.", field=field, code="max_length")
    if len(promised) > 1000:
        raise BadInput("At most 1,000 characters.", field="promised", code="max_length")
