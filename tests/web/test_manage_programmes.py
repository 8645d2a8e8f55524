"""Programmes: their file with a preview, their month, and a duty that changes hands."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from people.models import Person
from rota.models import Duty, Programme
from rota.programme_file import apply_programme
from rota.programme_text import programme_text
from tests.web.conftest import SignIn


@pytest.fixture
def browser(dora: Person, sign_in: SignIn) -> Client:
    return sign_in(dora)


def test_the_file_of_a_programme_says_all_of_it(programme: Programme) -> None:
    programme.busy_from, programme.busy_to, programme.busy_minutes = "09:00", "17:00", 240
    programme.hours_from, programme.hours_to = "18:00", "00:00"
    programme.rungs[0]["at_once"] = True
    programme.rungs[1]["ring_seconds"] = 35
    programme.name = 'Officer "of the Day" \\ é'
    programme.full_marks_amount = "12345.67"
    programme.save()
    programme.refresh_from_db()
    assert apply_programme(text=programme_text(programme)) == []


def test_the_box_holds_the_programme_as_it_is(browser: Client, programme: Programme) -> None:
    page = browser.get("/admin/programme-file/?slug=north-america").content.decode()
    assert "slug = &quot;north-america&quot;" in page


def test_changes_are_shown_before_they_are_made(browser: Client, programme: Programme) -> None:
    text = programme_text(programme).replace("ring_seconds = 20", "ring_seconds = 30")
    page = browser.post("/admin/programme-file/", {"text": text}).content.decode()
    assert "This would change" in page
    assert "ladder.ring_seconds" in page
    programme.refresh_from_db()
    assert programme.ring_seconds == 20
    response = browser.post("/admin/programme-file/", {"text": text, "apply": "1"})
    assert response.headers["Location"] == "/admin/programmes/north-america/"
    programme.refresh_from_db()
    assert programme.ring_seconds == 30


def test_an_uploaded_file_makes_a_programme(browser: Client, programme: Programme) -> None:
    text = programme_text(programme).replace("north-america", "copy").replace('["US", "CA"]', "[]")
    file = SimpleUploadedFile("copy.toml", text.encode())
    browser.post("/admin/programme-file/", {"text": "ignored", "file": file, "apply": "1"})
    assert Programme.objects.filter(slug="copy").exists()


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00bad", b"slug = ", b"", b'slug = "x"\n[duty]\ndays = ["someday"]']
)
def test_every_mistake_of_a_file_is_named(browser: Client, content: bytes) -> None:
    file = SimpleUploadedFile("bad.toml", content)
    response = browser.post("/admin/programme-file/", {"file": file, "apply": "1"})
    assert response.status_code == 422
    assert "errorlist" in response.content.decode()
    assert not Programme.objects.exists()


def test_the_month_shows_published_duties_with_a_way_to_change_them(
    browser: Client, programme: Programme, ana: Person
) -> None:
    page = browser.get("/admin/programmes/north-america/").content.decode()
    duty = Duty.objects.filter(person=ana, seat=0).get()
    assert f'href="/admin/duties/{duty.pk}/"' in page


def test_a_duty_changes_hands_on_record(
    browser: Client, programme: Programme, ana: Person, ben: Person, make_executive
) -> None:
    other = make_executive()
    duty = Duty.objects.filter(person=ana, seat=0).get()
    response = browser.post(f"/admin/duties/{duty.pk}/", {"to": other.pk, "reason": "Ana is ill."})
    assert response.status_code == 302
    duty.refresh_from_db()
    assert duty.person == other
    assert "Ana is ill." in browser.get(f"/admin/duties/{duty.pk}/").content.decode()


def test_a_duty_cannot_go_to_who_sits_there_already(
    browser: Client, programme: Programme, ana: Person, ben: Person
) -> None:
    duty = Duty.objects.filter(person=ana, seat=0).get()
    response = browser.post(f"/admin/duties/{duty.pk}/", {"to": ben.pk, "reason": "Ana is ill."})
    assert response.status_code == 422
    assert "another seat" in response.content.decode()


@pytest.fixture
def make_executive():
    def make() -> Person:
        return Person.objects.create_user("finn@example.com", name="Finn Berg", is_executive=True)

    return make


def test_everybody_with_a_role_reads_who_is_on_duty(
    programme: Programme, cleo: Person, sign_in: SignIn
) -> None:
    page = sign_in(cleo).get("/duty/").content.decode()
    assert '<span class="case-says">Ana Ruiz</span>' in page
    assert "Ben Okafor" in page


@pytest.mark.parametrize("month", ["2026-13", "x", "99999-01", "2026-00", "-", "٢٠٢٦-٠١"])
def test_a_crooked_month_is_the_present_one(
    month: str, programme: Programme, cleo: Person, sign_in: SignIn
) -> None:
    page = sign_in(cleo).get("/duty/", {"month": month}).content.decode()
    assert "(today)" in page
