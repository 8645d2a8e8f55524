"""The rota app: it hears what its own verbs and the rooms below tell."""

from importlib import import_module

from django.apps import AppConfig


class RotaConfig(AppConfig):
    """Programmes, duties, and everybody's calendar of them."""

    name = "rota"
    verbose_name = "Rota"

    def ready(self) -> None:
        # Receivers need the models, which load before this.
        import_module("rota.invitations_due")
        import_module("rota.cover")
