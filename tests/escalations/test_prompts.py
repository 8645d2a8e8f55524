"""Everything the product says: alike in every language, filled by its callers, short enough to be heard and texted."""

import ast
import re
import tomllib
from collections.abc import Iterator
from string import Formatter

import pytest

from escalations.models import Purpose
from escalations.prompts import DEFAULT_LANGUAGE, FOLDER, languages, prompt, spoken_language
from escalations.replies import Intent, read_customer, read_officer
from telephony.speech import seconds_to_say
from telephony.texts import fold, is_gsm, segments
from telephony.voices import VOICES, voice_for

SENTENCES = {
    language: {
        f"{section}.{name}": words
        for section, names in tomllib.loads((FOLDER / f"{language}.toml").read_text("utf-8")).items()
        for name, words in names.items()
    }
    for language in sorted(languages())
}
ENGLISH = SENTENCES[DEFAULT_LANGUAGE]
# What stands in the places: names and times as long as they are in life.
SAMPLES = {
    "account": "Acme Industries",
    "colleague": "Alexandra Thompson",
    "done": "The controller in Toledo was replaced, the line runs since noon, and our engineer stays on site "
    "until Friday evening; the credit note for June went today.",  # as long as `confirming` lets it be: one segment
    "example": 1042,
    "key": "5",
    "name": "Maximilian Okafor",
    "number": 1042,
    "numbers": "1042, 1043, 1044",
    "officer": "Maximilian Okafor",
    "programme": "Officer of the Day, North America",
    "tried": "Two restarts.",
    "url": "https://officer.example.com/confirm/abc/",
    "wants": "A date for the fix.",
    "when": "Tue 14:30 EST",
    "worth": "1.2 million US dollars",
}
MENUS = ("page.menu", "page.menu_again", "page.menu_ask", "page.menu_reopened", "bridge.again")
# The word left for a customer keeps a promise: it may take longer.
LONGER = {"bridge.customer_voicemail": 18}
TEXTS = [key for key in ENGLISH if key.startswith("text.")] + [
    "bridge.customer_missed_text",
    "customer.promise",
    "customer.question",
    "customer.thanks_fixed",
    "customer.thanks_not_fixed",
]
IN_WRITING = {*TEXTS, "customer.promise_subject", "customer.question_mail", "customer.question_subject"}
SPOKEN = [key for key in ENGLISH if key not in IN_WRITING]
CASE_URL = " https://officer.example.com/cases/12345/"

every_language = pytest.mark.parametrize("language", sorted(SENTENCES))


def places(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


def filled(key: str, language: str) -> str:
    return prompt(key, language, **SAMPLES)


def test_the_sample_of_what_was_done_fills_a_segment() -> None:
    done = str(SAMPLES["done"])
    assert segments(done) == 1
    assert segments(f"{done} and more") == 2


def test_we_speak_five_languages() -> None:
    assert set(SENTENCES) == {"de", "en", "es", "fr", "pt"}
    assert spoken_language("pt-BR") == "pt"
    assert spoken_language("de_AT") == "de"
    assert spoken_language("sw") == "en"


@every_language
def test_every_language_says_the_same_with_the_same_places(language: str) -> None:
    words = SENTENCES[language]
    assert list(words) == list(ENGLISH)
    for key, english in ENGLISH.items():
        assert places(words[key]) == places(english), key
        assert sorted(re.findall(r"\d", words[key])) == sorted(re.findall(r"\d", english)), key
        assert words[key].strip() == words[key] != "", key
        assert "  " not in words[key], key
        assert language == DEFAULT_LANGUAGE or words[key] != english, key


@every_language
def test_every_place_is_filled(language: str) -> None:
    for key in ENGLISH:
        assert not re.search(r"[{}]", filled(key, language)), key


@every_language
def test_what_is_said_is_short(language: str) -> None:
    for key in SPOKEN:
        limit = 8 if key in MENUS else LONGER.get(key, 12)
        assert seconds_to_say(filled(key, language), language) <= limit, key


@every_language
@pytest.mark.parametrize(
    ("greeting", "menu"),
    [
        ("page.offer", "page.menu"),
        ("page.ask", "page.menu_ask"),
        ("page.hand_over", "page.menu"),
        ("page.reopened", "page.menu_reopened"),
        ("inbound.officer_case", "page.menu"),
    ],
)
def test_who_answers_has_heard_the_choices_soon(language: str, greeting: str, menu: str) -> None:
    words = f"{filled(greeting, language)} {filled(menu, language)}"
    assert seconds_to_say(words, language) <= (10 if greeting == "page.offer" else 18)


@every_language
@pytest.mark.parametrize("key", TEXTS)
def test_a_text_is_cheap(language: str, key: str) -> None:
    text = fold(filled(key, language), language=language)
    assert is_gsm(text)
    assert segments(text) <= 2


@every_language
@pytest.mark.parametrize("key", ["text.offer", "text.ask", "text.hand_over", "text.reopened", "text.outcome"])
def test_a_page_by_text_has_room_for_its_link(language: str, key: str) -> None:
    assert segments(fold(filled(key, language) + CASE_URL, language=language)) <= 2


@every_language
def test_the_first_words_hold_nothing_of_the_customer(language: str) -> None:
    for key in ("page.offer", "page.voicemail", "text.offer"):
        assert places(SENTENCES[language][key]) <= {"name", "number"}, key


@every_language
def test_a_voice_speaks_the_language(language: str) -> None:
    assert language in VOICES
    assert voice_for(language).language.partition("-")[0] == language


def shouted(words: str) -> list[str]:
    """The words in capitals, by which a text says what to answer."""
    return [word for word in re.findall(r"[^\W\d_]{2,}", words) if word.isupper() and word != "SMS"]


@every_language
def test_what_a_text_asks_for_is_understood(language: str) -> None:
    words = SENTENCES[language]
    yes, no = shouted(words["customer.question"])
    for spelling in (str, str.lower, str.capitalize):
        assert read_customer(spelling(yes)).intent is Intent.YES
        assert read_customer(spelling(no)).intent is Intent.NO
    assert read_customer(fold(yes, language=language)).intent is Intent.YES
    assert read_customer(fold(no, language=language)).intent is Intent.NO
    (call,) = shouted(words["text.you_have_it"])
    assert read_officer(call).intent is Intent.CONNECT
    assert read_officer(yes).intent is Intent.ACCEPT
    assert read_officer(no).intent is Intent.PASS


# --- The callers, read from their source ----------------------------------------------------------------

CALLERS = {"prompt", "_prompt", "_say", "_told"}


def calls_in(tree: ast.AST) -> Iterator[tuple[ast.expr, set[str]]]:
    """The key's expression and the names of the places of each call that fills a sentence."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLERS):
            continue
        if any(keyword.arg is None for keyword in node.keywords):
            continue  # it hands on what its own caller gave
        key = node.args[0] if node.func.id == "prompt" else node.args[1]
        yield key, {str(keyword.arg) for keyword in node.keywords}


def keys_in(node: ast.AST) -> set[str]:
    """The sentences that are named in a piece of source, f"text.{purpose}" for each purpose."""
    found = {
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value in ENGLISH
    }
    for joined in ast.walk(node):
        if isinstance(joined, ast.JoinedStr) and isinstance(joined.values[0], ast.Constant):
            section = str(joined.values[0].value)
            found |= {f"{section}{purpose}" for purpose in Purpose} & set(ENGLISH)
    return found


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(FOLDER.parent.glob("*.py")):
        yield path.name, ast.parse(path.read_text("utf-8"))


def test_every_caller_fills_every_place() -> None:
    checked: set[str] = set()
    for name, module in sources():
        named_outside = {key for node in module.body if isinstance(node, ast.Assign) for key in keys_in(node)}
        for function in (node for node in module.body if isinstance(node, ast.FunctionDef)):
            for key, given in calls_in(function):
                # A key that a variable holds is one that its function names, or the module's table.
                keys = keys_in(key) or keys_in(function) - checked_directly(function) or named_outside
                for sentence in keys:
                    where = f"{name}, line {key.lineno}: {sentence}"
                    assert places(ENGLISH[sentence]) <= given, where
                checked |= keys
    assert checked == set(ENGLISH)


def checked_directly(function: ast.FunctionDef) -> set[str]:
    return {sentence for key, _ in calls_in(function) for sentence in keys_in(key)}


def test_every_sentence_that_is_named_exists_and_each_is_used() -> None:
    sections = "|".join(sorted({key.partition(".")[0] for key in ENGLISH}))
    like_a_key = re.compile(rf"(?:{sections})\.[a-z_]+")
    for name, module in sources():
        for node in ast.walk(module):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                unknown = like_a_key.fullmatch(node.value) and node.value not in ENGLISH
                assert not unknown, f"{name}, line {node.lineno}: {node.value}"
    assert set().union(*(keys_in(module) for _, module in sources())) == set(ENGLISH)
