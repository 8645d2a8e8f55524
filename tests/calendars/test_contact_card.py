"""The contact card is read by other parsers, and the QR code by a reader of QR codes."""

import re

import pytest
import vobject
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from calendars.contact_card import qr_svg, render_contact_card
from calendars.entries import BadEntry

NUMBER, TEXTS_FROM = "+12025550143", "+4915735980000"


def painted(svg: str) -> memoryview:
    """The picture as grey pixels, three each way for a module: what a camera would see of it."""
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])  # type: ignore[index]
    scale = 3
    ground, ink = re.findall(r"<path (.*?)/>", svg)
    assert ground == f'fill="#fff" d="M0 0h{size}v{size}h-{size}z"'
    assert ink.startswith('stroke="#000" d="')
    dark = bytearray(b"\xff" * (size * scale) ** 2)
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", ink.partition('d="')[2]):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            for row in range(int(y) * scale, int(y) * scale + scale):
                begin = row * size * scale + int(x) * scale
                dark[begin : begin + int(values[0]) * scale] = bytes(int(values[0]) * scale)
            x += values[0]
    return memoryview(dark).cast("B", shape=(size * scale, size * scale))


def read_qr(svg: str) -> str:
    (found,) = zxingcpp.read_barcodes(painted(svg))
    assert found.format == zxingcpp.BarcodeFormat.QRCode
    return found.text


def test_another_parser_reads_the_card() -> None:
    card = vobject.readOne(
        render_contact_card(
            name="Officer of the Day, Nördliche Region; \\ 🎉",
            numbers=[NUMBER, TEXTS_FROM],
            email="officer@example.com",
            url="https://officer.example.com/",
            note="Let it through:\nFavourites, Emergency Bypass; " + "äöü" * 40,
        ).decode()
    )
    assert card.version.value == "3.0"
    assert card.fn.value == card.n.value.family == "Officer of the Day, Nördliche Region; \\ 🎉"
    assert card.org.value == [card.fn.value]
    assert [(line.value, line.params["TYPE"]) for line in card.contents["tel"]] == [
        (NUMBER, ["WORK", "VOICE", "PREF"]),
        (TEXTS_FROM, ["WORK", "VOICE"]),
    ]
    assert card.email.value == "officer@example.com"
    assert card.url.value == "https://officer.example.com/"
    assert card.note.value == "Let it through:\nFavourites, Emergency Bypass; " + "äöü" * 40


def test_the_card_is_lines_as_vcard_wants_them() -> None:
    card = render_contact_card(name="Officer of the Day", numbers=[NUMBER], note="é" * 200)
    assert card.startswith(b"BEGIN:VCARD\r\nVERSION:3.0\r\n")
    assert card.endswith(b"\r\nEND:VCARD\r\n")
    assert all(len(line) <= 75 for line in card.split(b"\r\n"))
    assert card == render_contact_card(name="Officer of the Day", numbers=[NUMBER], note="é" * 200)


@pytest.mark.parametrize(
    ("name", "numbers", "field"),
    [
        (" \r\n", [NUMBER], "name"),
        ("Officer", [], "numbers"),
        ("Officer", ["202 555 0143"], "numbers"),
        ("Officer", [NUMBER, "+1\r\nX-EVIL:1"], "numbers"),
        ("Officer", ["+1202555014３"], "numbers"),
    ],
)
def test_a_card_that_would_let_nothing_through_is_refused(name: str, numbers: list[str], field: str) -> None:
    with pytest.raises(BadEntry) as refusal:
        render_contact_card(name=name, numbers=numbers)
    assert refusal.value.field == field


def test_a_reader_of_qr_codes_reads_the_card() -> None:
    card = render_contact_card(name="Officer of the Day, Größe 🎉", numbers=[NUMBER, TEXTS_FROM]).decode()
    assert read_qr(qr_svg(card, title="Contact")) == card


@pytest.mark.parametrize("text", ["A", "https://officer.example.com/feeds/" + "x" * 64 + ".ics", "é" * 1165])
def test_a_reader_of_qr_codes_reads_any_length(text: str) -> None:
    assert read_qr(qr_svg(text, title="")) == text


def test_the_code_is_dark_on_white_with_its_margin_whatever_the_page_is() -> None:
    svg = qr_svg("https://officer.example.com/", title="Ana's <feed> & more")
    picture = painted(svg)
    size = picture.shape[0]
    edge = 4 * 3
    for row in range(size):
        for column in range(size):
            if min(row, column) < edge or max(row, column) >= size - edge:
                assert picture[row, column] == 255
    assert svg.startswith("<svg ")
    assert 'role="img"' in svg
    assert "<title>Ana's &lt;feed&gt; &amp; more</title>" in svg
    assert "currentColor" not in svg


@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60))
def test_a_title_stays_a_title(title: str) -> None:
    assert qr_svg("A", title=title).count("<title>") == 1


def test_a_text_too_long_is_refused() -> None:
    with pytest.raises(BadEntry, match="too long"):
        qr_svg("é" * 1166, title="")
