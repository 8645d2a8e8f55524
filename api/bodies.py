"""Reads a request's JSON and takes nothing that is not plainly meant (RFC 8259; RFC 7493 for keys)."""

import json
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ErrorDetail, ParseError, UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser

from api.problems import BodyTooLarge

# The longest escalation in the widest script, every character escaped, is about 80 KB.
MAX_BYTES = 256 * 1024
# Our deepest body has two levels.
MAX_DEPTH = 16
_SHOWN_NAME = 64


class StrictJson(BaseParser):
    """One JSON object in UTF-8, of bounded size and depth, each key once."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        meta = parser_context["request"].META
        encoding = meta.get("HTTP_CONTENT_ENCODING", "")
        if encoding.lower() not in {"", "identity"}:
            raise UnsupportedMediaType(encoding, detail="Send the body uncompressed.")
        # A body that says it is too large is not even read.
        declared = meta.get("CONTENT_LENGTH") or "0"
        if declared.isdecimal() and int(declared) > MAX_BYTES:
            raise _too_large()
        raw = stream.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise _too_large()
        return read_object(raw)


def read_object(raw: bytes) -> dict[str, Any]:
    """The object in these bytes. Raises `ParseError` or, where a field is to blame, `ValidationError`."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is not UTF-8: byte {error.start + 1} is wrong.", "not_utf8") from error
    try:
        value = json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_such_number)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ParseError(f"The body is not JSON: {error.msg} at {where}.", "malformed_json") from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:  # Python reads no whole number of more than 4,300 digits
        raise ParseError("The body holds a number that is too large.", "number_too_large") from error
    if not isinstance(value, dict):
        raise ParseError(f"Send one JSON object, not {_kind(value)}.", "not_an_object")
    _check_content(value)
    return value


def shown(name: str) -> str:
    """A key as an error may name it: printable and short."""
    plain = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in name)
    return plain if len(plain) <= _SHOWN_NAME else plain[:_SHOWN_NAME] + "…"


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _wrong(shown(name), "duplicate_key", "The key is given twice; which one is meant?")
        found[name] = value
    return found


def _no_such_number(name: str) -> NoReturn:
    raise ParseError(f"JSON knows no {name}.", "malformed_json")


def _check_content(body: dict[str, Any]) -> None:
    """Refuse what no field of ours could hold: nesting bombs, NUL, and halves of surrogate pairs."""
    waiting: list[tuple[str, Any, int]] = [("", body, 1)]
    while waiting:
        path, value, depth = waiting.pop()
        if isinstance(value, str):
            _check_text(path, value)
        elif isinstance(value, dict | list):
            if depth > MAX_DEPTH:
                raise _too_deep()
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for name, inner in items:
                own = f"{path}.{shown(str(name))}" if path else shown(str(name))
                if isinstance(name, str):
                    _check_text(own, name)
                waiting.append((own, inner, depth + 1))


def _check_text(path: str, text: str) -> None:
    if "\x00" in text:
        raise _wrong(path, "null_characters_not_allowed", "Leave out the NUL characters.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        where = error.start + 1
        raise _wrong(
            path, "surrogate_characters_not_allowed", f"Character {where} is half of a surrogate pair."
        ) from error


def _wrong(path: str, code: str, words: str) -> ValidationError:
    return ValidationError({path: [ErrorDetail(words, code)]})


def _too_large() -> BodyTooLarge:
    return BodyTooLarge(f"The body has more than {MAX_BYTES:,} bytes.")


def _too_deep() -> BodyTooLarge:
    return BodyTooLarge(f"The body is nested more than {MAX_DEPTH} levels deep.", "too_deep")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}
    return names[type(value)]
