"""`manage.py serve` with its real programs: each one killed comes back, and nothing is left behind."""

import contextlib
import http.client
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.product import PATIENCE, Product

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with all tables and one officer, made once."""
    product = Product(tmp_path_factory.mktemp("migrated"))
    product.manage("migrate", "--verbosity", "0")
    make_ana = "Person.objects.create_user('ana@example.com', name='Ana Ruiz', phone='+15550100001')"
    product.manage("shell", "--command", f"from people.models import Person; {make_ana}")
    return product.folder / "officer.sqlite3"


@pytest.fixture
def product(tmp_path: Path, migrated: Path) -> Iterator[Product]:
    shutil.copy(migrated, tmp_path)
    product = Product(tmp_path)
    yield product
    product.kill()


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=PATIENCE)[1]


def get(product: Product, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=PATIENCE)
    connection.request("GET", path)
    answer = connection.getresponse()
    with contextlib.closing(connection):
        return answer.status, answer.read().decode()


def test_what_is_killed_comes_back_and_stop_leaves_nothing(product: Product) -> None:
    product.start()
    before = product.mains()
    assert set(before) == {"telephony.simulator", "gunicorn", "run_pager", "qcluster", "run_planner"}
    for word, main in before.items():
        workers = main.children(recursive=True)
        main.kill()
        assert gone([main, *workers]), f"{word} leaves orphans"
        if word == "gunicorn":
            assert get(product, "/healthz")[0] == 200, "who connects while the web restarts waits"
    product.until(
        lambda: (
            set(product.mains()) == set(before) and not set(product.mains().values()) & set(before.values())
        ),
        "all five should be back",
    )
    all_of_it = product.everything()
    assert product.stop() == 0
    assert gone(all_of_it)


def test_a_killed_supervisor_leaves_nothing(product: Product) -> None:
    product.start()
    all_of_it = product.everything()
    product.kill()
    assert gone(all_of_it)


def test_it_greets_when_all_answers_and_an_interrupt_stops_it(product: Product, tmp_path: Path) -> None:
    welcome = tmp_path / "welcome"
    welcome.write_text("Good morning.\n")
    product.start("--when-ready", str(welcome))
    product.until(lambda: "Good morning." in product.output.read_text(), "it should greet")
    said = product.output.read_text()
    assert said.index(f"ready at {product.url}") < said.index("Good morning.")
    assert "Ana Ruiz" in get(product, "/simulator/state.json")[1], "the phones on the wall have names"
    assert product.process is not None
    product.process.send_signal(signal.SIGINT)
    assert product.process.wait(PATIENCE) == 0


def test_connections_that_come_at_once_are_shared_by_the_web_processes(product: Product) -> None:
    product.start()
    with contextlib.ExitStack() as opened:
        address = ("127.0.0.1", product.port)
        clients = [opened.enter_context(socket.create_connection(address)) for _ in range(16)]
        ports = {client.getsockname()[1] for client in clients}

        def shares() -> list[int]:
            workers = [worker.net_connections("tcp") for worker in product.mains()["gunicorn"].children()]
            return [sum(bool(one.raddr) and one.raddr.port in ports for one in worker) for worker in workers]

        product.until(lambda: sum(shares()) == len(clients), "all are taken")
        assert min(shares()) >= 4, "whoever comes first takes them all, and keeps them"


def test_a_port_in_use_is_said_in_one_line(product: Product) -> None:
    with socket.create_server(("127.0.0.1", product.port)), pytest.raises(AssertionError) as refusal:
        product.start()
    assert f"CommandError: Cannot listen on 127.0.0.1 port {product.port}" in str(refusal.value)


def test_a_database_without_its_tables_is_said_in_one_line(tmp_path: Path) -> None:
    product = Product(tmp_path)
    with pytest.raises(AssertionError, match=r"run `python manage\.py migrate` first"):
        product.start()
