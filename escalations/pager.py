"""The pager: a loop over due rows. Any number of them may run, on any number of machines.

The main thread moves due cases and claims calls and texts; a small pool of threads speaks to Twilio. It sleeps until
the next due time, or until somebody wakes it (`wakeup`); a lost wake-up costs at most a second.
"""

import itertools
import logging
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, close_old_connections, connection

from escalations import (
    claims,
    climbing,
    confirming,
    delivery,
    following_up,
    mailing,
    paging,
    settling,
    watchdog,
)
from escalations.models import Channel, Escalation, Message, NextAction, Page
from escalations.wakeup import WakeUp
from telephony import chores, clock, transport

logger = logging.getLogger(__name__)

_Row = TypeVar("_Row")

LONGEST_SLEEP_SECONDS = 1.0
WATCH_SECONDS = 10.0
BEAT_SECONDS = 5.0
BEATS_A_LINE = 12  # a line of the log each minute
HANG_UP_SECONDS = 0.1
URL_BEAT_SECONDS = 60.0
# How many due cases are moved before calls are claimed again: a flood of timers must not hold up the phones.
CASES_A_TURN = 25
TEXT_THREADS = 4
SET_ASIDE_SECONDS = 60


def move_on(escalation_id: int) -> bool:
    """Do what is due for one case. False where it is not (any more) due: another pager was faster."""
    with paging.due_case(escalation_id) as case:
        if case is None or case.next_action_at is None:
            return False
        watchdog.came_late(case, case.next_action_at)
        match case.next_action:
            case NextAction.OPEN:
                climbing.open_hours(case)
            case NextAction.CLIMB:
                climbing.climb(case)
            case NextAction.REMIND:
                following_up.remind(case)
            case NextAction.ASK_IDLE:
                following_up.ask_idle(case)
            case NextAction.HAND_ON:
                following_up.hand_on_idle(case)
            case NextAction.ASK_OUTCOME:
                following_up.ask_outcome(case)
            case NextAction.GIVE_UP:
                confirming.give_up(case)
        return True


def move_due_cases(most: int = CASES_A_TURN) -> int:
    """Move the cases that are due, the most overdue first. Returns how many moved."""
    due = Escalation.objects.due(clock.now()).values_list("pk", flat=True)[:most]
    return sum(_move_or_set_aside(pk) for pk in list(due))


def _move_or_set_aside(escalation_id: int) -> bool:
    """One case that cannot be moved (a ladder written by hand, a bug) must not keep all others from moving."""
    try:
        return move_on(escalation_id)
    except (OperationalError, InterfaceError):
        raise  # the database itself; what it says of this one case must not stop all others
    except Exception as error:
        again = clock.now() + timedelta(seconds=SET_ASIDE_SECONDS)
        logger.exception("Case %s could not be moved: it is tried again at %s", 1000 + escalation_id, again)
        stuck = Escalation.objects.filter(pk=escalation_id, next_action_at__lt=again)
        moved = bool(stuck.update(next_action_at=again))
        watchdog.cannot_move(escalation_id, error)
        return moved


def next_due() -> datetime | None:
    """The next instant at which anything of ours wants to happen, mail included; None for nothing."""
    cases = Escalation.objects.filter(next_action_at__isnull=False).order_by("next_action_at")
    instants = [delivery.next_due(), cases.values_list("next_action_at", flat=True).first()]
    for model in (Page, Message):
        mails = model.objects.filter(channel=Channel.EMAIL, status="queued").order_by("due_at")
        instants.append(mails.values_list("due_at", flat=True).first())
    instants += [chore.next_due() for chore in chores.registered()]
    return min((instant for instant in instants if instant is not None), default=None)


def run_due() -> int:
    """Everything that is due now, once through, on the calling thread. Returns how many things were done."""
    done = delivery.hang_up_due() + settling.settle_undecided() + move_due_cases()
    while True:
        call = claims.claim_call()
        if call is None or isinstance(call, claims.Paced):
            break
        delivery.deliver_call(call)
        done += 1
    while texts := claims.claim_texts(1):
        delivery.deliver_text(texts[0])
        done += 1
    done += mailing.send_due()
    return done + sum(chore.work(claims.may_call_beside_cases) for chore in chores.registered())


class Pager:
    """One pager process. `run()` returns after `stop()`, when what is in flight is finished."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._stopping = threading.Event()
        self._wake_up: WakeUp | None = None
        self._free_callers = threading.Semaphore(settings.PAGER_DIAL_THREADS)
        self._free_texters = threading.Semaphore(TEXT_THREADS)
        self._paced_until: datetime | None = None
        self._chores_at: dict[str, float] = {}
        self._chores_running: set[str] = set()
        self._placed = 0
        self._beats = itertools.count()

    def stop(self) -> None:
        """Claim nothing more; let what is in flight finish."""
        self._stopping.set()
        if self._wake_up is not None:
            self._wake_up.poke()

    def run(self) -> None:
        """Loop until stopped. A database that goes away is waited for; nothing else may end the loop."""
        threads = settings.PAGER_DIAL_THREADS + TEXT_THREADS + 3
        threads += sum(chore.hands for chore in chores.registered())
        with WakeUp() as wake_up, ThreadPoolExecutor(threads, thread_name_prefix="dial") as pool:
            self._wake_up = wake_up
            settling.release_dead_claims()
            transport.warm_up()
            while not self._stopping.is_set():
                try:
                    sleep = self._turn(pool)
                except DatabaseError:
                    logger.exception("The database did not answer: trying again")
                    connection.close()
                    sleep = LONGEST_SLEEP_SECONDS
                if sleep > 0:
                    wake_up.wait(sleep)

    def _turn(self, pool: ThreadPoolExecutor) -> float:
        """One round: claim first, then move cases, then chores. Returns how long to sleep, in seconds."""
        self._claim(pool)
        moved = move_due_cases()
        if moved:
            self._claim(pool)
        # Whoever ends a call wakes us: a phone rings on for nobody, so this waits for no other turn than the next.
        wait = self._chore(pool, "hang up", HANG_UP_SECONDS, delivery.hang_up_due)
        self._chore(pool, "settle", 0.5, settling.settle_undecided)
        self._chore(pool, "watch", WATCH_SECONDS, watchdog.look)
        self._chore(pool, "beat", BEAT_SECONDS, self._beat)
        self._chore(pool, "clock", clock.MEASURE_SECONDS, clock.measure)
        if settings.HEARTBEAT_URL:
            self._chore(pool, "url beat", URL_BEAT_SECONDS, _call_heartbeat_url)
        rooms = [self._of_a_room(pool, chore) for chore in chores.registered()]
        if moved >= CASES_A_TURN:
            return 0
        return min(self._until_next(), wait, *rooms)

    def _claim(self, pool: ThreadPoolExecutor) -> None:
        self._paced_until = None
        while free := _take_free(self._free_callers):
            calls = claims.claim_calls(free)
            if isinstance(calls, claims.Paced):
                self._paced_until, calls = calls.until, []
            for _ in range(free - len(calls)):
                self._free_callers.release()
            for call in calls:
                self._submit(pool, self._free_callers, delivery.deliver_call, call)
            self._placed += len(calls)
            if not calls or (len(calls) < free and settings.TWILIO_CALLS_PER_SECOND <= 0):
                break  # there are no more; where calls are paced, the next question tells until when
        if free := _take_free(self._free_texters):
            texts = claims.claim_texts(free)
            for _ in range(free - len(texts)):
                self._free_texters.release()
            for text in texts:
                self._submit(pool, self._free_texters, delivery.deliver_text, text)

    def _submit(
        self, pool: ThreadPoolExecutor, free: threading.Semaphore, send: Callable[[_Row], None], row: _Row
    ) -> None:
        def done(future: Future[None]) -> None:
            free.release()
            error = future.exception()
            if error is not None:
                # The row keeps its lease: it is settled by asking Twilio, whatever went wrong here.
                logger.error("Sending %s broke off", row, exc_info=error)
            if self._wake_up is not None:
                self._wake_up.poke()

        def send_it() -> None:
            try:
                send(row)
            finally:
                # A connection that broke must not meet the next row; a good one is kept.
                close_old_connections()

        pool.submit(send_it).add_done_callback(done)

    def _chore(self, pool: ThreadPoolExecutor, name: str, every: float, work: Callable[[], object]) -> float:
        """Run a chore in the pool when its time has come and it is not still running.

        Returns how many seconds a turn that wants it may sleep: the longest where it runs, else until it can.
        """
        now = time.monotonic()
        if name in self._chores_running:
            return every
        if (early := self._chores_at.get(name, 0.0) - now) > 0:
            return early
        self._chores_at[name] = now + every
        self._chores_running.add(name)

        def run() -> None:
            try:
                close_old_connections()
                work()
            except Exception:
                logger.exception("The chore %r failed; it comes again", name)
                connection.close()
            finally:
                self._chores_running.discard(name)

        pool.submit(run)
        return LONGEST_SLEEP_SECONDS

    def _of_a_room(self, pool: ThreadPoolExecutor, chore: chores.Chore) -> float:
        """Another room's chore, when it has something due, with as many hands as it may have and are free.

        Returns how many seconds the turn may sleep for its sake: a hand that did something wakes the next turn.
        """
        due = chore.next_due()
        if due is None:
            return LONGEST_SLEEP_SECONDS
        early = (due - clock.now()).total_seconds()
        if early > 0:
            return early

        def work() -> None:
            if chore.work(claims.may_call_beside_cases) and self._wake_up is not None:
                self._wake_up.poke()

        for hand in range(chore.hands):
            self._chore(pool, f"{chore.name} {hand}", 0.0, work)
        return chore.every

    def _until_next(self) -> float:
        cases = Escalation.objects.filter(next_action_at__isnull=False).order_by("next_action_at")
        due = cases.values_list("next_action_at", flat=True).first()
        first = min((at for at in (due, self._paced_until) if at is not None), default=None)
        if first is None:
            return LONGEST_SLEEP_SECONDS
        return min(max((first - clock.now()).total_seconds(), 0.002), LONGEST_SLEEP_SECONDS)

    def _beat(self) -> None:
        late = Escalation.objects.due(clock.now() - timedelta(seconds=5)).count()
        watchdog.beat(f"pager {self.name}", {"placed": self._placed, "late": late})
        watchdog.beat("pager", {"by": self.name})
        beats = next(self._beats)
        # Who reads the log notices its silence, and is not told each five seconds that all is well.
        level = logging.INFO if beats % BEATS_A_LINE == 0 else logging.DEBUG
        logger.log(level, "At work: %s calls sent, %s cases late", self._placed, late)


def _take_free(hands: threading.Semaphore) -> int:
    """How many calls or texts may be sent at once just now; each is to be given back."""
    taken = 0
    while hands.acquire(blocking=False):
        taken += 1
    return taken


def _call_heartbeat_url() -> None:
    """Tell a dead man's switch outside that we are well; its own alarm rings when we are silent."""
    with urllib.request.urlopen(settings.HEARTBEAT_URL, timeout=5):  # noqa: S310 - the operator's own address
        pass
