"""The brief: what is said, texted and shown about a case. Pure but for the rows it reads from."""

from babel import Locale
from babel.numbers import format_compact_decimal, get_currency_name

from escalations.models import Escalation, Page, Purpose
from escalations.prompts import prompt, spoken_language
from escalations.telling import case_url
from telephony.speech import digit_by_digit, fit_to_seconds, seconds_to_say, sentences
from telephony.texts import fold, shorten

# Twenty seconds is what an executive in a corridor listens to.
SPOKEN_SECONDS = 20.0
OPENING_SECONDS = 6.0
WISH_SECONDS = 7.0
SENTENCE_PAUSES = 1.0  # before and after the story
TEXT_SEGMENTS = 2


def written(escalation: Escalation) -> str:
    """The brief as pages and the API show it: account, worth, story, what was tried, what is wanted."""
    if escalation.is_drill:
        return escalation.summary
    lines = [
        f"{escalation.account.name}, {worth(escalation)} a year.",
        escalation.summary,
        f"Tried: {escalation.tried}" if escalation.tried else "",
        f"Wants: {escalation.wants}" if escalation.wants else "",
    ]
    return "\n".join(line for line in lines if line)


def spoken(escalation: Escalation, language: str) -> list[str]:
    """The brief as sentences that take at most 20 seconds to say: the account, the story, what was tried, the wish.

    What is too long of the story is left out; of the account and the wish enough is always kept. A drill has no story
    but that it is one.
    """
    if escalation.is_drill:
        return [prompt("drill.this_is", language), *sentences(prompt("drill.story", language))]
    account = escalation.account
    opening = prompt("brief.account", language, account=account.name, worth=worth(escalation, language))
    first = fit_to_seconds([opening], limit=OPENING_SECONDS, language=language)
    last: list[str] = []
    if escalation.wants:
        wish = prompt("brief.wants", language, wants=escalation.wants)
        last = fit_to_seconds([wish], limit=WISH_SECONDS, language=language)
    story = sentences(escalation.summary)
    if escalation.tried:
        story.append(prompt("brief.tried", language, tried=escalation.tried))
    room = SPOKEN_SECONDS - seconds_to_say(" ".join([*first, *last]), language) - SENTENCE_PAUSES
    return [*first, *fit_to_seconds(story, limit=room, language=language), *last]


def worth(escalation: Escalation, language: str = "en") -> str:
    """The account's yearly value, short enough to be heard: "1.2 million US dollars"."""
    account = escalation.account
    locale = Locale.parse(spoken_language(language))
    figure = format_compact_decimal(
        account.annual_value, format_type="long", locale=locale, fraction_digits=1
    )
    return f"{figure} {get_currency_name(account.currency, count=10, locale=locale)}"


def spoken_number(escalation: Escalation) -> str:
    """The case's number digit by digit, as it can be typed into a text."""
    return digit_by_digit(escalation.number)


def page_text(page: Page) -> str:
    """The text that goes out beside the call. Account and story only where the programme allows it."""
    escalation = page.escalation
    language = page.person.language
    key = {
        Purpose.OFFER: "text.offer",
        Purpose.ASK: "text.ask",
        Purpose.HAND_OVER: "text.hand_over",
        Purpose.REOPENED: "text.reopened",
    }[Purpose(page.purpose)]
    words = prompt(key, language, number=escalation.number)
    if escalation.is_drill:
        words = f"{prompt('drill.this_is', language)} {words}"
    body = fold(words, language=language)
    if escalation.programme.text_detail and not escalation.is_drill:
        detail = f"{escalation.account.name}: {escalation.summary}"
        room = shorten(fold(" ".join(detail.split())), 1)
        body = f"{body} {room}"
    return fold(f"{shorten(body, TEXT_SEGMENTS)} {case_url(escalation)}")
