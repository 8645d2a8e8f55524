"""The listening app: executives on live customer calls, with evidence."""

from importlib import import_module

from django.apps import AppConfig


class ListeningConfig(AppConfig):
    """Sessions, live listen-in, credits against the quota, debriefs."""

    name = "listening"
    verbose_name = "Listening"

    def ready(self) -> None:
        # Receivers need the models, which load before this.
        import_module("listening.booking")
