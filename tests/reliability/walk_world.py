"""The stage of a random walk: people, accounts and a fresh network for each walk, and what must hold on it.

The database is emptied of what a walk made, not flushed: the cast, the programme and its duties stay. What happened
to each case is noted as it is committed, so that nothing between two looks is missed.
"""

import logging
import re
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise

import time_machine
from django.conf import settings
from django.core import mail
from django.db import transaction
from django.db.models.signals import post_save
from django.test.utils import override_settings
from django_q.models import OrmQ

from customers.models import Account
from escalations import claims, degraded, paging, watchdog
from escalations.models import (
    ENDED,
    IN_HAND,
    LIVE_LEG,
    LIVE_PAGE,
    Bridge,
    Escalation,
    Event,
    HeardText,
    Heartbeat,
    Leg,
    Message,
    NextAction,
    Pace,
    Page,
    Status,
)
from learnings.models import Learning, Touchpoint
from people.models import Person
from rota.models import Duty
from telephony.models import TextOptOut
from telephony.simulator import Network, Server
from telephony.simulator.calls import ENDED as CALL_ENDED
from tests.stories import START, connect

WATCH_SECONDS = 60
SELDOM_SECONDS = 600
"""How often the watchdog looks while time passes: in its first minutes, and later. A real one looks each 10 s."""

# What may be due while a case has this status.
_DUE = {
    Status.QUEUED: {NextAction.OPEN, NextAction.REMIND},
    Status.PAGING: {NextAction.CLIMB, NextAction.OPEN},
    Status.UNREACHED: {NextAction.CLIMB, NextAction.OPEN},
    Status.ACCEPTED: {NextAction.ASK_IDLE, NextAction.HAND_ON},
    Status.CONNECTED: {NextAction.ASK_OUTCOME},
    Status.RESOLVED: {NextAction.GIVE_UP},
}
# The events that tell of a change to this status; each change has exactly one.
_TOLD_BY = {
    Status.ACCEPTED: {"accepted", "reopened", "not_connected"},
    Status.UNREACHED: {"unreached"},
    Status.CONNECTED: {"connected"},
    Status.RESOLVED: {"resolved"},
    Status.CLOSED: {"closed"},
    Status.UNCONFIRMED: {"unconfirmed"},
    Status.CANCELLED: {"cancelled"},
}
_OWNER_TOLD_BY = {"accepted", "handed_over", "opened", "owner_left"}


class _Errors(logging.Handler):
    """What the product logs as an error: a case set aside, a chore that failed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


class World:
    """People by their first names, accounts by theirs; `begin()` and `end()` enclose one walk."""

    network: Network
    server: Server

    def __init__(
        self,
        *,
        url: str,
        clock: time_machine.Traveller,
        people: dict[str, Person],
        accounts: dict[str, Account],
        touchpoint: Touchpoint,
    ) -> None:
        self.url, self.clock = url, clock
        self.people, self.accounts, self.touchpoint = people, accounts, touchpoint
        self.walks = 0
        self._seats = dict(Duty.objects.values_list("pk", "person"))
        self._errors = _Errors()
        # (status, owner) of each case after each commit that wrote it
        self.history: dict[int, list[tuple[str, int]]] = defaultdict(list)

    # --- From walk to walk ------------------------------------------------------------------------------

    def begin(self) -> None:
        self.walks += 1
        self.clock.move_to(START, tick=False)
        self.ahead = timedelta(0)
        # A layer of settings for one walk: what pytest-django's fixture lays over another for each setting of each
        # walk is too deep for Python after a thousand.
        self._own = override_settings()
        self._own.enable()
        self.network, self.server = connect(self.url, settings, self.clock, lambda: self.ahead)
        for name, person in self.people.items():
            self.network.phone(person.phone, name=name)
        for name, account in self.accounts.items():
            self.network.phone(account.contacts.get().phone, name=f"customer of {name}")
        post_save.connect(self._note, sender=Escalation)
        logging.getLogger("escalations").addHandler(self._errors)

    def end(self) -> None:
        self.server.stop()
        self._own.disable()
        post_save.disconnect(self._note, sender=Escalation)
        logging.getLogger("escalations").removeHandler(self._errors)
        self._errors.said.clear()
        self.history.clear()
        mail.outbox.clear()
        degraded._Seen.down, degraded._Seen.looked_at = False, None
        Escalation.objects.all().delete()
        for model in (Learning, HeardText, Heartbeat, Pace, TextOptOut, OrmQ, Duty.history.model):
            model.objects.all().delete()
        # Two may have one another's seats: for an instant one of them would have both, and the database forbids that.
        Duty.objects.update(published=False)
        for pk, person in self._seats.items():
            Duty.objects.filter(pk=pk).update(person=person)
        Duty.objects.update(published=True)

    def _note(self, sender: type[Escalation], instance: Escalation, **kwargs: object) -> None:
        seen = (str(instance.status), instance.owner_id)
        transaction.on_commit(lambda pk=instance.pk: self.history[pk].append(seen))  # type: ignore[misc]

    # --- Time -------------------------------------------------------------------------------------------

    def settle(self) -> None:
        self.network.settle()

    def advance(self, seconds: float) -> None:
        """Let time pass as a pager does: everything at its time, and the watchdog now and then."""
        left = seconds
        while left > 0:
            watched = WATCH_SECONDS if seconds - left < SELDOM_SECONDS else SELDOM_SECONDS
            step = min(left, watched)
            self.network.advance(step)
            if step == watched:
                watchdog.look()
            left -= step
        self.settle()

    def set_clock(self, ahead: float) -> None:
        """Our clock is set: from now on it is so many seconds ahead of Twilio's."""
        self.clock.shift(timedelta(seconds=ahead) - self.ahead)
        self.ahead = timedelta(seconds=ahead)

    # --- What must hold at any time -----------------------------------------------------------------------

    def check(self) -> None:
        """Everything that holds after each step, whatever is under way."""
        assert not self._errors.said, self._errors.said
        for case in Escalation.objects.all():
            _check_case(case)
            _check_history(case, self.history[case.pk])
        for bridge in Bridge.objects.values("escalation").filter(ended_at=None):
            assert Bridge.objects.filter(ended_at=None, **bridge).count() == 1
        self.check_once()

    def check_once(self) -> None:
        """Twilio took each page, leg and message at most once, no webhook broke, and no phone rings twice."""
        taken: Counter[str] = Counter()
        for entry in self.network.requests:
            if entry.direction == "out":
                assert entry.status < 500, f"{entry.url} answered {entry.status}"
            elif entry.method == "POST" and entry.sid and entry.kind in ("Calls", "Messages"):
                names_its_row = entry.form.get("Url" if entry.kind == "Calls" else "StatusCallback", "")
                found = re.search(r"(pages|legs|messages)/\d+", names_its_row)
                taken[f"{entry.kind} {found.group() if found else entry.form}"] += 1
        twice = [what for what, times in taken.items() if times > 1]
        assert not twice, f"Twilio took these more than once: {twice}"
        ringing: Counter[str] = Counter()
        for call in self.network.calls.values():
            if call.direction == "outbound-api" and call.status not in (*CALL_ENDED, "in-progress"):
                ringing[call.to] += "/pages/" in call.plan.url
        assert not [to for to, calls in ringing.items() if calls > 1], f"a phone rings twice: {ringing}"

    # --- What must hold when all is quiet again ------------------------------------------------------------

    def check_quiet(self) -> None:
        """An hour after the last trouble: each case that rings has its officer or its end, or people were told."""
        self.check()
        for case in Escalation.objects.exclude(status__in=ENDED):
            told = set(case.messages.values_list("key", flat=True))
            reached = case.status in (*IN_HAND, Status.RESOLVED)
            unreached = case.status == Status.UNREACHED and any(
                key.startswith("raiser-unreached") for key in told
            )
            assert reached or unreached or not case.qualifies, story(case)
            assert case.waiting_for is None or case.status in (Status.PAGING, Status.UNREACHED), story(case)
        calls = Page.objects.calls().filter(status__in=LIVE_PAGE)
        assert not calls, [(page, page.status, page.purpose, story(page.escalation)) for page in calls]
        legs = Leg.objects.filter(status__in=LIVE_LEG)
        assert not legs, [(leg, leg.status, story(leg.bridge.escalation)) for leg in legs]
        bridges = Bridge.objects.filter(ended_at=None)
        assert not bridges, [story(bridge.escalation) for bridge in bridges]
        for model in (Page, Message):
            waiting = model.objects.filter(status__in=("queued", "sending"))
            assert not waiting, [(row, row.status, row.due_at) for row in waiting]
        for calls in (Page, Leg):
            rings_on = calls.objects.filter(hang_up_wanted=True)
            assert not rings_on, [(row, row.status, row.sid) for row in rings_on]
        live = [call for call in self.network.live_calls() if call.direction == "outbound-api"]
        assert not live, [(call.to, call.status, call.plan.url) for call in live]

    # --- Deaths -----------------------------------------------------------------------------------------

    def orphan(self, row: Page | Leg | Message, *, known_dead: bool) -> None:
        """The process that claimed this row is gone, on this machine (known to be) or on another one."""
        host = claims.PROCESS.split(":", maxsplit=1)[0] if known_dead else "elsewhere"
        type(row).objects.filter(pk=row.pk).update(claim=f"{host}:{2**22 + 1}:dead")


def _check_case(case: Escalation) -> None:
    status = Status(case.status)
    assert case.owner_id, story(case)
    if status in ENDED:
        assert (case.next_action, case.next_action_at) == ("", None), story(case)
    else:
        assert case.next_action_at is not None, story(case)
        assert NextAction(case.next_action) in _DUE[status], f"{status}: {case.next_action}\n{story(case)}"
        assert case.next_action_at <= _latest(case), f"{case.next_action} at {case.next_action_at}"
    if status in (*IN_HAND, Status.RESOLVED):
        assert case.accepted_by_id == case.owner_id, story(case)
        offers = case.pages.live().filter(purpose="offer")
        assert not offers, f"phones still ring for a case in hand: {list(offers)}\n{story(case)}"
    if status in ENDED:
        assert not case.pages.live(), story(case)


def _latest(case: Escalation) -> object:
    """No due time is further off than the longest wait there is (a customer's answer)."""
    days = case.programme.unconfirmed_after_days if case.status == Status.RESOLVED else 1
    return case.events.order_by("pk").last().at + timedelta(days=days, hours=1)


def _check_history(case: Escalation, seen: list[tuple[str, int]]) -> None:
    """Each change went along an allowed way, and the timeline tells of each, once."""
    assert seen, "raised without being saved"
    assert seen[-1] == (case.status, case.owner_id), f"changed behind our back: {seen}\n{story(case)}"
    pairs = list(pairwise(seen))
    steps = [(Status(a), Status(b)) for (a, _), (b, _) in pairs if a != b]
    for before, after in steps:
        assert after in paging._ALLOWED[before], f"{before} to {after}\n{story(case)}"
    told = Counter(case.events.values_list("kind", flat=True))
    became = Counter(after for _, after in steps)
    for status, kinds in _TOLD_BY.items():
        assert became[status] == sum(told[kind] for kind in kinds), f"{status}: {steps}\n{story(case)}"
    given_back = sum(after == Status.PAGING and before in IN_HAND for before, after in steps)
    assert given_back == told["handed_on"], f"{steps}\n{story(case)}"
    owners = sum(a != b for (_, a), (_, b) in pairs)
    assert owners <= sum(told[kind] for kind in _OWNER_TOLD_BY), f"owners {seen}\n{story(case)}"


def story(case: Escalation) -> str:
    """The case, its pages and its timeline, for a failing walk."""
    lines = [f"case {case.number}: {case.status}, {case.owner}, {case.next_action} at {case.next_action_at}"]
    lines += [
        f"  {page.pk} {page.purpose} {page.channel} to {page.person}: {page.status} {page.sid} {page.tries=}"
        for page in case.pages.order_by("pk")
    ]
    events = Event.objects.filter(escalation=case)
    lines += [f"  {event.at:%H:%M:%S} {event.kind}: {event.text}" for event in events]
    return "\n".join(lines)
