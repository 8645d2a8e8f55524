"""What is written to people about a duty that changes hands, in the transaction that changes it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from people import letters
from people.letters_drafting import By, letter_to
from people.models import Letter, Person
from rota.models import Ask, Duty, Swap
from rota.told_times import told, told_shortly, told_span

# So close to the duty a mail may be read too late: a text goes, and mail only where a text cannot.
SOON = timedelta(hours=24)


def duty_url(duty: Duty) -> str:
    """The duty's page as a browser reaches it."""
    return f"{settings.PUBLIC_BASE_URL}/duties/{duty.pk}/"


def swaps_url() -> str:
    return f"{settings.PUBLIC_BASE_URL}/swaps/"


def ask_url(token: str) -> str:
    """The address by which one person answers one question without signing in."""
    return f"{settings.PUBLIC_BASE_URL}/swaps/{token}/"


def ask_all(*, swap: Swap, asks: Iterable[tuple[Ask, str]], until: datetime, now: datetime) -> int:
    """Asks each of these people, by a letter with the link of their token; their assistants get a copy without it.

    A few statements for many people.
    """
    return letters.write_many(
        letter for ask, token in asks for letter in _questions(swap, ask, token, until=until, now=now)
    )


def _questions(
    swap: Swap, ask: Ask, token: str, *, until: datetime, now: datetime
) -> Iterable[Letter | None]:
    duty, person = swap.duty, ask.person
    wish = _wish(swap, ask, person)
    yield letter_to(
        person=person,
        key=f"swap:{swap.pk}:ask:{person.pk}",
        kind="swap",
        subject=f"Could you take over a duty on {told_shortly(duty.starts_at, person)}?",
        text=f"{wish}\n\nYes or no, by one tap:\n{ask_url(token)}\n\nWhoever says yes first has it, at once. "
        f"The question holds until {told(until, person)}.",
        short=f"{swap.person.name} asks: could you be {duty.role} from "
        f"{told_shortly(duty.starts_at, person)}? Answer: {ask_url(token)}",
        by=_by(duty, now),
        useful_until=until,
    )
    if person.assistant is not None:
        theirs = _wish(swap, ask, person.assistant)
        yield letter_to(
            person=person.assistant,
            key=f"swap:{swap.pk}:ask:{person.pk}:assistant:{person.assistant_id}",
            kind="swap",
            subject=f"{person.name} is asked to take over a duty",
            text=f"{theirs}\n\nThis was asked of {person.name}. You may answer for them:\n{swaps_url()}",
            by="mail",
            useful_until=until,
        )


def _wish(swap: Swap, ask: Ask, reader: Person) -> str:
    duty = swap.duty
    lines = [
        f"{swap.person.name} would like to give away a duty of {duty.programme.name}:",
        f"{duty.role} {told_span(duty, reader)}.",
    ]
    if ask.in_return is not None:
        lines += [
            "In return they take over from you:",
            f"{ask.in_return.role} {told_span(ask.in_return, reader)}.",
        ]
    if swap.note:
        lines.append(f"“{swap.note}”")
    if swap.by is not None and swap.by.pk != swap.person_id:
        lines.append(f"({swap.by.name} asks for them.)")
    return "\n".join(lines)


def tell_no_longer_needed(*, swap: Swap, people: Sequence[Person], why: str) -> None:
    """Takes back the questions that have not gone, and tells those who were asked that it is settled.

    `people` are those who have not answered. A few statements, however many they are.
    """
    letters.withdraw(key_prefix=f"swap:{swap.pk}:ask")
    asked = letters.already_said([f"swap:{swap.pk}:ask:{person.pk}" for person in people])
    letters.write_many(
        letter_to(
            person=person,
            key=f"swap:{swap.pk}:closed:{person.pk}",
            kind="swap",
            subject=f"No longer needed: the duty on {told_shortly(swap.duty.starts_at, person)}",
            text=f"{why}\n\nYou need not answer any more. Thank you.",
            short=f"{why} You need not answer any more.",
        )
        for person in people
        if f"swap:{swap.pk}:ask:{person.pk}" in asked
    )


def tell_done(*, swap: Swap, ask: Ask, now: datetime) -> None:
    """Both hear what each of them has from now on."""
    giver, taker, given, got = swap.person, ask.person, swap.duty, ask.in_return
    tell_new_officer(
        duty=given,
        person=taker,
        key=f"swap:{swap.pk}:done:{taker.pk}",
        how=f"You took it over from {giver.name}."
        + (f" {giver.name} has yours on {got.day} in return." if got else ""),
        now=now,
    )
    tell_relieved(
        duty=given, before=giver, after=taker, key=f"swap:{swap.pk}:relieved:{giver.pk}", how="", now=now
    )
    if got is not None:
        tell_new_officer(
            duty=got,
            person=giver,
            key=f"swap:{swap.pk}:done:{giver.pk}",
            how=f"You took it over from {taker.name}, who has yours on {given.day} in return.",
            now=now,
        )


def tell_new_officer(*, duty: Duty, person: Person, key: str, how: str, now: datetime) -> None:
    """Somebody has a duty that they did not have."""
    silent = "" if person.can_be_rung else "\n\nYour phone cannot ring: verify your number on your profile."
    letters.write_to(
        person=person,
        key=key,
        kind="duty",
        subject=f"You are {duty.role} from {told_shortly(duty.starts_at, person)}",
        text=f"{duty.programme.name}: you are {duty.role} {told_span(duty, person)}. {how}"
        f"{silent}\n\n{duty_url(duty)}",
        short=f"You are {duty.role} from {told_shortly(duty.starts_at, person)}. {how} {duty_url(duty)}",
        by=_by(duty, now),
        useful_until=duty.ends_at,
    )


def tell_relieved(*, duty: Duty, before: Person, after: Person, key: str, how: str, now: datetime) -> None:
    """Somebody is free of a duty that they had."""
    start = told_shortly(duty.starts_at, before)
    letters.write_to(
        person=before,
        key=key,
        kind="duty",
        subject=f"{after.name} has your duty of {start}",
        text=f"{after.name} is {duty.role} instead of you {told_span(duty, before)}. {how}".strip()
        + "\n\nA case that you have in hand stays with you.",
        short=f"{after.name} has your duty of {start}. {how}".strip(),
        by=_by(duty, now),
        useful_until=duty.ends_at,
    )


def tell_reassigned(*, duty: Duty, before: Person, by: Person, why: str, now: datetime) -> None:
    """Both hear that an administrator gave the duty to somebody else, and why."""
    # A duty may come back to the same officer: each change is told, so its record is part of the key.
    history: Any = duty.history
    key = f"reassigned:duty:{duty.pk}:{history.latest().history_id}"
    reason = f"{why.rstrip('.')}."
    tell_relieved(
        duty=duty,
        before=before,
        after=duty.person,
        key=f"{key}:{before.pk}",
        how=f"{by.name} gave it to {duty.person.name}: {reason}",
        now=now,
    )
    tell_new_officer(
        duty=duty,
        person=duty.person,
        key=f"{key}:{duty.person_id}",
        how=f"{by.name} gave it to you: {reason}",
        now=now,
    )


def tell_cover_found(*, swap: Swap, by: Person) -> None:
    """Administrators, who knew of the search, hear that it is over."""
    duty = swap.duty
    letters.tell_administrators(
        key=f"swap:{swap.pk}:cover-found",
        kind="cover",
        subject=f"{by.name} takes over {swap.person.name}'s duty on {duty.day}",
        text=f"{by.name} is {duty.role} of {duty.programme.name} on {duty.day} instead of {swap.person.name}."
        f"\n\n{duty_url(duty)}",
        useful_until=duty.ends_at,
    )


def tell_stays(*, swap: Swap, why: str, now: datetime) -> None:
    """The wish came to nothing: the duty stays where it was, and whoever has it must know."""
    duty, person = swap.duty, swap.person
    letters.write_to(
        person=person,
        key=f"swap:{swap.pk}:stays:{person.pk}",
        kind="swap",
        subject=f"Your duty of {told_shortly(duty.starts_at, person)} stays yours",
        text=f"{why}\n\nYour duty as {duty.role} {told_span(duty, person)}, stays yours. "
        f"Ask others, or ask an administrator to find cover:\n{duty_url(duty)}",
        short=f"{why} Your duty of {told_shortly(duty.starts_at, person)} stays yours. {duty_url(duty)}",
        by=_by(duty, now),
        useful_until=duty.ends_at,
    )


def _by(duty: Duty, now: datetime) -> By:
    return "text" if duty.starts_at - now < SOON else "preferred"
