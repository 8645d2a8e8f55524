"""The arithmetic of credited seconds, as tables and as properties. No database."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening.credits import ON_EXTENSION, Happening, Reckoned, Who, by_month, reckon_visit, together
from listening.intervals import Span, overlap, union, whole_seconds

T0 = datetime(2026, 6, 17, 14, 0, tzinfo=UTC)


def at(clock: str) -> datetime:
    """ "12:30" is twelve and a half minutes into the call."""
    minutes, seconds = clock.split(":")
    return T0 + timedelta(minutes=int(minutes), seconds=int(seconds))


LEGS = {
    "C": Who.CUSTOMER,
    "A": Who.AGENT,
    "L": Who.LISTENER,
    "X": Who.EXTENSION,
    "M": Who.OTHER,
    "": Who.OTHER,
}
OURS = {"payment", "live", "present", "key", "absent"}


def call(*lines: str) -> list[Happening]:
    """ "1 0:10 join C": number, clock, kind, leg. Without a number ("-") it is ours; "look" is a look."""
    found = []
    for key, line in enumerate(lines, 1):
        number, clock, kind, *leg = line.split()
        found.append(
            Happening(
                key=key,
                kind=kind,
                at=at(clock),
                leg=leg[0] if leg else "",
                who=LEGS[leg[0] if leg else ""],
                sequence=int(number) if number.isdecimal() else None,
                look=number == "look",
            )
        )
    return found


def minutes(told: Reckoned) -> str:
    return f"{told.seconds // 60}:{told.seconds % 60:02}"


def whys(told: Reckoned) -> str:
    return "; ".join(
        f"{(start - T0) // timedelta(seconds=1)}-{(end - T0) // timedelta(seconds=1)} {doubt.why}"
        for doubt in told.doubts
        for start, end in [doubt.span]
    )


WHOLE = (
    "1 0:00 join C",
    "2 0:10 join A",
    "3 0:10 start",
    "4 1:00 join L",
    "5 2:00 hold C",
    "6 3:30 unhold C",
    "7 9:00 leave L",
    "8 9:20 leave C",
    "9 9:21 leave A",
    "10 9:21 end",
)
FORTY = (
    "1 0:00 join C",
    "2 0:00 join A",
    "3 0:00 start",
    "4 0:00 join L",
    "5 5:00 hold C",
    "6 8:00 unhold C",
    "7 20:00 hold A",
    "8 22:30 unhold A",
    "9 30:00 hold C",
    "10 30:30 unhold C",
    "11 40:00 leave L",
    "12 41:00 leave C",
    "13 41:00 leave A",
    "14 41:00 end",
)

TABLE = {
    "all three, less the hold": (WHOLE, "6:30", ""),
    "forty minutes with six of hold": (FORTY, "34:00", ""),
    "the agent on hold": ((*WHOLE[:4], "5 2:00 hold A", "6 3:30 unhold A", *WHOLE[6:]), "6:30", ""),
    "a listener on hold": ((*WHOLE[:4], "5 2:00 hold L", "6 3:30 unhold L", *WHOLE[6:]), "6:30", ""),
    "nobody to listen to yet": (
        ("1 0:00 join L", "2 0:30 join C", "3 1:00 join A", "4 2:00 leave L"),
        "1:00",
        "",
    ),
    "no agent, no credit": (("1 0:00 join L", "2 0:30 join C", "3 2:00 leave L"), "0:00", ""),
    "a payment stops the clock": ((*WHOLE, "- 4:00 payment", "- 5:00 live"), "5:30", ""),
    "a payment that never ended": ((*WHOLE, "- 4:00 payment"), "1:30", ""),
    "a payment told twice": (
        (*WHOLE, "- 4:00 payment", "- 4:20 payment", "- 5:00 live", "- 5:00 live"),
        "5:30",
        "",
    ),
    "removed and back": (
        (*WHOLE[:6], "7 4:00 leave L", "8 5:00 join L", "9 9:00 leave L", "10 9:20 leave C"),
        "5:30",
        "",
    ),
    "a leave without a join": (
        ("1 0:00 join C", "2 0:10 join A", "3 9:00 leave L"),
        "0:00",
        "10-540 the listener left, and no join was told",
    ),
    "a join twice": (
        ("1 0:00 join C", "2 0:10 join A", "3 1:00 join L", "4 5:00 join L", "5 9:00 leave L"),
        "4:00",
        "60-300 the listener joined twice, and no leave between was told",
    ),
    "the join was lost, and its number says when": (
        tuple(line for line in WHOLE if not line.startswith("4 ")),
        "5:30",
        "10-120 the listener may have left, or been on hold: event 4 of the conference was never told",
    ),
    "the hold was lost": (
        tuple(line for line in WHOLE if not line.startswith("5 ")),
        "5:30",
        "60-210 the customer may have left, or been on hold: event 5 of the conference was never told",
    ),
    "the end of a hold was lost": (
        tuple(line for line in WHOLE if not line.startswith("6 ")),
        "1:00",
        "120-540 the customer may have left, or been on hold: event 6 of the conference was never told",
    ),
    "the leave was lost, the end was told": (
        tuple(line for line in WHOLE if not line.startswith("7 ")),
        "1:00",
        "210-560 the listener may have left, or been on hold: event 7 of the conference was never told",
    ),
    "everything after the hold was lost": (
        WHOLE[:6],
        "1:00",
        "no leave of the listener was told: nothing after the last event is proven",
    ),
    "another listener's join was lost: his leave says so": (
        (*WHOLE[:4], "6 2:00 leave M", "7 9:00 leave L", "8 9:20 leave C", "9 9:21 leave A"),
        "8:00",
        "60-60 event 5 of the conference was never told",
    ),
    "a missed check takes back to the last key": (
        (*WHOLE, "- 1:00 present", "- 4:30 key", "- 6:00 absent"),
        "2:00",
        "270-540 no key at 14:06:00 UTC, when asked whether somebody listens",
    ),
    "a key after the missed check": (
        (*WHOLE, "- 1:00 present", "- 4:30 absent", "- 6:00 present"),
        "3:00",
        "60-120 no key at 14:04:30 UTC",
    ),
    "a number told in two ways": (
        (*WHOLE, "6 3:00 unhold C"),
        "1:00",
        "event 6 of the conference was told in two ways; neither counts",
    ),
    "a clock that goes back adds nothing": (
        (
            "1 0:00 join C",
            "2 0:00 join A",
            "3 2:00 join L",
            "4 1:00 hold C",
            "5 4:00 unhold C",
            "6 5:00 leave L",
        ),
        "1:00",
        "the conference's clock went back",
    ),
    "nothing has a number": (tuple("- " + line.split(" ", 1)[1] for line in WHOLE), "6:30", ""),
    "our own word that the listener hung up": (
        (*WHOLE[:6], "- 7:00 leave L", "9 9:21 leave A"),
        "1:00",
        "event",
    ),
    "looks: what changed, and the last of them": (
        (*(f"look 0:10 seen {leg}" for leg in "CAL"), "look 0:30 gone L", "look 0:58 looked"),
        "0:20",
        "",
    ),
    "looks: until the last of them": (
        (*(f"look 0:10 seen {leg}" for leg in "CAL"), "look 0:58 looked"),
        "0:48",
        "",
    ),
    "on hold at a look": (
        (
            *(f"look 0:10 seen {leg}" for leg in "CAL"),
            "look 0:20 hold C",
            "look 0:40 unhold C",
            "look 1:00 looked",
        ),
        "0:30",
        "",
    ),
    "on hold at the look after the first": (
        (*(f"look 0:10 seen {leg}" for leg in "CAL"), "look 0:10 hold C", "look 1:00 looked"),
        "0:00",
        "",
    ),
    "nobody looked": (
        (
            *(f"look 0:10 seen {leg}" for leg in "CAL"),
            "look 0:30 gone C",
            "look 2:00 seen C",
            "look 2:10 looked",
        ),
        "0:30",
        "",
    ),
    "looks until the first event, then events": (
        (
            "look 0:10 seen C",
            "look 0:10 seen A",
            "look 0:40 looked",
            "7 0:30 join L",
            "8 2:00 hold C",
            "9 3:00 unhold C",
            "10 9:00 leave L",
            "11 9:20 leave C",
        ),
        "7:30",
        "",
    ),
    "on hold at the look before the first event": (
        (
            "look 0:10 seen C",
            "look 0:20 hold C",
            "look 0:10 seen A",
            "7 0:30 join L",
            "8 3:00 unhold C",
            "10 9:00 leave L",
        ),
        "0:00",
        "180-540 the customer may have left, or been on hold: event 9",
    ),
    "events alone, and nobody looked before": (
        ("7 0:30 join L", "8 2:00 hold C", "9 3:00 unhold C", "10 9:00 leave L", "11 9:20 leave C"),
        "0:00",
        "event 6 of the conference was never told",
    ),
}


@pytest.mark.parametrize("name", TABLE)
def test_table(name: str) -> None:
    lines, expected, doubts = TABLE[name]
    told = reckon_visit(call(*lines))
    assert minutes(told) == expected, whys(told)
    assert doubts in whys(told)
    assert bool(doubts) == bool(told.doubts), whys(told)


def test_forty_minutes_with_six_of_hold_doubled_and_reordered() -> None:
    happenings = call(*FORTY)
    doubled = happenings + [replace(one, key=one.key + 100) for one in happenings]
    random.Random(5).shuffle(doubled)
    told = reckon_visit(doubled)
    assert told.seconds == 34 * 60
    assert not told.doubts
    assert set(range(1, 15)) <= set(told.evidence)


def test_while_it_goes_on() -> None:
    running = call(*WHOLE[:6])
    assert minutes(reckon_visit(running, now=at("7:00"))) == "4:30"
    assert not reckon_visit(running, now=at("7:00")).doubts
    # On hold, ended, or with an event missing it does not go on.
    assert minutes(reckon_visit(call(*WHOLE[:5]), now=at("7:00"))) == "1:00"
    assert minutes(reckon_visit(call(*WHOLE), now=at("20:00"))) == "6:30"
    assert minutes(reckon_visit(call(*WHOLE[:6], "8 4:00 mute L"), now=at("7:00"))) == "1:00"


def test_looks_go_on_for_a_while() -> None:
    looks = call(*(f"look 0:10 seen {leg}" for leg in "CAL"), "look 0:20 looked")
    assert minutes(reckon_visit(looks, now=at("0:45"))) == "0:35"
    assert minutes(reckon_visit(looks, now=at("2:00"))) == "0:10"


def test_on_an_exchange_the_extension_stands_for_those_who_talk() -> None:
    told = reckon_visit(
        call(
            "1 0:00 join L",
            "2 1:00 join X",
            "3 9:00 leave X",
            "4 9:01 leave L",
            "- 3:00 payment",
            "- 4:00 live",
        ),
        parts=ON_EXTENSION,
    )
    assert minutes(told) == "7:00"
    missed = call(
        "1 0:00 join L", "2 1:00 join X", "- 2:00 key", "- 5:00 absent", "3 9:00 leave X", "4 9:01 leave L"
    )
    assert minutes(reckon_visit(missed, parts=ON_EXTENSION)) == "1:00"


def test_a_second_in_two_visits_counts_once() -> None:
    first, second = reckon_visit(call(*WHOLE)), reckon_visit(call(*FORTY))
    assert together([first, second, first]).spans == union(first.spans, second.spans)
    assert together([]).seconds == 0


@pytest.mark.parametrize(
    ("zone", "start", "hours", "expected"),
    [
        # The month changes at four in the morning UTC in New York, and an hour later in winter.
        (
            "America/New_York",
            datetime(2026, 7, 1, 3, 30, tzinfo=UTC),
            1,
            {"2026-06-01": 1800, "2026-07-01": 1800},
        ),
        (
            "America/New_York",
            datetime(2026, 12, 1, 4, 30, tzinfo=UTC),
            1,
            {"2026-11-01": 1800, "2026-12-01": 1800},
        ),
        # 29 March 2026 has 23 hours in Berlin; the month still changes at its midnight.
        (
            "Europe/Berlin",
            datetime(2026, 3, 31, 21, 0, tzinfo=UTC),
            2,
            {"2026-03-01": 3600, "2026-04-01": 3600},
        ),
        (
            "Asia/Kathmandu",
            datetime(2026, 12, 31, 18, 0, tzinfo=UTC),
            1,
            {"2026-12-01": 900, "2027-01-01": 2700},
        ),
        (
            "UTC",
            datetime(2026, 2, 28, 12, 0, tzinfo=UTC),
            24 * 32,
            {"2026-02-01": 43200, "2026-03-01": 31 * 86400, "2026-04-01": 43200},
        ),
    ],
)
def test_month_ends(zone: str, start: datetime, hours: int, expected: dict[str, int]) -> None:
    split = by_month([Span(start, start + timedelta(hours=hours))], ZoneInfo(zone))
    assert {str(month): whole_seconds(spans) for month, spans in split.items()} == expected
    assert all(month == month.replace(day=1) for month in split)
    assert isinstance(next(iter(split)), date)


# --- Properties: a true call is invented, then told badly ------------------------------------------------------


@st.composite
def true_calls(draw: st.DrawFn) -> list[Happening]:
    """What really happened, whole and in order: legs come, are held and go, and some never leave."""
    states = dict.fromkeys("CALM", "out")
    clock, happenings, ours = T0, [], []
    for _ in range(draw(st.integers(2, 24))):
        clock += timedelta(seconds=draw(st.integers(0, 90)))
        leg = draw(st.sampled_from("CALLM"))
        moves = {"out": ["join"], "in": ["leave", "hold", "mute"], "held": ["unhold", "leave"]}
        kind = draw(st.sampled_from(moves[states[leg]]))
        states[leg] = {"join": "in", "leave": "out", "hold": "held", "unhold": "in", "mute": "in"}[kind]
        happenings.append((kind, clock, leg))
        if draw(st.integers(0, 9)) == 0:
            ours.append(
                (draw(st.sampled_from(sorted(OURS))), clock + timedelta(seconds=draw(st.integers(0, 60))))
            )
    if draw(st.booleans()):
        happenings += [("leave", clock, leg) for leg, state in states.items() if state != "out"]
        happenings.append(("end", clock, ""))
    told = [
        Happening(key=n, kind=kind, at=when, leg=leg, who=LEGS[leg], sequence=n)
        for n, (kind, when, leg) in enumerate(happenings, 1)
    ]
    return told + [Happening(key=500 + n, kind=kind, at=when) for n, (kind, when) in enumerate(ours)]


def really(happenings: Iterable[Happening], *legs: str) -> tuple[Span, ...]:
    """When these legs were all in and not on hold: simply played back, up to the last event."""
    events = sorted((one for one in happenings if one.sequence), key=lambda one: one.sequence or 0)
    states: dict[str, str] = {}
    spans = []
    for one, after in zip(events, [*events[1:], events[-1]], strict=True):
        if one.leg:
            states[one.leg] = {"join": "in", "leave": "out", "hold": "held", "unhold": "in"}.get(
                one.kind, states.get(one.leg, "out")
            )
        if all(states.get(leg) == "in" for leg in legs):
            spans.append(Span(one.at, after.at))
    return union(spans)


@given(true_calls())
def test_a_whole_story_counts_to_the_second(happenings: list[Happening]) -> None:
    conference = [one for one in happenings if one.sequence]
    assert reckon_visit(conference).spans == really(happenings, "C", "A", "L")
    assert not reckon_visit(conference).missing


@given(true_calls(), st.randoms(use_true_random=False), st.data())
def test_never_more_than_the_truth(
    happenings: list[Happening], chance: random.Random, data: st.DataObject
) -> None:
    """Whatever is lost, doubled and reordered: never more than wall time, or than the two had in common."""
    lost = data.draw(st.sets(st.integers(1, len(happenings)), max_size=6))
    heard = [one for one in happenings if one.sequence not in lost]
    told = reckon_visit(heard)
    truth = really(happenings, "C", "A", "L")
    assert overlap(told.spans, truth) == told.spans
    assert overlap(told.spans, really(happenings, "C", "A")) == told.spans
    wall = [one.at for one in happenings]
    assert told.seconds <= (max(wall) - min(wall)).total_seconds()
    # What is missing between the events that were told is named.
    numbers = [one.sequence for one in heard if one.sequence]
    assert set(told.missing) == {n for n in lost if numbers and n < max(numbers)}
    # Any order, and any doubling, tells the same.
    again = [*heard, *(replace(one, key=one.key + 1000) for one in heard if chance.random() < 0.3)]
    chance.shuffle(again)
    shuffled = reckon_visit(again)
    assert (shuffled.spans, shuffled.doubts, shuffled.missing) == (told.spans, told.doubts, told.missing)
    # One more event that was lost never makes it less sure: with everything told, everything counts.
    assert told.seconds <= reckon_visit(happenings).seconds


@given(true_calls(), st.data())
def test_one_more_hold_never_adds(happenings: list[Happening], data: st.DataObject) -> None:
    conference = [one for one in happenings if one.sequence]
    place = data.draw(st.integers(0, len(conference)))
    leg = data.draw(st.sampled_from("CAL"))
    before = conference[place - 1].at if place else conference[0].at
    after = conference[place].at if place < len(conference) else conference[-1].at
    length = data.draw(st.integers(0, int((after - before).total_seconds())))
    own = [one.kind for one in conference[:place] if one.leg == leg and one.kind != "mute"]
    kinds = ["hold", "unhold"] if own and own[-1] in {"join", "unhold"} else ["hold"]
    extra = [
        Happening(key=900 + n, kind=kind, at=before + timedelta(seconds=n * length), leg=leg, who=LEGS[leg])
        for n, kind in enumerate(kinds)
    ]
    held = [*conference[:place], *extra, *conference[place:]]
    renumbered = [replace(one, sequence=n) for n, one in enumerate(held, 1)]
    assert reckon_visit(renumbered).seconds <= reckon_visit(conference).seconds


@given(true_calls(), st.data())
def test_looks_never_tell_more_than_callbacks(happenings: list[Happening], data: st.DataObject) -> None:
    """Looks each few seconds at a call in which nothing is shorter than a look apart."""
    spread = [
        replace(one, at=T0 + timedelta(seconds=20 * (one.sequence or 0)))
        for one in happenings
        if one.sequence
    ]
    truth = {leg: really(spread, leg) for leg in "CAL"}
    gaps = data.draw(st.lists(st.integers(1, 19), max_size=40))
    instants = [T0 + timedelta(seconds=s) for s in accumulate(gaps, initial=data.draw(st.integers(0, 60)))]
    looks = [Happening(key=1000, kind="looked", at=instants[-1], look=True)]
    for leg in "CAL":
        seen = False
        for before, when in zip([instants[0], *instants], instants, strict=False):
            if seen == (there := any(span.start <= when <= span.end for span in truth[leg])):
                continue
            seen = there
            looks.append(
                Happening(
                    key=1000 + len(looks),
                    kind="seen" if there else "gone",
                    at=when if there else before,
                    leg=leg,
                    who=LEGS[leg],
                    look=True,
                )
            )
    told = reckon_visit(looks)
    assert overlap(told.spans, truth["C"], truth["A"], truth["L"]) == told.spans
