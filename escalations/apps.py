"""The escalations app: it reads the clock of record wherever a process meets the database."""

from importlib import import_module

from django.apps import AppConfig
from django.core.signals import request_started
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from escalations import clock, wakeup
from telephony import chores, doors


class EscalationsConfig(AppConfig):
    """Customers' issues on their way to an officer."""

    name = "escalations"
    verbose_name = "Escalations"

    def ready(self) -> None:
        connection_created.connect(_compare_clocks, dispatch_uid="escalations.clock")
        request_started.connect(_keep_time, dispatch_uid="escalations.clock")
        chores.register_waker("escalations", wakeup.wake)
        doors.register("escalations", import_module("escalations.own_calls").OwnCalls())
        import_module("escalations.leaving")  # its receiver needs the models, which load before this
        import_module("escalations.hand_over_notes")  # likewise


def _compare_clocks(connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    if connection.alias == "default":
        clock.measure(connection)


def _keep_time(**kwargs: object) -> None:
    clock.keep()
