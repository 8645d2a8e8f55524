"""Each promise of docs/reliability.md names a test, and the tests that it names are there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROMISES = (ROOT / "docs" / "reliability.md").read_text()
MEASUREMENTS = (ROOT / "benches" / "__main__.py").read_text()


def test_every_promise_names_its_test_and_every_named_one_is_there() -> None:
    table = PROMISES.split("## What is promised")[1].split("## ")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    for _, promise, _, shown_by, _ in rows:
        folder, named = "", 0
        # A name without its folder is in the folder of the one before.
        for place, name in re.findall(r"`(tests/[\w/]*/)?(test_\w+\.py)`", shown_by):
            folder = place or folder
            assert (ROOT / folder / name).is_file(), f"{folder}{name}: {promise}"
            named += 1
        assert named, f"no test: {promise}"


def test_the_measurements_that_it_names_are_there() -> None:
    for name in re.findall(r"`script/bench ([a-z]+)", PROMISES):
        assert f'"{name}"' in MEASUREMENTS
    for option in re.findall(r"`(--[\w-]+)", PROMISES):
        assert f'"{option}"' in MEASUREMENTS
