"""Whose phone rings next: one situation a line."""

from dataclasses import replace

import pytest

from escalations.ladder import (
    PATIENCE_SECONDS,
    Exhausted,
    Ring,
    Roster,
    Rung,
    Standing,
    Step,
    WaitForPhone,
    Who,
    next_step,
    read_rungs,
    retry_seconds,
    ring_time,
)

ANA, BEN, CARL, COO, DORA, DINA = 1, 2, 3, 4, 5, 6
STORED = [
    {"who": "primary", "by": ["call", "text"]},
    {"who": "primary", "by": ["call"], "ring_seconds": 30},
    {"who": "backup", "by": ["call", "text"]},
    {"who": "fallback", "by": ["call", "text"], "at_once": True},
]
RUNGS = read_rungs(STORED)
ROSTER = Roster(primary=ANA, backups=(BEN, CARL), fallback=(COO,), administrators=(DORA, DINA))
CALL_AND_TEXT = ("call", "text")


def attempted(*tries: tuple[int, int]) -> frozenset[tuple[int, int]]:
    return frozenset(tries)


TO_ANA = Ring(rung=0, who=Who.PRIMARY, people=(ANA,), by=CALL_AND_TEXT, seconds=20)
ANA_AGAIN = Ring(rung=1, who=Who.PRIMARY, people=(ANA,), by=("call",), seconds=30)
TO_BEN = Ring(rung=2, who=Who.BACKUP, people=(BEN,), by=CALL_AND_TEXT, seconds=20)
TO_CARL = replace(TO_BEN, people=(CARL,))
TO_COO = Ring(rung=3, who=Who.FALLBACK, people=(COO,), by=CALL_AND_TEXT, seconds=20)
TO_ADMINISTRATORS = Ring(
    rung=4, who=Who.ADMINISTRATORS, people=(DORA, DINA), by=("call", "text", "email"), seconds=20
)

ANA_TRIED = attempted((0, ANA), (1, ANA))
OFFICERS_TRIED = ANA_TRIED | attempted((2, BEN), (2, CARL))
ALL_TRIED = OFFICERS_TRIED | attempted((3, COO), (4, DORA), (4, DINA))
ALL_PASSED = frozenset(ROSTER.everybody())

SITUATIONS: list[tuple[str, Standing, Step]] = [
    ("the primary is first", Standing(), TO_ANA),
    ("and again", Standing(attempted=attempted((0, ANA))), ANA_AGAIN),
    ("then the first backup alone", Standing(attempted=ANA_TRIED), TO_BEN),
    ("then the second", Standing(attempted=ANA_TRIED | attempted((2, BEN))), TO_CARL),
    ("then the fallback list", Standing(attempted=OFFICERS_TRIED), TO_COO),
    (
        "then the administrators, all at once",
        Standing(attempted=OFFICERS_TRIED | attempted((3, COO))),
        TO_ADMINISTRATORS,
    ),
    ("then nobody is left", Standing(attempted=ALL_TRIED), Exhausted(seconds=180)),
    ("the second round starts at the top", Standing(round=1), TO_ANA),
    ("and waits longer at its end", Standing(round=1, attempted=ALL_TRIED), Exhausted(seconds=300)),
    ("who passed is not rung again", Standing(passed=frozenset({ANA})), TO_BEN),
    ("not in a later round either", Standing(round=3, passed=frozenset({ANA, BEN})), TO_CARL),
    ("an administrator who passed neither", Standing(attempted=OFFICERS_TRIED | attempted((3, COO)),
     passed=frozenset({DORA})), replace(TO_ADMINISTRATORS, people=(DINA,))),
    ("all passed: it goes on trying", Standing(round=9, passed=ALL_PASSED), Exhausted(seconds=1800)),
    # Two cases for one officer.
    ("a phone that rings for another case is waited for", Standing(engaged={ANA: 0}), WaitForPhone(ANA, 10)),
    ("for a graver one too", Standing(engaged={ANA: 3}), WaitForPhone(ANA, 10)),
    ("the graver case goes to the backup", Standing(gravity=1, engaged={ANA: 0}), replace(TO_BEN, seconds=17)),
    ("so does one that has waited enough", Standing(engaged={ANA: 0}, waited=PATIENCE_SECONDS), TO_BEN),
    ("a talk is not waited for", Standing(engaged={ANA: -1}), TO_BEN),
    ("the phone is free again while the backup's rang: it rings", Standing(attempted=attempted((2, BEN))), TO_ANA),
    (
        "it is still taken then: nobody waits for it twice",
        Standing(engaged={ANA: 0}, attempted=attempted((2, BEN))),
        TO_CARL,
    ),
    (
        "of several at once the free ones ring",
        Standing(attempted=OFFICERS_TRIED | attempted((3, COO)), engaged={DORA: 0}),
        replace(TO_ADMINISTRATORS, people=(DINA,)),
    ),
    (
        "nobody else is left: it waits, graver or not",
        Standing(gravity=2, attempted=ALL_TRIED - ANA_TRIED, engaged={ANA: 0}),
        WaitForPhone(ANA, 10),
    ),
    (
        "but no longer than its patience",
        Standing(attempted=ALL_TRIED - ANA_TRIED, engaged={ANA: 0}, waited=PATIENCE_SECONDS),
        Exhausted(seconds=180),
    ),
    (
        "and not for a talk",
        Standing(attempted=ALL_TRIED - ANA_TRIED, engaged={ANA: -1}),
        Exhausted(seconds=180),
    ),
    ("everybody talks", Standing(engaged=dict.fromkeys(ROSTER.everybody(), -1)), Exhausted(seconds=180)),
]  # fmt: skip


@pytest.mark.parametrize(("standing", "step"), [pytest.param(s, t, id=name) for name, s, t in SITUATIONS])
def test_the_next_step(standing: Standing, step: Step) -> None:
    assert next_step(rungs=RUNGS, roster=ROSTER, standing=standing, ring_seconds=20) == step


@pytest.mark.parametrize(
    ("roster", "step"),
    [
        (replace(ROSTER, primary=None), TO_BEN),
        (replace(ROSTER, primary=None, backups=()), TO_COO),
        (Roster(administrators=(DORA, DINA)), TO_ADMINISTRATORS),
        (Roster(administrators=(DORA, DORA, DINA)), TO_ADMINISTRATORS),
        (Roster(), Exhausted(seconds=180)),
    ],
)
def test_an_empty_seat_costs_no_time(roster: Roster, step: Step) -> None:
    assert next_step(rungs=RUNGS, roster=roster, standing=Standing(), ring_seconds=20) == step


def test_a_ladder_without_rungs_still_reaches_the_administrators() -> None:
    step = next_step(rungs=read_rungs([]), roster=ROSTER, standing=Standing(), ring_seconds=20)
    assert step == replace(TO_ADMINISTRATORS, rung=0)


def test_the_stored_ladder_is_read_and_the_administrators_are_its_last_rung() -> None:
    rungs = read_rungs(STORED)
    assert rungs == (
        Rung(who=Who.PRIMARY, by=("call", "text")),
        Rung(who=Who.PRIMARY, by=("call",), ring_seconds=30),
        Rung(who=Who.BACKUP, by=("call", "text")),
        Rung(who=Who.FALLBACK, by=("call", "text"), at_once=True),
        Rung(who=Who.ADMINISTRATORS, by=("call", "text", "email"), at_once=True),
    )
    with pytest.raises(ValueError, match="butler"):
        read_rungs([{"who": "butler", "by": ["call"]}])


def test_everybody_is_each_person_once_in_the_ladders_order() -> None:
    roster = Roster(primary=BEN, backups=(ANA,), fallback=(DORA, BEN), administrators=(COO, DORA))
    assert roster.everybody() == (BEN, ANA, DORA, COO)


@pytest.mark.parametrize(
    ("seconds", "rings"),
    [(20, (20, 17, 14, 14)), (40, (40, 34, 28, 28)), (15, (15, 13, 12, 12)), (12, (12,) * 4), (5, (5,) * 4)],
)
def test_graver_rings_shorter_but_never_too_short_for_a_hand(seconds: int, rings: tuple[int, ...]) -> None:
    assert tuple(ring_time(seconds, gravity) for gravity in range(4)) == rings


def test_rounds_start_ever_slower_up_to_half_an_hour() -> None:
    assert [retry_seconds(number, 0) // 60 for number in range(7)] == [3, 5, 10, 20, 30, 30, 30]
    assert [retry_seconds(0, gravity) for gravity in range(4)] == [180, 153, 126, 126]
