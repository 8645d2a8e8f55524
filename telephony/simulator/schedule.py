"""What happens when: one lock, one heap of timed events, and lanes for whatever speaks HTTP.

Two ways to run. By hand (``automatic=False``) nothing happens outside :meth:`Schedule.run_due`, which does
everything on the caller's thread, in order: tests own the clock. Automatic: one thread watches the heap and a
pool of workers speaks HTTP; deliveries of one lane (one call, one conference, one message) keep their order,
different lanes go side by side.

The lock is held while state changes and never while a socket is used.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

log = logging.getLogger("telephony.simulator")

WORKERS = 32
"""Webhooks that may be on their way at once in automatic mode; Twilio's own limit is far above ours."""


def real_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved; always aware, in UTC."""

    def __init__(self, start: datetime | None = None) -> None:
        """Start at `start`, or at the real time now."""
        self.now = (start or real_clock()).astimezone(UTC)

    def __call__(self) -> datetime:
        """The virtual time now."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`."""
        self.now += timedelta(seconds=seconds)


@dataclass(order=True)
class Event:
    """Something that happens at `due`; `lane` is set when it speaks HTTP and so runs without the lock."""

    due: datetime
    order: int
    act: Callable[[], object] = field(compare=False)
    lane: str | None = field(compare=False, default=None)
    cancelled: bool = field(compare=False, default=False)

    def cancel(self) -> None:
        """Make it not happen; harmless when it has happened."""
        self.cancelled = True


class Schedule:
    """The heap of what will happen, and the threads (if any) that make it happen."""

    def __init__(self, *, clock: Callable[[], datetime], automatic: bool) -> None:
        """Keep time by `clock` (aware datetimes); `automatic` starts threads at :meth:`start`."""
        self.clock = clock
        self.automatic = automatic
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self._heap: list[Event] = []
        self._orders = itertools.count()
        self._lanes: dict[str, deque[Event]] = {}
        self._busy: dict[str, int] = {}
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._pool: ThreadPoolExecutor | None = None

    def after(self, seconds: float, act: Callable[[], object]) -> Event:
        """Change state `seconds` from now; `act` runs with the lock held."""
        return self._push(seconds, act, None)

    def outside(self, lane: str, act: Callable[[], None], *, seconds: float = 0) -> Event:
        """Speak HTTP `seconds` from now, without the lock, after whatever the same lane has before it."""
        return self._push(seconds, act, lane)

    def _push(self, seconds: float, act: Callable[[], object], lane: str | None) -> Event:
        with self.lock:
            event = Event(self.clock() + timedelta(seconds=seconds), next(self._orders), act, lane)
            heapq.heappush(self._heap, event)
            if lane is not None:
                self._busy[lane] = self._busy.get(lane, 0) + 1
            if self._heap[0] is event:  # the watching thread sleeps until what was first before
                self.changed.notify_all()
            return event

    def next_due(self) -> datetime | None:
        """When the earliest event wants to happen, or None."""
        with self.lock:
            while self._heap and self._heap[0].cancelled:
                self._forget(heapq.heappop(self._heap))
            return self._heap[0].due if self._heap else None

    def run_due(self, *, lane: str | None = None) -> int:
        """Do everything that is due now, in order, on this thread; return how much was done.

        With `lane`, only what belongs to that lane or to no lane: a request that must not be answered before
        its own callbacks went out uses it.
        """
        done = 0
        while (event := self._pop_due(lane)) is not None:
            self._do(event)
            done += 1
        return done

    def lane_is_quiet(self, lane: str) -> bool:
        """Whether nothing of `lane` waits or is on its way."""
        with self.lock:
            return not self._busy.get(lane)

    def _pop_due(self, lane: str | None = None) -> Event | None:
        with self.lock:
            due_at = self.next_due()
            now = self.clock()
            if due_at is None or due_at > now:
                return None
            if lane is None:
                return heapq.heappop(self._heap)
            fitting = [e for e in self._heap if not e.cancelled and e.due <= now and e.lane in (lane, None)]
            if not fitting:
                return None
            first = min(fitting)
            self._heap.remove(first)
            heapq.heapify(self._heap)
            return first

    def _do(self, event: Event) -> None:
        if event.lane is None:
            with self.lock:
                event.act()
        else:
            try:
                event.act()
            finally:
                self._forget(event)

    def _forget(self, event: Event) -> None:
        """The lane of `event` has one thing less before it."""
        if event.lane is None:
            return
        with self.lock:
            left = self._busy.get(event.lane, 0) - 1
            if left > 0:
                self._busy[event.lane] = left
            else:
                self._busy.pop(event.lane, None)

    # -- automatic mode ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the threads of automatic mode; does nothing by hand."""
        if not self.automatic or self._thread is not None:
            return
        self._stopping = False
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="simulator-webhook")
        self._thread = threading.Thread(target=self._watch, name="simulator-schedule", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the threads; webhooks on their way are waited for, what waits is dropped."""
        with self.lock:
            self._stopping = True
            self.changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=5)
            self._thread = None
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _watch(self) -> None:
        while True:
            with self.lock:
                if self._stopping:
                    return
                event = self._pop_due()
                if event is None:
                    due_at = self.next_due()
                    wait = None if due_at is None else max(0.0, (due_at - self.clock()).total_seconds())
                    self.changed.wait(wait)
                    continue
                if event.lane is not None:
                    self._hand_to_worker(event)
                    continue
            self._survive(event)

    def _hand_to_worker(self, event: Event) -> None:
        lane = event.lane or ""
        waiting = self._lanes.get(lane)
        if waiting is not None:
            waiting.append(event)
            return
        self._lanes[lane] = deque([event])
        if self._pool is not None:
            self._pool.submit(self._work, lane)

    def _work(self, lane: str) -> None:
        while True:
            with self.lock:
                if not self._lanes[lane] or self._stopping:
                    del self._lanes[lane]
                    return
                event = self._lanes[lane].popleft()
            self._survive(event)

    def _survive(self, event: Event) -> None:
        try:
            self._do(event)
        except Exception:  # the network must outlive one broken event; it is logged whole
            log.exception("an event of the simulated network failed")
