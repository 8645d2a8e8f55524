"""Mail that a provider posts: let in by a secret only, read by the provider's own rules, acted on like any other."""

import base64
import hashlib
import hmac
import json

import pytest
from django.db import OperationalError, connection
from django.test import Client

from people.models import Letter
from rota.invitation_letters import letter_key
from rota.invitations_due import keep_up
from rota.models import AnswerStatus, Invitation
from tests.rota.reply_mails import reply_to

SECRET = "postman:knocks-twice"
SIGNING_KEY = "mailgun-signing-key"


def basic(secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.CALENDAR_ADDRESS = "rota@example.com"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY}


@pytest.fixture
def mine(programme, ana) -> Invitation:
    keep_up()
    return Invitation.objects.get(person=ana, duty__seat=1)


@pytest.fixture
def mail(mine: Invitation) -> str:
    """Ana's no, as it came."""
    asked = Letter.objects.get(key=letter_key(mine, 0))
    return reply_to(asked.calendar, "DECLINED").decode()


def answer_of(invitation: Invitation) -> str:
    invitation.refresh_from_db()
    return invitation.answer


def post_postmark(body: dict[str, object], *, secret: str = SECRET, **headers: str):
    return Client().post(
        "/webhooks/mail/postmark/", json.dumps(body), "application/json", headers=basic(secret) | headers
    )


def test_a_whole_mail_in_json(mine, mail):
    assert post_postmark({"RawEmail": mail, "Headers": []}).status_code == 200
    assert answer_of(mine) == AnswerStatus.DECLINED


def test_a_mail_taken_apart_with_its_calendar_attached(mine, mail):
    content = Letter.objects.get(key=letter_key(mine, 0))
    calendar = reply_to(content.calendar, "ACCEPTED").partition(b"\n\n")[2]
    begin = calendar.index(b"BEGIN:VCALENDAR")
    parsed = {
        "FromFull": {"Email": "ana@example.com", "Name": "Ana Ruiz"},
        "ToFull": [{"Email": "rota@example.com", "Name": ""}],
        "Subject": "Accepted",
        "TextBody": "Yes",
        "Headers": [],
        "Attachments": [
            {
                "Name": "invite.ics",
                "ContentType": "text/calendar",
                "Content": base64.b64encode(calendar[begin : calendar.index(b"END:VCALENDAR") + 13]).decode(),
            }
        ],
    }
    assert post_postmark(parsed).status_code == 200
    assert answer_of(mine) == AnswerStatus.ACCEPTED


@pytest.mark.parametrize("path", ["/webhooks/mail/mailgun/", "/webhooks/mail/mailgun/mime"])
def test_a_signed_form(mine, mail, path):
    form = {"timestamp": "1781704800", "token": "t" * 50, "body-mime": mail}
    form["signature"] = hmac.new(
        SIGNING_KEY.encode(), (form["timestamp"] + form["token"]).encode(), hashlib.sha256
    ).hexdigest()
    assert Client().post(path, form | {"token": "u" * 50}, headers=basic(SECRET)).status_code == 400
    assert answer_of(mine) == AnswerStatus.NONE
    assert Client().post(path, form, headers=basic(SECRET)).status_code == 200
    assert answer_of(mine) == AnswerStatus.DECLINED


@pytest.mark.parametrize("secret", ["postman:guesses", ""])
def test_without_the_secret_nothing_is_read(mine, mail, secret):
    assert post_postmark({"RawEmail": mail, "Headers": []}, secret=secret).status_code == 400
    assert Client().post("/webhooks/mail/postmark/", "{}", "application/json").status_code == 400
    assert answer_of(mine) == AnswerStatus.NONE


def test_where_no_secret_is_set_nobody_is_let_in(mine, mail, settings):
    settings.ANYMAIL = {}
    assert post_postmark({"RawEmail": mail, "Headers": []}).status_code == 404
    assert answer_of(mine) == AnswerStatus.NONE


@pytest.mark.parametrize("provider", ["nobody", "mailersend", "amazon_ses", ".."])
def test_a_provider_that_is_unknown_or_not_set_up_is_not_there(db, provider):
    assert Client().post(f"/webhooks/mail/{provider}/", headers=basic(SECRET)).status_code == 404


def test_a_mail_that_changes_nothing_is_taken_all_the_same(db):
    assert post_postmark({"RawEmail": "From: x@example.org\r\n\r\nBuy!", "Headers": []}).status_code == 200


def test_the_provider_tries_again_where_the_database_is_away(mine, mail):
    def refuse(execute, sql, params, many, context):
        raise OperationalError("the database is away")

    client = Client(raise_request_exception=False)
    body = json.dumps({"RawEmail": mail, "Headers": []})
    with connection.execute_wrapper(refuse):
        answer = client.post("/webhooks/mail/postmark/", body, "application/json", headers=basic(SECRET))
    assert answer.status_code == 500
    assert post_postmark({"RawEmail": mail, "Headers": []}).status_code == 200
    assert answer_of(mine) == AnswerStatus.DECLINED
