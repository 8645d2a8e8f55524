"""Whether closed months are what was closed: the rows in the database, and files that were downloaded.

A finding says what is wrong and where: a changed row is named by its place and person. Nothing here mends anything.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from reports.closing import FORMAT
from reports.models import ClosedMonth, Correction
from reports.sealing import canonical, digest, is_ours, stamp
from rota.models import Programme


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was sealed: where ("north-america 2026-03, row 12 (Ana Ruiz)") and what."""

    where: str
    what: str


@dataclass(frozen=True)
class Verified:
    """What was looked at, in words, and what was found; nothing found is good."""

    looked_at: str
    findings: Sequence[Finding]

    @property
    def is_good(self) -> bool:
        return not self.findings


def verify_chain(programme: Programme) -> Verified:
    """All closed months of a programme in the database, from the first to the last. Three queries."""
    closed = list(
        ClosedMonth.objects.filter(programme=programme)
        .select_related("programme", "previous", "closed_by")
        .prefetch_related("rows__person", "corrections")
        .order_by("month")
    )
    findings: list[Finding] = []
    before: ClosedMonth | None = None
    for month in closed:
        findings += _month(month, before)
        before = month
    count = "1 closed month" if len(closed) == 1 else f"{len(closed)} closed months"
    return Verified(f"{count} of {programme.name}", findings)


def verify_file(text: str) -> Verified:
    """A downloaded file against itself and against the chain in the database."""
    try:
        document = json.loads(text)
        looked_at = f"{document['programme']['slug']} {document['month']}"
        findings = _file(document, looked_at)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ValidationError):
        wrong = Finding("the file", "This is no closed month as it was downloaded: it cannot be read.")
        return Verified("a file", [wrong])
    return Verified(looked_at, findings)


# --- In the database -----------------------------------------------------------------------------------------


def _month(closed: ClosedMonth, before: ClosedMonth | None) -> Iterable[Finding]:
    where = f"{closed.programme.slug} {closed.month:%Y-%m}"
    yield from _seal(where, closed.header, closed.content_hash, closed.signature)
    try:
        header = json.loads(closed.header)
        digests = list(header["digests"])
        told = (header["month"], header["closed_at"], header["closed_by"]["email"], header["previous"])
    except (ValueError, KeyError, TypeError):
        yield Finding(where, "The header cannot be read.")
        return
    previous = before.content_hash if before else None
    expected = (f"{closed.month:%Y-%m}", stamp(closed.closed_at), told[2], previous)
    if told[:2] != expected[:2]:
        yield Finding(where, "The month, or when it was closed, is not what was sealed.")
    if told[3] != previous or (closed.previous_id != (before.pk if before else None)):
        yield Finding(where, "The month before is not the one that it was chained to.")
    yield from _rows(where, closed, digests)
    yield from _corrections(where, closed.content_hash, list(closed.corrections.all()))


def _rows(where: str, closed: ClosedMonth, digests: Sequence[str]) -> Iterable[Finding]:
    rows = {row.position: row for row in closed.rows.all()}
    for place, sealed in enumerate(digests):
        row = rows.pop(place, None)
        if row is None:
            yield Finding(f"{where}, row {place + 1}", "The row is missing.")
            continue
        here = f"{where}, row {place + 1} ({row.person.name})"
        if digest(row.text) != sealed:
            yield Finding(here, "The row was changed after the month was closed.")
        elif row.digest != sealed:
            yield Finding(here, "The row’s own digest was changed.")
        elif json.loads(row.text)["person"]["id"] != row.person_id:
            yield Finding(here, "The row was given to somebody else.")
    for place, row in sorted(rows.items()):
        yield Finding(
            f"{where}, row {place + 1} ({row.person.name})", "The row was added after the month was closed."
        )


def _corrections(where: str, begins: str, corrections: Sequence[Correction]) -> Iterable[Finding]:
    last = begins
    for place, one in enumerate(sorted(corrections, key=lambda one: one.position)):
        here = f"{where}, correction {place + 1}"
        yield from _seal(here, one.text, one.content_hash, one.signature)
        told = json.loads(one.text) if one.text.startswith("{") else {}
        kept = {
            "after": one.after,
            "at": stamp(one.at),
            "before": one.before,
            "figure": one.figure,
            "person": one.person_id,
            "previous": last,
            "reason": one.reason,
        }
        if one.position != place or any(told.get(key) != value for key, value in kept.items()):
            yield Finding(here, "The correction is not what was sealed, or one before it is missing.")
        last = one.content_hash


def _seal(where: str, text: str, content_hash: str, signature: str) -> Iterable[Finding]:
    if digest(text) != content_hash:
        yield Finding(where, "What was sealed was changed: it has another hash.")
    elif not is_ours(content_hash, signature):
        yield Finding(where, "The signature is not ours, or was made with a key that is no longer known.")


# --- A file ----------------------------------------------------------------------------------------------------


def _file(document: Mapping[str, Any], where: str) -> list[Finding]:
    if document["format"] != FORMAT:
        return [Finding("the file", f"Its format is not {FORMAT}.")]
    findings: list[Finding] = []
    digests = [digest(canonical(row)) for row in document["rows"]]
    for place, (own, sealed) in enumerate(zip(digests, document["digests"], strict=False)):
        if own != sealed:
            name = document["rows"][place]["person"]["name"]
            findings.append(Finding(f"{where}, row {place + 1} ({name})", "The row was changed."))
    if len(digests) != len(document["digests"]):
        findings.append(Finding(where, f"{len(digests)} rows; {len(document['digests'])} were sealed."))
    header = canonical({key: document[key] for key in document if key not in ("rows", "seal", "corrections")})
    seal = document["seal"]
    findings += _seal(where, header, seal["content_hash"], seal["signature"])
    return findings + _against_database(document, where, seal["content_hash"])


def _against_database(document: Mapping[str, Any], where: str, content_hash: str) -> list[Finding]:
    closed = ClosedMonth.objects.filter(
        programme__slug=document["programme"]["slug"], month=f"{document['month']}-01"
    ).first()
    if closed is None:
        return [Finding(where, "This month is not closed here.")]
    findings = []
    if closed.content_hash != content_hash:
        findings.append(Finding(where, "The database has another hash for this month."))
    theirs = [one["content_hash"] for one in document["corrections"]]
    ours = [one.content_hash for one in closed.corrections.all()]
    if theirs != ours[: len(theirs)]:
        findings.append(Finding(where, "Its corrections are not those of the database."))
    elif any(
        digest(canonical({key: one[key] for key in one if key not in ("content_hash", "signature")}))
        != one["content_hash"]
        for one in document["corrections"]
    ):
        findings.append(Finding(where, "A correction in the file was changed."))
    return findings
