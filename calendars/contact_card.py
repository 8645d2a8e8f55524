"""The programme's number as a contact: a card to import, and a QR code to take it (or an address) from a screen. Pure.

A phone lets a call through its silence only from a contact, so each officer keeps the programme as one. The card is
vCard 3.0 (RFC 2426): what iOS itself writes, and what both iOS and Android import; 4.0 is not read everywhere.
"""

import io
import re
from collections.abc import Iterator, Sequence

import segno

from calendars.content_lines import escape, join, one_line
from calendars.entries import BadEntry

CONTENT_TYPE = "text/vcard; charset=utf-8"

_E164 = re.compile(r"\+[1-9][0-9]{5,14}")
_QUIET_ZONE = 4
"""Modules of white around the code (ISO/IEC 18004)."""


def render_contact_card(
    *, name: str, numbers: Sequence[str], email: str = "", url: str = "", note: str = ""
) -> bytes:
    """A vCard of the programme, shown as an organisation; `numbers` are E.164, the first is preferred.

    Give every number that may ring: the texts' too, where it differs. Raises BadEntry.
    """
    if not one_line(name):
        raise BadEntry("name", "a contact needs a name.")
    if not numbers:
        raise BadEntry("numbers", "a contact without a number lets no call through.")
    for number in numbers:
        if not _E164.fullmatch(number):
            raise BadEntry("numbers", f"{number!r} is not E.164, such as +12025550143.")
    return join(_lines(name, numbers, email=email, url=url, note=note))


def qr_svg(text: str, *, title: str) -> str:
    """The text as a QR code in an `<svg>` element, to stand in a page; `title` names it to who cannot see it.

    Always black on white with its margin, whatever the page's colours are: many readers know no other way round. It
    has no size of its own, but fills the width it is given. Raises BadEntry when the text is too long (2,331 octets).
    """
    try:
        code = segno.make_qr(text, error="m", encoding="utf-8")
    except segno.DataOverflowError as error:
        raise BadEntry("text", "too long for a QR code: leave something out.") from error
    picture = io.BytesIO()
    code.save(
        picture,
        kind="svg",
        border=_QUIET_ZONE,
        dark="#000",
        light="#fff",
        xmldecl=False,
        omitsize=True,
        title=title,
        svgclass=None,
        lineclass=None,
    )
    return picture.getvalue().decode().replace("<svg ", '<svg role="img" ', 1).strip()


def _lines(name: str, numbers: Sequence[str], *, email: str, url: str, note: str) -> Iterator[str]:
    shown = escape(one_line(name))
    yield "BEGIN:VCARD"
    yield "VERSION:3.0"
    yield f"N:{shown};;;;"  # both iOS and RFC 2426 want one, even of what is no person
    yield f"FN:{shown}"
    yield f"ORG:{shown}"
    yield "X-ABShowAs:COMPANY"  # Apple's, which then sorts by the whole name
    for position, number in enumerate(numbers):
        yield f"TEL;TYPE=WORK,VOICE{',PREF' if position == 0 else ''}:{number}"
    if email:
        yield f"EMAIL;TYPE=INTERNET:{escape(one_line(email))}"
    if url:
        yield f"URL:{one_line(url)}"
    if note:
        yield f"NOTE:{escape(note)}"
    yield "END:VCARD"
