"""The listening app: executives on live customer calls, with evidence."""

from importlib import import_module

from django.apps import AppConfig

from telephony import chores, doors


class ListeningConfig(AppConfig):
    """Sessions, live listen-in, credits against the quota, debriefs."""

    name = "listening"
    verbose_name = "Listening"

    def ready(self) -> None:
        # Receivers and entries need the models, which load before this.
        import_module("listening.booking")
        loop = import_module("listening.loop")
        chores.register(
            chores.Chore(
                name="sessions", every=0.5, work=loop.live_sessions, next_due=loop.next_session, hands=3
            )
        )
        chores.register(
            chores.Chore(name="live calls", every=0.5, work=loop.live_calls, next_due=loop.next_call, hands=3)
        )
        doors.register("listening", import_module("listening.door").ListeningDoor())
        feeds = import_module("rota.feeds")
        feeds.register(import_module("listening.calendar_entries").SESSIONS)
        deadlines = import_module("listening.deadlines")
        feeds.register(deadlines.DEBRIEFS)
        feeds.register(deadlines.ACTIONS)
