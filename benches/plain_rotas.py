"""Two rotas as people make them by hand, for the planner to be measured against: in turn, and whoever rested longest.

Both see to it that whoever is on duty is there, serves one seat a day and keeps the gaps; neither looks ahead, at
weekends, at wishes or at what was carried before. Where nobody is left they give the seat to the next one all the
same: what breaks by that is counted, not hidden.
"""

from collections.abc import Callable, Iterable
from datetime import date

from rota.planning.duties import duty_obstacles
from rota.planning.eligibility import right_length, session_obstacles
from rota.planning.instance import PRIMARY, Executive, Instance, Seat
from rota.planning.plan import Booking, Plan

Turn = Callable[[Seat], Iterable[Executive]]
"""Everybody, in the order in which they are asked for a seat."""


def round_robin(instance: Instance) -> Plan:
    """Down the list and from its top again; whoever cannot is passed over, once."""
    queue = list(instance.executives)

    def turn(_seat: Seat) -> Iterable[Executive]:
        return tuple(queue)

    def took(executive: Executive, _seat: Seat) -> None:
        queue.remove(executive)
        queue.append(executive)

    return _fill(instance, turn, took)


def least_recently_served(instance: Instance) -> Plan:
    """Whoever's last duty, in any seat, lies longest back."""
    last = {one.id: one.last_primary or date.min for one in instance.executives}

    def turn(_seat: Seat) -> Iterable[Executive]:
        return sorted(instance.executives, key=lambda one: (last[one.id], one.id))

    def took(executive: Executive, seat: Seat) -> None:
        last[executive.id] = seat[0]

    return _fill(instance, turn, took)


def _fill(instance: Instance, turn: Turn, took: Callable[[Executive, Seat], None]) -> Plan:
    holders: dict[Seat, str] = dict(instance.pinned)
    served: dict[str, list[Seat]] = {one.id: [] for one in instance.executives}
    for seat, who in holders.items():
        served[who].append(seat)
    for seat in instance.seats:
        if seat in holders:
            continue
        asked = list(turn(seat))
        there = [one for one in asked if holders.get((seat[0], PRIMARY)) != one.id] or asked
        free = [one for one in there if next(duty_obstacles(instance, one, seat), None) is None]
        rested = [one for one in free if _has_rested(instance, seat, served[one.id])]
        taken = next(iter(rested or free or there))
        holders[seat] = taken.id
        served[taken.id].append(seat)
        took(taken, seat)
    return Plan(holders, tuple(_book(instance, holders)))


def _has_rested(instance: Instance, seat: Seat, served: Iterable[Seat]) -> bool:
    rules = instance.rules
    for day, role in served:
        both_primary = role == seat[1] == PRIMARY
        if abs((seat[0] - day).days) < max(rules.role_gap_days, rules.min_gap_days if both_primary else 1):
            return False
    return True


def _book(instance: Instance, holders: dict[Seat, str]) -> Iterable[Booking]:
    """First come, first served: everybody takes the first seats that are open to them."""
    rules = instance.rules.sessions
    if rules is None:
        return
    left = {slot.id: slot.seats for slot in instance.slots}
    on_duty = {(who, day) for (day, _), who in holders.items()}
    for executive in instance.executives:
        for month in instance.months:
            owed = 0 if month in executive.exempt_months else rules.per_month
            dates: set[date] = set()
            for slot in instance.slots:
                taken = rules.one_per_day and slot.date in dates
                if not owed or slot.month != month or not left[slot.id] or taken:
                    continue
                if (executive.id, slot.date) in on_duty or not right_length(rules, slot):
                    continue
                if next(session_obstacles(rules, executive, slot), None) is None:
                    left[slot.id] -= 1
                    owed -= 1
                    dates.add(slot.date)
                    yield executive.id, slot.id
