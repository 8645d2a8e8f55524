"""A month as people are shown it: a closed one as it was frozen, with its corrections, else what is evident now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from people.models import Person
from reports import month as months
from reports.closing import closed_month, corrections_of, frozen_report
from reports.models import ClosedMonth, Correction
from reports.month import Line, Report
from rota.models import Programme

Corrections = Mapping[tuple[int, str], Sequence[Correction]]


@dataclass(frozen=True)
class Shown:
    """A report; of a closed month its frozen copy too, and what was corrected, by person and figure."""

    report: Report
    closed: ClosedMonth | None = None
    corrections: Corrections = field(default_factory=dict)


def show(*, programme: Programme, month: date, now: datetime, some: bool = False) -> Shown:
    """What counts for the month of this date, a line a member.

    Where only `some` lines will be told in full they have no more than their standing, until `report.whole` is asked.
    """
    closed = closed_month(programme, month)
    if closed is None:
        reckon = months.outline if some else months.report
        return Shown(reckon(programme=programme, month=month, now=now))
    corrections = corrections_of(closed)
    report = frozen_report(closed)
    lines = [corrected(line, corrections) for line in report.lines]
    return Shown(replace(report, lines=lines), closed, corrections)


def show_one(*, programme: Programme, person: Person, month: date, now: datetime) -> Shown:
    """Likewise with one member's line alone; without any where they were no member."""
    closed = closed_month(programme, month)
    if closed is not None:
        shown = show(programme=programme, month=month, now=now)
        lines = [line for line in shown.report.lines if line.person.pk == person.pk]
        return replace(shown, report=replace(shown.report, lines=lines))
    line = months.report_of(programme=programme, person=person, month=month, now=now)
    return Shown(Report(programme, month.replace(day=1), now, [line] if line else []))


def corrected(line: Line, corrections: Corrections) -> Line:
    """The line with the last word on each figure. How it stood when the month was closed stays."""
    changed = {
        key: corrections[line.person.pk, key][-1].after
        for key in line.figures
        if (line.person.pk, key) in corrections
    }
    return replace(line, figures={**line.figures, **changed}) if changed else line
