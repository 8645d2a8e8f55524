"""Administrators look after listening: the wall, the table of countries, rules, our own number, the ledger."""

from datetime import UTC, date, datetime

import pytest

from listening.models import CountryRule, Credit, DeclinedOffers, HuntGroup, ListeningRules, LiveCall
from tests.web.conftest import SignIn

pytestmark = pytest.mark.usefixtures("clock")

RULES = {
    "counts": ["listening", "audit"],
    "debrief_days": "4",
    "carry_over_minutes": "0",
    "presence_minutes": "20",
    "answer_seconds": "20",
    "agent_name_days": "90",
    "monitor_number": "",
    "monitor_keys": "",
}
LINE = {
    "is_on": "on",
    "name": "Acme support",
    "days": ["mon", "fri"],
    "opens": "09:00",
    "closes": "17:30",
    "ring_seconds": "15",
    "patience_seconds": "90",
    "queue": "",
    "language": "en",
}


def text(response) -> str:
    return response.content.decode()


def test_the_wall_says_of_each_call_whether_it_may_be_listened_to(programme, cleo, dora, sign_in: SignIn):
    now = datetime.now(UTC)
    call = LiveCall.objects.create(
        source="own", agent=cleo, customer_country="DE", announced=True, programme=programme, state="live",
        started_at=now, state_at=now,
    )  # fmt: skip
    DeclinedOffers.objects.create(programme=programme, month=date(2026, 6, 1), count=7)
    browser = sign_in(dora)
    page = text(browser.get("/admin/listening/"))
    assert "Cleo Martin" in page
    assert "agree by a key first" in page
    assert "StGB § 201" in page
    assert '<td class="number">7</td>' in page
    seen = page.split("seen=")[1].split('"')[0]
    assert browser.get("/admin/listening/live/", {"seen": seen}).status_code == 204
    LiveCall.objects.filter(pk=call.pk).update(opted_in=True)
    assert "has not signed the policy" in text(browser.get("/admin/listening/live/", {"seen": seen}))


def test_a_countrys_rule_is_changed_with_its_source_and_taken_back(dora, sign_in: SignIn):
    browser = sign_in(dora)
    assert "StGB § 201" in text(browser.get("/admin/listening/countries/?country=de"))
    bad = browser.post("/admin/listening/countries/", {"country": "DE", "mode": "announce", "source": ""})
    assert bad.status_code == 422
    assert not CountryRule.objects.exists()
    for wrong in ({"country": "ZZ"}, {"country": ""}, {"mode": "always"}, {"source": "x" * 401}):
        body = {"country": "DE", "mode": "announce", "source": "Counsel"} | wrong
        assert browser.post("/admin/listening/countries/", body).status_code == 422, wrong
    browser.post(
        "/admin/listening/countries/", {"country": "de", "mode": "announce", "source": "Counsel, 3 May"}
    )
    assert CountryRule.objects.get().mode == "announce"
    page = text(browser.get("/admin/listening/countries/"))
    assert "Counsel, 3 May" in page
    assert "Dora Lindt" in page
    browser.post("/admin/listening/countries/back/", {"country": "DE"})
    assert not CountryRule.objects.exists()
    again = browser.post("/admin/listening/countries/back/", {"country": "DE"}, follow=True)
    assert "holds already" in text(again)


def test_a_programmes_rules_are_kept_or_refused(programme, dora, sign_in: SignIn):
    browser = sign_in(dora)
    address = "/admin/programmes/north-america/listening/"
    for field, value in (
        ("debrief_days", "0"), ("debrief_days", "x"), ("counts", []), ("counts", ["carried"]),
        ("monitor_number", "call me"), ("monitor_keys", "a;b"), ("monitor_country", "ZZ"), ("answer_seconds", "31"),
    ):  # fmt: skip
        refused = browser.post(address, RULES | {field: value})
        assert refused.status_code == 422, (field, value)
    assert not ListeningRules.objects.exists()
    assert browser.post(address, RULES).status_code == 302
    assert ListeningRules.objects.get().counts == ["listening", "audit"]
    assert "On record" in text(browser.get(address))
    assert browser.get("/admin/programmes/atlantis/listening/").status_code == 404


def test_our_own_number_is_set_up_or_refused(programme, dora, sign_in: SignIn):
    browser = sign_in(dora)
    address = "/admin/programmes/north-america/number/"
    for field, value in (
        ("days", []), ("days", ["someday"]), ("closes", "08:00"), ("opens", "25:00"), ("ring_seconds", "1"),
        ("patience_seconds", "9999"), ("name", ""), ("language", "klingonese"),
    ):  # fmt: skip
        assert browser.post(address, LINE | {field: value}).status_code == 422, (field, value)
    assert not HuntGroup.objects.exists()
    assert browser.post(address, LINE).status_code == 302
    group = HuntGroup.objects.get()
    assert (group.is_on, group.days, group.name) == (True, ["mon", "fri"], "Acme support")
    assert group.history.get().history_user == dora


def test_the_ledger_shows_each_month_and_is_corrected_by_an_entry(programme, ana, dora, sign_in: SignIn):
    browser = sign_in(dora)
    page = text(browser.get("/admin/listening/ledger/"))
    assert "Ana Ruiz" in page
    address = f"/admin/listening/ledger/north-america/{ana.pk}/?month=2026-06"
    good = {
        "way": "add", "minutes": "12", "seconds": "30", "kind": "listening", "session": "", "key": "k1",
        "reason": "Twilio lost its events on 3 June.",
    }  # fmt: skip
    for field, value in (
        ("minutes", "-1"), ("minutes", ""), ("seconds", "60"), ("kind", "holiday"), ("reason", " "),
        ("session", "999"), ("way", "steal"),
    ):  # fmt: skip
        assert browser.post(address, good | {field: value}).status_code == 422, (field, value)
    assert browser.post(address, good | {"minutes": "0", "seconds": "0"}).status_code == 422
    assert browser.post(address, good | {"way": "take"}).status_code == 422  # there is nothing to take back
    assert not Credit.objects.exists()
    for _ in range(2):  # a form that is sent twice is one correction
        assert browser.post(address, good).status_code == 302
    entry = Credit.objects.get()
    assert (entry.seconds, entry.approver, entry.month) == (750, dora, date(2026, 6, 1))
    page = text(browser.get(address))
    assert "12:30" in page
    assert "Twilio lost its events on 3 June." in page
    assert browser.post(address, good | {"way": "take", "key": "k2", "minutes": "2"}).status_code == 302
    assert "−2:30" in text(browser.get(address))


def test_nobody_corrects_their_own(programme, dora, sign_in: SignIn):
    dora.is_executive = True
    dora.save()
    address = f"/admin/listening/ledger/north-america/{dora.pk}/"
    page = sign_in(dora).get(address)
    assert "ask another administrator" in text(page)
    assert b"Enter it" not in page.content
