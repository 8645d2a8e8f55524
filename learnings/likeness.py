"""Learnings whose words are alike: proposed as one theme. To make it one is always a person's choice.

Words are compared by their stems (snowballstemmer) without those that a fifth of all texts use, by rapidfuzz's
`token_set_ratio`, and grouped by average linkage: a group is one only while its members are alike on the mean. On the
demo's 34 learnings that gives the groups that a reader made (tests/learnings/test_likeness.py measures it).
"""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import snowballstemmer
from django.db import transaction
from django.utils import timezone
from rapidfuzz import fuzz, process

from learnings import themes
from learnings.errors import NotAllowed, NotNow
from learnings.models import Decision, Learning, Proposal, ProposalKind, Theme
from people.models import Person

ALIKE = 53
"""Of 100: groups whose members are less alike on the mean are none. 52 to 54 find the demo's groups."""
TOO_COMMON = 0.2
"""A word that is in more texts than this says nothing about what they speak of."""
FEW = 20
"""Below so many texts a word may be common by chance: then only words in all of them are left out."""
MOST = 400
"""So many of the latest open ones are compared: the work grows with the square."""
WITHIN = timedelta(days=365)

_WORD = re.compile(r"[^\W\d_]+")
_STEMMER = snowballstemmer.stemmer("english")


@dataclass(frozen=True)
class Group:
    """Indexes into what was compared, and how alike they are on the mean, 0 to 100."""

    members: tuple[int, ...]
    likeness: int


def groups(texts: Sequence[str]) -> list[Group]:
    """The texts that speak of the same, in groups of two and more, the most alike first. Pure."""
    if len(texts) < 2:
        return []
    stems = [_stems(text) for text in texts]
    counts = Counter(stem for some in stems for stem in some)
    most = TOO_COMMON * len(texts) if len(texts) >= FEW else max(len(texts) - 1, 2)
    kept = [" ".join(sorted(stem for stem in some if counts[stem] <= most)) for some in stems]
    alike = process.cdist(kept, kept, scorer=fuzz.token_set_ratio, dtype=np.float32)
    found = _linked(np.asarray(alike, dtype=np.float64))
    return sorted(found, key=lambda group: -group.likeness)


def _stems(text: str) -> set[str]:
    return {_STEMMER.stemWord(word) for word in _WORD.findall(text.lower()) if len(word) > 2}


def _linked(alike: Any) -> list[Group]:
    """Average linkage: the two groups that are most alike become one, while they are alike enough."""
    sums = alike.copy()
    np.fill_diagonal(sums, 0)
    sizes = np.ones(len(sums))
    members: dict[int, list[int]] = {n: [n] for n in range(len(sums))}
    while len(members) > 1:
        means = sums / np.outer(sizes, sizes)
        np.fill_diagonal(means, -1)
        one, other = (int(n) for n in np.unravel_index(int(means.argmax()), means.shape))
        if means[one, other] < ALIKE:
            break
        within = sums[one, one] + sums[other, other] + 2 * sums[one, other]
        sums[one] += sums[other]
        sums[:, one] = sums[one]
        sums[one, one] = within
        sizes[one] += sizes[other]
        members[one] += members.pop(other)
        sums[other], sums[:, other] = -1e9, -1e9
    return [
        Group(tuple(sorted(some)), round(float(sums[n, n] / (len(some) * (len(some) - 1)))))
        for n, some in members.items()
        if len(some) > 1
    ]


# --- Proposals --------------------------------------------------------------------------------------------


def propose() -> int:
    """Propose what may be one theme and is not: returns how many proposals are new. Nightly, by a schedule.

    Sensitive learnings are left out: everybody reads a proposal. What was dismissed is not proposed again, and open
    proposals that do not hold any more are taken back.
    """
    now = timezone.now()
    rows = list(
        Learning.objects.open()
        .of_everybody()
        .filter(created_at__gte=now - WITHIN)
        .select_related("theme__touchpoint")
        .order_by("-id")[:MOST]
    )
    wanted: dict[str, tuple[Proposal, list[Learning]]] = {}
    for group in groups([f"{row.quote}\n{row.meaning}\n{row.suggestion}" for row in rows]):
        some = [rows[n] for n in group.members]
        if (proposal := _proposal(some, group.likeness)) is not None:
            wanted[proposal.fingerprint] = (proposal, some)
    with transaction.atomic():
        Proposal.objects.filter(decision=Decision.OPEN).exclude(fingerprint__in=wanted).delete()
        known = set(Proposal.objects.filter(fingerprint__in=wanted).values_list("fingerprint", flat=True))
        fresh = [pair for fingerprint, pair in wanted.items() if fingerprint not in known]
        for proposal, some in fresh:
            proposal.save()
            proposal.learnings.set(some)
    return len(fresh)


def _proposal(some: list[Learning], likeness: int) -> Proposal | None:
    """What to make of a group: nothing where it is a theme already, a merge where it fills two, else a new theme."""
    held = {row.theme for row in some if row.theme is not None}
    mark = "-".join(str(pk) for pk in sorted(row.pk for row in some))
    proposal = Proposal(
        title=_title(some),
        likeness=likeness,
        created_at=timezone.now(),
        fingerprint=hashlib.sha256(mark.encode()).hexdigest(),
    )
    whole = [theme for theme in held if _is_all_of(theme, some)]
    if len(held) == 1 and whole:
        return None
    if len(held) == 1 and next(iter(held)).gathered:
        return None  # a person put them there
    if len(held) == 2 and len(whole) == 2:
        one, other = sorted(held, key=lambda theme: theme.pk)
        proposal.kind, proposal.theme, proposal.other = ProposalKind.MERGE, one, other
    else:
        proposal.kind = ProposalKind.GATHER
    return proposal


def _is_all_of(theme: Theme, some: list[Learning]) -> bool:
    return not Learning.objects.open().filter(theme=theme).exclude(pk__in=[row.pk for row in some]).exists()


def _title(some: list[Learning]) -> str:
    """The shortest meaning among them: a person may give a better one."""
    said = [row.meaning or row.quote for row in some]
    shortest = min(said, key=len).split("\n")[0].rstrip(".")
    return shortest if len(shortest) <= 120 else f"{shortest[:119]}…"


def take(*, proposal: Proposal, title: str, by: Person) -> Theme:
    """A person's yes: the learnings are one theme of this title from now on. Raises Refused."""
    with transaction.atomic():
        locked = _open_one(proposal)
        if locked.kind == ProposalKind.MERGE and locked.theme and locked.other:
            themes.rename(theme=locked.other, title=title, by=by)
            theme = themes.merge(theme=locked.theme, into=locked.other, by=by)
        else:
            rows = locked.learnings.select_related("touchpoint")
            theme = themes.gather(learnings=rows, title=title, by=by)
        _decide(locked, Decision.TAKEN, by)
    return theme


def dismiss(*, proposal: Proposal, by: Person) -> Proposal:
    """A person's no: it is not proposed again. Raises Refused."""
    with transaction.atomic():
        locked = _open_one(proposal)
        if not (by.is_active and (by.is_admin or by.is_executive)):
            raise NotAllowed("Executives and administrators decide about proposals.", code="not_allowed")
        return _decide(locked, Decision.DISMISSED, by)


def _open_one(proposal: Proposal) -> Proposal:
    locked = (
        Proposal.objects.select_for_update(of=("self",)).select_related("theme", "other").get(pk=proposal.pk)
    )
    if locked.decision != Decision.OPEN:
        raise NotNow("It is decided.", code="decided")
    return locked


def _decide(proposal: Proposal, decision: Decision, by: Person) -> Proposal:
    proposal.decision = decision
    proposal.decided_by = by
    proposal.decided_at = timezone.now()
    proposal.save()
    return proposal
