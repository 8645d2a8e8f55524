"""Ideas from any member of staff, and the clock that only yes, no or when stops."""

import re
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from learnings.addresses import idea_path, page_address
from learnings.announcing import announce
from learnings.answering import answerable, save_as, somebody
from learnings.errors import NotAllowed, NotNow
from learnings.models import Idea, IdeaRemark, IdeaStatus, IdeaSupport, News, Rules, Touchpoint
from learnings.plain_text import paragraphs
from people import letters
from people.days import check_day
from people.errors import Refused
from people.models import Person

LONGEST = 2000
ANSWERS = (IdeaStatus.YES, IdeaStatus.NO, IdeaStatus.WHEN)

_NO_ANSWER = re.compile(
    r"(i\W*(ll|will|shall|am going to|m going to)|we\W*(ll|will|shall)|let\s+(me|us))\s+"
    r"(look|see|think|check|get back|consider|discuss|talk)\b.{0,60}"
    r"|(we|i)\s+(are|am)\s+(looking|thinking|checking)\b.{0,60}"
    r"|(good|great|nice|interesting)\s+(idea|point|one|suggestion)\W*|noted\W*|thanks?( you)?\W*",
    re.IGNORECASE | re.DOTALL,
)


def send_idea(*, words: str, by: Person, touchpoint: Touchpoint | None = None) -> Idea:
    """Put an idea into the box. The touchpoint's owner (or whom the rules name) owes an answer within the rules' days.

    Any person here may. Raises Refused naming `words`.
    """
    if not by.is_active:
        raise NotAllowed("Only people who are here send ideas.", code="not_allowed")
    rules = Rules.current()
    now = timezone.now()
    idea = Idea(
        words=paragraphs(words, field="words", most=LONGEST, required=True),
        touchpoint=touchpoint,
        sender=by,
        created_at=now,
        clock_from=now,
        answer_due_at=now + timedelta(days=rules.answer_days),
    )
    with transaction.atomic():
        keepers = (touchpoint.owner, touchpoint.deputy) if touchpoint is not None else ()
        idea.owner = somebody(*keepers, rules.ideas_owner)
        return save_as(idea, by)


def answer_idea(*, idea: Idea, answer: str, reason: str, by: Person, when_on: date | None = None) -> Idea:
    """Say yes, no or when (with a date), and why: the clock stops and the sender is told at once.

    Words that are no reason ("I'll look into it") are kept as a remark, and the clock runs on: `is_evasive` tells
    which. Raises Refused naming the field.
    """
    with transaction.atomic():
        changed = _locked(idea)
        _check_owner(changed, by)
        if changed.status not in (IdeaStatus.WAITING, IdeaStatus.WHEN):
            raise NotNow("It is answered.", code="answered")
        if answer not in ANSWERS:
            raise Refused("Say yes, no or when.", field="answer", code="invalid_choice")
        words = paragraphs(reason, field="reason", most=LONGEST, required=True)
        if answer == IdeaStatus.WHEN and (when_on is None or when_on <= _today()):
            raise Refused("Say until which day to come.", field="when_on", code="required")
        if when_on is not None:
            check_day(when_on, field="when_on")
        if is_evasive(words):
            IdeaRemark.objects.create(idea=changed, by=by, words=words, at=timezone.now())
            return changed
        changed.status = IdeaStatus(answer)
        changed.reason = words
        changed.when_on = when_on if answer == IdeaStatus.WHEN else None
        changed.answered_at = timezone.now()
        changed.answered_by = by
        save_as(changed, by)
        _tell_sender(changed)
        announce(
            kind=News.IDEA,
            title=f"{changed.get_status_display()}: {changed.words[:120]}",
            text=words,
            path=idea_path(changed.pk),
            data={"id": changed.pk, "idea": changed.words, "answer": answer, "reason": words},
        )
    return changed


def remark(*, idea: Idea, words: str, by: Person) -> IdeaRemark:
    """Words that are no answer: kept, and the clock runs on. Raises Refused."""
    if not by.is_active:
        raise NotAllowed("Only people who are here write.", code="not_allowed")
    kept = paragraphs(words, field="words", most=LONGEST, required=True)
    return IdeaRemark.objects.create(idea=idea, by=by, words=kept, at=timezone.now())


def pass_on(*, idea: Idea, to: Person, by: Person) -> Idea:
    """Somebody else owes the answer; the clock runs on. Raises Refused."""
    with transaction.atomic():
        changed = _locked(idea)
        _check_owner(changed, by)
        if changed.status not in (IdeaStatus.WAITING, IdeaStatus.WHEN):
            raise NotNow("It is answered.", code="answered")
        changed.owner = answerable(to, field="to")
        save_as(changed, by)
        if to.pk != by.pk:
            due = changed.answer_due_at.astimezone(to.zone)
            letters.write_to(
                person=to,
                key=f"idea:{changed.pk}:owner:{to.pk}:{timezone.now():%Y%m%d%H%M%S}",
                kind="idea",
                subject="An idea waits for your answer",
                text=f"{by.name} passed you an idea of {changed.sender.name}:\n\n“{changed.words}”\n\n"
                f"Yes, no or when is due on {due.day} {due:%B %Y}.\n{page_address(idea_path(changed.pk))}\n",
                by="mail",
            )
    return changed


def support(*, idea: Idea, by: Person) -> int:
    """This person would like it too; a second time changes nothing. Returns how many would."""
    IdeaSupport.objects.get_or_create(idea=idea, person=by, defaults={"at": timezone.now()})
    return idea.support.count()


def unsupport(*, idea: Idea, by: Person) -> int:
    """They take it back. Returns how many would like it."""
    IdeaSupport.objects.filter(idea=idea, person=by).delete()
    return idea.support.count()


def start_clocks_again() -> int:
    """The day of a "when" has come: its owner owes an answer anew. Returns how many. Hourly, by a schedule."""
    rules = Rules.current()
    count = 0
    due = Idea.objects.filter(status=IdeaStatus.WHEN, when_on__lte=_today())
    for pk in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            idea = _locked(Idea(pk=pk))
            if idea.status != IdeaStatus.WHEN:
                continue
            now = timezone.now()
            keepers = (idea.touchpoint.owner, idea.touchpoint.deputy) if idea.touchpoint is not None else ()
            idea.owner = somebody(idea.owner, *keepers, rules.ideas_owner)
            idea.status = IdeaStatus.WAITING
            idea.clock_from = now
            idea.answer_due_at = now + timedelta(days=rules.answer_days)
            idea.answered_at = None
            idea.answered_by = None
            save_as(idea, None)
            count += 1
    return count


def is_evasive(words: str) -> bool:
    """Whether these are only the words that every idea hears, and no reason. Pure."""
    return len(words) < 120 and _NO_ANSWER.fullmatch(words.strip()) is not None


def may_answer(person: Person, idea: Idea) -> bool:
    """Its owner and administrators."""
    return person.is_active and (person.is_admin or person.pk == idea.owner_id)


def _check_owner(idea: Idea, by: Person) -> None:
    if not may_answer(by, idea):
        raise NotAllowed(f"{idea.owner.name} owes the answer.", code="not_allowed")


def _locked(idea: Idea) -> Idea:
    rows = Idea.objects.select_for_update(of=("self",))
    return rows.select_related("sender", "owner", "touchpoint__owner", "touchpoint__deputy").get(pk=idea.pk)


def _today() -> date:
    return timezone.now().astimezone(Rules.current().zone).date()


def _tell_sender(idea: Idea) -> None:
    assert idea.answered_at is not None  # noqa: S101 - just answered
    assert idea.answered_by is not None  # noqa: S101
    says = {
        IdeaStatus.YES: "Yes",
        IdeaStatus.NO: "No",
        IdeaStatus.WHEN: f"Not before {idea.when_on.day} {idea.when_on:%B %Y}" if idea.when_on else "",
    }[IdeaStatus(idea.status)]
    letters.write_to(
        person=idea.sender,
        key=f"idea:{idea.pk}:answer:{idea.answered_at:%Y%m%d%H%M%S}",
        kind="idea",
        subject=f"{says}: your idea is answered",
        text=f"Your idea:\n“{idea.words}”\n\n{idea.answered_by.name} says: {says}.\n{idea.reason}\n\n"
        f"{page_address(idea_path(idea.pk))}\n",
        by="mail",
    )
