"""Every plan of a small instance, by trying them all: a judge that shares nothing with the planner.

The rules are read from FORMAT.md once more, over plain (date, role, executive) triples, so that a mistake in the
planner's rows or in its own judgement shows. `insists` says which parts count, as a clash's demands do.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import combinations, product

from rota.planning.instance import Executive, Instance, Seat, Slot
from rota.planning.parts import Part, Rule

Duty = tuple[Seat, str]
Insists = Callable[[Part], bool]


def everything(_part: Part) -> bool:
    return True


def best_score(instance: Instance, insists: Insists = everything) -> int | None:
    """The least score of any plan; None where there is no plan."""
    best: int | None = None
    for duties in plans(instance, insists):
        sessions = _cheapest_sessions(instance, duties, insists)
        if sessions is not None:
            cost = duty_score(instance, duties) + instance.weights.session * sessions
            best = cost if best is None else min(best, cost)
    return best


def is_possible(instance: Instance, insists: Insists = everything) -> bool:
    """Whether any plan keeps what is insisted on."""
    return any(
        _cheapest_sessions(instance, duties, insists) is not None for duties in plans(instance, insists)
    )


def plans(instance: Instance, insists: Insists = everything) -> Iterator[list[Duty]]:
    """Every set of duties that keeps what is insisted on, sessions aside."""
    people = [executive.id for executive in instance.executives]

    def holders(seat: Seat) -> list[tuple[str, ...]]:
        day, role = seat
        if insists(Part(Rule.COVERAGE, day=day)):
            return [(who,) for who in people]
        asked = insists(Part(Rule.COVER_ANY, day=day)) or insists(Part(Rule.PINNED, day=day))
        for executive, month in product(people, instance.rules.min_primary_months):
            part = Part(Rule.MONTH_MIN, executive=executive, month=month)
            asked = asked or (role == "primary" and insists(part))
        # Without anybody asking for duties, none are always best: every other rule only forbids.
        sizes = range(len(people) + 1) if asked else (0,)
        return [some for size in sizes for some in combinations(people, size)]

    def grow(place: int, duties: list[Duty]) -> Iterator[list[Duty]]:
        if place == len(instance.days):
            if all(_serves_each_month(instance, one, duties, insists) for one in instance.executives):
                yield duties
            return
        day = instance.days[place].date
        seats = [(day, role) for role in instance.rules.roles]
        for chosen in product(*(holders(seat) for seat in seats)):
            more = [(seat, who) for seat, some in zip(seats, chosen, strict=True) for who in some]
            grown = duties + more
            who_changed = {who for _, who in more}
            if _day_stands(instance, place, grown, insists) and all(
                _person_stands(instance, instance.executive[who], grown, insists) for who in who_changed
            ):
                yield from grow(place + 1, grown)

    yield from grow(0, [])


def duty_score(instance: Instance, duties: list[Duty]) -> int:
    """The score without its sessions."""
    weights, total = instance.weights, 0
    for executive in instance.executives:
        mine = [seat for seat, who in duties if who == executive.id]
        days = [instance.day[day] for day, role in mine if role == "primary"]
        target = instance.targets[executive.id]
        total += weights.load * (sum(day.burden for day in days) - target.load) ** 2
        total += (
            weights.weekend * (sum(4 for day in days if day.weekend or day.holiday) - target.weekend) ** 2
        )
        if instance.rules.backup:
            total += weights.backup * (4 * (len(mine) - len(days)) - target.backup) ** 2
        for day, role in mine:
            factor = 2 if role == "primary" else 1
            total += weights.preference * factor * executive.avoided.get(day, 0)
        met = {day for day, role in mine if role == "primary"}
        missed = sum(weight for day, weight in executive.wanted.items() if day not in met)
        total += weights.preference * 2 * missed
    moved = sum((seat, who) not in duties for seat, who in instance.published.items())
    return total + weights.change * moved


def _day_stands(instance: Instance, place: int, duties: list[Duty], insists: Insists) -> bool:
    day = instance.days[place]
    today = [(role, who) for (when, role), who in duties if when == day.date]
    if not all(_may_hold(instance, (day.date, role), who, insists) for role, who in today):
        return False
    for role in instance.rules.roles:
        pinned = instance.pinned.get((day.date, role))
        if pinned is not None and (role, pinned) not in today and insists(Part(Rule.PINNED, day=day.date)):
            return False
    both = len({who for _, who in today}) < len(today)
    if both and insists(Part(Rule.BACKUP_IS_PRIMARY, day=day.date)):
        return False
    if all((day.date, role) in instance.pinned for role in instance.rules.roles):
        return True
    held = {tag for _, who in today for tag in instance.executive[who].tags}
    return held.issuperset(day.cover_any) or not insists(Part(Rule.COVER_ANY, day=day.date))


def _may_hold(instance: Instance, seat: Seat, who: str, insists: Insists) -> bool:
    day, role = seat
    if instance.pinned.get(seat) == who:
        return True
    executive = instance.executive[who]
    if day in executive.barred:
        return False
    missing = role == "primary" and not instance.day[day].primary_requires <= executive.tags
    if missing and insists(Part(Rule.PRIMARY_REQUIRES, day=day)):
        return False
    return day not in executive.off or not insists(Part(Rule.UNAVAILABLE, day=day, executive=who))


def _person_stands(instance: Instance, executive: Executive, duties: list[Duty], insists: Insists) -> bool:
    who, rules = executive.id, instance.rules
    mine = sorted(seat for seat, holder in duties if holder == who)
    free = [seat for seat in mine if instance.pinned.get(seat) != who]
    broken: list[tuple[Rule, str | None]] = []
    for (day, role), (other, other_role) in combinations(mine, 2):
        if (day, role) not in free and (other, other_role) not in free:
            continue
        apart = (other - day).days
        if role == other_role == "primary" and apart < rules.min_gap_days:
            broken.append((Rule.MIN_GAP, None))
        if 0 < apart < rules.role_gap_days:
            broken.append((Rule.ROLE_GAP, None))
    if executive.last_primary is not None:
        for day, role in free:
            need = rules.min_gap_days if role == "primary" else rules.role_gap_days
            if (day - executive.last_primary).days < need:
                broken.append((Rule.GAP_BEFORE_START, None))
    for (day, role), (other, other_role) in product(free, executive.around):
        apart = abs((other - day).days)
        if apart < rules.role_gap_days or (role == other_role == "primary" and apart < rules.min_gap_days):
            broken.append((Rule.GAP_BEFORE_START, None))
    broken += _patterns(instance, [day for day, role in mine if role == "primary"], set(free))
    return not any(insists(Part(rule, executive=who, month=month)) for rule, month in broken)


def _patterns(instance: Instance, days: list[date], free: set[Seat]) -> Iterator[tuple[Rule, str | None]]:
    rules, order = instance.rules, [day.date for day in instance.days]

    def blamed(*some: date) -> bool:
        return any((day, "primary") in free for day in some)

    for month in {f"{day:%Y-%m}" for day in days}:
        of_month = [day for day in days if f"{day:%Y-%m}" == month]
        most = rules.max_primary_per_month
        if most and len(of_month) > most and blamed(*of_month):
            yield Rule.MONTH_MAX, month
    for one, other in combinations(days, 2):
        weekends = instance.day[one].weekend + instance.day[other].weekend
        weeks = (other - timedelta(other.weekday()) - (one - timedelta(one.weekday()))).days
        if rules.no_consecutive_weekends and weekends == 2 and weeks == 7 and blamed(one, other):
            yield Rule.CONSECUTIVE_WEEKENDS, None
        beside = order.index(other) - order.index(one) == 1
        if rules.weekend_neighbours_free and beside and weekends == 1 and blamed(one, other):
            yield Rule.WEEKEND_NEIGHBOUR, None
    yield from _runs(rules.max_consecutive_duty_days, order, set(days), blamed)


def _runs(
    longest: int | None, order: list[date], days: set[date], blamed: Callable[..., bool]
) -> Iterator[tuple[Rule, str | None]]:
    for first in range(len(order) - longest) if longest else ():
        run = order[first : first + (longest or 0) + 1]
        if set(run) <= days and blamed(*run):
            yield Rule.MAX_CONSECUTIVE, None


def _serves_each_month(
    instance: Instance, executive: Executive, duties: list[Duty], insists: Insists
) -> bool:
    served = [f"{day:%Y-%m}" for (day, role), who in duties if who == executive.id and role == "primary"]
    return all(
        served.count(month) >= (1 if executive.duties_owed is None else executive.duties_owed.get(month, 0))
        or month in executive.exempt_months
        or not insists(Part(Rule.MONTH_MIN, executive=executive.id, month=month))
        for month in instance.rules.min_primary_months
    )


def _sessions_due(executive: Executive, month: str, per_month: int) -> int:
    if executive.sessions_owed is not None:
        return executive.sessions_owed.get(month, 0)
    return 0 if month in executive.exempt_months else per_month


def _cheapest_sessions(instance: Instance, duties: list[Duty], insists: Insists) -> int | None:
    """The least sum of (3 - peak) of bookings that meet each quota; None where none do."""
    rules = instance.rules.sessions
    if rules is None:
        return 0
    owing = [
        (executive, month, sessions)
        for executive in instance.executives
        for month in instance.months
        if (sessions := _sessions_due(executive, month, rules.per_month))
        and insists(Part(Rule.QUOTA, executive=executive.id, month=month))
    ]

    def fits(executive: Executive, slot: Slot) -> bool:
        local = slot.start.astimezone(executive.zone)
        begins, minutes = local.hour * 60 + local.minute, (slot.end - slot.start).total_seconds() / 60
        broken = {
            Rule.SESSION_UNAVAILABLE: slot.date in executive.off
            or local.date() in executive.off
            or slot.date in executive.barred,
            Rule.SESSION_REQUIRES: not slot.requires <= executive.tags,
            Rule.SESSION_HOURS: begins < rules.opens * 60 or begins + minutes > rules.closes * 60,
            Rule.SESSION_BUSY: any(slot.start < end and start < slot.end for start, end in executive.busy),
            Rule.SESSION_ON_DUTY: any(day == slot.date and who == executive.id for (day, _), who in duties),
        }
        return minutes == rules.minutes and not any(
            yes and insists(Part(rule, executive=executive.id)) for rule, yes in broken.items()
        )

    def book(place: int, taken: dict[str, int]) -> int | None:
        if place == len(owing):
            return 0
        executive, month, sessions = owing[place]
        able = [slot for slot in instance.slots if slot.month == month and fits(executive, slot)]
        best: int | None = None
        for some in combinations(able, sessions):
            one_a_day = rules.one_per_day and insists(Part(Rule.SESSION_PER_DAY, executive=executive.id))
            if one_a_day and len({slot.date for slot in some}) < len(some):
                continue
            full = any(taken.get(slot.id, 0) >= slot.seats for slot in some)
            if full and insists(Part(Rule.SEATS, month=month)):
                continue
            more = {**taken, **{slot.id: taken.get(slot.id, 0) + 1 for slot in some}}
            rest = book(place + 1, more)
            if rest is not None:
                cost = rest + sum(3 - slot.peak for slot in some)
                best = cost if best is None else min(best, cost)
        return best

    return book(0, {})
