"""Where the members of a programme stand today: who is ahead, who owes, and what is published to come. For everybody.

In ordinary duties (1.5 is a duty and a half), over the programme's months of balance (`rota.balance`).
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max

from people.models import Person
from rota.balance import Weights, reckon, served_between, window_start
from rota.models import Duty, Programme
from rota.planning.instance import POINTS, Points
from rota.presence import presences


@dataclass(frozen=True, kw_only=True)
class MemberStanding:
    """One member's cumulative balance, above 0 ahead and below 0 owing: `now` of what was served until today, and
    `then` with what is published to come (`coming` duties, in whatever seat). `share` is in percent."""

    person: Person
    share: int
    now: Points
    then: Points
    coming: int

    @property
    def now_load(self) -> float:
        """The balance of primary duties until today, in duties."""
        return self.now.load / POINTS

    @property
    def load(self) -> float:
        """The balance of primary duties with what is to come, in duties."""
        return self.then.load / POINTS

    @property
    def weekend(self) -> float:
        """Of those the weekends and holidays."""
        return self.then.weekend / POINTS

    @property
    def backup(self) -> float:
        """The balance of backup duties with what is to come, in duties."""
        return self.then.backup / POINTS


def member_standings(*, programme: Programme, today: date) -> list[MemberStanding]:
    """Everybody who is a member today or later, whoever is furthest ahead first. Six queries.

    Nothing counts where the programme looks back over no months.
    """
    last = Duty.objects.published().filter(programme=programme).aggregate(last=Max("day"))["last"]
    until = max(today, last + timedelta(days=1)) if last is not None else today
    since = window_start(today, programme.balance_months)
    members = presences(programme, since, until)
    weights = Weights.of(programme)
    served = served_between(programme, since, until) if programme.balance_months else []
    now = reckon(weights=weights, served=[duty for duty in served if duty.day < today], members=members)
    then = reckon(weights=weights, served=served, members=members)
    coming = Counter(duty.person for duty in served if duty.day >= today)
    found = [
        MemberStanding(
            person=member.person,
            share=member.share,
            now=now[member.person.pk],
            then=then[member.person.pk],
            coming=coming[member.person.pk],
        )
        for member in members
        if member.left_on is None or today < member.left_on
    ]
    return sorted(found, key=lambda one: (-one.then.load, -one.then.backup, one.person.name, one.person.pk))
