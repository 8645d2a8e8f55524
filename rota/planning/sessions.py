"""The month's listening sessions as a flow: executives and their days on one side, slots and seats on the other.

With the duties decided, a month's sessions are a network flow, so a linear programme finds whole bookings.
"""

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
    ) -> None:
        """`goals` gives each column its cost in the score; without it only what is priced costs anything."""
        super().__init__(duties.model if duties is not None else Model(), price, instance.allowances)
        self.instance = instance
        self.rules = rules
        self.column: dict[Booking, int] = {}
        if duties is not None:
            self.priced = duties.priced
        self._duties = duties
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
        taken: dict[str, list[int]] = {slot.id: [] for slot in slots}
        for executive in self.instance.executives:
            sessions = executive.sessions_due(month, self.rules)
            if not sessions:
                continue
            quota: list[int] = []
            for slot in slots:
                cost = 0.0
                for part in self.obstacles(executive, slot):
                    cost += self.price(part)
                    if cost == inf:
                        break
                if cost == inf:
                    continue
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
) -> Booked:
    """The cheapest sessions of a month beside these duties. Among equals, those of `liked` are kept.

    Under a price that is not all hard the sessions may be fewer than are due.
    """
    # Only the busiest slots first: where they suffice, nothing can be cheaper, and the flow is far smaller.
    cheap_is_enough = price is all_hard and least_cost(instance, rules, month) == 0
    for least_peak in (3, 0) if cheap_is_enough else (0,):
        sessions = SessionModel(
            instance, rules, months=[month], holders=holders, price=price, least_peak=least_peak
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
            return Booked(cost, booked)
        if solution.outcome is Outcome.STOPPED:
            return Booked(inf, (), sure=False)
    return Booked(inf, ())


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
