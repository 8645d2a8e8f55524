"""How much an account's trouble weighs, explained factor by factor. Pure: no database, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from customers.rates import UnknownRate, convert

FACTORS = ("value", "tenure", "loyalty", "status", "influence")
STATUS_FRACTION = {"standard": Decimal(0), "key": Decimal("0.6"), "strategic": Decimal(1)}
YEARS_FOR_FULL_MARKS = 10
_TENTHS = 10
_DISCOUNT = {"normal": 0, "high": 10, "critical": 20}


@dataclass(frozen=True, kw_only=True)
class AccountFacts:
    """What the score needs to know. `annual_value` is in whole units of `currency` (ISO 4217) a year."""

    annual_value: Decimal
    currency: str
    customer_since: date | None
    loyalty: int
    status: str
    influence: int


@dataclass(frozen=True, kw_only=True)
class FullMarks:
    """The annual value that earns the whole weight of the factor "value"."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One row of the explanation: `value` is for people ("7.4 years"), `points` of at most `weight`."""

    name: str
    value: str
    weight: int
    points: float


@dataclass(frozen=True, kw_only=True)
class Score:
    """The whole, 0 to 100, and the factors that make it, in the order of `FACTORS`."""

    total: int
    factors: tuple[Factor, ...]


def value_score(facts: AccountFacts, *, weights: Mapping[str, int], full_marks: FullMarks, on: date) -> Score:
    """The account's score on a date of the programme's calendar. `weights` has one number for each factor.

    A factor earns its weight times its fraction (0 to 1), rounded to a tenth; the total is the sum, rounded
    half up, so that the rows shown always add up to what is decided by.
    """
    fractions = {
        "value": _value(facts, full_marks),
        "tenure": _tenure(facts.customer_since, on),
        "loyalty": _out_of_ten(facts.loyalty),
        "status": (STATUS_FRACTION.get(facts.status, Decimal(0)), facts.status),
        "influence": _out_of_ten(facts.influence),
    }
    factors: list[Factor] = []
    total = Decimal(0)
    for name in FACTORS:
        fraction, words = fractions[name]
        weight = weights.get(name, 0)
        points = (weight * fraction).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
        total += points
        factors.append(Factor(name=name, value=words, weight=weight, points=float(points)))
    return Score(total=int(total.quantize(Decimal(1), rounding=ROUND_HALF_UP)), factors=tuple(factors))


def threshold_for(*, base: int, severity: str, public_risk: bool) -> int:
    """The score that rings an officer: the programme's, 10 less for high, 20 less for critical severity.

    Public risk always rings: its threshold is 0.
    """
    return 0 if public_risk else max(0, base - _DISCOUNT[severity])


def qualifies(*, total: int, threshold: int) -> bool:
    """Whether the phone may ring for a case of this score; `threshold` is the effective one."""
    return total >= threshold


def _value(facts: AccountFacts, full_marks: FullMarks) -> tuple[Decimal, str]:
    words = f"{facts.currency} {facts.annual_value:,.0f}"
    if facts.annual_value <= 0:
        return Decimal(0), words
    try:
        worth = convert(facts.annual_value, currency=facts.currency, to=full_marks.currency)
    except UnknownRate as missing:
        return Decimal(0), f"{words} (counts 0: {missing})"
    if full_marks.amount <= 0:
        return Decimal(1), words
    return min(Decimal(1), worth / full_marks.amount), words


def _tenure(since: date | None, on: date) -> tuple[Decimal, str]:
    if since is None:
        return Decimal(0), "unknown"
    years = max(Decimal(0), _years_between(since, on))
    shown = years.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return min(Decimal(1), years / YEARS_FOR_FULL_MARKS), f"{shown} years"


def _years_between(since: date, on: date) -> Decimal:
    """Whole years by anniversaries, and of the running year the part that has passed; never above 10,000."""
    if on <= since:
        return Decimal(0)
    whole = on.year - since.year
    if _anniversary(since, whole) > on:
        whole -= 1
    last, coming = _anniversary(since, whole), _anniversary(since, whole + 1)
    return whole + Decimal((on - last).days) / Decimal((coming - last).days)


def _anniversary(since: date, years: int) -> date:
    """The same date years later; 29 February is kept on 1 March where there is none."""
    try:
        return since.replace(year=since.year + years)
    except ValueError:
        return date(since.year + years, 3, 1)


def _out_of_ten(marks: int) -> tuple[Decimal, str]:
    kept = min(max(marks, 0), _TENTHS)
    return Decimal(kept) / _TENTHS, f"{kept} of {_TENTHS}"
