"""The sponsor's one page: who kept the promise, in numbers and without names, and how the programme does. A PDF.

Drawn with fpdf2; the bars are told apart by their words and figures, not by colour.
"""

from collections.abc import Mapping
from pathlib import Path

from fpdf import FPDF

import learnings
from reports.health import Health, Trend
from reports.help_desk import Desk, Reading
from reports.standing import Status

_FONTS = Path(learnings.__file__).resolve().parent / "fonts"
_FONT = "DejaVu"
_INK, _FAINT, _BAR = (29, 36, 48), (226, 228, 232), (31, 79, 168)
_BAND_WORDS = {
    Reading.UNKNOWN: "",
    Reading.LOW: ", below the healthy {band}",
    Reading.HEALTHY: ", in the healthy {band}",
    Reading.HIGH: ", above the healthy {band}",
}
_LONGEST = 42
"""Letters of a name before its bar."""
_WORDS = {
    Status.KEPT: "Kept their promise",
    Status.ON_PACE: "On pace",
    Status.BEHIND: "Behind",
    Status.EXCUSED: "Excused",
}


def sponsor_pdf(*, health: Health, statuses: Mapping[Status, int], closed_by: str = "") -> bytes:
    """One A4 page. `closed_by` names who closed the month, "" for one that is open."""
    pdf = FPDF(format="A4")
    pdf.set_title(f"{health.programme.name}, {health.month:%B %Y}")
    pdf.set_lang("en")
    pdf.set_auto_page_break(auto=False)
    pdf.set_margins(18, 16)
    pdf.add_font(_FONT, fname=_FONTS / "DejaVuSansCondensed.ttf")
    pdf.add_font(_FONT, style="B", fname=_FONTS / "DejaVuSansCondensed-Bold.ttf")
    pdf.add_page()
    pdf.set_text_color(*_INK)
    _say(pdf, f"{health.month:%B %Y}", 20, bold=True)
    state = f"closed by {closed_by}" if closed_by else "not closed yet"
    _say(pdf, f"{health.programme.name} ({state})", 10)
    pdf.ln(3)
    _bars(pdf, "Who kept the promise", {_WORDS[status]: many for status, many in statuses.items()}, "members")
    rungs = {f"Rung {rung}": many for rung, many in health.by_rung.items()}
    _bars(pdf, "Cases reached, by rung", {**rungs, "Unreached at first": health.unreached}, "cases")
    _facts(pdf, health)
    moving = {_moved(one): one.now for one in (*health.rising, *health.falling)}
    if moving:
        _bars(pdf, "What customers met, rising first, then falling", moving, "learnings")
    pdf.set_y(-16)
    _say(
        pdf,
        "Feelings are a sample of what was written down. Every figure opens its events in the product.",
        8,
    )
    return bytes(pdf.output())


def facts(health: Health) -> list[tuple[str, str]]:
    """The figures of the page in words: the same on paper and on screen."""
    good, bad = health.feeling
    return [
        ("Hours with a reachable officer", f"{health.coverage} %"),
        ("Cases raised", f"{health.cases:,}, of which {health.critical:,} critical or public"),
        ("From raised to the first ring, median", _seconds(health.to_ring)),
        ("From raised to the officer’s yes, median", _seconds(health.to_voice)),
        ("From raised to the officer’s yes, nine in ten", _seconds(health.to_voice_90)),
        ("Unreached at first", f"{health.unreached:,}"),
        ("Confirmed by customers, and reopened", f"{health.confirmed:,} and {health.reopened:,}"),
        ("Value at stake, a year", f"{health.currency} {health.at_stake:,.0f}"),
        (
            "Of it where the customer called it fixed, and nothing is open",
            f"{health.currency} {health.kept:,.0f}",
        ),
        ("Learnings, and done something about", f"{health.learnings:,}, {health.done_share} %"),
        ("Drills passed", f"{health.drills[0]} of {health.drills[1]}"),
        ("Feelings, good to bad (a sample)", f"{good:,} to {bad:,}"),
        *_desk_facts(health.desk),
    ]


def _desk_facts(desk: Desk) -> list[tuple[str, str]]:
    """What the help desk told; nothing where it told nothing."""
    found = []
    if desk.per_thousand is not None:
        name = f"Escalations per 1,000 contacts ({desk.days} of {desk.month_days} days counted)"
        band = _BAND_WORDS[desk.reading].format(band=desk.band and f"{desk.band.low} to {desk.band.high}")
        found.append((name, f"{desk.per_thousand}{band}"))
    if desk.tickets:
        found.append(
            (
                "Tickets that met the rule, and never raised so far",
                f"{desk.qualified:,}, {len(desk.missed):,}",
            )
        )
    return found


def _facts(pdf: FPDF, health: Health) -> None:
    _say(pdf, "The programme", 12, bold=True)
    for name, value in facts(health):
        pdf.set_font(_FONT, size=10)
        pdf.cell(100, 6, name)
        pdf.set_font(_FONT, style="B", size=10)
        pdf.cell(0, 6, value, new_x="LMARGIN", new_y="NEXT", align="R")
    pdf.ln(3)


def _bars(pdf: FPDF, title: str, values: Mapping[str, int], unit: str) -> None:
    """A horizontal bar for each value, with its words before and its figure behind it."""
    _say(pdf, f"{title} ({unit})", 12, bold=True)
    most = max([*values.values(), 1])
    left, width = pdf.l_margin + 72, pdf.epw - 72 - 16
    for name, value in values.items():
        y = pdf.get_y()
        pdf.set_font(_FONT, size=10)
        pdf.cell(70, 6, _cut(name, _LONGEST))
        pdf.set_fill_color(*_FAINT)
        pdf.rect(left, y + 1, width, 4, style="F")
        pdf.set_fill_color(*_BAR)
        pdf.rect(left, y + 1, width * value / most, 4, style="F")
        pdf.set_xy(left + width, y)
        pdf.cell(16, 6, f"{value:,}", align="R", new_x="LMARGIN", new_y="NEXT")
    pdf.ln(3)


def _moved(trend: Trend) -> str:
    """A theme's name, cut where it is long, and what it was and is, which is never cut."""
    figures = f" ({trend.before} → {trend.now})"
    return _cut(trend.name, _LONGEST - len(figures)) + figures


def _cut(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _say(pdf: FPDF, words: str, size: int, *, bold: bool = False) -> None:
    pdf.set_font(_FONT, style="B" if bold else "", size=size)
    pdf.multi_cell(0, size * 0.5, words, new_x="LMARGIN", new_y="NEXT", align="L")


def _seconds(value: int | None) -> str:
    if value is None:
        return "–"
    return f"{value} s" if value < 60 else f"{value // 60} min {value % 60:02d} s"
