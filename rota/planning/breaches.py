"""Every hard rule that a plan breaks, worked out from FORMAT.md by walking the plan, never by building rows.

A breach that lies wholly inside pinned seats is marked as given: a plan cannot be blamed for what was published.
"""

from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations, pairwise

from rota.planning.eligibility import session_obstacles
from rota.planning.instance import PRIMARY, Day, Executive, Instance, Seat, SessionRules
from rota.planning.parts import Rule
from rota.planning.plan import Plan


@dataclass(frozen=True)
class Breach:
    """A rule that is broken, by whom and when, in words. `given` when all of it was pinned."""

    rule: Rule
    text: str
    executive: str | None = None
    day: date | None = None
    month: str | None = None
    given: bool = False


def breaches(instance: Instance, plan: Plan) -> list[Breach]:
    """What the plan breaks, `given` ones included."""
    return list(_Walk(instance, plan).all())


def faults(instance: Instance, plan: Plan) -> list[Breach]:
    """What the plan itself is to blame for."""
    return [breach for breach in breaches(instance, plan) if not breach.given]


class Trials:
    """Changes of one plan by hand, tried one after the other: what each would break that is not broken now.

    Looked for only where a change can matter, so that hundreds are tried in no time.
    """

    def __init__(self, instance: Instance, plan: Plan) -> None:
        self._walk = _Walk(instance, replace(plan, holders=dict(plan.holders)))
        self._instance = instance

    def faults_of(self, changes: Mapping[Seat, str]) -> list[Breach]:
        """What these seats with these holders instead would break."""
        before = {seat: self._walk.plan.holders.get(seat) for seat in changes}
        touched = {who for who in (*changes.values(), *before.values()) if who is not None}
        people = [self._instance.executive[who] for who in sorted(touched)]
        known = set(self._walk.around(changes, people))
        self._walk.seat(changes)
        new = [
            breach
            for breach in self._walk.around(changes, people)
            if breach not in known and not breach.given
        ]
        self._walk.seat(before)
        return new


def faults_of_change(instance: Instance, plan: Plan, *, seat: Seat, to: str) -> list[Breach]:
    """What one change by hand would break that is not broken now. For many of one plan take `Trials`."""
    return Trials(instance, plan).faults_of({seat: to})


class _Walk:
    def __init__(self, instance: Instance, plan: Plan) -> None:
        self.instance = instance
        self.plan = plan
        self.duties: dict[str, list[Seat]] = defaultdict(list)
        for seat, who in sorted(plan.holders.items()):
            self.duties[who].append(seat)
        self.slots = {slot.id: slot for slot in instance.slots}
        self.booked: dict[str, list[str]] = defaultdict(list)
        for who, slot in plan.sessions:
            self.booked[who].append(slot)

    def seat(self, changes: Mapping[Seat, str | None]) -> None:
        """Seats these, or nobody, instead."""
        holders = self.plan.holders
        for seat, to in changes.items():
            now = holders.pop(seat, None)
            if now is not None:
                self.duties[now].remove(seat)
            if to is not None:
                holders[seat] = to
                insort(self.duties[to], seat)

    def all(self) -> Iterator[Breach]:
        yield from self._seats()
        for day in self.instance.days:
            yield from self._pair(day)
        for executive in self.instance.executives:
            yield from self._person(executive)
        if self.instance.rules.sessions is not None:
            yield from self._sessions(self.instance.rules.sessions)
            yield from self._quotas(self.instance.rules.sessions)

    def around(self, seats: Collection[Seat], people: Sequence[Executive]) -> Iterator[Breach]:
        """The breaches of these people and of the days of these seats."""
        for seat in seats:
            if seat in self.instance.pinned and self.plan.holders.get(seat) != self.instance.pinned[seat]:
                yield Breach(Rule.PINNED, f"{seat[1]} is pinned", self.instance.pinned[seat], seat[0])
        for day in {day for day, _ in seats}:
            yield from self._pair(self.instance.day[day])
        for executive in people:
            yield from self._person(executive)
            on_duty = {day for day, _ in self.duties[executive.id]}
            for slot in self.booked[executive.id]:
                if self.slots[slot].date in on_duty:
                    text = f"session {slot} on an own duty day"
                    yield Breach(Rule.SESSION_ON_DUTY, text, executive.id, self.slots[slot].date)

    def _person(self, executive: Executive) -> Iterator[Breach]:
        yield from self._alone(executive)
        yield from self._gaps(executive)
        yield from self._months(executive)
        yield from self._weekends(executive)
        yield from self._runs(executive)

    def _pinned(self, *seats: Seat) -> bool:
        return all(self.instance.pinned.get(seat) == self.plan.holders.get(seat, "") for seat in seats)

    def _seats(self) -> Iterator[Breach]:
        holders, instance = self.plan.holders, self.instance
        known = set(instance.seats)
        for seat in instance.seats:
            if seat not in holders:
                yield Breach(Rule.COVERAGE, f"no {seat[1]}", None, seat[0])
        for seat in holders:
            if seat not in known:
                yield Breach(Rule.COVERAGE, f"{seat[1]} on a date without such a seat", None, seat[0])
        for seat, who in instance.pinned.items():
            if holders.get(seat) != who:
                yield Breach(Rule.PINNED, f"{seat[1]} must stay with {who}", who, seat[0])

    def _pair(self, day: Day) -> Iterator[Breach]:
        holders, instance = self.plan.holders, self.instance
        seats = [(day.date, role) for role in instance.rules.roles if (day.date, role) in holders]
        pair = [holders[seat] for seat in seats]
        for who, held in Counter(pair).items():
            if held > 1:
                yield Breach(Rule.BACKUP_IS_PRIMARY, "two seats of one day", who, day.date)
        for tag in day.cover_any:
            if not any(tag in instance.executive[who].tags for who in pair):
                given = len(pair) == len(instance.rules.roles) and self._pinned(*seats)
                yield Breach(Rule.COVER_ANY, f"nobody on duty has {tag}", None, day.date, given=given)

    def _alone(self, executive: Executive) -> Iterator[Breach]:
        rules = self.instance.rules
        for seat in self.duties[executive.id]:
            day, role = seat
            given = self._pinned(seat)
            who = executive.id
            if day in executive.off or day in executive.barred:
                why = executive.off.get(day, "cannot be asked")
                yield Breach(Rule.UNAVAILABLE, f"{role} while away: {why}", who, day, given=given)
            missing = self.instance.day[day].primary_requires - executive.tags
            if role == PRIMARY and missing:
                yield Breach(
                    Rule.PRIMARY_REQUIRES, f"lacks {', '.join(sorted(missing))}", who, day, given=given
                )
            if executive.last_primary is not None:
                apart = (day - executive.last_primary).days
                if apart < (rules.min_gap_days if role == PRIMARY else rules.role_gap_days):
                    text = f"{role} only {apart} days after {executive.last_primary}"
                    yield Breach(Rule.GAP_BEFORE_START, text, who, day, given=given)
            for other, other_role in executive.around:
                apart = abs((day - other).days)
                both_primary = role == other_role == PRIMARY
                if apart < rules.role_gap_days or (both_primary and apart < rules.min_gap_days):
                    text = f"{role} only {apart} days from {other_role} on {other}"
                    yield Breach(Rule.GAP_BEFORE_START, text, who, day, given=given)

    def _gaps(self, executive: Executive) -> Iterator[Breach]:
        rules = self.instance.rules
        for one, other in combinations(self.duties[executive.id], 2):
            apart = (other[0] - one[0]).days
            both_primary = one[1] == other[1] == PRIMARY
            if both_primary and apart < rules.min_gap_days:
                rule = Rule.MIN_GAP
            elif 0 < apart < rules.role_gap_days:
                rule = Rule.ROLE_GAP
            else:
                continue
            text = f"{one[1]} on {one[0]} and {other[1]} on {other[0]}"
            yield Breach(rule, text, executive.id, other[0], given=self._pinned(one, other))

    def _months(self, executive: Executive) -> Iterator[Breach]:
        rules = self.instance.rules
        served: dict[str, list[Seat]] = defaultdict(list)
        for seat in self.duties[executive.id]:
            if seat[1] == PRIMARY:
                served[self.instance.day[seat[0]].month].append(seat)
        for month in rules.min_primary_months:
            if len(served[month]) < executive.primary_days_due(month):
                few = f"{len(served[month])} primary days" if served[month] else "no primary day"
                yield Breach(Rule.MONTH_MIN, f"{few} in {month}", executive.id, month=month)
        most = rules.max_primary_per_month
        for month, seats in served.items():
            if most and len(seats) > most:
                text = f"{len(seats)} primary days in {month}"
                yield Breach(Rule.MONTH_MAX, text, executive.id, seats[-1][0], given=self._pinned(*seats))

    def _weekends(self, executive: Executive) -> Iterator[Breach]:
        rules, days = self.instance.rules, self.instance.days
        mine = {day for day, role in self.duties[executive.id] if role == PRIMARY}
        weekend = sorted(day for day in mine if self.instance.day[day].weekend)
        if rules.no_consecutive_weekends:
            for one, other in combinations(weekend, 2):
                if _monday(other) - _monday(one) == timedelta(days=7):
                    given = self._pinned((one, PRIMARY), (other, PRIMARY))
                    text = f"weekends of {one} and {other}"
                    yield Breach(Rule.CONSECUTIVE_WEEKENDS, text, executive.id, other, given=given)
        if rules.weekend_neighbours_free:
            for one_, other_ in pairwise(days):
                if {one_.date, other_.date} <= mine and one_.weekend != other_.weekend:
                    given = self._pinned((one_.date, PRIMARY), (other_.date, PRIMARY))
                    text = f"{one_.date} beside {other_.date}"
                    yield Breach(Rule.WEEKEND_NEIGHBOUR, text, executive.id, other_.date, given=given)

    def _runs(self, executive: Executive) -> Iterator[Breach]:
        longest, days = self.instance.rules.max_consecutive_duty_days, self.instance.days
        mine = {day for day, role in self.duties[executive.id] if role == PRIMARY}
        if longest:
            for first in range(len(days) - longest):
                run = [day.date for day in days[first : first + longest + 1]]
                if mine.issuperset(run):
                    given = self._pinned(*((day, PRIMARY) for day in run))
                    text = f"{longest + 1} duty days in a row from {run[0]}"
                    yield Breach(Rule.MAX_CONSECUTIVE, text, executive.id, run[0], given=given)

    def _sessions(self, rules: SessionRules) -> Iterator[Breach]:
        instance, slots = self.instance, self.slots
        on_duty = {(who, seat[0]) for who, seats in self.duties.items() for seat in seats}
        for who, slot_id in self.plan.sessions:
            slot = slots[slot_id]
            for rule in session_obstacles(rules, instance.executive[who], slot):
                yield Breach(rule, f"session {slot.id}", who, slot.date)
            if (who, slot.date) in on_duty:
                yield Breach(Rule.SESSION_ON_DUTY, f"session {slot.id} on an own duty day", who, slot.date)
        for slot_id, taken in Counter(slot_id for _, slot_id in self.plan.sessions).items():
            if taken > slots[slot_id].seats:
                yield Breach(Rule.SEATS, f"{taken} in {slot_id}", None, slots[slot_id].date)

    def _quotas(self, rules: SessionRules) -> Iterator[Breach]:
        instance, slots = self.instance, self.slots
        months = Counter((who, slots[slot].month) for who, slot in self.plan.sessions)
        dates = Counter((who, slots[slot].date) for who, slot in self.plan.sessions)
        for executive in instance.executives:
            for month in instance.months:
                count, due = months[executive.id, month], executive.sessions_due(month, rules)
                if count != due and (due or executive.sessions_owed is not None):
                    text = f"{count} sessions in {month}, not {due}"
                    yield Breach(Rule.QUOTA, text, executive.id, month=month)
        for (who, day), count in dates.items():
            if rules.one_per_day and count > 1:
                yield Breach(Rule.SESSION_PER_DAY, f"{count} sessions in one day", who, day)
        for (who, slot_id), count in Counter(self.plan.sessions).items():
            if count > 1:
                yield Breach(Rule.SEATS, f"the same seat booked {count} times: {slot_id}", who)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
