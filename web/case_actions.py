"""Which buttons a case's page offers to its reader. Only an offer: the verb behind each decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from escalations.bridging import may_connect
from escalations.models import (
    IN_HAND,
    LIVE_PAGE,
    WAITING_FOR_AN_OFFICER,
    Escalation,
    Page,
    PageStatus,
    Purpose,
)
from people.models import Person


@dataclass(frozen=True, kw_only=True)
class Actions:
    """One flag a button; `any` is whether there is a button at all."""

    accept: bool = False
    pass_on: bool = False
    working: bool = False
    connect: bool = False
    drop: bool = False
    outcome: bool = False
    hand_over: bool = False
    take: bool = False
    cancel: bool = False

    @property
    def any(self) -> bool:
        return any(vars(self).values())


def actions_for(
    case: Escalation, person: Person, *, pages: Sequence[Page], officer: bool, bridged: bool
) -> Actions:
    """`pages` are the case's; `officer` as `escalations.access` says; `bridged` while a connection is up."""
    waiting = case.status in WAITING_FOR_AN_OFFICER
    in_hand = case.status in IN_HAND
    owns = case.owner_id == person.pk
    own_pages = [page for page in pages if page.person_id == person.pk]
    passed = any(page.status == PageStatus.PASSED for page in own_pages)
    asked = any(page.purpose == Purpose.ASK and page.status in LIVE_PAGE for page in own_pages)
    offered = case.hand_over_to_id == person.pk
    return Actions(
        accept=officer and waiting,
        pass_on=officer and waiting and bool(own_pages) and not passed,
        working=in_hand and owns and asked,
        connect=may_connect(case, person),
        drop=bridged and (owns or person.is_admin),
        outcome=in_hand and (owns or person.is_admin),
        hand_over=in_hand and (owns or person.is_admin) and case.hand_over_to_id is None,
        take=in_hand and offered,
        cancel=(waiting or in_hand) and (person.is_support or person.is_admin),
    )
