"""The stories of listening: a small centre on our own number, its agents and customers, executives on the phone."""

from collections.abc import Callable, Iterator
from datetime import time, timedelta

import pytest
from django.utils import timezone

from listening import agents, sessions
from listening.models import HuntGroup, LiveCall, Session
from people.models import Person
from rota.models import Programme
from telephony.simulator import Network, Phone
from telephony.simulator.story import CallStory
from tests.conftest import make_person
from tests.listening.silence import Observer, nobody_hears

Advance = Callable[[float], object]
Settle = Callable[[], object]
TOLEDO, AUSTIN, BERLIN, NOWHERE = "+14195550142", "+15125550143", "+4930555014", "+88213555014"


@pytest.fixture
def gil(db: None) -> Person:
    """An agent who signed the policy and takes calls; told by text."""
    return agent("gil@example.com", "Gil Moreau", "+15550100031")


@pytest.fixture
def hana(db: None) -> Person:
    """Another one."""
    return agent("hana@example.com", "Hana Sato", "+15550100032")


def agent(email: str, name: str, phone: str, *, told_by: str = "text") -> Person:
    person = make_person(email, name, phone=phone, is_support=True)
    agents.sign_policy(person=person, version=agents.policy().version)
    agents.set_desk(person=person, told_by=told_by, takes_calls=True)
    return person


@pytest.fixture
def centre(programme: Programme) -> HuntGroup:
    """Our own number as a small centre's, at all hours."""
    return HuntGroup.objects.create(
        programme=programme,
        is_on=True,
        name="Acme support",
        days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        opens=time(0),
        closes=time(23, 59, 59),
    )


@pytest.fixture
def listener(network: Network, ana: Person) -> Phone:
    return network.phone(ana.phone, name="Ana, who listens")


@pytest.fixture
def desk_of_gil(network: Network, gil: Person) -> Phone:
    return network.phone(gil.phone, name="Gil, agent")


@pytest.fixture
def desk_of_hana(network: Network, hana: Person) -> Phone:
    return network.phone(hana.phone, name="Hana, agent")


@pytest.fixture
def toledo(network: Network) -> Phone:
    """A customer where an announcement is enough."""
    return network.phone(TOLEDO, name="Customer in Toledo")


@pytest.fixture
def austin(network: Network) -> Phone:
    return network.phone(AUSTIN, name="Customer in Austin")


@pytest.fixture(autouse=True)
def silence(request: pytest.FixtureRequest) -> Iterator[Observer | None]:
    """In every story: nobody hears Ana or Ben at any instant, unless the test says who may (`silence.allowed`)."""
    if "network" not in request.fixturenames:
        yield None
        return
    network: Network = request.getfixturevalue("network")
    people = [request.getfixturevalue(name) for name in ("ana", "ben")]
    with nobody_hears(network, [network.phone(person.phone) for person in people]) as observer:
        yield observer


Book = Callable[..., Session]


@pytest.fixture
def book(programme: Programme, ana: Person) -> Book:
    """A session for Ana in a minute, of 30 minutes; anything may be given."""

    def book_it(person: Person = ana, *, in_seconds: float = 60, minutes: float = 30) -> Session:
        start = timezone.now() + timedelta(seconds=in_seconds)
        return sessions.book(
            programme=programme, person=person, start=start, end=start + timedelta(minutes=minutes)
        )

    return book_it


def talk(customer: Phone, desk: Phone) -> tuple[CallStory, CallStory]:
    """A customer calls our number, hears the announcement and talks with the agent of this desk."""
    theirs = customer.dial().expect_heard("somebody of our management may listen to this call")
    agents_call = desk.expect_call("A customer's call for Acme support", within=60).press("1")
    agents_call.expect_in_conference_with(customer)
    return theirs, agents_call


def the_call() -> LiveCall:
    return LiveCall.objects.get()
