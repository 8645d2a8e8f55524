"""The reports app: compliance from evidence."""

from importlib import import_module

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """The month's report, its frozen copies and their verification, audit, retention."""

    name = "reports"
    verbose_name = "Reports"

    def ready(self) -> None:
        import_module("reports.sign_ins")  # its receivers hear who comes in
