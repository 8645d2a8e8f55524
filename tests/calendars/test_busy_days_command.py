"""`manage.py busy_days`, as another program calls it: a list or one line, soon, whatever it is given."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.calendars.test_fetching import Server, server  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[2]
AWKWARD = Path(__file__).parent / "awkward"
MARCH = ("--from", "2026-03-01", "--to", "2026-03-31", "--time-zone", "Europe/Berlin")
SECONDS = 5.0 + 5.0  # a machine with much else to do takes seconds to start and end a process


def busy_days(*arguments: object) -> tuple[int, str, str]:
    """(exit status, standard output, standard error) of the command, which has no database to ask."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "manage.py", "busy_days", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "postgres://nobody@127.0.0.1:9/nothing", "DEBUG": ""},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert time.monotonic() - began < SECONDS
    return done.returncode, done.stdout, done.stderr


def refusal(*arguments: object) -> str:
    """The one line that it says instead of a list."""
    status, out, err = busy_days(*arguments)
    assert status != 0
    assert not out
    [line] = err.splitlines()
    assert "Traceback" not in line
    return line


def test_it_prints_the_dates() -> None:
    status, out, err = busy_days(AWKWARD / "weekly.ics", *MARCH)
    assert (status, err) == (0, "")
    assert json.loads(out) == [f"2026-03-{day}" for day in ("03", "10", "17", "24", "31")]


def test_it_loads_no_more_than_it_needs() -> None:
    """The product with all its rooms takes a second to load, and most of the hundred megabytes."""
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "manage.py", "busy_days", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "FILE_OR_URL" in loaded.stdout
    modules = {line.rpartition("|")[2].strip().partition(".")[0] for line in loaded.stderr.splitlines()}
    assert "calendars" in modules
    assert not modules & {"django", "icalendar", "recurring_ical_events"}


def test_options_of_django_are_taken_without_effect() -> None:
    status, out, _ = busy_days(
        AWKWARD / "weekly.ics", *MARCH, "--settings", "config.settings", "-v", "2", "--no-color"
    )
    assert (status, len(json.loads(out))) == (0, 5)


def test_hours_and_the_owner_may_be_given() -> None:
    own = ("--busy-from", "12:00", "--busy-to", "14:00", "--busy-minutes", "60")
    assert busy_days(AWKWARD / "exactly_four_hours.ics", *MARCH, *own)[1] == '["2026-03-10"]\n'
    assert busy_days(AWKWARD / "declined_by_the_owner.ics", *MARCH, "--owner", "ana@example.com")[1] == "[]\n"


def test_what_is_doubtful_is_said_beside_the_list() -> None:
    status, out, err = busy_days(AWKWARD / "end_of_nonsense.ics", *MARCH)
    assert (status, json.loads(out)) == (0, ["2026-03-10"])
    assert err == "Note: An event's end cannot be read: it counts for its whole day.\n"


@pytest.mark.parametrize(
    ("name", "says"),
    [("html", "no calendar"), ("cut_within_an_event", "breaks off"), ("every_second", "too often")],
)
def test_a_refused_file(name: str, says: str) -> None:
    assert says in refusal(AWKWARD / f"{name}.ics", *MARCH)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "No such file" in refusal(tmp_path / "missing.ics", *MARCH)
    assert "is no file" in refusal(tmp_path, *MARCH)
    assert "is no file" in refusal(tmp_path / "pipe", *MARCH)
    assert "is no file" in refusal("/dev/zero", *MARCH)


def test_a_file_of_10_megabytes(tmp_path: Path) -> None:
    large = tmp_path / "large.ics"
    large.write_bytes((AWKWARD / "weekly.ics").read_bytes() * 40_000)
    assert "larger than 8 MB" in refusal(large, *MARCH)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "required"),
        (("--from", "2026-02-30", "--to", "2026-03-31", "--time-zone", "UTC"), "no date such as"),
        (("--from", "2026-03-31", "--to", "2026-03-01", "--time-zone", "UTC"), "--to is before --from"),
        (("--from", "2026-01-01", "--to", "2028-12-31", "--time-zone", "UTC"), "at most 800 days"),
        (("--from", "9999-12-31", "--to", "9999-12-31", "--time-zone", "UTC"), "at most 800 days"),
        (("--from", "2026-03-01", "--to", "2026-03-31", "--time-zone", "Berlin"), "no time zone such as"),
        (
            ("--from", "2026-03-01", "--to", "2026-03-31", "--time-zone", "../../etc/passwd"),
            "no time zone such as",
        ),
        ((*MARCH, "--busy-minutes", "0"), "minutes"),
        ((*MARCH, "--busy-from", "18:00"), "end before they begin"),
        ((*MARCH, "--nonsense"), "unrecognized"),
    ],
)
def test_a_command_line_that_makes_no_sense(arguments: tuple[str, ...], says: str) -> None:
    assert says in refusal(AWKWARD / "weekly.ics", *arguments)


def test_it_fetches_an_address(server: Server) -> None:  # noqa: F811 - the fixture
    content = (AWKWARD / "weekly.ics").read_bytes()
    server.answers["/a.ics"] = lambda asked: asked.give(200, content)
    status, out, _ = busy_days(server.at("/a.ics"), *MARCH, "--allow-private")
    assert (status, len(json.loads(out))) == (0, 5)
    assert "private network" in refusal(server.at("/a.ics"), *MARCH)


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert "too long" in refusal(address, *MARCH, "--allow-private")
