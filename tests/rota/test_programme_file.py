"""A programme from its file: to the letter of the format, all or nothing, every mistake named."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command

from people.models import Person
from rota.errors import BadProgrammeFile
from rota.models import Duty, Programme, Rota
from rota.on_duty import who_is_on_duty
from rota.programme_file import apply_programme
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
