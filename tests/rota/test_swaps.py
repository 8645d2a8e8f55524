"""A duty given away with consent: whoever says yes first has it, at once, and what was agreed still holds then."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection

from people.models import Letter, LetterStatus, Person
from rota.conflicts import conflicts_of
from rota.errors import CannotReassign, CannotSwap
from rota.favours import favours_balance, ledger_of, owed_to
from rota.hours import duty_day_of, duty_period
from rota.models import (
    Absence,
    AbsenceStatus,
    Ask,
    AskStatus,
    BusyBlock,
    BusyCalendar,
    Duty,
    Favour,
    Membership,
    Programme,
    Rota,
    RotaStatus,
    Swap,
    SwapStatus,
)
from rota.on_duty import who_is_on_duty
from rota.reassigning import reassign
from rota.signals import duty_changed_hands
from rota.swaps import (
    accept_ask,
    ask_of_token,
    decline_ask,
    lapse_due,
    lapses_at,
    propose_swap,
    withdraw_swap,
)
from tests.conftest import make_person, publish_days

pytestmark = pytest.mark.django_db


@pytest.fixture
def carl(programme: Programme) -> Person:
    return _member(programme, "carl@example.com", "Carl Novak", "+15550100021")


@pytest.fixture
def dana(programme: Programme) -> Person:
    return _member(programme, "dana@example.com", "Dana Moss", "+15550100022")


def _member(programme: Programme, email: str, name: str, phone: str) -> Person:
    person = make_person(email, name, phone=phone, is_executive=True)
    Membership.objects.create(programme=programme, person=person)
    return person


@pytest.fixture
def far(programme: Programme, ana: Person, ben: Person) -> date:
    """Ten days from now, when nobody has a duty yet."""
    return duty_day_of(programme.rules, datetime.now(UTC)) + timedelta(days=10)


@pytest.fixture
def duty(programme: Programme, ana: Person, far: date) -> Duty:
    """Ana is primary in ten days."""
    return publish_days(programme, [[ana]], first=far)[0]


@pytest.fixture
def bens(programme: Programme, ben: Person, far: date) -> Duty:
    """Ben is primary a week after that."""
    return publish_days(programme, [[ben]], first=far + timedelta(days=7))[0]


@pytest.fixture
def changes() -> Iterator[list[tuple[str, str]]]:
    """Before and after of every duty that changed hands."""
    told: list[tuple[str, str]] = []

    def note(sender: object, duty: Duty, before: Person, **extra: object) -> None:
        told.append((before.name, duty.person.name))

    duty_changed_hands.connect(note)
    yield told
    duty_changed_hands.disconnect(note)


def letters_to(person: Person) -> list[str]:
    """Subjects of what is on its way to somebody, in order; calendar entries are another matter."""
    mine = Letter.objects.filter(person=person, status=LetterStatus.QUEUED).exclude(kind="invitation")
    return list(mine.values_list("subject", flat=True))


def token_of(person: Person) -> str:
    letter = Letter.objects.filter(person=person, kind="swap").latest("pk")
    found = re.search(r"/swaps/([^/\s]{20,})/", letter.text)
    assert found
    return found.group(1)


# --- Asking ----------------------------------------------------------------------------------------------


def test_the_first_yes_has_it_and_the_others_are_told(
    duty: Duty, ana: Person, ben: Person, carl: Person, dana: Person
) -> None:
    swap = propose_swap(duty=duty, to=[ben, carl, dana], by=ana, note="My daughter's graduation")
    duty.refresh_from_db()
    assert duty.person == ana, "asking moves nothing"
    decline_ask(ask=swap.asks.get(person=dana), by=dana)
    accept_ask(ask=swap.asks.get(person=carl), by=carl)
    duty.refresh_from_db()
    swap.refresh_from_db()
    assert (duty.person, swap.status, swap.taken_by) == (carl, SwapStatus.DONE, carl)
    assert duty.why == "Carl Novak has it in place of Ana Ruiz."
    assert {ask.person: ask.status for ask in swap.asks.all()} == {
        ben: AskStatus.CLOSED,
        carl: AskStatus.ACCEPTED,
        dana: AskStatus.DECLINED,
    }
    with pytest.raises(CannotSwap, match="Carl Novak has it already"):
        accept_ask(ask=swap.asks.get(person=ben), by=ben)


def test_what_everybody_reads(duty: Duty, ana: Person, ben: Person, carl: Person) -> None:
    swap = propose_swap(duty=duty, to=[ben, carl], by=ana, note="My daughter's graduation")
    asked = Letter.objects.get(person=ben, kind="swap")
    for words in ("Ana Ruiz", "primary", "EDT" if duty.starts_at.month in range(4, 11) else "", "graduation"):
        assert words in asked.text or words == "EDT"
    Letter.objects.filter(kind="swap").update(status=LetterStatus.SENT, sent_at=datetime.now(UTC))
    accept_ask(ask=swap.asks.get(person=carl), by=carl)
    assert letters_to(ben)[0].startswith("No longer needed")
    assert letters_to(carl)[0].startswith("You are primary from")
    assert letters_to(ana)[0].startswith("Carl Novak has your duty")


def test_who_was_not_asked_yet_hears_nothing_at_all(
    duty: Duty, ana: Person, ben: Person, carl: Person
) -> None:
    swap = propose_swap(duty=duty, to=[ben, carl], by=ana)
    accept_ask(ask=swap.asks.get(person=carl), by=carl)
    assert letters_to(ben) == [], "the question that had not gone was taken back"


def test_times_are_the_readers_own(duty: Duty, ana: Person, ben: Person) -> None:
    Person.objects.filter(pk=ben.pk).update(time_zone="Asia/Tokyo")
    ben.refresh_from_db()
    propose_swap(duty=duty, to=[ben], by=ana)
    letter = Letter.objects.get(person=ben)
    there = duty.starts_at.astimezone(ben.zone)
    assert f"{there:%H:%M} JST" in letter.text
    assert f"{there.day} " in letter.subject


def test_the_link_in_the_letter_is_the_question(duty: Duty, ana: Person, ben: Person) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=ana)
    token = token_of(ben)
    assert ask_of_token(token) == swap.asks.get()
    assert token not in str(Ask.objects.values_list("token_hash", flat=True)), "only its hash is kept"
    with pytest.raises(CannotSwap):
        ask_of_token(token[:-1] + ("A" if token[-1] != "A" else "B"))
    Person.objects.filter(pk=ben.pk).update(is_active=False)
    with pytest.raises(CannotSwap):
        ask_of_token(token)


def test_an_assistant_asks_and_answers(
    duty: Duty, ana: Person, asha: Person, ben: Person, carl: Person
) -> None:
    helper = make_person("bo@example.com", "Bo Helper")
    Person.objects.filter(pk=ben.pk).update(assistant=helper)
    ben.refresh_from_db()
    ana.refresh_from_db()
    swap = propose_swap(duty=duty, to=[ben], by=asha)
    assert (swap.person, swap.by) == (ana, asha)
    (letter,) = Letter.objects.filter(person=helper)
    assert "/swaps/" in letter.text
    assert not re.search(r"/swaps/[^\s]{20,}", letter.text), "the assistant signs in"
    accept_ask(ask=swap.asks.get(), by=helper)
    duty.refresh_from_db()
    record = duty.history.first()
    assert duty.person == ben
    assert record.history_user == helper
    assert "Bo Helper said yes for them" in record.history_change_reason


def test_an_administrator_asks_for_somebody_but_answers_for_nobody(
    duty: Duty, ana: Person, ben: Person, carl: Person, dora: Person
) -> None:
    with pytest.raises(CannotSwap) as refusal:
        propose_swap(duty=duty, to=[carl], by=ben)
    assert refusal.value.code == "not_allowed"
    swap = propose_swap(duty=duty, to=[carl], by=dora)
    for verb in (accept_ask, decline_ask):
        with pytest.raises(CannotSwap, match="Only Carl Novak answers"):
            verb(ask=swap.asks.get(), by=dora)
    assert "Dora Lindt asks for them" in Letter.objects.get(person=carl).text


def test_who_cannot_be_asked(
    duty: Duty, programme: Programme, ana: Person, ben: Person, carl: Person, cleo: Person, far: date
) -> None:
    for to, words in [([], "Choose whom"), ([ana], "has this duty already"), ([cleo], "no member")]:
        with pytest.raises(CannotSwap, match=words) as refusal:
            propose_swap(duty=duty, to=to, by=ana)
        assert refusal.value.field == "to"
    Person.objects.filter(pk=ben.pk).update(phone_verified_at=None)
    Absence.objects.create(person=carl, first_day=far, last_day=far, created_at=datetime.now(UTC))
    for to, words in [(ben, "no verified number"), (carl, "is away")]:
        to.refresh_from_db()
        with pytest.raises(CannotSwap, match=words):
            propose_swap(duty=duty, to=[to], by=ana)
    assert not Swap.objects.exists()
    assert not Letter.objects.filter(kind="swap").exists()


def test_an_absence_that_was_not_approved_forbids_nothing(
    duty: Duty, ana: Person, ben: Person, far: date
) -> None:
    for status in (AbsenceStatus.WAITING, AbsenceStatus.REFUSED, AbsenceStatus.WITHDRAWN):
        Absence.objects.create(
            person=ben, first_day=far, last_day=far, created_at=datetime.now(UTC), status=status
        )
    propose_swap(duty=duty, to=[ben], by=ana)


def test_which_duties_cannot_be_given_away(duty: Duty, ana: Person, ben: Person) -> None:
    propose_swap(duty=duty, to=[ben], by=ana)
    with pytest.raises(CannotSwap, match="asked about this duty already"):
        propose_swap(duty=duty, to=[ben], by=ana)
    Duty.objects.filter(pk=duty.pk).update(published=False)
    with pytest.raises(CannotSwap, match="draft"):
        propose_swap(duty=duty, to=[ben], by=ana)
    past = datetime.now(UTC) - timedelta(days=9)
    Duty.objects.filter(pk=duty.pk).update(published=True, starts_at=past, ends_at=past + timedelta(days=1))
    with pytest.raises(CannotSwap, match="over"):
        propose_swap(duty=duty, to=[ben], by=ana)


# --- Answers ---------------------------------------------------------------------------------------------


def test_yes_and_no_said_twice_do_no_harm(duty: Duty, ana: Person, ben: Person, carl: Person) -> None:
    swap = propose_swap(duty=duty, to=[ben, carl], by=ana)
    for _ in range(2):
        decline_ask(ask=swap.asks.get(person=carl), by=carl)
    for _ in range(2):
        accept_ask(ask=swap.asks.get(person=ben), by=ben)
    assert Favour.objects.count() == 1
    with pytest.raises(CannotSwap):
        accept_ask(ask=swap.asks.get(person=carl), by=carl)


def test_when_everybody_declines_the_duty_stays_and_its_officer_hears_so(
    duty: Duty, ana: Person, ben: Person, carl: Person
) -> None:
    swap = propose_swap(duty=duty, to=[ben, carl], by=ana)
    decline_ask(ask=swap.asks.get(person=ben), by=ben)
    assert letters_to(ana) == []
    decline_ask(ask=swap.asks.get(person=carl), by=carl)
    swap.refresh_from_db()
    assert swap.status == SwapStatus.DECLINED
    assert "stays yours" in letters_to(ana)[0]
    propose_swap(duty=duty, to=[ben], by=ana)


def test_a_wish_can_be_taken_back(duty: Duty, ana: Person, ben: Person, carl: Person, dora: Person) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=ana)
    with pytest.raises(CannotSwap, match="Only Ana Ruiz"):
        withdraw_swap(swap=swap, by=carl)
    withdraw_swap(swap=swap, by=ana)
    with pytest.raises(CannotSwap, match="no longer asked"):
        accept_ask(ask=swap.asks.get(), by=ben)
    with pytest.raises(CannotSwap, match="withdrawn already"):
        withdraw_swap(swap=swap, by=dora)
    assert swap.history.first().history_user == ana


def test_a_wish_lapses_when_the_duty_begins(duty: Duty, ana: Person, ben: Person, clock: object) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=ana)
    assert lapses_at(swap) == duty.starts_at
    clock.move_to(duty.starts_at - timedelta(seconds=1))  # type: ignore[attr-defined]
    assert lapse_due() == 0
    clock.move_to(duty.starts_at)  # type: ignore[attr-defined]
    with pytest.raises(CannotSwap, match="too late"):
        accept_ask(ask=swap.asks.get(), by=ben)
    assert lapse_due() == 1
    assert lapse_due() == 0
    swap.refresh_from_db()
    assert (swap.status, swap.asks.get().status) == (SwapStatus.LAPSED, AskStatus.CLOSED)
    assert "stays yours" in letters_to(ana)[-1]


def test_a_running_duty_changes_hands_too(
    programme: Programme, ana: Person, carl: Person, clock: object
) -> None:
    running = Duty.objects.get(person=ana, seat=0)
    swap = propose_swap(duty=running, to=[carl], by=ana)
    assert lapses_at(swap) == running.ends_at
    assert lapse_due() == 0
    accept_ask(ask=swap.asks.get(), by=carl)
    on_duty = who_is_on_duty(programme=programme, at=datetime.now(UTC))
    assert on_duty.primary is not None
    assert on_duty.primary.person == carl


def test_what_changed_since_it_was_asked_is_seen_at_the_yes(
    duty: Duty, programme: Programme, ana: Person, ben: Person, far: date
) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=ana)
    ask = swap.asks.get()
    absence = Absence.objects.create(person=ben, first_day=far, last_day=far, created_at=datetime.now(UTC))
    with pytest.raises(CannotSwap, match="is away"):
        accept_ask(ask=ask, by=ben)
    absence.delete()
    Membership.objects.filter(person=ben).update(left_on=far)
    with pytest.raises(CannotSwap, match="no member"):
        accept_ask(ask=ask, by=ben)
    Membership.objects.filter(person=ben).update(left_on=far + timedelta(days=1))
    accept_ask(ask=ask, by=ben)


def test_a_reassigned_duty_ends_what_was_asked_about_it(
    duty: Duty, ana: Person, ben: Person, carl: Person, dora: Person
) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=ana)
    reassign(duty=duty, to=carl, by=dora, reason="Ana is ill")
    swap.refresh_from_db()
    assert swap.status == SwapStatus.WITHDRAWN
    assert swap.asks.get().status == AskStatus.CLOSED
    assert letters_to(carl)[0].startswith("You are primary")
    assert letters_to(ana)[0].startswith("Carl Novak has your duty")
    assert (
        "Dora Lindt gave it to you: Ana is ill." in Letter.objects.filter(person=carl, kind="duty").get().text
    )
    propose_swap(duty=duty, to=[ben], by=carl)


def test_each_change_of_the_same_duty_is_told(duty: Duty, ana: Person, carl: Person, dora: Person) -> None:
    for to in (carl, ana, carl):
        reassign(duty=duty, to=to, by=dora, reason="as it goes")
    assert Letter.objects.filter(person=carl, kind="duty", subject__startswith="You are").count() == 2


# --- Exchanges -------------------------------------------------------------------------------------------


def test_an_exchange_gives_each_the_others_duty(
    duty: Duty,
    bens: Duty,
    ana: Person,
    ben: Person,
    django_capture_on_commit_callbacks: object,
    changes: list[tuple[str, str]],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        swap = propose_swap(duty=duty, to=[ben], by=ana, in_return={ben: bens})
        accept_ask(ask=swap.asks.get(), by=ben)
    duty.refresh_from_db()
    bens.refresh_from_db()
    assert (duty.person, bens.person) == (ben, ana)
    assert sorted(changes) == [("Ana Ruiz", "Ben Okafor"), ("Ben Okafor", "Ana Ruiz")]
    assert favours_balance([ana, ben]) == {ana.pk: 0, ben.pk: 0}
    assert Favour.objects.count() == 2
    assert [subject[:16] for subject in letters_to(ana)] == ["Ben Okafor has y", "You are primary "]


def test_two_seats_of_one_day_are_exchanged(programme: Programme, ana: Person, ben: Person) -> None:
    first = Duty.objects.filter(person=ana, seat=0).latest("day")
    second = Duty.objects.get(day=first.day, seat=1)
    swap = propose_swap(duty=first, to=[ben], by=ana, in_return={ben: second})
    accept_ask(ask=swap.asks.get(), by=ben)
    seats = Duty.objects.published().filter(day=first.day).order_by("seat")
    assert [duty.person for duty in seats] == [ben, ana]
    assert [duty.history.count() for duty in seats] == [2, 2], "standing aside is no change of its own"


def test_an_exchange_is_looked_at_from_both_sides(
    duty: Duty, bens: Duty, programme: Programme, ana: Person, ben: Person, carl: Person
) -> None:
    with pytest.raises(CannotSwap, match="not Carl Novak's") as refusal:
        propose_swap(duty=duty, to=[carl], by=ana, in_return={carl: bens})
    assert refusal.value.field == "in_return"
    Absence.objects.create(person=ana, first_day=bens.day, last_day=bens.day, created_at=datetime.now(UTC))
    with pytest.raises(CannotSwap, match="Ana Ruiz is away"):
        propose_swap(duty=duty, to=[ben], by=ana, in_return={ben: bens})


def test_a_duty_in_return_that_went_elsewhere_closes_the_question(
    duty: Duty, bens: Duty, ana: Person, ben: Person, carl: Person, dora: Person
) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=ana, in_return={ben: bens})
    reassign(duty=bens, to=carl, by=dora, reason="Ben travels")
    swap.refresh_from_db()
    assert swap.status == SwapStatus.DECLINED
    with pytest.raises(CannotSwap):
        accept_ask(ask=swap.asks.get(), by=ben)
    duty.refresh_from_db()
    assert duty.person == ana


def test_a_duty_in_return_that_is_over_is_none(duty: Duty, bens: Duty, ana: Person, ben: Person) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=ana, in_return={ben: bens})
    past = datetime.now(UTC) - timedelta(days=2)
    Duty.objects.filter(pk=bens.pk).update(starts_at=past, ends_at=past + timedelta(days=1))
    with pytest.raises(CannotSwap, match="is over"):
        accept_ask(ask=swap.asks.get(), by=ben)


def test_two_who_each_wish_the_others_duty_exchange_once(
    duty: Duty, bens: Duty, ana: Person, ben: Person
) -> None:
    mine = propose_swap(duty=duty, to=[ben], by=ana, in_return={ben: bens})
    yours = propose_swap(duty=bens, to=[ana], by=ben, in_return={ana: duty})
    accept_ask(ask=mine.asks.get(), by=ben)
    with pytest.raises(CannotSwap):
        accept_ask(ask=yours.asks.get(), by=ana)
    yours.refresh_from_db()
    assert yours.status == SwapStatus.WITHDRAWN


# --- Who may not have both -------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(programme: Programme, carl: Person) -> Programme:
    """A programme on the other side of the date line, of which Carl is a member, too."""
    other = Programme.objects.create(
        slug="pacific",
        name="Pacific",
        time_zone="Pacific/Auckland",
        duty_days=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        hours_from=time(8),
        hours_to=time(20),
        weights=programme.weights,
        rungs=programme.rungs,
    )
    Membership.objects.create(programme=other, person=carl)
    return other


def _duty_on(programme: Programme, day: date, person: Person) -> Duty:
    period = duty_period(programme.rules, day)
    rota = Rota.objects.create(programme=programme, first_day=day, last_day=day, status=RotaStatus.PUBLISHED)
    return Duty.objects.create(
        rota=rota,
        programme=programme,
        person=person,
        day=day,
        starts_at=period.start,
        ends_at=period.end,
        published=True,
    )


def test_nobody_serves_two_programmes_on_one_day(
    duty: Duty, elsewhere: Programme, ana: Person, carl: Person, dora: Person, far: date
) -> None:
    _duty_on(elsewhere, far, carl)
    with pytest.raises(CannotSwap, match=r"another seat on .* in Pacific"):
        propose_swap(duty=duty, to=[carl], by=ana)
    with pytest.raises(CannotReassign, match="in Pacific"):
        reassign(duty=duty, to=carl, by=dora, reason="ill")


@pytest.mark.parametrize(
    ("days", "opens", "together"),
    [
        # New York from 08:00 to 20:00 is the next date from midnight or one o'clock to 12:00 or 13:00 and more.
        pytest.param(1, time(8), True, id="tomorrow there is today here"),
        pytest.param(1, time(16), False, id="the same date has ended there before ours begins"),
        pytest.param(-1, time(8), False, id="yesterday there was long ago"),
        pytest.param(2, time(8), False, id="the day after tomorrow there"),
    ],
)
def test_days_of_two_programmes_are_compared_by_their_hours_too(
    duty: Duty,
    programme: Programme,
    elsewhere: Programme,
    carl: Person,
    far: date,
    days: int,
    opens: time,
    together: bool,
) -> None:
    Programme.objects.filter(pk=programme.pk).update(hours_from=time(8), hours_to=time(20))
    Programme.objects.filter(pk=elsewhere.pk).update(hours_from=opens, hours_to=time(20))
    elsewhere.refresh_from_db()
    duty.programme.refresh_from_db()
    _duty_on(elsewhere, far + timedelta(days=days), carl)
    forbidding = conflicts_of(duty=duty, people=[carl])[carl.pk].forbidding
    assert bool(forbidding) is together, forbidding
    assert not together or "in the same hours" in forbidding[0]


def test_a_gap_that_is_too_short_is_said_and_forbids_nothing(
    duty: Duty, programme: Programme, ana: Person, ben: Person, far: date
) -> None:
    publish_days(programme, [[ben]], first=far + timedelta(days=1))
    found = conflicts_of(duty=duty, people=[ben])[ben.pk]
    assert found.forbidding == ()
    assert found.warning == (
        f"Ben Okafor is primary on {far + timedelta(days=1)} too: less than 2 days between.",
    )


def test_a_full_calendar_is_said_and_forbids_nothing(duty: Duty, ben: Person, far: date) -> None:
    calendar = BusyCalendar.objects.create(
        person=ben,
        address="https://calendar.example/ben.ics",
        next_fetch_at=datetime.now(UTC),
        created_at=datetime.now(UTC),
    )
    BusyBlock.objects.create(calendar=calendar, day=far)
    found = conflicts_of(duty=duty, people=[ben])[ben.pk]
    assert found.forbidding == ()
    (warning,) = found.warning
    assert warning.startswith("Ben Okafor: ")
    assert "calendar" in warning


@pytest.mark.parametrize("people", [1, 12])
def test_the_cost_of_looking_does_not_grow(
    duty: Duty, programme: Programme, people: int, django_assert_num_queries: object
) -> None:
    many = [
        _member(programme, f"m{n}@example.com", f"Member {n}", f"+155501003{n:02d}") for n in range(people)
    ]
    with django_assert_num_queries(6):  # type: ignore[operator]
        conflicts_of(duty=duty, people=many)


@pytest.mark.parametrize("people", [2, 12])
def test_the_cost_of_asking_and_settling_does_not_grow(
    duty: Duty, programme: Programme, ana: Person, people: int, django_assert_max_num_queries: object
) -> None:
    many = [
        _member(programme, f"m{n}@example.com", f"Member {n}", f"+155501003{n:02d}") for n in range(people)
    ]
    with django_assert_max_num_queries(45):  # type: ignore[operator]
        swap = propose_swap(duty=duty, to=many, by=ana)
        withdraw_swap(swap=swap, by=ana)


# --- The ledger ------------------------------------------------------------------------------------------


def test_who_helped_whom_is_kept(
    duty: Duty, bens: Duty, programme: Programme, ana: Person, ben: Person, carl: Person
) -> None:
    programme.special_days = [{"date": duty.day.isoformat(), "name": "Launch", "burden": 8}]
    programme.save()
    for one, giver, taker in ((duty, ana, carl), (bens, ben, carl)):
        swap = propose_swap(duty=one, to=[taker], by=giver)
        accept_ask(ask=swap.asks.get(), by=taker)
    assert favours_balance([ana, ben, carl]) == {ana.pk: -8, ben.pk: -4, carl.pk: 12}
    assert owed_to(carl, [ana, ben]) == {ana.pk: 8, ben.pk: 4}
    assert owed_to(ana, [carl]) == {carl.pk: -8}
    assert [favour.helped for favour in ledger_of([carl])] == [ben, ana]
    assert ledger_of([ana])[0].helper == carl


# --- Races -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_who_say_yes_at_once_exactly_one_has_it(
    duty: Duty, ana: Person, ben: Person, carl: Person
) -> None:
    for _ in range(5):
        swap = propose_swap(duty=duty, to=[ben, carl], by=ana)
        said = _at_once(
            lambda: accept_ask(ask=swap.asks.get(person=ben), by=ben),  # noqa: B023 - joined in this round
            lambda: accept_ask(ask=swap.asks.get(person=carl), by=carl),  # noqa: B023
        )
        assert sorted(said) == ["has it already", "yes"]
        duty.refresh_from_db()
        swap.refresh_from_db()
        assert duty.person == swap.taken_by
        assert swap.asks.filter(status=AskStatus.ACCEPTED).count() == 1
        Duty.objects.filter(pk=duty.pk).update(person=ana)
    assert Favour.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_two_programmes_do_not_seat_somebody_twice_in_the_same_instant(
    duty: Duty, elsewhere: Programme, ana: Person, ben: Person, carl: Person, dora: Person, far: date
) -> None:
    Membership.objects.create(programme=elsewhere, person=ben)
    there = _duty_on(elsewhere, far, ben)
    one, other = (propose_swap(duty=duty, to=[carl], by=ana), propose_swap(duty=there, to=[carl], by=ben))
    said = _at_once(
        lambda: accept_ask(ask=one.asks.get(), by=carl), lambda: accept_ask(ask=other.asks.get(), by=carl)
    )
    assert sorted(said) == ["another seat", "yes"]
    assert Duty.objects.filter(person=carl).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_yes_and_a_reassignment_at_once_leave_one_story(
    duty: Duty, ana: Person, ben: Person, carl: Person, dora: Person
) -> None:
    swap = propose_swap(duty=duty, to=[ben], by=ana)
    said = _at_once(
        lambda: accept_ask(ask=swap.asks.get(), by=ben),
        lambda: reassign(duty=duty, to=carl, by=dora, reason="Ana is ill"),
    )
    duty.refresh_from_db()
    swap.refresh_from_db()
    # Either the yes came first and the administrator's word after it, or the yes came too late.
    assert duty.person == carl
    assert (swap.status, Favour.objects.count()) in {(SwapStatus.DONE, 1), (SwapStatus.WITHDRAWN, 0)}
    assert said.count("yes") == (2 if swap.status == SwapStatus.DONE else 1)


def _at_once(*verbs: object) -> list[str]:
    """Each verb on a thread of its own, from the same instant; "yes", or the words of the refusal that count."""
    gate, said = threading.Barrier(len(verbs)), []

    def do(verb: object) -> None:
        try:
            gate.wait(10)
            verb()  # type: ignore[operator]
            said.append("yes")
        except (CannotSwap, CannotReassign) as refused:
            found = re.search(r"has it already|another seat|no longer asked", str(refused))
            said.append(found.group() if found else str(refused))
        except BaseException as error:  # noqa: BLE001 - a thread's error is the test's
            said.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return said
