"""The year's actions and ideas: done in time, late, declined, not yet."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from learnings.models import Action, ActionStatus, Idea, IdeaStatus
from reports.invented.cast import Cast
from reports.invented.loading import Keys, load


def play_following(random: Random, cast: Cast, keys: Keys, months: list[date], *, count: int) -> None:
    """So many of each over these months."""
    begin = datetime.combine(months[0], time(9), tzinfo=UTC)
    span = (months[-1] - months[0]).days + 28
    load(Action, [_action(random, cast, keys, begin, span) for _ in range(count)])
    load(Idea, [_idea(random, cast, keys, begin, span) for _ in range(count)])


def _action(random: Random, cast: Cast, keys: Keys, begin: datetime, span: int) -> Action:
    opened = begin + timedelta(days=random.randrange(span), seconds=random.randrange(86400))
    ended = opened + timedelta(days=random.randrange(1, 90), seconds=random.randrange(86400))
    row = Action(
        pk=keys.next(Action),
        what="Print the date of delivery on the bill.",
        owner=random.choice(cast.executives),
        due_on=(opened + timedelta(days=30)).date(),
        created_by=cast.administrator,
        created_at=opened,
        opened_at=opened,
    )
    chance = random.random()
    if chance < 0.6:
        row.status, row.done_at = ActionStatus.DONE, ended
    elif chance < 0.75:
        row.status, row.declined_at, row.reason = (
            ActionStatus.DECLINED,
            ended,
            "It costs more than it is worth.",
        )
    return row


def _idea(random: Random, cast: Cast, keys: Keys, begin: datetime, span: int) -> Idea:
    sent = begin + timedelta(days=random.randrange(span), seconds=random.randrange(86400))
    row = Idea(
        pk=keys.next(Idea),
        words="Let customers choose the day.",
        sender=random.choice(cast.agents),
        owner=random.choice(cast.executives),
        created_at=sent,
        clock_from=sent,
        answer_due_at=sent + timedelta(days=7),
    )
    if random.random() < 0.9:
        row.status, row.reason = random.choice((IdeaStatus.YES, IdeaStatus.NO)), "It fits the plan, or not."
        row.answered_at = sent + timedelta(days=random.randrange(12), seconds=random.randrange(86400))
    return row
