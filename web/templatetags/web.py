"""What templates say often: icons, instants in the reader's zone, chips, money, score bars."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel import Locale, UnknownLocaleError
from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from escalations.models import Page
from reports.standing import clock
from web import outages, words

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """An ornament: the words beside it say the same, so screen readers skip it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("web/icons.svg"),
        name,
    )


@register.simple_tag
def when(instant: datetime | None, seconds: str = "") -> SafeString | str:
    """An instant in the reader's zone with the zone written: "14:05 CET" today, else with its date."""
    if instant is None:
        return ""
    local = timezone.localtime(instant)
    today = timezone.localtime().date()
    clock = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    day = "" if local.date() == today else f"{words.day(local.date(), today)}, "
    return format_html(
        '<time datetime="{}" class="nowrap">{}{} <span class="zone">{}</span></time>',
        instant.isoformat(timespec="seconds"),
        day,
        clock,
        local.strftime("%Z"),
    )


@register.simple_tag
def span(start: datetime, end: datetime, seconds: str = "") -> SafeString | str:
    """From one instant to another in the reader's zone; the day and the zone once where both have the same."""
    first, last = timezone.localtime(start), timezone.localtime(end)
    if (first.date(), first.tzname()) != (last.date(), last.tzname()):
        return format_html("{} – {}", when(start, seconds), when(end, seconds))
    clock = "%H:%M:%S" if seconds else "%H:%M"
    today = timezone.localtime().date()
    return format_html(
        '<span class="nowrap"><time datetime="{}">{}{}</time> – '
        '<time datetime="{}">{} <span class="zone">{}</span></time></span>',
        start.isoformat(timespec="seconds"),
        "" if first.date() == today else f"{words.day(first.date(), today)}, ",
        first.strftime(clock),
        end.isoformat(timespec="seconds"),
        last.strftime(clock),
        last.strftime("%Z"),
    )


@register.simple_tag
def countdown(instant: datetime | None) -> SafeString | str:
    """How long until an instant; a script counts it down, without one it stays what it was when sent."""
    if instant is None:
        return ""
    seconds = max(0, round((instant - timezone.now()).total_seconds()))
    return format_html(
        '<time class="countdown" datetime="{}" data-countdown>{}</time>',
        instant.isoformat(timespec="milliseconds"),
        words.how_long(seconds),
    )


@register.filter
def in_hours(seconds: int) -> str:
    """ "1:59:59"."""
    return clock(seconds)


@register.filter
def on_day(day: date | None) -> str:
    """A calendar date without a clock: "Mon 3 Aug", with the year where it is another one."""
    return "" if day is None else words.day(day, timezone.localtime().date())


@register.filter
def in_words(language: str) -> str:
    """A language tag as its English name: "German", "Portuguese (Brazil)"; the tag where it has none."""
    try:
        return Locale.parse(language, sep="-").get_display_name("en") or language
    except (ValueError, UnknownLocaleError):
        return language


@register.filter
def duties(count: float) -> str:
    """So many duties, as short as it is right: "4", "3.5", "0.75"."""
    return f"{count:.2f}".rstrip("0").rstrip(".")


@register.filter
def balance(count: float) -> SafeString:
    """A balance in duties, and what it means: "+0.75 ahead", "−0.25 owes", "0"."""
    said = duties(abs(count))
    if said == "0":
        return mark_safe("0")
    sign, word = ("+", "ahead") if count > 0 else ("−", "owes")
    return format_html('<span>{}{} <span class="small quiet">{}</span></span>', sign, said, word)


@register.filter
def breakable(address: str) -> SafeString:
    """A long address that may be broken after its "@" and dots, and nowhere else."""
    parts = re.split(r"(?<=[@.])", address)
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in parts))


@register.filter
def initials(name: str) -> str:
    """Two letters for a monogram."""
    parts = [part for part in name.split() if part[:1].isalnum()]
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper()


@register.simple_tag
def money(amount: Decimal, currency: str) -> str:
    """Whole units with the currency's code: "USD 1,200,000"."""
    return f"{currency} {amount:,.0f}"


@register.inclusion_tag("web/parts/chip.html")
def case_chip(status: str) -> dict[str, Any]:
    """The chip of an escalation's status."""
    return {"look": words.CASE_LOOKS[status]}


@register.inclusion_tag("web/parts/chip.html")
def cannot_ring_chip() -> dict[str, Any]:
    """The chip of a case that should ring while Twilio cannot be reached."""
    return {"look": outages.CHIP}


@register.inclusion_tag("web/parts/chip.html")
def page_chip(page: Page) -> dict[str, Any]:
    """The chip of a page's status; the design page gives a status alone."""
    return {"look": words.PAGE_LOOKS[page] if isinstance(page, str) else words.page_look(page)}


@register.inclusion_tag("web/parts/chip.html")
def leg_chip(status: str) -> dict[str, Any]:
    """The chip of one phone's part in a bridge."""
    return {"look": words.LEG_LOOKS[status]}


@register.inclusion_tag("web/parts/score.html")
def score(total: int, threshold: int, qualifies: bool, factors: list[Any]) -> dict[str, Any]:
    """The score as a bar with the threshold marked, and each factor's part in it."""
    return {
        "total": total,
        "threshold": threshold,
        "qualifies": qualifies,
        "factors": [words.factor(row) for row in factors],
    }
