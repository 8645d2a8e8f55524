"""Routine mail: at most one a day to each person, with everything that is new since their last one.

A sweep looks who is due (at seven in the morning of their own zone; weekly ones on Monday, or as soon after it as it
runs) and writes one letter each: rows like every letter, keyed by person and date. A mail that never left (the server
was down) is taken back, and the next one tells what it would have told; one that left late today is today's. So
nothing is missed, and nobody gets two. The number of queries does not grow with the number of people.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from learnings.addresses import action_path, idea_path, learning_path, notice_path, page_address, theme_path
from learnings.mail_wishes import stop_address
from learnings.models import (
    Acknowledgement,
    Action,
    ActionStatus,
    Hotspot,
    HowOften,
    Idea,
    IdeaStatus,
    Learning,
    MailWish,
    Notice,
    Rules,
    SaidDone,
)
from people import letters, letters_status
from people.letters_drafting import letter_to
from people.models import Letter, LetterStatus, Person

HOUR = 7
AT_ONCE = 200
LISTED = 20
"""So many lines of a kind are written out; the rest is counted."""
SETTLED = timedelta(minutes=2)
"""What is younger waits for the next mail: a transaction that is still open may have stamped it already."""
KIND = "routine"


def send_due() -> int:
    """Write the routine mail of everybody who is due; returns how many letters. Each ten minutes, by a schedule."""
    _begin_for_newcomers()
    now = timezone.now()
    due = [wish for wish in _wishes() if _is_due(wish, now)]
    return sum(_write(due[n : n + AT_ONCE], now) for n in range(0, len(due), AT_ONCE))


def _begin_for_newcomers() -> None:
    """Whoever is new hears of what comes from now on."""
    now = timezone.now()
    new = Person.objects.active().filter(mail_wish=None)
    MailWish.objects.bulk_create(
        [
            MailWish(
                person=one, gathered_until=now, gathered_from=now, last_on=now.astimezone(one.zone).date()
            )
            for one in new
        ],
        ignore_conflicts=True,
    )


def _wishes() -> list[MailWish]:
    wanted = MailWish.objects.exclude(how_often=HowOften.NONE).filter(person__is_active=True)
    return list(wanted.select_related("person").order_by("pk"))


def _is_due(wish: MailWish, now: datetime) -> bool:
    local = now.astimezone(wish.person.zone)
    today = local.date()
    if local.hour < HOUR or (wish.last_on is not None and wish.last_on >= today):
        return False
    monday = today - timedelta(days=today.weekday())
    return wish.how_often == HowOften.DAILY or wish.last_on is None or wish.last_on < monday


def _key(person: int, day: date | None) -> str:
    return f"{KIND}:{person}:{day}"


def _write(wishes: Sequence[MailWish], now: datetime) -> int:
    """Some people's mails, in one transaction: whoever was done meanwhile by another sweep is left out."""
    with transaction.atomic():
        locked = list(
            MailWish.objects.select_for_update(of=("self",))
            .filter(pk__in=[wish.pk for wish in wishes])
            .select_related("person")
            .order_by("pk")
        )
        due = [wish for wish in locked if wish.how_often != HowOften.NONE and _is_due(wish, now)]
        due = _without_those_who_had_theirs(due, now)
        if not due:
            return 0
        until = now - SETTLED
        news = _gather(min(wish.gathered_until for wish in due), until, now)
        written = []
        for wish in due:
            today = now.astimezone(wish.person.zone).date()
            sections = _sections(news, wish, today)
            if sections:
                written.append(_letter(wish, sections, today))
            wish.gathered_from = wish.gathered_until
            wish.gathered_until = max(until, wish.gathered_until)
            wish.last_on = today
        MailWish.objects.bulk_update(due, ["gathered_from", "gathered_until", "last_on"], batch_size=100)
        return letters.write_many(written)


def _without_those_who_had_theirs(due: list[MailWish], now: datetime) -> list[MailWish]:
    """Whose last mail left only today had today's; whose last mail never left gets it with the new one."""
    last = {_key(wish.pk, wish.last_on): wish for wish in due}
    mine = Letter.objects.filter(key__in=last)
    never_left = list(
        mine.filter(status=LetterStatus.QUEUED, withdrawn_at=None).values_list("key", flat=True)
    )
    if never_left:
        letters_status.withdraw(Q(key__in=never_left))
    kept = {wish.pk: wish for wish in due}
    for letter in mine.order_by("pk").only("key", "status", "sent_at"):
        wish = last[letter.key]
        zone, today = wish.person.zone, now.astimezone(wish.person.zone).date()
        late = letter.sent_at is not None and letter.sent_at.astimezone(zone).date() >= today
        if letter.status == LetterStatus.SENDING or late:
            kept.pop(wish.pk, None)
        elif letter.key in never_left and letter.status == LetterStatus.CANCELLED:
            wish.gathered_until = wish.gathered_from
    return list(kept.values())


# --- What is new ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One piece of news: when, in words, where; `readers` are the only ones who may read it (None: everybody)."""

    at: datetime
    words: str
    path: str
    author: int | None = None
    owners: frozenset[int] = frozenset()
    readers: frozenset[int] | None = None

    def is_for(self, person: int, since: datetime) -> bool:
        may = self.readers is None or person in self.readers
        return may and self.at >= since and self.author != person


@dataclass(frozen=True)
class News:
    """Everything since the first of those who are due had their last mail, and what waits for somebody."""

    learnings: list[Line]
    hotspots: list[Line]
    done: list[Line]
    answered: list[Line]
    months: list[Line]
    notices: list[tuple[Notice, frozenset[int]]]
    owed: dict[int, list[tuple[bool, Line]]]
    overdue_by_owner: list[str]


def _gather(since: datetime, until: datetime, now: datetime) -> News:
    """From `since` on and before `until`; what waits for somebody is as of now. A constant number of queries."""
    owed, by_owner = _owed(now)
    return News(
        learnings=_learnings(since, until),
        hotspots=[
            Line(row.opened_at, f"{row.theme.title} ({row.count} times)", theme_path(row.theme_id))
            for row in _between(Hotspot, "opened_at", since, until).select_related("theme")
        ],
        done=[
            Line(row.done_at, f"{row.what} ({row.owner.name})", action_path(row.pk))
            for row in _between(Action, "done_at", since, until).select_related("owner")
        ],
        answered=[
            Line(row.answered_at, f"{row.get_status_display()}: {_short(row.words)}", idea_path(row.pk))
            for row in _between(Idea, "answered_at", since, until)
        ],
        months=[
            Line(row.published_at, f"{row.month:%B %Y}", f"/learnings/said-done/{row.month:%Y-%m}/")
            for row in _between(SaidDone, "published_at", since, until)
        ],
        notices=_notices(now),
        owed=owed,
        overdue_by_owner=by_owner,
    )


def _between(model: Any, name: str, since: datetime, now: datetime) -> Any:
    return model.objects.filter(**{f"{name}__gte": since, f"{name}__lt": now}).order_by(name)


def _learnings(since: datetime, now: datetime) -> list[Line]:
    rows = _between(Learning, "created_at", since, now).select_related("touchpoint")
    named: dict[int, set[int]] = defaultdict(set)
    through = Learning.readers.through.objects.filter(
        learning__sensitive=True, learning__created_at__gte=since
    )
    for learning, person in through.values_list("learning_id", "person_id"):
        named[learning].add(person)
    return [
        Line(
            at=row.created_at,
            words=f"{row.touchpoint.name}: “{_short(row.quote)}”",
            path=learning_path(row.pk),
            author=row.author_id,
            owners=frozenset({row.owner_id, row.touchpoint.owner_id, row.touchpoint.deputy_id or 0}),
            readers=frozenset(named[row.pk] | {row.author_id, row.owner_id}) if row.sensitive else None,
        )
        for row in rows
    ]


def _notices(now: datetime) -> list[tuple[Notice, frozenset[int]]]:
    today = now.astimezone(Rules.current().zone).date()
    current = list(Notice.objects.current(today).order_by("starts_on", "pk"))
    read: dict[int, set[int]] = defaultdict(set)
    marks = Acknowledgement.objects.filter(notice__in=current)
    for notice, person in marks.values_list("notice_id", "person_id"):
        read[notice].add(person)
    return [(notice, frozenset(read[notice.pk] | {notice.created_by_id})) for notice in current]


def _owed(now: datetime) -> tuple[dict[int, list[tuple[bool, Line]]], list[str]]:
    """What waits for each person (and whether it is overdue), and the overdue answers by the owner's name."""
    today = now.astimezone(Rules.current().zone).date()
    owed: dict[int, list[tuple[bool, Line]]] = defaultdict(list)
    late: dict[str, int] = defaultdict(int)
    for idea in Idea.objects.filter(status=IdeaStatus.WAITING).select_related("owner", "sender"):
        overdue = idea.is_overdue(now)
        due = idea.answer_due_at.astimezone(idea.owner.zone).date()
        words = f"An answer to {idea.sender.name}, {_due(due, overdue=overdue)}: {_short(idea.words)}"
        owed[idea.owner_id].append((overdue, Line(idea.created_at, words, idea_path(idea.pk))))
        if overdue:
            late[idea.owner.name] += 1
    live = Action.objects.filter(status__in=(ActionStatus.OPEN, ActionStatus.DOING))
    for action in live.select_related("owner").order_by("due_on", "pk"):
        overdue = action.due_on < today
        words = f"{action.what}, {_due(action.due_on, overdue=overdue)}"
        owed[action.owner_id].append((overdue, Line(action.created_at, words, action_path(action.pk))))
    return owed, [f"{name}: {count} idea{'s' if count > 1 else ''}" for name, count in sorted(late.items())]


def _due(day: date, *, overdue: bool) -> str:
    return f"{'overdue since' if overdue else 'due on'} {day.day} {day:%B}"


# --- The letter -------------------------------------------------------------------------------------------


def _sections(news: News, wish: MailWish, today: date) -> list[tuple[str, list[str]]]:
    """What this person is told, by headings; nothing where there is nothing new, overdue or to be read."""
    person, since = wish.person, wish.gathered_until
    notices = [
        f"{notice.title} ({notice.starts_on.day} {notice.starts_on:%B})\n  {page_address(notice_path(notice.pk))}"
        for notice, read in news.notices
        if notice.is_for(person) and person.pk not in read and notice.ends_on >= today
    ]
    owed = sorted(news.owed.get(person.pk, ()), key=lambda one: not one[0])
    heard = [line for line in news.learnings if line.is_for(person.pk, since)]
    mine = [line for line in heard if person.pk in line.owners]
    others = [line for line in heard if person.pk not in line.owners]
    found = [
        ("Calls about to come: please say that you know", notices),
        ("Learnt at your touchpoints", _lines(mine)),
        ("You said, we did", _lines(_new(news.months, person, since))),
        ("Hotspots", _lines(_new(news.hotspots, person, since))),
        ("Done", _lines(_new(news.done, person, since))),
        ("Ideas answered", _lines(_new(news.answered, person, since))),
        ("Learnt elsewhere", _lines(others)),
    ]
    late = news.overdue_by_owner if person.is_admin else []
    if not any(lines for _, lines in found) and not late and not any(overdue for overdue, _ in owed):
        return []
    waits = ("Waiting for you", _lines([line for _, line in owed]))
    everybody = ("Answers overdue, by who owes them", late)
    return [(title, lines) for title, lines in (found[0], waits, everybody, *found[1:]) if lines]


def _new(lines: list[Line], person: Person, since: datetime) -> list[Line]:
    return [line for line in lines if line.is_for(person.pk, since)]


def _lines(lines: list[Line]) -> list[str]:
    shown = [f"{line.words}\n  {page_address(line.path)}" for line in lines[:LISTED]]
    if more := len(lines) - LISTED:
        shown += [f"and {more} more: {page_address('/learnings/')}"] if more > 0 else []
    return shown


def _letter(wish: MailWish, sections: list[tuple[str, list[str]]], today: date) -> Letter | None:
    stop = stop_address(wish.person)
    body = "\n\n".join(f"{title}\n" + "\n".join(f"- {line}" for line in lines) for title, lines in sections)
    often = "each day on which there is something" if wish.how_often == HowOften.DAILY else "once a week"
    return letter_to(
        person=wish.person,
        key=_key(wish.pk, today),
        kind=KIND,
        subject=_subject(sections),
        text=f"{body}\n\n--\nYou get this {often}. Change it: {page_address('/learnings/mail/')}\nStop it: {stop}\n",
        by="mail",
        # RFC 2369 and RFC 8058: mail programs show a button, and POST to it.
        headers={"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
    )


def _subject(sections: list[tuple[str, list[str]]]) -> str:
    parts = [f"{title.split(':')[0].split(',')[0].lower()} ({len(lines)})" for title, lines in sections[:3]]
    words = ", ".join(parts)
    return words[:1].upper() + words[1:]


def _short(words: str) -> str:
    one = " ".join(words.split())
    return one if len(one) <= 160 else f"{one[:159]}…"
