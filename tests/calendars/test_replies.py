"""Answers are read from the mails that programs send, and nothing is read into those that answer nothing."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest
import vobject
from dateutil.tz import tzutc

from calendars.entries import PartStat, Party
from calendars.invitations import render_invitation
from calendars.replies import LONGEST_MAIL, NoReply, Reply, read_reply, supersedes
from tests.calendars import wild_replies
from tests.calendars.examples import FULL
from tests.calendars.wild_replies import ANSWERED, UID, calendar, crlf, mail

PLAIN = Reply(
    uid=UID,
    attendee="ana@example.com",
    partstat=PartStat.ACCEPTED,
    sequence=2,
    stamp=ANSWERED,
    recurrence_id="",
    comment="",
    sender="ana@example.com",
    sent_by="",
    message_id="<reply-1@mail.example.com>",
    automatic=False,
)


@pytest.mark.parametrize(
    ("made_by", "changes"),
    [
        (
            wild_replies.gmail,
            {
                "partstat": PartStat.DECLINED,
                "comment": "Sorry, I am in Madrid",
                "message_id": "<calendar-5f1c6a52@google.com>",
                "automatic": True,
            },
        ),
        (
            wild_replies.exchange,
            {
                "attendee": "ana.ruiz@example.com",
                "sender": "ana.ruiz@example.com",
                "message_id": "<BN8PR12MB3321@BN8PR12MB3321.namprd12.prod.outlook.com>",
            },
        ),
        (
            wild_replies.apple,
            {
                "partstat": PartStat.TENTATIVE,
                "comment": "Perhaps, if Madrid is moved.\nAna",
                "message_id": "<8C1D6A2B-5F7E-4C1A@icloud.com>",
            },
        ),
        (
            wild_replies.thunderbird,
            {
                "sender": "tom@example.com",
                "sent_by": "tom@example.com",
                "message_id": "<d2d1f0c4-3a4f@example.com>",
            },
        ),
        (wild_replies.made_by_vobject, {"comment": "Gladly; thank you, äöü"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_replies_as_they_are_sent(made_by: Any, changes: dict[str, Any]) -> None:
    assert asdict(read_reply(made_by())) == asdict(replace(PLAIN, **changes))


def answered_with_vobject(invitation: str) -> str:
    answer = vobject.readOne(invitation)
    answer.method.value = "REPLY"
    answer.vevent.attendee.params["PARTSTAT"] = ["TENTATIVE"]
    answer.vevent.dtstamp.value = ANSWERED.astimezone(tzutc())
    return str(answer.serialize())


def answered_with_icalendar(invitation: str) -> str:
    answer = icalendar.Calendar.from_ical(invitation)
    answer["METHOD"] = "REPLY"
    (event,) = answer.walk("VEVENT")
    event["ATTENDEE"].params["PARTSTAT"] = "TENTATIVE"
    event.DTSTAMP = ANSWERED
    return answer.to_ical().decode()


@pytest.mark.parametrize("answered", [answered_with_vobject, answered_with_icalendar])
def test_our_own_invitation_answered_by_another_library(answered: Callable[[str], str]) -> None:
    invitation = render_invitation(
        method="REQUEST",
        entry=replace(FULL, sequence=2),
        organizer=Party(email="officer@example.com", name="Officer of the Day"),
        attendee=Party(email="Ana@example.com", name="Ana “Annie” Ruíz, COO"),
    )
    reply = read_reply(mail(answered(invitation)))
    assert reply == replace(PLAIN, uid=FULL.uid, partstat=PartStat.TENTATIVE)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
@pytest.mark.parametrize(
    "content_type",
    [
        "text/calendar; charset=UTF-8; method=REPLY",
        "TEXT/Calendar",
        "application/ics",
        'application/octet-stream; name="invite.ICS"',
        "application/octet-stream\nContent-Disposition: attachment; filename*=utf-8''Antwort%20f%C3%BCr%20Ana.ics",
    ],
)
def test_a_calendar_is_found_in_any_wrapping(encoding: str, content_type: str) -> None:
    reply = read_reply(mail(calendar(more="COMMENT:Grüße"), content_type=content_type, encoding=encoding))
    assert (reply.uid, reply.comment) == (UID, "Grüße")


@pytest.mark.parametrize(
    ("said", "partstat"),
    [
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@example.com", PartStat.ACCEPTED),
        ("attendee;partstat=Declined:MailTo:ANA@EXAMPLE.COM", PartStat.DECLINED),
        ("ATTENDEE;PARTSTAT=TENTATIVE:mailto:ana@example.com?subject=x", PartStat.TENTATIVE),
        ("ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO=\"mailto:b@x.org\":mailto:ana@example.com", PartStat.DELEGATED),
        ("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ana@example.com", PartStat.NEEDS_ACTION),
        ("ATTENDEE;PARTSTAT=X-GLADLY:mailto:ana@example.com", PartStat.NEEDS_ACTION),
        ("ATTENDEE:mailto:ana@example.com", PartStat.NEEDS_ACTION),
        ("ATTENDEE;PARTSTAT=ACCEPTED:mailto:%61na@example.com", PartStat.ACCEPTED),
        ("ATTENDEE;CN=\"a:b;c,d\";PARTSTAT=\"ACCEPTED\":mailto:ana@example.com", PartStat.ACCEPTED),
    ],
)  # fmt: skip
def test_what_an_attendee_may_say(said: str, partstat: PartStat) -> None:
    reply = read_reply(mail(calendar(attendee=said)))
    assert (reply.attendee, reply.partstat) == ("ana@example.com", partstat)


@pytest.mark.parametrize(
    "sender",
    [
        "From: ana@example.com",
        "From: ANA@Example.COM (Ana)",
        'From: "Ruiz, Ana" <ana@example.com>',
        "From: Ruiz, Ana <ana@example.com>",
        "From: =?utf-8?q?Ana_Ru=C3=ADz?= <ana@example.com>",
        "From: Ana Ruíz <ana@example.com>",
        'From: "eve@example.com" <ana@example.com>',
        "From:\n Ana Ruiz\n <ana@example.com>",
    ],
)
def test_a_sender_however_it_is_written(sender: str) -> None:
    assert read_reply(mail(calendar(), sender=sender)).sender == "ana@example.com"


@pytest.mark.parametrize(
    "sender",
    [
        "From: Eve <eve@example.com>",
        "From: ana@example.com <eve@example.com>",
        "From: ana@example.com)<eve@example.com>",
        "From: <ana@example.com> <eve@example.com>",
        "From: ana@example.com, eve@example.com",
        "From: eve@example.com\nFrom: ana@example.com",
        "From: ana@example.com\nFrom: eve@example.com",
        "From: ana@example.com.evil.example",
        "From: xana@example.com",
        "From: ana@example.com" + "x" * 400,
        "From:",
        "Reply-To: ana@example.com",
        "Sender: ana@example.com",
    ],
)
def test_whoever_is_not_plainly_the_attendee_answers_nothing(sender: str) -> None:
    with pytest.raises(NoReply) as refusal:
        read_reply(mail(calendar(), sender=sender))
    assert refusal.value.code == "other_sender"
    assert refusal.value.reply is not None
    assert refusal.value.reply.attendee == "ana@example.com"


def test_letters_that_only_look_alike_are_others() -> None:
    said = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:straße@example.com"
    with pytest.raises(NoReply) as refusal:
        read_reply(mail(calendar(attendee=said), sender="From: strasse@example.com"))
    assert refusal.value.code == "other_sender"


def test_one_who_answers_for_somebody_else_is_named() -> None:
    line = 'ATTENDEE;PARTSTAT=DECLINED;SENT-BY="mailto:tom@example.com":mailto:ana@example.com'
    reply = read_reply(mail(calendar(attendee=line), sender="From: Tom <TOM@example.com>"))
    assert (reply.attendee, reply.sender, reply.sent_by) == (
        "ana@example.com",
        "tom@example.com",
        "tom@example.com",
    )
    with pytest.raises(NoReply) as refusal:
        read_reply(mail(calendar(attendee=line), sender="From: eve@example.com"))
    assert refusal.value.code == "other_sender"


def test_an_assistant_whose_program_does_not_say_so_is_left_to_the_caller() -> None:
    with pytest.raises(NoReply) as refusal:
        read_reply(mail(calendar(), sender="From: tom@example.com"))
    assert refusal.value.reply is not None
    assert (refusal.value.reply.sender, refusal.value.reply.partstat) == (
        "tom@example.com",
        PartStat.ACCEPTED,
    )
    assert "tom@example.com" in refusal.value.sentence
    assert "ana@example.com" in refusal.value.sentence


ALL_ATTENDEES = (
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@example.com\n"
    "ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.com\n"
    "ATTENDEE;PARTSTAT=NEEDS-ACTION:invalid:nomail"
)


def test_of_all_attendees_the_sender_is_the_one_who_answers() -> None:
    assert read_reply(mail(calendar(attendee=ALL_ATTENDEES))).partstat is PartStat.DECLINED
    with pytest.raises(NoReply) as refusal:
        read_reply(mail(calendar(attendee=ALL_ATTENDEES), sender="From: eve@example.com"))
    assert refusal.value.code == "other_sender"


@pytest.mark.parametrize(
    ("said", "stamp"),
    [
        ("DTSTAMP:20260220T170431Z", ANSWERED),
        ("DTSTAMP:20260220T170431", ANSWERED),
        ("", ANSWERED + timedelta(seconds=2)),  # the mail's Date
        ("DTSTAMP:yesterday", ANSWERED + timedelta(seconds=2)),
    ],
)
def test_when_it_was_answered(said: str, stamp: datetime) -> None:
    assert read_reply(mail(calendar(stamp=said))).stamp == stamp


@pytest.mark.parametrize(
    ("said", "sequence"), [("", 0), ("SEQUENCE:0", 0), ("SEQUENCE:2147483647", 2**31 - 1)]
)
def test_which_revision_was_answered(said: str, sequence: int) -> None:
    assert read_reply(mail(calendar(sequence=said))).sequence == sequence


def test_one_occurrence_of_a_series_is_told_from_the_series() -> None:
    occurrence = calendar(more="RECURRENCE-ID:20260302T130000Z")
    assert read_reply(mail(occurrence)).recurrence_id == "20260302T130000Z"
    declined = "ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.com"
    both = occurrence + calendar(attendee=declined)
    reply = read_reply(mail(both))
    assert (reply.recurrence_id, reply.partstat) == ("", PartStat.DECLINED)


def test_a_comment_is_plain_text_of_bounded_length() -> None:
    assert (
        read_reply(mail(calendar(more="COMMENT:one\\ntwo\\, three\\; <b>\x07"))).comment
        == "one\ntwo, three; <b>"
    )
    assert len(read_reply(mail(calendar(more="COMMENT:" + "x" * 5000))).comment) == 1000


def nested(inner: bytes, content_type: str) -> bytes:
    return (
        crlf(f"""
From: ana@example.com
MIME-Version: 1.0
Content-Type: {content_type}; boundary=b

--b
Content-Type: text/plain

See below.
--b
""")
        + inner
        + b"\r\n--b--\r\n"
    )


def forwarded(content: bytes) -> bytes:
    return b"Content-Type: message/rfc822\r\n\r\n" + content


@pytest.mark.parametrize(
    ("message", "code"),
    [
        pytest.param(mail(calendar(method="METHOD:REQUEST")), "other_method", id="request"),
        pytest.param(mail(calendar(method="METHOD:CANCEL")), "other_method", id="cancel"),
        pytest.param(mail(calendar(method="METHOD:COUNTER")), "other_method", id="counter"),
        pytest.param(mail(calendar(method="METHOD:PUBLISH")), "other_method", id="publish"),
        pytest.param(mail(calendar(method="")), "other_method", id="no method"),
        pytest.param(mail(calendar(method="METHOD:REPLY\nMETHOD:CANCEL")), "other_method", id="two methods"),
        pytest.param(
            mail(calendar() + calendar(method="METHOD:CANCEL")), "other_method", id="two calendars of two methods"
        ),
        pytest.param(
            mail(calendar().replace("VEVENT", "VTODO")), "no_event", id="a task"
        ),
        pytest.param(mail(calendar(attendee="")), "no_attendee", id="nobody"),
        pytest.param(
            mail(calendar(attendee="ATTENDEE;PARTSTAT=ACCEPTED:invalid:nomail")), "no_attendee", id="no mailbox"
        ),
        pytest.param(mail(calendar() + calendar(uid="duty-8@officer.example.com")), "several_uids", id="two events"),
        pytest.param(mail(calendar(uid="")), "unreadable", id="no uid"),
        pytest.param(mail(calendar(uid="a\x00b")), "unreadable", id="a NUL in the uid"),
        pytest.param(mail(calendar(uid="x" * 256)), "unreadable", id="a uid without end"),
        pytest.param(mail(calendar(sequence="SEQUENCE:-1")), "unreadable", id="a negative sequence"),
        pytest.param(mail(calendar(sequence="SEQUENCE:2147483648")), "unreadable", id="too large a sequence"),
        pytest.param(mail(calendar(sequence="SEQUENCE:٣")), "unreadable", id="a sequence in Arabic"),
        pytest.param(mail(calendar()[:200]), "unreadable", id="cut off"),
        pytest.param(mail(calendar().replace("END:VEVENT\n", "")), "unreadable", id="an event without end"),
        pytest.param(
            mail(calendar().replace("END:VEVENT\nEND:VCALENDAR", "END:VCALENDAR\nEND:VEVENT")),
            "unreadable",
            id="ends crossed",
        ),
        pytest.param(mail("<html><body>Sign in</body></html>"), "unreadable", id="HTML"),
        pytest.param(mail(b"\xff\xfe\x00" * 100), "unreadable", id="bytes"),
        pytest.param(mail(""), "unreadable", id="empty"),
        pytest.param(mail(calendar(more="COMMENT:" + "x" * 300_000)), "unreadable", id="too long"),
        pytest.param(
            mail(calendar(stamp=""), headers="").replace(b"Date: Fri, 20 Feb", b"Date: Fri, 99 Feb"),
            "unreadable",
            id="answered nobody knows when",
        ),
        pytest.param(mail("Thanks!", content_type="text/plain"), "no_calendar", id="a human's answer"),
        pytest.param(mail(calendar(), content_type="application/ms-tnef"), "no_calendar", id="winmail.dat"),
        pytest.param(nested(forwarded(wild_replies.gmail()), "multipart/mixed"), "no_calendar", id="forwarded"),
        pytest.param(b"", "no_calendar", id="nothing"),
        pytest.param(b"x" * (LONGEST_MAIL + 1), "too_large", id="a large mail"),
    ],
)  # fmt: skip
def test_what_answers_nothing(message: bytes, code: str) -> None:
    with pytest.raises(NoReply) as refusal:
        read_reply(message)
    assert refusal.value.code == code
    assert refusal.value.sentence.endswith(".")
    assert "\n" not in refusal.value.sentence


def test_a_sentence_names_the_method_and_stays_one_line() -> None:
    with pytest.raises(NoReply, match="method is COUNTER, not REPLY"):
        read_reply(mail(calendar(method="METHOD:COUNTER")))
    with pytest.raises(NoReply) as refusal:
        read_reply(mail(calendar(method="METHOD:" + "EVIL\x1b[2J" * 100)))
    assert len(refusal.value.sentence) < 100
    assert refusal.value.sentence.isprintable()


@pytest.mark.parametrize(
    "headers",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; owner-email=x",
        "Auto-Submitted: AUTO-Replied (vacation)",
        "Precedence: bulk",
        "Precedence: auto_reply",
        "X-Autoreply: yes",
        "X-Autorespond: away",
        "Return-Path: <>",
    ],
)
def test_automatic_mail_is_known(headers: str) -> None:
    with pytest.raises(NoReply) as refusal:
        read_reply(mail("I am away.", content_type="text/plain", headers=headers))
    assert refusal.value.code == "automatic"
    # "Declined, out of office" by somebody's calendar is an answer; it is only never answered in turn.
    assert read_reply(mail(calendar(), headers=headers)).automatic


def test_mail_by_hand_is_not_automatic() -> None:
    assert not read_reply(
        mail(calendar(), headers="Auto-Submitted: no\nReturn-Path: <ana@example.com>")
    ).automatic


def test_a_bounce_answers_nothing_whatever_it_brings_back() -> None:
    returned = nested(mail(calendar()), 'multipart/report; report-type="delivery-status"')
    with pytest.raises(NoReply) as refusal:
        read_reply(returned)
    assert refusal.value.code == "report"
    old_bounce = mail(
        "Returned mail", content_type="text/plain", sender="From: MAILER-DAEMON@mail.example.com"
    )
    with pytest.raises(NoReply) as refusal:
        read_reply(old_bounce)
    assert refusal.value.code == "automatic"


def test_where_the_inline_calendar_is_broken_the_attached_one_counts() -> None:
    whole = wild_replies.gmail()
    assert whole.count(b"END:VEVENT\r\n") == 1  # the other is in base64
    assert read_reply(whole.replace(b"END:VEVENT\r\n", b"")).partstat is PartStat.DECLINED
    begin = b"QkVHSU46VkNBTEVOREFS"  # BEGIN:VCALENDAR
    assert whole.count(begin) == 1
    assert read_reply(whole.replace(begin, b"")).partstat is PartStat.DECLINED


@pytest.mark.parametrize(
    ("previous", "newer"),
    [
        ((2, None), True),
        ((1, None), True),
        ((3, None), False),
        ((2, ANSWERED), False),
        ((2, ANSWERED - timedelta(seconds=1)), True),
        ((2, ANSWERED + timedelta(seconds=1)), False),
        ((1, ANSWERED + timedelta(days=9)), True),
        ((3, ANSWERED - timedelta(days=9)), False),
    ],
)
def test_which_of_two_answers_counts(previous: tuple[int, datetime | None], newer: bool) -> None:
    assert supersedes(previous, PLAIN) is newer


def test_stamps_are_compared_as_instants() -> None:
    assert PLAIN.stamp.tzinfo is UTC
