"""Random walks: whatever officers, customers, administrators, Twilio and dying pagers do, in any order.

Hypothesis draws the steps. Every run walks the same dozen; RANDOM_WALKS=2000 walks so many new ones. A walk that
fails is printed as it was; SHORTEN_WALKS=1 lets Hypothesis look for a shorter one first, for up to five minutes.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django.live_server_helper import LiveServer

from customers.models import Account, AccountStatus, Contact
from escalations import (
    bridging,
    claims,
    confirming,
    deliveries,
    delivery,
    handing_over,
    holding,
    pager,
    paging,
    watchdog,
)
from escalations.models import Channel, Escalation, Leg, Message, Outcome, Page
from escalations.outcomes import record_outcome
from escalations.raising import raise_escalation
from learnings.models import Touchpoint
from people.errors import Refused
from people.models import Person
from rota.models import Duty, Membership, Programme
from rota.reassigning import reassign
from telephony.errors import TelephonyError
from telephony.simulator import Fault, Phone
from tests.conftest import make_person, publish_days
from tests.reliability.walk_world import World

WALKS = int(os.environ.get("RANDOM_WALKS", "0"))
SHORTEN = "SHORTEN_WALKS" in os.environ
HOUSE_WALKS = 12
STEPS = 25
LATEST_TALK_SECONDS = 300
"""Nobody stays on the line longer than this, so that an hour passes quickly."""

OFFICERS = st.sampled_from(["ana", "ben", "fay", "dora"])
EVERYBODY = st.sampled_from(["ana", "ben", "fay", "dora", "cleo"])
ACCOUNTS = st.sampled_from(["acme", "zenith", "tiny"])
NUMBER = st.integers(0, 3)
# What happens after a deed, before the next one: mostly everything that is due, sometimes one side only, or nothing.
THEN = st.sampled_from(["all", "all", "all", "all", "pager", "network", "nothing"])
FAULTS = st.sampled_from(
    [
        ("POST Calls", "reset_before"),
        ("POST Calls", "reset_after"),
        ("POST Calls", "reset_after"),
        ("POST Calls", "status"),
        ("POST Calls", "answer_after_callbacks"),
        ("POST Calls", "stale"),
        ("POST Messages", "reset_before"),
        ("POST Messages", "reset_after"),
        ("POST Messages", "status"),
        ("GET Calls", "status"),
        ("GET Messages", "reset_before"),
        ("POST Call", "reset_after"),
        ("POST Call", "status"),
        ("callback:status", "lose"),
        ("callback:status", "double"),
        ("callback:status", "reorder"),
        ("callback:status", "delay"),
        ("callback:status", "bad_signature"),
        ("callback:gather", "double"),
        ("callback:gather", "lose"),
        ("callback:voice", "double"),
        ("callback:voice", "lose"),
        ("callback:amd", "lose"),
        ("callback:amd", "delay"),
        ("callback:text", "double"),
        ("callback:text", "lose"),
        ("callback:text-status", "reorder"),
        ("callback:text-status", "double"),
        ("callback:conference", "lose"),
        ("callback:conference", "reorder"),
        ("callback:*", "double"),
        ("callback:*", "delay"),
    ]
)


def _send(row: Page | Leg | Message) -> None:
    """What a pager tells Twilio, and nothing of what it notes afterwards."""
    if row.channel == Channel.TEXT:
        delivery._send_text(row)
    elif isinstance(row, Leg):
        delivery._place_leg(row)
    else:
        delivery._place_page(row)


class Walk(RuleBasedStateMachine):
    """One walk. Each rule is one deed of somebody; what the product refuses, it may refuse."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.slow: list[Page | Leg | Message] = []
        world.begin()

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self._let_all_end_well()
        finally:
            self.world.end()

    def _let_all_end_well(self) -> None:
        """The last trouble is over: phones are answered and 1 is pressed for an hour."""
        world = self.world
        world.network.faults.clear()
        for phone in world.network.phones.values():
            phone.be_normal().always(answer_after=3, press="1", hang_up_after=12)
        self._hang_up_all()
        world.advance(3600)
        for _ in range(60):  # whoever has a case is asked each ten minutes how it goes: such a call may end
            if not world.network.live_calls():
                break
            world.advance(1)
        world.check_quiet()

    def _hang_up_all(self) -> None:
        for phone in list(self.world.network.phones.values()):
            phone.hang_up()

    @invariant()
    def all_holds(self) -> None:
        self.world.check()

    # --- Whom and what ----------------------------------------------------------------------------------

    def _case(self, number: int) -> Escalation | None:
        cases = list(Escalation.objects.order_by("pk"))
        return cases[number % len(cases)] if cases else None

    def _phone(self, who: str) -> Phone:
        return self.world.network.phone(self.world.people[who].phone)

    def _customer(self, account: str) -> Phone:
        return self.world.network.phone(self.world.accounts[account].contacts.get().phone)

    def _do(self, then: str, deed: Callable[[], object]) -> None:
        with contextlib.suppress(Refused):
            deed()
        match then:
            case "all":
                self.world.settle()
            case "pager":
                pager.run_due()
            case "network":
                self.world.network.run_due()

    def _has_cases(self) -> bool:
        return Escalation.objects.exists()

    # --- The desk ---------------------------------------------------------------------------------------

    @rule(
        account=ACCOUNTS,
        severity=st.sampled_from(["normal", "high", "critical"]),
        public_risk=st.booleans(),
        connect=st.sampled_from(["none", "customer", "agent"]),
        then=THEN,
    )
    def raise_case(self, account: str, severity: str, public_risk: bool, connect: str, then: str) -> None:
        people, accounts = self.world.people, self.world.accounts
        self._do(
            then,
            lambda: raise_escalation(
                account=accounts[account],
                raised_by=people["cleo"],
                summary="The plant stands still.",
                severity=severity,
                public_risk=public_risk,
                connect=connect,
            ),
        )

    @precondition(_has_cases)
    @rule(number=NUMBER, by=st.sampled_from(["cleo", "dora", "ana"]), then=THEN)
    def cancel(self, number: int, by: str, then: str) -> None:
        case = self._case(number)
        self._do(then, lambda: holding.cancel(escalation=case, by=self.world.people[by], reason=""))

    # --- Phones -----------------------------------------------------------------------------------------

    @rule(who=EVERYBODY, then=THEN)
    def answer(self, who: str, then: str) -> None:
        self._do(then, self._phone(who).answer)

    @rule(who=OFFICERS, key=st.sampled_from(["1", "1", "2", "3", "*", "7", "11"]), then=THEN)
    def press(self, who: str, key: str, then: str) -> None:
        self._do(then, lambda: self._phone(who).press(key))

    @rule(
        who=OFFICERS,
        key=st.sampled_from(["1", "1", "1", "2", "3", "7"]),
        listens=st.sampled_from([0, 1, 6]),
        then=THEN,
    )
    def answer_and_press(self, who: str, key: str, listens: float, then: str) -> None:
        phone = self._phone(who)
        phone.answer()
        self.world.settle()
        self.world.advance(listens)
        self._do(then, lambda: phone.press(key))

    @rule(who=EVERYBODY, then=THEN)
    def hang_up(self, who: str, then: str) -> None:
        self._do(then, self._phone(who).hang_up)

    @rule(who=OFFICERS, then=THEN)
    def decline(self, who: str, then: str) -> None:
        self._do(then, self._phone(who).decline)

    @rule(who=OFFICERS, then=THEN)
    def voicemail_answers(self, who: str, then: str) -> None:
        self._do(then, self._phone(who).to_voicemail)

    @rule(
        who=EVERYBODY,
        habit=st.sampled_from(
            [
                "be_normal",
                "be_busy",
                "be_off",
                "be_declining",
                "be_unallocated",
                "be_landline",
                "has_voicemail",
            ]
        ),
    )
    def takes_a_habit(self, who: str, habit: str) -> None:
        getattr(self._phone(who), habit)()

    @rule(who=OFFICERS, verdict=st.sampled_from(["human", "machine_start", "unknown", ""]))
    def is_taken_for(self, who: str, verdict: str) -> None:
        self._phone(who).has_amd_verdict(verdict)

    @rule(account=ACCOUNTS, deed=st.sampled_from(["answer", "hang_up", "decline", "to_voicemail"]), then=THEN)
    def customer_does(self, account: str, deed: str, then: str) -> None:
        self._do(then, getattr(self._customer(account), deed))

    @rule(who=OFFICERS, then=THEN)
    def calls_us(self, who: str, then: str) -> None:
        phone = self._phone(who)
        if phone.call is None:
            self._do(then, phone.call_number)

    @rule(account=ACCOUNTS, then=THEN)
    def customer_calls_us(self, account: str, then: str) -> None:
        phone = self._customer(account)
        if phone.call is None:
            self._do(then, phone.call_number)

    # --- Texts ------------------------------------------------------------------------------------------

    @rule(
        who=OFFICERS,
        words=st.sampled_from(
            ["1", "accept", "2", "pass", "yes", "no", "call", "what?", "1 {}", "2 {}", "call {}"]
        ),
        number=NUMBER,
        then=THEN,
    )
    def texts(self, who: str, words: str, number: int, then: str) -> None:
        case = self._case(number)
        body = words.format(case.number if case else 1000)
        self._do(then, lambda: self._phone(who).send_text(body))

    @rule(account=ACCOUNTS, words=st.sampled_from(["yes", "no", "1", "still broken", "thanks"]), then=THEN)
    def customer_texts(self, account: str, words: str, then: str) -> None:
        self._do(then, lambda: self._customer(account).send_text(words))

    # --- Pages of the web ---------------------------------------------------------------------------------

    @precondition(_has_cases)
    @rule(number=NUMBER, who=OFFICERS, then=THEN)
    def accepts_on_the_page(self, number: int, who: str, then: str) -> None:
        case, by = self._case(number), self.world.people[who]
        self._do(then, lambda: paging.accept(escalation=case, by=by, how="on the page"))

    @precondition(_has_cases)
    @rule(number=NUMBER, who=OFFICERS, then=THEN)
    def passes_on_the_page(self, number: int, who: str, then: str) -> None:
        case, by = self._case(number), self.world.people[who]
        self._do(then, lambda: paging.pass_on(escalation=case, by=by, how="on the page"))

    @precondition(_has_cases)
    @rule(number=NUMBER, to=OFFICERS, then=THEN)
    def hands_over(self, number: int, to: str, then: str) -> None:
        case, colleague = self._case(number), self.world.people[to]
        self._do(then, lambda: handing_over.offer(escalation=case, by=case.owner, to=colleague))

    @precondition(_has_cases)
    @rule(number=NUMBER, who=OFFICERS, yes=st.booleans(), then=THEN)
    def answers_the_hand_over(self, number: int, who: str, yes: bool, then: str) -> None:
        case, by = self._case(number), self.world.people[who]
        verb = handing_over.take if yes else handing_over.decline
        self._do(then, lambda: verb(escalation=case, by=by))

    @precondition(_has_cases)
    @rule(number=NUMBER, then=THEN)
    def outcome(self, number: int, then: str) -> None:
        case, touchpoint = self._case(number), self.world.touchpoint
        self._do(
            then,
            lambda: record_outcome(
                escalation=case,
                by=case.owner,
                cause="product",
                touchpoint=touchpoint,
                done="It runs.",
                quote="At last.",
            ),
        )

    @precondition(lambda _: Outcome.objects.exists())
    @rule(fixed=st.booleans(), then=THEN)
    def customer_follows_the_link(self, fixed: bool, then: str) -> None:
        outcome = Outcome.objects.order_by("-pk")[0]
        self._do(then, lambda: confirming.answer(outcome=outcome, fixed=fixed, how="by link"))

    @precondition(_has_cases)
    @rule(number=NUMBER, connects=st.booleans(), then=THEN)
    def connects_or_drops(self, number: int, connects: bool, then: str) -> None:
        case = self._case(number)
        verb = bridging.start if connects else bridging.drop
        self._do(then, lambda: verb(escalation=case, by=case.owner))

    # --- Administrators -----------------------------------------------------------------------------------

    @rule(seat=st.integers(0, 1), to=st.sampled_from(["ana", "ben", "fay"]), then=THEN)
    def swap(self, seat: int, to: str, then: str) -> None:
        duty = Duty.objects.order_by("day", "seat")[seat]
        people = self.world.people
        self._do(then, lambda: reassign(duty=duty, to=people[to], by=people["dora"], reason="swap"))

    @precondition(lambda _: Page.objects.exists())
    @rule(number=st.integers(0, 20), again=st.booleans(), then=THEN)
    def delivery_is_looked_after(self, number: int, again: bool, then: str) -> None:
        pages = list(Page.objects.order_by("-pk")[:21])
        verb = deliveries.retry if again else deliveries.cancel
        page, dora = pages[number % len(pages)], self.world.people["dora"]
        self._do(then, lambda: verb(kind="page", pk=page.pk, by=dora))

    # --- Time, Twilio, deaths -----------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.5, 1, 2, 3, 5, 7, 12, 20, 25, 30, 46, 60, 90, 180]))
    def a_while_passes(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule(seconds=st.sampled_from([600, 900, 1800, 3600]))
    def long_passes(self, seconds: float) -> None:
        self.world.advance(LATEST_TALK_SECONDS)
        self._hang_up_all()
        self.world.advance(seconds - LATEST_TALK_SECONDS)

    @rule(what=FAULTS, times=st.integers(1, 4), status=st.sampled_from([429, 500, 503]))
    def twilio_fails(self, what: tuple[str, str], times: int, status: int) -> None:
        on, do = what
        seconds = 3.0 if do == "stale" else 4.0
        self.world.network.faults.add(Fault(on=on, do=do, times=times, status=status, seconds=seconds))

    @rule()
    def twilio_is_well(self) -> None:
        self.world.network.faults.clear()

    @rule(
        text=st.booleans(),
        sends=st.booleans(),
        known_dead=st.booleans(),
        then=THEN,
    )
    def pager_dies(self, text: bool, sends: bool, known_dead: bool, then: str) -> None:
        """With a row in its hands, before or after Twilio took it."""
        row = next(iter(claims.claim_texts(1)), None) if text else claims.claim_call()
        if row is None or isinstance(row, claims.Paced):
            return
        if sends:
            with contextlib.suppress(TelephonyError):
                _send(row)
        self.world.orphan(row, known_dead=known_dead)
        if known_dead:
            watchdog.look()
        self._do(then, lambda: None)

    @rule(text=st.booleans())
    def slow_pager_claims(self, text: bool) -> None:
        """A process claims a row and sleeps; it goes on later, perhaps too late."""
        row = next(iter(claims.claim_texts(1)), None) if text else claims.claim_call()
        if row is not None and not isinstance(row, claims.Paced):
            self.slow.append(row)

    @precondition(lambda self: self.slow)
    @rule(then=THEN)
    def slow_pager_goes_on(self, then: str) -> None:
        row = self.slow.pop(0)
        deliver = delivery.deliver_text if row.channel == Channel.TEXT else delivery.deliver_call
        self._do(then, lambda: deliver(row))

    @rule(ahead=st.sampled_from([-30, -5, 0, 0, 5, 30]))
    def our_clock_is_set(self, ahead: float) -> None:
        """By an operator or a time server, while everything runs: for the phones no time has passed."""
        self.world.set_clock(ahead)

    @rule()
    def watchdog_looks(self) -> None:
        watchdog.look()


@pytest.fixture
def world(
    live_server: LiveServer,
    clock: time_machine.Traveller,
    programme: Programme,
    cleo: Person,
    ana: Person,
    ben: Person,
    dora: Person,
    acme: Account,
    tiny: Account,
) -> Iterator[World]:
    fay = make_person("fay@example.com", "Fay Stone", phone="+15550100005", is_executive=True)
    Membership.objects.create(programme=programme, person=fay)
    Duty.objects.all().delete()
    publish_days(programme, [[ana, ben], [ben, fay], [fay, ana], [ana, ben]])
    zenith = Account.objects.create(
        external_id="ZENITH",
        name="Zenith Labs",
        annual_value=Decimal(800_000),
        currency="USD",
        customer_since=date(2016, 3, 1),
        loyalty=8,
        status=AccountStatus.STRATEGIC,
        influence=8,
        country="US",
    )
    Contact.objects.create(account=zenith, name="Zoe Park", phone="+15550190003", is_default=True)
    return World(
        url=live_server.url,
        clock=clock,
        people={"ana": ana, "ben": ben, "fay": fay, "dora": dora, "cleo": cleo},
        accounts={"acme": acme, "zenith": zenith, "tiny": tiny},
        touchpoint=Touchpoint.objects.create(name="Software updates", owner=dora),
    )


def test_whatever_happens_in_any_order(world: World) -> None:
    dose = settings(
        max_examples=WALKS or HOUSE_WALKS,
        stateful_step_count=STEPS,
        derandomize=not WALKS,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink] if SHORTEN else [Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(lambda: Walk(world), settings=dose)
