"""Forty minutes with six of hold, told through the door doubled, reordered and with one forged: exactly 34:00."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.test import Client
from pytest_django import Settings

from learnings.models import Touchpoint
from listening.debriefs import Learnt, write_debrief
from listening.models import Credit, Evidence
from people.models import Person
from rota.models import Programme
from tests.conftest import make_person
from tests.listening.lived import FORTY, live_session, visit_of
from tests.listening.test_events import CONFERENCES, signed
from tests.stories import ACCOUNT_SID, AUTH_TOKEN

START = datetime(2026, 6, 17, 13, 0, tzinfo=UTC)

EVENTS = {
    "start": "conference-start",
    "end": "conference-end",
    **{kind: f"participant-{kind}" for kind in ("join", "leave", "hold", "unhold")},
}


@pytest.mark.usefixtures("clock")
def test_exactly_thirty_four_minutes(
    client: Client, settings: Settings, programme: Programme, ana: Person, dora: Person
) -> None:
    settings.PUBLIC_BASE_URL = "http://testserver"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT_SID, AUTH_TOKEN
    bea = make_person("bea@example.com", "Bea Agent", is_support=True)
    session = live_session(programme, ana, bea, START)
    visit = visit_of(session, bea, START, [])
    forms = [_form(visit, line) for line in FORTY]
    # As if the customer had come back at once from the first hold: two and a half minutes more.
    forged = _form(visit, "15 5:01 unhold customer")
    assert signed(client, settings, CONFERENCES, forged, token="of somebody else") == 403
    told = forms * 2
    random.Random(8).shuffle(told)
    told.insert(9, forged)
    answers = [
        signed(client, settings, CONFERENCES, form, token="forged" if form is forged else AUTH_TOKEN)
        for form in told
    ]
    assert answers.count(403) == 1
    assert answers.count(204) == 28
    assert Evidence.objects.count() == 14
    write_debrief(
        session=session,
        by=ana,
        heard="The same bill.",
        learning=Learnt(
            quote="Three times.",
            touchpoint=Touchpoint.objects.create(name="Billing", owner=dora),
            cause="process",
        ),
    )
    assert list(Credit.objects.values_list("kind", "seconds")) == [("listening", 34 * 60)]


def _form(visit: object, line: str) -> dict[str, str]:
    call = visit.live_call
    number, clock, kind, *who = line.split()
    minutes, seconds = clock.split(":")
    form = {
        "ConferenceSid": call.conference_sid,
        "FriendlyName": call.conference_name,
        "StatusCallbackEvent": EVENTS[kind],
        "SequenceNumber": number,
        "Timestamp": format_datetime(START + timedelta(minutes=int(minutes), seconds=int(seconds))),
    }
    sids = {"agent": call.agent_call_sid, "customer": call.customer_call_sid, "listener": "CA" + "c" * 32}
    labels = {"listener": visit.participant}
    for name in who:
        form |= {"CallSid": sids[name], "ParticipantLabel": labels.get(name, name)}
    return form
