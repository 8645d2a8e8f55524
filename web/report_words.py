"""How a report's figures and statuses are written on pages. Pure."""

from collections.abc import Mapping

from reports.figures import Figure, Unit, Value
from reports.standing import Status, clock
from web.words import Look

LOOKS: Mapping[Status, Look] = {
    Status.KEPT: Look("Kept", "good", "circle-check"),
    Status.ON_PACE: Look("On pace", "hand", "clock"),
    Status.BEHIND: Look("Behind", "bad", "triangle-alert"),
    Status.EXCUSED: Look("Excused", "", "info"),
}


def written(figure: Figure, value: Value) -> str:
    """ "3", "1:59:59" for listening, "42 s" for how long a yes took, "–" where there is nothing to measure."""
    if value is None:
        return "–"
    if figure.unit is not Unit.SECONDS:
        return str(value)
    return seconds_in_words(value) if figure.key.startswith("accept_") else clock(value)


def seconds_in_words(seconds: int) -> str:
    """ "42 s", "3 min 05 s"."""
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min {seconds % 60:02d} s"
