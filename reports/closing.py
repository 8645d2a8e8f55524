"""A month is closed: its figures are frozen as they are, sealed, and chained to the month before.

What comes in later, a debrief or a customer's word, changes a closed figure only by a correction: an entry with a
reason and a name, in a chain of its own that begins with the month's hash.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from people.models import Person
from people.plain_words import one_line
from reports import month as months
from reports.errors import BadInput, NotAllowed, NotNow
from reports.figures import Value
from reports.models import ClosedMonth, ClosedRow, Correction
from reports.month import FIGURES, Line, Report, Who
from reports.sealing import canonical, digest, sign, stamp
from reports.standing import Excuse, Standing, Status
from rota.models import Programme
from rota.quotas import month_days

FORMAT = "officer-of-the-day/closed-month/1"
_MOST = 2_000_000_000


def close_month(*, programme: Programme, month: date, by: Person) -> ClosedMonth:
    """Freezes the month of this date. Months are closed in order, each once, when they are over.

    Raises NotAllowed, NotNow.
    """
    if not (by.is_admin and by.is_active):
        raise NotAllowed("Only administrators close a month.", code="not_allowed")
    first, last = month_days(month)
    with transaction.atomic():
        Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
        now = timezone.now()
        latest = ClosedMonth.objects.filter(programme=programme).order_by("-month").first()
        _check(programme, first, last, latest, now)
        report = months.report(programme=programme, month=first, now=now)
        texts = [canonical(frozen_row(line)) for line in report.lines]
        header = canonical(
            header_of(report, [digest(text) for text in texts], by, latest.content_hash if latest else None)
        )
        content_hash = digest(header)
        closed = ClosedMonth.objects.create(
            programme=programme,
            month=first,
            closed_by=by,
            closed_at=now,
            previous=latest,
            header=header,
            content_hash=content_hash,
            signature=sign(content_hash),
        )
        ClosedRow.objects.bulk_create(
            ClosedRow(closed=closed, position=place, person_id=line.person.pk, text=text, digest=digest(text))
            for place, (line, text) in enumerate(zip(report.lines, texts, strict=True))
        )
    return closed


def correct(
    *, closed: ClosedMonth, person: Person, figure: str, after: Value, reason: str, by: Person
) -> Correction:
    """One figure of a closed month is another one now, for a reason. Raises BadInput naming the field, NotAllowed."""
    if not (by.is_admin and by.is_active):
        raise NotAllowed("Only administrators correct a closed month.", code="not_allowed")
    if figure not in FIGURES:
        raise BadInput("Choose a figure of the report.", field="figure", code="unknown")
    if after is not None and abs(after) > _MOST:
        raise BadInput("That is no figure of a month.", field="after", code="out_of_range")
    why = one_line(reason, field="reason", most=300, required=True)
    with transaction.atomic():
        month = ClosedMonth.objects.select_for_update().get(pk=closed.pk)
        row = month.rows.filter(person=person).first()
        if row is None:
            raise BadInput(f"{person.name} is not in this month.", field="person", code="no_member")
        earlier = list(month.corrections.order_by("position"))
        same = [one.after for one in earlier if one.person_id == person.pk and one.figure == figure]
        before = same[-1] if same else json.loads(row.text)["figures"].get(figure)
        if before == after:
            raise BadInput("It says so already.", field="after", code="same")
        now = timezone.now()
        last = earlier[-1].content_hash if earlier else month.content_hash
        text = canonical(
            {
                "after": after,
                "at": stamp(now),
                "before": before,
                "by": {"email": by.email, "name": by.name},
                "figure": figure,
                "person": person.pk,
                "previous": last,
                "reason": why,
            }
        )
        return Correction.objects.create(
            closed=month,
            position=len(earlier),
            person=person,
            figure=figure,
            before=before,
            after=after,
            reason=why,
            by=by,
            at=now,
            text=text,
            content_hash=digest(text),
            signature=sign(digest(text)),
        )


def closed_month(programme: Programme, month: date) -> ClosedMonth | None:
    """The frozen copy of the month of this date, if it was closed. One query."""
    rows = ClosedMonth.objects.filter(programme=programme, month=month.replace(day=1))
    return rows.select_related("closed_by", "programme", "previous").first()


def frozen_report(closed: ClosedMonth) -> Report:
    """The closed month as it was closed, without its corrections. One query."""
    lines = [line_of(json.loads(text)) for text in closed.rows.values_list("text", flat=True)]
    return Report(closed.programme, closed.month, closed.closed_at, lines)


def corrections_of(closed: ClosedMonth) -> Mapping[tuple[int, str], Sequence[Correction]]:
    """The month's corrections by person and figure, the earliest first. One query."""
    found: dict[tuple[int, str], list[Correction]] = defaultdict(list)
    for one in closed.corrections.select_related("by").order_by("position"):
        found[one.person_id, one.figure].append(one)
    return found


def document(closed: ClosedMonth) -> dict[str, Any]:
    """The closed month as a file: all that is sealed, its rows and corrections, the hash and the signature."""
    return {
        **json.loads(closed.header),
        "rows": [json.loads(text) for text in closed.rows.values_list("text", flat=True)],
        "seal": {"content_hash": closed.content_hash, "signature": closed.signature},
        "corrections": [
            {**json.loads(one.text), "content_hash": one.content_hash, "signature": one.signature}
            for one in closed.corrections.all()
        ],
    }


def header_of(report: Report, digests: Sequence[str], by: Person, previous: str | None) -> dict[str, Any]:
    """What is hashed: the month, who closed it, the rows' digests in order, and the month before."""
    programme = report.programme
    return {
        "closed_at": stamp(report.as_of),
        "closed_by": {"email": by.email, "name": by.name},
        "digests": list(digests),
        "format": FORMAT,
        "month": f"{report.month:%Y-%m}",
        "previous": previous,
        "programme": {"name": programme.name, "slug": programme.slug, "time_zone": programme.time_zone},
    }


def frozen_row(line: Line) -> dict[str, Any]:
    """A line as it is frozen."""
    excuse = line.excuse
    return {
        "excuse": {"by": excuse.by, "whole": excuse.whole, "why": excuse.why} if excuse else None,
        "figures": dict(line.figures),
        "owed_reasons": list(line.owed_reasons),
        "person": {"email": line.person.email, "id": line.person.pk, "name": line.person.name},
        "reasons": list(line.standing.reasons),
        "status": line.standing.status.value,
    }


def line_of(row: Mapping[str, Any]) -> Line:
    """The line that was frozen so; figures that the report did not have then are None."""
    person, excuse = row["person"], row["excuse"]
    return Line(
        person=Who(person["id"], person["name"], person["email"]),
        figures={key: row["figures"].get(key) for key in FIGURES},
        standing=Standing(Status(row["status"]), tuple(row["reasons"])),
        owed_reasons=row["owed_reasons"],
        excuse=Excuse(excuse["by"], excuse["why"], excuse["whole"]) if excuse else None,
    )


def _check(programme: Programme, first: date, last: date, latest: ClosedMonth | None, now: datetime) -> None:
    if now.astimezone(programme.zone).date() <= last:
        raise NotNow(f"{first:%B %Y} is not over yet.", field="month", code="not_over")
    if latest is None:
        return
    if latest.month >= first:
        raise NotNow(f"{first:%B %Y} is closed already.", field="month", code="closed")
    _, end = month_days(latest.month)
    if (first - end).days != 1:
        raise NotNow(
            f"Months are closed in order: {latest.month:%B %Y} was the last.", field="month", code="order"
        )
