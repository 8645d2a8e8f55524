"""The least disruption: worked out by the queue, applied as a whole by an administrator's click, or not at all."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from people.models import Letter, Person
from rota.cover import find_cover
from rota.cover_proposals import apply_proposal, dismiss_proposal, want_proposal, work_out_due
from rota.errors import CannotCover
from rota.hours import duty_day_of
from rota.models import Absence, CoverProposal, Duty, Favour, Membership, Programme, ProposalStatus, Swap
from rota.reassigning import reassign
from rota.swaps import propose_swap
from tests.conftest import make_person, publish_days

pytestmark = pytest.mark.django_db

Clock = time_machine.Traveller


@pytest.fixture
def carl(programme: Programme) -> Person:
    person = make_person("carl@example.com", "Carl Novak", phone="+15550100021", is_executive=True)
    Membership.objects.create(programme=programme, person=person)
    return person


@pytest.fixture
def far(programme: Programme, clock: Clock) -> date:
    return duty_day_of(programme.rules, datetime.now(UTC)) + timedelta(days=10)


@pytest.fixture
def chain(programme: Programme, ana: Person, ben: Person, carl: Person, far: date) -> list[Duty]:
    """Ana is primary on the tenth day and Ben on the twelfth, with a gap of three days; Carl is away on the tenth, and
    Ana from then to the twelfth.

    Nobody alone can stand in for Ana: Ben would serve twice within the gap, unless Carl takes his day.
    """
    Duty.objects.all().delete()
    Programme.objects.update(min_gap_days=3, seats_backup=0)
    programme.refresh_from_db()
    for person, days in ((carl, 0), (ana, 2)):
        Absence.objects.create(
            person=person, first_day=far, last_day=far + timedelta(days=days), created_at=datetime.now(UTC)
        )
    return [
        publish_days(programme, [[ana]], first=far)[0],
        publish_days(programme, [[ben]], first=far + timedelta(days=2))[0],
    ]


@pytest.fixture
def proposal(chain: list[Duty], ana: Person, ben: Person, carl: Person) -> CoverProposal:
    first, second = chain
    return CoverProposal.objects.create(
        duty=first,
        status=ProposalStatus.OPEN,
        created_at=datetime.now(UTC),
        moves=[
            {"duty": first.pk, "from": ana.pk, "to": ben.pk, "why": "Ben has rested."},
            {"duty": second.pk, "from": ben.pk, "to": carl.pk, "why": "Carl is free."},
        ],
    )


def holders(chain: list[Duty]) -> list[str]:
    return [Duty.objects.get(pk=duty.pk).person.name for duty in chain]


def test_it_is_worked_out_and_told(chain: list[Duty], ana: Person, dora: Person) -> None:
    assert find_cover(duty=chain[0], by=ana) is None
    assert work_out_due() == 1
    assert work_out_due() == 0
    found = CoverProposal.objects.get()
    assert found.status == ProposalStatus.OPEN
    assert {(move["duty"], Person.objects.get(pk=move["to"]).name) for move in found.moves} == {
        (chain[0].pk, "Ben Okafor"),
        (chain[1].pk, "Carl Novak"),
    }
    (letter,) = Letter.objects.filter(kind="cover")
    assert letter.subject == f"Cover for Ana Ruiz's duty on {chain[0].day} takes 2 changes: please decide"
    assert f"/duties/{chain[0].pk}/" in letter.text
    assert holders(chain) == ["Ana Ruiz", "Ben Okafor"]
    apply_proposal(proposal=found, by=dora)
    assert holders(chain) == ["Ben Okafor", "Carl Novak"]


def test_where_nothing_would_do_it_says_why(
    chain: list[Duty], ana: Person, ben: Person, carl: Person, far: date
) -> None:
    Membership.objects.filter(person__in=[ben, carl]).update(left_on=far)
    find_cover(duty=chain[0], by=ana)
    assert work_out_due() == 0
    found = CoverProposal.objects.get()
    assert found.status == ProposalStatus.NOTHING
    assert found.why
    (letter,) = Letter.objects.filter(kind="cover")
    assert letter.subject == f"Nobody can take over Ana Ruiz's duty on {chain[0].day}"
    assert found.why in letter.text


def test_what_could_not_be_worked_out_is_told_all_the_same(
    chain: list[Duty], ana: Person, clock: Clock
) -> None:
    find_cover(duty=chain[0], by=ana)
    clock.shift(timedelta(minutes=30))
    work_out_due()
    assert CoverProposal.objects.get().status == ProposalStatus.NOTHING
    assert Letter.objects.filter(kind="cover").count() == 1


def test_applied_it_seats_everybody_at_once_on_record(
    proposal: CoverProposal, chain: list[Duty], ana: Person, ben: Person, carl: Person, dora: Person
) -> None:
    apply_proposal(proposal=proposal, by=dora)
    assert holders(chain) == ["Ben Okafor", "Carl Novak"]
    record = chain[0].history.first()
    assert record.history_user == dora
    assert record.history_change_reason == f"reassigned: cover for Ana Ruiz on {chain[0].day}"
    told = Letter.objects.filter(kind="duty").order_by("pk")
    assert {letter.person for letter in told} == {ana, ben, carl}
    assert not Favour.objects.exists(), "nobody was asked"
    with pytest.raises(CannotCover, match="applied already"):
        apply_proposal(proposal=proposal, by=dora)


def test_only_administrators_decide(
    proposal: CoverProposal, chain: list[Duty], ana: Person, dora: Person
) -> None:
    for verb in (apply_proposal, dismiss_proposal):
        with pytest.raises(CannotCover):
            verb(proposal=proposal, by=ana)
    dismiss_proposal(proposal=proposal, by=dora)
    assert holders(chain) == ["Ana Ruiz", "Ben Okafor"]
    with pytest.raises(CannotCover, match="dismissed already"):
        apply_proposal(proposal=proposal, by=dora)


@pytest.mark.parametrize("what", ["away", "left", "no number", "began", "seated"])
def test_what_no_longer_holds_moves_nobody(
    proposal: CoverProposal,
    chain: list[Duty],
    carl: Person,
    dora: Person,
    programme: Programme,
    clock: Clock,
    what: str,
) -> None:
    match what:
        case "away":
            Absence.objects.create(
                person=carl, first_day=chain[1].day, last_day=chain[1].day, created_at=datetime.now(UTC)
            )
        case "left":
            Person.objects.filter(pk=carl.pk).update(is_active=False)
        case "no number":
            Person.objects.filter(pk=carl.pk).update(phone_verified_at=None)
        case "began":
            clock.move_to(chain[0].starts_at)
        case "seated":
            Duty.objects.create(
                rota=chain[1].rota, programme=programme, person=carl, day=chain[1].day, seat=1,
                starts_at=chain[1].starts_at, ends_at=chain[1].ends_at, published=True,
            )  # fmt: skip
    with pytest.raises(CannotCover, match="Look for cover anew"):
        apply_proposal(proposal=proposal, by=dora)
    assert holders(chain) == ["Ana Ruiz", "Ben Okafor"]
    proposal.refresh_from_db()
    assert proposal.status == ProposalStatus.OUTDATED


def test_a_duty_that_changes_hands_outdates_it(
    proposal: CoverProposal,
    chain: list[Duty],
    carl: Person,
    dora: Person,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        reassign(duty=chain[1], to=carl, by=dora, reason="Ben travels")
    proposal.refresh_from_db()
    assert proposal.status == ProposalStatus.OUTDATED


def test_two_seats_of_one_day_are_exchanged_by_it(
    programme: Programme, ana: Person, ben: Person, dora: Person, far: date, clock: Clock
) -> None:
    Duty.objects.all().delete()
    first, second = publish_days(programme, [[ana, ben]], first=far)
    both = CoverProposal.objects.create(
        duty=first,
        status=ProposalStatus.OPEN,
        created_at=datetime.now(UTC),
        moves=[
            {"duty": first.pk, "from": ana.pk, "to": ben.pk, "why": ""},
            {"duty": second.pk, "from": ben.pk, "to": ana.pk, "why": ""},
        ],
    )
    apply_proposal(proposal=both, by=dora)
    assert holders([first, second]) == ["Ben Okafor", "Ana Ruiz"]


def test_what_was_asked_about_the_duties_before_is_closed(
    proposal: CoverProposal, chain: list[Duty], ana: Person, carl: Person, ben: Person, dora: Person
) -> None:
    propose_swap(duty=chain[1], to=[carl], by=ben)
    apply_proposal(proposal=proposal, by=dora)
    assert Swap.objects.get().status == "withdrawn"


def test_it_is_not_worked_out_again_and_again(
    chain: list[Duty], ana: Person, dora: Person, clock: Clock
) -> None:
    first = want_proposal(chain[0])
    assert first is not None
    assert want_proposal(chain[0]) is None
    CoverProposal.objects.update(status=ProposalStatus.DISMISSED)
    clock.shift(timedelta(hours=6) - timedelta(seconds=1))
    assert want_proposal(chain[0]) is None
    clock.shift(timedelta(seconds=1))
    assert want_proposal(chain[0]) is not None
