"""What a help desk tells: escalations per 1,000 contacts on the days that were counted, and tickets never raised."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from customers.models import Account
from escalations.raising import raise_escalation
from people.errors import Refused
from people.models import Person
from reports.drills import run_drill
from reports.health import health
from reports.help_desk import (
    Desk,
    Reading,
    count_contacts,
    desk_of,
    register_ticket,
    set_band,
)
from reports.models import HealthyBand
from reports.sponsor import facts
from rota.models import Programme

MARCH = date(2026, 3, 1)
NOON = datetime(2026, 3, 10, 16, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.mark.parametrize(
    ("contacts", "escalations", "band", "rate", "reading"),
    [
        (0, 4, (1, 5), None, Reading.UNKNOWN),
        (1000, 4, None, Decimal("4.0"), Reading.UNKNOWN),
        (1000, 0, (1, 5), Decimal("0.0"), Reading.LOW),
        (1000, 1, (1, 5), Decimal("1.0"), Reading.HEALTHY),
        (1000, 5, (1, 5), Decimal("5.0"), Reading.HEALTHY),
        (1959, 10, (1, 5), Decimal("5.1"), Reading.HIGH),
        (3, 1, (0, 1000), Decimal("333.3"), Reading.HEALTHY),
    ],
)
def test_the_rate_and_its_band(contacts, escalations, band, rate, reading) -> None:
    healthy = band and HealthyBand(low=Decimal(band[0]), high=Decimal(band[1]))
    found = Desk(contacts=contacts, days=1, month_days=31, escalations=escalations, band=healthy, tickets=0,
                 qualified=0, missed=[])  # fmt: skip
    assert (found.per_thousand, found.reading) == (rate, reading)


def test_a_day_without_a_count_is_left_out_on_both_sides(
    programme: Programme, acme: Account, tiny: Account, cleo: Person, dora: Person, at_noon
) -> None:
    nothing = desk_of(programme, MARCH)
    assert (nothing.days, nothing.per_thousand, nothing.tickets) == (0, None, 0)
    at_noon.move_to(datetime(2026, 3, 9, 3, tzinfo=UTC))  # the evening of the 8th in New York
    raise_escalation(account=acme, raised_by=cleo, summary="It is down.")
    at_noon.move_to(NOON)
    raise_escalation(account=tiny, raised_by=cleo, summary="It is slow.")
    run_drill(programme=programme, by=dora)
    count_contacts(programme=programme, day=date(2026, 3, 8), contacts=900, by=cleo)
    count_contacts(programme=programme, day=date(2026, 3, 8), contacts=400, by=cleo)
    found = desk_of(programme, MARCH)
    assert (found.days, found.contacts, found.escalations, found.per_thousand) == (1, 400, 1, Decimal("2.5"))
    count_contacts(programme=programme, day=date(2026, 3, 10), contacts=600, by=cleo)
    found = desk_of(programme, MARCH)
    assert (found.days, found.contacts, found.escalations, found.per_thousand) == (2, 1000, 2, Decimal("2.0"))
    assert desk_of(programme, date(2026, 2, 1)).days == 0


def test_what_met_the_rule_and_was_never_raised(
    programme: Programme, acme: Account, tiny: Account, cleo: Person, at_noon
) -> None:
    for reference, account in (("HD-1", acme), ("HD-2", tiny)):
        register_ticket(reference=reference, account=account, opened_at=NOON, by=cleo)
    found = desk_of(programme, MARCH)
    assert (found.tickets, found.qualified, [one.reference for one in found.missed]) == (2, 1, ["HD-1"])
    at_noon.shift(timedelta(days=7))
    raise_escalation(account=acme, raised_by=cleo, summary="Too late: another matter.")
    assert len(desk_of(programme, MARCH).missed) == 1
    register_ticket(reference="HD-3", account=acme, opened_at=NOON + timedelta(days=7, hours=-1), by=cleo)
    assert [one.reference for one in desk_of(programme, MARCH).missed] == ["HD-1"]
    # Told again with what it was: an early case of the account's is its own.
    register_ticket(reference="HD-1", account=acme, opened_at=NOON + timedelta(days=1), by=cleo)
    assert desk_of(programme, MARCH).missed == []


def test_whoever_joined_an_open_case_was_raised(
    programme: Programme, acme: Account, cleo: Person, at_noon
) -> None:
    raise_escalation(account=acme, raised_by=cleo, summary="It is down.")
    at_noon.shift(timedelta(days=5))
    register_ticket(reference="HD-1", account=acme, opened_at=datetime.now(UTC), by=cleo)
    assert len(desk_of(programme, MARCH).missed) == 1
    raise_escalation(account=acme, raised_by=cleo, summary="It is down here too.")
    assert desk_of(programme, MARCH).missed == []


def test_the_month_costs_the_same_whatever_was_told(
    programme: Programme, acme: Account, cleo: Person, django_assert_num_queries
) -> None:
    for number in range(3):
        register_ticket(reference=f"HD-{number}", account=acme, opened_at=NOON, by=cleo)
    count_contacts(programme=programme, day=date(2026, 3, 8), contacts=900, by=cleo)
    with django_assert_num_queries(8):
        desk_of(programme, MARCH)
    for number in range(3, 30):
        register_ticket(reference=f"HD-{number}", account=acme, opened_at=NOON, by=cleo)
    with django_assert_num_queries(8):
        assert len(desk_of(programme, MARCH).missed) == 30


def test_figures_stand_only_where_a_help_desk_told_them(
    programme: Programme, acme: Account, cleo: Person, dora: Person
) -> None:
    def told() -> dict[str, str]:
        return dict(facts(health(programme=programme, month=MARCH, now=NOON)))

    assert not {name for name in told() if "contacts" in name or "never raised" in name}
    count_contacts(programme=programme, day=date(2026, 3, 8), contacts=900, by=cleo)
    register_ticket(reference="HD-1", account=acme, opened_at=NOON, by=cleo)
    set_band(programme=programme, low=Decimal("1.5"), high=Decimal(6), by=dora)
    assert (
        told()["Escalations per 1,000 contacts (1 of 31 days counted)"] == "0.0, below the healthy 1.5 to 6.0"
    )
    assert told()["Tickets that met the rule, and never raised so far"] == "1, 1"


def test_who_may_tell_and_what_is_refused(programme: Programme, ana: Person, dora: Person) -> None:
    day = date(2026, 3, 8)
    with pytest.raises(Refused, match="speak for the help desk"):
        count_contacts(programme=programme, day=day, contacts=1, by=ana)
    with pytest.raises(Refused, match="Only administrators"):
        set_band(programme=programme, low=Decimal(1), high=Decimal(2), by=ana)
    for low, high in ((-1, 2), (1, 1001), (3, 2)):
        with pytest.raises(Refused):
            set_band(programme=programme, low=Decimal(low), high=Decimal(high), by=dora)
    band = set_band(programme=programme, low=Decimal(1), high=Decimal(2), by=dora)
    set_band(programme=programme, low=Decimal(1), high=Decimal(2), by=dora)
    assert band.history.count() == 1
    assert band.history.get().history_user == dora
