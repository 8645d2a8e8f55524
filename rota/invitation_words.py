"""The words of the mails about entries, plain and in HTML. Pure."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from rota.answer_links import answer_url
from rota.calendar_entries import day_in_words, hours_in_words, kind_of, my_calendar_url
from rota.hours import Span
from rota.models import Invitation

_ANSWERS = (("accepted", "Accept"), ("tentative", "Tentative"), ("declined", "Decline"))
_NOT_FREE = (
    "Declining does not free the day by itself: somebody else is looked for at once, and your phone rings until "
    "they took it over."
)
_BUTTON = (
    "display:inline-block;padding:10px 16px;margin:0 8px 8px 0;border:1px solid #5b6472;border-radius:6px;"
    "text-decoration:none;color:#1d2733;background:#f3f4f6"
)


@dataclass(frozen=True, kw_only=True)
class Words:
    """One mail's words."""

    subject: str
    text: str
    html: SafeString


def words_for(entry: Invitation, *, heard: bool) -> Words:
    """What is said about the present revision; `heard`: the reader knows of an earlier one.

    Links stand in it, since not every mail program offers its own buttons: Gmail adds an invitation by itself only
    from senders that it knows.
    """
    zone = entry.person.zone
    day, hours = (
        day_in_words(entry.starts_at, zone),
        hours_in_words(Span(entry.starts_at, entry.ends_at), zone),
    )
    if entry.cancelled:
        return _words(
            f"Cancelled: {entry.summary}, {day}", [f"{_taken_back(entry)}", hours], entry, asks=False
        )
    listening = kind_of(entry) == "listening"
    subject = f"Changed: {entry.summary}, now {day}" if heard else f"{entry.summary}, {day}"
    change = "This has changed. It is now:" if heard else "You are invited:"
    after = (
        ["This time is kept for you to listen to customers' calls."]
        if listening
        else [_until(entry), _NOT_FREE]
    )
    return _words(subject, [change, f"{entry.summary}\n{hours}", *after], entry, asks=True)


def _taken_back(entry: Invitation) -> str:
    if kind_of(entry) == "listening":
        text = f"This time to listen is not kept for you any more: {entry.summary}."
        if entry.hold is None or not entry.hold.cancelled_why:
            return text
        return f"{text} {entry.hold.cancelled_why}. Choose another: {settings.PUBLIC_BASE_URL}/listening/"
    return f"You do not have this duty any more: {entry.summary}."


def _until(entry: Invitation) -> str:
    if entry.duty is None or entry.duty.ends_at <= entry.ends_at:
        return "Your entry leaves the day free on purpose; keep your phone with you."
    until = entry.duty.ends_at.astimezone(entry.person.zone)
    return (
        f"You stay on duty until {until:%A} {until.day} {until:%B}, {until:%H:%M %Z}: what may ring outside the hours "
        "reaches you too. The entry leaves your day free on purpose; keep your phone with you."
    )


def _words(subject: str, paragraphs: list[str], entry: Invitation, *, asks: bool) -> Words:
    links = [(label, answer_url(entry.pk, says=says)) for says, label in _ANSWERS] if asks else []
    answers = "Answer in your calendar, or here, without signing in:\n" + "\n".join(
        f"  {label}: {url}" for label, url in links
    )
    foot = f"All of your dates, and the calendar to subscribe to: {my_calendar_url()}"
    text = "\n\n".join([*paragraphs, *([answers] if links else []), foot]) + "\n"
    body = format_html_join("", "<p>{}</p>", ((_lines(paragraph),) for paragraph in paragraphs))
    buttons = format_html_join(
        "", '<a href="{}" style="{}">{}</a>', ((url, _BUTTON, label) for label, url in links)
    )
    html = format_html(
        '<div style="font:16px/1.5 system-ui,sans-serif;color:#1d2733">{}{}'
        '<p>All of your dates, and the calendar to subscribe to: <a href="{}">My calendar</a></p></div>',
        body,
        format_html("<p>{}</p>", buttons) if links else "",
        my_calendar_url(),
    )
    return Words(subject=subject, text=text, html=html)


def _lines(paragraph: str) -> SafeString:
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in paragraph.split("\n")))
