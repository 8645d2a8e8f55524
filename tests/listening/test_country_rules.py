"""Where calls may be listened to: the shipped table, what administrators put in its place, and why not."""

import pytest

from listening import country_rules
from listening.country_rules import go_back_to_shipped, rule_for, set_rule, shipped, why_not
from listening.errors import NotAllowed, NotNow
from listening.models import CountryRule, ListeningMode, LiveCall
from people.errors import Refused
from people.regional import read_country


def call(country: str, *, announced: bool = False, opted_in: bool = False) -> LiveCall:
    return LiveCall(customer_country=country, announced=announced, opted_in=opted_in)


def test_every_shipped_rule_names_a_country_and_its_source():
    assert len(shipped()) >= 30
    for code, rule in shipped().items():
        assert read_country(code) == code == rule.country
        assert 20 <= len(rule.source) <= 400, code
    # The countries that the facts name.
    assert shipped()["DE"].mode == ListeningMode.OPT_IN
    assert {shipped()[code].mode for code in ("US", "GB")} == {ListeningMode.ANNOUNCE}


@pytest.mark.parametrize(
    ("country", "announced", "opted_in", "words"),
    [
        ("", True, True, "not known"),
        ("XX", True, True, "strictest"),
        ("RU", True, True, "In Russia"),
        ("US", False, False, "announcement"),
        ("US", True, False, ""),
        ("DE", True, False, "agree by a key"),
        ("DE", False, True, "announcement"),
        ("DE", True, True, ""),
    ],
)
def test_nobody_listens_before_what_the_country_asks_for(db, country, announced, opted_in, words):
    why = why_not(call(country, announced=announced, opted_in=opted_in))
    assert (words in why) if words else why == ""


def test_an_administrators_rule_goes_before_the_shipped_one_and_back(dora):
    set_rule(country="de", mode="off", source="Our counsel, 3 March", by=dora)
    assert rule_for("DE").mode == ListeningMode.OFF
    assert "Our counsel" in why_not(call("DE", announced=True, opted_in=True))
    set_rule(country="DE", mode="announce", source="Our counsel, 4 March", by=dora)
    assert why_not(call("DE", announced=True)) == ""
    go_back_to_shipped(country="DE", by=dora)
    assert rule_for("DE") == shipped()["DE"]
    history = CountryRule.history.filter(country="DE").order_by("history_id")
    assert [(row.history_type, row.mode, row.history_user) for row in history] == [
        ("+", "off", dora),
        ("~", "announce", dora),
        ("-", "announce", dora),
    ]
    with pytest.raises(NotNow):
        go_back_to_shipped(country="DE", by=dora)


def test_a_country_of_ones_own_is_added(dora):
    set_rule(country="IS", mode="opt_in", source="Our counsel", by=dora)
    assert [rule.country for rule in country_rules.all_rules() if rule.changed_at] == ["IS"]
    assert why_not(call("IS", announced=True, opted_in=True)) == ""


def test_where_no_country_is_known_nobody_listens_whatever_the_table_says(dora):
    CountryRule.objects.create(country="", mode="announce", source="x", changed_at="2026-01-01T00:00:00Z")
    assert "not known" in why_not(call("", announced=True, opted_in=True))
    assert "" not in [rule.country for rule in country_rules.all_rules()]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"country": ""}, "country"),
        ({"country": "XX"}, "country"),
        ({"mode": "always"}, "mode"),
        ({"source": "  "}, "source"),
        ({"source": "x" * 401}, "source"),
    ],
)
def test_a_bad_rule_is_refused_by_its_field(dora, values, field):
    with pytest.raises(Refused) as refused:
        set_rule(**{"country": "DE", "mode": "off", "source": "Our counsel", "by": dora} | values)
    assert refused.value.field == field
    assert not CountryRule.objects.exists()


def test_only_administrators_change_the_table(ana, cleo):
    for somebody in (ana, cleo):
        with pytest.raises(NotAllowed):
            set_rule(country="DE", mode="announce", source="I say so", by=somebody)
        with pytest.raises(NotAllowed):
            go_back_to_shipped(country="DE", by=somebody)
