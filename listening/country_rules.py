"""Where calls may be listened to, and what must have happened before: a table of countries, each with its source.

`country_rules.csv` is what is shipped: a cautious reading of each country's law, the strictest where it is in doubt,
and no legal advice. A row of `CountryRule` is what an administrator put in its place, on record. A country that is in
neither, and a customer of whom no country is known, is treated as strictly as can be: nobody listens. That cannot
be edited away.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import pycountry
from django.db import transaction

from listening.errors import BadInput, NotAllowed, NotNow
from listening.models import CountryRule, ListeningMode, LiveCall
from people.models import Person
from people.plain_words import one_line
from people.regional import read_country
from telephony import clock

SHIPPED = Path(__file__).with_name("country_rules.csv")
STRICTEST = ListeningMode.OFF
_NO_RULE = "No rule for this country is on record, so the strictest holds."


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What holds for customers of a country ("" where none is known). `changed_at` is None for a shipped rule."""

    country: str
    mode: ListeningMode
    source: str
    changed_at: datetime | None = None

    @property
    def name(self) -> str:
        """The country as people call it."""
        return country_name(self.country)


def country_name(country: str) -> str:
    """ "Germany"; "elsewhere" where no country is known."""
    found = pycountry.countries.get(alpha_2=country) if country else None
    return str(getattr(found, "common_name", found.name)) if found is not None else "elsewhere"


def rule_for(country: str) -> Rule:
    """What holds for customers of this country (ISO 3166 alpha-2, or ""). One query, none for ""."""
    row = CountryRule.objects.filter(country=country).first() if country else None
    return _rule(country, {row.country: row} if row is not None else {})


def all_rules() -> list[Rule]:
    """Every country that has a rule, shipped or set here, by name. One query."""
    rows = CountryRule.objects.exclude(country="").in_bulk(field_name="country")
    return sorted(
        (_rule(country, rows) for country in {*rows, *shipped()}),
        key=lambda rule: (rule.name, rule.country),
    )


def why_not(call: LiveCall, rule: Rule | None = None) -> str:
    """Why nobody may listen to this call, in one sentence; "" where they may. One query where no rule is given."""
    held = rule or rule_for(call.customer_country)
    if held.mode == ListeningMode.OFF:
        if not held.country:
            return "The customer's country is not known, so nobody listens."
        return f"In {held.name} nobody listens: {held.source}"
    if not call.announced:
        return "The customer has not heard the announcement."
    if held.mode == ListeningMode.OPT_IN and not call.opted_in:
        return f"In {held.name} customers agree by a key first, and this one has not: {held.source}"
    return ""


def set_rule(*, country: str, mode: str, source: str, by: Person) -> CountryRule:
    """An administrator's rule for one country goes before the shipped one. Raises BadInput, NotAllowed."""
    _check_administrator(by)
    code = read_country(country)
    if not code:
        raise BadInput(
            "Name a country. Where none is known nobody listens, and that stays so.",
            field="country",
            code="required",
        )
    if mode not in ListeningMode.values:
        raise BadInput(f"Say one of: {', '.join(ListeningMode.values)}.", field="mode", code="invalid")
    why = one_line(source, field="source", most=400, required=True)
    with transaction.atomic():
        row = CountryRule.objects.select_for_update().filter(country=code).first()
        row = row or CountryRule(country=code)
        row.mode, row.source, row.changed_at = mode, why, clock.now()
        row._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - where django-simple-history looks for it
        row.save()
    return row


def go_back_to_shipped(*, country: str, by: Person) -> None:
    """Take an administrator's rule away; its history stays. Raises NotAllowed, NotNow where there is none."""
    _check_administrator(by)
    with transaction.atomic():
        row = CountryRule.objects.select_for_update().filter(country=country).first()
        if row is None:
            raise NotNow("The shipped rule holds already.", code="shipped")
        row._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - likewise
        row.delete()


@cache
def shipped() -> Mapping[str, Rule]:
    """The table of `country_rules.csv`, by country."""
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        return {
            row["country"]: Rule(
                country=row["country"], mode=ListeningMode(row["mode"]), source=row["source"]
            )
            for row in csv.DictReader(file, strict=True)
        }


def _rule(country: str, rows: Mapping[str, CountryRule]) -> Rule:
    if (row := rows.get(country)) is not None:
        return Rule(
            country=country,
            mode=ListeningMode(row.mode),
            source=row.source,
            changed_at=row.changed_at,
        )
    return shipped().get(country) or Rule(country=country, mode=STRICTEST, source=_NO_RULE)


def _check_administrator(by: Person) -> None:
    if not (by.is_admin and by.is_active):
        raise NotAllowed("Only administrators change where calls may be listened to.", code="not_allowed")
