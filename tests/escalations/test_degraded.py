"""While Twilio cannot be reached people are told what to do by hand, and the ladder goes on by itself after."""

from pathlib import Path

import pytest
from pytest_django import Settings

from customers.models import Account
from escalations import degraded
from escalations.models import Escalation
from people.models import Person
from rota.models import Programme
from telephony.simulator import Fault, Network
from tests.escalations.test_ringing import Advance, raise_for


@pytest.fixture
def mails(settings: Settings, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = "config.mail_files.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    return tmp_path


def _read(mails: Path) -> str:
    return "\n".join(file.read_text() for file in sorted(mails.glob("*.eml")))


def _events(case: Escalation, kind: str) -> int:
    return case.events.filter(kind=kind).count()


def test_an_outage_is_known_helped_by_mail_and_over_by_itself(
    network: Network,
    programme: Programme,
    ana: Person,
    ben: Person,
    cleo: Person,
    dora: Person,
    acme: Account,
    mails: Path,
    advance: Advance,
) -> None:
    network.faults.add(Fault(on="[PG]*", do="reset_before"))  # no request gets through, POST or GET
    case = raise_for(acme, cleo, connect="none")
    advance(50)
    outage = degraded.outage()
    assert outage is not None
    waiting = degraded.waiting_by_hand(case)
    assert waiting is not None
    assert waiting.person == ana
    assert _events(case, "by_hand") == 1
    written = _read(mails)
    assert f"To: {ana.email}" in written
    assert f"To: {dora.email}" in written
    assert written.count("phones cannot ring") == 2
    assert ana.phone in written

    network.faults.clear()
    # The ladder went on meanwhile: the first phone to ring after the outage is the next one.
    call = network.phone(ben.phone).expect_call("urgent", within=20)
    network.phone(ben.phone).expect_text("urgent", within=20)
    network.phone(ana.phone).expect_text("urgent", within=20)
    call.press("1").expect_heard("You have it")
    network.phone(ben.phone).expect_text("record the outcome")
    assert degraded.outage() is None
    assert degraded.waiting_by_hand(case) is None


def test_while_all_is_well_a_call_costs_no_look_at_the_outage(
    network: Network, programme: Programme, ana: Person, cleo: Person, acme: Account
) -> None:
    raise_for(acme, cleo)
    network.phone(ana.phone).expect_ring()
    network.phone(ana.phone).expect_text("urgent")
    assert degraded.outage() is None
