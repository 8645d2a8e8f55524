"""The ledger: credited once and only with a debrief in time; corrected on record; never changed; months."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_q.models import Schedule
from time_machine import Traveller

from listening.errors import BadInput, NotAllowed
from listening.ledger import carry_over, carry_over_due, correct, credit_session, month_totals, outlook
from listening.models import (
    CallSource,
    Credit,
    CreditKind,
    Debrief,
    Evidence,
    ListeningRules,
    LiveCall,
    Session,
    SessionStatus,
)
from listening.reckoning import reckon, reckon_many
from people.errors import Refused
from people.models import Person
from rota.models import Absence, AbsenceStatus, Programme
from tests.conftest import make_person
from tests.listening.lived import FORTY, at, live_session, tell, visit_of

START = at("2026-06-17 14:00")
JUNE = date(2026, 6, 1)
guards = import_module("listening.migrations.0004_keep_the_ledger_as_it_is")

pytestmark = pytest.mark.django_db


@pytest.fixture
def bea(db: None) -> Person:
    return make_person("bea@example.com", "Bea Agent", is_support=True)


@pytest.fixture
def session(programme: Programme, ana: Person, bea: Person) -> Session:
    return live_session(programme, ana, bea, START, FORTY)


def debriefed(session: Session, *, after: timedelta = timedelta(hours=1)) -> Session:
    """Written by hand into the table: how it is written is tested with the debriefs."""
    assert session.ended_at is not None
    Debrief.objects.create(
        session=session, heard="The same bill again.", by=session.person, created_at=session.ended_at + after
    )
    return session


def entries(session: Session) -> list[tuple[str, str, int]]:
    return [(str(one.month), one.kind, one.seconds) for one in session.credits.order_by("month", "kind")]


# --- Sessions --------------------------------------------------------------------------------------------------


def test_forty_minutes_with_six_of_hold_are_thirty_four(session: Session) -> None:
    credit_session(session=debriefed(session))
    (credit,) = session.credits.all()
    assert (credit.seconds, credit.kind, credit.month) == (34 * 60, CreditKind.LISTENING, JUNE)
    assert set(credit.evidence) == set(Evidence.objects.values_list("pk", flat=True))
    assert (credit.person, credit.approver, credit.key) == (
        session.person,
        None,
        f"session:{session.pk}:2026-06:listening",
    )


def test_told_in_any_order_it_is_the_same(programme: Programme, ana: Person, bea: Person) -> None:
    story = [*FORTY]
    random.Random(3).shuffle(story)
    session = live_session(programme, ana, bea, START, story)
    credit_session(session=debriefed(session))
    assert entries(session) == [("2026-06-01", "listening", 2040)]


def test_without_a_debrief_nothing_is_credited(session: Session) -> None:
    assert credit_session(session=session) == []
    told = outlook(session, now=session.ended_at)
    assert (told.worth.seconds, told.credited, told.why_not) == (2040, None, "The debrief is not written yet")
    late = outlook(session, now=session.debrief_due_at + timedelta(seconds=1))
    assert late.why_not == "The debrief was not written in time"


def test_a_late_debrief_credits_nothing(session: Session) -> None:
    debriefed(session, after=timedelta(days=3, seconds=1))
    assert credit_session(session=session) == []
    assert outlook(session, now=START).why_not == "The debrief came too late"
    assert not Credit.objects.exists()


def test_in_the_last_second_it_is_in_time(session: Session) -> None:
    assert credit_session(session=debriefed(session, after=timedelta(days=3)))


def test_a_session_that_runs_is_not_credited(session: Session) -> None:
    debriefed(session)
    Session.objects.filter(pk=session.pk).update(status=SessionStatus.RUNNING, ended_at=None)
    assert credit_session(session=session) == []


def test_credited_once(session: Session) -> None:
    debriefed(session)
    credit_session(session=session)
    # What is told afterwards is a difference, and no second credit.
    tell(session.visits.get(), START, ["15 42:00 join listener"])
    assert credit_session(session=session) == []
    assert outlook(session, now=START).credited == 2040


def test_a_correction_before_does_not_stand_in_the_way(session: Session, dora: Person) -> None:
    correct(
        person=session.person,
        programme=session.programme,
        month=JUNE,
        kind="listening",
        seconds=60,
        reason="Told by the desk",
        by=dora,
        session=session,
    )
    assert len(credit_session(session=debriefed(session))) == 1


def test_across_a_months_end_it_is_split_in_the_programmes_zone(
    programme: Programme, ana: Person, bea: Person
) -> None:
    # New York's June ends at 04:00 UTC; the call is on hold from its fifth to its eighth minute.
    session = live_session(programme, ana, bea, at("2026-07-01 03:50"), FORTY)
    credit_session(session=debriefed(session))
    assert entries(session) == [("2026-06-01", "listening", 420), ("2026-07-01", "listening", 1620)]
    assert session.month == JUNE


def test_several_calls_and_an_extension_have_lines_of_their_own(
    programme: Programme, ana: Person, bea: Person
) -> None:
    session = live_session(programme, ana, bea, START, (*FORTY[:4], "5 10:00 leave listener", "6 10:00 end"))
    visit_of(
        session,
        None,
        START + timedelta(minutes=11),
        ["1 0:00 join listener", "2 0:30 join extension", "3 9:00 leave extension", "4 9:00 end"],
        source=CallSource.EXTENSION,
    )
    tell(session.visits.first(), START, ["- 0:00 present", "- 10:30 present"])
    credit_session(session=debriefed(session))
    assert entries(session) == [("2026-06-01", "listening", 600), ("2026-06-01", "monitor", 510)]


def test_a_centres_own_conference_is_told_by_call(programme: Programme, ana: Person, bea: Person) -> None:
    """No labels: the customer is whoever is neither the agent nor one of ours, where the centre does not say."""
    story = [
        "1 0:00 join customer",
        "2 0:10 join agent",
        "3 1:00 join listener",
        "4 1:00 join other",
        "5 8:00 leave other",
        "6 9:00 leave listener",
        "7 9:30 leave customer",
        "8 9:30 leave agent",
    ]
    session = live_session(programme, ana, bea, START)
    visit_of(session, bea, START, story, source=CallSource.REGISTERED)
    assert reckon(session).seconds == 480
    LiveCall.objects.update(customer_call_sid="")
    assert reckon(session).seconds == 480
    LiveCall.objects.update(customer_call_sid="CA" + "f" * 32)
    assert reckon(session).seconds == 0


def test_looks_count_until_the_last_of_them(programme: Programme, ana: Person, bea: Person) -> None:
    session = live_session(programme, ana, bea, START)
    visit_of(
        session,
        bea,
        START,
        [
            "look 0:04 seen customer",
            "look 0:04 seen agent",
            "look 0:08 seen listener",
            "look 1:00 hold customer",
        ],
        source=CallSource.REGISTERED,
        looked_at=START + timedelta(seconds=90),
    )
    told = reckon(session)
    assert told.seconds == 52
    assert 0 not in told.whole.evidence


def test_somebody_who_never_answered_did_not_leave(programme: Programme, ana: Person, bea: Person) -> None:
    session = live_session(programme, ana, bea, START, [line for line in FORTY if not line.startswith("8 ")])
    assert reckon(session).seconds == 17 * 60  # the end of the agent's hold was lost: nothing after it counts
    call = session.visits.get().live_call
    Evidence.objects.create(
        live_call=call,
        kind="leave",
        source_sid=call.conference_sid,
        sequence=15,
        call_sid="CA" + "e" * 32,
        at=START + timedelta(minutes=42),
        received_at=START,
        detail="participant_add_failed",
    )
    assert not any("left" in doubt.why and "no join" in doubt.why for doubt in reckon(session).whole.doubts)
    assert reckon(session).seconds == 17 * 60


def test_another_sessions_missed_check_is_its_own(
    programme: Programme, ana: Person, ben: Person, bea: Person
) -> None:
    session = live_session(programme, ana, bea, START, FORTY)
    other = live_session(programme, ben, bea, START)
    Evidence.objects.create(
        live_call=session.visits.get().live_call, session=other, kind="absent", at=START, received_at=START
    )
    assert reckon(session).seconds == 2040


def test_reckoning_asks_three_times_however_many(programme: Programme, ana: Person, bea: Person) -> None:
    def cost() -> int:
        sessions = list(Session.objects.select_related("programme"))
        with CaptureQueriesContext(connection) as queries:
            assert all(one.seconds == 2040 for one in reckon_many(sessions).values())
        return len(queries)

    live_session(programme, ana, bea, START, FORTY)
    few = cost()
    for day in range(1, 6):
        live_session(programme, ana, bea, START + timedelta(days=day), FORTY)
    assert cost() == few == 3


# --- Append-only -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "deed",
    [
        lambda: Credit.objects.update(seconds=9999),
        lambda: Credit.objects.all().delete(),
        lambda: Evidence.objects.update(kind="hold"),
    ],
)
def test_the_database_refuses_what_is_not_an_entry(session: Session, deed: Callable[[], object]) -> None:
    credit_session(session=debriefed(session))
    _guard_again()
    with pytest.raises(DatabaseError, match=r"never (changed|deleted)"), transaction.atomic():
        deed()
    assert Credit.objects.get().seconds == 2040


def test_the_guards_stand_after_all_migrations() -> None:
    """SQLite forgets a table's triggers where a later migration makes the table anew."""
    lite = connection.vendor == "sqlite"
    where = (
        "name FROM sqlite_master WHERE type = 'trigger'"
        if lite
        else "tgname FROM pg_trigger WHERE NOT tgisinternal"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {where}")
        found = {name for (name,) in cursor.fetchall() if name.startswith("listening_")}
    # What tests take away on SQLite: see tests/conftest.py.
    assert found == set(guards.GUARDS) - ({"listening_credit_kept"} if lite else set())


def _guard_again() -> None:
    """The one guard that tests take away, put back until the test's transaction is rolled back."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(guards.sqlite("listening_credit_kept"))


# --- Corrections -----------------------------------------------------------------------------------------------


def corrected(
    programme: Programme, person: Person, by: Person, seconds: int = 120, **fields: object
) -> Credit:
    return correct(
        **{
            "person": person,
            "programme": programme,
            "month": date(2026, 6, 20),
            "kind": "listening",
            "seconds": seconds,
            "reason": "The bridge of 4 June",
            "by": by,
            **fields,
        }
    )


def test_a_correction_is_an_entry_with_a_reason_and_an_approver(
    programme: Programme, ana: Person, dora: Person
) -> None:
    credit = corrected(programme, ana, dora)
    assert (credit.month, credit.seconds, credit.approver, credit.reason) == (
        JUNE,
        120,
        dora,
        "The bridge of 4 June",
    )
    corrected(programme, ana, dora, seconds=-120)
    assert month_totals(programme=programme, month=JUNE)[ana.pk].seconds == {"listening": 0}


def test_a_form_sent_twice_is_one_correction(programme: Programme, ana: Person, dora: Person) -> None:
    assert corrected(programme, ana, dora, key="abc") == corrected(programme, ana, dora, key="abc")
    assert Credit.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"seconds": 0}, "seconds"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": 360_001}, "seconds"),
        ({"reason": "  "}, "reason"),
        ({"reason": "4111 1111 1111 1111"}, "reason"),
        ({"kind": "golf"}, "kind"),
    ],
)
def test_a_correction_that_cannot_be(
    programme: Programme, ana: Person, dora: Person, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        corrected(programme, ana, dora, **fields)
    assert refused.value.field == field
    assert not Credit.objects.exists()


def test_a_correction_of_somebody_elses_session(session: Session, ben: Person, dora: Person) -> None:
    with pytest.raises(BadInput) as refused:
        corrected(session.programme, ben, dora, session=session)
    assert refused.value.field == "session"


def test_who_may_correct(programme: Programme, ana: Person, ben: Person, dora: Person) -> None:
    with pytest.raises(NotAllowed):
        corrected(programme, ana, ben)
    dora.is_executive = True
    with pytest.raises(NotAllowed, match="their own"):
        corrected(programme, dora, dora)
    assert not Credit.objects.exists()


# --- Months ----------------------------------------------------------------------------------------------------


def enter(programme: Programme, person: Person, month: date, kind: str, seconds: int) -> None:
    Credit.objects.create(
        person=person,
        programme=programme,
        month=month,
        kind=kind,
        seconds=seconds,
        key=f"test:{Credit.objects.count()}",
        created_at=datetime.now(UTC),
    )


def test_a_months_total_counts_what_the_programme_counts(
    programme: Programme, ana: Person, ben: Person
) -> None:
    enter(programme, ana, JUNE, CreditKind.LISTENING, 7199)
    enter(programme, ana, JUNE, CreditKind.REVIEW, 600)
    enter(programme, ana, JUNE, CreditKind.CARRIED, 0)
    total = month_totals(programme=programme, month=JUNE)[ana.pk]
    assert (total.owed_minutes, total.counted_minutes, total.missing_seconds, total.kept) == (
        120,
        119,
        1,
        False,
    )
    ListeningRules.objects.create(programme=programme, counts=["listening", "review"])
    total = month_totals(programme=programme, month=JUNE)[ana.pk]
    assert (total.counted, total.kept, total.seconds["review"]) == (7799, True, 600)


def test_what_is_owed_is_pro_rated_for_absences(programme: Programme, ana: Person) -> None:
    Absence.objects.create(
        person=ana,
        first_day=date(2026, 6, 1),
        last_day=date(2026, 6, 15),
        reason="leave",
        status=AbsenceStatus.APPROVED,
        created_at=datetime.now(UTC),
    )
    total = month_totals(programme=programme, month=JUNE)[ana.pk]
    assert total.owed_minutes == 60
    assert total.reasons == ["away on 15 days: 15 of 30 days"]


def test_totals_cost_the_same_for_many(programme: Programme, ana: Person) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            month_totals(programme=programme, month=JUNE)
        return len(queries)

    enter(programme, ana, JUNE, CreditKind.LISTENING, 60)
    few = cost()
    for n in range(6):
        more = make_person(f"more{n}@example.com", f"More {n}", is_executive=True)
        programme.memberships.create(person=more)
        enter(programme, more, JUNE, CreditKind.LISTENING, 60)
    assert cost() == few <= 6


def test_nothing_is_carried_over_by_default(programme: Programme, ana: Person) -> None:
    enter(programme, ana, JUNE, CreditKind.LISTENING, 9000)
    assert carry_over(programme=programme, month=JUNE) == []


@pytest.mark.parametrize(
    ("listening", "carried", "review", "expected"),
    [
        (7200, 0, 0, 0),  # exactly the quota
        (7201, 0, 0, 1),
        (9000, 0, 0, 1800),
        (99_999, 0, 0, 3600),  # at most what the rule allows
        (7000, 0, 9000, 0),  # a kind that does not count
        (7000, 900, 0, 700),  # what was carried over is used up first
        (0, 9000, 0, 0),  # and is not carried on
    ],
)
def test_carried_over(
    programme: Programme, ana: Person, listening: int, carried: int, review: int, expected: int
) -> None:
    ListeningRules.objects.create(programme=programme, carry_over_minutes=60)
    enter(programme, ana, JUNE, CreditKind.LISTENING, listening)
    enter(programme, ana, JUNE, CreditKind.CARRIED, carried)
    enter(programme, ana, JUNE, CreditKind.REVIEW, review)
    found = carry_over(programme=programme, month=JUNE)
    assert [(one.seconds, one.month, one.kind) for one in found] == (
        [(expected, date(2026, 7, 1), "carried")] if expected else []
    )
    assert carry_over(programme=programme, month=JUNE) == []


@pytest.mark.starts_at(datetime(2026, 7, 4, 12, tzinfo=UTC))
def test_carried_over_when_the_debriefs_are_in(clock: Traveller, programme: Programme, ana: Person) -> None:
    ListeningRules.objects.create(programme=programme, carry_over_minutes=60, debrief_days=3)
    enter(programme, ana, JUNE, CreditKind.LISTENING, 9000)
    assert carry_over_due() == 0
    clock.move_to(datetime(2026, 7, 6, 12, tzinfo=UTC))
    assert carry_over_due() == 1
    assert carry_over_due() == 0
    assert Schedule.objects.filter(func="listening.ledger.carry_over_due").count() == 1
