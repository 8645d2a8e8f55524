"""My calls: an agent signs, sees who would like to listen, and says no; nothing is kept of that."""

from datetime import UTC, datetime, timedelta

import pytest
from django.apps import apps

from listening import agents
from listening.models import (
    AgentDesk,
    DeclinedOffers,
    LiveCall,
    Session,
    SessionStatus,
    Visit,
    VisitStatus,
    Voicemail,
)
from tests.web.conftest import SignIn

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def call(cleo, programme) -> LiveCall:
    now = datetime.now(UTC)
    return LiveCall.objects.create(
        source="own",
        conference_sid="CF" + "1" * 32,
        agent=cleo,
        agent_call_sid="CA" + "1" * 32,
        customer_country="US",
        announced=True,
        programme=programme,
        state="live",
        started_at=now,
        state_at=now,
    )


@pytest.fixture
def offer(call, ana, session_of) -> Visit:
    """Ana would like to listen."""
    session = session_of(
        ana,
        start=datetime.now(UTC) - timedelta(minutes=1),
        status=SessionStatus.RUNNING,
        call_sid="CA" + "9" * 32,
        place="waiting",
    )
    return Visit.objects.create(
        session=session,
        live_call=call,
        participant="l-1",
        status=VisitStatus.OFFERED,
        offered_at=datetime.now(UTC),
    )


def text(response) -> str:
    return response.content.decode()


def test_an_agent_signs_and_takes_it_back(cleo, sign_in: SignIn):
    browser = sign_in(cleo)
    assert "Until you sign, nobody listens" in text(browser.get("/my-calls/"))
    assert "Read it again" in text(browser.post("/my-calls/sign/", {"version": "0"}, follow=True))
    assert not AgentDesk.objects.exists()
    browser.post("/my-calls/sign/", {"version": agents.policy().version})
    assert agents.has_signed(agents.desk_of(cleo))
    assert "Until you sign" not in text(browser.get("/my-calls/"))
    browser.post("/my-calls/take-back/")
    assert not agents.has_signed(agents.desk_of(cleo))


def test_settings_are_kept_or_refused_by_their_field(cleo, sign_in: SignIn):
    browser = sign_in(cleo)
    good = {"told_by": "page", "takes_calls": "on", "queue": "billing", "language": "es"}
    assert browser.post("/my-calls/desk/", good).status_code == 302
    assert AgentDesk.objects.get().takes_calls
    bad = browser.post("/my-calls/desk/", good | {"language": "klingonese"})
    assert bad.status_code == 422
    assert "is no language tag" in text(bad)
    assert browser.post("/my-calls/desk/", {"told_by": "pigeon"}).status_code == 422


def test_who_would_like_to_listen_is_shown_and_counts_as_told(offer, ana, cleo, sign_in: SignIn):
    page = text(sign_in(cleo).get("/my-calls/live/"))
    assert "Ana Ruiz" in page
    assert "Would like to listen" in page
    offer.refresh_from_db()
    assert offer.told_at == datetime.now(UTC)


def test_a_hidden_tab_tells_nobody(offer, cleo, sign_in: SignIn):
    sign_in(cleo).get("/my-calls/live/", {"hidden": "1"})
    offer.refresh_from_db()
    assert offer.told_at is None


def test_declined_leaves_a_total_and_no_trace_of_who(offer, cleo, programme, sign_in: SignIn):
    answer = sign_in(cleo).post(f"/my-calls/listeners/{offer.pk}/decline/", follow=True)
    assert "They go to another call" in text(answer)
    assert not Visit.objects.exists()
    assert [(one.programme, one.count) for one in DeclinedOffers.objects.all()] == [(programme, 1)]
    session = Session.objects.get()
    assert session.passed_over == [offer.live_call_id]
    # No other row of any table has come of it that names the agent.
    named = [
        model._meta.label
        for model in apps.get_models()
        if "histor" not in model._meta.label.lower()
        for field in model._meta.get_fields()
        if getattr(field, "related_model", None) is type(cleo)
        and getattr(field, "concrete", False)
        and model._meta.label not in {"listening.LiveCall", "account.EmailAddress", "reports.SignIn"}
        and not field.many_to_many
        and model._default_manager.filter(**{field.name: cleo}).exists()
    ]
    assert named == []
    again = sign_in(cleo).post(f"/my-calls/listeners/{offer.pk}/decline/")
    assert again.status_code == 404


def test_another_agent_touches_nothing_of_it(offer, call, eve, sign_in: SignIn):
    eve.is_support = True
    eve.save()
    browser = sign_in(eve)
    for path in (f"listeners/{offer.pk}/decline/", f"listeners/{offer.pk}/speak/", f"{call.pk}/state/"):
        assert browser.post(f"/my-calls/{path}", {"to": "speak", "state": "ended"}).status_code == 404, path
    assert "Ana Ruiz" not in text(browser.get("/my-calls/"))


def test_a_payment_is_said_with_one_button(offer, call, cleo, sign_in: SignIn):
    Visit.objects.update(status=VisitStatus.IN, joined_at=datetime.now(UTC))
    browser = sign_in(cleo)
    browser.post(f"/my-calls/{call.pk}/state/", {"state": "payment"})
    call.refresh_from_db()
    offer.refresh_from_db()
    assert (call.state, offer.status) == ("payment", VisitStatus.REMOVED)
    assert "The payment is over" in text(browser.get("/my-calls/"))
    assert "Say live, payment or ended" in text(
        browser.post(f"/my-calls/{call.pk}/state/", {"state": "party"}, follow=True)
    )


def test_speaking_is_asked_for_only_while_they_listen(offer, cleo, sign_in: SignIn):
    browser = sign_in(cleo)
    assert browser.post(f"/my-calls/listeners/{offer.pk}/speak/", {"to": "shout"}).status_code == 404
    answer = browser.post(f"/my-calls/listeners/{offer.pk}/speak/", {"to": "whisper"}, follow=True)
    assert "do not listen just now" in text(answer)


def test_a_message_is_called_back_once(programme, cleo, sign_in: SignIn):
    message = Voicemail.objects.create(
        programme=programme,
        customer_phone="+15550190001",
        recording_sid="RE1",
        url="https://example.com/RE1",
        seconds=23,
        left_at=datetime.now(UTC),
    )
    browser = sign_in(cleo)
    assert "+15550190001" in text(browser.get("/my-calls/"))
    browser.post(f"/my-calls/messages/{message.pk}/")
    message.refresh_from_db()
    assert message.called_back_by == cleo
    assert "+15550190001" not in text(browser.get("/my-calls/"))
