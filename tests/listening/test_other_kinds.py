"""Ride-alongs, audits and reviews: each with its evidence and a line of its own, never mixed with live listening."""

import io
import wave
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings
from time_machine import Traveller

from customers.models import Account
from learnings.models import Learning, Source, Thanks, Touchpoint
from listening import audits, reviews, ride_alongs
from listening.debriefs import Learnt, write_debrief
from listening.errors import BadInput, NotAllowed, NotNow
from listening.intervals import whole_seconds
from listening.ledger import month_totals, outlook
from listening.models import (
    AuditItem,
    Credit,
    Evidence,
    Recording,
    RideAlong,
    Session,
    SessionStatus,
)
from listening.other_evidence import Beat, examined, heard
from people.errors import Refused
from people.models import Letter, Person
from rota.models import Programme
from tests.conftest import make_person

NOW = datetime(2026, 6, 17, 14, 0, tzinfo=UTC)
JUNE = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def _uploads(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def sam(db: None) -> Person:
    return make_person("sam@example.com", "Sam Seller")


@pytest.fixture
def billing(dora: Person) -> Touchpoint:
    return Touchpoint.objects.create(name="Billing", owner=dora)


def debrief(session: Session, billing: Touchpoint, **fields: Any) -> None:
    write_debrief(
        session=session,
        by=session.person,
        heard="They never read the first page.",
        learning=Learnt(quote="Where do I begin?", touchpoint=billing, cause="product"),
        **fields,
    )


def entries() -> list[tuple[str, int]]:
    return list(Credit.objects.order_by("pk").values_list("kind", "seconds"))


# --- Ride-alongs -----------------------------------------------------------------------------------------------


@pytest.fixture
def ride(programme: Programme, ana: Person, sam: Person, acme: Account, clock: Traveller) -> RideAlong:
    """Two hours that ended just now."""
    start = NOW - timedelta(hours=2)
    planned = ride_alongs.plan_ride_along(
        programme=programme, person=ana, colleague=sam, start=start, minutes=120, by=ana, account=acme
    )
    return ride_alongs.finish_ride_along(session=planned.session, minutes=120, by=ana)


def test_what_the_colleague_confirms_is_credited(ride: RideAlong, billing: Touchpoint, sam: Person) -> None:
    letter = Letter.objects.get(person=sam)
    address = ride_alongs.answer_url(ride)
    assert address in letter.text
    assert ride_alongs.read_answer_token(address.rstrip("/").rsplit("/", 1)[1]) == ride
    debrief(ride.session, billing, thanks="You know them well.")
    assert entries() == []
    assert outlook(ride.session, now=NOW).why_not == "Sam Seller has not confirmed it yet"
    ride_alongs.confirm(ride=ride, minutes=90)
    assert entries() == [("ride_along", 5400)]
    assert Credit.objects.get().evidence == [Evidence.objects.get(kind="confirmed").pk]
    assert Thanks.objects.get().to == sam
    assert Learning.objects.get().account == ride.account
    total = month_totals(programme=ride.session.programme, month=JUNE)[ride.session.person_id]
    assert (total.seconds, total.counted) == ({"ride_along": 5400}, 0)


def test_confirmed_before_the_debrief(ride: RideAlong, billing: Touchpoint) -> None:
    ride_alongs.confirm(ride=ride, minutes=120)
    assert entries() == []
    debrief(ride.session, billing)
    assert entries() == [("ride_along", 7200)]
    with pytest.raises(NotNow) as refused:
        ride_alongs.confirm(ride=ride, minutes=120)
    assert refused.value.code == "answered"


def test_the_colleague_says_no(ride: RideAlong, billing: Touchpoint, ana: Person) -> None:
    debrief(ride.session, billing)
    ride_alongs.refuse(ride=ride)
    assert entries() == []
    assert outlook(ride.session, now=NOW).why_not == "Sam Seller said no"
    assert Letter.objects.filter(person=ana, subject__contains="did not confirm").exists()
    with pytest.raises(NotNow):
        ride_alongs.confirm(ride=ride, minutes=1)


def test_late_confirmation_of_a_debrief_in_time(
    ride: RideAlong, billing: Touchpoint, clock: Traveller
) -> None:
    debrief(ride.session, billing)
    clock.shift(timedelta(days=20))
    ride_alongs.confirm(ride=ride, minutes=60)
    assert entries() == [("ride_along", 3600)]


@pytest.mark.parametrize("minutes", [0, -1, 121])
def test_no_more_than_the_executive_says(ride: RideAlong, minutes: int) -> None:
    with pytest.raises(BadInput):
        ride_alongs.confirm(ride=ride, minutes=minutes)


def test_not_before_it_is_over(
    programme: Programme, ana: Person, ben: Person, sam: Person, clock: Traveller
) -> None:
    planned = ride_alongs.plan_ride_along(
        programme=programme, person=ana, colleague=sam, start=NOW + timedelta(days=1), minutes=60, by=ana
    )
    with pytest.raises(NotNow):
        ride_alongs.finish_ride_along(session=planned.session, minutes=60, by=ana)
    clock.shift(timedelta(days=1, minutes=30))
    with pytest.raises(NotNow) as refused:
        ride_alongs.finish_ride_along(session=planned.session, minutes=60, by=ana)
    assert refused.value.code == "not_over"
    with pytest.raises(NotNow):
        ride_alongs.confirm(ride=planned, minutes=10)
    with pytest.raises(NotAllowed):
        ride_alongs.finish_ride_along(session=planned.session, minutes=30, by=ben)
    ride_alongs.finish_ride_along(session=planned.session, minutes=30, by=ana)
    assert Session.objects.get().status == SessionStatus.FINISHED


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"minutes": 9}, "minutes"),
        ({"minutes": 241}, "minutes"),
        ({"start": NOW - timedelta(days=15)}, "start"),
        ({"start": NOW + timedelta(days=181)}, "start"),
        ({"colleague": "ana"}, "colleague"),
        ({"by": "ben"}, ""),
        ({"person": "eve", "by": "eve"}, ""),
    ],
)
def test_a_ride_along_that_cannot_be(
    request: pytest.FixtureRequest,
    programme: Programme,
    ana: Person,
    ben: Person,
    eve: Person,
    sam: Person,
    clock: Traveller,
    change: dict[str, Any],
    field: str,
) -> None:
    given = {"person": ana, "colleague": sam, "start": NOW, "minutes": 60, "by": ana}
    given |= {
        name: {"ana": ana, "ben": ben, "eve": eve}.get(value, value) if isinstance(value, str) else value
        for name, value in change.items()
    }
    with pytest.raises(Refused) as refused:
        ride_alongs.plan_ride_along(programme=programme, **given)
    assert refused.value.field == field
    assert not Session.objects.exists()


@pytest.mark.parametrize("token", ["", "1", "1:wrong", "x" * 400])
def test_a_wrong_link(db: None, token: str) -> None:
    with pytest.raises(Refused) as refused:
        ride_alongs.read_answer_token(token)
    assert refused.value.code == "unknown"


# --- Audits ----------------------------------------------------------------------------------------------------


def photo(side: int = 60, kind: str = "JPEG", mode: str = "RGB", **saved: Any) -> ContentFile:
    kept = io.BytesIO()
    Image.new(mode, (side, side // 2)).save(kept, kind, **saved)
    return ContentFile(kept.getvalue(), name="IMG_2041.jpg")


def telling_photo() -> ContentFile:
    """Taken upright at a place, with a device."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x0110] = "Secret Phone 9"
    exif.get_ifd(0x8825)[2] = (48.0, 8.0, 30.0)
    return photo(exif=exif.tobytes(), comment=b"behind the box")


@pytest.fixture
def audit(programme: Programme, ana: Person, clock: Traveller) -> Session:
    return audits.begin_audit(programme=programme, person=ana)


def test_an_audit_from_the_box_to_the_credit(
    audit: Session, ana: Person, ben: Person, billing: Touchpoint, clock: Traveller
) -> None:
    clock.shift(timedelta(minutes=4))
    item = audits.add_item(
        session=audit, by=ana, what="The box is crushed", verdict="broken", photo=telling_photo()
    )
    clock.shift(timedelta(minutes=40))  # only fifteen of them are believed
    audits.add_item(session=audit, by=ana, what="The manual is clear", verdict="good", owner=ben)
    with pytest.raises(NotNow) as refused:
        audits.close_audit(session=audit, by=ana)
    assert (refused.value.code, "The box is crushed" in str(refused.value)) == ("no_owner", True)
    audits.change_item(item=item, by=ana, what="The box is crushed", verdict="broken", owner=ben)
    closed = audits.close_audit(session=audit, by=ana)
    (letter,) = Letter.objects.filter(person=ben)
    assert "- The box is crushed (broken)\n- The manual is clear (good)" in letter.text
    debrief(closed, billing)
    assert entries() == [("audit", 19 * 60)]
    assert Learning.objects.get().source == Source.AUDIT
    with pytest.raises(NotNow):
        audits.add_item(session=audit, by=ana, what="More", verdict="good")


def test_a_photo_tells_nothing_but_what_it_shows(audit: Session, ana: Person, tmp_path: Path) -> None:
    item = audits.add_item(session=audit, by=ana, what="Box", verdict="poor", photo=telling_photo())
    kept = Path(item.photo.path)
    assert kept.is_relative_to(tmp_path)
    assert "IMG_2041" not in kept.name
    with Image.open(kept) as image:
        assert image.format == "JPEG"
        assert image.size == (30, 60)  # upright
        assert not image.getexif()
        assert "comment" not in image.info
    raw = kept.read_bytes()
    assert b"Secret" not in raw
    assert b"behind the box" not in raw
    audits.change_item(item=item, by=ana, what="Box", verdict="poor", owner=None, photo=photo(kind="PNG"))
    assert AuditItem.objects.get().photo.name != item.photo.name


def test_a_large_photo_is_made_smaller(audit: Session, ana: Person) -> None:
    item = audits.add_item(session=audit, by=ana, what="Box", verdict="poor", photo=photo(side=5000))
    with Image.open(item.photo.path) as image:
        assert image.size == (2400, 1200)


@pytest.mark.parametrize(
    "upload",
    [
        lambda: ContentFile(b"<svg onload='alert(1)'/>", name="x.svg"),
        lambda: ContentFile(b"GIF89a" + bytes(50), name="x.jpg"),
        lambda: ContentFile(b"", name="x.jpg"),
        lambda: ContentFile(photo(600).read()[:400], name="cut.jpg"),
        lambda: ContentFile(b"\xff\xd8\xff" + bytes(13 * 1024 * 1024), name="x.jpg"),
        lambda: photo(12_000, kind="PNG", mode="1"),
    ],
    ids=["svg", "gif", "empty", "cut off", "too large", "too many pixels"],
)
def test_what_is_no_photo(audit: Session, ana: Person, upload: Any) -> None:
    with pytest.raises(BadInput) as refused:
        audits.add_item(session=audit, by=ana, what="Box", verdict="poor", photo=upload())
    assert refused.value.field == "photo"
    assert not AuditItem.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"what": " "}, "what"),
        ({"what": "x" * 201}, "what"),
        ({"what": "4111 1111 1111 1111"}, "what"),
        ({"verdict": "meh"}, "verdict"),
        ({"owner": "gone"}, "owner"),
    ],
)
def test_an_item_that_cannot_be(audit: Session, ana: Person, change: dict[str, Any], field: str) -> None:
    if "owner" in change:
        change = {"owner": make_person("gone@example.com", "Gone", is_active=False)}
    with pytest.raises(Refused) as refused:
        audits.add_item(**{"session": audit, "by": ana, "what": "Box", "verdict": "good", **change})
    assert refused.value.field == field


def test_who_may_audit(audit: Session, programme: Programme, ana: Person, ben: Person, cleo: Person) -> None:
    assert audits.begin_audit(programme=programme, person=ana) == audit
    with pytest.raises(NotAllowed):
        audits.begin_audit(programme=programme, person=cleo)
    with pytest.raises(NotAllowed):
        audits.add_item(session=audit, by=ben, what="Box", verdict="good")
    with pytest.raises(NotNow) as refused:
        audits.close_audit(session=audit, by=ana)
    assert refused.value.code == "no_item"


# --- Reviews ---------------------------------------------------------------------------------------------------


def recorded(seconds: int = 90, *, rate: int = 100) -> ContentFile:
    kept = io.BytesIO()
    with wave.open(kept, "wb") as sound:
        sound.setparams((1, 1, rate, 0, "NONE", ""))
        sound.writeframes(bytes(rate * seconds))
    return ContentFile(kept.getvalue(), name="call.wav")


def add(programme: Programme, by: Person, **fields: Any) -> Recording:
    return reviews.add_recording(
        **{
            "programme": programme,
            "by": by,
            "title": "The invoice",
            "recorded_on": date(2026, 6, 10),
            "announced_by": "The announcement at the beginning",
            "file": recorded(),
            **fields,
        }
    )


@pytest.fixture
def recording(programme: Programme, dora: Person, cleo: Person, clock: Traveller) -> Recording:
    return add(programme, dora, agent=cleo)


@pytest.fixture
def review(recording: Recording, ana: Person) -> Session:
    return reviews.begin_review(recording=recording, person=ana)


def test_only_what_was_played_counts_and_each_second_once(
    review: Session, recording: Recording, ana: Person, billing: Touchpoint, clock: Traveller
) -> None:
    assert (recording.seconds, recording.content_type) == (90, "audio/wav")

    def play(sequence: int, start: float, end: float, took: float) -> None:
        clock.shift(timedelta(seconds=took))
        reviews.played(session=review, by=ana, player="tab00001", sequence=sequence, start=start, end=end)

    play(0, 0, 0, 1)
    play(1, 0, 10, 10)
    play(1, 0, 10, 0)  # told twice
    play(2, 5, 15, 10)  # five of them for the second time
    play(3, 30, 50, 10)  # at double speed: ten seconds
    play(4, 50, 90, 0)  # nobody heard that
    assert reviews.may_play(ana, recording)
    assert whole_seconds(reviews.heard_of(review).spans) == 25
    closed = reviews.finish_review(session=review, by=ana)
    debrief(closed, billing, thanks="Well explained.")
    assert entries() == [("review", 25)]
    assert Thanks.objects.get().to == recording.agent
    assert not reviews.may_play(ana, recording)
    with pytest.raises(NotNow):
        play(5, 50, 60, 10)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"player": "TAB"}, "player"),
        ({"player": "x" * 17}, "player"),
        ({"sequence": -1}, "sequence"),
        ({"sequence": 2_000_000}, "sequence"),
        ({"start": -1.0}, "end"),
        ({"start": 9.0}, "end"),
        ({"end": 92.0}, "end"),
        ({"start": float("nan")}, "end"),
    ],
)
def test_a_report_that_makes_no_sense(
    review: Session, ana: Person, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as refused:
        reviews.played(
            **{
                "session": review,
                "by": ana,
                "player": "tab00001",
                "sequence": 0,
                "start": 0.0,
                "end": 5.0,
                **change,
            }
        )
    assert refused.value.field == field
    assert not Evidence.objects.exists()


def test_who_may_review(
    review: Session, recording: Recording, ana: Person, ben: Person, cleo: Person, dora: Person
) -> None:
    assert reviews.begin_review(recording=recording, person=ana) == review
    with pytest.raises(NotAllowed):
        reviews.begin_review(recording=recording, person=cleo)
    with pytest.raises(NotAllowed):
        reviews.played(session=review, by=ben, player="tab00001", sequence=0, start=0, end=1)
    with pytest.raises(NotNow) as refused:
        reviews.finish_review(session=review, by=ana)
    assert refused.value.code == "nothing_heard"
    assert [reviews.may_play(one, recording) for one in (ana, ben, cleo, dora)] == [True, False, False, True]


def test_a_recording_that_was_taken_away(
    recording: Recording, ana: Person, dora: Person, django_capture_on_commit_callbacks: Any
) -> None:
    kept = Path(recording.file.path)
    assert kept.exists()
    with pytest.raises(NotAllowed):
        reviews.withdraw_recording(recording=recording, by=ana)
    with django_capture_on_commit_callbacks(execute=True):
        reviews.withdraw_recording(recording=recording, by=dora)
    assert not kept.exists()
    assert not reviews.may_play(dora, Recording.objects.get())
    assert reviews.recordings_for(programme=recording.programme) == []
    with pytest.raises(NotNow):
        reviews.begin_review(recording=Recording.objects.get(), person=ana)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"announced_by": " "}, "announced_by"),
        ({"title": "4111 1111 1111 1111"}, "title"),
        ({"recorded_on": date(2026, 7, 1)}, "recorded_on"),
        ({"file": None}, "file"),
        ({"address": "https://calls.example.com/1.mp3"}, "file"),
        ({"file": ContentFile(b"RIFFxxxxWAVEjunk", name="x.wav")}, "file"),
        ({"file": ContentFile(b"<html>", name="x.mp3")}, "file"),
        ({"file": ContentFile(b"", name="x.mp3")}, "file"),
        ({"file": None, "address": "https://elsewhere.example.com/1.mp3", "seconds": 9}, "address"),
        ({"file": None, "address": "https://calls.example.com/../1.mp3", "seconds": 9}, "address"),
        ({"file": None, "address": "https://calls.example.com/1.exe", "seconds": 9}, "address"),
        ({"file": None, "address": "https://calls.example.com/1.mp3"}, "seconds"),
        ({"language": "klingon!"}, "language"),
    ],
)
def test_a_recording_that_cannot_be(
    programme: Programme,
    dora: Person,
    clock: Traveller,
    settings: Settings,
    change: dict[str, Any],
    field: str,
) -> None:
    settings.RECORDINGS_URL = "https://calls.example.com/"
    with pytest.raises(Refused) as refused:
        add(programme, dora, **change)
    assert refused.value.field == field
    assert not Recording.objects.exists()


def test_a_recording_in_our_own_store(
    programme: Programme, dora: Person, clock: Traveller, settings: Settings
) -> None:
    settings.RECORDINGS_URL = "https://calls.example.com/"
    row = add(programme, dora, file=None, address="https://calls.example.com/1.mp3", seconds=9)
    assert (row.content_type, row.seconds, bool(row.file)) == ("audio/mpeg", 9, False)
    settings.RECORDINGS_URL = ""
    with pytest.raises(BadInput, match="RECORDINGS_URL"):
        add(programme, dora, file=None, address="https://calls.example.com/1.mp3", seconds=9)


# --- The arithmetic --------------------------------------------------------------------------------------------

BEATS = st.lists(
    st.tuples(st.floats(0, 30), st.floats(0, 100), st.floats(0, 60)).map(
        lambda drawn: (drawn[0], drawn[1], drawn[1] + drawn[2])
    ),
    max_size=20,
)


@given(BEATS)
def test_never_more_than_time_or_than_the_recording(drawn: list[tuple[float, float, float]]) -> None:
    at, beats = NOW, []
    for took, start, end in drawn:
        at += timedelta(seconds=took)
        beats.append(Beat(at=at, start=start, end=end))
    told = heard(NOW, beats, seconds=100)
    assert whole_seconds(told.spans) <= min(100, (at - NOW).total_seconds())
    assert whole_seconds(told.spans) <= sum(end - start for start, end in told.positions) + 1
    assert heard(NOW, reversed(beats), seconds=100) == told
    assert whole_seconds(heard(NOW, beats + beats, seconds=100).spans) == whole_seconds(told.spans)


@given(st.lists(st.integers(0, 7200), max_size=20))
def test_items_prove_fifteen_minutes_each_at_most(after: list[int]) -> None:
    items = [NOW + timedelta(seconds=one) for one in after]
    seconds = whole_seconds(examined(NOW, items))
    assert seconds <= min(900 * len(set(after)), max(after, default=0))
    assert seconds == whole_seconds(examined(NOW, items + items[::-1]))
