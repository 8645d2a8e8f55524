"""The learnings app: it hears what the rooms below tell."""

from importlib import import_module

from django.apps import AppConfig


class LearningsConfig(AppConfig):
    """What was learnt, and who answers for it."""

    name = "learnings"
    verbose_name = "Learnings"

    def ready(self) -> None:
        import_module("learnings.leaving")  # its receiver needs the models, which load before this
        import_module("learnings.search")  # likewise
