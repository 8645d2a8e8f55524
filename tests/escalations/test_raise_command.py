"""`manage.py raise_escalation`: the same verb as the desk, with errors that name the argument."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from customers.models import Account
from escalations.models import Escalation
from people.models import Person
from rota.models import Programme
from telephony.simulator import Network


def test_it_rings_as_the_desk_does(
    network: Network, programme: Programme, ana: Person, cleo: Person, acme: Account
) -> None:
    said = StringIO()
    arguments = ["ACME", "The plant stands still.", "--by", cleo.email, "--severity", "critical"]
    call_command("raise_escalation", *arguments, stdout=said)
    case = Escalation.objects.get()
    assert f"Case {case.number} raised: paging" in said.getvalue()
    assert case.severity == "critical"
    network.phone(ana.phone).expect_ring()
    network.phone(ana.phone).expect_text("urgent")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ACME", "x", "--by", "nobody@example.com"], "--by"),
        (["NOBODY", "x", "--by", "cleo@example.com"], "account"),
        (["ACME", " ", "--by", "cleo@example.com"], "summary"),
        (["ACME", "x", "--by", "cleo@example.com", "--contact-phone", "12"], "contact_phone"),
        (["ACME", "x", "--by", "cleo@example.com", "--programme", "moon"], "--programme"),
        (["ACME", "x", "--by", "ana@example.com"], "support"),
    ],
)
def test_a_refusal_names_the_argument_and_raises_nothing(
    programme: Programme, cleo: Person, acme: Account, arguments: list[str], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("raise_escalation", *arguments)
    assert not Escalation.objects.exists()
