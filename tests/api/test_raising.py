"""Raising an escalation by program, and reading what became of it."""

import pytest

from customers.models import Account
from escalations.models import Escalation, JoinedContact, Page
from tests.api.conftest import fields_of, problem_of

FIELDS = [
    "id", "number", "status", "account", "severity", "owner", "score", "brief", "pages", "created_at", "accepted_at",
    "accepted_by", "resolved_at", "closed_at", "next_action_at", "url", "is_drill",
]  # fmt: skip
PAGE_FIELDS = [
    "id", "person", "rung", "channel", "status", "created_at", "sent_at", "answered_at", "ended_at",
]  # fmt: skip


def shown(person) -> dict:
    return {"id": person.pk, "name": person.name, "email": person.email}


def test_raising_answers_with_the_case_and_the_phone_is_about_to_ring(
    programme, acme, ana, cleo, program, story
):
    answer = program(cleo).send("escalations/", story)
    assert answer.status_code == 201
    case = Escalation.objects.get()
    assert answer.headers["Location"] == f"http://testserver/api/v1/escalations/{case.pk}/"
    body = answer.json()
    assert body.pop("joined") is False
    assert list(body) == FIELDS
    assert body == program(cleo).get(answer.headers["Location"]).json()
    assert (body["status"], body["account"], body["severity"]) == ("paging", "ACME", "normal")
    assert body["owner"] == shown(ana)
    assert body["number"] == 1000 + case.pk
    assert body["url"].endswith(f"/cases/{case.pk}/")
    assert "Acme Industries" in body["brief"]
    assert "Checkout has been down" in body["brief"]
    assert [list(page) for page in body["pages"]] == [PAGE_FIELDS, PAGE_FIELDS]
    assert {(page["channel"], page["status"]) for page in body["pages"]} == {
        ("call", "queued"),
        ("text", "queued"),
    }
    assert body["pages"][0]["person"] == shown(ana)
    assert body["created_at"].endswith("Z")
    assert body["accepted_by"] is None


def test_the_score_is_explained_factor_by_factor(programme, acme, cleo, program, story):
    score = program(cleo).send("escalations/", story).json()["score"]
    assert list(score) == ["total", "threshold", "qualifies", "factors"]
    assert score["qualifies"] is True
    assert score["threshold"] == 60
    assert [list(factor) for factor in score["factors"]] == [["name", "value", "weight", "points"]] * 5
    assert {factor["name"] for factor in score["factors"]} == {
        "value", "tenure", "loyalty", "status", "influence",
    }  # fmt: skip
    assert round(sum(factor["points"] for factor in score["factors"])) == score["total"]


def test_what_is_not_worth_a_ring_lies_in_the_inbox(programme, tiny, cleo, program, story):
    body = program(cleo).send("escalations/", story | {"account": "TINY"}).json()
    assert (body["status"], body["score"]["qualifies"], body["pages"]) == ("queued", False, [])


def test_everything_that_may_be_said_is_kept(programme, acme, cleo, program, story):
    full = story | {
        "contact": {"name": "José שלום 🐢", "phone": "212 555 0177", "email": "jose@acme.example.com"},
        "tried": "Restarted.\nTwice.",
        "wants": "A time.",
        "severity": "critical",
        "public_risk": True,
        "connect": "agent",
        "agent_phone": "+15550170001",
        "programme": "north-america",
    }
    assert program(cleo).send("escalations/", full).status_code == 201
    case = Escalation.objects.get()
    assert case.contact_name == "José שלום 🐢"
    assert case.contact_phone == "+12125550177"
    assert case.contact_email == "jose@acme.example.com"
    assert (case.tried, case.wants, case.severity) == ("Restarted.\nTwice.", "A time.", "critical")
    assert (case.public_risk, case.connect, case.agent_phone) == (True, "agent", "+15550170001")


@pytest.mark.parametrize("contact", [None, {}])
def test_the_contact_is_the_accounts_own_unless_given(programme, acme, cleo, program, story, contact):
    program(cleo).send("escalations/", story if contact is None else story | {"contact": contact})
    assert Escalation.objects.get().contact_name == "Grace Hall"


def test_the_agents_phone_is_the_raisers_own_unless_given(programme, acme, cleo, program, story):
    program(cleo).send("escalations/", story | {"connect": "agent"})
    assert Escalation.objects.get().agent_phone == cleo.phone


def test_a_second_contact_joins_the_open_case(programme, acme, cleo, program, story):
    caller = program(cleo)
    first = caller.send("escalations/", story).json()
    again = caller.send("escalations/", story | {"contact": {"name": "Hugo"}, "summary": "Still down."})
    assert again.status_code == 201
    assert again.json()["joined"] is True
    assert again.json()["id"] == first["id"]
    assert JoinedContact.objects.get().name == "Hugo"
    assert Page.objects.count() == 2


def test_an_executive_does_not_raise(programme, acme, ana, program, story):
    assert problem_of(program(ana).send("escalations/", story), 403)["title"] == "Not allowed"


def test_a_case_that_one_may_not_see_is_not_there(case, ben, eve, program, programme):
    programme.memberships.all().delete()
    problem_of(program(ben).read(f"escalations/{case.pk}/"), 404)
    problem_of(program(ben).read(f"escalations/{case.pk}/timeline/"), 404)
    problem_of(program(ben).send(f"escalations/{case.pk}/accept/"), 404)


@pytest.mark.parametrize("pk", ["0", "99999999", "9" * 30, "9" * 5000, "-1", "1.5", "x", "²"])
def test_a_number_that_is_no_case_is_a_404(cleo, program, pk):
    caller = program(cleo)
    problem_of(caller.read(f"escalations/{pk}/"), 404)
    problem_of(caller.read(f"escalations/{pk}/timeline/"), 404)
    problem_of(caller.send(f"escalations/{pk}/accept/"), 404)


def test_the_timeline_tells_who_did_what_in_order(case, ana, program, cleo):
    program(ana).send(f"escalations/{case.pk}/accept/")
    answer = program(cleo).read(f"escalations/{case.pk}/timeline/").json()
    assert answer["next"] is None
    events = answer["results"]
    assert [list(event) for event in events] == [["at", "kind", "actor", "text", "data"]] * len(events)
    assert events[0]["kind"] == "raised"
    assert events[0]["actor"] == shown(cleo)
    assert events[-1]["kind"] == "accepted"
    assert events[-1]["text"] == "Ana Ruiz took the case by API."
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    pages = program(cleo).read(f"escalations/{case.pk}/timeline/", page_size=1).json()
    assert pages["results"] == events[:1]
    assert program(cleo).get(pages["next"]).json()["results"] == events[1:2]


def test_an_event_without_a_person_names_what_it_was(case, program, cleo):
    case.events.create(at=case.created_at, kind="closed", actor_name="Customer", text="Yes.", data={})
    event = program(cleo).read(f"escalations/{case.pk}/timeline/").json()["results"][-1]
    assert event["actor"] == {"id": None, "name": "Customer", "email": None}


def test_no_answer_holds_an_officers_number(case, ana, ben, cleo, dora, program, touchpoint, outcome):
    officer = program(ana)
    for path, body in [("accept", {}), ("note", {"text": "On it."}), ("resolve", outcome)]:
        assert officer.send(f"escalations/{case.pk}/{path}/", body).status_code == 200
    for reader in (cleo, ben, dora):
        caller = program(reader)
        for path in (
            "escalations/", f"escalations/{case.pk}/", f"escalations/{case.pk}/timeline/",
            "duties/", "duty/now/", "learnings/",
        ):  # fmt: skip
            said = caller.read(path).content.decode()
            assert case.owner.name in said
            for person in (ana, ben, cleo, dora):
                assert person.phone.removeprefix("+1") not in said, path


# --- Lists -----------------------------------------------------------------------------------------------


@pytest.fixture
def many(programme, acme, cleo, program, story):
    caller = program(cleo)
    for number in range(6):
        Account.objects.create(
            external_id=f"A{number}", name=f"Account {number}", annual_value=10**number, country="US"
        )
        assert caller.send("escalations/", story | {"account": f"A{number}"}).status_code == 201
    assert caller.send("escalations/", story).status_code == 201
    return caller


def test_the_list_is_newest_first_and_paged(many):
    page = many.read("escalations/", page_size=3).json()
    assert list(page) == ["results", "next", "previous"]
    assert [list(row) for row in page["results"]] == [FIELDS] * 3
    seen = [row["account"] for row in page["results"]]
    while page["next"]:
        page = many.get(page["next"]).json()
        seen += [row["account"] for row in page["results"]]
    assert seen == ["ACME", "A5", "A4", "A3", "A2", "A1", "A0"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"status": "paging"}, 1),
        ({"status": "queued"}, 6),
        ({"status": "closed"}, 0),
        ({"open": "true"}, 7),
        ({"open": "false"}, 0),
        ({"mine": "true"}, 7),
        ({"mine": "false"}, 7),
        ({"programme": "north-america"}, 7),
        ({"status": "", "programme": "", "mine": ""}, 7),
        ({"status": "queued", "mine": "true", "programme": "north-america"}, 6),
    ],
)
def test_the_list_is_narrowed(many, query, count):
    assert len(many.read("escalations/", **query).json()["results"]) == count


def test_mine_is_what_i_own_or_raised(many, ana, ben, program):
    assert len(program(ana).read("escalations/", mine="true").json()["results"]) == 7
    assert program(ben).read("escalations/", mine="true").json()["results"] == []
    assert len(program(ben).read("escalations/").json()["results"]) == 7


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"status": "asleep"}, "status", "invalid_choice"),
        ({"status": ["paging", "queued"]}, "status", "repeated"),
        ({"programme": "atlantis"}, "programme", "unknown"),
        ({"mine": "yes"}, "mine", "invalid"),
        ({"open": "1"}, "open", "invalid"),
        ({"owner": "1"}, "owner", "unknown_field"),
        ({"cursor": "WzAsOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OSwxXQ"}, "cursor", "invalid_cursor"),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(programme, cleo, program, query, field, code):
    assert fields_of(program(cleo).read("escalations/", **query)) == {field: code}


def test_the_number_of_queries_does_not_grow(many, django_assert_num_queries):
    many.read("me/")
    for size in (1, 7):
        with django_assert_num_queries(3):  # the token; the cases with account, owner; the pages with people
            many.read("escalations/", page_size=size)


def test_reading_one_case_costs_the_same_whatever_happened_to_it(case, many, django_assert_num_queries):
    many.read("me/")
    with django_assert_num_queries(3):
        many.read(f"escalations/{case.pk}/")
    with django_assert_num_queries(3):
        many.read(f"escalations/{case.pk}/timeline/")
