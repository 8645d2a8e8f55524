"""What the pager, the phones' webhooks and the pages ask of a database full of old cases, and how it finds it.

Every statement is explained as it is executed. None may walk through a table that grows with history, and none may
read more rows than the open cases and one case's own account for. SQLite tells of the ways it takes and of the steps
of its machine; PostgreSQL of the rows that each part of its plan reads, those it throws away included.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Index, UniqueConstraint

from benches.history import fill_history
from customers.models import Account, Contact
from escalations import (
    bridging,
    claims,
    confirming,
    delivery,
    handing_over,
    holding,
    inbound,
    mailing,
    outcomes,
    pager,
    paging,
    settling,
    texting,
    watchdog,
)
from escalations.models import Escalation, Page, PageStatus
from escalations.raising import raise_escalation
from learnings.models import Touchpoint
from people.models import Person
from rota.models import Programme
from telephony import clock
from telephony.events import InboundCall, InboundText
from tests.api.conftest import Program, program  # noqa: F401 - a fixture
from tests.stories import COMPANY_NUMBER
from tests.web.conftest import SignIn, sign_in  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

OLD_CASES = 20_000
OPEN_CASES = 12
MOST_ROWS = 400
"""Read by one part of one plan: the open cases, their pages and events, an officer's last day; nothing of 20,000."""
MOST_STEPS = 60_000
"""Of SQLite's machine for one statement, about ten for each row that is looked at."""
STEPS_A_TICK = 1000

ON_POSTGRESQL = connection.vendor == "postgresql"
GROWING = {model._meta.db_table for model in apps.get_app_config("escalations").get_models()} - {
    "escalations_heartbeat",
    "escalations_pace",
}


def _partial_indexes() -> set[str]:
    """The indexes that hold a few rows only, because old ones do not meet their condition."""
    found = set()
    for model in apps.get_app_config("escalations").get_models():
        for index in (*model._meta.indexes, *model._meta.constraints):
            if isinstance(index, Index | UniqueConstraint) and index.condition is not None:
                found.add(index.name)
    return found - {
        "page_sid_once",
        "message_sid_once",
        "leg_sid_once",
        "leg_by_sid",
    }  # every old row has a SID


class Plans:
    """Explains each statement before it is executed; `faults` are the statements that history makes slow."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.seen = 0
        self._small = _partial_indexes()
        self._statement, self._ticks = "", 0

    def tick(self) -> int:
        """SQLite has made so many steps more; anything but 0 would stop it."""
        self._ticks += 1
        return 0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if not many and any(table in sql for table in GROWING):
            self.seen += 1
            (self._explain_on_postgresql if ON_POSTGRESQL else self._explain_on_sqlite)(sql, params)
        self.count_steps(sql)
        return execute(sql, params, many, context)

    def count_steps(self, following: str = "") -> None:
        """Judge the last statement, whose rows are fetched by now; the steps belong to the following one."""
        if self._ticks * STEPS_A_TICK > MOST_STEPS:
            self.faults.append(f"{self._ticks * STEPS_A_TICK} steps: {_short(self._statement)}")
        self._statement, self._ticks = following, 0

    def _explain_on_sqlite(self, sql: str, params: Any) -> None:
        with connection.cursor() as cursor:
            raw = cursor.cursor  # not through us again
            raw.execute(f"EXPLAIN QUERY PLAN {sql}", params or ())
            ways = [row[3] for row in raw.fetchall()]
        for way in ways:
            scanned = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", way)
            if scanned and self._grows(scanned[1], sql) and scanned[2] not in self._small:
                self.faults.append(f"{way}: {_short(sql)}")

    def _grows(self, name: str, sql: str) -> bool:
        """Whether a table, or what stands for it in this statement (each meaning of it), grows with history."""
        meant = set(re.findall(rf'"(\w+)" (?:AS )?"?{name}"?\b', sql))
        return name in GROWING or (bool(meant) and meant <= GROWING)

    def _explain_on_postgresql(self, sql: str, params: Any) -> None:
        reads = sql.lstrip("( ").upper().startswith("SELECT")
        options = "(ANALYZE, FORMAT JSON)" if reads else "(FORMAT JSON)"
        with connection.cursor() as cursor:
            raw = cursor.cursor
            raw.execute(f"EXPLAIN {options} {sql}", params)
            (plan,) = raw.fetchone()
        whole = plan if isinstance(plan, list) else json.loads(plan)
        for node in _nodes(whole[0]["Plan"]):
            table = node.get("Relation Name", "")
            if node["Node Type"] == "Seq Scan" and table in GROWING and not reads:
                self.faults.append(f"Seq Scan on {table}: {_short(sql)}")
            kept = node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)
            read = kept * node.get("Actual Loops", 1)
            if read > MOST_ROWS and (table in GROWING or "Index Name" in node):
                self.faults.append(
                    f"{read} rows by {node['Node Type']} {node.get('Index Name', table)}: {sql}"
                )


def _short(sql: str) -> str:
    return re.sub(r'SELECT "?escalations_\w+"?\."id", .*? FROM', "SELECT … FROM", sql)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


@contextmanager
def watched() -> Iterator[Plans]:
    plans = Plans()
    if not ON_POSTGRESQL:
        connection.connection.set_progress_handler(plans.tick, STEPS_A_TICK)
    with connection.execute_wrapper(plans):
        yield plans
    plans.count_steps()
    if not ON_POSTGRESQL:
        connection.connection.set_progress_handler(None, 0)
    assert plans.seen, "nothing was asked"
    assert not plans.faults, "history makes these slow:\n" + "\n\n".join(plans.faults)


@pytest.fixture
def history(programme: Programme, ana: Person, cleo: Person, dora: Person, acme: Account) -> None:
    """20,000 old cases, all of them Ana's and raised by Cleo; and a dozen open ones."""
    Touchpoint.objects.create(name="Software updates", owner=dora)
    others = [Account(external_id=f"O{n}", name=f"Customer {n}", country="US") for n in range(20)]
    accounts = [acme, *Account.objects.bulk_create(others)]
    Contact.objects.bulk_create(
        Contact(account=account, name="Contact", phone=f"+1555019{n:04d}", is_default=True)
        for n, account in enumerate(accounts[1:], start=100)
    )
    fill_history(count=OLD_CASES, programmes=[programme], accounts=accounts, officers=[ana], agent=cleo)
    for account in accounts[1 : 1 + OPEN_CASES]:
        raise_escalation(account=account, raised_by=cleo, summary="Open.", severity="critical")
    if ON_POSTGRESQL:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


@pytest.fixture
def open_case(history: None, acme: Account, cleo: Person) -> Escalation:
    """One more, whose phone is about to ring."""
    return raise_escalation(account=acme, raised_by=cleo, summary="The plant stands still.").escalation


# --- The pager --------------------------------------------------------------------------------------------


def test_the_pagers_work(open_case: Escalation) -> None:
    """With calls that ring too long, were lost or are to be hung up, and a case that is due."""
    long_ago = clock.now() - timedelta(minutes=5)
    states: list[dict[str, Any]] = [
        {"status": PageStatus.RINGING, "sid": "CA1", "sent_at": long_ago},
        {"status": PageStatus.SENDING, "claim": "elsewhere:1:x", "lease_until": long_ago},
        {"status": PageStatus.CANCELLED, "hang_up_wanted": True, "sid": "CA2", "ended_at": long_ago},
        {
            "status": PageStatus.CANCELLED,
            "hang_up_wanted": True,
            "lease_until": long_ago,
            "ended_at": long_ago,
        },
    ]
    for page, state in zip(Page.objects.live().order_by("-pk"), states, strict=False):
        Page.objects.filter(pk=page.pk).update(**state)
    Escalation.objects.filter(pk=open_case.pk).update(next_action_at=long_ago)
    with watched():
        claims.claim_call()
        claims.claim_texts(4)
        delivery.next_due()
        delivery.hang_up_due()
        settling.settle_undecided()
        settling.release_dead_claims()
        pager.move_due_cases()
        pager.next_due()
        mailing.send_due()
        watchdog.look()
        pager.Pager("here")._until_next()
        pager.Pager("here")._beat()


# --- A case on its way ------------------------------------------------------------------------------------


def test_raising_and_climbing(history: None, acme: Account, cleo: Person) -> None:
    with watched():
        case = raise_escalation(account=acme, raised_by=cleo, summary="The plant stands still.").escalation
        assert raise_escalation(account=acme, raised_by=cleo, summary="And the press.").joined
        for _ in range(5):
            case.pages.live().update(status=PageStatus.UNANSWERED, ended_at=clock.now())
            Escalation.objects.filter(pk=case.pk).update(next_action_at=clock.now())
            assert pager.move_on(case.pk)


def test_an_officer_takes_connects_hands_over_and_resolves(
    open_case: Escalation, ana: Person, ben: Person, cleo: Person, acme: Account
) -> None:
    with watched():
        paging.accept(escalation=open_case, by=ana, how="on the page")
        leg = bridging.start(escalation=open_case, by=ana).legs.get()
        bridging.placed(leg_id=leg.pk, sid="CA7")
        bridging.joined(leg_id=leg.pk)
        bridging.drop(escalation=open_case, by=ana)
        handing_over.offer(escalation=open_case, by=ana, to=ben)
        handing_over.take(escalation=open_case, by=ben)
        outcome = outcomes.record_outcome(
            escalation=open_case,
            by=ben,
            cause="product",
            touchpoint=Touchpoint.objects.get(),
            done="It runs.",
            quote="At last.",
        )
        confirming.answer(outcome=outcome, fixed=False, how="by link")
        holding.cancel(escalation=open_case, by=cleo, reason="It was another's.")
    assert not open_case.pages.live()


def test_what_twilio_says_of_a_page(open_case: Escalation, ana: Person) -> None:
    page = Page.objects.live().calls().latest("pk")
    Page.objects.filter(pk=page.pk).update(status=PageStatus.SENDING)
    with watched():
        paging.placed(page_id=page.pk, sid="CA7")
        with paging.held(page.pk) as held:
            paging.rings(held)
            paging.answered(held)
            paging.key_pressed(held, "7")
            paging.ended(held, PageStatus.UNANSWERED)


def test_texts_come_in(open_case: Escalation, ana: Person) -> None:
    sids = itertools.count()

    def text(sender: str, body: str) -> None:
        form = {"MessageSid": f"SM{next(sids):032x}", "From": sender, "To": COMPANY_NUMBER, "Body": body}
        texting.hear(InboundText.parse(form))

    with watched():
        for words in ("Hm", "call", f"2 {open_case.number}", f"1 {open_case.number}", "1"):
            text(ana.phone, words)
        for sender in ("+15550190001", "+15550001111"):
            for words in ("yes", "no", "Where are you?"):
                text(sender, words)


def test_calls_come_in(open_case: Escalation, ana: Person) -> None:
    with watched():
        for sid, number in (("CA11", ana.phone), ("CA12", "+15550190001"), ("CA13", "+15550001111")):
            inbound.greet(InboundCall(call_sid=sid, from_=number, to=COMPANY_NUMBER))
            inbound.call_ended(call_sid=sid)


# --- Pages and the API ------------------------------------------------------------------------------------


def test_the_pages_that_people_look_at(
    open_case: Escalation,
    ana: Person,
    cleo: Person,
    dora: Person,
    sign_in: SignIn,  # noqa: F811
) -> None:
    case = f"/cases/{open_case.pk}/"
    for person, paths in (
        (ana, ["/officer/", "/officer/live/", case, f"{case}live/?after=0", "/cases/"]),
        (
            cleo,
            ["/desk/", "/desk/cases/", "/desk/score/?account=ACME", case, f"{case}live/?after=0", "/cases/"],
        ),
        (dora, ["/admin/deliveries/", case, "/cases/"]),
    ):
        browser = sign_in(person)
        with watched():
            for path in paths:
                assert browser.get(path).status_code == 200


def test_the_api(
    open_case: Escalation,
    ana: Person,
    cleo: Person,
    program: Callable[..., Program],  # noqa: F811
) -> None:
    case = f"escalations/{open_case.pk}/"
    body = {"account": "ACME", "summary": "The plant stands still."}
    for person in (ana, cleo):
        client = program(person)
        with watched():
            for path in (
                case,
                f"{case}timeline/",
                "escalations/?open=true",
                "escalations/?open=true&mine=true",
            ):
                assert client.read(path).status_code == 200
    with watched():
        assert client.send("escalations/", body, key="once").status_code == 201
        assert client.send("escalations/", body, key="once").status_code == 201
