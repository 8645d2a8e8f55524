"""A clash in words: what cannot all hold, the facts behind it by name and date, and what would do."""

import time
from collections.abc import Iterator, Sequence
from datetime import date

from rota.planning.clash import Core, Judge, find_core
from rota.planning.duties import duty_obstacles
from rota.planning.instance import PRIMARY, Instance
from rota.planning.parts import Rule
from rota.planning.plan import Clash
from rota.planning.relaxation import least_relaxations
from rota.planning.search import Search
from rota.planning.wording import count_of, days_in_words, month_in_words, names_in_words

LEAST_SECONDS = 15.0
"""For the explanation, whatever the clock says: "infeasible" without a reason helps nobody."""
FEW = 3


def explain_clash(instance: Instance, how: Search, *, duties_stand: bool = False) -> Clash:
    """Why an instance that is known to have no plan has none, and the least that would have to give.

    `duties_stand` where the duties alone are known to have a plan: then the sessions are in it.
    """
    judge = Judge(how.solver, time.monotonic() + max(LEAST_SECONDS, how.left()))
    core = find_core(instance, judge, duties_stand=duties_stand)
    relaxations = least_relaxations(core, judge)
    demands = core.demands
    named = demands.executives if core.specific and demands.executives is not None else frozenset()
    return Clash(
        rules=tuple(sorted(demands.rules)),
        dates=tuple(sorted(demands.dates or ())),
        executives=tuple(sorted(named)),
        months=tuple(sorted(demands.months or ())),
        text="\n".join(_Words(core, tuple(sorted(named))).all()),
        relaxations=relaxations,
        proven=core.sure,
    )


class _Words:
    def __init__(self, core: Core, named: tuple[str, ...]) -> None:
        self.instance = core.instance
        self.demands = core.demands
        self.rules = core.demands.rules
        self.named = named
        self.dates = sorted(core.demands.dates or ())
        self.months = sorted(core.demands.months or ())

    def all(self) -> Iterator[str]:
        if Rule.PINNED in self.rules:
            yield from self._pins()
        if Rule.COVERAGE in self.rules or Rule.UNAVAILABLE in self.rules:
            yield from self._dates()
        if Rule.MONTH_MIN in self.rules:
            yield from self._months()
        if Rule.QUOTA in self.rules:
            yield from self._quotas()
        yield f"These cannot all hold: {'; '.join(self._rule(rule) for rule in Rule if rule in self.rules)}."

    def _pins(self) -> Iterator[str]:
        for (day, role), who in sorted(self.instance.pinned.items()):
            if day in self.dates:
                yield f"{days_in_words([day])}: {self._name(who)} is pinned as {role}."

    def _dates(self) -> Iterator[str]:
        """Who is free, dates with the same people together."""
        by_free: dict[tuple[str, ...], list[date]] = {}
        for day in self.dates:
            by_free.setdefault(self._free(day), []).append(day)
        for free, days in by_free.items():
            when = days_in_words(days)
            everybody = sum(days[0] not in one.barred for one in self.instance.executives)
            if not free:
                seats = len(self.instance.rules.roles)
                needed = f"{seats} are needed" if seats > 1 else "one is needed"
                yield f"{when}: none of the {everybody} executives can serve, and {needed}."
            elif len(free) <= FEW:
                yield f"{when}: only {names_in_words(self._names(free))} can serve."
            elif Rule.MONTH_MIN not in self.rules:
                yield f"{when}: {len(free)} of {everybody} executives can serve."

    def _free(self, day: date) -> tuple[str, ...]:
        """Who could be primary on a date, as far as the rules of the clash tell."""
        return tuple(
            executive.id
            for executive in self.instance.executives
            if day not in executive.barred
            and not any(
                part.rule in self.rules for part in duty_obstacles(self.instance, executive, (day, PRIMARY))
            )
        )

    def _names(self, some: Sequence[str]) -> list[str]:
        return [self._name(one) for one in some]

    def _name(self, who: str) -> str:
        return self.instance.executive[who].called

    def _months(self) -> Iterator[str]:
        for month in self.months:
            days = [day.date for day in self.instance.days if day.month == month]
            who = self.named or tuple(
                one.id for one in self.instance.executives if one.primary_days_due(month)
            )
            open_days = [day for day in days if set(self._free(day)) & set(who)]
            must = "must be primary" if len(who) == 1 else "must each be primary"
            if self.named:
                yield f"{names_in_words(self._names(who))} {must} at least once in {month_in_words(month)}."
            else:
                yield f"{count_of(len(who), 'executive')} {must} at least once in {month_in_words(month)}."
            if len(open_days) < len(days):
                among = "they are" if len(who) == 1 else "between them they are"
                free = (
                    f"free only on {days_in_words(open_days)}" if open_days else "free on no duty day of it"
                )
                yield f"In {month_in_words(month)} {among} {free}."
            else:
                yield f"{month_in_words(month)} has {count_of(len(days), 'duty day')}."

    def _quotas(self) -> Iterator[str]:
        sessions = self.instance.rules.sessions
        if sessions is None:
            return
        for month in self.months:
            due = {one.id: one.sessions_due(month, sessions) for one in self.instance.executives}
            owing = [who for who, owed in due.items() if owed]
            slots = [slot for slot in self.instance.slots if slot.month == month]
            dates = sorted({slot.date for slot in slots})
            where = f", on {days_in_words(dates)}," if 0 < len(dates) <= FEW else ""
            counted = self.named or owing
            who = names_in_words(self._names(self.named)) if self.named else count_of(len(owing), "executive")
            owed = {due[one] for one in counted}
            each = (
                f"{count_of(max(owed), 'session')}{'' if len(counted) == 1 else ' each'} "
                if len(owed) == 1
                else ""
            )
            total = sum(due[one] for one in counted)
            in_all = f"({total} in all)" if each else f"{count_of(total, 'session')} in all"
            yield (
                f"{month_in_words(month)}: {who} {'owes' if len(counted) == 1 else 'owe'} {each}{in_all}, "
                f"and its slots{where} have {count_of(sum(slot.seats for slot in slots), 'seat')}."
            )

    def _rule(self, rule: Rule) -> str:
        rules = self.instance.rules
        sessions = rules.sessions
        backups = len(rules.roles) - 1
        seats = "one primary and one backup" if backups == 1 else "one primary"
        if backups > 1:
            seats = f"one primary and {backups} backups"
        words = {
            Rule.COVERAGE: f"every duty day has {seats}",
            Rule.PINNED: "pinned seats stay with their holders",
            Rule.UNAVAILABLE: "nobody serves while away",
            Rule.PRIMARY_REQUIRES: "the primary has the tags that the day requires",
            Rule.COVER_ANY: "primary and backup have the tags that the day needs between them",
            Rule.BACKUP_IS_PRIMARY: "nobody is primary and backup of the same day",
            Rule.MIN_GAP: f"two primary days of one executive lie at least {rules.min_gap_days} days apart",
            Rule.ROLE_GAP: f"any two duties of one executive lie at least {rules.role_gap_days} days apart",
            Rule.GAP_BEFORE_START: "the gap counts from duties outside this period too",
            Rule.MONTH_MIN: "everybody who is not exempt is primary at least once a month",
            Rule.MONTH_MAX: f"nobody is primary more than {rules.max_primary_per_month} times a month",
            Rule.CONSECUTIVE_WEEKENDS: "nobody serves two weekends in a row",
            Rule.MAX_CONSECUTIVE: f"nobody serves more than {rules.max_consecutive_duty_days} duty days in a row",
            Rule.WEEKEND_NEIGHBOUR: "whoever serves a weekend is free on the duty days beside it",
            Rule.QUOTA: "everybody has the listening sessions of the month"
            if any(one.sessions_owed is not None for one in self.instance.executives)
            else f"everybody has {sessions.per_month if sessions else 0} listening sessions a month",
            Rule.SEATS: "a slot takes no more than its seats",
            Rule.SESSION_ON_DUTY: "nobody listens on an own duty day",
            Rule.SESSION_UNAVAILABLE: "nobody listens while away",
            Rule.SESSION_HOURS: "sessions lie within the hours of the executive's own day",
            Rule.SESSION_BUSY: "sessions lie outside busy times",
            Rule.SESSION_REQUIRES: "whoever listens speaks the language of the slot",
            Rule.SESSION_PER_DAY: "nobody has two sessions on one day",
        }
        return words[rule]
