"""What had to be moved is moved, said on the timeline, and told to administrators: at once, never by the hundred."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection

from customers.models import Account
from escalations import holding, mailing, pager, watch_reports, watchdog
from escalations.clock import now
from escalations.models import Escalation, Message, Page, PageStatus
from escalations.raising import raise_escalation
from people.models import Person
from rota.models import Programme
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
