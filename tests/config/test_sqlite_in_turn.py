"""Writers to SQLite take turns, and nobody is held up for long by the dead."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import OperationalError, connections, transaction
from django.db.utils import ConnectionHandler

from config.sqlite_in_turn import base

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]

Connect = Callable[..., base.DatabaseWrapper]


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Makes connections to one database file, each on its own as those of other threads and processes are."""
    made: list[base.DatabaseWrapper] = []

    def do(timeout: float = 5.0) -> base.DatabaseWrapper:
        options = {
            "timeout": timeout,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL",
        }
        database = {
            "ENGINE": "config.sqlite_in_turn",
            "NAME": str(tmp_path / "a.sqlite3"),
            "OPTIONS": options,
        }
        connection = ConnectionHandler({"default": database})["default"]
        connection.inc_thread_sharing()
        made.append(connection)
        return connection

    with do().cursor() as cursor:
        cursor.execute("CREATE TABLE written (what text)")
    yield do
    for connection in made:
        connection.close()


def begin(connection: base.DatabaseWrapper) -> None:
    connection.ensure_connection()
    connection._start_transaction_under_autocommit()


def end(connection: base.DatabaseWrapper) -> None:
    connection._commit()


def write(connection: base.DatabaseWrapper, what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO written VALUES (%s)", [what])


def writes_at_once(connection: base.DatabaseWrapper, what: str) -> None:
    """Within less than the patience with which it would wait for a turn that nobody gives back."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(write, connection, what).result(base.PATIENCE_SECONDS / 2)


def written(connection: base.DatabaseWrapper) -> list[str]:
    with connection.cursor() as cursor:
        return [row[0] for row in cursor.execute("SELECT what FROM written ORDER BY rowid").fetchall()]


def test_a_statement_outside_any_transaction_takes_its_turn_as_well(connect: Connect) -> None:
    first, second = connect(), connect(timeout=0)  # SQLite itself would not wait
    begin(first)
    with ThreadPoolExecutor(1) as pool:
        beside = pool.submit(write, second, "second")
        threading.Event().wait(0.2)
        write(first, "first")
        end(first)
        beside.result(5)
    assert written(first) == ["first", "second"]
    write(second, "and again")
    begin(first)
    end(first)


def test_whoever_hangs_is_not_waited_for_for_ever(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "PATIENCE_SECONDS", 0.2)
    hangs, other = connect(), connect(timeout=0.2)
    begin(hangs)
    with pytest.raises(OperationalError, match="locked"):
        write(other, "never")
    end(hangs)
    write(other, "now")
    begin(hangs)
    end(hangs)
    assert written(other) == ["now"]


def test_a_reader_waits_for_nobody(connect: Connect) -> None:
    writer, reader = connect(), connect()
    begin(writer)
    write(writer, "not seen yet")
    assert written(reader) == []
    end(writer)
    assert written(reader) == ["not seen yet"]


def test_the_next_one_writes_at_once_when_its_forerunner_is_killed(connect: Connect) -> None:
    ready, doomed_says = os.pipe()
    doomed = os.fork()
    if not doomed:  # pragma: no cover - another process
        connection = connect()
        begin(connection)
        write(connection, "lost")
        os.write(doomed_says, b"!")
        signal.pause()
    os.read(ready, 1)
    os.close(ready)
    os.close(doomed_says)
    connection = connect()
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(write, connection, "mine")
        threading.Event().wait(0.2)
        assert not waits.done()
        os.kill(doomed, signal.SIGKILL)
        os.waitpid(doomed, 0)
        waits.result(2)
    assert written(connection) == ["mine"]


def test_a_forked_child_does_not_keep_its_parents_turn(connect: Connect) -> None:
    """Else the death of a queue's main process would hold everybody up for as long as its workers live."""
    hears, says = os.pipe()
    parent = os.fork()
    if not parent:  # pragma: no cover - another process
        connection = connect()
        begin(connection)
        child = os.fork()
        if child:
            os.write(says, child.to_bytes(4))
        signal.pause()
    child = int.from_bytes(os.read(hears, 4))
    os.close(hears)
    os.close(says)
    try:
        os.kill(parent, signal.SIGKILL)
        os.waitpid(parent, 0)
        connection = connect()
        writes_at_once(connection, "mine")
    finally:
        os.kill(child, signal.SIGKILL)
    assert written(connection) == ["mine"]


def test_an_error_gives_the_turn_back(connect: Connect) -> None:
    first, second = connect(), connect()
    with pytest.raises(OperationalError):
        write_nonsense(first)
    writes_at_once(second, "well")
    assert written(second) == ["well"]


def write_nonsense(connection: base.DatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO nowhere VALUES (1)")


def test_djangos_transactions_take_a_turn_and_give_it_back() -> None:
    connection = connections["default"]
    assert isinstance(connection, base.DatabaseWrapper)
    with transaction.atomic():
        assert connection._turn is not None
        with transaction.atomic():
            assert connection._turn is not None
        assert connection._turn is not None
    assert connection._turn is None
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    assert connection._turn is None
