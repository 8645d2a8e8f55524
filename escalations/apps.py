"""The escalations app: it wakes the loop, and knows the calls that are its own."""

from importlib import import_module

from django.apps import AppConfig

from escalations import wakeup
from telephony import chores, doors


class EscalationsConfig(AppConfig):
    """Customers' issues on their way to an officer."""

    name = "escalations"
    verbose_name = "Escalations"

    def ready(self) -> None:
        chores.register_waker("escalations", wakeup.wake)
        doors.register("escalations", import_module("escalations.own_calls").OwnCalls())
        import_module("escalations.leaving")  # its receiver needs the models, which load before this
        import_module("escalations.hand_over_notes")  # likewise
