"""Who may do what by program: every address and verb against every kind of caller."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from api import urls
from api.models import ApiToken
from api.scopes import Scope
from api.tokens import issue, revoke
from escalations import handing_over, paging
from escalations.models import Escalation
from people.models import Person
from tests.api.conftest import Program, problem_of
from tests.conftest import make_person

READ, WRITE = Scope.ESCALATIONS_READ, Scope.ESCALATIONS_WRITE
NEW = {"account": "TINY", "summary": "The till is down."}
OUTCOME = {"cause": "process", "touchpoint": "Checkout", "done": "Fixed.", "quote": "At last."}
TO_BEN = {"to": "ben@example.com"}
OF_A_FIGURE = "?person=me&figure=duty_days_served"
NOTE = {"text": "They called again."}
CALL = {
    "conference_sid": "CF" + "2" * 32,
    "agent": "cleo@example.com",
    "agent_call_sid": "CA" + "2" * 32,
    "customer_country": "US",
    "announced": True,
}
COUNT = {"day": "{day}", "contacts": 9}
TICKET = {"reference": "HD-1", "account": "TINY", "opened_at": "{day}T00:00:00Z"}
LEARNT_READ, LEARN = Scope.LEARNINGS_READ, Scope.LEARNINGS_WRITE
LEARNT = {"quote": "Four invoices.", "touchpoint": "Checkout", "cause": "process"}
SETTLED = {"status": "done", "words": "Told the driver."}
WORDS, NO = {"words": "So it is."}, {"reason": "Too dear: 40,000 a year."}
PLANNED = {"what": "Mend it", "owner": "ben@example.com", "due_on": "2099-01-01", "theme": "{theme}"}
TOLD = {"key": "person:{author}", "text": "We mended it.", "how": "by phone"}
NOTICED = {
    "title": "Statements go out",
    "starts_on": "2026-07-01",
    "questions": [{"question": "?", "answer": "!"}],
}


@dataclass(frozen=True)
class Row:
    """What each role is answered; an outsider is always refused, and so is a token without the scope."""

    method: str
    name: str
    path: str
    scope: Scope | None
    support: int
    executive: int
    admin: int
    assistant: int = 403
    outsider: int = 403
    taken: bool = False
    offered: bool = False
    body: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


# Ana, the executive, is on duty and paged. Where a row says `taken` she has the case; where it says `offered`,
# Ben has it and asks Dora, the administrator, to take it over.
TABLE = [
    #   method  name           path                            scope  support exec. admin
    Row("get", "escalations", "escalations/", READ, 200, 200, 200),
    Row("post", "escalations", "escalations/", WRITE, 201, 403, 201, body=NEW),
    Row("get", "escalation", "escalations/{}/", READ, 200, 200, 200),
    Row("get", "timeline", "escalations/{}/timeline/", READ, 200, 200, 200),
    Row("post", "accept", "escalations/{}/accept/", WRITE, 403, 200, 200),
    Row("post", "pass", "escalations/{}/pass/", WRITE, 403, 200, 409),
    Row("post", "hand-over", "escalations/{}/hand-over/", WRITE, 403, 200, 200, taken=True, body=TO_BEN),
    Row("post", "take-over", "escalations/{}/hand-over/take/", WRITE, 409, 409, 200, offered=True),
    Row("post", "decline-hand-over", "escalations/{}/hand-over/decline/", WRITE, 409, 409, 200, offered=True),
    Row("post", "note", "escalations/{}/note/", WRITE, 200, 200, 200, body=NOTE),
    Row("post", "resolve", "escalations/{}/resolve/", WRITE, 403, 200, 200, taken=True, body=OUTCOME),
    Row("post", "cancel", "escalations/{}/cancel/", WRITE, 200, 403, 200),
    Row("get", "learnings", "learnings/", Scope.LEARNINGS_READ, 200, 200, 200, assistant=200),
    Row("post", "learnings", "learnings/", LEARN, 201, 201, 201, body=LEARNT),
    Row("get", "learning", "learnings/{learning}/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("post", "settle", "learnings/{learning}/settle/", LEARN, 403, 403, 200, body=SETTLED),
    Row("get", "touchpoints", "touchpoints/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("get", "themes", "themes/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("get", "theme", "themes/{theme}/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("post", "merge", "themes/{theme}/merge/", LEARN, 403, 200, 200, body={"into": "{other}"}),
    Row("get", "hotspots", "hotspots/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("post", "close-hotspot", "hotspots/{hotspot}/close/", LEARN, 403, 403, 200, body=WORDS),
    Row("get", "actions", "actions/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("post", "actions", "actions/", LEARN, 201, 201, 201, body=PLANNED),
    Row("get", "action", "actions/{action}/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("post", "start-action", "actions/{action}/start/", LEARN, 403, 403, 200),
    Row("post", "tell", "actions/{action}/tell/", LEARN, 403, 403, 200, body=TOLD),
    Row("post", "finish-action", "actions/{action}/finish/", LEARN, 403, 403, 409, body=WORDS),
    Row("post", "decline-action", "actions/{action}/decline/", LEARN, 403, 403, 200, body=NO),
    Row("get", "ideas", "ideas/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("post", "ideas", "ideas/", LEARN, 201, 201, 201, body=WORDS),
    Row("get", "idea", "ideas/{idea}/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("post", "answer-idea", "ideas/{idea}/answer/", LEARN, 403, 403, 200, body={**NO, "answer": "no"}),
    Row("post", "support-idea", "ideas/{idea}/support/", LEARN, 200, 200, 200),
    Row("get", "notices", "notices/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("post", "notices", "notices/", LEARN, 201, 201, 201, body=NOTICED),
    Row("get", "notice", "notices/{notice}/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("post", "acknowledge", "notices/{notice}/acknowledge/", LEARN, 200, 200, 200),
    Row("get", "thanks", "thanks/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("get", "said-done", "said-done/{month}/", LEARNT_READ, 200, 200, 200, assistant=200),
    Row("get", "duty-now", "duty/now/", Scope.DUTIES_READ, 200, 200, 200, assistant=200),
    Row("get", "duties", "duties/", Scope.DUTIES_READ, 200, 200, 200, assistant=200),
    Row("get", "compliance", "reports/compliance/", Scope.REPORTS_READ, 403, 200, 200),
    Row("get", "compliance-evidence", f"reports/evidence/{OF_A_FIGURE}", Scope.REPORTS_READ, 403, 200, 200),
    Row("get", "programme-health", "reports/programme/", Scope.REPORTS_READ, 403, 403, 200),
    Row("get", "my-calendar", "me/calendar/", Scope.DUTIES_READ, 200, 200, 200, assistant=200),
    Row("post", "my-calendar", "me/calendar/", Scope.CALENDAR_WRITE, 200, 200, 200),
    # The call is Cleo's, who is support.
    Row("post", "live-calls", "live-calls/", Scope.LIVE_CALLS_WRITE, 201, 403, 201, body=CALL),
    Row("get", "live-call", "live-calls/{call}/", Scope.LIVE_CALLS_WRITE, 200, 403, 200),
    Row("patch", "live-call", "live-calls/{call}/", Scope.LIVE_CALLS_WRITE, 200, 403, 200, body={"state": "payment"}),
    Row("post", "contacts", "help-desk/contacts/", Scope.HELP_DESK_WRITE, 200, 403, 200, body=COUNT),
    Row("get", "contacts", "help-desk/contacts/", Scope.HELP_DESK_WRITE, 200, 403, 200),
    Row("post", "tickets", "help-desk/tickets/", Scope.HELP_DESK_WRITE, 200, 403, 200, body=TICKET),
    Row("get", "tickets", "help-desk/tickets/", Scope.HELP_DESK_WRITE, 200, 403, 200),
    Row("get", "sessions", "sessions/", Scope.LISTENING_READ, 200, 200, 200, assistant=200),
    Row("get", "credits", "credits/", Scope.LISTENING_READ, 200, 200, 200, assistant=200),
    Row("get", "me", "me/", None, 200, 200, 200, assistant=200, outsider=200),
]  # fmt: skip
PUBLIC = {"schema": "schema/", "docs": "docs/"}
METHODS = ["get", "post", "put", "patch", "delete", "options"]

every_row = pytest.mark.parametrize("row", TABLE, ids=str)


@dataclass(frozen=True)
class Scene:
    case: Escalation
    ana: Person
    ben: Person
    dora: Person
    learnt: dict[str, Any]

    def ask(self, caller: Program, row: Row) -> Any:
        """The row's request, the case being as the row says."""
        if row.taken:
            paging.accept(escalation=self.case, by=self.ana, how="on the page")
        if row.offered:
            paging.accept(escalation=self.case, by=self.ben, how="on the page")
            handing_over.offer(escalation=self.case, by=self.ben, to=self.dora)
        path = self.path(row)
        if row.method == "get":
            return caller.read(path)
        body = {name: self.filled(value) for name, value in row.body.items()}
        return caller.send(path, body, method=row.method)

    def path(self, row: Row) -> str:
        return row.path.format(self.case.pk, **self.learnt)

    def filled(self, value: Any) -> Any:
        """ "{theme}" is the theme's number, and "person:{author}" holds one."""
        if not isinstance(value, str) or "{" not in value:
            return value
        text = value.format(**self.learnt)
        return int(text) if text.isdecimal() else text


@pytest.fixture
def scene(case, tiny, ana, ben, dora, learnt) -> Scene:
    return Scene(case, ana, ben, dora, learnt)


def expect(answer: Any, status: int) -> None:
    if status >= 400:
        problem_of(answer, status)
    else:
        assert answer.status_code == status, answer.content


def test_every_address_is_in_the_table():
    named = {entry.name for entry in urls.urlpatterns if entry.name}
    assert named == {row.name for row in TABLE} | set(PUBLIC)


@every_row
@pytest.mark.parametrize("role", ["support", "executive", "admin", "assistant", "outsider"])
def test_each_role(scene, cleo, ana, dora, asha, eve, row, role):
    person = {"support": cleo, "executive": ana, "admin": dora, "assistant": asha, "outsider": eve}[role]
    if role == "outsider":
        person.is_support = True
    secret = issue(person=person).secret
    # The token was made while a role was held; the assistant's is made to claim everything.
    person.is_support = person == cleo
    person.save()
    ApiToken.objects.update(scopes=list(Scope.values))
    expect(scene.ask(Program(secret), row), getattr(row, role))


@every_row
@pytest.mark.parametrize("scope", list(Scope), ids=str)
def test_each_scope_alone(scene, dora, program, row, scope):
    answer = scene.ask(program(dora, scope), row)
    expect(answer, row.admin if row.scope in {None, scope} else 403)
    if row.scope not in {None, scope}:
        assert f'scope="{row.scope.value}"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("row", [row for row in TABLE if row.method == "get" and row.scope], ids=str)
def test_asking_for_the_head_needs_the_same_scope(scene, dora, program, row):
    other = Scope.DUTIES_READ if row.scope != Scope.DUTIES_READ else Scope.LEARNINGS_READ
    address = "/api/v1/" + scene.path(row)
    assert program(dora, other).head(address).status_code == 403
    assert program(dora, row.scope).head(address).status_code == 200


@every_row
@pytest.mark.parametrize("token", ["none", "unknown", "expired", "revoked", "of someone who left"])
def test_without_a_good_token_nothing(scene, row, token):
    person = make_person("frank@example.com", "Frank Admin", is_admin=True)
    made, secret = issue(person=person)
    if token == "of someone who left":
        person.is_active = False
        person.save()
    elif token == "expired":
        ApiToken.objects.update(
            created_at=timezone.now() - timedelta(days=2), expires_at=timezone.now() - timedelta(seconds=1)
        )
    elif token == "revoked":
        revoke(token=made)
    elif token == "unknown":
        secret += "x"
    elif token == "none":
        secret = ""
    caller = Program(secret)
    answer = scene.ask(caller, row)
    problem_of(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer realm=")


@pytest.mark.parametrize("name", list(PUBLIC))
def test_schema_and_pages_are_for_everybody(db, stranger, name):
    assert stranger.read(PUBLIC[name]).status_code == 200
    assert stranger.get("/api/v1/" + PUBLIC[name], headers={"Authorization": "Bearer x"}).status_code == 200


def test_every_other_method_is_refused(scene, dora, program):
    caller = program(dora)
    known = {(row.name, row.method) for row in TABLE} | {(name, "get") for name in PUBLIC}
    paths = {row.name: scene.path(row) for row in TABLE} | PUBLIC
    for name, path in paths.items():
        for method in METHODS:
            if (name, method) in known:
                continue
            answer = getattr(caller, method)(f"/api/v1/{path}")
            problem_of(answer, 405)
            assert answer.headers["Allow"], path
