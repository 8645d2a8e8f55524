"""The rows of this room, by subject: places, what was learnt, themes, actions, ideas, notices, thanks, and telling."""

from learnings.models.actions import (
    LIVE_ACTION,
    Action,
    ActionQuerySet,
    ActionStatus,
    Measurement,
    Told,
    Verdict,
)
from learnings.models.ideas import Idea, IdeaQuerySet, IdeaRemark, IdeaStatus, IdeaSupport
from learnings.models.learnt import (
    FEELING_POINTS,
    Cause,
    Feeling,
    Learning,
    LearningQuerySet,
    LearningStatus,
    Source,
)
from learnings.models.notices import (
    Acknowledgement,
    Arrival,
    Audience,
    Notice,
    NoticeQuerySet,
    NoticeQuestion,
)
from learnings.models.outgoing import (
    Announcement,
    ChatChannel,
    Dispatch,
    DispatchStatus,
    News,
    WebhookEndpoint,
)
from learnings.models.places import Touchpoint, TouchpointQuerySet
from learnings.models.rules import Rules
from learnings.models.telling import HowOften, MailWish, SaidDone, SaidDoneEntry
from learnings.models.thanks import Thanks, ThanksQuerySet
from learnings.models.themes import (
    Decision,
    Hotspot,
    HotspotQuerySet,
    HotspotStatus,
    Proposal,
    ProposalKind,
    Theme,
    ThemeQuerySet,
)

__all__ = [
    "FEELING_POINTS",
    "LIVE_ACTION",
    "Acknowledgement",
    "Action",
    "ActionQuerySet",
    "ActionStatus",
    "Announcement",
    "Arrival",
    "Audience",
    "Cause",
    "ChatChannel",
    "Decision",
    "Dispatch",
    "DispatchStatus",
    "Feeling",
    "Hotspot",
    "HotspotQuerySet",
    "HotspotStatus",
    "HowOften",
    "Idea",
    "IdeaQuerySet",
    "IdeaRemark",
    "IdeaStatus",
    "IdeaSupport",
    "Learning",
    "LearningQuerySet",
    "LearningStatus",
    "MailWish",
    "Measurement",
    "News",
    "Notice",
    "NoticeQuerySet",
    "NoticeQuestion",
    "Proposal",
    "ProposalKind",
    "Rules",
    "SaidDone",
    "SaidDoneEntry",
    "Source",
    "Thanks",
    "ThanksQuerySet",
    "Theme",
    "ThemeQuerySet",
    "Told",
    "Touchpoint",
    "TouchpointQuerySet",
    "Verdict",
    "WebhookEndpoint",
]
