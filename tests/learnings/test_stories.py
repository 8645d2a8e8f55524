"""Stories end to end, through pages and API; and words that try to run, wherever words can be typed."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client

from api.tokens import issue
from customers.models import Account
from learnings import ideas, measuring, notices
from learnings.models import Action, Hotspot, Idea, Learning, Notice, Theme, Touchpoint
from learnings.recording import log_learning
from learnings.said_done import publish
from learnings.said_done_pdf import as_pdf
from learnings.thanks import thank
from people.models import Letter, Person
from tests.learnings.conftest import Learn

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client


class Program:
    """Speaks to the API as one person."""

    def __init__(self, person: Person) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {issue(person=person).secret}"})

    def get(self, path: str) -> dict:
        answer = self.client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, path: str, status: int = 200, **body: object) -> dict:
        answer = self.client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json")
        assert answer.status_code == status, answer.content
        return answer.json()


def do(client: Client, path: str, deed: str, status: int = 302, **values: object) -> str:
    answer = client.post(path, {"do": deed, **values})
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def test_from_a_quote_to_a_check_that_it_worked(
    clock, learn: Learn, ana: Person, cleo: Person, dora: Person, account: Account
) -> None:
    """A debrief's quote → theme → hotspot → action (API) → told (page) → done (page) → re-measured."""
    learn("Four invoices.", account=account, agent=cleo)
    learn("Four again.")
    api = Program(dora)
    assert api.get("hotspots/")["results"] == []
    learn("Five invoices.")
    (hot,) = api.get("hotspots/?status=open")["results"]
    theme = hot["theme"]["id"]
    page = browser(dora).get(f"/learnings/themes/{theme}/").content.decode()
    assert "It came 3 times within 30 days." in page
    assert "Five invoices." in page
    clock.shift(timedelta(days=1))
    action = api.post(
        "actions/", 201, what="Mend the form", owner=dora.email, due_on="2026-07-10", theme=theme
    )
    path = f"/learnings/actions/{action['id']}/"
    refused = api.post(f"actions/{action['id']}/finish/", 409, words="Done.")
    assert "Acme Industries" in refused["detail"]
    one = browser(dora)
    assert "Tell first" in unescape(do(one, path, "finish", 422, words="Done."))
    for origin in action["origins"]:
        do(one, path, "tell", key=origin["key"], text="The form is mended.", how="by phone")
    do(one, path, "finish", words="One form closes both.")
    assert "One form closes both." in browser(ana).get("/learnings/?status=done").content.decode()
    assert not Hotspot.objects.open().exists()
    clock.shift(timedelta(days=30))
    measuring.measure_due()
    assert api.get(f"actions/{action['id']}/")["verdict"] == "worked"
    assert "Worked" in browser(dora).get(path).content.decode()  # a month ends a session


def test_an_idea_left_unanswered_is_overdue_by_name_then_answered(
    clock, billing: Touchpoint, eve: Person, dora: Person
) -> None:
    sender = browser(eve)
    sender.post("/learnings/ideas/", {"words": "Close both in one form.", "touchpoint": billing.pk})
    idea = Idea.objects.get()
    path = f"/learnings/ideas/{idea.pk}/"
    clock.shift(timedelta(days=8))
    owner = browser(dora)
    do(owner, path, "answer", answer="yes", reason="I'll look into it")
    report = owner.get("/admin/learnings/").content.decode()
    assert re.search(r"Dora Lindt</strong> owes Eve Outsider", report)
    api = Program(dora)
    assert api.get(f"ideas/{idea.pk}/")["status"] == "waiting"
    api.post(f"ideas/{idea.pk}/answer/", answer="yes", reason="From May on: the form has both.")
    assert "From May on" in Letter.objects.get(person=eve).text
    assert "From May on" in sender.get(path).content.decode()
    api.post(f"ideas/{idea.pk}/answer/", 409, answer="no", reason="Not after all.")


def test_a_notice_its_readers_and_the_calls_that_came(clock, learn: Learn, ana: Person, cleo: Person) -> None:
    writer = browser(ana)
    writer.post(
        "/learnings/notices/",
        {
            "title": "40,000 statements go out",
            "starts_on": "2026-06-17",
            "audience": "support",
            "keywords": "statement",
            "questions": "Why two pages?\nThe second is the tariff.\n\nDo I pay?\nNo.",
        },
    )
    notice = Notice.objects.get()
    assert [one.answer for one in notice.questions.all()] == ["The second is the tariff.", "No."]
    path = f"/learnings/notices/{notice.pk}/"
    assert "Cleo Martin" in writer.get(path).content.decode()
    do(browser(cleo), path, "read")
    learn("My statement has two pages.")
    shown = Program(ana).get(f"notices/{notice.pk}/")
    assert (shown["read"], shown["came"]) == (1, 1)
    assert "My statement has two pages." in writer.get(path).content.decode()
    answer = writer.post(
        "/learnings/notices/", {"title": "X", "starts_on": "2026-06-17", "questions": "Alone?"}
    )
    assert answer.status_code == 422
    assert "Alone?" in answer.content.decode()


EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"
FORMULA = '=HYPERLINK("http://x","y")'


@pytest.mark.parametrize("evil", [EVIL, FORMULA, "javascript:alert(1)", "@SUM(1+1)|cmd"])
def test_words_that_try_to_run_are_words(
    clock, evil: str, ana: Person, cleo: Person, dora: Person, account: Account
) -> None:
    """In every text field: shown as they are on every page, in mail, PDF, charts and feed; nothing runs."""
    account.name = evil[:80]
    account.save()
    place = Touchpoint.objects.create(name=evil[:80], owner=dora)
    for _ in range(3):
        log_learning(
            quote=evil, meaning=evil, suggestion=evil, touchpoint=place, cause="other", cause_words=evil[:120],
            feeling="annoyed", source="audit", source_reference=evil[:80], source_path="", author=ana,
            account=account,
        )  # fmt: skip
    theme = Theme.objects.get()
    idea = ideas.send_idea(words=evil, by=cleo, touchpoint=place)
    ideas.remark(idea=idea, words=evil, by=cleo)
    notice = notices.publish_notice(
        by=dora, title=evil, words=evil, keywords=evil, starts_on=datetime.now(UTC).date(),
        questions=[notices.Question(evil, evil)], audience="everybody",
    )  # fmt: skip
    thank(to=ana, words=evil, by=cleo)
    one = browser(dora)
    one.post(
        f"/learnings/actions/add/?theme={theme.pk}",
        {"what": evil, "owner": dora.pk, "due_on": "2099-01-01", "cost": evil, "value": evil},
    )
    action = Action.objects.get()
    published = publish(month=datetime.now(UTC).date().replace(day=1))
    assert published is not None
    learning = Learning.objects.latest("pk")
    paths = [
        "/learnings/", f"/learnings/?q={evil}", f"/learnings/{learning.pk}/", "/learnings/themes/",
        f"/learnings/themes/{theme.pk}/", "/learnings/actions/", f"/learnings/actions/{action.pk}/",
        "/learnings/ideas/", f"/learnings/ideas/{idea.pk}/", "/learnings/notices/",
        f"/learnings/notices/{notice.pk}/", "/learnings/heard/", "/learnings/charts/", "/admin/touchpoints/",
        f"/learnings/said-done/{published.month:%Y-%m}/", "/learnings/charts/themes.svg",
    ]  # fmt: skip
    for path in paths:
        answer = one.get(path)
        assert answer.status_code == 200, path
        text = answer.content.decode()
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        assert 'href="javascript:' not in text, path
        assert path.endswith(".svg") or 'data-theme="auto"' in text, path  # no word of ours stands there
        assert "unsafe-inline" not in answer.headers["Content-Security-Policy"] or path.endswith(".svg"), path
    assert browser(ana).get("/learnings/thanks/").content.decode().count("<script>alert") == 0
    assert as_pdf(published).startswith(b"%PDF")
    assert b"/JavaScript" not in as_pdf(published)
    for letter in Letter.objects.all():
        assert not letter.html  # plain text only: nothing to run
        assert "\n" not in letter.subject
