"""The five-factor score: what each factor earns, how it is rounded, and what rings."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.score import (
    FACTORS,
    AccountFacts,
    FullMarks,
    Score,
    qualifies,
    threshold_for,
    value_score,
)

WEIGHTS = {"value": 40, "tenure": 10, "loyalty": 10, "status": 25, "influence": 15}
FULL = FullMarks(amount=Decimal(500_000), currency="USD")
ON = date(2026, 11, 20)
NOBODY = AccountFacts(
    annual_value=Decimal(0), currency="USD", customer_since=None, loyalty=0, status="standard", influence=0
)


def score(facts: AccountFacts, on: date = ON) -> Score:
    return value_score(facts, weights=WEIGHTS, full_marks=FULL, on=on)


@pytest.mark.parametrize(
    ("changed", "factor", "points", "words"),
    [
        ({"annual_value": Decimal(1_200_000)}, "value", 40.0, "USD 1,200,000"),
        ({"annual_value": Decimal(250_000)}, "value", 20.0, "USD 250,000"),
        ({"annual_value": Decimal(500_000)}, "value", 40.0, "USD 500,000"),
        ({"annual_value": Decimal(0)}, "value", 0.0, "USD 0"),
        ({"annual_value": Decimal(1_836_250), "currency": "AED"}, "value", 40.0, "AED 1,836,250"),
        ({"annual_value": Decimal(918_125), "currency": "AED"}, "value", 20.0, "AED 918,125"),
        (
            {"annual_value": Decimal(9_000_000), "currency": "TWD"},
            "value",
            0.0,
            "TWD 9,000,000 (counts 0: there is no reference rate for TWD)",
        ),
        ({"customer_since": None}, "tenure", 0.0, "unknown"),
        ({"customer_since": date(2016, 11, 20)}, "tenure", 10.0, "10.0 years"),
        ({"customer_since": date(2016, 11, 21)}, "tenure", 10.0, "10.0 years"),
        ({"customer_since": date(2021, 11, 20)}, "tenure", 5.0, "5.0 years"),
        ({"customer_since": date(1950, 1, 1)}, "tenure", 10.0, "76.9 years"),
        ({"customer_since": date(2027, 1, 1)}, "tenure", 0.0, "0.0 years"),
        ({"customer_since": date(2024, 2, 29)}, "tenure", 2.7, "2.7 years"),
        ({"loyalty": 9}, "loyalty", 9.0, "9 of 10"),
        ({"status": "key"}, "status", 15.0, "key"),
        ({"status": "strategic"}, "status", 25.0, "strategic"),
        ({"influence": 7}, "influence", 10.5, "7 of 10"),
    ],
)
def test_each_factor_earns_its_part(
    changed: dict[str, object], factor: str, points: float, words: str
) -> None:
    rows = {row.name: row for row in score(replace(NOBODY, **changed)).factors}  # type: ignore[arg-type]
    assert (rows[factor].points, rows[factor].value) == (points, words)
    assert sum(row.points for name, row in rows.items() if name != factor) == 0


def test_the_factors_come_in_one_order_with_their_weights() -> None:
    rows = score(NOBODY).factors
    assert [row.name for row in rows] == list(FACTORS)
    assert {row.name: row.weight for row in rows} == WEIGHTS


def test_the_total_is_rounded_half_up() -> None:
    # 10.5 of influence alone is 11, where rounding half to even would say 10.
    assert score(replace(NOBODY, influence=7)).total == 11


def test_a_currency_without_a_rate_still_counts_in_a_programme_of_that_currency() -> None:
    taiwanese = FullMarks(amount=Decimal(9_000_000), currency="TWD")
    facts = replace(NOBODY, annual_value=Decimal(9_000_000), currency="TWD")
    assert value_score(facts, weights=WEIGHTS, full_marks=taiwanese, on=ON).total == 40


@pytest.mark.parametrize(
    ("severity", "public_risk", "threshold"),
    [
        ("normal", False, 60),
        ("high", False, 50),
        ("critical", False, 40),
        ("normal", True, 0),
        ("critical", True, 0),
    ],
)
def test_gravity_lowers_the_threshold(severity: str, public_risk: bool, threshold: int) -> None:
    assert threshold_for(base=60, severity=severity, public_risk=public_risk) == threshold


def test_a_threshold_never_falls_below_nothing_and_its_own_score_qualifies() -> None:
    assert threshold_for(base=5, severity="critical", public_risk=False) == 0
    assert qualifies(total=60, threshold=60)
    assert not qualifies(total=59, threshold=60)


facts = st.builds(
    AccountFacts,
    annual_value=st.decimals(min_value=0, max_value=Decimal("99999999999999.99"), places=2),
    currency=st.sampled_from(["USD", "EUR", "JPY", "AED", "TWD", "XXX"]),
    customer_since=st.none() | st.dates(),
    loyalty=st.integers(0, 10),
    status=st.sampled_from(["standard", "key", "strategic"]),
    influence=st.integers(0, 10),
)


@given(facts=facts, on=st.dates(max_value=date(9990, 1, 1)))
def test_any_score_lies_in_0_to_100_and_adds_up(facts: AccountFacts, on: date) -> None:
    result = score(facts, on)
    assert 0 <= result.total <= 100
    assert abs(sum(row.points for row in result.factors) - result.total) <= 0.5 + 1e-9
    assert all(0 <= row.points <= row.weight for row in result.factors)


@given(facts=facts, more=st.decimals(min_value=0, max_value=10**9, places=2))
def test_more_is_never_less(facts: AccountFacts, more: Decimal) -> None:
    base = score(facts).total
    assert score(replace(facts, annual_value=facts.annual_value + more)).total >= base
    assert score(replace(facts, loyalty=10)).total >= base
    assert score(replace(facts, status="strategic")).total >= base
