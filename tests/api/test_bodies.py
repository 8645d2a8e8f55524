"""What the door takes as JSON, and what it says of the rest. Pure: no database."""

import pytest
from rest_framework.exceptions import APIException

from api.bodies import MAX_DEPTH, read_object
from api.problems import of_api_exception


def test_an_ordinary_object_is_read():
    assert read_object('{"a": "żółw 🐢 שלום", "b": [1, 2.5, null, true]}'.encode()) == {
        "a": "żółw 🐢 שלום",
        "b": [1, 2.5, None, True],
    }


def test_a_byte_order_mark_is_forgiven():
    assert read_object(b"\xef\xbb\xbf{}") == {}


def test_an_escaped_pair_of_surrogates_is_a_letter():
    assert read_object(rb'{"a": "\ud83d\udc22"}') == {"a": "🐢"}


@pytest.mark.parametrize(
    ("raw", "status", "field", "code", "words"),
    [
        (b"", 400, "", "malformed_json", "line 1, column 1"),
        (b"{", 400, "", "malformed_json", "line 1, column 2"),
        (b'{"a": 1,\n "b": }', 400, "", "malformed_json", "line 2, column 7"),
        (b"{} {}", 400, "", "malformed_json", "column 4"),
        (b"{'a': 1}", 400, "", "malformed_json", "column 2"),
        (b'{"a": NaN}', 400, "", "malformed_json", "NaN"),
        (b'{"a": -Infinity}', 400, "", "malformed_json", "Infinity"),
        (b'{"a": "\x01"}', 400, "", "malformed_json", "control character"),
        (b'{"a": "\xff"}', 400, "", "not_utf8", "byte 8"),
        ("{}".encode("utf-16"), 400, "", "not_utf8", "byte 1"),
        (b"[]", 400, "", "not_an_object", "an array"),
        (b"null", 400, "", "not_an_object", "null"),
        (b"true", 400, "", "not_an_object", "a boolean"),
        (b'"a"', 400, "", "not_an_object", "a string"),
        (b"12", 400, "", "not_an_object", "a number"),
        (b'{"a": ' + b"9" * 5000 + b"}", 400, "", "number_too_large", "too large"),
        (b'{"a": 1, "a": 2}', 400, "a", "duplicate_key", "twice"),
        (b'{"x": {"b": 1, "b": 2}}', 400, "b", "duplicate_key", "twice"),
        (rb'{"a": "\u0000"}', 400, "a", "null_characters_not_allowed", "NUL"),
        (rb'{"a": {"b": ["x", "\u0000"]}}', 400, "a.b.1", "null_characters_not_allowed", "NUL"),
        (rb'{"\u0000": 1}', 400, "\\u0000", "null_characters_not_allowed", "NUL"),
        (rb'{"a": "ok \ud800 no"}', 400, "a", "surrogate_characters_not_allowed", "Character 4"),
        (rb'{"\udfff": 1}', 400, "\\udfff", "surrogate_characters_not_allowed", "surrogate"),
        (b'{"a":' * 17 + b"1" + b"}" * 17, 413, "", "too_deep", f"{MAX_DEPTH} levels"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 413, "", "too_deep", "levels"),
        (b"[" * 100_000, 413, "", "too_deep", "levels"),
    ],
)
def test_what_is_not_plainly_meant_is_refused(raw, status, field, code, words):
    with pytest.raises(APIException) as caught:
        read_object(raw)
    problem = of_api_exception(caught.value)
    assert problem.status == status
    assert [(error.field, error.code) for error in problem.errors] == [(field, code)]
    assert words in problem.errors[0].detail


def test_the_deepest_allowed_body_passes():
    read_object(b'{"a":' * 16 + b"1" + b"}" * 16)
