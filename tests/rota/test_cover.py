"""Cover: who could take a duty over and in which order, a search that goes on by itself, and what is declined."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from people.models import Letter, Person
from rota.candidates import candidates
from rota.cover import SHORTEST_PATIENCE, cover_wanted, find_cover, patience, search_on
from rota.errors import CannotCover
from rota.favours import record_favour
from rota.hours import duty_day_of
from rota.invitation_signals import invitation_answered
from rota.models import (
    Absence,
    AnswerStatus,
    AskStatus,
    BusyBlock,
    BusyCalendar,
    CoverProposal,
    Duty,
    Invitation,
    Membership,
    Preference,
    Programme,
    ProposalStatus,
    Swap,
    SwapStatus,
)
from rota.swaps import accept_ask, decline_ask, lapse_due, propose_swap, withdraw_swap
from tests.conftest import make_person, publish_days

pytestmark = pytest.mark.django_db

Clock = time_machine.Traveller


@pytest.fixture
def team(programme: Programme, clock: Clock) -> dict[str, Person]:
    """Eight more members, none of whom has served."""
    return {
        name: _member(programme, name, number)
        for number, name in enumerate(["carl", "dana", "emil", "fay", "gus", "hana", "ivo", "jo"])
    }


def _member(programme: Programme, name: str, number: int) -> Person:
    person = make_person(
        f"{name}@example.com", name.capitalize(), phone=f"+155501004{number:02d}", is_executive=True
    )
    Membership.objects.create(programme=programme, person=person)
    return person


@pytest.fixture
def far(programme: Programme, clock: Clock) -> date:
    return duty_day_of(programme.rules, datetime.now(UTC)) + timedelta(days=10)


@pytest.fixture
def duty(programme: Programme, ana: Person, far: date) -> Duty:
    """Ana is primary in ten days; the two days of the cast are out of the way."""
    Duty.objects.all().delete()
    return publish_days(programme, [[ana]], first=far)[0]


def names(duty: Duty) -> list[str]:
    return [one.person.name for one in candidates(duty=duty)]


# --- Who could -------------------------------------------------------------------------------------------


def test_only_who_may_serve_that_day_is_a_candidate(
    duty: Duty, team: dict[str, Person], programme: Programme, ben: Person, far: date
) -> None:
    now = datetime.now(UTC)
    Absence.objects.create(person=team["carl"], first_day=far, last_day=far, created_at=now)
    Person.objects.filter(pk=team["dana"].pk).update(phone_verified_at=None)
    Membership.objects.filter(person=team["emil"]).update(left_on=far)
    Person.objects.filter(pk=team["fay"].pk).update(is_active=False)
    Duty.objects.create(
        rota=duty.rota, programme=programme, person=team["gus"], day=far, seat=1,
        starts_at=duty.starts_at, ends_at=duty.ends_at, published=True,
    )  # fmt: skip
    # Gus counts among those who have served, and Hana served a day before: too near, so she comes last.
    publish_days(programme, [[team["hana"]]], first=far - timedelta(days=1))
    found = candidates(duty=duty)
    assert [one.person.name for one in found] == ["Ben Okafor", "Ivo", "Jo", "Hana"]
    assert [one.is_free for one in found] == [True, True, True, False]
    assert "less than 2 days between" in found[-1].warnings[0]


def test_a_full_calendar_comes_last(duty: Duty, team: dict[str, Person], far: date) -> None:
    now = datetime.now(UTC)
    calendar = BusyCalendar.objects.create(
        person=team["carl"], address="https://calendar.example/c.ics", next_fetch_at=now, created_at=now
    )
    BusyBlock.objects.create(calendar=calendar, day=far)
    assert names(duty)[-1] == "Carl"


def test_the_fairest_comes_first_and_it_says_why(
    duty: Duty, team: dict[str, Person], programme: Programme, ben: Person, far: date
) -> None:
    publish_days(programme, [[ben], [team["carl"]], [ben]], first=far - timedelta(days=7))
    found = candidates(duty=duty)
    assert [one.person.name for one in found[-2:]] == ["Carl", "Ben Okafor"]
    first, last = found[0], found[-1]
    assert first.points < 0 < last.points
    assert "below a fair share" in first.sentence
    assert "above a fair share" in last.sentence


def test_a_smaller_share_owes_less_and_who_came_lately_too(
    duty: Duty, team: dict[str, Person], programme: Programme, ben: Person, far: date
) -> None:
    publish_days(programme, [[ben]] * 5 + [[team["gus"]]] * 4, first=far - timedelta(days=20))
    Membership.objects.filter(person=team["carl"]).update(share=50)
    Membership.objects.filter(person=team["dana"]).update(joined_on=far - timedelta(days=14))
    points = {one.person.name: one.points for one in candidates(duty=duty)}
    assert points["Emil"] < points["Carl"] < 0
    assert points["Emil"] < points["Dana"] < 0


def test_wishes_and_favours_count(duty: Duty, team: dict[str, Person], ana: Person, far: date) -> None:
    now = datetime.now(UTC)
    assert names(duty)[:2] == ["Ben Okafor", "Carl"]
    record_favour(duty=duty, helper=ana, helped=team["jo"], at=now)
    assert names(duty)[0] == "Jo"
    assert "was helped out before" in candidates(duty=duty)[0].sentence
    Preference.objects.create(person=team["ivo"], day=far, liking=2, created_at=now)
    Preference.objects.create(person=team["jo"], day=far, liking=-1, created_at=now)
    found = names(duty)
    assert (found[0], found[-1]) == ("Ivo", "Jo")
    assert "would gladly serve" in candidates(duty=duty)[0].sentence


@pytest.mark.parametrize("more", [0, 20])
def test_the_cost_does_not_grow(
    duty: Duty, programme: Programme, more: int, django_assert_num_queries: Callable[..., object]
) -> None:
    for number in range(more):
        _member(programme, f"m{number}", 20 + number)
    with django_assert_num_queries(15):  # type: ignore[attr-defined]
        candidates(duty=duty)


# --- The search --------------------------------------------------------------------------------------------


def asked(swap: Swap) -> list[str]:
    return [ask.person.name for ask in swap.asks.order_by("pk").select_related("person")]


def admin_subjects() -> list[str]:
    return list(Letter.objects.filter(kind="cover").order_by("pk").values_list("subject", flat=True))


def test_the_fairest_three_are_asked_and_the_first_yes_ends_it(
    duty: Duty, team: dict[str, Person], ana: Person, ben: Person
) -> None:
    swap = find_cover(duty=duty, by=ana)
    assert swap is not None
    assert asked(swap) == ["Ben Okafor", "Carl", "Dana"]
    assert find_cover(duty=duty, by=ana) == swap, "asked twice is asked once"
    accept_ask(ask=swap.asks.get(person=team["carl"]), by=team["carl"])
    duty.refresh_from_db()
    assert duty.person == team["carl"]
    assert admin_subjects() == [f"Carl takes over Ana Ruiz's duty on {duty.day}"]
    assert search_on() == 0


def test_who_declines_makes_room_for_the_next(duty: Duty, team: dict[str, Person], ana: Person) -> None:
    swap = find_cover(duty=duty, by=ana)
    assert swap is not None
    for ask in swap.asks.select_related("person"):
        assert search_on() == 0
        decline_ask(ask=ask, by=ask.person)
    assert search_on() == 1
    assert search_on() == 0
    assert asked(swap)[3:] == ["Emil", "Fay", "Gus"]


def test_silence_is_waited_for_only_so_long(
    duty: Duty, team: dict[str, Person], ana: Person, clock: Clock
) -> None:
    swap = find_cover(duty=duty, by=ana)
    assert swap is not None
    clock.shift(timedelta(hours=12) - timedelta(seconds=1))
    assert search_on() == 0
    clock.shift(timedelta(seconds=1))
    assert search_on() == 1
    assert asked(swap)[3:] == ["Emil", "Fay", "Gus"]
    assert search_on() == 0
    accept_ask(ask=swap.asks.get(person=team["dana"]), by=team["dana"])


def test_the_nearer_the_duty_the_shorter_the_wait(duty: Duty, clock: Clock) -> None:
    waits = [
        patience(duty, duty.starts_at - before)
        for before in (timedelta(days=9), timedelta(hours=24), timedelta(hours=3), timedelta(minutes=5))
    ]
    assert waits == [timedelta(hours=12), timedelta(hours=4), timedelta(minutes=30), SHORTEST_PATIENCE]
    assert patience(duty, duty.starts_at + timedelta(hours=12)) == timedelta(hours=2)


def test_the_search_goes_on_while_the_duty_runs(
    duty: Duty, team: dict[str, Person], ana: Person, clock: Clock
) -> None:
    swap = find_cover(duty=duty, by=ana)
    assert swap is not None
    clock.move_to(duty.starts_at + timedelta(hours=1))
    assert lapse_due() == 0
    assert search_on() == 1
    accept_ask(ask=swap.asks.get(person=team["gus"]), by=team["gus"])
    other = find_cover(duty=Duty.objects.get(pk=duty.pk), by=team["gus"])
    assert other is not None
    clock.move_to(duty.ends_at)
    assert search_on() == 0
    assert lapse_due() == 1


def test_when_nobody_is_left_the_officer_and_administrators_hear_of_it(
    duty: Duty, team: dict[str, Person], ana: Person, ben: Person, far: date
) -> None:
    Membership.objects.filter(person__in=[one.pk for one in team.values()]).update(left_on=far)
    swap = find_cover(duty=duty, by=ana)
    assert swap is not None
    assert asked(swap) == ["Ben Okafor"]
    decline_ask(ask=swap.asks.get(), by=ben)
    assert search_on() == 1
    swap.refresh_from_db()
    assert swap.status == SwapStatus.DECLINED
    assert CoverProposal.objects.get(duty=duty).status == ProposalStatus.WAITING
    assert Letter.objects.filter(person=ana, subject__endswith="stays yours").count() == 1
    duty.refresh_from_db()
    assert (duty.person, duty.published) == (ana, True)


def test_where_nobody_alone_could_the_least_disruption_is_worked_out_once(
    duty: Duty, ana: Person, ben: Person, dora: Person, far: date
) -> None:
    Membership.objects.filter(person=ben).update(left_on=far)
    for _ in range(2):
        assert find_cover(duty=duty, by=dora) is None
    assert CoverProposal.objects.get().status == ProposalStatus.WAITING


def test_for_a_duty_that_runs_administrators_hear_it_at_once(
    duty: Duty, ana: Person, ben: Person, dora: Person, far: date, clock: Clock
) -> None:
    clock.move_to(duty.starts_at)
    Membership.objects.filter(person=ben).update(left_on=far)
    for _ in range(2):
        assert find_cover(duty=duty, by=dora) is None
    assert admin_subjects() == [f"Nobody is free to take over Ana Ruiz's duty on {duty.day}"]
    assert not CoverProposal.objects.exists()


def test_a_wish_that_stands_already_becomes_the_search(
    duty: Duty, team: dict[str, Person], ana: Person
) -> None:
    wish = propose_swap(duty=duty, to=[team["jo"]], by=ana)
    assert find_cover(duty=duty, by=ana) == wish
    decline_ask(ask=wish.asks.get(), by=team["jo"])
    wish.refresh_from_db()
    assert wish.status == SwapStatus.OPEN
    search_on()
    assert asked(wish) == ["Jo", "Ben Okafor", "Carl", "Dana"]
    withdraw_swap(swap=wish, by=ana)
    assert search_on() == 0


def test_only_who_may_looks_for_cover(duty: Duty, ana: Person, asha: Person, ben: Person) -> None:
    ana.refresh_from_db()
    with pytest.raises(CannotCover):
        find_cover(duty=duty, by=ben)
    assert find_cover(duty=duty, by=asha) is not None


# --- Declined invitations ------------------------------------------------------------------------------------


def test_a_declined_invitation_starts_the_search_and_frees_nothing(
    duty: Duty, team: dict[str, Person], ana: Person
) -> None:
    now = datetime.now(UTC)
    invitation = Invitation.objects.create(
        uid="one@example.com", person=ana, duty=duty, starts_at=duty.starts_at, ends_at=duty.ends_at,
        summary="Officer of the Day", answer=AnswerStatus.ACCEPTED, created_at=now, changed_at=now,
    )  # fmt: skip
    invitation_answered.send(sender=Invitation, invitation=invitation, by=ana, comment="")
    assert not Swap.objects.exists()
    invitation.answer = AnswerStatus.DECLINED
    for _ in range(2):
        invitation_answered.send(
            sender=Invitation, invitation=invitation, by=ana, comment="Ill,\x07\r\n sorry " + "x" * 400
        )
    swap = Swap.objects.get()
    assert swap.search
    assert swap.note.startswith("Ill, sorry xxx")
    duty.refresh_from_db()
    assert (duty.person, duty.published) == (ana, True)


def test_cover_that_is_wanted_is_told_to_administrators_once(
    duty: Duty, team: dict[str, Person], ana: Person
) -> None:
    for _ in range(2):
        cover_wanted(duty=duty, by=ana, reason="an operation")
    (letter,) = Letter.objects.filter(kind="cover")
    assert "Asked are Ben Okafor, Carl, Dana" in letter.text
    assert "an operation" in letter.text
    assert f"/duties/{duty.pk}/" in letter.text


def test_a_duty_that_is_over_needs_no_cover(duty: Duty, ana: Person, clock: Clock) -> None:
    clock.move_to(duty.ends_at)
    assert cover_wanted(duty=duty, by=ana, reason="late") is None
    assert not Swap.objects.exists()


def test_asks_are_closed_when_the_search_ends(
    duty: Duty, team: dict[str, Person], ana: Person, clock: Clock
) -> None:
    swap = find_cover(duty=duty, by=ana)
    assert swap is not None
    accept_ask(ask=swap.asks.get(person=team["carl"]), by=team["carl"])
    assert swap.asks.filter(status=AskStatus.CLOSED).count() == 2
