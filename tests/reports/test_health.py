"""The programme's month, the sponsor's page as another program reads it, and what is mailed by itself."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pypdf import PdfReader

from escalations import paging
from escalations.models import Escalation
from escalations.raising import raise_escalation
from people.errors import Refused
from people.models import Letter, Person
from reports.closing import close_month
from reports.health import health, together
from reports.mailing import exceptions, send_due, set_mailing, sponsor_link
from rota.models import Programme
from tests.conftest import publish_days

MARCH = date(2026, 3, 1)
NOON = datetime(2026, 3, 10, 16, tzinfo=UTC)


def at(hour: int) -> datetime:
    return datetime(2026, 3, 1, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("spans", "hours"),
    [
        ([], 0),
        ([(1, 3), (2, 4)], 3),
        ([(1, 9), (2, 3)], 8),
        ([(0, 2), (5, 23)], 15),
        ([(1, 2), (2, 3)], 2),
    ],
)
def test_hours_together_count_once(spans, hours) -> None:
    found = together([(at(begin), at(end)) for begin, end in spans], at(0), at(18))
    assert found == hours * 3600


@pytest.fixture
def story(programme: Programme, acme, tiny, ana: Person, ben: Person, cleo: Person) -> Escalation:
    """One case taken at the first ring after 30 s; of another nobody took the call."""
    with time_machine.travel(NOON - timedelta(days=1), tick=False):
        Programme.objects.update(created_at=datetime(2026, 1, 1, tzinfo=UTC))
        Person.objects.update(phone_verified_at=datetime(2026, 1, 1, tzinfo=UTC))
        publish_days(programme, [[ana, ben]], first=date(2026, 3, 10))
    with time_machine.travel(NOON, tick=False) as clock:
        case = raise_escalation(account=acme, raised_by=cleo, summary="It is down.").escalation
        case.pages.update(sent_at=NOON + timedelta(seconds=2))
        clock.shift(timedelta(seconds=30))
        paging.accept(escalation=case, by=ana, how="by key", page=case.pages.filter(person=ana).first())
    return case


def test_the_programmes_month(story: Escalation, programme) -> None:
    found = health(programme=programme, month=MARCH, now=datetime(2026, 4, 3, tzinfo=UTC))
    assert (found.cases, found.to_ring, found.to_voice, dict(found.by_rung)) == (1, 2, 30, {1: 1})
    assert (found.share(1), found.share(0)) == (100, 0)
    assert found.covered == 24 * 3600
    assert found.hours == (31 * 24 - 1) * 3600  # the clocks were put forward on 8 March
    assert found.at_stake == 1_200_000
    assert found.kept == 0
    Person.objects.update(phone_verified_at=None)
    assert health(programme=programme, month=MARCH, now=datetime(2026, 4, 3, tzinfo=UTC)).covered == 0


@pytest.fixture
def in_april(story: Escalation, programme, dora: Person):
    with time_machine.travel(datetime(2026, 4, 6, 14, tzinfo=UTC), tick=False) as clock:
        close_month(programme=programme, month=MARCH, by=dora)
        yield clock


def test_the_sponsors_page_is_sent_once_and_opens_by_its_link(
    in_april, programme, dora: Person, ana: Person
) -> None:
    set_mailing(programme=programme, recipients=[" Sponsor@Example.com", ""], day=5, by=dora)
    send_due()
    send_due()
    letter = Letter.objects.get(kind="report", address="sponsor@example.com")
    assert "Hours with a reachable officer: 3 %" in letter.text
    path, excel, lines = (part.split()[0] for part in letter.text.split("http://127.0.0.1:8000")[1:])
    assert (excel[-11:], lines[-10:]) == ("report.xlsx", "report.csv")
    assert Client().get(excel).status_code == 302  # names are for those who sign in
    answer = Client().get(path)
    assert answer.headers["Content-Type"] == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.content))
    assert len(reader.pages) == 1
    text = reader.pages[0].extract_text()
    assert "March 2026" in text
    assert "closed by Dora Lindt" in text
    assert "30 s" in text
    assert "Ana" not in text
    assert Client().get(path.replace("/sponsor/", "/sponsor/x")).status_code == 404
    link = sponsor_link(programme, MARCH).removeprefix("http://127.0.0.1:8000")
    in_april.shift(timedelta(days=93))
    assert Client().get(link).status_code == 404
    for wrong in ({"recipients": ["nobody"]}, {"day": 29}, {"by": ana}):
        with pytest.raises(Refused):
            set_mailing(**({"programme": programme, "recipients": [], "day": 5, "by": dora} | wrong))


def test_administrators_hear_on_monday_what_is_amiss_and_nothing_else(
    in_april, programme, ana: Person, dora: Person
) -> None:
    programme.listening_minutes_per_month = 0
    programme.save()
    assert exceptions(programme=programme, now=datetime.now(UTC)) == ""
    send_due()
    assert not Letter.objects.filter(kind="report").exists()
    programme.listening_minutes_per_month = 120
    programme.save()
    in_april.shift(timedelta(days=14))
    send_due()
    in_april.shift(timedelta(days=1))
    send_due()
    letter = Letter.objects.get(kind="report")
    assert letter.address == dora.email
    listening = f"http://127.0.0.1:8000/listening/{ana.pk}/"
    told = f"Ana Ruiz: 2:00:00 of listening short. It comes to 0:00:00. Book a time: {listening}"
    assert told in letter.text
