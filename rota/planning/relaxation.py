"""The least that would have to give for a plan to exist, in the forms of FORMAT.md. Nothing is applied here.

Each form is a priced relaxation: one part of the clash costs 1 a unit, everything else stays hard, and the cheapest
solution says how many units are needed. A gap is one number, so it is searched.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from rota.planning.clash import Core, Judge, whole
from rota.planning.instance import Instance, Rules
from rota.planning.model import Outcome
from rota.planning.parts import Part, Price, Rule, all_hard
from rota.planning.plan import Relaxation
from rota.planning.wording import count_of, day_in_words, month_in_words, names_in_words

FEW_DATES = 3
"""Up to so many dates of a clash, people can be asked about a date; beyond, the rule is the better talk."""
QUARTER = 120  # duty days up to which the whole instance is asked what would do


@dataclass(frozen=True)
class _Bill:
    """What a priced relaxation came to: units, and the parts that were broken."""

    units: int
    broken: tuple[Part, ...]


def least_relaxations(core: Core, judge: Judge) -> tuple[Relaxation, ...]:
    """Those that would do, the one to propose first. Empty where the clock left none, or no form fits.

    Where nothing in these forms is enough for the whole instance, those that end this one clash, saying so.
    """
    enough = tuple(_Relaxer(core, judge, all_hard).all())
    if enough:
        return enough
    return tuple(
        replace(
            relaxation,
            terms={**relaxation.terms, "enough": False},
            text=f"{relaxation.text} That ends this clash, but others remain.",
        )
        for relaxation in _Relaxer(core, judge, core.demands.price).all()
    )


class _Relaxer:
    def __init__(self, core: Core, judge: Judge, base: Price) -> None:
        self.core = core
        self.judge = judge
        self.base = base
        self.demands = core.demands
        self.dates = sorted(core.demands.dates or ())
        # What would do is asked of the whole instance; of a year, of the stretch that clashes.
        self.scope = whole(core.instance) if len(core.instance.days) <= QUARTER else core.scope

    def all(self) -> Iterator[Relaxation]:
        rules = self.demands.rules
        if Rule.SEATS in rules:
            yield from self._more_seats()
        if Rule.QUOTA in rules:
            yield from self._short_quota()
        if Rule.MONTH_MIN in rules:
            yield from self._exempt()
        forms = [
            self._release() if Rule.UNAVAILABLE in rules and Rule.COVERAGE in rules else iter(()),
            self._smaller_gap() if Rule.MIN_GAP in rules else iter(()),
        ]
        for form in forms if len(self.dates) <= FEW_DATES else reversed(forms):
            yield from form
        if Rule.PINNED in rules:
            yield from self._unpin()
        if Rule.ROLE_GAP in rules:
            yield from self._smaller_role_gap()

    def _release(self) -> Iterator[Relaxation]:
        """Ask people to be free: on one date if that is enough, else on any of the dates of the clash."""
        bills = []
        for day in self.dates:
            bill = self._bill(partial(_is_absence, days=frozenset({day})))
            if bill is not None:
                bills.append((bill.units, day))
        if bills:
            people, day = min(bills)
            yield Relaxation(
                kind="release",
                terms={"date": day.isoformat(), "executives": people},
                text=f"Ask {_away(people)} to be free on {day_in_words(day)}.",
            )
        if bills and min(bills)[0] == 1:
            return
        # Whoever must serve some day of a month can be asked to be free on any.
        anywhere = Rule.MONTH_MIN in self.demands.rules
        bill = self._bill(partial(_is_absence, days=None if anywhere else frozenset(self.dates)))
        if bill is None or (bills and bill.units >= min(bills)[0]):
            return
        people = len({part.executive for part in bill.broken})
        days = sorted({part.day for part in bill.broken if part.day is not None})
        yield Relaxation(
            kind="release_any",
            terms={"executives": people, "days": bill.units},
            text=f"Ask {_away(people)} to be free, for instance {self._who_when(bill)}."
            if len(days) <= FEW_DATES
            else f"Ask {_away(people)} to be free on {count_of(len(days), 'date')}.",
        )

    def _exempt(self) -> Iterator[Relaxation]:
        bill = self._bill(lambda part: part.rule is Rule.MONTH_MIN)
        if bill is None:
            return
        freed = sorted((part.executive or "", part.month or "") for part in bill.broken)
        who, month = freed[0]
        yield Relaxation(
            kind="exempt",
            terms={"executive": who, "month": month, "executives": [name for name, _ in freed]},
            text=f"Exempt {names_in_words(self._called(name for name, _ in freed))} from the monthly duty of "
            f"{names_in_words([month_in_words(each) for each in dict.fromkeys(each for _, each in freed)])}.",
        )

    def _unpin(self) -> Iterator[Relaxation]:
        """No form of the format's: it has none for what is pinned."""
        for day in self.dates:
            if self._solve(partial(self._without_pins, day=day)) is not None:
                yield Relaxation(
                    kind="unpin",
                    terms={"date": day.isoformat()},
                    text=f"Let the pinned seats of {day_in_words(day)} change hands.",
                )
                return

    def _without_pins(self, part: Part, *, day: date) -> float:
        return 0.0 if part.rule is Rule.PINNED and part.day == day else self.base(part)

    def _more_seats(self) -> Iterator[Relaxation]:
        bill = self._bill(lambda part: part.rule is Rule.SEATS)
        month = self._month(bill)
        if bill is not None and month:
            yield Relaxation(
                kind="seats",
                terms={"month": month, "add": bill.units},
                text=f"Add {count_of(bill.units, 'seat')} to listening slots in {month_in_words(month)}.",
            )

    def _short_quota(self) -> Iterator[Relaxation]:
        bill = self._bill(lambda part: part.rule is Rule.QUOTA)
        month = self._month(bill)
        if bill is not None and month:
            who = sorted({part.executive or "" for part in bill.broken})
            yield Relaxation(
                kind="quota",
                terms={"month": month, "sessions_short": bill.units, "executives": who},
                text=f"Let {count_of(bill.units, 'session')} of {month_in_words(month)} fall away, for instance "
                f"of {names_in_words(self._called(who))}.",
            )

    def _smaller_gap(self) -> Iterator[Relaxation]:
        rules = self.core.instance.rules
        days = self._largest(rules.min_gap_days, lambda gap: replace(rules, min_gap_days=gap))
        if days is not None:
            yield Relaxation(
                kind="min_gap_days",
                terms={"to": days},
                text=f"Shorten the gap between primary days from {rules.min_gap_days} to {days} days.",
            )

    def _smaller_role_gap(self) -> Iterator[Relaxation]:
        rules = self.core.instance.rules
        days = self._largest(rules.role_gap_days, lambda gap: replace(rules, role_gap_days=gap))
        if days is not None:
            yield Relaxation(
                kind="role_gap_days",
                terms={"to": days},
                text=f"Shorten the gap between any two duties from {rules.role_gap_days} to {days} days.",
            )

    def _largest(self, now: int, with_gap: Callable[[int], Rules]) -> int | None:
        """The largest gap below the present one that leaves a plan; None where even no gap does."""
        low, high = 0, now
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._is_possible(with_gap(middle)) else (low, middle)
        return low or None

    def _is_possible(self, rules: Rules) -> bool:
        instance = self.scope.instance
        kept = replace(rules, min_primary_months=instance.rules.min_primary_months)
        return self._solve(self.base, instance=replace(instance, rules=kept)) is not None

    def _bill(self, is_priced: Callable[[Part], bool]) -> _Bill | None:
        """The fewest units of these parts to give up; None where giving up all of them is not enough, or where
        none need be: the clock can leave a clash that is none."""
        bill = self._solve(lambda part: 1.0 if is_priced(part) else self.base(part))
        return bill if bill is not None and bill.broken else None

    def _solve(self, price: Price, *, instance: Instance | None = None) -> _Bill | None:
        """What is broken at the least cost; None where nothing would do, or the clock left it open."""
        rows = replace(self.scope, instance=instance or self.scope.instance).rows(price)
        left = self.judge.deadline - time.monotonic()
        if left <= 0:
            return None
        solution = self.judge.solver(rows.model, seconds=left, gap=0.99)
        if solution.values is None or solution.outcome is not Outcome.OPTIMAL:
            return None
        values = solution.values
        broken = [part for column, parts in rows.priced.items() if values[column] > 0.5 for part in parts]
        return _Bill(round(solution.cost), tuple(broken))

    def _called(self, people: Iterable[str]) -> list[str]:
        return [self.core.instance.executive[who].called for who in people]

    def _who_when(self, bill: _Bill) -> str:
        return names_in_words(
            [
                f"{self.core.instance.executive[part.executive].called} on {day_in_words(part.day)}"
                for part in bill.broken
                if part.day is not None and part.executive is not None
            ]
        )

    def _month(self, bill: _Bill | None) -> str:
        months = sorted({part.month for part in bill.broken if part.month}) if bill is not None else []
        return months[0] if months else ""


def _is_absence(part: Part, *, days: frozenset[date] | None) -> bool:
    return part.rule is Rule.UNAVAILABLE and (days is None or part.day in days)


def _away(people: int) -> str:
    return f"{count_of(people, 'executive')} who {'is' if people == 1 else 'are'} away"
