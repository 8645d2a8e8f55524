"""Duty days: owed, served, given away, covered for others, missed.

A duty counts for whoever has it at its end: a swap counts for who served. It was *missed* where it is over, at least
one case rang its officer in vain while it ran, and its officer took none, passed none on and took no case by another
way: somebody whose phone never rang has served, and so has somebody who said no. Rings that were called off because a
colleague was quicker, and pages that could not be sent, are held against nobody.

A duty was *swapped* away where somebody had it after its publication and somebody else has it now, and *covered* where
somebody has it now and it was first published for another; by consent or by an administrator's word alike.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from reports.figures import Counted, Evidence, Figure, Source, Unit
from reports.material import Material, Offer, Reply, Seat, is_case_of

GROUP = "Duty"
OWED, SERVED, SWAPPED, COVERED, MISSED, TO_COME = (
    "duty_days_owed",
    "duty_days_served",
    "duty_days_swapped",
    "duty_days_covered",
    "duty_days_missed",
    "duty_days_to_come",
)
FIGURES = (
    Figure(OWED, GROUP, "Owed", Unit.DAYS, "Duty days of the quota, pro-rated for share, leave and joins."),
    Figure(
        SERVED, GROUP, "Served", Unit.DAYS, "Duties that are over, held to their end, and were not missed."
    ),
    Figure(SWAPPED, GROUP, "Given away", Unit.DAYS, "Published duties that went to somebody else."),
    Figure(
        COVERED, GROUP, "Covered for others", Unit.DAYS, "Duties first published for others and held now."
    ),
    Figure(
        MISSED,
        GROUP,
        "Missed",
        Unit.DAYS,
        "Duties that are over, in which phones rang in vain and nothing was answered.",
    ),
    Figure(TO_COME, GROUP, "To come", Unit.DAYS, "Duties that run or are still ahead."),
)


@dataclass(frozen=True)
class Answers:
    """What one person answered over a time, in order of the instants, to look up a duty's stretch of it."""

    in_vain: list[datetime]
    answered: list[datetime]

    def missed(self, seat: Seat) -> bool:
        """Whether phones rang in vain between the duty's beginning and its end, and nothing was answered."""
        return _any_within(self.in_vain, seat) and not _any_within(self.answered, seat)


def answers_of(offers: Iterable[Offer]) -> dict[int, Answers]:
    """What everybody answered to their phone, by person's key. Pure."""
    found: dict[int, Answers] = defaultdict(lambda: Answers([], []))
    for person, _, _, first_at, reply, _ in offers:
        if reply == Reply.UNANSWERED:
            found[person].in_vain.append(first_at)
        elif reply in (Reply.ACCEPTED, Reply.PASSED):
            found[person].answered.append(first_at)
    for answers in found.values():
        answers.in_vain.sort()
        answers.answered.sort()
    return found


def sort_out(
    seats: Iterable[Seat], answers: Mapping[int, Answers], people: Collection[int], now: datetime
) -> dict[int, dict[str, list[Seat]]]:
    """Each of these people's duties of the month by what they are: served, missed, to come, covered, swapped. Pure."""
    found: dict[int, dict[str, list[Seat]]] = {
        person: {key: [] for key in (SERVED, SWAPPED, COVERED, MISSED, TO_COME)} for person in people
    }
    for seat in seats:
        if (mine := found.get(seat.person)) is not None:
            if seat.ends_at > now:
                mine[TO_COME].append(seat)
            elif seat.person in answers and answers[seat.person].missed(seat):
                mine[MISSED].append(seat)
            else:
                mine[SERVED].append(seat)
            if seat.holders[0] != seat.person:
                mine[COVERED].append(seat)
        for before in set(seat.holders) - {seat.person}:
            if before in found:
                found[before][SWAPPED].append(seat)
    return found


def count(material: Material) -> Counted:
    """Everybody's duty days."""
    sorted_out = _sorted(material)
    return {
        person: {OWED: material.owed[person].duty_days}
        | {key: len(seats) for key, seats in sorted_out[person].items()}
        for person in material.people
    }


def evidence(material: Material, person: int, key: str) -> list[Evidence]:
    """The duties behind one of a person's figures, by day."""
    if key == OWED:
        return owed_evidence(
            full=material.programme.duty_days_per_month,
            owed=material.owed[person].duty_days,
            reasons=material.owed[person].reasons,
            what="The programme’s quota",
        )
    return [
        Evidence(day=seat.day, what=role_of(seat), amount=1, path=reverse("web:duty-page", args=[seat.pk]))
        for seat in _sorted(material)[person][key]
    ]


def owed_evidence(*, full: int, owed: int, reasons: list[str], what: str) -> list[Evidence]:
    """The full quota, and what is taken off it with the reasons."""
    found = [Evidence(what=what, amount=full)]
    if owed != full:
        found.append(Evidence(what="; ".join(reasons).capitalize(), amount=owed - full))
    return found


def role_of(seat: Seat) -> str:
    """ "Primary", "Backup", "Backup 2", …"""
    return "Primary" if seat.seat == 0 else "Backup" if seat.seat == 1 else f"Backup {seat.seat}"


def _sorted(material: Material) -> dict[int, dict[str, list[Seat]]]:
    answers = answers_of(material.offers)
    silent = {
        seat.person for seat in material.seats if seat.person in answers and answers[seat.person].missed(seat)
    }
    otherwise = material.takings(*material.reach).filter(is_case_of(material.programme), actor__in=silent)
    for person, at in otherwise.values_list("actor_id", "at"):
        insort(answers[person].answered, at)
    return sort_out(material.seats, answers, material.people, material.now)


def _any_within(instants: list[datetime], seat: Seat) -> bool:
    place = bisect_left(instants, seat.starts_at)
    return place < len(instants) and instants[place] < seat.ends_at


SOURCE = Source(FIGURES, count, evidence)
