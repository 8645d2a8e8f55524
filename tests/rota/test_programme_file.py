"""A programme from its file: to the letter of the format, all or nothing, every mistake named."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import CommandError, call_command

from people.models import Person
from rota.errors import BadProgrammeFile
from rota.hours import duty_days, is_duty_day
from rota.membership import members_on
from rota.models import Duty, ListeningHold, Programme, Rota
from rota.on_duty import who_is_on_duty
from rota.programme_changes import KEY_PATHS
from rota.programme_file import apply_programme
from rota.programme_text import programme_text
from tests.conftest import make_person, publish_days

CONTRACT = """
slug = "north-america"
name = "Officer of the Day, North America"
time_zone = "America/New_York"
members = ["*"]                     # e-mails, or "*" for every executive
[duty]
days = ["mon", "tue", "wed", "thu", "fri"]
holidays = "US"                     # python-holidays code; "" for none
hours = "08:00-20:00"
after_hours = "critical"
seats = { primary = 1, backup = 1 }
min_gap_days = 2
busy = { from = "09:00", to = "17:00", minutes = 240 }
[quota]
duty_days_per_month = 1
listening_minutes_per_month = 120
[threshold]
score = 60
weights = { value = 40, tenure = 10, loyalty = 10, status = 25, influence = 15 }
value_full_marks = { amount = 500000, currency = "USD" }
[ladder]
ring_seconds = 20
rungs = [
  { who = "primary", by = ["call", "text"] },
  { who = "primary", by = ["call"] },
  { who = "backup",  by = ["call", "text"] },
  { who = "fallback", by = ["call", "text"] },
]
fallback = ["coo@example.com"]
accepted_but_idle_minutes = 10
promise_minutes = 60
"""
PLANNED = (
    CONTRACT.replace(
        "min_gap_days = 2",
        """min_gap_days = 2
days_off = ["2026-12-24", 2026-12-31]
special_days = [
  { date = "2026-12-12", name = "Moving day", burden = 1.5 },
  { date = "2026-12-25", name = "Christmas Day", burden = 2 },
]
primary_requires = ["language:en"]
cover = ["country:us", "language:es"]""",
    ).replace(
        "listening_minutes_per_month = 120",
        """listening_minutes_per_month = 120
listening_session_minutes = 40
[planning]
wishes_per_month = 6
balance_months = 3
draft_on_day = 20
approve_absences = true""",
    )
    + """
[[listening_window]]
days = ["tue", "mon"]
hours = "10:00-12:00"
seats = 4
peak = 3
language = "es"
queue = "billing"
[[listening_window]]
weekday = "fri"
hours = "15:00 - 17:30"
from = "2026-12-01"
until = "2027-03-31"
"""
)
SHORTEST = """
slug = "short"
name = "Short"
time_zone = "Europe/London"
members = ["*"]
[duty]
days = ["mon"]
hours = "09:00-17:00"
"""


@pytest.fixture
def coo(db: None) -> Person:
    return make_person("coo@example.com", "Coo Brand", is_executive=True)


def mistakes(text: str) -> dict[str, str]:
    with pytest.raises(BadProgrammeFile) as refusal:
        apply_programme(text=text)
    return {mistake.path: mistake.message for mistake in refusal.value.mistakes}


def test_the_file_of_the_contract(coo: Person) -> None:
    changes = apply_programme(text=CONTRACT)
    programme = Programme.objects.get()
    assert [str(change) for change in changes] == [
        "programme: north-america created",
        "ladder.fallback: coo@example.com",
    ]
    assert programme.slug == "north-america"
    assert programme.everybody
    assert programme.duty_days == ["mon", "tue", "wed", "thu", "fri"]
    assert (programme.hours_from, programme.hours_to) == (time(8), time(20))
    assert (programme.busy_from, programme.busy_to, programme.busy_minutes) == (time(9), time(17), 240)
    assert programme.full_marks_amount == Decimal(500_000)
    assert programme.rungs[1] == {"who": "primary", "by": ["call"], "at_once": False, "ring_seconds": None}
    assert [place.person for place in programme.fallback_places.all()] == [coo]
    assert (programme.ask_pin, programme.text_detail, programme.detect_voicemail) == (False, False, True)


def test_applying_it_again_changes_nothing(coo: Person) -> None:
    apply_programme(text=CONTRACT)
    before = Programme.objects.get()
    assert apply_programme(text=CONTRACT) == []
    assert before.history.count() == 1


def test_a_short_file_has_the_usual_rules(db: None) -> None:
    apply_programme(text=SHORTEST)
    programme = Programme.objects.get()
    assert programme.threshold_score == 60
    assert sum(programme.weights.values()) == 100
    assert [rung["who"] for rung in programme.rungs] == ["primary", "primary", "backup", "fallback"]
    assert programme.busy_minutes is None


def test_a_key_taken_out_has_its_default_again(db: None) -> None:
    apply_programme(text=SHORTEST + "min_gap_days = 5\n")
    changes = apply_programme(text=SHORTEST)
    assert [str(change) for change in changes] == ["duty.min_gap_days: 5 → 2"]


def test_every_optional_key_is_kept(coo: Person) -> None:
    text = CONTRACT.replace("members =", 'countries = ["us", "CA"]\nmembers =')
    text = text.replace('by = ["call"] }', 'by = ["call"], ring_seconds = 30, at_once = true }')
    text += "ask_pin = true\ntext_detail = true\ndetect_voicemail = false\nunconfirmed_after_days = 7\n"
    apply_programme(text=text)
    programme = Programme.objects.get()
    assert programme.countries == ["US", "CA"]
    assert programme.rungs[1] == {"who": "primary", "by": ["call"], "at_once": True, "ring_seconds": 30}
    assert (programme.ask_pin, programme.text_detail, programme.detect_voicemail) == (True, True, False)
    assert programme.unconfirmed_after_days == 7


@pytest.mark.parametrize(
    ("hours", "opens", "closes"),
    [
        ("00:00-24:00", time(0), time(0)),
        ("08:00-24:00", time(8), time(0)),
        ("22:00-06:00", time(22), time(6)),
        ("8:30 – 17:15", time(8, 30), time(17, 15)),  # the dash of a word processor
    ],
)
def test_hours(db: None, hours: str, opens: time, closes: time) -> None:
    apply_programme(text=SHORTEST.replace("09:00-17:00", hours))
    programme = Programme.objects.get()
    assert (programme.hours_from, programme.hours_to) == (opens, closes)


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ('slug = "north-america"', "", "slug", "is missing"),
        ('slug = "north-america"', 'slug = "North America"', "slug", "small letters"),
        ('slug = "north-america"', "slug = 5", "slug", "text in quotes"),
        ('name = "Officer of the Day, North America"', 'name = ""', "name", "needed"),
        ('name = "Officer', 'name = "' + "x" * 200, "name", "at most 120"),
        ('name = "Officer', 'name = "\\u0007', "name", "control characters"),
        ("America/New_York", "America/NewYork", "time_zone", 'Did you mean "America/New_York"?'),
        ("America/New_York", "new york", "time_zone", 'Did you mean "America/New_York"?'),
        ('members = ["*"]', "members = 5", "members", "a list"),
        ('members = ["*"]', "members = [5]", "members[0]", "text in quotes"),
        ('members = ["*"]', 'members = ["*", "coo@example.com"]', "members", "one or the other"),
        ('members = ["*"]', 'members = ["cooo@example.com"]', "members[0]", '"coo@example.com"?'),
        ('members = ["*"]', 'countries = ["USA"]\nmembers = ["*"]', "countries[0]", 'Did you mean "US"?'),
        ('members = ["*"]', 'memberz = 1\nmembers = ["*"]', "memberz", 'Did you mean "members"?'),
        ("[duty]", "[dutty]", "dutty", 'Did you mean "duty"?'),
        ("[duty]", "[dutty]", "duty", "is missing"),
        ('days = ["mon"', 'days = ["monday"', "duty.days[0]", 'Did you mean "mon"?'),
        ('["mon", "tue", "wed", "thu", "fri"]', "[]", "duty.days", "at least one day"),
        ('holidays = "US"', 'holidays = "XX"', "duty.holidays", "python-holidays"),
        ("08:00-20:00", "8-20", "duty.hours", '"08:00-20:00"'),
        ("08:00-20:00", "08:00-25:00", "duty.hours", '"08:00-20:00"'),
        ("08:00-20:00", "08:00-08:00", "duty.hours", "for always"),
        ("08:00-20:00", "24:00-08:00", "duty.hours", '"08:00-20:00"'),
        ('after_hours = "critical"', 'after_hours = "crit"', "duty.after_hours", 'Did you mean "critical"?'),
        ("primary = 1", "primary = 2", "duty.seats.primary", "between 1 and 1"),
        ("backup = 1", "backup = 10", "duty.seats.backup", "between 0 and 9"),
        ("backup = 1", "bakup = 1", "duty.seats.bakup", 'Did you mean "backup"?'),
        ("min_gap_days = 2", "min_gap_days = -1", "duty.min_gap_days", "between"),
        ("min_gap_days = 2", "min_gap_days = true", "duty.min_gap_days", "a whole number"),
        ("min_gap_days = 2", "min_gap_days = 2.5", "duty.min_gap_days", "a whole number"),
        ('to = "17:00"', 'to = "08:00"', "duty.busy.to", "later than from"),
        ("minutes = 240", "minutes = 600", "duty.busy.minutes", "at most 480"),
        (', minutes = 240', "", "duty.busy.minutes", "is missing"),
        ("duty_days_per_month = 1", "duty_days_per_month = 32", "quota.duty_days_per_month", "between"),
        ("score = 60", "score = 101", "threshold.score", "between 0 and 100"),
        ("value = 40", "value = 41", "threshold.weights", "must sum to 100, not 101"),
        ("value = 40", "valu = 40", "threshold.weights.valu", 'Did you mean "value"?'),
        ("amount = 500000", "amount = 0", "threshold.value_full_marks.amount", "from 0.01"),
        ("amount = 500000", "amount = nan", "threshold.value_full_marks.amount", "from 0.01"),
        ('"USD"', '"DOLLAR"', "threshold.value_full_marks.currency", "ISO 4217"),
        ("ring_seconds = 20", "ring_seconds = 4", "ladder.ring_seconds", "between 5 and 600"),
        ('who = "backup"', 'who = "backups"', "ladder.rungs[2].who", 'Did you mean "backup"?'),
        ('by = ["call"]', "by = []", "ladder.rungs[1].by", "at least one"),
        ('by = ["call"]', 'by = ["fax"]', "ladder.rungs[1].by[0]", '"call", "text" or "email"'),
        ('by = ["call"]', 'by = ["call"], wait = 3', "ladder.rungs[1].wait", "is no key"),
        ('by = ["call"]', 'by = ["call"], ring_seconds = 0', "ladder.rungs[1].ring_seconds", "between"),
        ('  { who = "primary", by = ["call"] },', '  "primary",', "ladder.rungs[1]", "a table"),
        ('  { who = "fallback", by = ["call", "text"] },', "", "ladder.fallback", "rung by no rung"),
        ("coo@example.com", "nobody@elsewhere.org", "ladder.fallback[0]", "no active person"),
        ("idle_minutes = 10", "idle_minutes = 0", "ladder.accepted_but_idle_minutes", "between"),
    ],
)  # fmt: skip
def test_every_mistake_is_named_by_its_key(coo: Person, old: str, new: str, path: str, words: str) -> None:
    assert old in CONTRACT
    found = mistakes(CONTRACT.replace(old, new, 1))
    assert words in found[path]
    assert not Programme.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ('"2026-12-24"', '"24.12.2026"', "duty.days_off[0]", 'a date such as "2026-12-24"'),
        ('"2026-12-24"', '"2026-W52-4"', "duty.days_off[0]", "a date such as"),
        ('"2026-12-24"', '"2026-02-30"', "duty.days_off[0]", "a date such as"),
        ('"2026-12-24"', '"2926-12-24"', "duty.days_off[0]", "a date such as"),
        ('"2026-12-24"', "20261224", "duty.days_off[0]", "a date such as"),
        ('"2026-12-24"', "2026-12-24T00:00:00", "duty.days_off[0]", "a date such as"),
        ('"2026-12-24", 2026-12-31', '"2026-12-31", 2026-12-31', "duty.days_off[1]", "there twice"),
        ('"2026-12-24", 2026-12-31', '"2026-12-24", "2026-12-25"', "duty.special_days[1].date", "days_off, too"),
        ('days_off = ["2026-12-24", 2026-12-31]', 'days_off = "2026-12-24"', "duty.days_off", "a list"),
        ('date = "2026-12-12"', 'date = "2026-12-25"', "duty.special_days[1].date", "there twice"),
        ('date = "2026-12-12", ', "", "duty.special_days[0].date", "is missing"),
        ("burden = 1.5", "burden = 1.4", "duty.special_days[0].burden", "in quarters"),
        ("burden = 1.5", "burden = 0", "duty.special_days[0].burden", "from 0.25"),
        ("burden = 1.5", "burden = inf", "duty.special_days[0].burden", "from 0.25"),
        ("burden = 1.5", "burden = true", "duty.special_days[0].burden", "from 0.25"),
        ("burden = 1.5", "burdn = 1", "duty.special_days[0].burdn", 'Did you mean "burden"?'),
        ("special_days = [", 'special_days = ["2026-12-11",', "duty.special_days[0]", "a table such as"),
        ("language:en", "tongue:en", "duty.primary_requires[0]", '"country:US" or "language:es"'),
        ("language:en", "langage:en", "duty.primary_requires[0]", 'Did you mean "language"?'),
        ("language:en", "language:", "duty.primary_requires[0]", "must be like"),
        ("country:us", "country:USA", "duty.cover[0]", 'Did you mean "US"?'),
        ("country:us", "language:es-xx", "duty.cover[0]", "no language tag"),
        ("country:us", "language:ES", "duty.cover[1]", "there twice"),
        ("session_minutes = 40", "session_minutes = 5", "quota.listening_session_minutes", "between 10 and 480"),
        ("wishes_per_month = 6", "wishes_per_month = 40", "planning.wishes_per_month", "between 0 and 31"),
        ("balance_months = 3", "balance_months = -1", "planning.balance_months", "between"),
        ("draft_on_day = 20", "draft_on_day = 29", "planning.draft_on_day", "between 1 and 28"),
        ("draft_on_day = 20", "draft_on_da = 20", "planning.draft_on_da", 'Did you mean "draft_on_day"?'),
        ("approve_absences = true", 'approve_absences = "yes"', "planning.approve_absences", "true or false"),
        ('days = ["tue", "mon"]', "", "listening_window[0].days", "must say on which days"),
        ('days = ["tue", "mon"]', 'days = ["tue"]\nweekday = "mon"', "listening_window[0].days", "which days"),
        ('days = ["tue", "mon"]', "days = []", "listening_window[0].days", "at least one"),
        ('days = ["tue", "mon"]', 'days = ["tuesday"]', "listening_window[0].days[0]", 'mean "tue"?'),
        ('weekday = "fri"', 'weekday = "friday"', "listening_window[1].weekday", 'mean "fri"?'),
        ('"10:00-12:00"', '"12:00-10:00"', "listening_window[0].hours", "before midnight"),
        ('"10:00-12:00"', '"22:00-24:00"', "listening_window[0].hours", "before midnight"),
        ('"10:00-12:00"', '"10"', "listening_window[0].hours", '"10:00-12:00"'),
        ('"10:00-12:00"', '"10:00-10:30"', "listening_window[0].hours", "shorter than a session of 40"),
        ('hours = "10:00-12:00"', "", "listening_window[0].hours", "is missing"),
        ("seats = 4", "seats = 0", "listening_window[0].seats", "between 1 and 500"),
        ("peak = 3", "peak = 4", "listening_window[0].peak", "between 1 and 3"),
        ('language = "es"', 'language = "spanish"', "listening_window[0].language", "no language tag"),
        ("2027-03-31", "2026-03-31", "listening_window[1].until", "not be earlier"),
        ("[[listening_window]]", "[[listening_windo]]", "listening_windo", 'mean "listening_window"?'),
    ],
)  # fmt: skip
def test_so_is_every_mistake_in_the_keys_of_planning(
    coo: Person, old: str, new: str, path: str, words: str
) -> None:
    assert old in PLANNED
    assert words in mistakes(PLANNED.replace(old, new, 1))[path]
    assert not Programme.objects.exists()


def test_the_keys_of_planning(coo: Person) -> None:
    apply_programme(text=PLANNED)
    programme = Programme.objects.get()
    assert programme.days_off == ["2026-12-24", "2026-12-31"]
    assert programme.special_days == [
        {"date": "2026-12-12", "name": "Moving day", "burden": 6},
        {"date": "2026-12-25", "name": "Christmas Day", "burden": 8},
    ]
    assert programme.primary_requires == ["language:en"]
    assert programme.cover_any == ["country:US", "language:es"]
    assert programme.listening_session_minutes == 40
    assert (programme.wishes_per_month, programme.balance_months) == (6, 3)
    assert (programme.draft_on_day, programme.approve_absences) == (20, True)
    rows = programme.listening_windows.values_list(
        "weekday", "opens", "closes", "seats", "peak", "language", "queue"
    )
    assert list(rows) == [
        ("mon", time(10), time(12), 4, 3, "es", "billing"),
        ("tue", time(10), time(12), 4, 3, "es", "billing"),
        ("fri", time(15), time(17, 30), 3, 2, "", ""),
    ]
    friday = programme.listening_windows.get(weekday="fri")
    assert (friday.valid_from, friday.valid_until) == (date(2026, 12, 1), date(2027, 3, 31))


def test_days_off_and_special_days_are_the_programmes_days(coo: Person) -> None:
    apply_programme(text=PLANNED)
    rules = Programme.objects.get().rules
    assert duty_days(rules, date(2026, 12, 10), date(2026, 12, 14)) == [
        date(2026, 12, day) for day in (10, 11, 12, 14)
    ]
    assert not is_duty_day(rules, date(2026, 12, 24))
    assert is_duty_day(rules, date(2026, 12, 25))  # a holiday that is served


def test_without_its_keys_nothing_is_planned_otherwise(coo: Person) -> None:
    apply_programme(text=PLANNED)
    changed = {change.key: change.after for change in apply_programme(text=CONTRACT)}
    assert changed["duty.days_off"] == "none"
    assert changed["planning.draft_on_day"] == "none"
    programme = Programme.objects.get()
    assert (programme.days_off, programme.special_days, programme.cover_any) == ([], [], [])
    assert (programme.wishes_per_month, programme.balance_months, programme.draft_on_day) == (4, 12, None)
    assert not programme.listening_windows.exists()


def test_the_text_of_a_programme_with_every_key_changes_nothing(coo: Person) -> None:
    apply_programme(text=PLANNED)
    programme = Programme.objects.get()
    text = programme_text(programme)
    assert apply_programme(text=text) == []
    assert text.count("[[listening_window]]") == 2  # one for Monday and Tuesday, one for Friday
    other = text.replace('"north-america"', '"copy"')
    apply_programme(text=other)
    copy = Programme.objects.get(slug="copy")
    assert programme_text(copy).replace('"copy"', '"north-america"') == text


def test_the_documentation_has_every_key(coo: Person) -> None:
    documentation = (settings.BASE_DIR / "docs" / "programme.md").read_text(encoding="utf-8")
    example = documentation.partition("```toml")[2].partition("```")[0]
    apply_programme(text=example)
    for path in KEY_PATHS.values():
        words = {f"`{path}`", f"`{path.rpartition('.')[0]}`", f"`{path.partition('.')[0]}`"}
        assert any(word in documentation for word in words), path


def test_changes_of_planning_are_told_in_words(coo: Person) -> None:
    apply_programme(text=PLANNED)
    text = PLANNED.replace("burden = 1.5", "burden = 1.75").replace("seats = 4", "seats = 5")
    text = text.replace('weekday = "fri"', 'weekday = "thu"')
    assert [str(change) for change in apply_programme(text=text)] == [
        (
            "duty.special_days: 2026-12-12 (Moving day, burden 1.5), 2026-12-25 (Christmas Day, burden 2) →"
            " 2026-12-12 (Moving day, burden 1.75), 2026-12-25 (Christmas Day, burden 2)"
        ),
        (
            "listening_window: mon 10:00-12:00, 4 seats, peak 3, es, billing →"
            " mon 10:00-12:00, 5 seats, peak 3, es, billing"
        ),
        (
            "listening_window: tue 10:00-12:00, 4 seats, peak 3, es, billing →"
            " tue 10:00-12:00, 5 seats, peak 3, es, billing"
        ),
        "listening_window: thu 15:00-17:30, 3 seats, peak 2 is offered",
        "listening_window: fri 15:00-17:30, 3 seats, peak 2 is offered no more",
    ]


def test_a_window_is_offered_once(coo: Person) -> None:
    twice = PLANNED.replace('weekday = "fri"', 'weekday = "mon"').replace("15:00 - 17:30", "10:00-12:00")
    twice = twice.replace('from = "2026-12-01"\nuntil = "2027-03-31"', 'language = "es"\nqueue = "billing"')
    assert "there twice on mon" in mistakes(twice)["listening_window[1].hours"]


@time_machine.travel(datetime(2026, 11, 23, 15, tzinfo=UTC), tick=False)
def test_a_window_in_which_times_were_held_ends_instead_of_going(coo: Person) -> None:
    apply_programme(text=PLANNED)
    programme = Programme.objects.get()
    monday = programme.listening_windows.get(weekday="mon")
    ListeningHold.objects.create(
        programme=programme,
        person=coo,
        window=monday,
        starts_at=datetime(2026, 11, 16, 15, tzinfo=UTC),
        ends_at=datetime(2026, 11, 16, 16, tzinfo=UTC),
        month=date(2026, 11, 1),
        created_at=datetime.now(UTC),
    )
    changes = apply_programme(text=CONTRACT)
    assert "listening_window: mon 10:00-12:00, 4 seats, peak 3, es, billing is offered no more" in map(
        str, changes
    )
    kept = programme.listening_windows.get()
    assert (kept, kept.valid_until) == (monday, date(2026, 11, 22))
    # It is over: no text shows it, no file takes it away again, and another file offers it anew.
    assert "listening_window" not in programme_text(programme)
    assert apply_programme(text=CONTRACT) == []
    apply_programme(text=PLANNED)
    assert programme.listening_windows.filter(weekday="mon").count() == 2


def test_days_off_that_leave_nobody_are_refused(db: None) -> None:
    mondays = [f'"{date(2026, 11, 30) + timedelta(days=7 * n)}"' for n in range(20)]
    text = SHORTEST + f"days_off = [{', '.join(mondays)}]\n"
    assert "leave no duty day for 92 days after 2026-11-30" in mistakes(text)["duty.days_off"]
    apply_programme(text=SHORTEST + f"days_off = [{', '.join(mondays[:10])}]\n")


@time_machine.travel(datetime(2026, 11, 23, 15, tzinfo=UTC), tick=False)
def test_a_new_day_off_moves_the_end_of_the_duty_before_it(coo: Person, ana: Person, ben: Person) -> None:
    apply_programme(text=CONTRACT)
    programme = Programme.objects.get()
    publish_days(programme, [[ana], [ben], [ana]])
    changes = apply_programme(text=CONTRACT.replace("min_gap", 'days_off = ["2026-11-24"]\nmin_gap'))
    assert [str(change) for change in changes] == [
        "duty.days_off: none → 2026-11-24",
        "duties: 1 have new times",
    ]
    today = Duty.objects.order_by("day").first()
    assert today is not None
    assert today.ends_at == datetime(2026, 11, 25, 13, tzinfo=UTC)


def test_all_mistakes_are_told_at_once(db: None) -> None:
    text = SHORTEST.replace("Europe/London", "Europe/Londn").replace('"mon"', '"moon"').replace("09:00", "9")
    assert set(mistakes(text)) == {"time_zone", "duty.days[0]", "duty.hours"}


@pytest.mark.parametrize("text", ["slug = ", "[[[", "\x00", "a = 1\na = 2", "[" * 2000])
def test_what_is_no_toml_is_refused(db: None, text: str) -> None:
    assert "This is no TOML" in mistakes(text)[""]


def test_members_by_name_join_and_leave_on_record(ana: Person, ben: Person, coo: Person) -> None:
    named = SHORTEST.replace('["*"]', '["ana@example.com", "BEN@example.com"]')
    apply_programme(text=named)
    programme = Programme.objects.get()
    assert {row.person for row in programme.memberships.all()} == {ana, ben}
    changes = apply_programme(text=named.replace("BEN@", "coo@"))
    assert [str(change) for change in changes] == [
        "members: coo@example.com joins",
        "members: ben@example.com leaves",
    ]
    assert programme.memberships.get(person=ben).left_on is not None
    assert apply_programme(text=named.replace("BEN@", "coo@")) == []
    apply_programme(text=named)
    assert programme.memberships.get(person=ben).left_on is None


def test_who_comes_back_owes_nothing_for_the_days_between(ana: Person, ben: Person) -> None:
    both = SHORTEST.replace('["*"]', '["ana@example.com", "ben@example.com"]')
    with time_machine.travel(datetime(2026, 3, 2, 12, tzinfo=UTC)) as clock:
        apply_programme(text=both)
        apply_programme(text=SHORTEST.replace('"*"', '"ana@example.com"'))
        apply_programme(text=both)  # a slip, mended on the same day
        row = Programme.objects.get().memberships.get(person=ben)
        assert (row.joined_on, row.left_on) == (None, None)
        apply_programme(text=SHORTEST.replace('"*"', '"ana@example.com"'))
        clock.move_to(datetime(2026, 6, 10, 12, tzinfo=UTC))
        apply_programme(text=both)
    row.refresh_from_db()
    assert (row.joined_on, row.left_on) == (date(2026, 6, 10), None)


@time_machine.travel(datetime(2026, 3, 2, 12, tzinfo=UTC), tick=False)
def test_from_everybody_to_people_by_name_and_back(ana: Person, ben: Person) -> None:
    apply_programme(text=SHORTEST)
    changes = apply_programme(text=SHORTEST.replace('"*"', '"ana@example.com"'))
    assert [str(change) for change in changes] == [
        "members: every executive → people by name",
        "members: ben@example.com leaves",
    ]
    rows = {row.person: row for row in Programme.objects.get().memberships.all()}
    # Both were members all the time, without being named.
    assert (rows[ana].joined_on, rows[ana].left_on) == (None, None)
    assert (rows[ben].joined_on, rows[ben].left_on) == (None, date(2026, 3, 2))
    changes = apply_programme(text=SHORTEST)
    assert [str(change) for change in changes] == [
        "members: people by name → every executive",
        "members: ben@example.com joins",
    ]
    assert ben in members_on(Programme.objects.get(), date(2026, 3, 3))


def test_somebody_without_the_role_cannot_be_a_member(cleo: Person) -> None:
    found = mistakes(SHORTEST.replace('"*"', '"cleo@example.com"'))
    assert found["members[0]"] == "cleo@example.com is no executive. Give them the role first."


def test_one_country_has_one_programme(db: None) -> None:
    apply_programme(text='countries = ["GB"]' + SHORTEST)
    other = ('countries = ["IE", "GB"]' + SHORTEST).replace('slug = "short"', 'slug = "other"')
    assert mistakes(other)["countries[1]"] == "GB belongs to short. Take it out there first."


def test_a_dry_run_tells_and_changes_nothing(coo: Person) -> None:
    assert apply_programme(text=CONTRACT, dry_run=True)
    assert not Programme.objects.exists()


def test_the_fallback_list_keeps_its_order(coo: Person, ana: Person) -> None:
    apply_programme(text=CONTRACT)
    text = CONTRACT.replace('fallback = ["coo@', 'fallback = ["ana@example.com", "coo@')
    changes = apply_programme(text=text)
    assert [str(change) for change in changes] == [
        "ladder.fallback: coo@example.com → ana@example.com, coo@example.com"
    ]
    places = Programme.objects.get().fallback_places.select_related("person")
    assert [place.person for place in places] == [ana, coo]


@time_machine.travel(datetime(2026, 11, 23, 15, tzinfo=UTC), tick=False)  # Monday, 10:00 in New York
def test_other_hours_move_the_times_of_published_duties_and_leave_nobody_out(
    coo: Person, ana: Person, ben: Person
) -> None:
    apply_programme(text=CONTRACT)
    programme = Programme.objects.get()
    publish_days(programme, [[ana], [ben], [ana]], first=date(2026, 11, 23))
    changes = apply_programme(text=CONTRACT.replace("08:00-20:00", "12:00-20:00"))
    assert [str(change) for change in changes] == [
        "duty.hours: 08:00-20:00 → 12:00-20:00",
        "duties: 3 have new times",
    ]
    programme.refresh_from_db()
    today, tomorrow, last = Duty.objects.order_by("day")
    # Ana is on duty already: her start stays, so that the hours until noon are not nobody's.
    assert today.starts_at == datetime(2026, 11, 23, 13, tzinfo=UTC)
    assert today.ends_at == tomorrow.starts_at == datetime(2026, 11, 24, 17, tzinfo=UTC)
    assert last.ends_at == datetime(2026, 11, 27, 17, tzinfo=UTC)  # over Thanksgiving
    assert today.history.first().history_change_reason == "the programme's days or hours changed"
    found = who_is_on_duty(programme=programme, at=datetime.now(UTC))
    assert found.primary == today


@time_machine.travel(datetime(2026, 11, 23, 15, tzinfo=UTC), tick=False)
def test_duties_that_have_ended_keep_their_times(coo: Person, ana: Person) -> None:
    apply_programme(text=CONTRACT)
    past = publish_days(Programme.objects.get(), [[ana]], first=date(2026, 11, 16))[0]
    apply_programme(text=CONTRACT.replace("America/New_York", "America/Chicago"))
    stored = Duty.objects.get(pk=past.pk)
    assert (stored.starts_at, stored.ends_at) == (past.starts_at, past.ends_at)
    assert stored.ends_at - stored.starts_at == timedelta(days=1)
    assert Rota.objects.count() == 1


class TestCommand:
    def test_it_prints_what_changed(self, coo: Person, tmp_path: Path) -> None:
        file = tmp_path / "programme.toml"
        file.write_text("\ufeff" + CONTRACT, encoding="utf-8")  # as Windows' editor saves it
        out = StringIO()
        call_command("apply_programme", str(file), stdout=out)
        call_command("apply_programme", str(file), stdout=out)
        assert out.getvalue().splitlines() == [
            "programme: north-america created",
            "ladder.fallback: coo@example.com",
            "Nothing to change.",
        ]

    def test_it_refuses_with_every_mistake(self, db: None, tmp_path: Path) -> None:
        file = tmp_path / "programme.toml"
        file.write_text(CONTRACT, encoding="utf-8")
        with pytest.raises(CommandError, match=r"ladder\.fallback\[0\].*Import them first"):
            call_command("apply_programme", str(file))

    @pytest.mark.parametrize("content", [b"\xff\xfe", 'name = "Zürich"'.encode("cp1252"), b"#" * 300_000])
    def test_files_that_cannot_be_read(self, db: None, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "programme.toml"
        file.write_bytes(content)
        with pytest.raises(CommandError, match="nothing was changed"):
            call_command("apply_programme", str(file))

    def test_a_file_that_is_not_there(self, db: None, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="No such file"):
            call_command("apply_programme", str(tmp_path / "nowhere.toml"))
