"""What the room of reports keeps."""

from reports.models.audit import PersonalRead, SignIn, SignInKind
from reports.models.closing import ClosedMonth, ClosedRow, Correction

__all__ = ["ClosedMonth", "ClosedRow", "Correction", "PersonalRead", "SignIn", "SignInKind"]
