"""The reports app: compliance from evidence."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """The month's report, its frozen copies and their verification, audit, retention."""

    name = "reports"
    verbose_name = "Reports"
