"""Cover for a duty whose officer cannot serve: the fairest who are free are asked, then the next, until one says yes.

The day is never set free: the officer's phone rings until somebody has taken the duty over.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from people import letters
from people.models import Person
from rota.acting_for import acts_for
from rota.candidates import Candidate, candidates
from rota.changing_hands import lock_duties
from rota.cover_proposals import want_proposal
from rota.errors import CannotCover
from rota.invitation_signals import invitation_answered
from rota.models import AnswerStatus, AskStatus, Duty, Invitation, Swap, SwapStatus
from rota.swap_letters import duty_url
from rota.swaps import ask_people, end_search, propose_swap, read_swaps

ASKED_AT_ONCE = 3
"""So few that each feels asked, and so many that one silent inbox holds nothing up."""
LONGEST_PATIENCE, SHORTEST_PATIENCE = timedelta(hours=12), timedelta(minutes=10)


def find_cover(*, duty: Duty, by: Person, note: str = "") -> Swap | None:
    """Asks the fairest who are free whether they take the duty over, and goes on asking until somebody does.

    Whom the officer asked themselves is asked on. None where nobody alone could take it: then the least disruption is
    worked out, and administrators are told.
    `by` is the officer, their assistant or an administrator. Raises CannotCover and CannotSwap.
    """
    with transaction.atomic():
        held = lock_duties([duty.pk])[duty.pk]
        if not (acts_for(by, held.person) or by.is_admin):
            raise CannotCover(f"This duty is {held.person.name}'s to give away.", code="not_allowed")
        swap = read_swaps().filter(duty=held, status=SwapStatus.OPEN).first()
        if swap is not None:
            swap.search = True
            swap.save()
            return swap
        free = _next_to_ask(held, None)
        if free:
            people = [one.person for one in free]
            return propose_swap(duty=held, to=people, by=by, note=note, search=True)
        _beyond_one_duty(held)
    return None


def cover_wanted(*, duty: Duty, by: Person, reason: str) -> Swap | None:
    """The officer will not serve: cover is looked for, and administrators are told. The day stays theirs until then.

    Nothing happens where the duty is over. Safe to call again: what was asked is not asked twice.
    """
    now = datetime.now(UTC)
    if not duty.published or duty.ends_at <= now:
        return None
    with transaction.atomic():
        swap = find_cover(duty=duty, by=by, note=_note(reason))
        if swap is not None:
            asked = ", ".join(ask.person.name for ask in swap.asks.select_related("person"))
            letters.tell_administrators(
                key=f"cover:{duty.pk}:wanted:{swap.pk}",
                kind="cover",
                subject=f"{duty.person.name} cannot serve on {duty.day}: cover is looked for",
                text=f"{duty.person.name} is {duty.role} of {duty.programme.name} on {duty.day}, and does not serve"
                f"{f': {reason}' if reason else ''}. Asked are {asked}, and more if they cannot. Until somebody says "
                f"yes the duty stays {duty.person.name}'s.\n\n{duty_url(duty)}",
                useful_until=duty.ends_at,
            )
    return swap


@receiver(invitation_answered, dispatch_uid="rota.cover")
def look_for_cover(
    sender: type[Invitation], *, invitation: Invitation, by: Person, comment: str = "", **kwargs: Any
) -> None:
    """A declined duty is looked after at once. Administrators hear of the answer itself from `rota.answers`."""
    duty = invitation.duty
    if invitation.answer != AnswerStatus.DECLINED or duty is None or duty.person_id != invitation.person_id:
        return
    if duty.published and duty.ends_at > datetime.now(UTC):
        find_cover(duty=duty, by=by, note=_note(comment))


def search_on() -> int:
    """Asks the next people of every search whose last ones declined, or kept silent for too long.

    Each five minutes, by a schedule, and whenever somebody declines. Returns how many searches moved.
    """
    now = datetime.now(UTC)
    searches = Swap.objects.filter(search=True, status=SwapStatus.OPEN).values_list("pk", "duty")
    return sum(_search_on(swap, duty, now) for swap, duty in searches)


def patience(duty: Duty, now: datetime) -> timedelta:
    """How long an answer is waited for before more people are asked: the less, the nearer the duty."""
    left = (duty.starts_at if duty.starts_at > now else duty.ends_at) - now
    return min(LONGEST_PATIENCE, max(SHORTEST_PATIENCE, left / 6))


def _search_on(swap_id: int, duty_id: int, now: datetime) -> bool:
    with transaction.atomic():
        lock_duties([duty_id])
        swap = read_swaps().filter(pk=swap_id, search=True, status=SwapStatus.OPEN).first()
        if swap is None or swap.duty.ends_at <= now or swap.duty.person_id != swap.person_id:
            return False
        waiting = swap.asks.filter(status=AskStatus.ASKED).order_by("created_at")
        latest = waiting.last()
        if latest is not None and now < latest.created_at + patience(swap.duty, now):
            return False
        free = _next_to_ask(swap.duty, swap)
        if free:
            ask_people(swap, [one.person for one in free], {}, now=now)
            return True
        if latest is not None:
            return False
        end_search(swap=swap, now=now)
        _beyond_one_duty(swap.duty)
    return True


def _next_to_ask(duty: Duty, swap: Swap | None) -> list[Candidate]:
    asked = set(swap.asks.values_list("person", flat=True)) if swap is not None else set()
    free = [one for one in candidates(duty=duty) if one.is_free and one.person.pk not in asked]
    return free[:ASKED_AT_ONCE]


def _note(words: str) -> str:
    """What somebody wrote beside their answer, as much of it as fits a note: no character of it stops the search."""
    return "".join(character for character in " ".join(words.split()) if character.isprintable())[:300]


def _beyond_one_duty(duty: Duty) -> None:
    """Nobody alone can take it over: more is moved where administrators wish so; one that runs is theirs to give."""
    want_proposal(duty)
    if duty.starts_at > datetime.now(UTC):
        return  # they hear of it when it has been worked out
    letters.tell_administrators(
        key=f"cover:{duty.pk}:nobody:{duty.person_id}:{duty.swaps.count()}",
        kind="cover",
        subject=f"Nobody is free to take over {duty.person.name}'s duty on {duty.day}",
        text=f"{duty.person.name} is {duty.role} of {duty.programme.name} on {duty.day}, and needs cover. Nobody who "
        f"is free can take it over. It stays theirs until you give it to somebody:\n{duty_url(duty)}",
        useful_until=duty.ends_at,
    )
