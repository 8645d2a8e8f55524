"""Entries in calendars follow the published duties: one entry for one duty, moved with it, taken back without it."""

import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ
from icalendar import Calendar

from people.models import Letter, LetterStatus, Person
from rota.calendar_entries import hours_in_words
from rota.feeds import open_feed, render
from rota.hours import Span
from rota.invitation_letters import mail_due
from rota.invitations import follow
from rota.invitations_due import keep_up, keep_up_with_everybody, keep_up_with_programme
from rota.models import AnswerStatus, Duty, Invitation, ListeningHold, Programme, Rota
from rota.reassigning import reassign
from rota.signals import rota_published
from tests.conftest import make_person, publish_days

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture(autouse=True)
def _settings(settings):
    settings.CALENDAR_ADDRESS = "Officer of the Day <rota@example.com>"
    settings.PUBLIC_BASE_URL = "https://officer.example.com"


@pytest.fixture
def carl(db: None) -> Person:
    return make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)


@pytest.fixture
def invited(programme: Programme) -> Programme:
    """Everybody knows of their duties."""
    keep_up()
    return programme


def entries(person: Person) -> list[Invitation]:
    return list(Invitation.objects.filter(person=person).order_by("starts_at", "pk"))


def told(person: Person) -> list[tuple[str, str, int]]:
    """Each calendar mail: its method, its UID, its sequence; in the order in which they were written."""
    mails = []
    for letter in Letter.objects.filter(person=person, kind="invitation", withdrawn_at=None).order_by("pk"):
        (event,) = Calendar.from_ical(letter.calendar).walk("VEVENT")
        mails.append((letter.calendar_method, str(event["UID"]), int(event["SEQUENCE"])))
    return mails


def test_each_duty_gets_one_entry_and_one_mail(programme, ana, ben):
    assert keep_up() == 4
    today, tomorrow = entries(ana)
    assert [today.summary, tomorrow.summary] == [
        "Officer of the Day, primary: North America",
        "Officer of the Day, backup: North America",
    ]
    assert told(ana) == [("REQUEST", today.uid, 0), ("REQUEST", tomorrow.uid, 0)]
    assert len(told(ben)) == 2
    assert len({entry.uid for entry in Invitation.objects.all()}) == 4


def test_looking_again_changes_nothing(invited, ana):
    before = list(Invitation.objects.values())
    assert keep_up() == 0
    assert keep_up_with_everybody() == 0
    assert list(Invitation.objects.values()) == before


def test_drafts_are_nobodys_business(programme, ana):
    Duty.objects.update(published=False)
    assert keep_up() == 0
    assert entries(ana) == []


@pytest.mark.django_db(transaction=True)
def test_a_duty_that_changes_hands_is_one_cancel_and_one_request(invited, ana, ben, carl, dora):
    duty = Duty.objects.get(person=ana, seat=0)
    mine = Invitation.objects.get(duty=duty)
    reassign(duty=duty, to=carl, by=dora, reason="Ana is ill")
    mine.refresh_from_db()
    assert (mine.cancelled, mine.sequence) == (True, 1)
    # The first one never went, so there is nothing to take back; its place is empty.
    assert told(ana) == [("REQUEST", entries(ana)[1].uid, 0)]
    (theirs,) = entries(carl)
    assert told(carl) == [("REQUEST", theirs.uid, 0)]
    assert theirs.uid != mine.uid
    assert len(told(ben)) == 2


@pytest.mark.django_db(transaction=True)
def test_what_was_heard_of_is_cancelled_with_a_higher_sequence(invited, ana, carl, dora):
    Letter.objects.update(status=LetterStatus.SENT, sent_at=datetime.now(UTC))
    duty = Duty.objects.get(person=ana, seat=0)
    mine = Invitation.objects.get(duty=duty)
    reassign(duty=duty, to=carl, by=dora, reason="Ana is ill")
    assert told(ana)[-1] == ("CANCEL", mine.uid, 1)
    cancel = Letter.objects.get(key=f"invitation:{mine.pk}:1")
    (event,) = Calendar.from_ical(cancel.calendar).walk("VEVENT")
    assert event["STATUS"] == "CANCELLED"
    assert event["DTSTAMP"].dt > mine.changed_at.replace(microsecond=0)
    assert "Cancelled" in cancel.subject


def move(duty: Duty, days: int) -> Duty:
    """The same person has another day instead, as a new plan leaves it: another row."""
    other = Duty.objects.create(
        rota=duty.rota,
        programme=duty.programme,
        person=duty.person,
        day=duty.day + timedelta(days=days),
        seat=duty.seat,
        starts_at=duty.starts_at + timedelta(days=days),
        ends_at=duty.ends_at + timedelta(days=days),
        published=True,
    )
    duty.delete()
    return other


def test_a_moved_duty_is_one_update_of_the_same_entry(invited, ana):
    Letter.objects.update(status=LetterStatus.SENT, sent_at=datetime.now(UTC))
    before = Invitation.objects.get(duty__person=ana, duty__seat=0)
    Invitation.objects.filter(pk=before.pk).update(answer=AnswerStatus.ACCEPTED, answer_sequence=0)
    moved = move(before.duty, 9)
    assert keep_up() == 1
    after = Invitation.objects.get(pk=before.pk)
    assert (after.duty, after.uid, after.sequence, after.cancelled) == (moved, before.uid, 1, False)
    assert after.starts_at == moved.starts_at
    assert after.answer == AnswerStatus.NONE  # yes to the one day is no yes to the other
    assert told(ana)[-1] == ("REQUEST", before.uid, 1)
    assert Letter.objects.latest("pk").subject.startswith("Changed: ")
    assert len(entries(ana)) == 2


def test_of_several_moves_the_nearest_belong_together(programme, ana):
    Duty.objects.all().delete()
    first, second = (publish_days(programme, [[ana]], first=day)[0] for day in near_days(20, 60))
    keep_up()
    Letter.objects.update(status=LetterStatus.SENT, sent_at=datetime.now(UTC))
    early, late = entries(ana)
    move(second, 3)
    first.delete()
    keep_up()
    early.refresh_from_db()
    late.refresh_from_db()
    assert early.cancelled
    assert (late.cancelled, late.sequence) == (False, 1)


def near_days(*days: int) -> list:
    return [(datetime.now(UTC) + timedelta(days=each)).date() for each in days]


def test_a_move_into_another_programme_is_none(invited, ana):
    Letter.objects.update(status=LetterStatus.SENT, sent_at=datetime.now(UTC))
    europe = Programme.objects.create(
        slug="europe", name="Europe", time_zone="Europe/Berlin", hours_from=time(0), hours_to=time(0),
        duty_days=invited.duty_days,
    )  # fmt: skip
    duty = Duty.objects.get(person=ana, seat=0)
    publish_days(europe, [[ana]], first=duty.day + timedelta(days=5))
    duty.delete()
    keep_up()
    assert {method for method, _, _ in told(ana)[2:]} == {"REQUEST", "CANCEL"}


def test_a_row_made_anew_for_the_same_day_is_nobodys_mail(invited, ana):
    Letter.objects.update(status=LetterStatus.SENT, sent_at=datetime.now(UTC))
    entry = Invitation.objects.get(duty__person=ana, duty__seat=0)
    again = remade(entry.duty)
    assert keep_up() == 0
    entry.refresh_from_db()
    assert (entry.duty, entry.sequence) == (again, 0)


def remade(duty: Duty) -> Duty:
    fields = {
        name: getattr(duty, name)
        for name in ("rota", "programme", "person", "day", "seat", "starts_at", "ends_at", "published")
    }
    duty.delete()
    return Duty.objects.create(**fields)


def test_other_hours_are_an_update_and_another_name_is_quiet(invited, ana):
    Letter.objects.update(status=LetterStatus.SENT, sent_at=datetime.now(UTC))
    Programme.objects.update(name="Officer of the Day, Americas")
    assert keep_up_with_everybody() == 0
    assert {entry.summary.partition(": ")[2] for entry in entries(ana)} == {"Americas"}
    Programme.objects.update(hours_from=time(0), hours_to=time(20))
    assert keep_up_with_everybody() == 4
    _, tomorrow = entries(ana)
    assert tomorrow.ends_at - tomorrow.starts_at == timedelta(hours=20)
    assert tomorrow.sequence == 1


@pytest.mark.parametrize(
    ("opens", "closes", "hours"),
    [((8, 0), (20, 0), 12), ((22, 0), (6, 0), 8), ((0, 0), (0, 0), 24)],
    ids=["a day", "over midnight", "always"],
)
def test_an_entry_has_the_duty_hours(programme, ana, opens, closes, hours):
    Duty.objects.all().delete()
    programme.hours_from, programme.hours_to = time(*opens), time(*closes)
    programme.save()
    publish_days(programme, [[ana]], first=near_days(30)[0])
    keep_up()
    (entry,) = entries(ana)
    assert entry.ends_at - entry.starts_at == timedelta(hours=hours)


@pytest.mark.parametrize(("day", "hours"), [("2027-03-13", 23), ("2026-10-31", 25)])
def test_an_always_open_day_of_changed_clocks_has_its_own_length(programme, ana, day, hours):
    Duty.objects.all().delete()
    programme.hours_from = programme.hours_to = time(12)
    programme.save()
    publish_days(programme, [[ana]], first=datetime.fromisoformat(day).date())
    keep_up()
    (entry,) = entries(ana)
    assert entry.ends_at - entry.starts_at == timedelta(hours=hours)


def test_what_is_over_stands_without_mail_and_stays(programme, ana, clock):
    Duty.objects.all().delete()
    publish_days(programme, [[ana]], first=near_days(-40)[0])
    publish_days(programme, [[ana]], first=near_days(-140)[0])
    assert keep_up() == 0
    (entry,) = entries(ana)
    entry.duty.delete()
    assert keep_up() == 0
    entry.refresh_from_db()
    assert entry.cancelled
    assert Letter.objects.count() == 0


def test_a_time_to_listen_is_invited_to_and_taken_back(programme, ana):
    Duty.objects.all().delete()
    now = datetime.now(UTC)
    hold = ListeningHold.objects.create(
        programme=programme,
        person=ana,
        starts_at=now + timedelta(days=3),
        ends_at=now + timedelta(days=3, minutes=30),
        month=now.date().replace(day=1),
        published=True,
        created_at=now,
    )
    assert keep_up() == 1
    (entry,) = entries(ana)
    assert entry.summary == "Listening in: North America"
    Letter.objects.update(status=LetterStatus.SENT, sent_at=now)
    hold.cancelled_at = now
    hold.save()
    assert keep_up() == 1
    assert told(ana)[-1] == ("CANCEL", entry.uid, 1)


def test_a_far_time_to_listen_stands_in_the_feed_and_is_mailed_two_months_before(
    invited: Programme, ana: Person, clock: time_machine.Traveller
) -> None:
    start = datetime.now(UTC) + timedelta(days=100)
    near, far = (
        ListeningHold.objects.create(
            programme=invited,
            person=ana,
            starts_at=at,
            ends_at=at + timedelta(minutes=30),
            month=at.date().replace(day=1),
            published=True,
            created_at=datetime.now(UTC),
        )
        for at in (start - timedelta(days=60), start)
    )
    assert keep_up() == 1
    entry = Invitation.objects.get(hold=far)
    assert told(ana)[-1] == ("REQUEST", Invitation.objects.get(hold=near).uid, 0)
    feed = Calendar.from_ical(render(open_feed(person=ana, by=ana), now=datetime.now(UTC)))
    assert entry.uid in {str(event["UID"]) for event in feed.walk("VEVENT")}
    # What nobody was told of may change, and is told as it stands when its time has come.
    ListeningHold.objects.filter(pk=far.pk).update(starts_at=start + timedelta(minutes=5))
    assert keep_up_with_everybody() == 0
    clock.shift(timedelta(days=37, hours=23))
    assert keep_up() == 0
    clock.shift(timedelta(hours=2))
    assert keep_up() == 1
    assert told(ana)[-1] == ("REQUEST", entry.uid, 1)
    assert keep_up() == 0


def test_whoever_has_left_gets_everything_taken_back(invited, ana, ben):
    Letter.objects.update(status=LetterStatus.SENT, sent_at=datetime.now(UTC))
    Person.objects.filter(pk=ana.pk).update(is_active=False)
    keep_up()
    assert all(entry.cancelled for entry in entries(ana))
    assert [method for method, _, _ in told(ana)[2:]] == ["CANCEL", "CANCEL"]
    assert not any(entry.cancelled for entry in entries(ben))


def test_a_mail_says_who_when_and_how_to_answer(invited, ana):
    Person.objects.filter(pk=ana.pk).update(time_zone="Asia/Tokyo")
    Letter.objects.all().delete()
    Invitation.objects.update(mailed_sequence=-1)
    mail_due()
    letter = Letter.objects.filter(person=ana).first()
    assert letter.from_address == '"North America" <rota@example.com>'
    assert letter.address == "ana@example.com"
    assert "JST" in letter.text
    for word in ("Accept", "Tentative", "Decline"):
        assert word in letter.text
        assert word in letter.html
    assert letter.text.count("https://officer.example.com/calendar/answer/") == 3
    (event,) = Calendar.from_ical(letter.calendar).walk("VEVENT")
    assert event["ORGANIZER"] == "mailto:rota@example.com"
    assert event["ATTENDEE"] == "mailto:ana@example.com"
    assert event["TRANSP"] == "TRANSPARENT"
    assert event["URL"].startswith("https://officer.example.com/calendar/answer/")
    assert [alarm["TRIGGER"].dt for alarm in event.walk("VALARM")] == [
        -timedelta(days=1),
        -timedelta(hours=1),
    ]


def test_a_whole_day_ends_at_24_and_not_at_the_hour_at_which_it_began() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    # The clocks are put back on that day: it lasts 25 hours, and ends an hour nearer to UTC than it began.
    day = Span(datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC))
    assert hours_in_words(day, berlin) == "Sunday 25 October 2026, 00:00 to 24:00 CET"
    assert hours_in_words(day, ZoneInfo("UTC")) == (
        "Saturday 24 October 2026, 22:00 UTC to Sunday 25 October, 23:00 UTC"
    )


def test_an_address_that_no_calendar_takes_gets_the_words_alone(programme, settings):
    settings.CALENDAR_ADDRESS = "ana@example.com"
    keep_up()
    mine = Letter.objects.filter(address="ana@example.com")
    assert {letter.calendar for letter in mine} == {""}
    assert len(mine) == 2
    assert keep_up() == 0


def test_a_revision_that_still_waits_is_replaced(invited, ana):
    entry = Invitation.objects.get(duty__person=ana, duty__seat=0)
    move(entry.duty, 9)
    keep_up()
    assert told(ana) == [
        ("REQUEST", entries(ana)[0].uid, 0),
        ("REQUEST", entry.uid, 1),
    ]
    # Nobody heard of the first one: it is no change for its reader.
    assert not Letter.objects.latest("pk").subject.startswith("Changed")


@pytest.mark.parametrize("days", [5, 30])
def test_the_number_of_queries_does_not_grow(programme, ana, ben, days):
    Duty.objects.all().delete()
    publish_days(programme, [[ana, ben]] * days, first=near_days(10)[0])
    with CaptureQueriesContext(connection) as queries:
        follow(people={ana.pk, ben.pk})
    assert len(Invitation.objects.all()) == 2 * days
    reads = [query for query in queries if query["sql"].startswith("SELECT")]
    assert len(reads) == 10  # what differs, twice; locks, twice


# --- Whoever looks, and whenever ---------------------------------------------------------------------------------


def test_what_a_process_left_undone_is_done_by_the_next_look(programme, ana):
    follow(people={ana.pk})  # and dies before a letter is written
    assert Letter.objects.count() == 0
    assert keep_up() == 4
    Letter.objects.all().delete()
    assert keep_up() == 0  # each was written once; what becomes of it is the letters' own


@pytest.mark.django_db(transaction=True)
def test_several_lookers_at_once_make_each_entry_and_letter_once(programme):
    start = threading.Barrier(4)
    failures: list[Exception] = []

    def look() -> None:
        start.wait()
        try:
            keep_up()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            failures.append(error)
        finally:
            connection.close()

    lookers = [threading.Thread(target=look) for _ in range(4)]
    for looker in lookers:
        looker.start()
    for looker in lookers:
        looker.join()
    assert not failures
    assert Invitation.objects.count() == Letter.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_publishing_and_other_rules_have_the_queue_look_at_once(programme, ana):
    OrmQ.objects.all().delete()
    rota = Rota.objects.earliest("pk")
    rota_published.send(sender=Rota, rota=rota, duties=[], holds=[], by=None)
    assert "rota.invitations_due.keep_up" in {task.func() for task in OrmQ.objects.all()}
    OrmQ.objects.all().delete()
    programme.name = "Elsewhere"
    programme.save()
    [task] = [one for one in OrmQ.objects.all() if one.func().startswith("rota.invitations_due")]
    assert task.args() == (programme.pk,)
    keep_up()
    assert keep_up_with_programme(programme.pk) == 0
    assert entries(ana)[-1].summary.endswith(": Elsewhere")


@pytest.mark.parametrize("people", [1, 90])
def test_a_quiet_look_costs_the_same_whatever_there_is(programme, people, django_assert_num_queries):
    for index in range(people):
        person = make_person(f"p{index}@example.com", f"P {index}", is_executive=True)
        publish_days(programme, [[person]], first=near_days(10 + index)[0])
    keep_up()
    with django_assert_num_queries(5):
        assert keep_up() == 0
