"""Bad requests to raise an escalation: each is answered by a problem that names the field, and leaves no trace."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.bodies import MAX_BYTES
from tests.api.conftest import Program, fields_of, problem_of, tables

NUL, BELL, OVERRIDE = "\x00", "\x07", "\u202e"
GOOD: dict[str, Any] = {"account": "ACME", "summary": "Checkout is down."}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


# What is said instead of, or beside, the good request, and which fields are named with which code.
TABLE: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    # Missing and empty
    ("no account", {"account": ...}, {"account": "required"}),
    ("no summary", {"summary": ...}, {"summary": "required"}),
    ("nothing at all", {"account": ..., "summary": ...}, {"account": "required", "summary": "required"}),
    ("empty account", {"account": ""}, {"account": "blank"}),
    ("empty summary", {"summary": ""}, {"summary": "blank"}),
    ("white summary", {"summary": " \t\n\u00a0"}, {"summary": "blank"}),
    ("null summary", {"summary": None}, {"summary": "null"}),
    ("null severity", {"severity": None}, {"severity": "null"}),
    ("null contact", {"contact": None}, {"contact": "null"}),
    ("null public_risk", {"public_risk": None}, {"public_risk": "null"}),
    # Wrong type
    ("number for summary", {"summary": 42}, {"summary": "invalid"}),
    ("float for summary", {"summary": 4.2}, {"summary": "invalid"}),
    ("boolean for summary", {"summary": True}, {"summary": "invalid"}),
    ("array for summary", {"summary": ["down"]}, {"summary": "invalid"}),
    ("object for account", {"account": {"external_id": "ACME"}}, {"account": "invalid"}),
    ("number for account", {"account": 7}, {"account": "invalid"}),
    ("string for boolean", {"public_risk": "true"}, {"public_risk": "invalid"}),
    ("number for boolean", {"public_risk": 1}, {"public_risk": "invalid"}),
    ("array for boolean", {"public_risk": []}, {"public_risk": "invalid"}),
    ("array for severity", {"severity": ["high"]}, {"severity": "invalid_choice"}),
    ("number for severity", {"severity": 2}, {"severity": "invalid_choice"}),
    ("object for connect", {"connect": {}}, {"connect": "invalid_choice"}),
    ("string for contact", {"contact": "Grace"}, {"contact": "invalid"}),
    ("array for contact", {"contact": [{"name": "Grace"}]}, {"contact": "invalid"}),
    ("number for phone", {"contact": {"phone": 15550190001}}, {"contact.phone": "invalid"}),
    ("number for agent_phone", {"agent_phone": 15550190001}, {"agent_phone": "invalid"}),
    ("array for e-mail", {"contact": {"email": ["a@b.example"]}}, {"contact.email": "invalid"}),
    ("boolean for e-mail", {"contact": {"email": True}}, {"contact.email": "invalid"}),
    # No such choice
    ("unknown severity", {"severity": "urgent"}, {"severity": "invalid_choice"}),
    ("severity in capitals", {"severity": "High"}, {"severity": "invalid_choice"}),
    ("unknown connect", {"connect": "everybody"}, {"connect": "invalid_choice"}),
    # Absurd length and numbers
    ("long summary", {"summary": "x" * 2001}, {"summary": "max_length"}),
    ("long summary in emoji", {"summary": "🐢" * 2001}, {"summary": "max_length"}),
    ("long tried", {"tried": "x" * 100_000}, {"tried": "max_length"}),
    ("long wants", {"wants": "x" * 2001}, {"wants": "max_length"}),
    ("long account", {"account": "A" * 65}, {"account": "max_length"}),
    ("long name", {"contact": {"name": "N" * 121}}, {"contact.name": "max_length"}),
    ("long phone", {"contact": {"phone": "+1555" + "0" * 60}}, {"contact.phone": "max_length"}),
    ("long e-mail", {"contact": {"email": "a" * 250 + "@b.example"}}, {"contact.email": "max_length"}),
    ("long programme", {"programme": "p" * 65}, {"programme": "max_length"}),
    ("huge number", {"summary": 10**4000}, {"summary": "invalid"}),
    ("long unknown name", {"x" * 5000: 1}, {"x" * 64 + "…": "unknown_field"}),
    # Nobody and nothing of that name
    ("unknown account", {"account": "ATLANTIS"}, {"account": "unknown"}),
    ("account in small letters", {"account": "acme"}, {"account": "unknown"}),
    ("account with quotes", {"account": "' OR 1=1 --"}, {"account": "unknown"}),
    ("unknown programme", {"programme": "atlantis"}, {"programme": "unknown"}),
    ("wrong time zone for a programme", {"programme": "Mars/Olympus_Mons"}, {"programme": "unknown"}),
    ("a time zone of its own", {"time_zone": "Mars/Olympus_Mons"}, {"time_zone": "unknown_field"}),
    # Telephone numbers
    ("no phone", {"contact": {"phone": "call me"}}, {"contact.phone": "bad_number"}),
    ("short phone", {"contact": {"phone": "123"}}, {"contact.phone": "bad_number"}),
    ("too many digits", {"contact": {"phone": "+1555019000123456"}}, {"contact.phone": "bad_number"}),
    ("unknown country code", {"contact": {"phone": "+999123456789"}}, {"contact.phone": "bad_number"}),
    ("emergency number", {"contact": {"phone": "911"}}, {"contact.phone": "bad_number"}),
    ("premium number", {"contact": {"phone": "+19005550123"}}, {"contact.phone": "bad_number"}),
    ("extension", {"contact": {"phone": "+1 212 555 0177 ext. 5"}}, {"contact.phone": "bad_number"}),
    ("bad agent phone", {"connect": "agent", "agent_phone": "x"}, {"agent_phone": "bad_number"}),
    ("turtle for a phone", {"contact": {"phone": "🐢"}}, {"contact.phone": "bad_number"}),
    # E-mail
    ("no e-mail", {"contact": {"email": "grace"}}, {"contact.email": "invalid"}),
    ("two e-mails", {"contact": {"email": "a@b.example, c@d.example"}}, {"contact.email": "invalid"}),
    (
        "e-mail with a line",
        {"contact": {"email": "a@b.example\nBcc: x@y.example"}},
        {"contact.email": "invalid"},
    ),
    ("empty e-mail", {"contact": {"email": ""}}, {"contact.email": "blank"}),
    # Letters that nobody speaks
    ("NUL in summary", {"summary": f"down{NUL}"}, {"summary": "null_characters_not_allowed"}),
    ("NUL in a name", {"contact": {"name": NUL}}, {"contact.name": "null_characters_not_allowed"}),
    ("NUL in account", {"account": f"AC{NUL}ME"}, {"account": "null_characters_not_allowed"}),
    ("NUL in a key", {f"a{NUL}": 1}, {"a\\u0000": "null_characters_not_allowed"}),
    ("bell in summary", {"summary": f"down{BELL}"}, {"summary": "control_characters"}),
    ("escape in wants", {"wants": "\x1b[31mred"}, {"wants": "control_characters"}),
    ("line break in a name", {"contact": {"name": "Grace\nHall"}}, {"contact.name": "control_characters"}),
    ("half a surrogate pair", {"summary": "\ud83d"}, {"summary": "surrogate_characters_not_allowed"}),
    ("half a pair in a key", {"\udc22": 1}, {"\\udc22": "surrogate_characters_not_allowed"}),
    ("turned letters for an account", {"account": f"{OVERRIDE}EMCA"}, {"account": "unknown"}),
    # Keys that are not there
    ("unknown field", {"priority": "high"}, {"priority": "unknown_field"}),
    ("unknown field within", {"contact": {"fax": "1"}}, {"contact.fax": "unknown_field"}),
    ("emoji for a field", {"🐢": 1}, {"🐢": "unknown_field"}),
    ("right-to-left field", {"שלום": 1}, {"שלום": "unknown_field"}),
    ("prototype", {"__proto__": {"admin": True}}, {"__proto__": "unknown_field"}),
    ("read-only field", {"status": "closed"}, {"status": "unknown_field"}),
    ("another raiser", {"raised_by": 1}, {"raised_by": "unknown_field"}),
    ("ten levels", {"extra": nested(10)}, {"extra": "unknown_field"}),
    (
        "several at once",
        {
            "summary": "",
            "severity": "urgent",
            "public_risk": "no",
            "contact": {"email": "x", "fax": 1},
            "x": 1,
        },
        {
            "summary": "blank",
            "severity": "invalid_choice",
            "public_risk": "invalid",
            "contact.email": "invalid",
            "contact.fax": "unknown_field",
            "x": "unknown_field",
        },
    ),
]


@pytest.fixture
def caller(programme, acme, cleo, program) -> Program:
    caller = program(cleo)
    caller.read("me/")
    return caller


@pytest.mark.parametrize(("change", "fields"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_bad_request_is_named_and_leaves_no_trace(caller, change, fields):
    before = tables()
    body = {name: value for name, value in (GOOD | change).items() if value is not ...}
    assert fields_of(caller.send("escalations/", body, key="once")) == fields
    assert tables() == before


RAW: list[tuple[str, bytes, dict[str, Any], int, str, str]] = [
    ("no body", b"", {}, 400, "account", "required"),
    ("white body", b"  ", {}, 400, "", "malformed_json"),
    ("cut off", b'{"account": "ACME", "summary"', {}, 400, "", "malformed_json"),
    ("comment", b'{"account": "ACME" /* mine */}', {}, 400, "", "malformed_json"),
    ("array", b'[{"account": "ACME", "summary": "x"}]', {}, 400, "", "not_an_object"),
    ("null", b"null", {}, 400, "", "not_an_object"),
    ("string", b'"ACME"', {}, 400, "", "not_an_object"),
    ("not a number", b'{"account": "ACME", "summary": NaN}', {}, 400, "", "malformed_json"),
    ("endless number", b'{"summary": ' + b"1" * 5000 + b"}", {}, 400, "", "number_too_large"),
    ("latin-1", '{"account": "ACME", "summary": "è"}'.encode("latin-1"), {}, 400, "", "not_utf8"),
    ("utf-16", '{"account": "ACME"}'.encode("utf-16"), {}, 400, "", "not_utf8"),
    ("binary", bytes(range(256)), {}, 400, "", "not_utf8"),
    ("key twice", b'{"account": "ACME", "account": "TINY"}', {}, 400, "account", "duplicate_key"),
    ("nesting bomb", b'{"a":' * 50_000 + b"1" + b"}" * 50_000, {}, 413, "", "too_large"),
    ("smaller bomb", b'{"a":' * 9_000 + b"1" + b"}" * 9_000, {}, 413, "", "too_deep"),
    ("too large", b'{"summary": "' + b"x" * MAX_BYTES + b'"}', {}, 413, "", "too_large"),
    (
        "form",
        b"account=ACME",
        {"content_type": "application/x-www-form-urlencoded"},
        415,
        "",
        "unsupported_media_type",
    ),
    (
        "multipart",
        b"--x--",
        {"content_type": "multipart/form-data; boundary=x"},
        415,
        "",
        "unsupported_media_type",
    ),
    ("plain text", b"{}", {"content_type": "text/plain"}, 415, "", "unsupported_media_type"),
    ("no media type", b"{}", {"content_type": ""}, 415, "", "unsupported_media_type"),
    ("nonsense type", b"{}", {"content_type": ";;=/"}, 415, "", "unsupported_media_type"),
    ("zipped", b"\x1f\x8b", {"headers": {"Content-Encoding": "gzip"}}, 415, "", "unsupported_media_type"),
    ("not acceptable", b"{}", {"headers": {"Accept": "text/csv"}}, 406, "", "not_acceptable"),
]


@pytest.mark.parametrize(
    ("raw", "options", "status", "field", "code"), [row[1:] for row in RAW], ids=[row[0] for row in RAW]
)
def test_a_body_that_is_no_request_is_named_and_leaves_no_trace(caller, raw, options, status, field, code):
    before = tables()
    options = {name: dict(value) if isinstance(value, dict) else value for name, value in options.items()}
    fields = fields_of(caller.send("escalations/", raw, **options), status)
    assert fields[field] == code
    assert tables() == before


def test_a_cut_off_body_says_where(caller):
    body = b'{"account": "ACME",\n "summary": oops}'
    assert "line 2, column 13" in problem_of(caller.send("escalations/", body), 400)["detail"]


def test_any_script_and_emoji_are_welcome(caller):
    words = "\u200fשלום — مرحبا — 日本 — 🐢👩‍💻 — e\u0301"
    answer = caller.send("escalations/", GOOD | {"summary": words})
    assert answer.status_code == 201
    assert words in answer.json()["brief"]


def test_the_agent_needs_a_number_when_the_raiser_has_none(caller, cleo):
    cleo.phone, cleo.phone_verified_at = "", None
    cleo.save()
    before = tables()
    assert fields_of(caller.send("escalations/", GOOD | {"connect": "agent"})) == {"agent_phone": "required"}
    assert tables() == before


def test_without_any_programme_that_is_said(acme, cleo, program):
    assert fields_of(program(cleo).send("escalations/", GOOD)) == {"programme": "none"}


ANY_TEXT = st.text(max_size=30)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
KNOWN_FIELDS = st.sampled_from(
    [
        "account",
        "contact",
        "summary",
        "tried",
        "wants",
        "severity",
        "public_risk",
        "connect",
        "agent_phone",
        "programme",
    ]
)
KNOWN_PARAMETERS = st.sampled_from(["status", "programme", "mine", "open", "cursor", "page_size"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    change=st.dictionaries(
        KNOWN_FIELDS, ANY_JSON | st.fixed_dictionaries({"phone": ANY_TEXT, "email": ANY_TEXT})
    )
)
def test_whatever_is_said_is_taken_or_named(caller, change):
    answer = caller.send("escalations/", GOOD | change)
    if answer.status_code != 201:
        assert {name.partition(".")[0] for name in fields_of(answer)} <= set(change)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.dictionaries(KNOWN_PARAMETERS, ANY_TEXT))
def test_whatever_is_asked_is_answered_or_named(caller, query):
    answer = caller.read("escalations/", **query)
    if answer.status_code != 200:
        assert set(fields_of(answer)) <= set(query)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=60))
def test_whatever_bytes_are_sent_are_a_bad_request(caller, raw):
    problem_of(caller.send("escalations/", raw), 400)
