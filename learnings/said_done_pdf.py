"""A month's "You said, we did" as a PDF to print (fpdf2: no system library; DejaVu has the letters of Europe)."""

from pathlib import Path

from fpdf import FPDF

from learnings.models import SaidDone
from learnings.said_done import by_status

_FONTS = Path(__file__).resolve().parent / "fonts"
_FONT = "DejaVu"


class _Page(FPDF):
    """Portrait A4 with the page's number at its foot."""

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font(_FONT, size=9)
        self.cell(0, 8, f"{self.page_no()} / {{nb}}", align="C")


def as_pdf(published: SaidDone) -> bytes:
    """The whole month on A4 pages."""
    title = f"You said, we did: {published.month:%B %Y}"
    pdf = _Page(format="A4")
    pdf.set_title(title)
    pdf.set_lang("en")
    pdf.set_creation_date(published.published_at)
    pdf.set_auto_page_break(auto=True, margin=20)
    pdf.set_margins(20, 20)
    pdf.add_font(_FONT, fname=_FONTS / "DejaVuSansCondensed.ttf")
    pdf.add_font(_FONT, style="B", fname=_FONTS / "DejaVuSansCondensed-Bold.ttf")
    pdf.add_page()
    _say(pdf, title, size=20, bold=True, after=2)
    if published.sponsor is not None:
        _say(pdf, f"In the name of {published.sponsor.name}", size=11, after=6)
    for status, entries in by_status(published):
        _say(pdf, f"{status} ({len(entries)})", size=14, bold=True, after=2)
        for entry in entries:
            learning = entry.learning
            where = f"{learning.account.name}, " if learning.account else ""
            _say(pdf, f"“{learning.quote}”", size=11, after=1)
            _say(pdf, f"{where}{learning.touchpoint.name}", size=9, after=1)
            _say(pdf, entry.words, size=11, bold=True, after=5)
        if not entries:
            _say(pdf, "Nothing.", size=11, after=5)
    return bytes(pdf.output())


def _say(pdf: FPDF, words: str, *, size: int, bold: bool = False, after: float = 0) -> None:
    pdf.set_font(_FONT, style="B" if bold else "", size=size)
    pdf.multi_cell(0, size * 0.5, words, new_x="LMARGIN", new_y="NEXT", align="L")
    pdf.ln(after)
