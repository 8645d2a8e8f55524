"""What the room of reports keeps."""

from reports.models.audit import PersonalRead, SignIn, SignInKind
from reports.models.closing import ClosedMonth, ClosedRow, Correction
from reports.models.drills import Drill, DrillPlan
from reports.models.help_desk import ContactCount, HealthyBand, Ticket
from reports.models.mailing import ReportMailing
from reports.models.retention import Erasure, RetentionRule

__all__ = [
    "ClosedMonth",
    "ClosedRow",
    "ContactCount",
    "Correction",
    "Drill",
    "DrillPlan",
    "Erasure",
    "HealthyBand",
    "PersonalRead",
    "ReportMailing",
    "RetentionRule",
    "SignIn",
    "SignInKind",
    "Ticket",
]
