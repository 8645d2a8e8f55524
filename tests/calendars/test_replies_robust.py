"""Any bytes at all are a reply or none, soon, and what is read of them can be kept in a database."""

import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from calendars.components import LONGEST
from calendars.entries import PartStat
from calendars.replies import LONGEST_MAIL, NoReply, Reply, read_reply
from tests.calendars import wild_replies
from tests.calendars.wild_replies import calendar, mail

SECONDS = 5.0

WILD = [
    made()
    for made in (
        wild_replies.gmail,
        wild_replies.exchange,
        wild_replies.apple,
        wild_replies.thunderbird,
        wild_replies.made_by_vobject,
    )
]


def outcome(message: bytes) -> Reply | NoReply:
    try:
        return read_reply(message)
    except NoReply as none:
        return none


def check(message: bytes) -> Reply | NoReply:
    found = outcome(message)
    if isinstance(found, NoReply):
        assert found.sentence
        assert found.sentence.isprintable()
        if found.reply is None:
            return found
    reply = found if isinstance(found, Reply) else found.reply
    assert reply is not None
    for text in (
        reply.uid,
        reply.attendee,
        reply.recurrence_id,
        reply.sender,
        reply.sent_by,
        reply.message_id,
    ):
        assert text.encode().decode() == text
        assert not any(character < " " or character == "\x7f" for character in text)
        assert len(text) <= 320
    assert "\x00" not in reply.comment
    reply.comment.encode()
    assert reply.uid
    assert "@" in reply.attendee
    assert reply.attendee == reply.attendee.lower() or not reply.attendee.isascii()
    assert reply.stamp.utcoffset() == timedelta(0)
    assert 0 <= reply.sequence < 2**31
    assert reply.partstat in PartStat
    if isinstance(found, Reply):
        assert reply.sender in {reply.attendee, reply.sent_by}
        assert reply.sender
    return found


@given(st.binary(max_size=2000))
@example(b"From: a:b;\n\n")  # the standard library raises AttributeError
@example(b"From: " + b"(" * 1900 + b"\n\n")  # and here RecursionError
@example(b"From: =?utf-8?q?=0aEve?= <ana@example.com>\n\n")
def test_any_bytes_are_a_reply_or_none(message: bytes) -> None:
    check(message)


# What matters to a reader of mail or of calendars, to be put where it does harm.
tokens = st.one_of(
    st.sampled_from(
        [
            *(
                b"\r\n",
                b"\n",
                b"\r",
                b"\r\n ",
                b":",
                b";",
                b"=",
                b'"',
                b"\\",
                b",",
                b"<",
                b">",
                b"@",
                b"(",
                b"\x00",
            ),
            *(
                b"--",
                b"=?utf-8?q?=00?=",
                b"=?x?b?AA==?=",
                b"\xff",
                b"\xed\xa0\x80",
                b"\xc2\x85",
                b"\xe2\x80\xa8",
            ),
            *(b"BEGIN:VCALENDAR\r\n", b"END:VCALENDAR\r\n", b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n"),
            *(b"METHOD:REPLY\r\n", b"UID:x\r\n", b"ATTENDEE:mailto:ana@example.com\r\n", b"SEQUENCE:9\r\n"),
            *(
                b"DTSTAMP:99991231T235959Z\r\n",
                b"Date: 1 Jan 0001 00:00 +2359\r\n",
                b"From: ana@example.com\r\n",
            ),
            *(b"Content-Type: text/calendar\r\n", b"Content-Type: message/rfc822\r\n\r\n", b"MAILTO:%00%0d"),
            b"Content-Transfer-Encoding: uuencode\r\n",
        ]
    ),
    st.binary(max_size=6),
)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    message = draw(st.sampled_from(WILD))
    for _ in range(draw(st.integers(1, 5))):
        begin = draw(st.integers(0, len(message)))
        end = draw(st.one_of(st.just(begin), st.integers(begin, min(len(message), begin + 30))))
        message = message[:begin] + draw(tokens) + message[end:]
    return message


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(spoilt())
def test_a_spoilt_reply_is_a_reply_or_none(message: bytes) -> None:
    check(message)


lines = st.builds(
    "{}{}:{}".format,
    st.sampled_from(
        ["UID", "ATTENDEE", "SEQUENCE", "DTSTAMP", "RECURRENCE-ID", "COMMENT", "METHOD", "BEGIN", "END"]
    ),
    st.sampled_from(
        ["", ";PARTSTAT=DECLINED", ';SENT-BY="mailto:ana@example.com"', ";=", ';X="', ";EMAIL=ana@b"]
    ),
    st.one_of(
        st.text(st.characters(exclude_categories=("Cs",)), max_size=20),
        st.sampled_from(
            ["mailto:ana@example.com", "VEVENT", "VCALENDAR", "REPLY", "-1", "20260101T000000Z", "x"]
        ),
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(lines, max_size=6))
def test_any_lines_within_a_reply_are_a_reply_or_none(more: list[str]) -> None:
    check(mail(calendar(more="\n".join(more)), encoding="8bit"))


@pytest.mark.parametrize("made_by_a_program", WILD)
def test_what_programs_send_stays_a_reply(made_by_a_program: bytes) -> None:
    assert isinstance(check(made_by_a_program), Reply)


HEAD = b"From: ana@example.com\r\nMIME-Version: 1.0\r\n"
MULTIPART = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def deep(levels: int) -> bytes:
    inner = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (level, level + 1)
        for level in range(levels)
    )
    return HEAD + b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n" + inner


def full(message: bytes, filler: bytes) -> bytes:
    """As long as a mail may be."""
    return message + filler * ((LONGEST_MAIL - len(message)) // len(filler))


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(full(deep(15), b"x\n"), id="parts in parts"),
        pytest.param(full(deep(200), b"x\n"), id="too many parts in parts"),
        pytest.param(deep(10_000), id="far too many parts in parts"),
        pytest.param(full(MULTIPART, b"--b\r\n\r\nx\r\n"), id="many parts"),
        pytest.param(full(MULTIPART, b"--b\r\nContent-Type: text/calendar\r\n\r\nA:b\r\n"), id="many calendars"),
        pytest.param(full(b"", b"\n"), id="nothing but lines"),
        pytest.param(full(b"", b"A: b\n"), id="nothing but headers"),
        pytest.param(full(b"From: ", b"x\n "), id="a From without end"),
        pytest.param(full(HEAD + b"Content-Type: text/calendar; a=", b'";'), id="parameters without end"),
        pytest.param(full(HEAD + b"Content-Type: multipart/mixed;\r a=", b'";\r '), id="folded by bare CR"),
        pytest.param(full(HEAD + b"Content-Disposition: attachment", b"; filename*0=%41"), id="a name without end"),
        pytest.param(mail("BEGIN:VCALENDAR\n" + "BEGIN:A\n" * (LONGEST // 9)), id="components in components"),
        pytest.param(mail(calendar(attendee="ATTENDEE" + ";A=b" * 60_000 + ":mailto:a@b.org")), id="an attendee"),
        pytest.param(mail(calendar(attendee="ATTENDEE;CN=" + '"' * 250_000 + ":mailto:ana@b.org")), id="quotes"),
        pytest.param(mail(calendar(attendee="ATTENDEE:mailto:ben@b.org\n" * 10_000)), id="attendees"),
        pytest.param(mail("".join(calendar(uid=f"duty-{n}") for n in range(900))), id="events"),
    ],
)  # fmt: skip
def test_a_hostile_mail_is_done_with_soon(message: bytes) -> None:
    begun = time.process_time()
    check(message)
    assert time.process_time() - begun < SECONDS
