"""A debrief: three answers, moments, a learning and thanks; in time it credits, late it does not; and names leave."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from time_machine import Traveller

from learnings.models import Learning, Source, Thanks, Touchpoint
from listening.agent_names import forget_due, without_names
from listening.debriefs import (
    Learnt,
    agents_heard,
    moments_of,
    remind_due,
    write_debrief,
)
from listening.errors import BadInput, NotAllowed, NotNow
from listening.ledger import outlook
from listening.letter_words import sentences
from listening.models import Credit, Debrief, ListeningRules, LiveCall, Mark, Session
from people.errors import Refused
from people.models import Letter, Person
from rota.models import Programme
from tests.conftest import make_person
from tests.listening.lived import FORTY, live_session, visit_of

START = datetime(2026, 6, 17, 13, 0, tzinfo=UTC)
"""An hour before the stories' clock begins."""

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def bea(db: None) -> Person:
    return make_person("bea@example.com", "Bea Will Agent", is_support=True)


@pytest.fixture
def billing(dora: Person) -> Touchpoint:
    return Touchpoint.objects.create(name="Billing", owner=dora)


@pytest.fixture
def session(programme: Programme, ana: Person, bea: Person) -> Session:
    return live_session(programme, ana, bea, START, FORTY)


def write(session: Session, billing: Touchpoint, **fields: Any) -> Debrief:
    learning = {
        "quote": "I have called three times.",
        "touchpoint": billing,
        "cause": "process",
        **fields.pop("learning", {}),
    }
    return write_debrief(
        **{
            "session": session,
            "by": session.person,
            "heard": "How often people call about the same bill.",
            "learning": Learnt(**learning),
            **fields,
        }
    )


def test_the_whole_of_it(session: Session, billing: Touchpoint, ana: Person, bea: Person) -> None:
    visit = session.visits.get()
    mark = Mark.objects.create(session=session, visit=visit, at=START + timedelta(minutes=4, seconds=7))
    debrief = write(
        session,
        billing,
        surprised="Nobody told her.",
        would_change="Tell her.",
        notes={mark.pk: "She sighed."},
        thanks="You let her finish.",
        learning={
            "meaning": "Bea Will Agent knew.\nWe did not.",
            "contacts_before": 3,
            "transfers_before": 1,
        },
    )
    assert (debrief.heard, debrief.surprised, debrief.would_change) == (
        "How often people call about the same bill.",
        "Nobody told her.",
        "Tell her.",
    )
    (moment,) = moments_of(session)
    assert (moment.clock, moment.mark.note) == ("4:07", "She sighed.")
    learning = Learning.objects.get()
    assert debrief.learning == learning
    assert (learning.source, learning.source_reference) == (Source.SESSION, f"session {session.pk}")
    assert (learning.author, learning.agent, learning.contacts_before) == (ana, bea, 3)
    assert learning.meaning == "the agent knew.\nWe did not."
    thanks = Thanks.objects.get()
    assert (thanks.to, thanks.by, thanks.words) == (bea, ana, "You let her finish.")
    letter = Letter.objects.get(kind="thanks")
    assert letter.address == bea.email
    assert "You let her finish." in letter.text
    assert Credit.objects.get().seconds == 34 * 60


def test_a_late_debrief_is_kept_and_credits_nothing(
    session: Session, billing: Touchpoint, clock: Traveller
) -> None:
    clock.move_to(session.debrief_due_at + timedelta(seconds=1))
    write(session, billing)
    assert Learning.objects.exists()
    assert not Credit.objects.exists()
    assert outlook(session, now=datetime.now(UTC)).why_not == "The debrief came too late"


def test_a_session_is_debriefed_once(session: Session, billing: Touchpoint) -> None:
    write(session, billing)
    with pytest.raises(NotNow) as refused:
        write(session, billing)
    assert refused.value.code == "debriefed"
    assert (Debrief.objects.count(), Learning.objects.count(), Credit.objects.count()) == (1, 1, 1)


def test_nobody_else_writes_it(session: Session, billing: Touchpoint, asha: Person, dora: Person) -> None:
    for other in (asha, dora):
        with pytest.raises(NotAllowed):
            write(session, billing, by=other)


@pytest.mark.parametrize(
    ("change", "code"),
    [({"status": "running", "ended_at": None}, "running"), ({"debrief_due_at": None}, "nothing_heard")],
)
def test_not_before_it_is_over(
    session: Session, billing: Touchpoint, change: dict[str, Any], code: str
) -> None:
    Session.objects.filter(pk=session.pk).update(**change)
    with pytest.raises(NotNow) as refused:
        write(session, billing)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"heard": " \n"}, "heard"),
        ({"heard": "x" * 2001}, "heard"),
        ({"heard": "4111 1111 1111 1111"}, "heard"),
        ({"surprised": "4111 1111 1111 1111"}, "surprised"),
        ({"would_change": "4111 1111 1111 1111"}, "would_change"),
        ({"thanks": "4111 1111 1111 1111"}, "thanks"),
        ({"thanks": "x" * 1001}, "thanks"),
        ({"notes": {0: "She sighed."}}, "notes"),
        ({"learning": {"quote": ""}}, "quote"),
        ({"learning": {"quote": "It is 4111-1111-1111-1111."}}, "quote"),
        ({"learning": {"meaning": "4111111111111111"}}, "meaning"),
        ({"learning": {"suggestion": "4111111111111111"}}, "suggestion"),
        ({"learning": {"cause": "other", "cause_words": "4111111111111111"}}, "cause_words"),
        ({"learning": {"touchpoint": None}}, "touchpoint"),
        ({"learning": {"cause": "weather"}}, "cause"),
        ({"learning": {"feeling": "blue"}}, "feeling"),
        ({"learning": {"contacts_before": -1}}, "contacts_before"),
    ],
)
def test_bad_input_keeps_nothing(
    session: Session, billing: Touchpoint, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        write(session, billing, **fields)
    assert refused.value.field == field
    assert not Debrief.objects.exists()
    assert not Learning.objects.exists()
    assert not Letter.objects.exists()
    assert not Credit.objects.exists()


def test_a_note_with_a_cards_number(session: Session, billing: Touchpoint) -> None:
    mark = Mark.objects.create(session=session, at=START)
    with pytest.raises(BadInput) as refused:
        write(session, billing, notes={mark.pk: "4111 1111 1111 1111"})
    assert refused.value.field == "notes"


def test_of_several_agents_one_is_thanked(session: Session, billing: Touchpoint, bea: Person) -> None:
    abe = make_person("abe@example.com", "Abe Agent", is_support=True)
    visit_of(session, abe, START + timedelta(minutes=41), ["1 0:00 join customer"])
    assert agents_heard(session) == [bea, abe]
    with pytest.raises(BadInput) as refused:
        write(session, billing, thanks="Well done.")
    assert refused.value.field == "thanked"
    write(session, billing, thanks="Well done.", thanked=abe)
    assert Thanks.objects.get().to == abe
    assert Learning.objects.get().agent is None


def test_nobody_is_left_to_thank(session: Session, billing: Touchpoint, bea: Person) -> None:
    bea.is_active = False
    bea.save()
    with pytest.raises(BadInput) as refused:
        write(session, billing, thanks="Well done.")
    assert (refused.value.field, refused.value.code) == ("thanks", "nobody")
    write(session, billing)


# --- Reminders -------------------------------------------------------------------------------------------------


def test_reminded_once_on_the_day_before_with_what_is_at_stake(
    session: Session, billing: Touchpoint, clock: Traveller
) -> None:
    assert remind_due() == 0
    clock.move_to(session.debrief_due_at - timedelta(hours=23))
    assert remind_due() == 1
    assert remind_due() == 0
    letter = Letter.objects.get(kind="debrief")
    assert "34 minutes of that session count only with the debrief" in letter.text
    assert f"/listening/sessions/{session.pk}/debrief/" in letter.text
    assert letter.useful_until == session.debrief_due_at


def test_what_is_debriefed_or_late_is_not_reminded_of(
    session: Session, billing: Touchpoint, clock: Traveller
) -> None:
    clock.move_to(session.debrief_due_at - timedelta(hours=2))
    write(session, billing)
    assert remind_due() == 0
    Debrief.objects.all().delete()
    clock.move_to(session.debrief_due_at + timedelta(seconds=1))
    assert remind_due() == 0


def test_a_reminder_that_waits_is_taken_back(session: Session, billing: Touchpoint, clock: Traveller) -> None:
    clock.move_to(session.debrief_due_at - timedelta(hours=2))
    remind_due()
    write(session, billing)
    assert Letter.objects.get(kind="debrief").withdrawn_at is not None


# --- Names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bea Will Agent was kind", "the agent was kind"),
        ("bea  will\nagent was kind", "the agent was kind"),
        ("Bea will call; Will was kind", "the agent will call; the agent was kind"),
        ("Beatrice knows the Agents", "Beatrice knows the Agents"),
        ("", ""),
    ],
)
def test_names_become_the_agent(text: str, expected: str) -> None:
    assert without_names(text, ["Bea Will Agent", ""]) == expected


def test_agents_names_leave_after_the_programmes_days(
    session: Session, billing: Touchpoint, clock: Traveller, bea: Person
) -> None:
    mark = Mark.objects.create(session=session, at=START)
    debrief = write(
        session, billing, heard="Bea was patient.", notes={mark.pk: "Bea sighed."}, thanks="Thank you, Bea."
    )
    ListeningRules.objects.create(programme=session.programme, agent_name_days=30)
    clock.move_to(START + timedelta(days=30))
    assert forget_due() == 0
    # Calls are older than their debriefs: the name stays until the notes are done.
    clock.move_to(START + timedelta(days=31))
    assert forget_due() == 2
    debrief.refresh_from_db()
    mark.refresh_from_db()
    assert (debrief.heard, debrief.thanks, mark.note) == (
        "the agent was patient.",
        "Thank you, the agent.",
        "the agent sighed.",
    )
    assert debrief.thanked is None
    assert LiveCall.objects.get().agent is None
    assert agents_heard(session) == []
    assert forget_due() == 0
    assert Thanks.objects.get().to == bea  # hers to keep


def test_a_call_of_no_programme_goes_by_the_default(
    programme: Programme, ana: Person, bea: Person, clock: Traveller
) -> None:
    ListeningRules.objects.create(programme=programme, agent_name_days=3650)
    session = live_session(programme, ana, bea, START)
    visit_of(session, bea, START, FORTY, programme=None)
    clock.move_to(START + timedelta(days=89))
    assert forget_due() == 0
    clock.move_to(START + timedelta(days=92))
    assert forget_due() == 1


def test_forgetting_costs_the_same_for_many(
    programme: Programme, ana: Person, bea: Person, billing: Touchpoint, clock: Traveller
) -> None:
    def cost(number: int) -> int:
        for n in range(number):
            write(
                live_session(
                    programme,
                    ana,
                    bea,
                    START - timedelta(hours=n + 1),
                    FORTY,
                    debrief_due_at=START + timedelta(days=3),
                ),
                billing,
            )
        clock.shift(timedelta(days=100))
        with CaptureQueriesContext(connection) as queries:
            assert forget_due() == 2 * number
        return len(queries)

    assert cost(1) == cost(5)


def test_every_language_has_the_same_sentences() -> None:
    english = sentences()["en"]
    for language, said in sentences().items():
        assert set(said) == set(english), language
        for name, sentence in said.items():
            places = {part.split("}")[0] for part in sentence.split("{")[1:]}
            assert places == {part.split("}")[0] for part in english[name].split("{")[1:]}, (language, name)
        assert len(said["numbers"].split()) == 11
