"""The month's figures reckoned a second time, from a dump of raw rows, with nothing of the product's own code.

Plain Python over plain tables, written from the definitions in docs/reports.md and not from `reports/`: one row and
one event after the other, without regard to speed. `python -m tests.reports.independent DUMP.json SLUG 2026-03`.
"""

import json
import math
import sys
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

TABLES = [
    "people_person", "rota_programme", "rota_membership", "rota_absence", "rota_exemption",
    "rota_duty", "rota_historicalduty", "escalations_escalation", "escalations_page",
    "escalations_event", "escalations_outcome", "learnings_learning", "learnings_action", "learnings_idea",
    "listening_session", "listening_evidence", "listening_livecall", "listening_debrief",
]  # fmt: skip


def dump(cursor, path):
    """Writes the tables as JSON: one list of objects each, instants and dates as ISO text."""
    tables = {}
    for table in TABLES:
        cursor.execute(f"SELECT * FROM {table} ORDER BY 1")  # noqa: S608 - names of ours
        names = [column[0] for column in cursor.description]
        tables[table] = [dict(zip(names, map(_plain, row), strict=True)) for row in cursor.fetchall()]
    Path(path).write_text(json.dumps(tables))


def _plain(value):
    return value.isoformat() if hasattr(value, "isoformat") else value if _is_json(value) else str(value)


def _is_json(value):
    return value is None or isinstance(value, str | int | float | bool | list | dict)


def instant(text):
    """An instant, whatever database wrote it."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def day(text):
    return None if text is None else date.fromisoformat(text[:10])


def as_json(value):
    return json.loads(value) if isinstance(value, str) else value


class Month:
    """A month of one programme over a dump; `figures(person)` is the whole row."""

    def __init__(self, tables, slug, month, now):
        self.t = tables
        self.now = now
        self.programme = next(row for row in tables["rota_programme"] if row["slug"] == slug)
        self.zone = ZoneInfo(self.programme["time_zone"])
        self.first = month
        self.days = []
        when = month
        while when.month == month.month:
            self.days.append(when)
            when += timedelta(days=1)
        self.begin = datetime(month.year, month.month, 1, tzinfo=self.zone).astimezone(UTC)
        self.end = datetime(when.year, when.month, 1, tzinfo=self.zone).astimezone(UTC)
        self.of_programme = {
            row["id"]
            for row in tables["escalations_escalation"]
            if row["programme_id"] == self.programme["id"]
        }
        self._offers()
        self._takings()
        self._duties()
        self._outcomes()
        self._listening()
        self.learnt = defaultdict(int)
        for row in tables["learnings_learning"]:
            self.learnt[row["author_id"]] += self._within(instant(row["created_at"]))

    # --- who, and what they owe --------------------------------------------------------------------

    def part(self, person):
        """(joined, left, share) or None for no member."""
        for row in self.t["rota_membership"]:
            if row["programme_id"] == self.programme["id"] and row["person_id"] == person:
                return day(row["joined_on"]), day(row["left_on"]), row["share"]
        return None

    def members(self):
        found = []
        for row in self.t["people_person"]:
            part = self.part(row["id"])
            if part is None or not row["is_executive"] or not row["is_active"]:
                continue
            if any(self.is_in(part, when) for when in self.days):
                found.append(row["id"])
        return found

    def is_in(self, part, when):
        joined, left, _ = part
        return not (joined and when < joined) and not (left and when >= left)

    def owed(self, person):
        """(duty days, seconds of listening)."""
        part = self.part(person)
        leaves = [
            (day(row["first_day"]), day(row["last_day"]))
            for row in self.t["rota_absence"]
            if row["person_id"] == person and row["status"] == "approved"
        ]
        there = 0
        for when in self.days:
            away = any(begin <= when <= end for begin, end in leaves)
            if self.is_in(part, when) and not away:
                there += 1
        proportion = Fraction(there, len(self.days))
        share = part[2]
        quota = self.programme["duty_days_per_month"]
        number = self.first.year * 12 + self.first.month + person
        due = math.floor(Fraction((number + 1) * quota * share, 100)) - math.floor(
            Fraction(number * quota * share, 100)
        )
        duties = math.floor(due * proportion + Fraction(1, 2))
        minutes = math.floor(
            self.programme["listening_minutes_per_month"] * proportion * Fraction(share, 100) + Fraction(1, 2)
        )
        for row in self.t["rota_exemption"]:
            same = row["programme_id"] == self.programme["id"] and row["person_id"] == person
            if same and day(row["month"]) == self.first:
                duties = 0 if row["duty"] else duties
                minutes = 0 if row["listening"] else minutes
        return duties, minutes * 60

    # --- phones ------------------------------------------------------------------------------------

    def _offers(self):
        grouped = defaultdict(list)
        for page in self.t["escalations_page"]:
            if page["escalation_id"] in self.of_programme and page["purpose"] in ("offer", "called_back"):
                grouped[page["person_id"], page["escalation_id"], page["round"]].append(page)
        self.offers = defaultdict(list)
        for (person, _, _), pages in grouped.items():
            at = min(instant(page["created_at"]) for page in pages)
            words = [page["status"] for page in pages]
            if "accepted" in words:
                result = "accepted"
            elif "passed" in words:
                result = "passed"
            elif any(word in ("queued", "sending", "ringing", "answered") for word in words):
                result = "open"
            elif any(word in ("unanswered", "voicemail", "busy") for word in words):
                result = "unanswered"
            else:
                result = "neither"
            yes = [instant(page["ended_at"]) for page in pages if page["status"] == "accepted"]
            self.offers[person].append((at, result, max(yes) if yes else None))

    def _takings(self):
        self.taken = defaultdict(list)
        for event in self.t["escalations_event"]:
            if event["kind"] in ("accepted", "handed_over") and event["escalation_id"] in self.of_programme:
                self.taken[event["actor_id"]].append((instant(event["at"]), event["escalation_id"]))

    def _duties(self):
        holders = defaultdict(list)
        records = [row for row in self.t["rota_historicalduty"] if row["published"]]
        for row in sorted(records, key=lambda row: (instant(row["history_date"]), row["history_id"])):
            holders[row["id"]].append(row["person_id"])
        self.duties = defaultdict(lambda: defaultdict(int))
        for duty in self.t["rota_duty"]:
            mine = duty["programme_id"] == self.programme["id"] and duty["published"]
            if not mine or day(duty["day"]) not in self.days:
                continue
            holder = duty["person_id"]
            line = self.duties[holder]
            begins, ends = instant(duty["starts_at"]), instant(duty["ends_at"])
            if ends > self.now:
                line["duty_days_to_come"] += 1
            else:
                line["duty_days_missed" if self._missed(holder, begins, ends) else "duty_days_served"] += 1
            before = holders[duty["id"]] or [holder]
            if before[0] != holder:
                line["duty_days_covered"] += 1
            for other in set(before):
                if other != holder:
                    self.duties[other]["duty_days_swapped"] += 1

    def _missed(self, person, begins, ends):
        rang_in_vain = False
        for at, result, _ in self.offers[person]:
            if begins <= at < ends:
                if result in ("accepted", "passed"):
                    return False
                rang_in_vain = rang_in_vain or result == "unanswered"
        if any(begins <= at < ends for at, _ in self.taken[person]):
            return False
        return rang_in_vain

    def _outcomes(self):
        self.outcomes = defaultdict(lambda: defaultdict(int))
        for row in self.t["escalations_outcome"]:
            if row["escalation_id"] not in self.of_programme:
                continue
            line = self.outcomes[row["recorded_by_id"]]
            if self._within(instant(row["recorded_at"])):
                line["cases_resolved"] += 1
            if self._within(instant(row["answered_at"])):
                line["cases_confirmed"] += row["answer"] == "fixed"
                line["cases_reopened"] += row["answer"] == "not_fixed"

    def _within(self, at):
        return at is not None and self.begin <= at < self.end

    # --- listening ---------------------------------------------------------------------------------

    def _listening(self):
        """Credited seconds from the telephone's own events, session by session."""
        told = defaultdict(list)
        calls = {}
        for row in self.t["listening_evidence"]:
            told[row["live_call_id"]].append(row)
            if row["session_id"] is not None:
                calls.setdefault(row["session_id"], row["live_call_id"])
        debriefs = {row["session_id"]: instant(row["created_at"]) for row in self.t["listening_debrief"]}
        self.listened = defaultdict(int)
        self.sessions = defaultdict(lambda: defaultdict(int))
        for session in self.t["listening_session"]:
            if session["programme_id"] != self.programme["id"]:
                continue
            debriefed, due = debriefs.get(session["id"]), instant(session["debrief_due_at"])
            finished = session["status"] == "finished" and due is not None
            if finished and debriefed is not None and debriefed <= due and session["id"] in calls:
                seconds = self._heard(told[calls[session["id"]]])
                self.listened[session["person_id"]] += seconds
            if day(session["month"]) != self.first:
                continue
            line = self.sessions[session["person_id"]]
            line["sessions_booked"] += session["status"] != "cancelled"
            line["sessions_missed"] += session["status"] == "missed"
            if finished:
                line["debriefs_on_time"] += debriefed is not None and debriefed <= due
                line["debriefs_late"] += debriefed > due if debriefed else due < self.now

    def _heard(self, events):
        """Whole seconds of this month in which listener, customer and agent were all there and none on hold."""
        here = {"agent": False, "customer": False, "listener": False}
        held = False
        since = None
        seconds = 0.0
        for event in sorted(events, key=lambda event: event["sequence"]):
            at = instant(event["at"])
            if since is not None:
                seconds += max((min(at, self.end) - max(since, self.begin)).total_seconds(), 0)
            if event["kind"] in ("join", "leave"):
                here[event["participant"]] = event["kind"] == "join"
            elif event["kind"] in ("hold", "unhold"):
                held = event["kind"] == "hold"
            since = at if all(here.values()) and not held else None
        return int(seconds)

    # --- the row -----------------------------------------------------------------------------------

    def figures(self, person):
        """Every figure of one person."""
        row = {}
        row["duty_days_owed"], owed = self.owed(person)
        for key in ("served", "swapped", "covered", "missed", "to_come"):
            row[f"duty_days_{key}"] = self.duties[person][f"duty_days_{key}"]
        mine = [offer for offer in self.offers[person] if self._within(offer[0])]
        row["pages_offered"] = len(mine)
        for word in ("accepted", "passed", "unanswered"):
            row[f"pages_{word}"] = sum(result == word for _, result, _ in mine)
        row["pages_called_off"] = sum(result in ("open", "neither") for _, result, _ in mine)
        waits = sorted(
            math.floor((yes - at).total_seconds()) for at, result, yes in mine if result == "accepted"
        )
        row["accept_median_seconds"] = row["accept_p90_seconds"] = None
        if waits:
            low, high = waits[(len(waits) - 1) // 2], waits[len(waits) // 2]
            row["accept_median_seconds"] = math.floor(Fraction(low + high, 2) + Fraction(1, 2))
            row["accept_p90_seconds"] = waits[math.ceil(Fraction(9 * len(waits), 10)) - 1]
        row["cases_taken"] = len({case for at, case in self.taken[person] if self._within(at)})
        for key in ("cases_resolved", "cases_confirmed", "cases_reopened"):
            row[key] = self.outcomes[person][key]
        row["listening_owed_seconds"] = owed
        row["listening_live_seconds"] = self.listened[person]
        row["listening_counted_seconds"] = self.listened[person]
        row["listening_balance_seconds"] = self.listened[person] - owed
        for key in ("sessions_booked", "sessions_missed", "debriefs_on_time", "debriefs_late"):
            row[key] = self.sessions[person][key]
        row["learnings_logged"] = self.learnt[person]
        row |= self.followed(person)
        return row

    def followed(self, person):
        """Actions and ideas."""
        until = min(self.now, self.end)
        found = dict.fromkeys(("actions_owned", "actions_done", "actions_overdue", "ideas_late"), 0)
        for row in self.t["learnings_action"]:
            if row["owner_id"] != person or instant(row["opened_at"]) >= self.end:
                continue
            ends = [instant(row[key]) for key in ("done_at", "declined_at") if row[key]]
            end = min(ends) if ends else None
            found["actions_owned"] += end is None or end >= self.begin
            found["actions_done"] += self._within(instant(row["done_at"]))
            late = day(row["due_on"]) < (
                self.days[-1] + timedelta(days=1) if until == self.end else self.today()
            )
            found["actions_overdue"] += late and (end is None or end >= until)
        for row in self.t["learnings_idea"]:
            if row["owner_id"] == person:
                due, answered = instant(row["answer_due_at"]), instant(row["answered_at"])
                late = answered > due and self._within(answered) if answered else due < until
                found["ideas_late"] += late
        return found

    def today(self):
        return self.now.astimezone(self.zone).date()


def main():
    path, slug, month = sys.argv[1:]
    tables = json.loads(Path(path).read_text())
    reckoned = Month(tables, slug, date.fromisoformat(f"{month}-01"), datetime.now(UTC))
    for person in reckoned.members():
        print(json.dumps({"person": person, **reckoned.figures(person)}))  # noqa: T201


if __name__ == "__main__":
    main()
