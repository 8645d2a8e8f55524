"""SQLite as Django has it, except that whoever wants to write stands in a queue.

SQLite lets one write at a time, and whoever finds it busy looks again after pauses that grow to 100 ms: who comes
later is often faster, and some wait for seconds (measured on 2 cores, ten writers: 1,470 ms at the 99th percentile;
in the queue 300 ms, and a quarter more written). So a transaction first takes a lock of the operating system on a file
beside the database (flock(2)), which hands it on at once, in order, and frees it when its holder dies.

The queue only orders; what protects the data is SQLite's own lock as before. Who has waited in the queue for too long,
behind somebody who hangs, leaves it and asks SQLite itself, which says "database is locked" in its own time.
"""

import contextlib
import fcntl
import os
import threading
import weakref
from typing import Any

from django.db.backends.sqlite3 import base

QUEUE_SECONDS = 10.0
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection, with its place in the queue."""

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self._place = Place()

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(
            factory=lambda connection: _Cursor(connection, self.queue_up, self._place)
        )

    def queue_up(self) -> None:
        """Wait for our turn to write. A database in memory has no others who want it."""
        name = str(self.settings_dict["NAME"])
        if not self.is_in_memory_db() and not name.startswith("file:"):
            self._place.take(f"{name}-queue", QUEUE_SECONDS)

    def _start_transaction_under_autocommit(self) -> None:
        self.queue_up()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # Django's types leave it out
        except BaseException:
            self._place.leave()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # Django's types leave it out
        finally:
            self._place.leave()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # Django's types leave it out
        finally:
            self._place.leave()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # Django's types leave it out
        finally:
            self._place.close()


class _Cursor(base.SQLiteCursorWrapper):
    """A statement that writes outside any transaction is one of its own, and queues for as long as it runs."""

    def __init__(self, connection: Any, queue_up: Any, place: "Place") -> None:
        super().__init__(connection)
        self._queue_up, self._place = queue_up, place

    def execute(self, query: Any, params: Any = None) -> Any:
        with self._turn_for(query):
            return super().execute(query, params)

    def executemany(self, query: Any, param_list: Any) -> Any:
        with self._turn_for(query):
            return super().executemany(query, param_list)

    @contextlib.contextmanager
    def _turn_for(self, query: Any) -> Any:
        if self.connection.in_transaction or not str(query).lstrip()[:7].upper().startswith(_WRITES):
            yield
            return
        self._queue_up()
        try:
            yield
        finally:
            self._place.leave()


class Place:
    """A place in the queue: held by one connection at a time, gone with its process."""

    def __init__(self) -> None:
        self._file: int | None = None
        self._held = False
        _places.add(self)

    def take(self, path: str, patience: float) -> None:
        """Return when it is our turn, or after so many seconds without."""
        if self._held:
            return
        file = self._file
        if file is None:
            file = self._file = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._held = True
        except BlockingIOError:
            self._held = _Wait(file).at_most(patience)
            if not self._held:
                self._file = None  # whoever waits there now closes it

    def leave(self) -> None:
        """The next one's turn."""
        if self._held and self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._held = False

    def close(self) -> None:
        """Leave, and give the file back."""
        if self._file is not None:
            os.close(self._file)
        self._file, self._held = None, False

    def __del__(self) -> None:
        self.close()


class _Wait:
    """flock(2) knows no time limit: a thread waits in it, and we for the thread."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._arrived = threading.Event()
        self._given_up = False

    def at_most(self, seconds: float) -> bool:
        """Whether our turn came within so many seconds."""
        threading.Thread(target=self._wait, name="queue-to-write", daemon=True).start()
        if self._arrived.wait(seconds):
            return True
        with self._lock:
            self._given_up = not self._arrived.is_set()
        return not self._given_up

    def _wait(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._lock:
            if not self._given_up:
                self._arrived.set()
                return
        os.close(self._file)


_places: "weakref.WeakSet[Place]" = weakref.WeakSet()


def _forget_places() -> None:
    """In a forked child: the parent's places are not ours, and would be held on by us when the parent is killed."""
    for place in list(_places):
        place.close()


os.register_at_fork(after_in_child=_forget_places)
