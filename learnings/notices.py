"""Warnings of calls that are about to come: published, acknowledged with one tap, and linked to what then came."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from learnings.addresses import notice_path, page_address
from learnings.announcing import announce
from learnings.answering import save_as
from learnings.errors import NotAllowed, NotNow
from learnings.models import (
    Acknowledgement,
    Arrival,
    Audience,
    Learning,
    News,
    Notice,
    NoticeQuestion,
    Rules,
    Touchpoint,
)
from learnings.plain_text import paragraphs
from people import letters
from people.days import check_day
from people.errors import Refused
from people.letters_drafting import letter_to
from people.models import Person
from people.plain_words import one_line

MOST_QUESTIONS = 20
LONGEST_DAYS = 92


@dataclass(frozen=True)
class Question:
    """A question to expect, and what to answer."""

    question: str
    answer: str


def publish_notice(
    *,
    by: Person,
    title: str,
    starts_on: date,
    ends_on: date | None = None,
    words: str = "",
    audience: str = Audience.SUPPORT,
    touchpoint: Touchpoint | None = None,
    keywords: str = "",
    questions: Sequence[Question] = (),
) -> Notice:
    """Warn its audience of calls to come between two dates (of the rules' zone; one day where no end is given).

    `keywords` are words or phrases, separated by commas, by which what then comes in is known; without them it is all
    that is learnt at the touchpoint. Raises Refused naming the field.
    """
    if not by.is_active or not by.roles:
        raise NotAllowed("Executives, support and administrators warn of calls.", code="not_allowed")
    check_day(starts_on, field="starts_on")
    end = ends_on or starts_on
    check_day(end, field="ends_on")
    if end < starts_on:
        raise Refused("It ends before it begins.", field="ends_on", code="before_start")
    if (end - starts_on).days > LONGEST_DAYS:
        raise Refused(f"At most {LONGEST_DAYS} days.", field="ends_on", code="too_long")
    if audience not in Audience.values:
        raise Refused(
            f"This is one of: {', '.join(Audience.values)}.", field="audience", code="invalid_choice"
        )
    if len(questions) > MOST_QUESTIONS:
        raise Refused(f"At most {MOST_QUESTIONS} questions.", field="questions", code="too_many")
    notice = Notice(
        title=one_line(title, field="title", most=160, required=True),
        words=paragraphs(words, field="words", most=2000),
        touchpoint=touchpoint,
        starts_on=starts_on,
        ends_on=end,
        audience=audience,
        keywords=_tidy(one_line(keywords, field="keywords", most=300)),
        created_by=by,
        created_at=timezone.now(),
    )
    kept = [
        NoticeQuestion(
            position=place,
            question=one_line(one.question, field="questions", most=300, required=True),
            answer=paragraphs(one.answer, field="questions", most=2000, required=True),
        )
        for place, one in enumerate(questions, 1)
    ]
    with transaction.atomic():
        save_as(notice, by)
        for one in kept:
            one.notice = notice
        NoticeQuestion.objects.bulk_create(kept)
        announce(
            kind=News.NOTICE,
            title=f"Calls to come: {notice.title}",
            text=f"{days_in_words(notice)}. {notice.words}".strip(),
            path=notice_path(notice.pk),
            data={
                "id": notice.pk,
                "title": notice.title,
                "starts_on": str(starts_on),
                "ends_on": str(end),
                "audience": audience,
            },
        )
    return notice


def withdraw_notice(*, notice: Notice, by: Person) -> Notice:
    """The calls do not come after all: nobody is nudged, and nothing more is linked. Raises Refused."""
    if not by.is_active or not (by.is_admin or by.pk == notice.created_by_id):
        raise NotAllowed(f"{notice.created_by.name} and administrators withdraw it.", code="not_allowed")
    if notice.withdrawn_at is not None:
        raise NotNow("It is withdrawn.", code="withdrawn")
    notice.withdrawn_at = timezone.now()
    return save_as(notice, by)


def acknowledge(*, notice: Notice, by: Person) -> Acknowledgement:
    """This person has read it; a second time changes nothing. Raises Refused where it is withdrawn."""
    if notice.withdrawn_at is not None:
        raise NotNow("It is withdrawn.", code="withdrawn")
    done, _ = Acknowledgement.objects.get_or_create(notice=notice, person=by, defaults={"at": timezone.now()})
    return done


def readers_of(notice: Notice) -> QuerySet[Person]:
    """Who is to acknowledge it: everybody here of its audience, but not who wrote it."""
    people = Person.objects.active().exclude(pk=notice.created_by_id)
    if notice.audience == Audience.SUPPORT:
        people = people.filter(is_support=True)
    elif notice.audience == Audience.EXECUTIVES:
        people = people.filter(is_executive=True)
    return people.order_by("name", "pk")


def still_to_read(notice: Notice) -> QuerySet[Person]:
    """Who has not acknowledged it."""
    return readers_of(notice).exclude(pk__in=notice.acknowledgements.values("person"))


def nudge_due() -> int:
    """The day before calls come, whoever has not acknowledged is asked once, outside routine mail; returns how many.

    Hourly, by a schedule; due and not yet done. Before that their routine mail lists what they have not read.
    """
    tomorrow = timezone.now().astimezone(Rules.current().zone).date() + timedelta(days=1)
    due = Notice.objects.standing().filter(nudged_at=None, starts_on__lte=tomorrow, ends_on__gte=tomorrow)
    count = 0
    for notice in due.select_related("created_by"):
        with transaction.atomic():
            if not Notice.objects.filter(pk=notice.pk, nudged_at=None).update(nudged_at=timezone.now()):
                continue
            count += letters.write_many(
                letter_to(
                    person=person,
                    key=f"notice:{notice.pk}:nudge:{person.pk}",
                    kind="notice",
                    subject=f"Calls to come: {notice.title}",
                    text=f"{notice.title}: {days_in_words(notice)}.\n\n{notice.words}\n\n"
                    f"What to expect and what to answer, and one tap to say that you know:\n"
                    f"{page_address(notice_path(notice.pk))}\n",
                    useful_until=_end_of(notice),
                )
                for person in still_to_read(notice)
            )
    return count


def link(learning: Learning) -> list[Arrival]:
    """Link a learning to the notices that it belongs to."""
    words = f"{learning.quote} {learning.meaning}"
    found = [
        notice
        for notice in _standing(learning.created_at)
        if _speaks_of(notice, words)
        or (not notice.listed_keywords and notice.touchpoint_id == learning.touchpoint_id)
    ]
    if learning.sensitive:
        return []  # everybody reads a notice
    return _link(
        found, f"learning {learning.pk}", f"/learnings/{learning.pk}/", words, learning.created_at, learning
    )


def came_in(*, words: str, reference: str, path: str, at: datetime) -> list[Arrival]:
    """Something came in in another room (a case): link it to the notices of whose keywords its words speak.

    `reference` is its human name ("case 1042"), `path` its page, for those who may see it.
    """
    found = [notice for notice in _standing(at) if _speaks_of(notice, words)]
    return _link(found, reference, path, words, at, None)


def days_in_words(notice: Notice) -> str:
    """ "on 3 August 2026", "from 3 August to 5 September 2026"."""
    first, last = notice.starts_on, notice.ends_on
    end = f"{last.day} {last:%B %Y}"
    return f"on {end}" if first == last else f"from {first.day} {first:%B} to {end}"


def _tidy(keywords: str) -> str:
    return ", ".join(dict.fromkeys(word.strip().lower() for word in keywords.split(",") if word.strip()))


def _standing(at: datetime) -> list[Notice]:
    day = at.astimezone(Rules.current().zone).date()
    over = day - timedelta(days=Notice.DAYS_AFTER)
    return list(Notice.objects.standing().filter(starts_on__lte=day, ends_on__gte=over))


def _speaks_of(notice: Notice, words: str) -> bool:
    spoken = f" {' '.join(''.join(c if c.isalnum() else ' ' for c in words.lower()).split())} "
    return any(f" {keyword}" in spoken for keyword in notice.listed_keywords)


def _link(
    found: Iterable[Notice], reference: str, path: str, words: str, at: datetime, learning: Learning | None
) -> list[Arrival]:
    rows = [
        Arrival(
            notice=notice,
            learning=learning,
            reference=reference[:80],
            path=path[:200],
            words=words[:300],
            at=at,
        )
        for notice in found
    ]
    return Arrival.objects.bulk_create(rows, ignore_conflicts=True) if rows else []


def _end_of(notice: Notice) -> datetime:
    return datetime.combine(notice.ends_on + timedelta(days=2), datetime.min.time(), tzinfo=UTC)
