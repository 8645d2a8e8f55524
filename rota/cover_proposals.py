"""The least disruption, where nobody alone can take a duty over: worked out in the queue, applied by a click or not.

Nothing moves until an administrator applies it, and then all of it or nothing, as it stands at that moment.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django_q.tasks import async_task

from people import letters
from people.models import Person
from rota import swap_letters
from rota.changing_hands import lock_duties, reseat
from rota.conflicts import conflicts_of
from rota.errors import CannotCover
from rota.models import CoverProposal, Duty, ProposalStatus
from rota.replanning import Move, Replanned, least_disruption
from rota.signals import duty_changed_hands
from rota.swap_letters import duty_url
from rota.swaps import close_outdated

logger = logging.getLogger(__name__)

AROUND = timedelta(days=14)
"""How far before and after the day duties may move: farther moves help little and disturb more people."""
SECONDS = 10.0
AGAIN_AFTER = timedelta(hours=6)
"""What came to nothing, or was dismissed, is not worked out again sooner."""
GIVEN_UP_AFTER = timedelta(minutes=30)

Moves = list[tuple[Duty, Person, str]]


def want_proposal(duty: Duty) -> CoverProposal | None:
    """Has the least disruption worked out; None where that was done lately, or the duty runs already.

    The caller holds the locks.
    """
    now = datetime.now(UTC)
    if duty.starts_at <= now:
        return None
    latest = duty.cover_proposals.first()
    if latest is not None and (
        latest.status in (ProposalStatus.WAITING, ProposalStatus.OPEN)
        or now < latest.created_at + AGAIN_AFTER
    ):
        return None
    proposal = CoverProposal.objects.create(duty=duty, created_at=now)
    transaction.on_commit(lambda: async_task("rota.cover_proposals.work_out_due", group="cover"), robust=True)
    return proposal


def work_out_due() -> int:
    """Works out what waits, one by one and outside of any transaction. Returns how many came to a proposal.

    What could not be worked out for half an hour comes to nothing, and administrators hear of it all the same.
    """
    given_up = CoverProposal.objects.filter(
        status=ProposalStatus.WAITING, created_at__lte=datetime.now(UTC) - GIVEN_UP_AFTER
    )
    for proposal in given_up.select_related("duty__programme", "duty__person"):
        _settle(proposal, Replanned(moves=(), why_not="It could not be worked out; the log says why."))
    waiting = CoverProposal.objects.filter(status=ProposalStatus.WAITING).order_by("created_at")
    return sum(_work_out(proposal) for proposal in waiting.select_related("duty__programme", "duty__person"))


def moves_of(proposal: CoverProposal) -> Moves:
    """The duties that would change hands, to whom, and why. Two queries."""
    duties = Duty.objects.select_related("person", "programme").in_bulk(_keys(proposal, "duty"))
    people = Person.objects.in_bulk(_keys(proposal, "to"))
    return [
        (duties[move["duty"]], people[move["to"]], move["why"])
        for move in proposal.moves
        if move["duty"] in duties and move["to"] in people
    ]


def apply_proposal(*, proposal: CoverProposal, by: Person) -> CoverProposal:
    """Seats everybody as proposed, at once, on record; all are told. Raises CannotCover where it no longer holds."""
    if not by.is_admin:
        raise CannotCover("Only administrators apply this.", code="not_allowed")
    now = datetime.now(UTC)
    with transaction.atomic():
        lock_duties(_keys(proposal, "duty"))
        applied = CoverProposal.objects.select_related("duty__person").get(pk=proposal.pk)
        if applied.status != ProposalStatus.OPEN:
            raise CannotCover(f"It is {applied.get_status_display().lower()} already.", code="decided")
        moves = moves_of(applied)
        problem = _problem(applied, moves, now)
        if problem:
            _decide(applied, ProposalStatus.OUTDATED, by, now)
        else:
            _reseat(applied, moves, by, now)
    if problem:
        raise CannotCover(f"{problem} Look for cover anew.", code="outdated")
    return applied


def dismiss_proposal(*, proposal: CoverProposal, by: Person) -> CoverProposal:
    """An administrator does not want it. Raises CannotCover."""
    if not by.is_admin:
        raise CannotCover("Only administrators decide this.", code="not_allowed")
    with transaction.atomic():
        lock_duties([proposal.duty_id])
        dismissed = CoverProposal.objects.get(pk=proposal.pk)
        if dismissed.status != ProposalStatus.OPEN:
            raise CannotCover(f"It is {dismissed.get_status_display().lower()} already.", code="decided")
        _decide(dismissed, ProposalStatus.DISMISSED, by, datetime.now(UTC))
    return dismissed


@receiver(duty_changed_hands, dispatch_uid="rota.cover_proposals")
def outdate(sender: type[Duty], *, duty: Duty, **kwargs: Any) -> None:
    """A duty has another officer: what was proposed with the old one in mind is no proposal any more."""
    undecided = CoverProposal.objects.filter(status__in=(ProposalStatus.WAITING, ProposalStatus.OPEN))
    for proposal in undecided:
        if duty.pk == proposal.duty_id or duty.pk in _keys(proposal, "duty"):
            undecided.filter(pk=proposal.pk).update(
                status=ProposalStatus.OUTDATED, decided_at=datetime.now(UTC)
            )


# --- Below ---------------------------------------------------------------------------------------------------


def _work_out(proposal: CoverProposal) -> bool:
    duty = proposal.duty
    found = least_disruption(
        programme=duty.programme,
        first=duty.day - AROUND,
        last=duty.day + AROUND,
        without=[(duty.person, duty.day)],
        seconds=SECONDS,
    )
    return _settle(proposal, replace(found, moves=tuple(_with_what_it_takes(move) for move in found.moves)))


def _with_what_it_takes(move: Move) -> Move:
    """With the times to listen that the duty would take: whoever decides should read of them before."""
    given_back = conflicts_of(duty=move.duty, people=[move.to])[move.to.pk].given_back
    return replace(move, why=" ".join([move.why, *given_back]))


def _settle(proposal: CoverProposal, found: Replanned) -> bool:
    """Keeps what came of it, unless somebody else did so; administrators are told. Whether there are moves."""
    moves = [
        {"duty": move.duty.pk, "from": move.duty.person_id, "to": move.to.pk, "why": move.why}
        for move in found.moves
    ]
    with transaction.atomic():
        lock_duties([proposal.duty_id])
        mine = CoverProposal.objects.filter(pk=proposal.pk, status=ProposalStatus.WAITING)
        status = ProposalStatus.OPEN if moves else ProposalStatus.NOTHING
        if not mine.update(status=status, moves=moves, why=found.why_not):
            return False
        _tell_administrators(proposal, found)
    return bool(moves)


def _tell_administrators(proposal: CoverProposal, found: Replanned) -> None:
    duty = proposal.duty
    who = f"{duty.person.name}'s duty on {duty.day}"
    opening = (
        f"{duty.person.name} is {duty.role} of {duty.programme.name} on {duty.day}, and needs cover. "
        "Nobody who is free that day can take it over alone."
    )
    if found.moves:
        count = f"{len(found.moves)} change{'' if len(found.moves) == 1 else 's'}"
        lines = "\n".join(f"- {move.why}" for move in found.moves)
        subject = f"Cover for {who} takes {count}: please decide"
        text = f"{opening}\n\nThe least disruption is {count}:\n{lines}\n\nNothing moves until you apply it"
    else:
        subject = f"Nobody can take over {who}"
        text = f"{opening} Nor would it help to move others. {found.why_not}\n\nIt stays theirs until you reassign it"
    letters.tell_administrators(
        key=f"cover:{duty.pk}:proposal:{proposal.pk}",
        kind="cover",
        subject=subject,
        text=f"{text}:\n{duty_url(duty)}",
        useful_until=duty.ends_at,
    )


def _problem(proposal: CoverProposal, moves: Moves, now: datetime) -> str:
    """Why the moves cannot be made as they stand now, as a sentence; "" where they can."""
    before: Mapping[int, int] = {move["duty"]: move["from"] for move in proposal.moves}
    if len(moves) != len(proposal.moves):
        return "A duty or a person of it is gone."
    moved = [duty for duty, _, _ in moves]
    gained: set[tuple[int, object]] = set()
    for duty, to, _ in moves:
        if not duty.published or duty.person_id != before[duty.pk]:
            return f"The duty on {duty.day} has changed hands meanwhile."
        if duty.starts_at <= now:
            return f"The duty on {duty.day} has begun already."
        forbidding = conflicts_of(duty=duty, people=[to], without=moved)[to.pk].forbidding
        if forbidding:
            return forbidding[0]
        if (to.pk, duty.day) in gained:
            return f"{to.name} would have two duties on {duty.day}."
        gained.add((to.pk, duty.day))
    return ""


def _reseat(proposal: CoverProposal, moves: Moves, by: Person, now: datetime) -> None:
    why = f"cover for {proposal.duty.person.name} on {proposal.duty.day}"
    before = {duty.pk: duty.person for duty, _, _ in moves}
    reseat(moves=[(duty, to) for duty, to, _ in moves], by=by, how="reassigned", why=why)
    _decide(proposal, ProposalStatus.APPLIED, by, now)
    close_outdated(duties=[duty for duty, _, _ in moves], by=by, now=now)
    for duty, _, _ in moves:
        swap_letters.tell_reassigned(duty=duty, before=before[duty.pk], by=by, why=why, now=now)


def _decide(proposal: CoverProposal, status: ProposalStatus, by: Person, now: datetime) -> None:
    proposal.status, proposal.decided_by, proposal.decided_at = status, by, now
    proposal._history_user = by  # noqa: SLF001 - where django-simple-history looks for it
    proposal.save()


def _keys(proposal: CoverProposal, part: str) -> Iterable[int]:
    return [int(move[part]) for move in proposal.moves]
