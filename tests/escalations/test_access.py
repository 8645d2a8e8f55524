"""Who may see a case: roles, programmes, and whoever was paged for it."""

from customers.models import Account
from escalations.access import may_act_as_officer, may_see, visible_to
from escalations.models import Channel, Purpose
from escalations.paging import queue_page
from people.models import Person
from rota.models import Programme
from tests.escalations.test_ringing import raise_for


def test_by_role(
    programme: Programme, ana: Person, asha: Person, cleo: Person, dora: Person, eve: Person, acme: Account
) -> None:
    case = raise_for(acme, cleo)
    assert [may_see(person, case) for person in (ana, cleo, dora)] == [True, True, True]
    assert [may_see(person, case) for person in (asha, eve)] == [False, False]
    cleo.is_active = False
    assert not visible_to(cleo).exists()


def test_whoever_was_paged_sees_the_case_without_a_role(
    programme: Programme, ana: Person, cleo: Person, eve: Person, acme: Account, tiny: Account
) -> None:
    case = raise_for(acme, cleo)
    other = raise_for(tiny, cleo)
    queue_page(case, person=eve, channel=Channel.EMAIL, purpose=Purpose.OFFER, rung=3, ring_seconds=20)
    assert may_see(eve, case)
    assert may_act_as_officer(eve, case)
    assert not may_see(eve, other)
