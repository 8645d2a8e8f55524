"""The audit: changes with before and after, sign-ins and failed ones, reads of customers' data."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from api.tokens import issue
from customers.models import Account
from escalations.models import Escalation
from listening.ledger import correct as correct_credit
from people.models import Person
from reports.audit import kinds, names
from reports.closing import close_month, correct
from reports.models import PersonalRead, SignIn
from rota.exemptions import exempt
from rota.models import Programme
from tests.conftest import PASSWORD
from tests.web.conftest import SignIn as Enter


@pytest.fixture
def browser(programme: Programme, dora: Person, sign_in: Enter) -> Client:
    return sign_in(dora)


def read(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def test_every_kind_of_rule_is_kept(db: None) -> None:
    """Rota, quota, credit's rules, excuse, role, threshold, setting."""
    wanted = {"duty", "exemption", "membership", "person", "programme", "swap", "listening rules", "absence"}
    assert wanted <= set(kinds())
    assert {"credit", "closed month", *wanted} <= set(names())


def test_a_change_tells_who_before_and_after(
    browser, programme: Programme, ana: Person, dora: Person
) -> None:
    programme._history_user = dora
    programme.threshold_score = 75
    programme.save()
    exempt(programme=programme, person=ana, month=programme.created_at.date(), reason="Ill", by=dora)
    page = read(browser, "/admin/audit/")
    assert "Threshold score: 60 → 75" in page
    assert "Dora Lindt" in page
    assert "<strong>Added</strong> exemption" in page
    only = read(browser, f"/admin/audit/?kind=programme&by={dora.pk}")
    assert "60 → 75" in only
    assert "exemption:" not in only
    assert "60 → 75" not in read(browser, "/admin/audit/?last=2001-01-01")
    assert browser.get("/admin/audit/?first=yesterday").status_code == 422
    answer = browser.get("/admin/audit/changes.csv?kind=programme")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [
        (row["by"], row["before"], row["after"]) for row in rows if row["field"] == "threshold score"
    ] == [("Dora Lindt", "60", "75")]


def test_a_page_costs_the_same_whatever_was_changed(
    browser, programme: Programme, django_assert_max_num_queries
) -> None:
    for score in range(50):
        programme.threshold_score = score
        programme.save()
    with django_assert_max_num_queries(8 + 3 * len(names())):
        page = read(browser, "/admin/audit/")
    assert "48 → 49" in page
    assert page.count("<strong>Changed</strong>") == 40
    assert "8 → 9" in read(browser, "/admin/audit/?page=2")


def test_corrections_of_what_only_grows_are_changes_too(
    browser, programme: Programme, ana: Person, dora: Person, django_assert_max_num_queries
) -> None:
    month = (datetime.now(UTC).date().replace(day=1) - timedelta(days=1)).replace(day=1)
    for seconds, reason in ((600, "The exchange told us"), (-240, "Told twice")):
        correct_credit(
            person=ana,
            programme=programme,
            month=month,
            kind="audit",
            seconds=seconds,
            reason=reason,
            by=dora,
        )
    closed = close_month(programme=programme, month=month, by=dora)
    correct(closed=closed, person=ana, figure="cases_taken", after=2, reason="By phone", by=dora)
    page = read(browser, f"/admin/audit/?kind=credit&by={dora.pk}")
    assert page.count("<strong>Corrected</strong> credit: Ana Ruiz, out-of-box audit") == 2
    assert "Seconds: 600 → 360" in page
    assert "Told twice" in page
    assert "Cases taken: 0 → 2" in read(browser, "/admin/audit/")
    assert "Cases taken: 0 → 2" in read(browser, f"/admin/audit/?kind=closed+month&by={dora.pk}")
    assert "Cases taken" not in page
    for number in range(20):
        correct_credit(
            person=ana,
            programme=programme,
            month=month,
            kind="audit",
            seconds=1 + number,
            reason="x",
            by=dora,
        )
    with django_assert_max_num_queries(10):
        read(browser, "/admin/audit/?kind=credit")
    answer = browser.get("/admin/audit/changes.csv?kind=credit")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row["by"], row["before"], row["after"]) for row in rows[:2]] == [
        ("Dora Lindt", "0", "600"),
        ("Dora Lindt", "600", "360"),
    ]


def test_sign_ins_and_failed_ones(client: Client, dora: Person, sign_in: Enter) -> None:
    for password in ("wrong", PASSWORD):
        client.post("/accounts/login/", {"login": "dora@example.com", "password": password})
    client.post("/accounts/logout/")
    client.post("/accounts/login/", {"login": "nobody@example.com", "password": "secret"})
    kinds_of = list(SignIn.objects.order_by("pk").values_list("kind", "email"))
    assert kinds_of[:3] == [(kind, "dora@example.com") for kind in ("failed", "in", "out")]
    assert kinds_of[3] == ("failed", "nobody@example.com")
    page = read(sign_in(dora), "/admin/audit/sign-ins/?kind=failed")
    assert "nobody@example.com" in page
    assert "secret" not in page
    dora.refresh_from_db()
    assert dora.last_login is not None
    assert dora.history.count() == 1  # who signs in changes nothing about themselves


def test_a_wrong_code_is_a_failed_sign_in(client: Client, dora: Person) -> None:
    client.post("/accounts/login/code/", {"email": "dora@example.com"})
    client.post("/accounts/login/code/confirm/", {"code": "WRONG1"})
    assert SignIn.objects.filter(kind="failed").count() == 1


def test_reads_of_customers_data_by_administrators(
    case: Escalation, acme: Account, dora: Person, cleo: Person, sign_in: Enter
) -> None:
    contact = acme.contacts.get()
    for person in (dora, cleo):
        client = sign_in(person)
        client.get(f"/cases/{case.pk}/")
        client.get(f"/cases/{case.pk}/live/")
        client.get(f"/admin/accounts/{acme.pk}/")
        client.get("/desk/contact/", {"account": acme.external_id})
        client.get(f"/admin/contacts/{contact.pk}/erase/")
        token = issue(person=person).secret
        client.get(f"/api/v1/escalations/{case.pk}/", headers={"Authorization": f"Bearer {token}"})
        client.get("/cases/999999/")
    found = list(PersonalRead.objects.order_by("pk").values_list("person__name", "what"))
    case_name = f"case {case.number}"
    assert found == [
        ("Dora Lindt", case_name),
        ("Dora Lindt", f"account {acme.pk}"),
        ("Dora Lindt", "contact of an account, at the desk"),
        ("Dora Lindt", f"contact {contact.pk}"),
        ("Dora Lindt", case_name),
    ]
    page = read(sign_in(dora), "/admin/audit/reads/")
    assert case_name.capitalize() in page
