"""Duty days: owed, served, given away, covered for others, missed.

A duty counts for whoever has it at its end: a swap counts for who served. It was *missed* where it is over, at least
one case rang its officer in vain while it ran, and its officer took none, passed none on and took no case by another
way: somebody whose phone never rang has served, and so has somebody who said no. Rings that were called off because a
colleague was quicker, and pages that could not be sent, are held against nobody.

A duty was *swapped* away where somebody had it after its publication and somebody else has it now, and *covered* where
somebody has it now and it was first published for another; by consent or by an administrator's word alike.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime

from django.urls import reverse

from reports.figures import Counted, Evidence, Figure, Source, Unit
from reports.material import Material, Seat, is_case_of

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


def sort_out(
    seats: Iterable[Seat], missed: Collection[int], people: Collection[int], now: datetime
) -> dict[int, dict[str, list[Seat]]]:
    """Each of these people's duties of the month by what they are: served, missed, to come, covered, swapped. Pure.

    `missed` has the keys of those whose officer answered nothing.
    """
    found: dict[int, dict[str, list[Seat]]] = {
        person: {key: [] for key in (SERVED, SWAPPED, COVERED, MISSED, TO_COME)} for person in people
    }
    for seat in seats:
        if (mine := found.get(seat.person)) is not None:
            if seat.ends_at > now:
                mine[TO_COME].append(seat)
            elif seat.pk in missed:
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
    silent = [seat for seat in material.seats if seat.pk in material.silent]
    took: dict[int, list[datetime]] = defaultdict(list)
    takings = material.takings(*material.reach).filter(
        is_case_of(material.programme), actor__in={seat.person for seat in silent}
    )
    for person, at in takings.values_list("actor_id", "at"):
        took[person].append(at)
    missed = {
        seat.pk for seat in silent if not any(seat.starts_at <= at < seat.ends_at for at in took[seat.person])
    }
    return sort_out(material.seats, missed, material.people, material.now)


SOURCE = Source(FIGURES, count, evidence)
