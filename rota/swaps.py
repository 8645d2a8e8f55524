"""A duty given away with consent: to whoever of those who are asked says yes first, for a duty of theirs or nothing.

Who gives it away consents by proposing, who takes it by saying yes; then it changes hands at once, in one
transaction, for the pager too. Until then nothing moves. What each side agreed to is looked at again at that moment.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django_q.tasks import async_task

from people.models import Person
from people.plain_words import one_line
from rota import swap_letters
from rota.acting_for import acts_for
from rota.changing_hands import give, lock_duties, reseat
from rota.conflicts import conflicts_of
from rota.errors import CannotSwap
from rota.favours import record_favour
from rota.models import Ask, AskStatus, Duty, Swap, SwapStatus


def propose_swap(
    *,
    duty: Duty,
    to: Iterable[Person],
    by: Person,
    in_return: Mapping[Person, Duty] | None = None,
    note: str = "",
    search: bool = False,
) -> Swap:
    """Asks these people whether they take the duty over, some of them for a duty of theirs `in_return`.

    `by` is the officer, their assistant, or an administrator. The question holds until the duty begins, or until it
    ends where it runs already. Raises CannotSwap with the field; then nobody was asked.
    """
    wanted = dict(in_return or {})
    words = one_line(note, field="note", most=300)
    now = datetime.now(UTC)
    people = list(dict.fromkeys(to))
    if not people:
        raise CannotSwap("Choose whom to ask.", field="to", code="required")
    with transaction.atomic():
        held = lock_duties([duty.pk, *(one.pk for one in wanted.values())])
        given = held[duty.pk]
        _check_may_give(given, by, now)
        swap = Swap(duty=given, person=given.person, by=by, note=words, search=search, created_at=now)
        _check_asked(given, people, {who.pk: held[one.pk] for who, one in wanted.items()}, now)
        swap._history_user = by  # noqa: SLF001 - where django-simple-history looks for it
        swap.save()
        ask_people(swap, people, {who.pk: held[one.pk] for who, one in wanted.items()}, now=now)
    return swap


def accept_ask(*, ask: Ask, by: Person) -> Swap:
    """The yes: the duty changes hands at once, and the one in return; the other questions are closed.

    `by` is who was asked, or their assistant. Saying yes twice does no harm. Raises CannotSwap where somebody was
    quicker, or where it no longer fits.
    """
    now = datetime.now(UTC)
    with transaction.atomic():
        mine = _locked(ask)
        swap = mine.swap
        if not acts_for(by, mine.person):
            raise CannotSwap(f"Only {mine.person.name} answers this.", code="not_allowed")
        if mine.status == AskStatus.ACCEPTED:
            return swap
        _check_open(mine, now)
        _check_fits(mine, now)
        why = _on_record(mine, by)
        if mine.in_return is None:
            give(duty=swap.duty, to=mine.person, by=by, how="swap", why=why)
        else:
            moves = [(swap.duty, mine.person), (mine.in_return, swap.person)]
            reseat(moves=moves, by=by, how="swap", why=why)
            record_favour(duty=mine.in_return, helper=swap.person, helped=mine.person, at=now)
        record_favour(duty=swap.duty, helper=mine.person, helped=swap.person, at=now)
        mine.status, mine.answered_at = AskStatus.ACCEPTED, now
        mine.save(update_fields=["status", "answered_at"])
        swap.taken_by = mine.person
        _end(swap, SwapStatus.DONE, now, by=by, told=f"{mine.person.name} has taken the duty over.")
        close_outdated(duties=[one for one in (swap.duty, mine.in_return) if one is not None], by=by, now=now)
        swap_letters.tell_done(swap=swap, ask=mine, now=now)
        if swap.search:
            swap_letters.tell_cover_found(swap=swap, by=mine.person)
    return swap


def decline_ask(*, ask: Ask, by: Person) -> Swap:
    """The no. Where nobody is left to answer, whoever wished it hears so. Raises CannotSwap."""
    now = datetime.now(UTC)
    with transaction.atomic():
        mine = _locked(ask)
        if not acts_for(by, mine.person):
            raise CannotSwap(f"Only {mine.person.name} answers this.", code="not_allowed")
        if mine.status == AskStatus.DECLINED:
            return mine.swap
        _check_open(mine, now)
        mine.status, mine.answered_at = AskStatus.DECLINED, now
        mine.save(update_fields=["status", "answered_at"])
        _end_if_nobody_is_left(mine.swap, now, by=by)
    return mine.swap


def withdraw_swap(*, swap: Swap, by: Person) -> Swap:
    """Takes the wish back; those who have not answered are told. Raises CannotSwap."""
    now = datetime.now(UTC)
    with transaction.atomic():
        lock_duties([swap.duty_id])
        mine = read_swaps().get(pk=swap.pk)
        if not (acts_for(by, mine.person) or by.is_admin):
            raise CannotSwap(f"Only {mine.person.name} takes this back.", code="not_allowed")
        if mine.status != SwapStatus.OPEN:
            raise CannotSwap(f"It is {mine.get_status_display().lower()} already.", code="ended")
        _end(mine, SwapStatus.WITHDRAWN, now, by=by, told=f"{mine.person.name} keeps the duty.")
    return mine


def lapse_due() -> int:
    """Ends the wishes whose duty has begun (or ended, where they were made while it ran). Returns how many.

    Every some minutes, by a schedule; a yes that comes in between is refused all the same.
    """
    now = datetime.now(UTC)
    lapsed = 0
    for swap in read_swaps().filter(_is_too_late(now), status=SwapStatus.OPEN):
        lapsed += _lapse(swap, now)
    return lapsed


def lapses_at(swap: Swap) -> datetime:
    """Until when a yes counts. Cover helps while the duty runs, too."""
    ahead = swap.created_at < swap.duty.starts_at and not swap.search
    return swap.duty.starts_at if ahead else swap.duty.ends_at


def end_search(*, swap: Swap, now: datetime) -> None:
    """A search for cover came to nothing. The caller holds the locks and has seen that nobody is left to answer."""
    _end(swap, SwapStatus.DECLINED, now, by=None, told="")
    why = "Nobody who is free can take it over. Administrators have been told."
    swap_letters.tell_stays(swap=swap, why=why, now=now)


def read_swaps() -> QuerySet[Swap]:
    """Wishes with all that is said of them."""
    return Swap.objects.select_related(*_WITH_SWAP)


def read_asks() -> QuerySet[Ask]:
    """Questions with all that is said of them."""
    return Ask.objects.select_related(*_WITH_ASK)


def ask_of_token(token: str) -> Ask:
    """The question that a link in a letter is about. Raises CannotSwap for a wrong one."""
    found = read_asks().filter(token_hash=_hash(token)).first()
    if found is None or not found.person.is_active:
        raise CannotSwap("This link is not known. Open it from the letter again.", code="unknown")
    return found


def ask_people(swap: Swap, people: Sequence[Person], in_return: Mapping[int, Duty], *, now: datetime) -> None:
    """Asks more people about an open wish. The caller holds the locks and has checked that they could."""
    tokens = {person.pk: secrets.token_urlsafe(24) for person in people}
    Ask.objects.bulk_create(
        Ask(
            swap=swap,
            person=person,
            in_return=in_return.get(person.pk),
            token_hash=_hash(tokens[person.pk]),
            created_at=now,
        )
        for person in people
    )
    asks = swap.asks.filter(person__in=people).select_related("person__assistant", "in_return")
    swap_letters.ask_all(
        swap=swap, asks=[(ask, tokens[ask.person_id]) for ask in asks], until=lapses_at(swap), now=now
    )


def close_outdated(*, duties: Sequence[Duty], by: Person, now: datetime) -> None:
    """These duties have other officers now: what was asked about them before holds no more.

    Wishes to give them away end; questions that offered one of them in return are closed. The caller holds the locks.
    """
    for duty in duties:
        for swap in read_swaps().filter(duty=duty, status=SwapStatus.OPEN).exclude(person=duty.person):
            _end(swap, SwapStatus.WITHDRAWN, now, by=by, told="The duty has changed hands in another way.")
    for duty in duties:
        offered = Ask.objects.filter(in_return=duty, status=AskStatus.ASKED).exclude(person=duty.person)
        for ask in offered.select_related(*_WITH_ASK):
            ask.status, ask.answered_at = AskStatus.CLOSED, now
            ask.save(update_fields=["status", "answered_at"])
            swap_letters.tell_no_longer_needed(
                swap=ask.swap, people=[ask.person], why="The duty in return is not yours any more."
            )
            _end_if_nobody_is_left(ask.swap, now, by=by)


# --- Below ---------------------------------------------------------------------------------------------------

_WITH_SWAP = ("person", "by", "taken_by", "duty__person", "duty__programme")
_WITH_ASK = (
    "person__assistant",
    "in_return__programme",
    "in_return__person",
    *(f"swap__{one}" for one in _WITH_SWAP),
)


def _locked(ask: Ask) -> Ask:
    """The question with its wish and its duties, as they are now that nobody else changes them."""
    lock_duties([ask.swap.duty_id, ask.in_return_id])
    return read_asks().get(pk=ask.pk)


def _check_may_give(duty: Duty, by: Person, now: datetime) -> None:
    if not duty.published:
        raise CannotSwap("This duty is a draft. Change the draft instead.", code="draft")
    if duty.ends_at <= now:
        raise CannotSwap("This duty is over.", code="over")
    if not (acts_for(by, duty.person) or by.is_admin):
        raise CannotSwap(f"This duty is {duty.person.name}'s to give away.", code="not_allowed")
    if Swap.objects.filter(duty=duty, status=SwapStatus.OPEN).exists():
        raise CannotSwap(
            "Others are asked about this duty already. Take that back before you ask anew.", code="open"
        )


def _check_asked(duty: Duty, people: Sequence[Person], in_return: Mapping[int, Duty], now: datetime) -> None:
    if duty.person in people:
        raise CannotSwap(f"{duty.person.name} has this duty already.", field="to", code="same")
    found = conflicts_of(duty=duty, people=[person for person in people if person.pk not in in_return])
    for person in people:
        back = in_return.get(person.pk)
        if back is not None:
            _check_exchange(duty, person, back, now)
        elif forbidding := found[person.pk].forbidding:
            raise CannotSwap(forbidding[0], field="to", code="cannot")


def _check_exchange(duty: Duty, person: Person, back: Duty, now: datetime) -> None:
    """Each side is looked at as if the exchange had happened."""
    if back.person_id != person.pk or not back.published:
        raise CannotSwap(f"The duty in return is not {person.name}'s.", field="in_return", code="changed")
    if back.ends_at <= now:
        raise CannotSwap("The duty in return is over.", field="in_return", code="over")
    takes = conflicts_of(duty=duty, people=[person], without=[back])[person.pk]
    gets = conflicts_of(duty=back, people=[duty.person], without=[duty])[duty.person_id]
    for field, conflicts in (("to", takes), ("in_return", gets)):
        if conflicts.forbidding:
            raise CannotSwap(conflicts.forbidding[0], field=field, code="cannot")


def _check_open(ask: Ask, now: datetime) -> None:
    swap = ask.swap
    if swap.status == SwapStatus.DONE and swap.taken_by is not None:
        raise CannotSwap(f"{swap.taken_by.name} has it already. Thank you.", code="taken")
    if ask.status != AskStatus.ASKED or swap.status != SwapStatus.OPEN:
        raise CannotSwap("This is no longer asked. Thank you.", code="closed")
    if lapses_at(swap) <= now:
        raise CannotSwap("It is too late: the time for an answer has passed.", code="lapsed")


def _check_fits(ask: Ask, now: datetime) -> None:
    """What was true when it was asked may have changed since."""
    swap = ask.swap
    if swap.duty.person_id != swap.person_id or not swap.duty.published:
        raise CannotSwap("The duty has changed hands in another way meanwhile.", code="changed")
    if ask.in_return is not None:
        _check_exchange(swap.duty, ask.person, ask.in_return, now)
        return
    forbidding = conflicts_of(duty=swap.duty, people=[ask.person])[ask.person_id].forbidding
    if forbidding:
        raise CannotSwap(forbidding[0], code="cannot")


def _on_record(ask: Ask, by: Person) -> str:
    how = "" if by.pk == ask.person_id else f" ({by.name} said yes for them)"
    in_return = "" if ask.in_return is None else f" for the one of {ask.in_return.day}"
    return f"{ask.person.name} took it over from {ask.swap.person.name}{in_return}{how}"


def _end_if_nobody_is_left(swap: Swap, now: datetime, *, by: Person) -> None:
    if swap.status != SwapStatus.OPEN or swap.asks.filter(status=AskStatus.ASKED).exists():
        return
    if swap.search:
        # More people are asked by `rota.cover`: by its schedule, and sooner by this.
        transaction.on_commit(lambda: async_task("rota.cover.search_on", group="cover"), robust=True)
        return
    _end(swap, SwapStatus.DECLINED, now, by=by, told="")
    swap_letters.tell_stays(swap=swap, why="Nobody of those you asked can take it over.", now=now)


def _end(swap: Swap, status: SwapStatus, now: datetime, *, by: Person | None, told: str) -> None:
    swap.status, swap.ended_at = status, now
    if by is not None:
        swap._history_user = by  # noqa: SLF001 - where django-simple-history looks for it
    swap.save()
    waiting = swap.asks.filter(status=AskStatus.ASKED).select_related("person")
    people = [ask.person for ask in waiting]
    waiting.update(status=AskStatus.CLOSED, answered_at=now)
    swap_letters.tell_no_longer_needed(swap=swap, people=people, why=told)


def _is_too_late(now: datetime) -> Q:
    """The same rule as `lapses_at`."""
    begun = Q(duty__starts_at__lte=now, created_at__lt=F("duty__starts_at"), search=False)
    return begun | Q(duty__ends_at__lte=now)


def _lapse(swap: Swap, now: datetime) -> bool:
    with transaction.atomic():
        lock_duties([swap.duty_id])
        mine = read_swaps().get(pk=swap.pk)
        if mine.status != SwapStatus.OPEN or lapses_at(mine) > now:
            return False
        _end(mine, SwapStatus.LAPSED, now, by=None, told="The duty has begun without a change.")
        swap_letters.tell_stays(swap=mine, why="Nobody said yes in time.", now=now)
    return True


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
