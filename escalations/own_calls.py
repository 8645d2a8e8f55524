"""Which calls are the cases' own: so that another room, looking for a lost call of its own, adopts none of these."""

from escalations.models import Leg, Message, Page
from rota.models import MorningRing
from telephony.events import InboundCall, InboundText
from telephony.twiml import Script


class OwnCalls:
    """The cases' door (`telephony.doors`): `escalations.inbound` itself answers, before any other is asked."""

    def person_calls(self, call: InboundCall) -> Script | None:
        """Answered already."""
        return None

    def stranger_calls(self, call: InboundCall) -> Script | None:
        """Answered already."""
        return None

    def text(self, text: InboundText) -> str | None:
        """Answered already."""
        return None

    def call_ended(self, call_sid: str) -> None:
        """`inbound.call_ended` heeds it."""

    def knows(self, call_sid: str) -> bool:
        """A page, a leg, a text or a test ring of this SID."""
        ours = any(model.objects.with_sid(call_sid).exists() for model in (Page, Leg, Message))
        return ours or MorningRing.objects.filter(sid=call_sid).exists()
