"""What must hold at every instant of every story: no customer hears an executive, unless the agent asked for it.

The simulator knows who can hear whom, and says whenever anything changes: so every instant is looked at, those between
two of our requests as well.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from telephony.simulator import Network, Phone


@dataclass
class Observer:
    """Looks at `listeners` in a network; `allowed` says which ears may hear them just now (nobody's, by default)."""

    network: Network
    listeners: set[str]
    allowed: Callable[[], set[str]] = set
    looks: int = 0
    heard: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Note every ear that hears a listener and may not."""
        self.looks += 1
        for number in self.listeners:
            call = self.network.phones[number].call
            if call is None or call.seat is None:
                continue  # a listener's call that is in no conference is with our own voice
            ears = {other.phone.number for other in call.audience()} - self.allowed()
            if ears:
                at = self.network.clock()
                self.heard.append(f"{at:%H:%M:%S.%f}: {number} is heard by {', '.join(sorted(ears))}")
            if call.seat.how.beep != "false" or call.seat.end_on_exit or call.seat.how.start_on_enter:
                self.heard.append(f"{number} joined with a beep, or starts or ends the conference")


@contextmanager
def nobody_hears(
    network: Network, listeners: Iterable[Phone], *, allowed: Callable[[], set[str]] = set
) -> Iterator[Observer]:
    """Within it no ear hears a listener at any instant; it fails at its end, and says when and who."""
    observer = Observer(network, {phone.number for phone in listeners}, allowed)
    network.observers.append(observer.look)
    try:
        yield observer
    finally:
        network.observers.remove(observer.look)
    assert not observer.heard, "\n".join(observer.heard)
