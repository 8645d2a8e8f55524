"""The weekly windows in which a programme offers listening, as its file decides them."""

from collections.abc import Sequence
from datetime import date, timedelta

from rota.clock_times import span_text
from rota.models import ListeningWindow, Programme
from rota.programme_changes import Change
from rota.window_rules import KEY, WindowRule

_OFFER = ("weekday", "opens", "closes", "language", "queue", "valid_from", "valid_until")
"""What makes a window this one and no other; its seats and its peak may change."""


def windows_that_count(programme: Programme, today: date) -> list[WindowRule]:
    """The windows that have not ended, in the order in which they were offered."""
    return [_rule(row) for row in programme.listening_windows.all() if not _has_ended(row, today)]


def set_windows(*, programme: Programme, windows: Sequence[WindowRule], today: date) -> list[Change]:
    """The programme offers exactly these from today on. Returns what changed.

    One that is offered no more ends yesterday where times in it were held, so that they keep their window, and is
    forgotten otherwise (its history stays). Call it in the transaction that changes the programme.
    """
    rows = {_offer(row): row for row in programme.listening_windows.all()}
    changes: list[Change] = []
    for window in windows:
        row = rows.pop(_offer(window), None)
        if row is None:
            ListeningWindow.objects.create(
                programme=programme,
                **{key: getattr(window, key) for key in _OFFER},
                seats=window.seats,
                peak=window.peak,
            )
            changes.append(Change(KEY, "", f"{words_of(window)} is offered"))
        elif (row.seats, row.peak) != (window.seats, window.peak):
            before = words_of(_rule(row))
            row.seats, row.peak = window.seats, window.peak
            row.save()
            changes.append(Change(KEY, before, words_of(window)))
    for row in rows.values():
        if not _has_ended(row, today):
            changes.append(Change(KEY, "", f"{words_of(_rule(row))} is offered no more"))
            _end(row, today)
    return changes


def _end(row: ListeningWindow, today: date) -> None:
    if not row.holds.exists():
        row.delete()
        return
    row.valid_until = today - timedelta(days=1)
    row.valid_from = min(row.valid_from, row.valid_until) if row.valid_from else None
    row.save()


def _has_ended(row: ListeningWindow, today: date) -> bool:
    return row.valid_until is not None and row.valid_until < today


def _offer(window: ListeningWindow | WindowRule) -> tuple[object, ...]:
    return tuple(getattr(window, key) for key in _OFFER)


def _rule(row: ListeningWindow) -> WindowRule:
    return WindowRule(**{key: getattr(row, key) for key in _OFFER}, seats=row.seats, peak=row.peak)


def words_of(window: WindowRule) -> str:
    """ "mon 10:00-12:00, 3 seats, peak 2, es, billing"."""
    calls = [part for part in (window.language, window.queue) if part]
    seats = f"{window.seats} seat{'' if window.seats == 1 else 's'}"
    span = span_text(window.opens, window.closes)
    return ", ".join([f"{window.weekday} {span}", seats, f"peak {window.peak}", *calls])
