"""A bad instance is refused as a whole, and every mistake is named by the path of its field."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from rota.planning.reading import BadInstance, read_instance
from tests.rota.invented_rotas import as_text, invent

Change = Callable[[dict[str, Any]], object]


def good() -> dict[str, Any]:
    content = invent(seed=7, people=5, days=10)
    content["pinned"] = [{"date": "2026-03-02", "role": "primary", "executive": "E001"}]
    content["published"] = {"2026-03-03": {"primary": "E002", "backup": "E003"}}
    return content


def mistakes(text: str | bytes) -> dict[str, str]:
    with pytest.raises(BadInstance) as refusal:
        read_instance(text)
    return {mistake.path: mistake.message for mistake in refusal.value.mistakes}


def set_at(*path: Any, to: Any) -> Change:
    def change(content: dict[str, Any]) -> None:
        for key in path[:-1]:
            content = content[key]
        content[path[-1]] = to

    return change


def without(*path: Any) -> Change:
    def change(content: dict[str, Any]) -> None:
        for key in path[:-1]:
            content = content[key]
        del content[path[-1]]

    return change


BAD: list[tuple[str, Change]] = [
    ("format", set_at("format", to="duty-instance/2")),
    ("format", without("format")),
    ("name", set_at("name", to=" ")),
    ("horizon.start", set_at("horizon", "start", to="2026-3-1")),
    ("horizon.end", set_at("horizon", "end", to="2026-02-01")),
    ("days", set_at("days", to=[])),
    ("days", set_at("days", to={})),
    ("days[2]", set_at("days", 2, to="2026-03-03")),
    ("days[2].date", set_at("days", 2, "date", to="2026-02-30")),
    ("days[2].date", set_at("days", 2, "date", to="2026-03-01")),
    ("days[9].date", set_at("days", 9, "date", to="2027-01-01")),
    ("days[0].burden", set_at("days", 0, "burden", to=-4)),
    ("days[0].burden", set_at("days", 0, "burden", to=4.5)),
    ("days[0].burden", set_at("days", 0, "burden", to=True)),
    ("days[0].burden", set_at("days", 0, "burden", to=10**30)),
    ("days[0].weekend", set_at("days", 0, "weekend", to="no")),
    ("days[0].cover_any[1]", set_at("days", 0, "cover_any", to=["EMEA", 3])),
    ("rules", set_at("rules", to=None)),
    ("rules.backup", without("rules", "backup")),
    ("rules.min_gap_days", set_at("rules", "min_gap_days", to="3")),
    ("rules.min_gap_days", set_at("rules", "min_gap_days", to=-1)),
    ("rules.min_primary_months[0]", set_at("rules", "min_primary_months", to=["2026-13"])),
    ("rules.sessions.minutes", set_at("rules", "sessions", "minutes", to=0)),
    ("rules.sessions.local_hours", set_at("rules", "sessions", "local_hours", to=[21, 7])),
    ("executives", set_at("executives", to=[])),
    ("executives[1].id", set_at("executives", 1, "id", to="E001")),
    ("executives[1].timezone", set_at("executives", 1, "timezone", to="Mars/Olympus")),
    ("executives[1].timezone", set_at("executives", 1, "timezone", to="../../etc/passwd")),
    ("executives[1].share", set_at("executives", 1, "share", to=-1)),
    ("executives[1].balance.load", without("executives", 1, "balance", "load")),
    ("executives[1].last_primary", set_at("executives", 1, "last_primary", to="yesterday")),
    (
        "executives[1].unavailable[0].to",
        set_at("executives", 1, "unavailable", to=[{"from": "2026-03-05", "to": "2026-03-04"}]),
    ),
    ("executives[1].busy[0]", set_at("executives", 1, "busy", to=[["2026-03-05T10:00Z"]])),
    (
        "executives[1].busy[0][0]",
        set_at("executives", 1, "busy", to=[["2026-03-05 10:00", "2026-03-05T11:00Z"]]),
    ),
    ("executives[1].avoided.2026-03-05", set_at("executives", 1, "avoided", to={"2026-03-05": 4})),
    ("executives[1].wanted.soon", set_at("executives", 1, "wanted", to={"soon": 1})),
    ("executives[1].target.load", set_at("executives", 1, "target", "load", to=999)),
    ("slots[1].id", set_at("slots", 1, "id", to="S00001")),
    ("slots[1].peak", set_at("slots", 1, "peak", to=4)),
    ("slots[1].seats", set_at("slots", 1, "seats", to=None)),
    ("pinned[0].date", set_at("pinned", 0, "date", to="2026-04-02")),
    ("pinned[0].role", set_at("pinned", 0, "role", to="captain")),
    ("pinned[0].executive", set_at("pinned", 0, "executive", to="E099")),
    ("published.2026-03-03.primary", set_at("published", "2026-03-03", "primary", to="E099")),
    ("objective.weights.load", without("objective", "weights", "load")),
    ("objective.weights.change", set_at("objective", "weights", "change", to=-1)),
]


@pytest.mark.parametrize(
    ("path", "change"), BAD, ids=[f"{number}-{path}" for number, (path, _) in enumerate(BAD)]
)
def test_a_mistake_is_named_by_its_path(path: str, change: Change) -> None:
    content = good()
    change(content)

    found = mistakes(as_text(content))

    assert path in found, found
    assert found[path]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff\xfe\x00",
        b'{"format": NaN}',
        b'{"format": "duty-instance/1", "format": "duty-instance/1"}',
        b"[" * 100_000,
        b"1" * 10_000,
    ],
)
def test_what_is_no_instance_at_all_is_refused(text: bytes) -> None:
    assert mistakes(text)


def test_every_mistake_is_named_at_once() -> None:
    content = good()
    content["days"][0]["burden"] = "heavy"
    content["executives"][2]["share"] = None
    content["rules"]["backup"] = 1

    assert set(mistakes(as_text(content))) >= {"days[0].burden", "executives[2].share", "rules.backup"}


def test_two_holders_pinned_to_one_seat_are_refused() -> None:
    content = good()
    content["pinned"].append({**content["pinned"][0], "executive": "E002"})

    assert "pinned[1].executive" in mistakes(as_text(content))


def test_a_good_instance_is_read_whole_and_notes_of_its_maker_are_left_alone() -> None:
    content = good()
    content["note"] = {"anything": [1, 2]}

    instance = read_instance(json.dumps(content))

    assert len(instance.days) == 10
    assert [executive.id for executive in instance.executives] == ["E001", "E002", "E003", "E004", "E005"]
    assert instance.targets["E001"].load == content["executives"][0]["target"]["load"]
    assert list(instance.pinned.values()) == ["E001"]
    assert len(instance.published) == 2
