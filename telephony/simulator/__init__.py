"""A Twilio-compatible server of our own, with a telephone network behind it.

It knows nothing of the product that it serves: it speaks Twilio's REST interface and webhooks, executes
TwiML, and has a phone for every number in the world. See :mod:`telephony.simulator.network` to begin with.
"""

from telephony.simulator.faults import Fault
from telephony.simulator.network import Network
from telephony.simulator.phones import CHARACTERS_PER_SECOND, Heard, Phone, Text
from telephony.simulator.schedule import VirtualClock
from telephony.simulator.server import Server

__all__ = ["CHARACTERS_PER_SECOND", "Fault", "Heard", "Network", "Phone", "Server", "Text", "VirtualClock"]
