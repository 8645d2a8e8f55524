"""The demo's listening: agents who take calls, times to listen today, and sessions that were lived, with evidence.

The live calls themselves are made by the simulated telephones (`traffic.json`): these customers ring the demo's own
number, these agents answer, talk, put on hold and take payments.
"""

import json
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

from customers.models import Account, Contact
from learnings.models import Touchpoint
from listening import agents, booking, hunt_groups
from listening.debriefs import Learnt, write_debrief
from listening.models import (
    AgentDesk,
    CallSource,
    Evidence,
    LiveCall,
    LiveCallState,
    Mark,
    Reconciliation,
    Session,
    SessionStatus,
    Visit,
    VisitStatus,
)
from people.models import Person
from rota.hours import WEEKDAYS
from rota.models import ListeningWindow, Programme

People = dict[str, Person]
AMARA, SOFIA = "executive@example.com", "admin@example.com"
AGENTS = tuple(
    f"{name}@example.com" for name in ("noor.haddad", "oscar.lindgren", "priya.menon", "rosa.jimenez")
)
TRAFFIC = Path(__file__).with_name("traffic.json")
LIVED = Path(__file__).with_name("lived.json")
DAYS_OFFERED = 7

# Who rings our own number in the demo: somebody of an account, from a number that traffic.json knows.
CALLERS = (
    ("AC-1001", "Ruth Calloway", "+12125550142"),
    ("AC-1002", "Dale Freeman", "+13125550143"),
    ("AC-1003", "Imani Brooks", "+14155550144"),
    ("AC-1004", "Walter Quigley", "+16175550145"),
    ("AC-1006", "Lucy Amaro", "+12065550146"),
)


class Lived(NamedTuple):
    """A session of `days` ago: `length` minutes of one call, of which the customer was on `hold` from and until."""

    who: str
    days: int
    agent: str
    length: int
    hold: list[int]
    touchpoint: str
    cause: str
    feeling: str
    quote: str
    heard: str
    thanks: str = ""


def fill(people: People, now: datetime) -> None:
    """Once: agents, our own number, customers who ring it, and sessions of the last days with their debriefs."""
    programme = Programme.objects.get(slug="americas")
    for email in AGENTS:
        agents.sign_policy(person=people[email], version=agents.policy().version)
        agents.set_desk(person=people[email], told_by=AgentDesk.ToldBy.TEXT, takes_calls=True)
    hunt_groups.set_hunt_group(
        programme=programme,
        by=people[SOFIA],
        is_on=True,
        name="the help line",
        days=WEEKDAYS,
        opens=time(0),
        closes=time(23, 59),
        ring_seconds=15,
        patience_seconds=90,
    )
    accounts = Account.objects.in_bulk(field_name="external_id")
    for account, name, phone in CALLERS:
        Contact.objects.create(account=accounts[account], name=name, phone=phone, is_default=False)
    for told in json.loads(LIVED.read_text(encoding="utf-8")):
        _live(programme, people, now, Lived(**told))


def see_to_it(now: datetime) -> None:
    """Each day: one may listen at any time of the next days, and the demo's executive has a session to come."""
    programme = Programme.objects.get(slug="americas")
    today = now.astimezone(programme.zone).date()
    for step in range(DAYS_OFFERED):
        day = today + timedelta(days=step)
        for opens in (time(0), time(0, 15)):  # of two in turn one has always enough left to begin it now
            ListeningWindow.objects.get_or_create(
                programme=programme,
                weekday=WEEKDAYS[day.weekday()],
                opens=opens,
                closes=time(23, 59),
                valid_from=day,
                valid_until=day,
                queue="",
                language="",
                defaults={"seats": 6, "peak": 2},
            )
    booking.keep_in_step()
    amara = Person.objects.get(email=AMARA)
    if Session.objects.to_come().filter(person=amara, planned_start__gt=now).exists():
        return
    tomorrow = today + timedelta(days=1)
    slots = booking.free_slots(programme=programme, person=amara, first=tomorrow, last=tomorrow, now=now)
    if afternoon := [slot for slot in slots if slot.start.astimezone(programme.zone).hour == 15]:
        booking.book(person=amara, slot=afternoon[0], by=amara)


def traffic_numbers() -> set[str]:
    """The callers and agents of traffic.json, for the test that keeps it in step with the rows."""
    read = json.loads(TRAFFIC.read_text(encoding="utf-8"))
    return {*read["callers"], *read["agents"]}


def _live(programme: Programme, people: People, now: datetime, lived: Lived) -> None:
    """One session as it would have been told: events of one conference, a debrief, and so a credit."""
    start = (
        (now - timedelta(days=lived.days))
        .astimezone(programme.zone)
        .replace(hour=10, minute=30, second=0, microsecond=0)
    )
    end = start + timedelta(minutes=lived.length)
    number = LiveCall.objects.count() + 1
    conference = f"CF{number:032x}"
    customer, agents_leg, listener = f"CAc{number:031x}", f"CAa{number:031x}", f"CAe{number:031x}"
    session = Session.objects.create(
        programme=programme,
        person=people[lived.who],
        status=SessionStatus.FINISHED,
        planned_start=start,
        planned_end=start + timedelta(minutes=30),
        month=start.date().replace(day=1),
        started_at=start,
        ended_at=end,
        debrief_due_at=now + timedelta(days=1),
        created_at=start - timedelta(days=7),
    )
    call = LiveCall.objects.create(
        source=CallSource.OWN,
        conference_sid=conference,
        agent=people[lived.agent],
        agent_call_sid=agents_leg,
        customer_call_sid=customer,
        customer_country="US",
        programme=programme,
        announced=True,
        state=LiveCallState.ENDED,
        callbacks_ours=True,
        started_at=start,
        state_at=end,
        ended_at=end,
    )
    visit = Visit.objects.create(
        session=session,
        live_call=call,
        participant=f"l-demo-{number}",
        status=VisitStatus.LEFT,
        offered_at=start,
        joined_at=start + timedelta(seconds=40),
        left_at=end,
        left_why="The call was over.",
    )
    told = [
        (0, "join", customer, "customer"),
        (4, "join", agents_leg, "agent"),
        (4, "start", "", ""),
        (40, "join", listener, visit.participant),
        (60 * lived.length, "leave", customer, "customer"),
        (60 * lived.length, "leave", agents_leg, "agent"),
        (60 * lived.length, "leave", listener, visit.participant),
        (60 * lived.length, "end", "", ""),
    ]
    if lived.hold:
        told += [
            (60 * lived.hold[0], "hold", customer, "customer"),
            (60 * lived.hold[1], "unhold", customer, "customer"),
        ]
    for sequence, (second, kind, leg, participant) in enumerate(
        sorted(told, key=lambda one: one[0]), start=1
    ):
        at = start + timedelta(seconds=second)
        Evidence.objects.create(
            live_call=call,
            session=session if leg == listener else None,
            kind=kind,
            source_sid=conference,
            sequence=sequence,
            call_sid=leg,
            participant=participant,
            at=at,
            received_at=at + timedelta(seconds=1),
        )
    for minute in range(
        0, lived.length, 18
    ):  # the key that began it, and the next before twenty minutes are over
        at = start + timedelta(minutes=minute)
        Evidence.objects.create(
            session=session, kind="present", call_sid=listener, participant="listener", at=at, received_at=at
        )
    Mark.objects.create(session=session, visit=visit, at=start + timedelta(minutes=lived.length // 2))
    write_debrief(
        session=session,
        by=people[lived.who],
        heard=lived.heard,
        learning=Learnt(
            quote=lived.quote,
            touchpoint=Touchpoint.objects.get(name=lived.touchpoint),
            cause=lived.cause,
            feeling=lived.feeling,
        ),
        thanks=lived.thanks,
    )
    # The simulated telephones know nothing of the days before: nobody is to ask them about these.
    Reconciliation.objects.create(
        session=session, at=end + timedelta(minutes=10), asked=4, seconds=session.credits.get().seconds
    )
