"""What there is to say about a plan: who is ahead and who is owed, wishes, and what could not be met and why.

Pure, over a question and an answer; the board, the command and the kept run all tell it from here. In ordinary duties
(1.5 is a duty and a half), not in points.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from people.models import Person
from rota.instances import Question, role_of, seat_of
from rota.planning.breaches import Trials, faults
from rota.planning.instance import POINTS, PRIMARY, Executive, Instance, Points, Seat
from rota.planning.parts import Rule
from rota.planning.plan import Plan
from rota.planning.score import points_served
from rota.planning.wording import count_of, day_in_words, month_in_words

TERMS = ("load", "weekend", "backup")


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One member's part in a draft. In ordinary duties (1.5 is a duty and a half), `share` in percent of a full part.

    `served` is what this rota gives, `target` the fair share of it after what the past owes; `before` and `after` are
    the cumulative balances without and with this rota: above 0 is ahead (has served more than the fair share),
    below 0 is owing. Each is for primary duties (`load`), weekends and holidays among them, and backups.
    """

    person: Person
    share: int
    duties: int
    served: dict[str, float]
    target: dict[str, float]
    before: dict[str, float]
    after: dict[str, float]


@dataclass(frozen=True)
class Unmet:
    """A seat that stays empty, and why."""

    day: date
    seat: int
    why: str


@dataclass(frozen=True)
class Missed:
    """Something else that is owed and not met: the monthly duty, listening, cover. `person` is None for a day's."""

    what: str
    why: str
    person: Person | None = None
    day: date | None = None
    month: str = ""


def standings_of(question: Question, plan: Plan) -> list[Standing]:
    """Everybody who has a share or a duty, by name."""
    instance = question.instance
    served, targets = points_served(instance, plan.holders), instance.targets
    duties = Counter(plan.holders.values())
    fair = _fair_shares(instance)
    found = []
    for one in instance.executives:
        if not one.share and not duties[one.id]:
            continue
        after = {
            term: getattr(one.balance, term) + getattr(served[one.id], term) - fair[one.id][term]
            for term in TERMS
        }
        found.append(
            Standing(
                person=question.people[one.id],
                share=question.shares.get(one.id, 100),
                duties=duties[one.id],
                served=_in_duties(served[one.id]),
                target=_in_duties(targets[one.id]),
                before=_in_duties(one.balance),
                after={term: _rounded(points) for term, points in after.items()},
            )
        )
    return sorted(found, key=lambda one: (one.person.name, one.person.pk))


def empty_seats(question: Question, plan: Plan) -> list[Unmet]:
    """The seats of the period that nobody holds, and why each."""
    empty = [seat for seat in question.instance.seats if seat not in plan.holders]
    trials = Trials(question.instance, plan)
    return [
        Unmet(day, seat_of(role), _why_empty(question.instance, plan, trials, (day, role)))
        for day, role in sorted(empty, key=lambda seat: (seat[0], seat_of(seat[1])))
    ]


def missed(question: Question, plan: Plan) -> list[Missed]:
    """What else is owed and not met: read from the plan itself, so that changes by hand are seen."""
    found = []
    for fault in faults(question.instance, plan):
        person = question.people.get(fault.executive) if fault.executive is not None else None
        what = _WHAT.get(fault.rule)
        if what is not None:
            found.append(Missed(what, fault.text, person, fault.day, fault.month or ""))
    return found


_WHAT = {
    Rule.MONTH_MIN: "the monthly duty",
    Rule.QUOTA: "listening",
    Rule.COVER_ANY: "cover",
    Rule.PRIMARY_REQUIRES: "cover",
}


def report_of(question: Question, plan: Plan) -> dict[str, Any]:
    """All of it as JSON, as a kept run holds it."""
    instance = question.instance
    wishes = _wishes(instance, plan)
    return {
        "days": len({day for day, _ in question.open_seats}),
        "published_days": len(question.published_days),
        "coverage": {
            "filled": sum(seat in plan.holders for seat in question.open_seats),
            "seats": len(question.open_seats),
        },
        "fairness": [
            {
                "person": one.person.pk,
                "name": one.person.name,
                "duties": one.duties,
                "served": one.served,
                "target": one.target,
                "before": one.before,
                "after": one.after,
            }
            for one in standings_of(question, plan)
        ],
        "wishes": wishes,
        "listening": {
            "sessions": len(plan.sessions),
            "owed": sum(
                one.sessions_due(month, instance.rules.sessions)
                for one in instance.executives
                for month in instance.months
            )
            if instance.rules.sessions is not None
            else 0,
        },
        "empty": [
            {"day": one.day.isoformat(), "seat": one.seat, "why": one.why}
            for one in empty_seats(question, plan)
        ],
        "notes": notes_of(question, plan),
        "missed": [
            {
                "what": one.what,
                "why": one.why,
                "person": one.person.pk if one.person is not None else None,
                "name": one.person.name if one.person is not None else "",
                "day": one.day.isoformat() if one.day is not None else "",
                "month": one.month,
            }
            for one in missed(question, plan)
        ],
    }


def notes_of(question: Question, plan: Plan) -> list[str]:
    """What could not be met and why, in sentences."""
    notes = [
        f"Nobody is {role_of(one.seat)} on {day_in_words(one.day)}: {one.why}."
        for one in empty_seats(question, plan)
    ]
    return notes + [f"{missed_in_words(one)}." for one in missed(question, plan)]


def missed_in_words(one: Missed) -> str:
    """ "Ana Ruiz, the monthly duty: no primary day in March 2026"."""
    where = [one.person.name if one.person is not None else "", str(one.day) if one.day is not None else ""]
    why = one.why.replace(one.month, month_in_words(one.month)) if one.month else one.why
    return f"{', '.join(part for part in (*where, one.what) if part)}: {why}"


def _wishes(instance: Instance, plan: Plan) -> dict[str, int]:
    days: dict[str, set[date]] = {}
    primary: dict[str, set[date]] = {}
    for (day, role), who in plan.holders.items():
        days.setdefault(who, set()).add(day)
        if role == PRIMARY:
            primary.setdefault(who, set()).add(day)
    wanted = [(one, day) for one in instance.executives for day in one.wanted]
    avoided = [(one, day) for one in instance.executives for day in one.avoided]
    met = sum(day in primary.get(one.id, set()) for one, day in wanted)
    hit = sum(day in days.get(one.id, set()) for one, day in avoided)
    return {
        "wanted": len(wanted),
        "wanted_met": met,
        "avoided": len(avoided),
        "avoided_met": len(avoided) - hit,
    }


def _why_empty(instance: Instance, plan: Plan, trials: Trials, seat: Seat) -> str:
    """ "of 6 members 4 are away and 2 are or were on duty too near"."""
    day = seat[0]
    seated = {who for (other, _), who in plan.holders.items() if other == day}
    members = [one for one in instance.executives if day not in one.barred]
    others = [one for one in members if one.id not in seated]
    if not members:
        return "nobody is a member, or free of another programme's duty, on this day"
    if not others:
        there = "is only one member" if len(members) == 1 else f"are only {len(members)} members"
        return f"there {there} for this day's seats"
    away = [one for one in others if day in one.off]
    reasons = Counter(_obstacle(trials, seat, one) for one in others if day not in one.off)
    parts = [f"{len(away)} {'is' if len(away) == 1 else 'are'} away"] if away else []
    parts += [f"{many} {words if many > 1 else _singular(words)}" for words, many in sorted(reasons.items())]
    if not away and len(reasons) == 1:
        everybody = next(iter(reasons))
        return f"everybody else {_singular(everybody)}"
    return f"of {count_of(len(others), 'other')} {' and '.join(parts)}"


_TOO_NEAR = "are on duty too near this day"
_LACK = "have not what the day requires"
_KEPT = "are kept from it by the rules"


def _singular(words: str) -> str:
    return words.replace("are ", "is ", 1) if words.startswith("are ") else words.replace("have ", "has ", 1)


def _obstacle(trials: Trials, seat: Seat, one: Executive) -> str:
    rules = {breach.rule for breach in trials.faults_of({seat: one.id})}
    if rules & {Rule.MIN_GAP, Rule.ROLE_GAP, Rule.GAP_BEFORE_START}:
        return _TOO_NEAR
    if rules & {Rule.PRIMARY_REQUIRES, Rule.COVER_ANY}:
        return _LACK
    return _KEPT if rules else "are free, and nobody was seated"


def _fair_shares(instance: Instance) -> dict[str, dict[str, Fraction]]:
    """The fair share of this period alone, without the past, in points."""
    shares = sum(one.share for one in instance.executives)
    totals = {
        "load": sum(day.burden for day in instance.days),
        "weekend": POINTS * sum(day.off_work for day in instance.days),
        "backup": POINTS * len(instance.days) * (len(instance.rules.roles) - 1),
    }
    return {
        one.id: {term: Fraction(total * one.share, max(1, shares)) for term, total in totals.items()}
        for one in instance.executives
    }


def _in_duties(points: Points) -> dict[str, float]:
    return {term: _rounded(getattr(points, term)) for term in TERMS}


def _rounded(points: float | Fraction) -> float:
    return round(float(points) / POINTS, 2) + 0.0
