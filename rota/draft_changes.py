"""A draft looked at and changed by hand: what each change would cost, told at once; locks; solving again around them.

All of it is about drafts (`RotaStatus.DRAFT`); published duties change hands by `rota.reassigning`, `rota.swaps` and
`rota.cover`. Everything here takes a constant number of queries, whatever the rota. Seat 0 is the primary.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from people.models import Person
from rota.draft_report import Standing, standings_of
from rota.draft_view import DraftView, check_is_draft
from rota.errors import CannotChangeDraft
from rota.hours import duty_period
from rota.instances import role_of
from rota.models import Duty, ListeningHold, PlanningRun, Programme, Rota
from rota.planning.instance import Seat
from rota.planning.wording import day_in_words
from rota.planning_runs import ask_for_plan
from rota.readiness import Problem, problems_of

__all__ = [
    "Cost",
    "ExchangeCost",
    "Problem",
    "Standing",
    "assign",
    "candidates",
    "cost_of",
    "cost_of_exchange",
    "discard",
    "exchange",
    "lock",
    "readiness",
    "solve_again",
    "standings",
    "unlock",
]


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What it would bring if `person` sat there.

    `points` is what the rota's score would grow by (less is better; below 0 the change is for the better): a duty
    moved from somebody exactly at their fair share to another who is costs 320. `text` says it in a sentence: "Ana
    would have 3 this quarter; the fair share is 1.5." `breaches` are the rules that it would break, in sentences
    ("Ana cannot serve on 3 March 2026: leave."): an administrator may, but should know. `forbidden` says why it cannot
    be at all; "" where it can.
    """

    person: Person
    points: int
    text: str
    breaches: tuple[str, ...] = ()
    forbidden: str = ""


@dataclass(frozen=True, kw_only=True)
class ExchangeCost:
    """What an exchange of two duties of a draft would bring: `points` as in `Cost`, and each one's side of it."""

    points: int
    sides: tuple[Cost, Cost]

    @property
    def forbidden(self) -> str:
        """Why it cannot be at all; "" where it can."""
        return self.sides[0].forbidden or self.sides[1].forbidden


def candidates(*, rota: Rota, day: date, seat: int) -> list[Cost]:
    """Everybody who could sit there on that day, and what it would bring: the best first, whoever is forbidden last.

    The present holder, if any, is among them with 0 points; whoever is no member on that day is not. Raises
    CannotChangeDraft.
    """
    view = DraftView.of(rota, about=[day])
    place = view.seat(day, seat)
    members = [
        one.id
        for one in view.instance.executives
        if one.share or one.id in view.plan.holders.values()
        if not view.question.barred_why.get((one.id, day), "").startswith("no member")
    ]
    costs = [_cost(view, {place: who}, who, place[1]) for who in members]
    return sorted(
        costs, key=lambda cost: (bool(cost.forbidden), bool(cost.breaches), cost.points, cost.person.name)
    )


def cost_of(*, rota: Rota, day: date, seat: int, to: Person) -> Cost:
    """What it would bring if this person sat there instead. Nothing is changed. Raises CannotChangeDraft."""
    view = DraftView.of(rota, about=[day])
    place = view.seat(day, seat)
    _check_known(view, to)
    return _cost(view, {place: str(to.pk)}, str(to.pk), place[1])


def cost_of_exchange(*, one: Duty, other: Duty) -> ExchangeCost:
    """What it would bring if these two duties of one draft changed hands. Nothing is changed.

    Raises CannotChangeDraft.
    """
    _check_pair(one, other)
    view = DraftView.of(one.rota, about={one.day, other.day})
    first, second = view.seat(one.day, one.seat), view.seat(other.day, other.seat)
    changes = {first: str(other.person_id), second: str(one.person_id)}
    sides = (
        _cost(view, changes, str(one.person_id), second[1]),
        _cost(view, changes, str(other.person_id), first[1]),
    )
    return ExchangeCost(points=sides[0].points, sides=sides)


def assign(*, rota: Rota, day: date, seat: int, to: Person, by: Person) -> Duty:
    """Seats the person, in an empty seat or in the holder's place, and locks the seat: it is somebody's decision.

    Rules may be broken (see `Cost.breaches`); what is forbidden may not. Raises CannotChangeDraft with the field.
    """
    _check_admin(by)
    with transaction.atomic():
        draft = _locked(rota)
        cost = cost_of(rota=draft, day=day, seat=seat, to=to)
        if cost.forbidden:
            raise CannotChangeDraft(cost.forbidden, field="to", code="forbidden")
        duty = draft.duties.select_for_update(of=("self",)).filter(day=day, seat=seat).first()
        if duty is None:
            period = duty_period(draft.programme.rules, day)
            duty = Duty(
                rota=draft,
                programme=draft.programme,
                day=day,
                seat=seat,
                starts_at=period.start,
                ends_at=period.end,
            )
        _seat(duty, to, by, f"{by.name} seated {to.name} by hand. {cost.text}")
    return duty


def exchange(*, one: Duty, other: Duty, by: Person) -> None:
    """Seats each in the other's duty of the same draft, and locks both. Raises CannotChangeDraft."""
    _check_admin(by)
    _check_pair(one, other)
    with transaction.atomic():
        draft = _locked(one.rota)
        rows = draft.duties.select_for_update(of=("self",)).filter(pk__in=[one.pk, other.pk])
        now = {duty.pk: duty for duty in rows.order_by("pk")}
        if {pk: duty.person_id for pk, duty in now.items()} != {
            one.pk: one.person_id,
            other.pk: other.person_id,
        }:
            raise CannotChangeDraft("One of them changed meanwhile. Look again.", code="changed")
        first, second = now[one.pk], now[other.pk]
        cost = cost_of_exchange(one=first, other=second)
        if cost.forbidden:
            raise CannotChangeDraft(cost.forbidden, field="other", code="forbidden")
        to_first, to_second = second.person, first.person
        words = f"{by.name} exchanged {to_second.name} and {to_first.name} by hand."
        _seat(first, to_first, by, f"{words} {cost.sides[1].text}")
        _seat(second, to_second, by, f"{words} {cost.sides[0].text}")
    for given, seated in ((one, first), (other, second)):
        given.person, given.locked, given.why = seated.person, seated.locked, seated.why


def lock(*, duty: Duty, by: Person) -> Duty:
    """The duty stays where it is when the draft is solved again. Raises CannotChangeDraft."""
    return _set_lock(duty, by, locked=True)


def unlock(*, duty: Duty, by: Person) -> Duty:
    """The duty may move again. Raises CannotChangeDraft."""
    return _set_lock(duty, by, locked=False)


def solve_again(*, rota: Rota, by: Person, seconds: int = 60) -> PlanningRun:
    """Asks for the draft to be solved again around what is locked, near to what it is now; see `planning_runs`.

    Raises CannotPlan where the programme is being planned already, and CannotChangeDraft.
    """
    _check_admin(by)
    check_is_draft(rota)
    return ask_for_plan(
        programme=rota.programme, first=rota.first_day, last=rota.last_day, by=by, seconds=seconds
    )


def discard(*, rota: Rota, by: Person) -> None:
    """The draft is no more, with the listening times that it held. Raises CannotChangeDraft where it is published."""
    _check_admin(by)
    with transaction.atomic():
        draft = _locked(rota)
        ListeningHold.objects.filter(rota=draft, published=False).delete()
        draft.delete()


def readiness(*, rota: Rota) -> list[Problem]:
    """What is missing: empty seats, phone numbers that nobody verified, absences, and what publishing would refuse.

    In order of days. Empty where all is well.
    """
    return problems_of(DraftView.of(rota))


def standings(*, rota: Rota) -> list[Standing]:
    """Who is ahead and who is owed, with this draft as it stands now (changes by hand included); by name."""
    view = DraftView.of(rota, about=())
    return standings_of(view.question, view.plan)


def _cost(view: DraftView, changes: Mapping[Seat, str], who: str, role: str) -> Cost:
    """`who`'s side of these changes."""
    same = all(view.plan.holders.get(seat) == to for seat, to in changes.items())
    forbidden = "" if same else view.forbidden(changes, who)
    return Cost(
        person=view.question.people[who],
        points=0 if same else view.points(changes),
        text=view.share(who, role, changes),
        breaches=() if same or forbidden else view.breaches(changes),
        forbidden=forbidden,
    )


def _seat(duty: Duty, to: Person, by: Person, why: str) -> None:
    duty.person, duty.locked, duty.why = to, True, why[:400]
    duty._history_user = by  # noqa: SLF001 - where django-simple-history looks for it
    duty._change_reason = "seated by hand"  # noqa: SLF001 - likewise
    duty.save()


def _set_lock(duty: Duty, by: Person, *, locked: bool) -> Duty:
    _check_admin(by)
    with transaction.atomic():
        draft = _locked(duty.rota)
        changed = draft.duties.select_for_update(of=("self",)).filter(pk=duty.pk).first()
        if changed is None:
            raise CannotChangeDraft("This duty is in the draft no more.", code="gone")
        if changed.locked != locked:
            changed.locked = locked
            changed._history_user = by  # noqa: SLF001 - likewise
            changed._change_reason = "locked" if locked else "unlocked"  # noqa: SLF001 - likewise
            changed.save()
    duty.locked = locked
    return duty


def _locked(rota: Rota) -> Rota:
    """The draft, its programme's row held: nobody publishes or solves over it meanwhile."""
    Programme.objects.select_for_update(no_key=True).get(pk=rota.programme_id)
    draft = Rota.objects.select_related("programme").filter(pk=rota.pk).first()
    if draft is None:
        raise CannotChangeDraft("This draft is gone.", code="gone")
    check_is_draft(draft)
    return draft


def _check_admin(by: Person) -> None:
    if not by.is_admin:
        raise CannotChangeDraft("Only administrators change a draft.", code="not_allowed")


def _check_known(view: DraftView, to: Person) -> None:
    if str(to.pk) not in view.instance.executive:
        raise CannotChangeDraft(
            f"{to.name} is no member of {view.rota.programme.name} in these days.",
            field="to",
            code="no_member",
        )


def _check_pair(one: Duty, other: Duty) -> None:
    if one.rota_id != other.rota_id or one.pk == other.pk:
        raise CannotChangeDraft("Choose two duties of one draft.", field="other", code="invalid")
    if one.person_id == other.person_id:
        raise CannotChangeDraft(
            f"Both are {one.person.name}'s: {role_of(one.seat)} on {day_in_words(one.day)} and "
            f"{role_of(other.seat)} on {day_in_words(other.day)}.",
            field="other",
            code="same",
        )
