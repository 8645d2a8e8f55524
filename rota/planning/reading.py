"""Reads an instance (`duty-instance/1`) strictly: every mistake is named by the path of its field.

Keys that are none of ours are left alone, because files carry notes of their makers.
"""

import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from people.errors import Refused
from rota.errors import Mistake
from rota.planning.instance import (
    BACKUP,
    PRIMARY,
    Absence,
    Day,
    Executive,
    Instance,
    Points,
    Rules,
    Seat,
    SessionRules,
    Slot,
    Weights,
)
from rota.planning.json_node import MOST_POINTS, NEVER, NO_INSTANT, Node

FORMAT = "duty-instance/1"
MOST_SHOWN = 40
LONGEST_ABSENCE = 4_000  # days
MOST_BURDEN = 10_000  # points of one day


class BadInstance(Refused):
    """The instance was refused as a whole; `mistakes` names every one that was found."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        shown = [str(mistake) for mistake in mistakes[:MOST_SHOWN]]
        if len(mistakes) > MOST_SHOWN:
            shown.append(f"… and {len(mistakes) - MOST_SHOWN} more.")
        super().__init__("\n".join(shown), field=mistakes[0].path, code="bad_instance")
        self.mistakes = tuple(mistakes)


def read_instance(text: str | bytes) -> Instance:
    """The instance that a JSON text describes. Raises BadInstance with every mistake in it."""
    doubles: list[Mistake] = []

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if len(content) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            doubles.append(Mistake("", f'The key "{twice[:80]}" stands twice in one object.'))
        return content

    def refuse_constant(name: str) -> Any:
        raise ValueError(f"{name} is no number of JSON")

    try:
        content = json.loads(text, object_pairs_hook=unique, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as error:
        raise BadInstance([Mistake("", f"This is no JSON: {error}.")]) from error
    if doubles:
        raise BadInstance(doubles)
    mistakes: list[Mistake] = []
    root = Node(content, "", mistakes)
    instance = _instance(root)
    if mistakes or instance is None:
        raise BadInstance(mistakes)
    return instance


def _instance(root: Node) -> Instance | None:
    if not isinstance(root.value, dict):
        root.wrong("The file must hold one object in { }.")
        return None
    if root["format"].value != FORMAT:
        root["format"].wrong(f'must be "{FORMAT}".')
        return None
    name = root["name"].text()
    start, end = root["horizon"].object()["start"].day(), root["horizon"]["end"].day()
    if NEVER not in (start, end) and end < start:
        root["horizon"]["end"].wrong("must not lie before the start.")
    days = _days(root["days"], start, end)
    rules = _rules(root["rules"].object())
    executives = _executives(root["executives"])
    slots = _slots(root["slots"]) if root.has("slots") else ()
    known = {executive.id for executive in executives}
    duty_days = {day.date for day in days}
    instance = Instance(
        name=name,
        days=days,
        executives=executives,
        rules=rules,
        weights=_weights(root["objective"].object()["weights"].object()),
        slots=slots,
        pinned=_pinned(root["pinned"], rules, duty_days, known) if root.has("pinned") else {},
        published=_published(root["published"], known) if root.has("published") else {},
    )
    if executives and not any(executive.share for executive in executives):
        root["executives"].wrong("must hold somebody whose share is more than 0.")
    elif executives:
        _check_targets(root["executives"], instance)
    return instance


def _days(node: Node, start: date, end: date) -> tuple[Day, ...]:
    days: list[Day] = []
    for item in node.items():
        item.object()
        day = Day(
            date=item["date"].day(),
            burden=item["burden"].whole(most=MOST_BURDEN),
            weekend=item["weekend"].flag(),
            holiday=item["holiday"].flag(),
            primary_requires=frozenset(_texts(item["primary_requires"])),
            cover_any=tuple(dict.fromkeys(_texts(item["cover_any"]))),
        )
        if NEVER not in (day.date, start, end) and not start <= day.date <= end:
            item["date"].wrong(f"must lie in the horizon, {start} to {end}.")
        if days and NEVER not in (day.date, days[-1].date) and day.date <= days[-1].date:
            item["date"].wrong(f"must come after the day before it in the list, {days[-1].date}.")
        days.append(day)
    if node.value == []:
        node.wrong("must hold at least one duty day.")
    return tuple(days)


def _rules(node: Node) -> Rules:
    return Rules(
        backup=node["backup"].flag(),
        min_gap_days=node["min_gap_days"].whole(most=4000),
        role_gap_days=node["role_gap_days"].whole(most=4000),
        min_primary_months=tuple(dict.fromkeys(item.month() for item in node["min_primary_months"].items())),
        # The format says "null or a number"; 0 is no limit, as its checker reads it.
        max_primary_per_month=node["max_primary_per_month"].maybe(Node.whole) or None,
        no_consecutive_weekends=node["no_consecutive_weekends"].flag(),
        max_consecutive_duty_days=node["max_consecutive_duty_days"].maybe(Node.whole) or None,
        weekend_neighbours_free=node["weekend_neighbours_free"].flag(),
        sessions=node["sessions"].maybe(_session_rules),
    )


def _session_rules(node: Node) -> SessionRules:
    node.object()
    hours = [item.whole(most=48) for item in node["local_hours"].items()]
    if isinstance(node["local_hours"].value, list) and (len(hours) != 2 or hours[0] >= hours[1]):
        node["local_hours"].wrong("must be two hours, the first before the second, such as [7, 21].")
    opens, closes = hours if len(hours) == 2 else (0, 24)
    return SessionRules(
        per_month=node["per_month"].whole(most=1000),
        minutes=node["minutes"].whole(least=1, most=1440),
        opens=opens,
        closes=closes,
        one_per_day=node["one_per_day"].flag() if node.has("one_per_day") else False,
    )


def _executives(node: Node) -> tuple[Executive, ...]:
    executives: list[Executive] = []
    known: set[str] = set()
    for item in node.items():
        item.object()
        executive = Executive(
            id=item["id"].text(),
            timezone=_zone(item["timezone"]),
            country=item["country"].maybe(Node.text) if item.has("country") else None,
            tags=frozenset(_texts(item["tags"])),
            share=item["share"].whole(),
            balance=_points(item["balance"]),
            last_primary=item["last_primary"].maybe(Node.day) if item.has("last_primary") else None,
            unavailable=tuple(_absence(absence) for absence in item["unavailable"].items()),
            busy=tuple(_busy(block) for block in item["busy"].items()),
            avoided=_wishes(item["avoided"]),
            wanted=_wishes(item["wanted"]),
            exempt_months=frozenset(month.month() for month in item["exempt_months"].items()),
        )
        if executive.id and executive.id in known:
            item["id"].wrong(f'"{executive.id}" is the id of somebody else.')
        known.add(executive.id)
        executives.append(executive)
    if node.value == []:
        node.wrong("must hold at least one executive.")
    return tuple(executives)


def _points(node: Node) -> Points:
    node.object()
    return Points(
        load=node["load"].whole(least=-MOST_POINTS),
        weekend=node["weekend"].whole(least=-MOST_POINTS),
        backup=node["backup"].whole(least=-MOST_POINTS),
    )


def _check_targets(node: Node, instance: Instance) -> None:
    """The file may state each target; one that does not follow from shares and balances is a mistake."""
    for item in node.items():
        if item.has("id") and item.has("target") and item["id"].value in instance.executive:
            stated, due = _points(item["target"]), instance.targets[item["id"].value]
            for name in ("load", "weekend", "backup"):
                if getattr(stated, name) != getattr(due, name):
                    item["target"][name].wrong(f"must be {getattr(due, name)}, by the shares and balances.")


def _zone(node: Node) -> str:
    name = node.text()
    if name:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            node.wrong(f'"{name[:80]}" is no time zone. Give one such as "Europe/Paris".')
            return "UTC"
    return name or "UTC"


def _absence(node: Node) -> Absence:
    node.object()
    first, last = node["from"].day(), node["to"].day()
    if NEVER not in (first, last):
        if last < first:
            node["to"].wrong(f"must not lie before {first}.")
        elif (last - first).days > LONGEST_ABSENCE:
            node["to"].wrong(f"must be at most {LONGEST_ABSENCE:,} days after {first}.")
            last = first
    return Absence(first=first, last=last, why=node["why"].text() if node.has("why") else "unavailable")


def _busy(node: Node) -> tuple[datetime, datetime]:
    instants = [item.instant() for item in node.items()]
    if isinstance(node.value, list) and len(instants) != 2:
        node.wrong("must be two instants, [start, end].")
    elif len(instants) == 2 and instants[1] < instants[0]:
        node.wrong("must not end before it starts.")
    start, end = instants if len(instants) == 2 else (NO_INSTANT, NO_INSTANT)
    return start, end


def _wishes(node: Node) -> dict[date, int]:
    wishes: dict[date, int] = {}
    for key, weight in node.entries():
        day = Node(key, weight.path, weight.mistakes).day()
        wishes[day] = weight.whole(least=1, most=3)
    return wishes


def _slots(node: Node) -> tuple[Slot, ...]:
    slots: list[Slot] = []
    known: set[str] = set()
    for item in node.items():
        item.object()
        slot = Slot(
            id=item["id"].text(),
            centre=item["centre"].text() if item.has("centre") else "",
            start=item["start"].instant(),
            end=item["end"].instant(),
            date=item["date"].day(),
            seats=item["seats"].whole(),
            peak=item["peak"].whole(most=3),
        )
        if slot.id and slot.id in known:
            item["id"].wrong(f'"{slot.id}" is the id of another slot.')
        if slot.end < slot.start:
            item["end"].wrong("must not lie before the start.")
        known.add(slot.id)
        slots.append(slot)
    return tuple(slots)


def _pinned(node: Node, rules: Rules, duty_days: set[date], known: set[str]) -> dict[Seat, str]:
    pinned: dict[Seat, str] = {}
    for item in node.items():
        item.object()
        day, role, holder = item["date"].day(), item["role"].text(), item["executive"].text()
        if day not in duty_days and day != NEVER:
            item["date"].wrong(f"{day} is no duty day of this instance.")
        if role and role not in rules.roles:
            item["role"].wrong(f'must be {" or ".join(rules.roles)}, not "{role[:40]}".')
        if holder and holder not in known:
            item["executive"].wrong(f'"{holder[:80]}" is no executive of this instance.')
        if pinned.setdefault((day, role), holder) != holder:
            item["executive"].wrong(f"another executive is pinned to {role} on {day} already.")
    return pinned


def _published(node: Node, known: set[str]) -> dict[Seat, str]:
    published: dict[Seat, str] = {}
    for key, row in node.entries():
        day = Node(key, row.path, row.mistakes).day()
        for role, holder in row.entries():
            if role not in (PRIMARY, BACKUP):
                holder.wrong("is no role. Roles are primary and backup.")
            elif holder.value is not None:
                published[day, role] = holder.text()
                if published[day, role] and published[day, role] not in known:
                    holder.wrong(f'"{published[day, role][:80]}" is no executive of this instance.')
    return published


def _weights(node: Node) -> Weights:
    return Weights(**{term: node[term].whole() for term in Weights.__dataclass_fields__})


def _texts(node: Node) -> list[str]:
    return [item.text() for item in node.items()]
