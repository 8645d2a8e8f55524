"""Imports point one way only, so that each room can be read, tested and changed without those above it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "telephony": set(),
    "calendars": set(),
    "people": {"telephony"},
    "customers": {"people"},
    "rota": {"people", "calendars", "telephony"},
    "learnings": {"people", "customers"},
    "escalations": {"learnings", "rota", "customers", "people", "telephony"},
    "listening": {"learnings", "rota", "customers", "people", "telephony", "calendars"},
    "reports": {
        "telephony", "calendars", "people", "customers", "rota", "learnings", "escalations", "listening",
    },
    "api": {
        "telephony", "calendars", "people", "customers", "rota", "learnings", "escalations", "listening",
        "reports",
    },
    "web": {
        "telephony", "calendars", "people", "customers", "rota", "learnings", "escalations", "listening",
        "reports",
    },
}  # fmt: skip
MAY_IMPORT["config"] = set(MAY_IMPORT)
MAY_IMPORT["benches"] = set(MAY_IMPORT)  # measures the whole; nobody imports it

ONLY_HERE = {
    "twilio": "telephony",
    "icalendar": "calendars",
    "highspy": "rota/plann",  # planner.py and planning/
}
"""Parts that one place alone knows."""

LAZY_REFERENCE = re.compile(r"^(\w+)\.[A-Z]\w*$")
"""How Django's fields name a model of another room, without importing it."""


def modules() -> list[Path]:
    """Every module of every room, migrations aside."""
    found = [
        path
        for room in MAY_IMPORT
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts
    ]
    assert len(found) > 50
    return found


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, full dotted name) of everything imported, at whatever depth, and of models named in fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("ForeignKey", "Field")):
            model = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
            if isinstance(model, str) and LAZY_REFERENCE.match(model):
                yield node.lineno, model


def faults(path: Path, text: str) -> list[str]:
    """What is wrong with the imports of `text`, as if it stood at `path` (relative to the root)."""
    tree = ast.parse(text)
    room = path.parts[0]
    found = []
    for line, name in imports(tree):
        top = name.partition(".")[0]
        if top in MAY_IMPORT and top != room and top not in MAY_IMPORT[room]:
            found.append(f"{path}:{line}: {room} may not import {name}")
        home = ONLY_HERE.get(top)
        if home is not None and not path.as_posix().startswith(home):
            found.append(f"{path}:{line}: only {home} knows {top}")
        inside = path.as_posix().startswith("telephony/simulator/")
        if inside and top in MAY_IMPORT and not name.startswith("telephony.simulator"):
            found.append(f"{path}:{line}: the simulator knows nothing of ours, not {name}")
        if not inside and name.startswith("telephony.simulator.") and room != "tests":
            found.append(f"{path}:{line}: nothing depends on the simulator; it is a server like Twilio's")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            found.append(f"{path}:{node.lineno}: imports are absolute")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found += [
                f"{path}:{inner.lineno}: an import inside {node.name}() hides a circle"
                for inner in ast.walk(node)
                if isinstance(inner, ast.Import | ast.ImportFrom)
            ]
    return found


def test_every_import_points_up_the_table() -> None:
    found = [fault for path in modules() for fault in faults(path.relative_to(ROOT), path.read_text())]
    assert not found, "\n" + "\n".join(found)


def test_every_room_is_in_the_table() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert rooms <= set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("people/rooms.py", "from escalations.models import Escalation"),
        ("telephony/client.py", "import people.models"),
        ("api/views.py", "from web.forms import Raise"),
        ("web/views.py", "from api.tokens import issue"),
        ("rota/models.py", "models.ForeignKey('escalations.Escalation', on_delete=models.CASCADE)"),
        ("rota/swaps.py", "def swap():\n    from rota.models import Duty"),
        ("rota/swaps.py", "from .models import Duty"),
        ("people/verification.py", "from twilio.rest import Client"),
        ("telephony/simulator/calls.py", "from telephony.client import place_call"),
        ("escalations/delivery.py", "from telephony.simulator.network import Network"),
        ("customers/score.py", "import rota"),
    ],
)
def test_a_wrong_import_is_found(path: str, text: str) -> None:
    assert faults(Path(path), text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("escalations/paging.py", "from people.models import Person\nfrom escalations.models import Page"),
        ("config/urls.py", "import web.urls, api.urls"),
        ("escalations/models.py", "models.ForeignKey('customers.Account', on_delete=models.PROTECT)"),
        ("telephony/client.py", "from twilio.rest import Client"),
    ],
)
def test_a_right_import_is_left_alone(path: str, text: str) -> None:
    assert not faults(Path(path), text)
