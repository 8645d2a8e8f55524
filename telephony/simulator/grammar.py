"""What Twilio's documents allow: TwiML's verbs, nesting and attributes, from Twilio's own published files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

CONTRACT = Path(__file__).with_name("contract.json")
"""The operations and verbs we serve, cut from twilio-oai (MIT) and the twilio package; see its `source`."""


@cache
def contract() -> dict[str, Any]:
    """The whole file."""
    loaded: dict[str, Any] = json.loads(CONTRACT.read_text())
    return loaded


class BadTwiml(Exception):
    """The document cannot be run; `code` is Twilio's."""

    def __init__(self, code: int, text: str) -> None:
        """Keep the code beside the words."""
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class Document:
    """A parsed document: its verbs, and what Twilio's debugger would warn of."""

    verbs: list[ET.Element]
    warnings: list[tuple[int, str]]


def parse(text: str, *, kind: str) -> Document:
    """Read a TwiML document of `kind` (voice, messaging).

    Raises BadTwiml: 12100 for broken XML, 12200 for a wrong root or an unknown verb.
    """
    if "<!DOCTYPE" in text[:1000]:
        raise BadTwiml(12100, "a DOCTYPE is not TwiML")
    try:
        root = ET.fromstring(text.strip())  # noqa: S314 - no DOCTYPE, 64 KB at most, the application's own
    except ET.ParseError as error:
        raise BadTwiml(12100, f"document parse failure: {error}") from error
    if root.tag != "Response":
        raise BadTwiml(12200, f"the root is <{root.tag}>, not <Response>")
    grammar = contract()["twiml"][kind]
    warnings: list[tuple[int, str]] = []
    for verb in root:
        if verb.tag not in grammar["Response"]["children"]:
            raise BadTwiml(12200, f"unknown verb <{verb.tag}>")
    _check(root, grammar, warnings)
    return Document(list(root), warnings)


def _check(element: ET.Element, grammar: dict[str, Any], warnings: list[tuple[int, str]]) -> None:
    rule = grammar.get(element.tag)
    if rule is None:
        return
    unknown = [name for name in element.attrib if name not in rule["attrs"]]
    warnings.extend((12200, f"<{element.tag}> has no attribute {name!r}") for name in unknown)
    if not rule["text"] and (element.text or "").strip():
        warnings.append((12200, f"<{element.tag}> takes no text"))
    for child in element:
        if child.tag in rule["children"]:
            _check(child, grammar, warnings)
        elif element.tag != "Response":
            warnings.append((12200, f"<{child.tag}> may not stand in <{element.tag}>"))


def text_of(element: ET.Element) -> str:
    """The words of an element and of the markup (SSML) in it, with single spaces."""
    return " ".join("".join(element.itertext()).split())


def flag(element: ET.Element, name: str, *, default: bool) -> bool:
    """A true/false attribute."""
    value = element.get(name)
    return default if value is None else value.strip().lower() == "true"


def number(
    element: ET.Element, name: str, *, default: int, warnings: list[tuple[int, str]] | None = None
) -> int:
    """A whole, non-negative attribute; a bad one is warned of and the default taken, as Twilio does."""
    value = element.get(name)
    if value is None:
        return default
    if value.strip().isdecimal():
        return int(value)
    if warnings is not None:
        warnings.append((12200, f"<{element.tag}> {name}={value!r} is not a number"))
    return default
