"""What rooms ask the pager's loop to do beside its own work, without the pager knowing them.

A room registers its chores when it is ready (`AppConfig.ready`). The loop runs each when its time has come, `hands` of
them side by side and on any number of machines: so a chore takes its rows by conditional updates with a lease, as
every loop of ours does, and losing a run loses nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

MayCall = Callable[[], bool]
"""Takes one turn of the account's calls per second; False while those of customers' cases wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """`work` does what is due and returns how much that was; `next_due` says when it wants to be run (None: never).

    It is run when that instant has come, and at the latest `every` so many seconds.
    """

    name: str
    every: float
    work: Callable[[MayCall], int]
    next_due: Callable[[], datetime | None]
    hands: int = 1


_chores: dict[str, Chore] = {}
_wakers: dict[str, Callable[[], None]] = {}


def register(chore: Chore) -> None:
    """From now on the loop runs it; a second one of the same name takes its place."""
    _chores[chore.name] = chore


def registered() -> tuple[Chore, ...]:
    """Every chore there is."""
    return tuple(_chores.values())


def register_waker(name: str, wake_up: Callable[[], None]) -> None:
    """How the loop is woken: by whoever owns it."""
    _wakers[name] = wake_up


def wake() -> None:
    """Wake the loop when the surrounding transaction commits. A hint only: it looks by itself as well."""
    for wake_up in _wakers.values():
        wake_up()
