"""Ride-alongs, out-of-box audits and reviews on their pages."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from listening import audits, reviews
from listening.models import AuditItem, Recording, RideAlong, Session, SessionStatus
from listening.ride_alongs import answer_url, plan_ride_along
from tests.listening.test_other_kinds import photo, recorded
from tests.web.conftest import SignIn

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture(autouse=True)
def _uploads(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


def text(response) -> str:
    return response.content.decode()


def upload(file, name: str, kind: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, file.read(), content_type=kind)


# --- Ride-alongs -----------------------------------------------------------------------------------------------


def test_a_ride_along_is_entered_finished_and_confirmed(
    programme, ana, cleo, asha, acme, client, sign_in: SignIn
):
    hour_ago = datetime.now(UTC) - timedelta(hours=2)
    body = {
        "start": f"{hour_ago:%Y-%m-%dT%H:%M}", "minutes": "90", "colleague": cleo.pk, "account": acme.pk,
    }  # fmt: skip
    for field, value in (
        ("start", ""), ("start", "yesterday"), ("start", "2020-01-01T10:00"), ("minutes", "5"),
        ("minutes", "x"), ("colleague", ana.pk), ("colleague", "999"), ("account", "999"),
    ):  # fmt: skip
        refused = sign_in(asha).post(f"/listening/{ana.pk}/ride-along/", body | {field: value})
        assert refused.status_code == 422, (field, value)
    assert not Session.objects.exists()
    sign_in(asha).post(f"/listening/{ana.pk}/ride-along/", body)
    ride = RideAlong.objects.get()
    assert "It is over" in text(sign_in(ana).get(f"/listening/sessions/{ride.session_id}/"))
    address = f"/listening/sessions/{ride.session_id}/ride-along/"
    assert "Say how many minutes" in text(sign_in(ana).post(address, {"minutes": "1"}, follow=True))
    assert "Only the executive" in text(sign_in(asha).post(address, {"minutes": "80"}, follow=True))
    done = sign_in(ana).post(address, {"minutes": "80"})
    assert done.headers["Location"] == f"/listening/sessions/{ride.session_id}/debrief/"

    link = answer_url(ride).split("/listening/", 1)[1]
    asked = client.get(f"/listening/{link}")
    assert "Were you there?" in text(asked)
    assert RideAlong.objects.get().confirmed_at is None  # opening the link answers nothing
    assert client.post(f"/listening/{link}", {"says": "yes", "minutes": "81"}).status_code == 422
    assert client.post(f"/listening/{link}", {"says": "yes", "minutes": "x"}).status_code == 422
    assert "Confirmed: 75 minutes." in text(
        client.post(f"/listening/{link}", {"says": "yes", "minutes": "75"})
    )
    assert client.post(f"/listening/{link}", {"says": "no"}).status_code == 409
    assert "confirmed 75" in text(sign_in(ana).get(f"/listening/sessions/{ride.session_id}/"))
    assert client.get("/listening/ride-alongs/answer/1:x/").status_code == 404


def test_a_ride_along_is_called_off_by_whoever_keeps_the_calendar(
    programme, ana, ben, asha, cleo, sign_in: SignIn
):
    ride = plan_ride_along(
        programme=programme, person=ana, colleague=cleo, start=datetime.now(UTC), minutes=60, by=ana
    )
    address = f"/listening/sessions/{ride.session_id}/"
    off = f"{address}ride-along/call-off/"
    assert off in text(sign_in(asha).get(address))
    assert sign_in(ben).post(off).status_code == 404
    assert "Called off by Asha Rao" in text(sign_in(asha).post(off, follow=True))
    assert "cannot be moved or given back" in text(sign_in(ana).post(off, follow=True))
    assert off not in text(sign_in(ana).get(address))
    audit = audits.begin_audit(programme=programme, person=ana)
    assert sign_in(ana).post(f"/listening/sessions/{audit.pk}/ride-along/call-off/").status_code == 404


# --- Audits ----------------------------------------------------------------------------------------------------


def test_a_box_is_opened_written_down_and_closed_when_all_is_owned(programme, ana, cleo, sign_in: SignIn):
    browser = sign_in(ana)
    opened = browser.post("/listening/audits/", {"programme": "north-america"})
    session = Session.objects.get()
    assert opened.headers["Location"] == f"/listening/sessions/{session.pk}/audit/"
    address = opened.headers["Location"]
    for bad in (
        {"what": "", "verdict": "poor"}, {"what": "A dent", "verdict": "awful"},
        {"what": "x" * 201, "verdict": "good"},
        {"what": "Card 4111 1111 1111 1111", "verdict": "good"},
        {"what": "A dent", "verdict": "poor", "owner": "999"},
        {"what": "A dent", "verdict": "poor", "photo": SimpleUploadedFile("x.jpg", b"no photo")},
    ):  # fmt: skip
        assert browser.post(address, bad).status_code == 422, bad
    assert not AuditItem.objects.exists()
    picture = upload(photo(), "x.jpg", "image/jpeg")
    browser.post(address, {"what": "The box is dented", "verdict": "poor", "photo": picture})
    item = AuditItem.objects.get()
    page = text(browser.get(address))
    assert "Needs an owner" in page
    assert f"/listening/items/{item.pk}/photo/" in page
    shown = browser.get(f"/listening/items/{item.pk}/photo/")
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert b"".join(shown.streaming_content).startswith(b"\xff\xd8")
    refused = browser.post(f"{address}close/", follow=True)
    assert "Somebody must own" in text(refused)
    browser.post(
        f"/listening/items/{item.pk}/", {"what": "The box is dented", "verdict": "poor", "owner": cleo.pk}
    )
    assert sign_in(cleo).get(f"/listening/items/{item.pk}/photo/").status_code == 200
    closed = browser.post(f"{address}close/")
    assert closed.headers["Location"] == f"/listening/sessions/{session.pk}/debrief/"
    session.refresh_from_db()
    assert session.status == SessionStatus.FINISHED
    assert browser.post(address, {"what": "Late", "verdict": "good"}).status_code == 422
    assert "The box is dented" in text(browser.get(f"/listening/sessions/{session.pk}/"))


def test_nobody_else_sees_what_is_found(programme, ana, ben, cleo, eve, sign_in: SignIn):
    session = audits.begin_audit(programme=programme, person=ana)
    item = audits.add_item(session=session, by=ana, what="A dent", verdict="poor", photo=photo())
    assert sign_in(ben).get(f"/listening/sessions/{session.pk}/audit/").status_code == 404
    assert (
        sign_in(ben).post(f"/listening/items/{item.pk}/", {"what": "x", "verdict": "good"}).status_code == 404
    )
    for person in (ben, cleo, eve):
        assert sign_in(person).get(f"/listening/items/{item.pk}/photo/").status_code == 404


# --- Reviews ---------------------------------------------------------------------------------------------------


@pytest.fixture
def recording(programme, dora) -> Recording:
    return reviews.add_recording(
        programme=programme,
        by=dora,
        title="The invoice",
        recorded_on=datetime.now(UTC).date(),
        announced_by="Announcement 3",
        file=recorded(),
    )


def test_what_is_played_is_noted_and_credited(recording, ana, clock, sign_in: SignIn):
    browser = sign_in(ana)
    assert "The invoice" in text(browser.get("/listening/recordings/"))
    opened = browser.post(f"/listening/recordings/{recording.pk}/")
    address = opened.headers["Location"]
    page = text(browser.get(address))
    assert f"/listening/recordings/{recording.pk}/audio/" in page
    sound = browser.get(f"/listening/recordings/{recording.pk}/audio/")
    assert b"".join(sound.streaming_content).startswith(b"RIFF")
    good = {"player": "abcdefgh1234", "sequence": "0", "start": "0", "end": "5"}
    for field, value in (
        ("player", ""), ("player", "A B"), ("sequence", "-1"), ("sequence", "x"), ("start", "nan"),
        ("end", "9999"), ("end", "inf"), ("start", "6"), ("end", ""),
    ):  # fmt: skip
        assert browser.post(f"{address}played/", good | {field: value}).status_code == 422, (field, value)
    assert "Nothing was played yet" in text(browser.post(f"{address}finish/", follow=True))
    clock.shift(6)
    assert browser.post(f"{address}played/", good).json() == {"heard": "0:05"}
    assert browser.post(f"{address}played/", good).json() == {"heard": "0:05"}  # told twice
    done = browser.post(f"{address}finish/")
    assert done.headers["Location"].endswith("/debrief/")
    assert browser.post(f"{address}played/", good | {"sequence": "1"}).status_code == 409
    assert browser.get(f"/listening/recordings/{recording.pk}/audio/").status_code == 404  # it is over


def test_only_whoever_reviews_it_hears_it(recording, ana, ben, cleo, dora, sign_in: SignIn):
    session = reviews.begin_review(recording=recording, person=ana)
    assert sign_in(ben).get(f"/listening/recordings/{recording.pk}/audio/").status_code == 404
    assert sign_in(cleo).get(f"/listening/recordings/{recording.pk}/audio/").status_code == 403
    assert sign_in(dora).get(f"/listening/recordings/{recording.pk}/audio/").status_code == 200
    assert sign_in(ben).get(f"/listening/sessions/{session.pk}/review/").status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("", 200, slice(None)),
        ("bytes=0-", 206, slice(None)),
        ("bytes=5-8", 206, slice(5, 9)),
        ("bytes=9000-99999", 206, slice(9000, None)),
        ("bytes=-4", 206, slice(-4, None)),
        ("bytes=-99999", 206, slice(None)),
        ("bytes=99999-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=8-5", 200, slice(None)),
        ("bytes=0-1,4-5", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("seconds=1-2", 200, slice(None)),
    ],
)
def test_a_player_jumps_because_parts_are_served(recording, dora, sign_in: SignIn, asked, status, part):
    whole = recording.file.read()
    headers = {"Range": asked} if asked else {}
    answer = sign_in(dora).get(f"/listening/recordings/{recording.pk}/audio/", headers=headers)
    assert answer.status_code == status
    if part is None:
        assert answer.headers["Content-Range"] == f"bytes */{len(whole)}"
        return
    got = b"".join(answer.streaming_content)
    assert got == whole[part]
    assert answer.headers["Content-Length"] == str(len(got))
    assert answer.headers["Accept-Ranges"] == "bytes"
    if status == 206:
        start = len(whole[: part.start]) if part.start else 0
        assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(got) - 1}/{len(whole)}"


def test_recordings_are_kept_and_taken_away(programme, dora, ana, sign_in: SignIn):
    browser = sign_in(dora)
    good = {
        "programme": programme.pk, "title": "The invoice", "recorded_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "announced_by": "Announcement 3",
    }  # fmt: skip
    assert browser.post("/admin/listening/recordings/", good).status_code == 422  # no file and no address
    for field, value in (
        ("title", ""),
        ("announced_by", " "),
        ("recorded_on", "2099-01-01"),
        ("language", "xx-yy"),
    ):
        body = good | {field: value, "file": upload(recorded(), "a.wav", "audio/wav")}
        assert browser.post("/admin/listening/recordings/", body).status_code == 422, field
    wrong = good | {"file": SimpleUploadedFile("a.wav", b"no sound")}
    assert browser.post("/admin/listening/recordings/", wrong).status_code == 422
    assert not Recording.objects.exists()
    kept = browser.post(
        "/admin/listening/recordings/", good | {"file": upload(recorded(), "a.wav", "audio/wav")}
    )
    assert kept.status_code == 302
    recording = Recording.objects.get()
    browser.post(f"/admin/listening/recordings/{recording.pk}/withdraw/")
    recording.refresh_from_db()
    assert recording.withdrawn_at is not None
    assert "The invoice" not in text(sign_in(ana).get("/listening/recordings/"))
