"""Invitations, updates and cancellations say what was meant, to parsers that are not ours."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from calendars.entries import Alarm, BadEntry, Entry, PartStat, Party, Role, Status, uid_for
from calendars.invitations import Method, render_invitation
from tests.calendars.examples import DAYS, FULL, TEXTS, WRITTEN, entry
from tests.calendars.readers import Calendar, as_meant, every_reader
from tests.calendars.readers import Party as ReadParty

Reader = Callable[[bytes], Calendar]

OFFICE = Party(email="officer@example.com", name="Officer of the Day")
ANA = Party(email="ana@example.com", name="Ana Ruiz")


def invitation(
    told: Entry, *, method: Method = "REQUEST", organizer: Party = OFFICE, attendee: Party = ANA
) -> bytes:
    return render_invitation(method=method, entry=told, organizer=organizer, attendee=attendee).encode()


@every_reader
def test_a_request_is_read_as_it_was_meant(read: Reader) -> None:
    told = replace(FULL, status=Status.CONFIRMED, transparent=False)
    calendar = read(invitation(told))
    assert calendar.method == "REQUEST"
    (event,) = calendar.events
    assert event == as_meant(told, organizer=event.organizer, attendees=event.attendees)
    assert event.organizer == (ReadParty("mailto:officer@example.com", "Officer of the Day"),)
    assert event.attendees == (
        ReadParty(
            "mailto:ana@example.com",
            "Ana Ruiz",
            {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"},
        ),
    )


@every_reader
def test_a_cancellation_takes_the_same_entry_back(read: Reader) -> None:
    told = entry(sequence=3, alarms=(Alarm(minutes_before=60, text="Soon"),))
    calendar = read(invitation(told, method="CANCEL"))
    assert calendar.method == "CANCEL"
    (event,) = calendar.events
    assert (event.uid, event.sequence, event.status) == (told.uid, 3, "CANCELLED")
    assert (event.start, event.end, event.alarms) == (told.start, told.end, ())
    assert event.organizer[0].address == "mailto:officer@example.com"
    assert [party.address for party in event.attendees] == ["mailto:ana@example.com"]


@every_reader
@pytest.mark.parametrize("told", DAYS.values(), ids=DAYS.keys())
def test_days_at_which_calendars_go_wrong(read: Reader, told: Entry) -> None:
    (event,) = read(invitation(told)).events
    assert (event.start, event.end) == (told.start, told.end)


@every_reader
def test_texts_at_which_calendars_go_wrong(read: Reader) -> None:
    text = "\n".join(TEXTS.values())
    (event,) = read(invitation(entry(description=text))).events
    assert event.description == text


@every_reader
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ruiz, Ana", "Ruiz, Ana"),
        ("Ana “Annie” Ruíz", "Ana “Annie” Ruíz"),
        ('Ana "Annie" Ruiz', "Ana 'Annie' Ruiz"),
        ("Ana; CEO: Acme^n", "Ana, CEO Acme n"),
        ("Ana\r\nATTENDEE:mailto:eve@example.com", "Ana ATTENDEE mailto eve@example.com"),
        ("Ana " + "Größe" * 30, "Ana " + "Größe" * 30),
        ("", ""),
        ("^", ""),
    ],
)
def test_a_name_never_breaks_its_line(read: Reader, name: str, shown: str) -> None:
    (event,) = read(invitation(entry(), attendee=replace(ANA, name=name))).events
    assert [(party.address, party.name) for party in event.attendees] == [("mailto:ana@example.com", shown)]


@every_reader
def test_an_update_keeps_what_was_answered_where_the_caller_says_so(read: Reader) -> None:
    attendee = replace(ANA, partstat=PartStat.ACCEPTED, role=Role.OPTIONAL)
    told = entry(sequence=1, stamp=WRITTEN + timedelta(hours=1))
    (event,) = read(invitation(told, attendee=attendee)).events
    assert event.attendees[0].parameters["PARTSTAT"] == "ACCEPTED"
    assert event.attendees[0].parameters["ROLE"] == "OPT-PARTICIPANT"
    assert (event.sequence, event.stamp) == (1, WRITTEN + timedelta(hours=1))


def test_an_invitation_is_the_same_bytes_each_time() -> None:
    assert invitation(FULL) == invitation(FULL)


def test_an_all_day_entry_is_written_in_days() -> None:
    lines = invitation(entry(start=date(2028, 2, 29), end=date(2028, 3, 1))).split(b"\r\n")
    assert b"DTSTART;VALUE=DATE:20280229" in lines
    assert b"DTEND;VALUE=DATE:20280301" in lines


def test_the_organizer_is_not_the_one_invited() -> None:
    small, large = Party(email="officer@example.com"), Party(email="Officer@Example.com")
    for organizer, attendee in ((small, large), (large, small)):
        with pytest.raises(BadEntry, match="organizer"):
            invitation(entry(), organizer=organizer, attendee=attendee)


def test_who_has_no_name_has_no_empty_one() -> None:
    assert b"CN=" not in invitation(
        entry(), organizer=Party(email="o@example.com"), attendee=replace(ANA, name="^")
    )


def test_a_cancelled_entry_is_not_asked_for() -> None:
    with pytest.raises(BadEntry, match="CANCEL"):
        invitation(entry(status=Status.CANCELLED))


@pytest.mark.parametrize(
    "email",
    ["", "ana", "ana@", "ana@example.com\r\nX:1", "a b@example.com", '"a:b"@example.com', "ana@exämple.com"],
)
def test_an_address_that_cannot_be_written_is_refused(email: str) -> None:
    with pytest.raises(BadEntry) as refusal:
        Party(email=email)
    assert refusal.value.field == "email"


def test_a_uid_is_the_same_for_the_same_row() -> None:
    assert uid_for("duty", 7, "officer.example.com") == "duty-7@officer.example.com"
    for kind, host in (
        ("", "example.com"),
        ("Duty", "example.com"),
        ("duty", ""),
        ("duty", "a b"),
        ("duty", "a@b"),
    ):
        with pytest.raises(BadEntry):
            uid_for(kind, 7, host)
