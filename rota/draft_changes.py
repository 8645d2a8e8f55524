"""A draft looked at and changed by hand: what each change would cost, told at once; locks; solving again around them.

All of it is about drafts (`RotaStatus.DRAFT`); published duties change hands by `rota.reassigning`, `rota.swaps` and
`rota.cover`. Everything here takes a constant number of queries, whatever the rota. Seat 0 is the primary.
"""

from dataclasses import dataclass
from datetime import date

from people.models import Person
from rota.models import Duty, PlanningRun, Rota


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What it would bring if `person` sat there.

    `points` is what the rota's score would grow by (less is better; below 0 the change is for the better): a duty
    moved from somebody exactly at their fair share to another who is costs 320. `text` says it in a sentence: "Ana
    would have 3 this quarter; the fair share is 1.5." `breaches` are the rules that it would break, in sentences
    ("Ana is away on 3 March: leave."): an administrator may, but should know. `forbidden` says why it cannot be at
    all; "" where it can.
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


@dataclass(frozen=True)
class Problem:
    """What is missing before a draft can be published with a good conscience, by name and date.

    `blocks` where `publish` would refuse it; the rest can be published, knowing it.
    """

    text: str
    day: date | None = None
    seat: int | None = None
    person: Person | None = None
    blocks: bool = False


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One member's part in a draft. All in ordinary duties (1.5 is a duty and a half).

    `served` is what this rota gives, `target` the fair share of it after what the past owes; `before` and `after` are
    the cumulative balances without and with this rota: above 0 is ahead (has served more than the fair share),
    below 0 is owing. Each is for primary duties (`load`), weekends and holidays among them, and backups.
    """

    person: Person
    share: int
    served: dict[str, float]
    target: dict[str, float]
    before: dict[str, float]
    after: dict[str, float]


def candidates(*, rota: Rota, day: date, seat: int) -> list[Cost]:
    """Everybody who could sit there on that day, and what it would bring: the best first, whoever is forbidden last.

    The present holder, if any, is among them with 0 points. Raises CannotChangeDraft.
    """
    raise NotImplementedError


def cost_of(*, rota: Rota, day: date, seat: int, to: Person) -> Cost:
    """What it would bring if this person sat there instead. Nothing is changed. Raises CannotChangeDraft."""
    raise NotImplementedError


def cost_of_exchange(*, one: Duty, other: Duty) -> ExchangeCost:
    """What it would bring if these two duties of one draft changed hands. Nothing is changed.

    Raises CannotChangeDraft.
    """
    raise NotImplementedError


def assign(*, rota: Rota, day: date, seat: int, to: Person, by: Person) -> Duty:
    """Seats the person, in an empty seat or in the holder's place, and locks the seat: it is somebody's decision.

    Rules may be broken (see `Cost.breaches`); what is forbidden may not. Raises CannotChangeDraft with the field.
    """
    raise NotImplementedError


def exchange(*, one: Duty, other: Duty, by: Person) -> None:
    """Seats each in the other's duty of the same draft, and locks both. Raises CannotChangeDraft."""
    raise NotImplementedError


def lock(*, duty: Duty, by: Person) -> Duty:
    """The duty stays where it is when the draft is solved again. Raises CannotChangeDraft."""
    raise NotImplementedError


def unlock(*, duty: Duty, by: Person) -> Duty:
    """The duty may move again. Raises CannotChangeDraft."""
    raise NotImplementedError


def solve_again(*, rota: Rota, by: Person, seconds: int = 60) -> PlanningRun:
    """Asks for the draft to be solved again around what is locked, near to what it is now; see `planning_runs`.

    Raises CannotPlan where the programme is being planned already, and CannotChangeDraft.
    """
    raise NotImplementedError


def discard(*, rota: Rota, by: Person) -> None:
    """The draft is no more, with the listening times that it held. Raises CannotChangeDraft where it is published."""
    raise NotImplementedError


def readiness(*, rota: Rota) -> list[Problem]:
    """What is missing: empty seats, phone numbers that nobody verified, absences, and what publishing would refuse.

    In order of days. Empty where all is well.
    """
    raise NotImplementedError


def standings(*, rota: Rota) -> list[Standing]:
    """Who is ahead and who is owed, with this draft as it stands now (changes by hand included); by name."""
    raise NotImplementedError
