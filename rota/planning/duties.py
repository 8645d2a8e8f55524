"""The duty days of an instance as columns and rows: who may hold which seat, and every hard rule about it.

A column is made only where somebody may serve. What is pinned is fixed, and a breach that lies wholly inside
pinned seats is nobody's fault: rows bind the seats that are still free.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from math import inf

from rota.planning.instance import PRIMARY, Executive, Instance, Rules, Seat
from rota.planning.model import Model
from rota.planning.parts import Part, Price, Rule, all_hard
from rota.planning.rows import Rows

Cell = tuple[date, int]
"""A duty day and the column of one executive in one role on it."""


class DutyModel(Rows):
    """Columns and rows of the seats. `column` finds the column of an executive in a seat, where there is one; each
    of `fillers` sets columns of its own from those of the seats."""

    def __init__(self, instance: Instance, *, price: Price = all_hard, model: Model | None = None) -> None:
        super().__init__(model if model is not None else Model(), price, instance.allowances)
        self.instance = instance
        self.column: dict[tuple[str, Seat], int] = {}
        self.cells: dict[str, dict[str, list[Cell]]] = {}
        self.fillers: list[Callable[[list[float]], None]] = []
        self._add_columns()
        self._cover_days()
        self._part_seats()
        for executive in instance.executives:
            self._space(executive)
            self._count_months(executive)
            self._keep_patterns(executive)
        self.grant()

    def holders(self, values: Sequence[float]) -> dict[Seat, str]:
        """Who holds which seat in a solution."""
        return {seat: who for (who, seat), column in self.column.items() if values[column] > 0.5}

    def values(self, holders: Mapping[Seat, str]) -> list[float]:
        """These holders as a solution; the other way round than `holders`."""
        values = [0.0] * len(self.model.cost)
        for seat, who in holders.items():
            values[self.column[who, seat]] = 1.0
        for fill in self.fillers:
            fill(values)
        return values

    def _add_columns(self) -> None:
        instance, model = self.instance, self.model
        pinned = instance.pinned
        fixed = {seat for seat in pinned if self.price(Part(Rule.PINNED, day=seat[0])) > 0}
        closed = {seat for seat in fixed if self.price(Part(Rule.COVERAGE, day=seat[0])) == inf}
        for executive in instance.executives:
            cells: dict[str, list[Cell]] = {role: [] for role in instance.rules.roles}
            for seat in instance.seats:
                given = pinned.get(seat) == executive.id
                if not given and (seat in closed or seat[0] in executive.barred):
                    continue
                parts = () if given else tuple(duty_obstacles(instance, executive, seat))
                cost = sum(map(self.price, parts))
                if cost == inf:
                    continue
                column = model.column(cost=cost, lower=float(given and seat in fixed), whole=True)
                if cost > 0:
                    self.priced[column] = tuple(part for part in parts if self.price(part) > 0)
                if given:
                    self.given.add(column)
                self.column[executive.id, seat] = column
                cells[seat[1]].append((seat[0], column))
            self.cells[executive.id] = cells

    def _cover_days(self) -> None:
        """One holder a seat, and the tags that primary and backup must have between them."""
        instance = self.instance
        by_seat: dict[Seat, list[int]] = {seat: [] for seat in instance.seats}
        by_tag: dict[tuple[date, str], list[int]] = defaultdict(list)
        for (who, seat), column in self.column.items():
            by_seat[seat].append(column)
            for tag in instance.day[seat[0]].cover_any:
                if tag in instance.executive[who].tags:
                    by_tag[seat[0], tag].append(column)
        for seat, columns in by_seat.items():
            self.bind(columns, Part(Rule.COVERAGE, day=seat[0], role=seat[1]), least=1, most=1)
        for day in instance.days:
            if all((day.date, role) in instance.pinned for role in instance.rules.roles):
                continue
            for tag in day.cover_any:
                self.bind(by_tag[day.date, tag], Part(Rule.COVER_ANY, day=day.date), least=1)

    def _part_seats(self) -> None:
        """Nobody is primary and backup of the same day: where any two duties lie apart, that says so already."""
        apart = self.instance.rules.role_gap_days > 1 and all(
            self.price(Part(Rule.BACKUP_IS_PRIMARY, day=day.date)) == inf for day in self.instance.days
        )
        roles = self.instance.rules.roles
        for executive in self.instance.executives:
            spaced = apart and self.price(Part(Rule.ROLE_GAP, executive=executive.id)) == inf
            on_day: dict[date, list[int]] = defaultdict(list)
            for role in roles:
                for day, column in self.cells[executive.id][role]:
                    on_day[day].append(column)
            for day, columns in on_day.items():
                free = not any(map(self.is_pinned, columns))
                if len(columns) > 1 and not (spaced and free):
                    self.bind(columns, Part(Rule.BACKUP_IS_PRIMARY, day=day), most=1)

    def _space(self, executive: Executive) -> None:
        rules, cells = self.instance.rules, self.cells[executive.id]
        for window in windows(cells[PRIMARY], rules.min_gap_days):
            self.limit(window, 1, Part(Rule.MIN_GAP, executive=executive.id))
        if rules.role_gap_days < 2:
            return
        part = Part(Rule.ROLE_GAP, executive=executive.id)
        if self.price(part) <= 0:
            return
        duties = sorted(cell for role in rules.roles for cell in cells[role])
        if any(self.price(Part(Rule.BACKUP_IS_PRIMARY, day=day)) < inf for day, _ in duties):
            duties = self._days_on_duty(duties)
        for window in windows(duties, rules.role_gap_days):
            self.limit(window, 1, part)

    def _days_on_duty(self, duties: list[Cell]) -> list[Cell]:
        """One column a day, 1 where the executive is on duty in either role: where nobody is kept from holding
        both seats of a day, the gap between roles must not keep them from it either."""
        on_duty: dict[date, list[int]] = defaultdict(list)
        for day, column in duties:
            on_duty[day].append(column)
        days: list[Cell] = []
        for day, columns in on_duty.items():
            either = self.model.column()
            if any(map(self.is_pinned, columns)):
                self.given.add(either)
            for column in columns:
                self.model.row([either, column], [1.0, -1.0], least=0)
            days.append((day, either))
        return days

    def _count_months(self, executive: Executive) -> None:
        rules = self.instance.rules
        by_month: dict[str, list[int]] = defaultdict(list)
        for day, column in self.cells[executive.id][PRIMARY]:
            by_month[self.instance.day[day].month].append(column)
        for month in rules.min_primary_months:
            due = executive.primary_days_due(month)
            if due:
                part = Part(Rule.MONTH_MIN, executive=executive.id, month=month)
                self.bind(by_month[month], part, least=due)
        if rules.max_primary_per_month:
            for month, columns in by_month.items():
                part = Part(Rule.MONTH_MAX, executive=executive.id, month=month)
                self.limit(columns, rules.max_primary_per_month, part)

    def _keep_patterns(self, executive: Executive) -> None:
        rules, instance = self.instance.rules, self.instance
        serving = dict(self.cells[executive.id][PRIMARY])
        if rules.no_consecutive_weekends:
            part = Part(Rule.CONSECUTIVE_WEEKENDS, executive=executive.id)
            for columns in self._weekend_pairs(serving, executive.id):
                self.limit(columns, 1, part)
        if rules.max_consecutive_duty_days:
            longest = rules.max_consecutive_duty_days
            part = Part(Rule.MAX_CONSECUTIVE, executive=executive.id)
            for first in range(len(instance.days) - longest):
                run = [day.date for day in instance.days[first : first + longest + 1]]
                if all(day in serving for day in run):
                    self.limit([serving[day] for day in run], longest, part)
        if rules.weekend_neighbours_free:
            part = Part(Rule.WEEKEND_NEIGHBOUR, executive=executive.id)
            for one, next_ in zip(instance.days, instance.days[1:], strict=False):
                if one.weekend != next_.weekend and one.date in serving and next_.date in serving:
                    self.limit([serving[one.date], serving[next_.date]], 1, part)

    def _weekend_pairs(self, serving: dict[date, int], who: str) -> Iterator[list[int]]:
        """Columns of two weekends in a row of which one may be taken: as few and as wide rows as are right."""
        weekends: dict[date, list[Cell]] = defaultdict(list)
        for day in self.instance.days:
            if day.weekend and day.date in serving:
                weekends[day.date - timedelta(days=day.date.weekday())].append((day.date, serving[day.date]))
        gap = self.instance.rules.min_gap_days
        if self.price(Part(Rule.MIN_GAP, executive=who)) < inf:
            gap = 1
        for monday, cells in weekends.items():
            following = weekends.get(monday + timedelta(days=7), [])
            if not following:
                continue
            for first in _exclusive(cells, gap):
                for second in _exclusive(following, gap):
                    yield first + second


def windows(cells: Sequence[Cell], days: int) -> Iterator[list[int]]:
    """The widest sets of columns that lie within so many days in a row. `cells` are sorted by date."""
    if days < 2:
        return
    start = end = 0
    reach = timedelta(days=days - 1)
    while start < len(cells):
        before = end
        while end < len(cells) and cells[end][0] - cells[start][0] <= reach:
            end += 1
        if end > before and end - start > 1:
            yield [column for _, column in cells[start:end]]
        start += 1
        while 0 < start < len(cells) and cells[start][0] == cells[start - 1][0]:
            start += 1
        end = max(end, start)


def _exclusive(cells: list[Cell], gap: int) -> list[list[int]]:
    """The days of one weekend as one set where the gap lets an executive serve only one of them, else each alone."""
    if (cells[-1][0] - cells[0][0]).days < gap:
        return [[column for _, column in cells]]
    return [[column] for _, column in cells]


def may_be_asked(instance: Instance, executive: Executive, seat: Seat) -> bool:
    """Whether nothing that is known beforehand keeps this executive from this seat."""
    return seat[0] not in executive.barred and next(duty_obstacles(instance, executive, seat), None) is None


def duty_obstacles(instance: Instance, executive: Executive, seat: Seat) -> Iterator[Part]:
    """The parts that keep this executive from this seat, whatever else is decided. Barred days are no rule's."""
    day, role = seat
    if day in executive.off:
        yield Part(Rule.UNAVAILABLE, day=day, executive=executive.id)
    if role == PRIMARY and not instance.day[day].primary_requires <= executive.tags:
        yield Part(Rule.PRIMARY_REQUIRES, day=day)
    if executive.last_primary is not None:
        needed = instance.rules.min_gap_days if role == PRIMARY else instance.rules.role_gap_days
        if (day - executive.last_primary).days < needed:
            yield Part(Rule.GAP_BEFORE_START, executive=executive.id)
            return
    if any(is_too_near(instance.rules, seat, other) for other in executive.around):
        yield Part(Rule.GAP_BEFORE_START, executive=executive.id)


def is_too_near(rules: Rules, seat: Seat, other: Seat) -> bool:
    """Whether the gaps forbid one executive both of these seats."""
    both_primary = seat[1] == other[1] == PRIMARY
    return abs((seat[0] - other[0]).days) < max(
        rules.role_gap_days, rules.min_gap_days if both_primary else 0
    )
