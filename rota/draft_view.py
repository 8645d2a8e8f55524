"""A draft as it stands now, as the planner sees it: its seats, what it would cost to change one, and what breaks.

What is locked is no rule here: it is an administrator's decision, and they may take it back.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from django.utils import timezone

from rota.errors import CannotChangeDraft
from rota.instances import Question, question_for, role_of
from rota.models import ListeningHold, Rota, RotaStatus
from rota.planning.breaches import Breach, Trials
from rota.planning.instance import POINTS, PRIMARY, Instance, Seat
from rota.planning.parts import Rule
from rota.planning.plan import Plan
from rota.planning.reasons import in_duties
from rota.planning.score import Ledger, score
from rota.planning.wording import day_in_words, days_in_words, month_in_words, period_in_words
from rota.times_given_back import kept_times


@dataclass(frozen=True)
class DraftView:
    """One draft and everything about its period, read once."""

    rota: Rota
    question: Question
    plan: Plan

    @classmethod
    def of(cls, rota: Rota, *, about: Collection[date] | None = None) -> "DraftView":
        """Raises CannotChangeDraft where it is a draft no more. A constant number of queries.

        With `about` only what changes on these days ask for: far less of a year.
        """
        check_is_draft(rota)
        question = question_for(
            programme=rota.programme,
            first=rota.first_day,
            last=rota.last_day,
            rota=rota,
            listen_from=max(rota.first_day, rota.created_at.astimezone(rota.programme.zone).date()),
            about=about,
            booking=False,
        )
        instance = question.instance
        published = {seat: who for seat, who in instance.pinned.items() if seat not in question.open_seats}
        held = {**published, **(question.draft.holders if question.draft is not None else {})}
        sessions = question.draft.sessions if question.draft is not None else ()
        free = replace(question, instance=replace(instance, pinned=published))
        return cls(rota, free, Plan(held, sessions))

    @property
    def instance(self) -> Instance:
        return self.question.instance

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.instance, self.plan)

    @cached_property
    def trials(self) -> Trials:
        return Trials(self.instance, self.plan)

    @cached_property
    def listens(self) -> dict[tuple[int, date], list[ListeningHold]]:
        """The times to listen that people have on days of the draft already, by person and day. One query."""
        return kept_times(
            programme=self.rota.programme,
            people=[person.pk for person in self.question.people.values()],
            days={day for day, _ in self.question.open_seats},
            after=timezone.now(),
        )

    @cached_property
    def period(self) -> str:
        return period_in_words(self.rota.first_day, self.rota.last_day)

    def seat(self, day: date, seat: int) -> Seat:
        """The planner's seat. Raises CannotChangeDraft for one that the draft cannot fill."""
        place = (day, role_of(seat))
        if place in self.question.open_seats:
            return place
        if day in self.instance.day and place[1] in self.instance.rules.roles:
            raise CannotChangeDraft(
                f"{day_in_words(day)} is published already.", field="day", code="published"
            )
        if day not in self.instance.day:
            raise CannotChangeDraft(
                f"{day_in_words(day)} is no duty day of this draft.", field="day", code="no_day"
            )
        raise CannotChangeDraft("There is no such seat.", field="seat", code="unknown")

    def points(self, changes: Mapping[Seat, str]) -> int:
        """What the score would grow by with these holders instead."""
        if len(changes) == 1:
            ((seat, to),) = changes.items()
            return self.ledger.cost_of_change(seat, to)
        changed = replace(self.plan, holders={**self.plan.holders, **changes})
        return score(self.instance, changed) - score(self.instance, self.plan)

    def forbidden(self, changes: Mapping[Seat, str], who: str) -> str:
        """Why this person cannot have what they would have; "" where they can."""
        name = self.name(who)
        after = {**self.plan.holders, **changes}
        for (day, role), to in changes.items():
            if to != who:
                continue
            if not self.question.people[who].is_active:
                return f"{name} has left."
            if why := self.question.barred_why.get((who, day)):
                return f"{name} cannot be asked on {day_in_words(day)}: {why}."
            others = [
                other
                for (date_, other), one in after.items()
                if date_ == day and one == who and other != role
            ]
            if others:
                return f"{name} is {others[0]} on {day_in_words(day)} already. Exchange the two instead."
        return ""

    def breaches(self, changes: Mapping[Seat, str]) -> tuple[str, ...]:
        """The rules that these changes would break and wishes that they would disregard, in sentences."""
        told = [self.in_words(breach, changes) for breach in self.trials.faults_of(changes)]
        for (day, _), to in changes.items():
            if day in self.instance.executive[to].avoided:
                told.append(f"{self.name(to)} would rather not serve on {day_in_words(day)}.")
            told.append(self.given_back(int(to), day))
        return tuple(dict.fromkeys(word for word in told if word))

    def given_back(self, person: int, day: date) -> str:
        """What publishing would take from whoever serves on that day; "" where they have no time to listen on it."""
        if not (times := self.listens.get((person, day))):
            return ""
        count = "a time" if len(times) == 1 else f"{len(times)} times"
        return f"{self.name(str(person))} gives back {count} to listen on {day_in_words(day)}."

    def in_words(self, breach: Breach, changes: Mapping[Seat, str] | None = None) -> str:
        """A broken rule as a sentence; "" for what is told elsewhere."""
        name = self.name(breach.executive) if breach.executive is not None else ""
        day = day_in_words(breach.day) if breach.day is not None else ""
        match breach.rule:
            case Rule.UNAVAILABLE if breach.executive is not None and breach.day is not None:
                why = self.instance.executive[breach.executive].off.get(breach.day, "")
                why = why or self.question.barred_why.get((breach.executive, breach.day), "away")
                return f"{name} cannot serve on {day}: {why}."
            case Rule.MIN_GAP | Rule.ROLE_GAP | Rule.GAP_BEFORE_START if breach.executive is not None:
                days = self._near(breach.executive, breach.day, changes or {})
                return (
                    f"{name} would be primary on {days_in_words(days)}: less than "
                    f"{self.instance.rules.min_gap_days} days apart."
                )
            case Rule.MONTH_MIN if breach.month is not None:
                return f"{name} would have too few primary duties in {month_in_words(breach.month)}."
            case Rule.COVER_ANY | Rule.PRIMARY_REQUIRES:
                return f"On {day} {breach.text}." if not name else f"{name}, on {day}: {breach.text}."
            case Rule.SESSION_ON_DUTY:
                return f"{name} has a time to listen on {day}, and it is dropped."
            case Rule.SESSION_UNAVAILABLE:
                return f"{name} is away on {day}, and their time to listen is dropped."
        return ""

    def share(self, who: str, role: str, changes: Mapping[Seat, str]) -> str:
        """ "Ana would have 3 this quarter; the fair share is 1.5." """
        served, target = self.ledger.served[who], self.instance.targets[who]
        got, due = (served.load, target.load) if role == PRIMARY else (served.backup, target.backup)
        change = 0
        for seat, to in changes.items():
            if (seat[1] == PRIMARY) == (role == PRIMARY) and self.plan.holders.get(seat) != to:
                points = self.instance.day[seat[0]].burden if role == PRIMARY else POINTS
                change += points * ((to == who) - (self.plan.holders.get(seat) == who))
        kind = "" if role == PRIMARY else " as backup"
        has = f"would have {in_duties(got + change)}" if change else f"has {in_duties(got)}"
        return f"{self.name(who)} {has}{kind} {self.period}; the fair share is {in_duties(max(0, due))}."

    def name(self, who: str) -> str:
        return self.instance.executive[who].called

    def _near(self, who: str, day: date | None, changes: Mapping[Seat, str]) -> list[date]:
        """Their primary days that lie too near one another, this one among them."""
        after = {**self.plan.holders, **changes}
        days = {other for (other, role), one in after.items() if one == who and role == PRIMARY}
        days |= {other for other, role in self.instance.executive[who].around if role == PRIMARY}
        gap = self.instance.rules.min_gap_days
        return sorted(other for other in days if day is None or abs((other - day).days) < gap)


def check_is_draft(rota: Rota) -> None:
    """Raises CannotChangeDraft for one that is published."""
    if rota.status != RotaStatus.DRAFT:
        raise CannotChangeDraft("This rota is published: its duties change hands by swaps.", code="published")
