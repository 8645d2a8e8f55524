"""The listening app: executives on live customer calls, with evidence."""

from django.apps import AppConfig


class ListeningConfig(AppConfig):
    """Sessions, live listen-in, credits against the quota, debriefs."""

    name = "listening"
    verbose_name = "Listening"
