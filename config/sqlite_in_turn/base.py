"""SQLite as Django has it, except that transactions take turns at writing.

SQLite lets one write at a time, and whoever finds it busy looks again after pauses that grow to 100 ms: with thirty
threads the file lies idle while all of them sleep, and some are unlucky for seconds. Here the threads of a process
wait for one another at a lock, which wakes the next one at once; and one thread of each process at most looks for its
turn among the processes, every 0.3 ms, at a lock of the operating system (flock(2)) on a file beside the database,
which is free again when its holder dies.

This only orders; what protects the data is SQLite's own lock, as before. Whoever has waited for too long, behind one
that hangs, goes on and asks SQLite itself, which says "database is locked" in its own time.
"""

import contextlib
import fcntl
import os
import threading
import time
from typing import Any

from django.db.backends.sqlite3 import base

PATIENCE_SECONDS = 10.0
LOOK_EVERY_SECONDS = 0.0003
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class DatabaseWrapper(base.DatabaseWrapper):
    """One connection, and whether it is its turn."""

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self._turn: Turn | None = None

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=lambda connection: _Cursor(connection, self))

    def _start_transaction_under_autocommit(self) -> None:
        self.take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # Django's types leave it out
        except BaseException:
            self.give_turn_back()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # Django's types leave it out
        finally:
            self.give_turn_back()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]  # Django's types leave it out
        finally:
            self.give_turn_back()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]  # Django's types leave it out
        finally:
            self.give_turn_back()

    def take_turn(self) -> None:
        """Wait until it is our turn to write. A database in memory has no others who want it."""
        if self._turn is None and not self.is_in_memory_db():
            self._turn = _turns_at(str(self.settings_dict["NAME"])).take()

    def give_turn_back(self) -> None:
        """The next one's turn."""
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.give_back()


class _Cursor(base.SQLiteCursorWrapper):
    """A statement that writes outside any transaction is one of its own, and takes a turn for as long as it runs."""

    def __init__(self, connection: Any, wrapper: DatabaseWrapper) -> None:
        super().__init__(connection)
        self._wrapper = wrapper

    def execute(self, query: Any, params: Any = None) -> Any:
        if self.connection.in_transaction or not query.lstrip()[:7].upper().startswith(_WRITES):
            return super().execute(query, params)
        self._wrapper.take_turn()
        try:
            return super().execute(query, params)
        finally:
            self._wrapper.give_turn_back()


class Turn:
    """What one transaction holds: its process's lock, and the lock among processes."""

    def __init__(self, turns: "Turns", *, in_process: bool, among_processes: bool) -> None:
        self._turns = turns
        self._in_process, self._among_processes = in_process, among_processes

    def give_back(self) -> None:
        """The next one's turn."""
        if self._turns.file is None:
            return  # we were forked in the middle of it: it is the parent's
        if self._among_processes:
            fcntl.flock(self._turns.file, fcntl.LOCK_UN)
        if self._in_process:
            self._turns.lock.release()


class Turns:
    """The turns at one database file, for the threads of this process."""

    def __init__(self, path: str) -> None:
        self.lock = threading.Lock()
        self.file: int | None = os.open(f"{path}-turn", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)

    def take(self) -> Turn:
        """Wait for one's turn; after `PATIENCE_SECONDS` go on without."""
        until = time.monotonic() + PATIENCE_SECONDS
        in_process = self.lock.acquire(timeout=PATIENCE_SECONDS)
        return Turn(self, in_process=in_process, among_processes=in_process and self._among_processes(until))

    def forget(self) -> None:
        """Let go of the file, and of nothing that another process holds by it."""
        if self.file is not None:
            os.close(self.file)
        self.file = None

    def _among_processes(self, until: float) -> bool:
        while self.file is not None:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            if time.monotonic() > until:
                break
            time.sleep(LOOK_EVERY_SECONDS)
        return False


_turns: dict[str, Turns] = {}
_opening = threading.Lock()


def _turns_at(path: str) -> Turns:
    with _opening:
        if path not in _turns:
            _turns[path] = Turns(path)
        return _turns[path]


def _begin_anew() -> None:
    """In a forked child: the parent's locks are not ours, and would be held on by us when the parent is killed."""
    global _opening  # noqa: PLW0603  # the parent may have held it
    _opening = threading.Lock()
    for turns in _turns.values():
        turns.forget()
    _turns.clear()


os.register_at_fork(after_in_child=_begin_anew)
