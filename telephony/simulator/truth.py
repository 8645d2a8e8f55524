"""What really happened, second by second, whatever the application was told: for tests and measurements.

Callbacks may be lost, doubled or late; the network itself knows who was with whom. Seconds are whole, as in the
Timestamp of Twilio's events: a span begins and ends with the second in which it did.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telephony.simulator.network import Network


@dataclass
class Together:
    """When each watched number was in a running conference with others of these labels, and none was on hold.

    Watches from its making until :meth:`stop`; with the network's lock held, at every change.
    """

    network: Network
    numbers: set[str]
    labels: frozenset[str] = frozenset({"customer", "agent"})
    spans: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    _since: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin to watch."""
        self.network.observers.append(self.look)

    def look(self) -> None:
        """Note who has come together and who has parted."""
        now = self.network.clock().replace(microsecond=0)
        for number in self.numbers:
            if self._is_together(number):
                self._since.setdefault(number, now)
            elif (since := self._since.pop(number, None)) is not None:
                self.spans.setdefault(number, []).append((since, now))

    def _is_together(self, number: str) -> bool:
        phone = self.network.phones.get(number)
        seat = phone.call.seat if phone is not None and phone.call is not None else None
        if seat is None or seat.hold or not seat.conference.started:
            return False
        there = {other.how.label for other in seat.conference.seats if not other.hold}
        return self.labels <= there

    def stop(self) -> None:
        """Watch no longer; what goes on ends now."""
        with self.network.lock:
            self.network.observers.remove(self.look)
            now = self.network.clock().replace(microsecond=0)
            for number, since in self._since.items():
                self.spans.setdefault(number, []).append((since, now))
            self._since.clear()

    def seconds(self, numbers: Iterable[str]) -> dict[str, int]:
        """Whole seconds of each number."""
        return {
            number: round(sum((end - start).total_seconds() for start, end in self.spans.get(number, [])))
            for number in numbers
        }
