"""The ledger and the sessions as programs read them: only what the caller may see, each second with its evidence."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listening.models import Credit, Debrief, Evidence, SessionStatus
from tests.api.conftest import fields_of, problem_of

NOW = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)


@pytest.fixture
def credited(programme, ana, ben, session_of):
    """Ana's session of March, with two pieces of evidence, and Ben's of February."""
    session = session_of(ana, start=NOW, status=SessionStatus.FINISHED)
    evidence = [
        Evidence.objects.create(
            session=session,
            kind=kind,
            source_sid="CF" + "1" * 32,
            sequence=number,
            at=NOW + timedelta(minutes=number),
            received_at=NOW,
        )
        for number, kind in enumerate(("join", "leave"), start=1)
    ]
    rows = {}
    for person, month, seconds in ((ana, date(2026, 3, 1), 2040), (ben, date(2026, 2, 1), 600)):
        rows[person.name] = Credit.objects.create(
            person=person,
            programme=programme,
            month=month,
            kind="listening",
            seconds=seconds,
            session=session if person == ana else None,
            evidence=[one.pk for one in evidence] if person == ana else [],
            key=f"test:{person.pk}",
            created_at=NOW,
        )
    return rows


def names(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["person"]["name"] for row in answer.json()["results"]]


def test_each_second_is_traced_to_its_evidence(credited, ana, program):
    (row,) = program(ana).read("credits/", month="2026-03").json()["results"]
    credit = credited["Ana Ruiz"]
    assert row["person"] == {"id": ana.pk, "name": "Ana Ruiz", "email": "ana@example.com"}
    assert (row["seconds"], row["kind"], row["session"]) == (2040, "listening", credit.session_id)
    assert (row["month"], row["programme"]) == ("2026-03", "north-america")
    assert [(one["kind"], one["sequence"]) for one in row["evidence"]] == [("join", 1), ("leave", 2)]
    assert row["evidence"][0]["source_sid"] == "CF" + "1" * 32


def test_everybody_sees_their_own_and_administrators_all(credited, ana, ben, cleo, dora, asha, program):
    assert names(program(ana).read("credits/")) == ["Ana Ruiz"]
    assert names(program(asha).read("credits/")) == ["Ana Ruiz"]
    assert names(program(cleo).read("credits/")) == []
    assert names(program(dora).read("credits/")) == ["Ana Ruiz", "Ben Okafor"]
    assert names(program(dora).read("credits/", person="ben@example.com")) == ["Ben Okafor"]
    assert names(program(ana).read("credits/", person="me")) == ["Ana Ruiz"]
    assert names(program(asha).read("credits/", person=str(ana.pk))) == ["Ana Ruiz"]
    assert problem_of(program(ana).read("credits/", person="ben@example.com"), 403)
    assert names(program(dora).read("credits/", month="2026-02")) == ["Ben Okafor"]
    assert names(program(dora).read("credits/", programme="north-america", kind="audit")) == []


def test_sessions_say_what_became_of_them(credited, ana, ben, dora, asha, program):
    session = credited["Ana Ruiz"].session
    (row,) = program(ana).read("sessions/").json()["results"]
    assert (row["status"], row["debriefed"], row["credited_seconds"]) == ("finished", False, 2040)
    assert row["url"].endswith(f"/listening/sessions/{session.pk}/")
    Debrief.objects.create(session=session, heard="Much.", by=ana, created_at=NOW)
    assert program(asha).read("sessions/").json()["results"][0]["debriefed"] is True
    assert program(ben).read("sessions/").json()["results"] == []
    assert (
        len(program(dora).read("sessions/", **{"from": "2026-03-10", "to": "2026-03-10"}).json()["results"])
        == 1
    )
    assert program(dora).read("sessions/", to="2026-03-09").json()["results"] == []
    assert program(dora).read("sessions/", status="booked").json()["results"] == []
    assert problem_of(program(ben).read("sessions/", person="ana@example.com"), 403)


@pytest.mark.parametrize(
    ("path", "query", "wanted"),
    [
        ("credits/", {"month": "2026-13"}, {"month": "invalid"}),
        ("credits/", {"month": "2026-3"}, {"month": "invalid"}),
        ("credits/", {"month": "March"}, {"month": "invalid"}),
        ("credits/", {"month": "2026-03-01"}, {"month": "invalid"}),
        ("credits/", {"month": "٢٠٢٦-٠٣"}, {"month": "invalid"}),
        ("credits/", {"person": "nobody@example.com"}, {"person": "unknown"}),
        ("credits/", {"programme": "atlantis"}, {"programme": "unknown"}),
        ("credits/", {"kind": "holiday"}, {"kind": "invalid_choice"}),
        ("credits/", {"seconds": "1"}, {"seconds": "unknown_field"}),
        ("credits/", {"cursor": "x"}, {"cursor": "invalid_cursor"}),
        ("sessions/", {"from": "yesterday"}, {"from": "invalid"}),
        ("sessions/", {"from": "2026-03-02", "to": "2026-03-01"}, {"to": "before_from"}),
        ("sessions/", {"status": "over"}, {"status": "invalid_choice"}),
    ],
    ids=str,
)
def test_a_bad_question_names_the_parameter(programme, dora, program, path, query, wanted):
    assert fields_of(program(dora).read(path, **query)) == wanted


def test_the_cost_does_not_grow_with_rows(credited, programme, dora, ana, program, session_of):
    caller = program(dora)

    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert caller.read(path).status_code == 200
        return len(seen)

    queries("credits/")  # that the token was used is noted once
    few = [queries(path) for path in ("credits/", "sessions/")]
    for number in range(8):
        session = session_of(ana, start=NOW + timedelta(days=1 + number))
        Credit.objects.create(
            person=ana,
            programme=programme,
            month=date(2026, 3, 1),
            kind="listening",
            seconds=60,
            session=session,
            evidence=list(Evidence.objects.values_list("pk", flat=True)),
            key=f"more:{number}",
            created_at=NOW,
        )
    assert [queries(path) for path in ("credits/", "sessions/")] == few
