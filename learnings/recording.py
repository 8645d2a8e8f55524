"""Logging what was learnt, and understanding it better afterwards."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from customers.models import Account
from learnings import hotspots, notices
from learnings.addresses import learning_path, page_address
from learnings.announcing import announce
from learnings.answering import answerable, save_as, somebody
from learnings.errors import NotAllowed, NotNow
from learnings.models import (
    Cause,
    Decision,
    Feeling,
    Learning,
    LearningStatus,
    News,
    Proposal,
    Source,
    Touchpoint,
)
from learnings.plain_text import paragraphs
from learnings.themes import theme_for
from people import letters
from people.errors import Refused
from people.models import Person
from people.plain_words import one_line

LONGEST = 2000
MOST_EFFORT = 99
REPEATS_WITHIN = timedelta(days=365)


def log_learning(
    *,
    quote: str,
    touchpoint: Touchpoint,
    cause: str,
    feeling: str,
    source: str,
    author: Person,
    meaning: str = "",
    suggestion: str = "",
    cause_words: str = "",
    contacts_before: int | None = None,
    transfers_before: int | None = None,
    source_reference: str = "",
    source_path: str = "",
    account: Account | None = None,
    agent: Person | None = None,
    sensitive: bool = False,
    readers: Collection[Person] = (),
) -> Learning:
    """Log one learning to the whole organisation; the touchpoint's owner answers for what follows.

    Meanings: `quote` the customer's own words; `cause` one of `Cause` (`cause_words` are needed where it is "other");
    `feeling` one of `Feeling`; `source` one of `Source`; `contacts_before` and `transfers_before` how often the
    customer had asked and was passed on before, 0 to 99, None where nobody knows; `source_reference` the human name
    of where it came from ("session 42") and `source_path` its page, for those who may see it; `agent` who was on the
    call (they are told when something is done about it, and are never ranked by it).

    A `sensitive` one is read by its author, its owner and `readers` only. It falls into the theme of its touchpoint
    and cause, may open a hotspot, is linked to the notices it belongs to, and where the same cause was learnt at the
    same account within a year, author and owner are told at once. A debrief calls it inside its own transaction:

        log_learning(quote=…, touchpoint=…, cause=Cause.PROCESS, feeling=Feeling.ANNOYED, source=Source.SESSION,
                     author=ana, agent=agent, contacts_before=3, transfers_before=1,
                     source_reference="session 42", source_path="/sessions/42/", account=account)

    Raises Refused naming the field; nothing is kept then.
    """
    _check_choices(cause=cause, feeling=feeling, source=source)
    learning = Learning(
        quote=_verbatim(quote, field="quote", required=True),
        meaning=_verbatim(meaning, field="meaning"),
        suggestion=_verbatim(suggestion, field="suggestion"),
        touchpoint=touchpoint,
        cause=cause,
        cause_words=_cause_words(cause, cause_words),
        feeling=feeling,
        contacts_before=_effort(contacts_before, "contacts_before"),
        transfers_before=_effort(transfers_before, "transfers_before"),
        source=source,
        source_reference=one_line(source_reference, field="source_reference", most=80),
        source_path=source_path[:200],
        account=account,
        author=author,
        agent=agent,
        sensitive=sensitive,
        created_at=timezone.now(),
    )
    with transaction.atomic():
        learning.owner = somebody(touchpoint.owner, touchpoint.deputy)
        learning.theme = theme_for(touchpoint=touchpoint, cause=cause)
        learning.repeats = _earlier(learning)
        save_as(learning, author)
        if sensitive:
            learning.readers.set(readers)
        hotspots.look_at(learning.theme)
        notices.link(learning)
        if learning.repeats is not None:
            _tell_of_repeat(learning)
        if not sensitive:
            _announce(learning)
    return learning


def understand(
    *,
    learning: Learning,
    by: Person,
    meaning: str,
    suggestion: str,
    touchpoint: Touchpoint,
    cause: str,
    feeling: str,
    cause_words: str = "",
    contacts_before: int | None = None,
    transfers_before: int | None = None,
) -> Learning:
    """Change what is understood of it. The quote stays as it is for ever; how it read before stays in its history.

    Another touchpoint gives it to that one's owner. Raises Refused naming the field.
    """
    _check_choices(cause=cause, feeling=feeling, source=learning.source)
    with transaction.atomic():
        changed = locked(learning)
        check_may_change(changed, by)
        moved = (changed.touchpoint_id, changed.cause) != (touchpoint.pk, cause)
        if changed.touchpoint_id != touchpoint.pk and changed.status == LearningStatus.OPEN:
            changed.owner = somebody(touchpoint.owner, touchpoint.deputy)
        changed.meaning = _verbatim(meaning, field="meaning")
        changed.suggestion = _verbatim(suggestion, field="suggestion")
        changed.touchpoint = touchpoint
        changed.cause = cause
        changed.cause_words = _cause_words(cause, cause_words)
        changed.feeling = feeling
        changed.contacts_before = _effort(contacts_before, "contacts_before")
        changed.transfers_before = _effort(transfers_before, "transfers_before")
        if moved:
            changed.theme = theme_for(touchpoint=touchpoint, cause=cause)
        save_as(changed, by)
        if moved and changed.theme is not None:
            hotspots.look_at(changed.theme)
    return changed


def hand_on(*, learning: Learning, to: Person, by: Person) -> Learning:
    """Somebody else answers for it from now on. Raises Refused."""
    with transaction.atomic():
        changed = locked(learning)
        check_may_change(changed, by)
        if changed.status != LearningStatus.OPEN:
            raise NotNow("It is settled: nobody has to answer for it.", code="settled")
        changed.owner = answerable(to)
        save_as(changed, by)
        if to.pk != by.pk:
            letters.write_to(
                person=to,
                key=f"learning:{changed.pk}:owner:{to.pk}:{timezone.now():%Y%m%d%H%M%S}",
                kind="learning",
                subject="A learning is yours now",
                text=f"{by.name} gave you a learning to answer for:\n\n“{changed.quote}”\n\n"
                f"{page_address(learning_path(changed.pk))}\n",
                by="mail",
            )
    return changed


def keep_to(*, learning: Learning, sensitive: bool, readers: Collection[Person], by: Person) -> Learning:
    """Say who reads it: everybody, or (sensitive) its author, its owner and `readers` only. Raises Refused."""
    with transaction.atomic():
        changed = locked(learning)
        check_may_change(changed, by)
        changed.sensitive = sensitive
        save_as(changed, by)
        changed.readers.set(readers if sensitive else [])
        if sensitive:  # everybody reads a proposal
            Proposal.objects.filter(decision=Decision.OPEN, learnings=changed).delete()
    return changed


def settle(*, learning: Learning, status: str, words: str, by: Person) -> Learning:
    """Its owner says what was done on the spot, or why nothing is: done or declined, in words. Raises Refused.

    Where a live action is about it, that one settles it when it ends.
    """
    with transaction.atomic():
        changed = locked(learning)
        check_answers(changed, by)
        if status not in (LearningStatus.DONE, LearningStatus.DECLINED):
            raise Refused("Say “done” or “declined”.", field="status", code="invalid")
        if changed.status != LearningStatus.OPEN:
            raise NotNow("It is settled already.", code="settled")
        if action := changed.actions.live().first():
            raise NotNow(f"“{action.what}” is about it, and settles it when it ends.", code="in_action")
        kept = paragraphs(words, field="words", most=LONGEST, required=True)
        return settle_as(changed, status=LearningStatus(status), words=kept, by=by)


def reopen(*, learning: Learning, by: Person) -> Learning:
    """It was not settled after all. Raises Refused."""
    with transaction.atomic():
        changed = locked(learning)
        check_answers(changed, by)
        if changed.status == LearningStatus.OPEN:
            raise NotNow("It is open.", code="open")
        return reopen_as(changed, by=by)


# --- For the verbs of actions and of leaving ------------------------------------------------------------------


def settle_as(learning: Learning, *, status: LearningStatus, words: str, by: Person | None) -> Learning:
    """Settle it, whoever says so."""
    learning.status = status
    learning.settled_at = timezone.now()
    learning.settled_words = words[:LONGEST]
    return save_as(learning, by)


def reopen_as(learning: Learning, *, by: Person | None) -> Learning:
    """Open it again; its owner may have left since, and then the touchpoint's has it."""
    learning.status = LearningStatus.OPEN
    learning.settled_at = None
    learning.settled_words = ""
    learning.owner = somebody(learning.owner, learning.touchpoint.owner, learning.touchpoint.deputy)
    return save_as(learning, by)


def locked(learning: Learning) -> Learning:
    """The row as it is now, and nobody else's until the transaction ends."""
    return Learning.objects.select_for_update(of=("self",)).select_related("touchpoint").get(pk=learning.pk)


def may_change(person: Person, learning: Learning) -> bool:
    """Whoever wrote it or answers for it, the touchpoint's owner and deputy; administrators what they may read."""
    if not person.is_active:
        return False
    own = (learning.author_id, learning.owner_id)
    if learning.sensitive:
        return person.pk in own
    keepers = (learning.touchpoint.owner_id, learning.touchpoint.deputy_id)
    return person.is_admin or person.pk in own or person.pk in keepers


def check_may_change(learning: Learning, by: Person) -> None:
    """Raises Refused."""
    if not may_change(by, learning):
        raise NotAllowed(
            "Its author, its owner, the touchpoint's owner and administrators change it.", code="not_allowed"
        )


def may_answer(person: Person, learning: Learning) -> bool:
    """Its owner; administrators what is not sensitive."""
    return person.is_active and (
        person.pk == learning.owner_id or (person.is_admin and not learning.sensitive)
    )


def check_answers(learning: Learning, by: Person) -> None:
    """Raises Refused for whoever may not answer for it."""
    if not may_answer(by, learning):
        raise NotAllowed(f"{learning.owner.name} answers for it.", code="not_allowed")


# --- Below ------------------------------------------------------------------------------------------------


def _check_choices(*, cause: str, feeling: str, source: str) -> None:
    for field, value, known in (
        ("cause", cause, Cause.values),
        ("feeling", feeling, Feeling.values),
        ("source", source, Source.values),
    ):
        if value not in known:
            raise Refused(f"This is one of: {', '.join(known)}.", field=field, code="invalid_choice")


def _verbatim(raw: str, *, field: str, required: bool = False) -> str:
    """As it was said, but for white space around it."""
    words = raw.strip()
    if required and not words:
        raise Refused("This is needed.", field=field, code="required")
    if len(words) > LONGEST:
        raise Refused(f"At most {LONGEST:,} characters.", field=field, code="too_long")
    if "\x00" in words:
        raise Refused("This holds control characters.", field=field, code="invalid")
    return words


def _cause_words(cause: str, words: str) -> str:
    """Which other cause, which is needed; where the cause has a name, none are kept."""
    if cause != Cause.OTHER:
        return ""
    kept = one_line(words, field="cause_words", most=120)
    if not kept:
        raise Refused("Say which other cause it was.", field="cause_words", code="required")
    return kept


def _effort(times: int | None, field: str) -> int | None:
    if times is not None and not 0 <= times <= MOST_EFFORT:
        raise Refused(f"This is a number from 0 to {MOST_EFFORT}.", field=field, code="out_of_range")
    return times


def _earlier(learning: Learning) -> Learning | None:
    if learning.account is None:
        return None
    same = Learning.objects.filter(account=learning.account, cause=learning.cause)
    return same.filter(created_at__gte=learning.created_at - REPEATS_WITHIN).order_by("-id").first()


def _tell_of_repeat(learning: Learning) -> None:
    """The officer who logs it, and who answers for it. Of a sensitive one nobody else learns more than that it was."""
    earlier, account = learning.repeats, learning.account
    assert earlier is not None  # noqa: S101 - the caller looked
    assert account is not None  # noqa: S101 - there is no repeat without one
    for person in {learning.author_id: learning.author, learning.owner_id: learning.owner}.values():
        readable = Learning.objects.visible_to(person).filter(pk=earlier.pk).exists()
        before = (
            f"On {earlier.created_at.day} {earlier.created_at:%B %Y} {earlier.author.name} heard there:\n\n"
            f"“{earlier.quote}”\n\n{page_address(learning_path(earlier.pk))}"
            if readable
            else "What was heard there before is kept to a few people."
        )
        letters.write_to(
            person=person,
            key=f"learning:{learning.pk}:repeat:{person.pk}",
            kind="repeat",
            subject=f"Again: {learning.cause_name.lower()} at {account.name}",
            text=f"The same cause ({learning.cause_name.lower()}) came back at {account.name}.\n\n{before}\n\n"
            f"What was learnt now:\n{page_address(learning_path(learning.pk))}\n",
            short=f"Officer of the Day: {learning.cause_name.lower()} came back at {account.name}. "
            f"{page_address(learning_path(learning.pk))}",
        )


def _announce(learning: Learning) -> None:
    announce(
        kind=News.LEARNING,
        title=f"{learning.touchpoint.name}: {learning.cause_name.lower()}",
        text=f"“{learning.quote}”" + (f"\n{learning.meaning}" if learning.meaning else ""),
        path=learning_path(learning.pk),
        data={
            "id": learning.pk,
            "quote": learning.quote,
            "meaning": learning.meaning,
            "touchpoint": learning.touchpoint.name,
            "cause": learning.cause,
            "feeling": learning.feeling,
        },
    )
