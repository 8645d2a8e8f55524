"""The month's listening sessions as a flow: executives and their days on one side, slots and seats on the other.

With the duties decided, a month's sessions are a network flow, so a linear programme finds whole bookings.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf

from rota.planning.duties import DutyModel
from rota.planning.eligibility import right_length, session_obstacles
from rota.planning.instance import Executive, Instance, Seat, SessionRules, Slot
from rota.planning.model import Model, Outcome, Solver
from rota.planning.parts import Part, Price, Rule, all_hard
from rota.planning.plan import Booking
from rota.planning.rows import Rows

LARGE = 20_000
"""Choices of a slot for somebody in a month from which on a few of them are tried first."""
FEW = (12, 48)
"""Slots of each peak for each executive. Measured: 400 executives and 1,022 slots in 0.2 s instead of 2.8."""


class SessionModel(Rows):
    """Columns and rows of the sessions of some months, beside decided duties or beside a model of them."""

    def __init__(
        self,
        instance: Instance,
        rules: SessionRules,
        *,
        months: Sequence[str],
        duties: DutyModel | None = None,
        holders: Mapping[Seat, str] | None = None,
        price: Price = all_hard,
        least_peak: int = 0,
        goals: bool = True,
        few: int = 0,
        liked: frozenset[Booking] = frozenset(),
    ) -> None:
        """`goals` gives each column its cost in the score; without it only what is priced costs anything.

        With `few` each executive has no more than so many slots of each peak to choose from, and those of `liked`.
        """
        super().__init__(duties.model if duties is not None else Model(), price, instance.allowances)
        self.instance = instance
        self.rules = rules
        self.column: dict[Booking, int] = {}
        if duties is not None:
            self.priced = duties.priced
        self._duties = duties
        self._few, self._liked = few, liked
        self._weight = instance.weights.session if goals else 0
        self._on_duty = {(who, day) for (day, _), who in (holders or {}).items()}
        self._by_day: dict[tuple[str, date], list[int]] = defaultdict(list)
        for month in months:
            self._add_month(month, least_peak)
        self._part_days()
        self.grant()

    def bookings(self, values: Sequence[float]) -> tuple[Booking, ...]:
        """The sessions booked in a solution."""
        return tuple(booking for booking, column in self.column.items() if values[column] > 0.5)

    def obstacles(self, executive: Executive, slot: Slot) -> Iterator[Part]:
        """The parts that keep this executive out of this slot, sessions and seats aside."""
        for rule in session_obstacles(self.rules, executive, slot):
            yield Part(rule, executive=executive.id)
        if (executive.id, slot.date) in self._on_duty:
            yield Part(Rule.SESSION_ON_DUTY, executive=executive.id)

    def _add_month(self, month: str, least_peak: int) -> None:
        slots = [
            slot
            for slot in self.instance.slots
            if slot.month == month
            and slot.peak >= least_peak
            and slot.seats
            and right_length(self.rules, slot)
        ]
        if self._few:
            random.Random(month).shuffle(slots)  # noqa: S311  variety, not secrecy
        taken: dict[str, list[int]] = {slot.id: [] for slot in slots}
        for executive in self.instance.executives:
            sessions = executive.sessions_due(month, self.rules)
            if not sessions:
                continue
            quota: list[int] = []
            for slot, cost in self._open(executive, slots):
                column = self.model.column(cost=cost + self._weight * (3 - slot.peak))
                self.column[executive.id, slot.id] = column
                quota.append(column)
                taken[slot.id].append(column)
                self._by_day[executive.id, slot.date].append(column)
            due = Part(Rule.QUOTA, executive=executive.id, month=month)
            self.bind(quota, due, least=sessions, most=sessions)
        for slot in slots:
            if len(taken[slot.id]) > slot.seats:
                self.bind(taken[slot.id], Part(Rule.SEATS, month=month), most=slot.seats)

    def _open(self, executive: Executive, slots: Sequence[Slot]) -> Iterator[tuple[Slot, float]]:
        """The slots that are open to somebody, each with the price of what it breaks."""
        left = dict.fromkeys({slot.peak for slot in slots}, self._few or len(slots))
        for slot in self._in_turn(executive, slots):
            if left[slot.peak]:
                cost = self._price_of(executive, slot)
                if cost < inf:
                    left[slot.peak] -= 1
                    yield slot, cost
            elif not any(left.values()):
                return

    def _in_turn(self, executive: Executive, slots: Sequence[Slot]) -> Iterator[Slot]:
        """What they liked first; then from another place for each, so that not everybody has the same few."""
        if not self._few:
            yield from slots
            return
        liked = [slot for slot in slots if (executive.id, slot.id) in self._liked]
        place = random.Random(executive.id).randrange(len(slots)) if slots else 0  # noqa: S311  variety, not secrecy
        yield from liked
        for slot in (*slots[place:], *slots[:place]):
            if slot not in liked:
                yield slot

    def _price_of(self, executive: Executive, slot: Slot) -> float:
        cost = 0.0
        for part in self.obstacles(executive, slot):
            cost += self.price(part)
            if cost == inf:
                break
        return cost

    def _part_days(self) -> None:
        """One session a day, and none on an own duty day."""
        for (who, day), columns in self._by_day.items():
            part = Part(Rule.SESSION_PER_DAY, executive=who)
            one_only = self.rules.one_per_day and self.price(part) > 0
            duties = self._duty_columns(who, day)
            if one_only and (duties or len(columns) > 1):
                together = self._all_hard(who, day, part)
                self.bind([*columns, *(duties if together else [])], part, most=1)
                if together:
                    continue
            for duty in duties:
                for column in columns:
                    self.bind([column, duty], Part(Rule.SESSION_ON_DUTY, executive=who), most=1)

    def _all_hard(self, who: str, day: date, part: Part) -> bool:
        parts = (
            part,
            Part(Rule.SESSION_ON_DUTY, executive=who),
            Part(Rule.BACKUP_IS_PRIMARY, day=day),
        )
        return all(self.price(each) == inf for each in parts)

    def _duty_columns(self, who: str, day: date) -> list[int]:
        if self._duties is None:
            return []
        roles = self.instance.rules.roles
        columns = (self._duties.column.get((who, (day, role))) for role in roles)
        return [column for column in columns if column is not None]


@dataclass(frozen=True)
class Booked:
    """The sessions of one month. `cost` is inf where they cannot be booked, and nothing is known without `sure`."""

    cost: float
    sessions: tuple[Booking, ...]
    sure: bool = True


def book_month(
    instance: Instance,
    rules: SessionRules,
    month: str,
    *,
    holders: Mapping[Seat, str],
    solver: Solver,
    seconds: float,
    liked: frozenset[Booking] = frozenset(),
    price: Price = all_hard,
    few: Sequence[int] | None = None,
) -> Booked:
    """The cheapest sessions of a month beside these duties. Among equals, those of `liked` are kept.

    Under a price that is not all hard the sessions may be fewer than are due. With so `few` slots of each peak for
    everybody it is tried first, one after another; None is as many as the size of the month asks for.
    """
    floor = least_cost(instance, rules, month) if price is all_hard and not instance.allowances else -inf
    for narrow, least_peak in _attempts(instance, floor, month, few):
        sessions = SessionModel(
            instance,
            rules,
            months=[month],
            holders=holders,
            price=price,
            least_peak=least_peak,
            few=narrow,
            liked=liked,
        )
        model = sessions.model
        kept = [column for booking, column in sessions.column.items() if booking in liked]
        for column in kept:
            model.cost[column] -= 0.5 / (1 + len(kept))
        solution = solver(model, seconds=seconds)
        if solution.values is not None and solution.outcome is Outcome.OPTIMAL:
            booked = sessions.bookings(solution.values)
            peak = {slot.id: slot.peak for slot in instance.slots}
            cost = instance.weights.session * sum(3 - peak[slot] for _, slot in booked)
            if narrow and cost > floor:
                continue
            return Booked(cost, booked)
        if solution.outcome is Outcome.STOPPED:
            return Booked(inf, (), sure=False)
    return Booked(inf, ())


def _attempts(
    instance: Instance, floor: float, month: str, few: Sequence[int] | None
) -> Iterator[tuple[int, int]]:
    """How many slots of each peak one may choose from (0: all), and from which peak on: the small models first.

    Where the few suffice for what the month costs at least, or the busiest slots alone, nothing can be cheaper.
    """
    if few is None:
        choices = len(instance.executives) * sum(slot.month == month for slot in instance.slots)
        few = FEW if choices > LARGE else ()
    if floor > -inf:
        yield from ((narrow, 0) for narrow in few)
    if floor == 0:
        yield 0, 3
    yield 0, 0


def least_cost(instance: Instance, rules: SessionRules, month: str) -> float:
    """What the sessions of a month cost at least, by counting seats alone; inf where there are too few."""
    short = sum(executive.sessions_due(month, rules) for executive in instance.executives)
    short -= allowed(instance, Rule.QUOTA, month) + allowed(instance, Rule.SEATS, month)
    cost = 0
    for slot in sorted(instance.slots, key=lambda slot: -slot.peak):
        if slot.month == month and right_length(rules, slot):
            taken = min(max(0, short), slot.seats)
            short -= taken
            cost += instance.weights.session * (3 - slot.peak) * taken
    return inf if short > 0 else float(cost)


def allowed(instance: Instance, rule: Rule, month: str) -> int:
    """How much of a rule of a month was given up."""
    return sum(
        allowance.units
        for allowance in instance.allowances
        if allowance.rule is rule and allowance.month in (None, month)
    )
