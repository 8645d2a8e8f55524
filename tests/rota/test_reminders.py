"""Reminders: a week, a day and an hour before a duty, each once, in the reader's zone, language and channel."""

from datetime import UTC, date, datetime, time, timedelta
from string import Formatter

import pytest
import time_machine

from people.models import Letter, LetterChannel, LetterStatus, Person, RemindersBy
from rota.hours import duty_day_of
from rota.models import Duty, Programme
from rota.reassigning import reassign
from rota.reminder_words import sentences
from rota.reminders import remind_due
from tests.conftest import make_person, publish_days

pytestmark = pytest.mark.django_db

Clock = time_machine.Traveller


@pytest.fixture
def only(programme: Programme, ana: Person, ben: Person, clock: Clock) -> Duty:
    """Ana is primary from 08:00 to 20:00 in New York in ten days, Ben her backup; nothing else is published."""
    Duty.objects.all().delete()
    Programme.objects.filter(pk=programme.pk).update(hours_from=time(8), hours_to=time(20))
    programme.refresh_from_db()
    day = duty_day_of(programme.rules, datetime.now(UTC)) + timedelta(days=10)
    return publish_days(programme, [[ana, ben]], first=day)[0]


def said(person: Person) -> list[str]:
    """The last part of the keys of the reminders to somebody, in order."""
    keys = Letter.objects.filter(person=person, kind="reminder", withdrawn_at=None).order_by("pk")
    return [key.split(":", 4)[-1] for key in keys.values_list("key", flat=True)]


def test_a_week_a_day_and_an_hour_before_each_once(
    only: Duty, ana: Person, ben: Person, clock: Clock
) -> None:
    expected: list[str] = []
    for before, name in [
        (timedelta(days=7, minutes=1), ""),
        (timedelta(days=7), "week"),
        (timedelta(days=2), ""),
        (timedelta(days=1), "day"),
        (timedelta(hours=2), ""),
        (timedelta(hours=1), "hour"),
        (timedelta(minutes=1), ""),
        (timedelta(minutes=-1), ""),
    ]:
        clock.move_to(only.starts_at - before)
        expected += [name] if name else []
        assert remind_due() == (2 if name else 0)
        assert remind_due() == 0
        assert said(ana) == expected
        assert said(ben) == expected


def test_a_sweep_that_was_missed_is_made_up_for(only: Duty, ana: Person, clock: Clock) -> None:
    clock.move_to(only.starts_at - timedelta(days=6))
    remind_due()
    clock.move_to(only.starts_at - timedelta(hours=20))
    remind_due()
    clock.move_to(only.starts_at - timedelta(minutes=10))
    remind_due()
    assert said(ana) == ["week", "day", "hour"]


@pytest.mark.parametrize(
    ("before", "reminders"),
    [
        (timedelta(days=6), ["week", "day", "hour"]),
        (timedelta(days=4), ["day", "hour"]),
        (timedelta(hours=23), ["day", "hour"]),
        (timedelta(hours=3), ["hour"]),
        (timedelta(minutes=30), ["hour"]),
    ],
)
def test_what_is_published_late_is_reminded_of_where_it_helps(
    only: Duty, ana: Person, clock: Clock, before: timedelta, reminders: list[str]
) -> None:
    Duty.objects.update(published=False)
    clock.move_to(only.starts_at - timedelta(days=8))
    remind_due()
    clock.move_to(only.starts_at - before)
    Duty.objects.update(published=True)
    remind_due()
    assert len(said(ana)) <= 1, "never several at once"
    for later in (timedelta(hours=20), timedelta(minutes=50)):
        if later < before:
            clock.move_to(only.starts_at - later)
            remind_due()
    assert said(ana) == reminders


def test_the_reader_reads_their_own_clock_and_language(
    only: Duty, ana: Person, ben: Person, clock: Clock
) -> None:
    Person.objects.filter(pk=ana.pk).update(time_zone="Europe/Berlin", language="de-AT")
    Person.objects.filter(pk=ben.pk).update(time_zone="Pacific/Auckland", language="pl")
    clock.move_to(only.starts_at - timedelta(days=1))
    remind_due()
    german, english = (Letter.objects.get(person=person, kind="reminder") for person in (ana, ben))
    # 08:00 in New York in June; the 27th of June 2026 is a Saturday.
    assert only.day == date(2026, 6, 27)
    assert "Samstag, 27. Juni, 14:00 CEST" in german.text
    assert "Ihre Vertretung: Ben Okafor." in german.text
    assert f"/duties/{only.pk}/" in german.text
    assert "Sunday 28 June, 00:00 NZST" in english.text
    assert "The officer is Ana Ruiz" in english.text


@pytest.mark.parametrize(
    ("day", "clock_says"),
    [
        pytest.param(date(2026, 3, 8), "08:00 EDT", id="the night before, an hour was left out"),
        pytest.param(date(2026, 11, 1), "08:00 EST", id="the night before, an hour came twice"),
    ],
)
def test_through_the_nights_on_which_clocks_change(
    programme: Programme, ana: Person, clock: Clock, day: date, clock_says: str
) -> None:
    Duty.objects.all().delete()
    Programme.objects.filter(pk=programme.pk).update(hours_from=time(8), hours_to=time(20))
    Person.objects.filter(pk=ana.pk).update(time_zone="America/New_York")
    programme.refresh_from_db()
    (duty,) = publish_days(programme, [[ana]], first=day)
    clock.move_to(duty.starts_at - timedelta(days=1))
    assert remind_due() == 1
    assert clock_says in Letter.objects.get(kind="reminder").text
    clock.move_to(duty.starts_at - timedelta(hours=1, seconds=1))
    assert remind_due() == 0
    clock.move_to(duty.starts_at - timedelta(hours=1))
    assert remind_due() == 1


def test_a_text_where_one_is_preferred_and_its_words_are_short(only: Duty, ana: Person, clock: Clock) -> None:
    Person.objects.filter(pk=ana.pk).update(reminders_by=RemindersBy.TEXT)
    clock.move_to(only.starts_at - timedelta(hours=1))
    remind_due()
    letter = Letter.objects.get(person=ana, kind="reminder")
    assert letter.channel == LetterChannel.TEXT
    assert letter.short.startswith("You are primary of")
    assert letter.useful_until == only.starts_at


def test_a_change_of_hands_reminds_the_new_officer_and_takes_back_what_has_not_gone(
    only: Duty, ana: Person, dora: Person, clock: Clock
) -> None:
    carl = make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)
    clock.move_to(only.starts_at - timedelta(days=6))
    remind_due()
    reassign(duty=only, to=carl, by=dora, reason="Ana is ill")
    assert said(ana) == []
    assert Letter.objects.get(person=ana, kind="reminder").status == LetterStatus.CANCELLED
    remind_due()
    assert said(carl) == ["week"]
    clock.move_to(only.starts_at - timedelta(days=1))
    remind_due()
    assert (said(ana), said(carl)) == ([], ["week", "day"])


def test_assistants_read_the_mails_that_they_can_act_on(
    only: Duty, ana: Person, asha: Person, clock: Clock
) -> None:
    Person.objects.filter(pk=ana.pk).update(reminders_by=RemindersBy.TEXT)
    Person.objects.filter(pk=asha.pk).update(reminders_by=RemindersBy.TEXT)
    for before in (timedelta(days=7), timedelta(days=1), timedelta(hours=1)):
        clock.move_to(only.starts_at - before)
        remind_due()
    assert said(asha) == ["week:assistant", "day:assistant"]
    letter = Letter.objects.filter(person=asha).first()
    assert letter is not None
    assert letter.channel == LetterChannel.MAIL
    assert letter.text.startswith("Ana Ruiz is primary of")


def test_whose_phone_cannot_ring_is_told_so(only: Duty, ana: Person, clock: Clock) -> None:
    Person.objects.filter(pk=ana.pk).update(phone_verified_at=None)
    clock.move_to(only.starts_at - timedelta(days=7))
    remind_due()
    assert "no verified number" in Letter.objects.get(person=ana, kind="reminder").text


def test_drafts_and_people_who_left_are_left_alone(
    only: Duty, ana: Person, ben: Person, clock: Clock
) -> None:
    clock.move_to(only.starts_at - timedelta(days=7))
    Person.objects.filter(pk=ana.pk).update(is_active=False)
    Duty.objects.filter(person=ben).update(published=False)
    assert remind_due() == 0


@pytest.mark.parametrize("duties", [1, 12])
def test_the_cost_does_not_grow(
    programme: Programme,
    ana: Person,
    ben: Person,
    clock: Clock,
    duties: int,
    django_assert_max_num_queries: object,
) -> None:
    Duty.objects.all().delete()
    clock.move_to(datetime(2026, 6, 1, 12, tzinfo=UTC))
    made = publish_days(programme, [[ana, ben]], first=date(2026, 6, 8))
    for number in range(1, duties):
        other = Programme.objects.create(
            slug=f"p{number}",
            name=f"Programme {number}",
            time_zone="America/New_York",
            duty_days=programme.duty_days,
            hours_from=time(0),
            hours_to=time(0),
            weights=programme.weights,
            rungs=programme.rungs,
        )
        made += publish_days(other, [[ana, ben]], first=date(2026, 6, 8))
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        assert remind_due() == len(made)


def test_every_language_says_the_same() -> None:
    english = sentences()["en"]
    for language, its in sentences().items():
        assert its.keys() == english.keys(), language
        for name, sentence in its.items():
            places = {place for _, place, _, _ in Formatter().parse(sentence) if place}
            wanted = {place for _, place, _, _ in Formatter().parse(english[name]) if place}
            assert places == wanted, f"{language}.{name}"
