"""What had to be moved is moved, said on the timeline, and told to administrators: at once, never by the hundred."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection

from customers.models import Account
from escalations import bridging, holding, mailing, pager, paging, watch_reports, watchdog
from escalations.models import Escalation, LegStatus, Message, MessageStatus, Page, PageStatus
from escalations.outcomes import record_outcome
from escalations.raising import raise_escalation
from learnings.models import Touchpoint
from people.models import Person
from rota.models import Programme
from telephony import client
from telephony.clock import now
from telephony.simulator import Fault, Network, Phone
from tests.escalations.conftest import Escalate, events_of, story_of

LONG = timedelta(minutes=5)


@pytest.fixture
def lose(programme: Programme, cleo: Person, ana: Person) -> Callable[[int], list[Escalation]]:
    """Raises so many cases whose officer's call is over at Twilio, of which nobody heard."""
    sids = iter(range(10_000))

    def do(count: int) -> list[Escalation]:
        cases = []
        for _ in range(count):
            n = next(sids)
            account = Account.objects.create(external_id=f"L{n}", name=f"Customer {n}", country="US")
            case = raise_escalation(account=account, raised_by=cleo, summary="Lost.").escalation
            long_ago = now() - LONG
            case.pages.create(
                person=ana,
                channel="call",
                address=f"+1555777{n:04d}",
                status=PageStatus.RINGING,
                sid=f"CA{n:032x}",  # Twilio knows no such call any more
                rung=9,
                created_at=long_ago,
                due_at=long_ago,
                sent_at=long_ago,
            )
            cases.append(case)
        return cases

    return do


def watchdog_mails() -> list[str]:
    """The subjects of what administrators were mailed about moves, oldest first."""
    mailing.send_due()
    return [letter.subject for letter in mail.outbox if "watchdog" in letter.subject]


def test_one_lost_report_is_told_at_once(network: Network, lose: Callable[..., list[Escalation]]) -> None:
    (case,) = lose(1)
    assert watchdog.look() == 1
    assert "Twilio never reported the end of the call to Ana Ruiz" in story_of(case)
    assert watchdog_mails() == [f"Case {case.number} had to be moved by the watchdog"]
    letter = next(letter for letter in mail.outbox if "watchdog" in letter.subject)
    assert letter.to == ["dora@example.com"]
    assert f"case {case.number}, Customer 0: Twilio never reported" in letter.body
    assert f"/cases/{case.pk}/" in letter.body
    assert "PUBLIC_BASE_URL" in letter.body
    assert "pager was at work" not in letter.body, "only the remedies of what happened"


def test_many_are_gathered_into_one_mail_and_the_next_comes_a_quarter_of_an_hour_later(
    network: Network, lose: Callable[..., list[Escalation]], clock: time_machine.Traveller
) -> None:
    """An hour's outage is five mails, not one for each of a hundred cases."""
    lose(60)
    while watchdog.look():
        pass
    assert not Page.objects.live().filter(rung=9).exists()
    assert watchdog_mails() == ["50 cases had to be moved by the watchdog"], "what one look moved, at once"
    mails = []
    for _ in range(12):
        lose(1)
        watchdog.look()
        mails.append(len(watchdog_mails()))
        clock.shift(timedelta(minutes=5))
    assert mails == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    assert watchdog_mails()[1] == "14 cases had to be moved by the watchdog", "ten old ones, four new"
    watchdog.look()
    assert watchdog_mails()[-1] == "2 cases had to be moved by the watchdog", (
        "the last ones are not forgotten"
    )
    clock.shift(timedelta(hours=1))
    watchdog.look()
    assert len(watchdog_mails()) == 5, "nothing is said twice"


def test_a_long_list_is_cut_and_counted(network: Network, lose: Callable[..., list[Escalation]]) -> None:
    for case in lose(watch_reports.MOST_LISTED + 7):
        watch_reports.report(case, watch_reports.Why.REPORT_LOST, "It was lost.")
    watch_reports.mail_gathered()
    watchdog_mails()
    (letter,) = [letter for letter in mail.outbox if "watchdog" in letter.subject]
    assert letter.body.count("It was lost.") == watch_reports.MOST_LISTED
    assert "and 7 more" in letter.body


def test_two_watchdogs_that_find_the_same_say_it_once(
    network: Network, lose: Callable[..., list[Escalation]]
) -> None:
    (case,) = lose(1)
    found = Page.objects.get(rung=9)
    also_found = Page.objects.get(rung=9)
    live = Page.objects.live()
    assert watchdog._end_lost(found, case, live, watchdog._end_page)
    assert not watchdog._end_lost(also_found, case, live, watchdog._end_page)
    assert case.events.filter(kind="watchdog").count() == 1


def test_each_is_looked_at_in_its_turn_however_many_talk_for_long(
    network: Network, lose: Callable[..., list[Escalation]]
) -> None:
    """The first fifty go on talking (Twilio does not say); the ones after them are not forgotten for that."""
    lose(55)
    network.faults.add(Fault(on="GET Call", do="status", status=500, times=50))
    assert watchdog.look() == 0
    assert watchdog.look() == 5
    left = set(Page.objects.live().filter(rung=9).values_list("pk", flat=True))
    assert left == set(sorted(Page.objects.filter(rung=9).values_list("pk", flat=True))[:50])
    assert watchdog.look() == 50


def test_what_comes_late_is_said(
    network: Network, lose: Callable[..., list[Escalation]], clock: time_machine.Traveller
) -> None:
    (case,) = lose(1)
    Page.objects.live().update(status=PageStatus.UNANSWERED, ended_at=now())
    case.refresh_from_db()
    assert case.next_action_at is not None
    clock.move_to(case.next_action_at + timedelta(seconds=29), tick=False)
    assert pager.move_due_cases() == 1
    assert "watchdog" not in events_of(case)
    Page.objects.live().update(status=PageStatus.UNANSWERED, ended_at=now())
    case.refresh_from_db()
    clock.move_to(case.next_action_at + timedelta(minutes=20), tick=False)
    assert pager.move_due_cases() == 1
    assert "This comes 20 minutes late: no pager was at work" in story_of(case)
    watchdog.look()
    assert watchdog_mails() == [f"Case {case.number} had to be moved by the watchdog"]
    assert "pager was at work" in mail.outbox[-1].body


def test_a_case_that_the_database_refuses_to_change_keeps_no_other_waiting_and_is_told_once(
    clock: time_machine.Traveller, lose: Callable[..., list[Escalation]]
) -> None:
    """It is the most overdue one: whoever stops at it never comes to the others."""
    broken, well = lose(2)
    Page.objects.live().update(status=PageStatus.UNANSWERED, ended_at=now())
    Escalation.objects.filter(pk=broken.pk).update(next_action_at=now() - timedelta(seconds=20))
    Escalation.objects.filter(pk=well.pk).update(next_action_at=now() - timedelta(seconds=10))
    refuse_changes_of(broken)
    assert pager.move_due_cases() == 2
    well.refresh_from_db()
    assert well.next_action_at is not None
    assert well.next_action_at > now()
    assert "This case could not be moved on (IntegrityError)" in story_of(broken)
    for _ in range(3):
        clock.shift(timedelta(seconds=61))
        pager.move_due_cases()
    assert events_of(broken).count("watchdog") == 1
    watch_reports.mail_gathered()
    assert "could not be moved on" in Message.objects.get(key__startswith="watchdog:").body


def refuse_changes_of(case: Escalation) -> None:
    """From now on no statement can save this case as a whole."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "CREATE FUNCTION pg_temp.refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'broken' "
                "USING ERRCODE = 'check_violation'; END $$ LANGUAGE plpgsql"
            )
            cursor.execute(
                "CREATE TRIGGER refuse BEFORE UPDATE OF round ON escalations_escalation FOR EACH ROW "
                f"WHEN (NEW.id = {case.pk}) EXECUTE FUNCTION pg_temp.refuse()"
            )
        else:
            cursor.execute(
                "CREATE TRIGGER refuse BEFORE UPDATE OF round ON escalations_escalation "
                f"WHEN NEW.id = {case.pk} BEGIN SELECT RAISE(ABORT, 'broken'); END"
            )


def test_a_hang_up_that_twilio_never_takes_does_not_hold_the_phone_back_for_ever(
    network: Network,
    calls_only: Programme,
    officer: Phone,
    cleo: Person,
    escalate: Escalate,
) -> None:
    """It rings out by itself, its report is lost: only looking shows that there is nothing left to hang up."""
    network.faults.add(Fault(on="callback:status", do="lose"))
    network.faults.add(Fault(on="POST Call", do="status", status=500))
    case = escalate(connect="none")
    officer.expect_ring()
    holding.cancel(escalation=case, by=cleo, reason="It runs again.")
    escalate(connect="none")
    officer.expect_no_call(during=60)
    case.pages.update(ended_at=now() - timedelta(minutes=4))
    watchdog.look()
    officer.expect_ring(within=4)


# --- Texts and connections ---------------------------------------------------------------------------------


@pytest.fixture
def asked(
    network: Network, escalate: Escalate, officer: Phone, ana: Person, clock: time_machine.Traveller
) -> Escalation:
    """A resolved case, whose customer was asked by a text that never arrived; Twilio's word of it was lost."""
    network.faults.add(Fault(on="callback:text-status", do="lose"))
    network.phone("+15550190001").be_off()
    Touchpoint.objects.create(name="Software updates", owner=ana)
    case = escalate(connect="none")
    paging.accept(escalation=case, by=ana, how="on the page")
    record_outcome(
        escalation=case,
        by=ana,
        cause="product",
        touchpoint=Touchpoint.objects.get(),
        done="It runs.",
        quote="At last.",
    )
    network.advance(60)
    for thing in (*officer.rings, *officer.texts):
        thing.expected = True
    assert Message.objects.get(key__startswith="question:").status == MessageStatus.SENT
    return case


def test_a_question_that_never_arrived_goes_by_mail_although_nobody_told_us(
    asked: Escalation, clock: time_machine.Traveller
) -> None:
    clock.shift(watchdog.TEXT_REPORT)
    assert watchdog.look() == 1
    assert "text to the customer did not arrive. Asked, it says so" in story_of(asked)
    assert "It goes by mail instead" in story_of(asked)
    mailing.send_due()
    (question,) = [letter for letter in mail.outbox if letter.to == ["grace@acme.example.com"]]
    assert "/confirm/" in question.body
    assert watchdog.look() == 0


def test_a_customer_without_an_address_either_is_asked_by_whoever_raised_the_case(
    asked: Escalation, network: Network, desk: Phone, clock: time_machine.Traveller
) -> None:
    Escalation.objects.update(contact_email="")
    clock.shift(watchdog.TEXT_REPORT)
    watchdog.look()
    network.faults.clear()
    network.settle()
    desk.expect_text("the customer cannot be written to. Please ask whether it is fixed")
    assert "Cleo Martin is asked to tell them" in story_of(asked)


def test_a_text_that_arrived_is_on_record_and_one_of_which_nothing_is_ever_known_is_asked_about_for_a_day(
    network: Network, escalate: Escalate, officer: Phone, cleo: Person, clock: time_machine.Traveller
) -> None:
    case = escalate(connect="none")
    known = sent(case, "one", network)
    lost = sent(case, "two", network, sid="SM" + "0" * 32)
    network.advance(10)
    clock.shift(watchdog.TEXT_REPORT)
    assert watchdog.look() == 0, "nothing had to be moved"
    known.refresh_from_db()
    lost.refresh_from_db()
    assert (known.status, known.ended_at is None) == (MessageStatus.DELIVERED, False)
    assert (lost.status, lost.ended_at is None) == (MessageStatus.SENT, False)
    silent = sent(case, "three", network)
    network.faults.add(Fault(on="GET Message", do="status", status=500))
    clock.shift(watchdog.TEXT_REPORT + timedelta(seconds=1))
    before = len(network.requests)
    for _ in range(3):
        watchdog.look()
    asked_for = [one for one in list(network.requests)[before:] if silent.sid in one.url]
    assert len(asked_for) == 1, "once in ten minutes"
    for phone in network.phones.values():
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True


def sent(case: Escalation, key: str, network: Network, *, sid: str = "") -> Message:
    """A text to Cleo, of which nobody reports whether it arrived."""
    network.faults.add(Fault(on="callback:text-status", do="lose"))
    to = case.raised_by.phone
    at = now()
    return Message.objects.create(
        escalation=case,
        key=key,
        channel="text",
        address=to,
        body=key,
        person=case.raised_by,
        status=MessageStatus.SENT,
        sid=sid or client.send_text(to=to, body=key, status_callback="http://127.0.0.1:9/").sid,
        created_at=at,
        due_at=at,
        sent_at=at,
    )


def test_a_connection_that_was_left_open_is_closed_and_may_begin_anew(
    network: Network, escalate: Escalate, officer: Phone, ana: Person, clock: time_machine.Traveller
) -> None:
    """However it came about: the last phone is off the line, and the bridge was never ended."""
    case = escalate()
    paging.accept(escalation=case, by=ana, how="on the page")
    bridge = bridging.start(escalation=case, by=ana)
    bridge.legs.update(status=LegStatus.LEFT, ended_at=now())
    assert watchdog.look() == 0, "it has only just begun"
    clock.shift(timedelta(minutes=2))
    assert watchdog.look() == 1
    bridge.refresh_from_db()
    assert bridge.ended_at is not None
    assert "A connection was still open although nobody was on it" in story_of(case)
    assert watchdog_mails() == [f"Case {case.number} had to be moved by the watchdog"]
    bridging.start(escalation=case, by=ana)


def test_a_customers_leg_whose_end_nobody_reported_ends_the_connection(
    network: Network, escalate: Escalate, officer: Phone, customer: Phone, clock: time_machine.Traveller
) -> None:
    """Both hang up, and every word of it is lost: Twilio is asked, and the officer for the outcome."""
    case = escalate()
    officer.expect_text("urgent case")
    call = officer.expect_call("Officer of the Day").press("1").expect_heard("You have it")
    line = customer.expect_ring().answer()
    network.advance(20)
    network.faults.add(Fault(on="callback:*", do="lose"))
    line.hang_up()
    call.hang_up()
    assert case.bridges.filter(ended_at=None).exists()
    clock.shift(timedelta(minutes=watchdog.BRIDGE_LOOK_MINUTES + 1))
    watchdog.look()
    assert not case.bridges.filter(ended_at=None).exists()
    assert "Twilio never reported the end" in story_of(case)
    network.faults.clear()
    network.settle()
    for phone in network.phones.values():
        for thing in (*phone.rings, *phone.texts):
            thing.expected = True
