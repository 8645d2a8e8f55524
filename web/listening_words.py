"""What the pages say of sessions, visits and live calls. Pure: rows and instants come in, words go out."""

from collections.abc import Mapping

from listening.models import (
    EvidenceKind,
    LiveCallState,
    Session,
    SessionKind,
    SessionStatus,
    Verdict,
    VisitStatus,
)
from web.words import Look

SESSION_LOOKS: Mapping[str, Look] = {
    SessionStatus.BOOKED: Look("Booked", "open", "calendar-days"),
    SessionStatus.RINGING: Look("Ringing", "live", "dot"),
    SessionStatus.RUNNING: Look("Under way", "live", "dot"),
    SessionStatus.FINISHED: Look("Over", "good", "check"),
    SessionStatus.MISSED: Look("Missed", "", "phone-missed"),
    SessionStatus.CANCELLED: Look("Called off", "", "x"),
}

VISIT_LOOKS: Mapping[str, Look] = {
    VisitStatus.OFFERED: Look("The agent is asked", "live", "dot"),
    VisitStatus.COMING: Look("Going in", "live", "dot"),
    VisitStatus.IN: Look("Listening", "hand", "headphones"),
    VisitStatus.REMOVED: Look("Out while the customer pays", "live", "lock"),
    VisitStatus.LEFT: Look("Over", "", "check"),
}

CALL_LOOKS: Mapping[str, Look] = {
    LiveCallState.WAITING: Look("Waits for an agent", "open", "clock"),
    LiveCallState.LIVE: Look("Live", "live", "dot"),
    LiveCallState.PAYMENT: Look("The customer pays: nobody listens", "bad", "lock"),
    LiveCallState.ENDED: Look("Over", "", "phone-off"),
}

VERDICT_LOOKS: Mapping[str, Look] = {
    Verdict.GOOD: Look("Good", "good", "circle-check"),
    Verdict.POOR: Look("Poor", "live", "triangle-alert"),
    Verdict.BROKEN: Look("Broken", "bad", "circle-x"),
}

KIND_ICONS: Mapping[str, str] = {
    SessionKind.LISTENING: "headphones",
    SessionKind.RIDE_ALONG: "route",
    SessionKind.AUDIT: "package-open",
    SessionKind.REVIEW: "history",
}

_EVIDENCE_LOOKS: Mapping[str, tuple[str, str]] = {
    EvidenceKind.JOIN: ("phone-incoming", "good"),
    EvidenceKind.SEEN: ("phone-incoming", "good"),
    EvidenceKind.LEG_UP: ("phone-incoming", "good"),
    EvidenceKind.LEAVE: ("phone-off", ""),
    EvidenceKind.GONE: ("phone-off", ""),
    EvidenceKind.LEG_DOWN: ("phone-off", ""),
    EvidenceKind.HOLD: ("clock", "live"),
    EvidenceKind.PAYMENT: ("lock", "bad"),
    EvidenceKind.ABSENT: ("triangle-alert", "bad"),
    EvidenceKind.PRESENT: ("check", "good"),
    EvidenceKind.CONFIRMED: ("check", "good"),
    EvidenceKind.UNMUTE: ("message-square", "live"),
    EvidenceKind.KEY: ("phone", ""),
    EvidenceKind.PLAYED: ("headphones", "good"),
    EvidenceKind.PAUSED: ("clock", ""),
    EvidenceKind.ITEM: ("package-open", ""),
}


def evidence_look(kind: str) -> Look:
    """The icon and tone of a piece of evidence on a session's timeline."""
    icon, tone = _EVIDENCE_LOOKS.get(kind, ("info", ""))
    return Look("", tone, icon)


def minutes(seconds: int) -> str:
    """ "34:00", "−2:05": minutes and seconds, as the ledger has them."""
    whole = abs(seconds)
    return f"{'−' if seconds < 0 else ''}{whole // 60}:{whole % 60:02d}"


def session_look(session: Session) -> Look:
    """The chip of a session's status; of a phone that rings it is the executive's."""
    return SESSION_LOOKS[session.status]
