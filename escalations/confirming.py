"""Only the customer closes: one question by text or mail; yes closes, no reopens, silence is "unconfirmed"."""

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse

from escalations import following_up, holding, paging, telling
from escalations.errors import BadInput, NotNow
from escalations.models import Answer, Escalation, Message, Outcome, Status
from escalations.prompts import prompt
from escalations.timeline import note
from telephony import clock
from telephony.consent import may_text
from telephony.texts import fold, shorten

_SALT = "escalations.confirming"
_KEY = "question:"


def ask_customer(outcome: Outcome) -> None:
    """Put the question, inside the transaction that resolves the case."""
    case = outcome.escalation
    language = case.account.language
    subject = prompt("customer.question_subject", language)
    by_text = bool(case.contact_phone) and may_text(case.contact_phone)
    asked = prompt("customer.question", language, done=shorten(fold(outcome.done, language=language), 1))
    body = asked if by_text else _mail_body(outcome)
    key = f"{_KEY}{outcome.pk}"
    if telling.to_customer(escalation=case, key=key, subject=subject, body=body):
        how = "by text" if by_text else "by mail"
        note(case, "question_sent", f"The customer is asked {how} whether it is fixed.")
    else:
        note(case, "question_not_sent", "The customer has no number and no address: ask in person.")
        telling.tell_person(
            escalation=case,
            person=case.raised_by,
            key=key,
            subject=subject,
            body=_by_hand(outcome),
        )


def _by_hand(outcome: Outcome) -> str:
    return (
        f"Case {outcome.escalation.number} is resolved, and the customer cannot be written to. Please ask whether it "
        f"is fixed and answer for them: {answer_url(outcome)}"
    )


def _mail_body(outcome: Outcome) -> str:
    return prompt(
        "customer.question_mail",
        outcome.escalation.account.language,
        officer=outcome.recorded_by.name,
        done=outcome.done,
        url=answer_url(outcome),
    )


def question_mail(message: Message) -> str:
    """The question as a mail with its link, for a text of it that did not arrive; "" for any other text."""
    outcome = _asked_by(message)
    return _mail_body(outcome) if outcome else ""


def question_by_hand(message: Message) -> str:
    """How to ask in person, for a question that reached the customer neither by text nor by mail; "" for all else."""
    outcome = _asked_by(message)
    return _by_hand(outcome) if outcome else ""


def _asked_by(message: Message) -> Outcome | None:
    """The outcome that this message asks the customer about; its mail has a key that ends in ":mail"."""
    if message.person_id is not None or not message.key.startswith(_KEY):
        return None
    number = message.key.removeprefix(_KEY).partition(":")[0]
    return Outcome.objects.select_related("escalation__account", "recorded_by").get(pk=int(number))


def answer_url(outcome: Outcome) -> str:
    """The address of the question for this one outcome: it needs no sign-in and cannot be guessed."""
    token = signing.dumps(outcome.pk, salt=_SALT)
    return settings.PUBLIC_BASE_URL + reverse("web:confirm", args=[token])


def read_token(token: str) -> Outcome:
    """The outcome that a link asks about. Raises `BadInput` for a wrong one."""
    try:
        pk = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        raise BadInput("This link is not complete: open it from the mail again.", field="token") from None
    outcome = Outcome.objects.select_related("escalation__account", "recorded_by").filter(pk=pk).first()
    if outcome is None:
        raise BadInput("This link is not known any more.", field="token")
    return outcome


def answer(*, outcome: Outcome, fixed: bool, how: str) -> Outcome:
    """The customer's word. Saying the same again does no harm; a late yes still closes. Raises `NotNow`."""
    with transaction.atomic():
        case = paging.locked(outcome.escalation_id)
        outcome.refresh_from_db()
        wanted = Answer.FIXED if fixed else Answer.NOT_FIXED
        if outcome.answer == wanted:
            return outcome
        latest = case.outcomes.last()
        if outcome.answer not in (Answer.AWAITED, Answer.SILENT) or latest is None or latest.pk != outcome.pk:
            raise NotNow("This question was answered already. Thank you.")
        if case.status not in (Status.RESOLVED, Status.UNCONFIRMED):
            raise NotNow("This case is being worked on again. Thank you.")
        outcome.answer = wanted
        outcome.answered_at = clock.now()
        outcome.answered_how = how
        outcome.save(update_fields=["answer", "answered_at", "answered_how"])
        if fixed:
            holding.close(case, how=how)
        else:
            holding.reopen(case, how=how)
            following_up.page_reopened(case)
        return outcome


def give_up(escalation: Escalation) -> None:
    """Silence for the programme's days: unconfirmed, never resolved. The caller holds the lock."""
    escalation.outcomes.filter(answer=Answer.AWAITED).update(answer=Answer.SILENT, answered_at=clock.now())
    holding.unconfirm(escalation)
