"""What each key of a call to an officer does, and each silence."""

from escalations.models import Escalation, PageStatus, Status
from telephony.simulator import Network, Phone
from telephony.simulator.story import CallStory
from tests.escalations.conftest import Advance, Escalate, Settle, events_of, story_of


def calls_of(case: Escalation) -> list[str]:
    return list(case.pages.filter(channel="call").values_list("status", flat=True))


def test_the_first_words_name_the_officer_and_no_customer(
    network: Network, escalate: Escalate, officer: Phone
) -> None:
    case = escalate()
    call = officer.expect_call("Officer of the Day, an urgent customer escalation for Ana Ruiz.")
    call.expect_heard("1 to take it, 3 to hear it first, 2 to pass it on.").hear_out()
    for secret in ("Acme", "Toledo", "plant", "Grace", str(case.number)):
        call.expect_not_heard(secret)
    text = officer.expect_text("urgent case", str(case.number))
    assert "Acme" not in text.body
    assert "Toledo" not in text.body
    case.refresh_from_db()
    assert case.status == Status.PAGING
    assert calls_of(case) == [PageStatus.ANSWERED]


def test_one_takes_it_says_so_and_speaks_the_brief(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    case = escalate()
    call = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    call.press("1").expect_heard("You pressed 1. You have it.")
    call.expect_heard("Acme Industries, worth 1.2 million US dollars a year")
    call.expect_heard("The plant in Toledo stands still").expect_heard("Two restarts").expect_heard(
        "A date for"
    )
    customer.expect_ring()
    case.refresh_from_db()
    assert (case.status, case.owner.name, case.accepted_by) == (Status.ACCEPTED, "Ana Ruiz", case.owner)
    assert calls_of(case) == [PageStatus.ACCEPTED]
    assert "Ana Ruiz: Ana Ruiz took the case by key." in story_of(case)


def test_three_tells_the_story_and_asks_again(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    case = escalate()
    call = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    call.press("3").expect_heard("You pressed 3.")
    call.expect_heard("Acme Industries").expect_heard("Toledo").expect_heard("restarts").expect_heard(
        "A date for"
    )
    call.expect_heard("1 to take it, 2 to pass it on.")
    case.refresh_from_db()
    assert case.status == Status.PAGING
    call.press("1").expect_heard("You have it")
    customer.expect_ring()


def test_two_passes_it_on_and_the_backup_rings_at_once(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone
) -> None:
    case = escalate()
    call = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    call.press("2").expect_heard("You pressed 2. Passed on.").expect_ended()
    backup.expect_ring(within=1.0)
    backup.expect_text("urgent case")
    assert calls_of(case) == [PageStatus.PASSED, PageStatus.RINGING]
    assert "Ana Ruiz: Ana Ruiz passed the case on by key." in story_of(case)


def test_whoever_passed_is_never_rung_again_for_it(
    network: Network,
    escalate: Escalate,
    officer: Phone,
    backup: Phone,
    fallback: Phone,
    desk: Phone,
    customer: Phone,
    advance: Advance,
) -> None:
    escalate()
    fallback.has_voicemail(after=0)
    officer.expect_call("Officer of the Day").press("2").expect_ended()
    officer.expect_text("urgent case")
    backup.expect_call("Officer of the Day").press("2").expect_ended()
    backup.expect_text("urgent case")
    advance(3600)
    assert len(officer.rings) == 1
    assert len(backup.rings) == 1
    assert len(fallback.rings) > 3
    desk.expect_text("nobody has answered")
    customer.expect_text("You will be called by")
    for text in fallback.texts:
        text.expected = True


def test_star_repeats(network: Network, escalate: Escalate, officer: Phone) -> None:
    escalate()
    call = officer.expect_call("1 to take it, 3 to hear it first")
    officer.expect_text("urgent case")
    call.press("*").expect_heard("Officer of the Day, an urgent customer escalation for Ana Ruiz.")
    call.expect_heard("1 to take it, 3 to hear it first, 2 to pass it on.")


def test_a_wrong_key_is_told_so_and_asked_again(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone
) -> None:
    escalate()
    call = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    for wrong in "740#":
        call.press(wrong).expect_heard(f"{wrong} is not a choice. 1 to take it")
    call.press("1").expect_heard("You have it")
    customer.expect_ring()


def test_after_five_wrong_keys_the_next_phone_rings(
    network: Network, escalate: Escalate, officer: Phone
) -> None:
    case = escalate()
    call = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    call.press("9999").expect_heard("9 is not a choice")
    call.press("9").expect_heard("That did not work. Goodbye.").expect_ended()
    officer.expect_ring()
    assert calls_of(case)[0] == PageStatus.UNANSWERED


def test_silence_is_asked_twice_and_then_counts_as_unanswered(
    network: Network, escalate: Escalate, officer: Phone, advance: Advance
) -> None:
    case = escalate()
    call = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    call.expect_heard("2 to pass it on").expect_heard("Officer of the Day, an urgent").expect_heard(
        "We heard no key"
    )
    call.expect_ended()
    assert sum("1 to take it" in heard.text for heard in call.words) == 2
    call.expect_not_heard("Acme")
    officer.expect_ring()
    assert calls_of(case) == [PageStatus.UNANSWERED, PageStatus.RINGING]
    assert "page_unanswered" in events_of(case)


def test_silence_after_the_story_is_asked_once_more_and_counts_as_unanswered(
    network: Network, escalate: Escalate, officer: Phone
) -> None:
    case = escalate()
    call = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    call.press("3").expect_heard("1 to take it, 2 to pass it on.").expect_heard(
        "1 to take it, 2 to pass it on."
    )
    call.expect_heard("We heard no key").expect_ended()
    officer.expect_ring()
    assert calls_of(case)[0] == PageStatus.UNANSWERED


def test_hanging_up_without_a_key_counts_as_unanswered(
    network: Network, escalate: Escalate, officer: Phone
) -> None:
    case = escalate()
    officer.expect_text("urgent case")
    officer.expect_call("Officer of the Day").hang_up()
    officer.expect_ring(within=1.0)
    assert calls_of(case) == [PageStatus.UNANSWERED, PageStatus.RINGING]


def test_nobody_climbs_over_an_officer_who_listens(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, customer: Phone, advance: Advance
) -> None:
    escalate()
    call = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    call.press("3").hear_out()
    advance(25)
    call.press("1").expect_heard("You have it")
    backup.expect_no_call()
    customer.expect_ring()


def test_a_key_after_somebody_else_took_it_is_told_who_has_it(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, customer: Phone, advance: Advance
) -> None:
    """Ana listens on for so long that Ben is rung too, and he is faster."""
    case = escalate()
    slow = officer.expect_call("Officer of the Day")
    officer.expect_text("urgent case")
    for _ in range(8):
        slow.press("*").expect_heard("2 to pass it on")
        advance(4)
    officer.expect_ring().decline()
    backup.expect_text("urgent case")
    backup.expect_call("Officer of the Day").press("1").expect_heard("You have it")
    customer.expect_ring()
    slow.press("1").expect_heard("Ben Okafor has it.").expect_ended()
    case.refresh_from_db()
    assert case.owner.name == "Ben Okafor"
    assert events_of(case).count("accepted") == 1


def test_answering_a_phone_that_still_rings_when_somebody_took_it_is_told_who_has_it(
    network: Network, escalate: Escalate, officer: Phone, backup: Phone, customer: Phone, settle: Settle
) -> None:
    """Ben picks up in the instant in which Ana takes it by text, before his phone is hung up."""
    case = escalate()
    offered = officer.expect_text("urgent case")
    officer.expect_ring().decline()
    officer.expect_ring().decline()
    backup.expect_text("urgent case")
    ring = backup.expect_ring()
    officer.send_text("1", to=offered.message.sender)
    backup.answer(ring.call)
    settle()
    CallStory(backup, ring.call).expect_heard("Ana Ruiz has it.").expect_ended()
    officer.expect_text("You have case", "CALL")
    case.refresh_from_db()
    assert case.owner.name == "Ana Ruiz"
