"""The officer's word and what it needs; then the customer's word, which alone closes the case."""

from datetime import timedelta

import pytest
from django.core import mail

from customers.models import Contact
from escalations import confirming
from escalations.errors import BadInput, NotAllowed, NotNow
from escalations.models import Answer, Escalation, Outcome, Status
from escalations.outcomes import record_outcome
from learnings.models import Learning, Touchpoint
from people.models import Person
from telephony.simulator import Fault, Network, Phone
from tests.escalations.conftest import Advance, Escalate, events_of, story_of

DAY = 86_400


@pytest.fixture
def touchpoint(dora: Person) -> Touchpoint:
    return Touchpoint.objects.create(name="Software updates", owner=dora)


@pytest.fixture
def held(network: Network, escalate: Escalate, officer: Phone) -> Escalation:
    case = escalate()
    officer.expect_ring()
    officer.expect_text("urgent case").reply("1")
    officer.expect_text("You have case")
    network.advance(2)
    return case


def resolve(case: Escalation, by: Person, touchpoint: Touchpoint, **fields: object) -> Outcome:
    words = {
        "cause": "product",
        "done": "We rolled the update back.",
        "quote": "You broke our line and nobody told us.",
        "feeling": "furious",
    }
    return record_outcome(escalation=case, by=by, touchpoint=touchpoint, **(words | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cause", ""),
        ("cause", "gremlins"),
        ("touchpoint", None),
        ("done", " "),
        ("done", "x" * 2001),
        ("quote", ""),
        ("feeling", "purple"),
        ("promised", "x" * 1001),
    ],
)
def test_what_is_required(
    network: Network, held: Escalation, ana: Person, touchpoint: Touchpoint, field: str, value: object
) -> None:
    with pytest.raises(BadInput) as refused:
        resolve(held, ana, **({"touchpoint": touchpoint} | {field: value}))
    assert refused.value.field == field
    held.refresh_from_db()
    assert held.status == Status.ACCEPTED
    assert not Learning.objects.exists()


def test_only_the_owner_resolves_and_only_what_is_in_hand(
    network: Network, held: Escalation, ana: Person, ben: Person, touchpoint: Touchpoint, customer: Phone
) -> None:
    with pytest.raises(NotAllowed, match="Ana Ruiz has the case"):
        resolve(held, ben, touchpoint)
    resolve(held, ana, touchpoint)
    with pytest.raises(NotNow):
        resolve(held, ana, touchpoint)
    customer.expect_text("Is your case with us fixed?")


def test_the_customers_words_become_a_learning_and_the_customer_is_asked(
    network: Network, held: Escalation, ana: Person, touchpoint: Touchpoint, customer: Phone
) -> None:
    resolve(held, ana, touchpoint, promised="A test before each update.", suggestion="Ask before updating.")
    customer.expect_text("Is your case with us fixed?", "rolled the update back", "YES or NO")
    held.refresh_from_db()
    assert held.status == Status.RESOLVED
    learning = Learning.objects.get()
    assert (learning.quote, learning.author, learning.owner.name) == (
        "You broke our line and nobody told us.",
        ana,
        "Dora Lindt",
    )
    assert learning.source_path == f"/cases/{held.pk}/"
    assert "Ana Ruiz: Ana Ruiz resolved the case: We rolled the update back." in story_of(held)


@pytest.mark.parametrize("words", ["YES", "yes!", "Yep, it is fixed, thank you"])
def test_yes_closes(
    network: Network, held: Escalation, ana: Person, touchpoint: Touchpoint, customer: Phone, words: str
) -> None:
    outcome = resolve(held, ana, touchpoint)
    customer.expect_text("fixed?").reply(words)
    customer.expect_text("Your case is closed")
    held.refresh_from_db()
    outcome.refresh_from_db()
    assert (held.status, held.next_action_at, outcome.answer) == (Status.CLOSED, None, Answer.FIXED)
    assert held.closed_at is not None
    assert "Customer: The customer confirmed that it is fixed (by text)." in story_of(held)


@pytest.mark.parametrize("words", ["NO", "not fixed", "No, it is not fixed"])
def test_no_reopens_and_rings_the_same_officer(
    network: Network,
    held: Escalation,
    ana: Person,
    touchpoint: Touchpoint,
    customer: Phone,
    officer: Phone,
    backup: Phone,
    words: str,
) -> None:
    resolve(held, ana, touchpoint)
    customer.expect_text("fixed?").reply(words)
    customer.expect_text("Ana Ruiz has your case again")
    officer.expect_text("says that case", "is not fixed")
    call = officer.expect_call("says that it is not fixed.").expect_heard("3 to hear it")
    call.press("3").expect_heard("Acme Industries").press("1").expect_heard("It stays with you")
    customer.expect_ring()
    backup.expect_no_call()
    held.refresh_from_db()
    assert (held.status, held.owner) == (Status.ACCEPTED, ana)


def test_reopened_and_handed_on(
    network: Network,
    held: Escalation,
    ana: Person,
    touchpoint: Touchpoint,
    customer: Phone,
    officer: Phone,
    backup: Phone,
) -> None:
    resolve(held, ana, touchpoint)
    customer.expect_text("fixed?").reply("no")
    customer.expect_text("has your case again")
    officer.expect_text("is not fixed")
    officer.expect_call("not fixed").press("2").expect_heard("handed on")
    backup.expect_ring()
    backup.expect_text("urgent case")


def test_silence_becomes_unconfirmed_and_never_resolved(
    network: Network, held: Escalation, ana: Person, touchpoint: Touchpoint, customer: Phone, advance: Advance
) -> None:
    outcome = resolve(held, ana, touchpoint)
    asked = customer.expect_text("fixed?")
    advance(3 * DAY - 60)
    held.refresh_from_db()
    assert held.status == Status.RESOLVED
    advance(61)
    held.refresh_from_db()
    outcome.refresh_from_db()
    assert (held.status, outcome.answer) == (Status.UNCONFIRMED, Answer.SILENT)
    asked.reply("yes")
    customer.expect_text("closed")
    held.refresh_from_db()
    assert held.status == Status.CLOSED


def test_a_late_no_reopens_what_was_unconfirmed(
    network: Network,
    held: Escalation,
    ana: Person,
    touchpoint: Touchpoint,
    customer: Phone,
    officer: Phone,
    advance: Advance,
) -> None:
    resolve(held, ana, touchpoint)
    asked = customer.expect_text("fixed?")
    advance(3 * DAY + 60)
    asked.reply("no")
    customer.expect_text("has your case again")
    officer.expect_text("not fixed")
    officer.expect_ring()


def test_a_no_after_the_yes_is_not_lost(
    network: Network, held: Escalation, ana: Person, touchpoint: Touchpoint, customer: Phone, desk: Phone
) -> None:
    """The case stays closed, for the customer closed it; their words are on it, and the desk hears of them."""
    resolve(held, ana, touchpoint)
    asked = customer.expect_text("fixed?")
    asked.reply("yes")
    customer.expect_text("closed")
    asked.reply("Sorry, it stands still again")
    desk.expect_text(f"case {held.number}", "writes again")
    customer.expect_no_text()
    assert "Grace Hall: Sorry, it stands still again" in story_of(held)


def test_a_doubled_answer_counts_once(
    network: Network, held: Escalation, ana: Person, touchpoint: Touchpoint, customer: Phone
) -> None:
    resolve(held, ana, touchpoint)
    network.faults.add(Fault(on="callback:text", do="double"))
    customer.expect_text("fixed?").reply("yes")
    customer.expect_text("closed")
    customer.expect_no_text()
    assert events_of(held).count("closed") == 1


def test_words_that_are_no_answer_are_kept_and_the_question_stays_open(
    network: Network, held: Escalation, ana: Person, touchpoint: Touchpoint, customer: Phone
) -> None:
    resolve(held, ana, touchpoint)
    customer.expect_text("fixed?").reply("Let me ask the plant first")
    customer.expect_no_text()
    held.refresh_from_db()
    assert held.status == Status.RESOLVED
    assert "Let me ask the plant first" in story_of(held)


def test_without_a_number_the_question_goes_by_mail_with_a_link(
    network: Network, held: Escalation, ana: Person, touchpoint: Touchpoint, officer: Phone
) -> None:
    Escalation.objects.update(contact_phone="")
    outcome = resolve(held, ana, touchpoint)
    network.settle()
    sent = next(message for message in mail.outbox if message.to == ["grace@acme.example.com"])
    assert "We rolled the update back." in sent.body
    token = sent.body.split("/confirm/")[1].split("/")[0]
    assert confirming.read_token(token) == outcome
    confirming.answer(outcome=confirming.read_token(token), fixed=True, how="by link")
    confirming.answer(outcome=confirming.read_token(token), fixed=True, how="by link")
    held.refresh_from_db()
    assert held.status == Status.CLOSED
    with pytest.raises(NotNow, match="answered already"):
        confirming.answer(outcome=outcome, fixed=False, how="by link")
    for wrong in (token[:-1], "nonsense", ""):
        with pytest.raises(BadInput):
            confirming.read_token(wrong)


def test_where_the_text_does_not_arrive_the_link_goes_by_mail(
    network: Network, held: Escalation, ana: Person, touchpoint: Touchpoint, customer: Phone
) -> None:
    customer.be_landline(known=False)
    resolve(held, ana, touchpoint)
    network.advance(5)
    sent = [message for message in mail.outbox if message.to == ["grace@acme.example.com"]]
    assert len(sent) == 1
    assert "/confirm/" in sent[0].body
    assert "message_failed" in events_of(held)


def test_a_customer_whom_nobody_can_write_to_is_asked_in_person(
    network: Network, held: Escalation, ana: Person, touchpoint: Touchpoint, desk: Phone
) -> None:
    Escalation.objects.update(contact_phone="", contact_email="")
    Contact.objects.all().delete()
    resolve(held, ana, touchpoint)
    desk.expect_text("cannot be written to", "/confirm/")
    assert "question_not_sent" in events_of(held)


def test_the_question_is_asked_again_after_the_second_try(
    network: Network,
    held: Escalation,
    ana: Person,
    touchpoint: Touchpoint,
    customer: Phone,
    officer: Phone,
    advance: Advance,
) -> None:
    first = resolve(held, ana, touchpoint)
    customer.expect_text("fixed?").reply("no")
    customer.expect_text("has your case again")
    officer.expect_text("not fixed")
    officer.expect_ring().decline()
    advance(timedelta(minutes=2).total_seconds())
    second = resolve(held, ana, touchpoint, done="We replaced the controller.")
    customer.expect_text("fixed?", "replaced the controller").reply("yes")
    customer.expect_text("closed")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.answer, second.answer) == (Answer.NOT_FIXED, Answer.FIXED)
    held.refresh_from_db()
    assert held.status == Status.CLOSED
