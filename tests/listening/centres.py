"""A contact centre of its own on the same Twilio account: it brings customer and agent into a conference by itself."""

from dataclasses import dataclass

from telephony import client
from telephony.simulator import Network, Phone
from telephony.simulator.conferences import Conference


@dataclass
class CentreCall:
    """One of its calls: customer and agent talk in a conference that is not ours."""

    network: Network
    customer: Phone
    desk: Phone
    room: Conference

    @property
    def agent_call_sid(self) -> str:
        """The agent's leg."""
        return next(seat.call.sid for seat in self.room.seats if seat.call.phone is self.desk)

    @property
    def customer_call_sid(self) -> str:
        """The customer's leg."""
        return next(seat.call.sid for seat in self.room.seats if seat.call.phone is self.customer)

    def hold(self, on: bool) -> None:
        """The centre puts the customer on hold, or back."""
        client.update_participant(conference_sid=self.room.sid, call_sid=self.customer_call_sid, hold=on)
        self.network.settle()


def centre_call(
    network: Network, customer: Phone, desk: Phone, *, name: str = "flex-7", callback: str | None = None
) -> CentreCall:
    """A call of that centre under way; `callback` is where its events go, None for nowhere."""
    for phone, label in ((customer, "caller"), (desk, "worker")):
        phone.always()
        client.add_participant(
            conference=name,
            to=phone.number,
            label=label,
            status_callback="",
            ring_seconds=20,
            end_on_exit=phone is customer,
            conference_callback=callback,
        )
        network.settle()
        phone.be_normal()
    room = next(room for room in network.conferences.values() if room.name == name)
    assert room.started
    return CentreCall(network, customer, desk, room)
