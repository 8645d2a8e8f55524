"""What the demo's organisation has learnt in half a year, and what became of it: everything on its pages is alive."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import Q

from customers.models import Account
from learnings import actions, ideas, likeness, notices, said_done
from learnings.measuring import measure_due
from learnings.models import (
    Action,
    Arrival,
    Cause,
    Hotspot,
    Idea,
    Learning,
    Proposal,
    Source,
    Theme,
    Touchpoint,
)
from learnings.notices import Question
from learnings.recording import log_learning
from learnings.rules import change_rules
from learnings.thanks import share, thank
from people.models import Person

FILE = Path(__file__).resolve().parent / "learnings.toml"

People = dict[str, Person]
MEI, NOOR, OSCAR, PRIYA = (
    f"{name}@example.com" for name in ("support", "noor.haddad", "oscar.lindgren", "priya.menon")
)
AMARA, SOFIA, TOMAS = (f"{name}@example.com" for name in ("executive", "admin", "tomas.novak"))


def fill(people: People, now: datetime) -> None:
    """Log half a year, oldest first; then what followed: actions, ideas, notices, thanks, the months' accounts."""
    change_rules(
        by=people[SOFIA],
        hotspot_count=3,
        hotspot_days=30,
        answer_days=7,
        remeasure_days=30,
        time_zone="America/New_York",
        sponsor=people[AMARA],
        ideas_owner=people[SOFIA],
    )
    _log(people, now)
    _act(people, now)
    _ideas(people, now)
    _notices(people, now)
    _thank(people)
    likeness.propose()
    _gather(people)
    _months(now)


def _log(people: People, now: datetime) -> None:
    accounts = Account.objects.in_bulk(field_name="external_id")
    touchpoints = {touchpoint.name: touchpoint for touchpoint in Touchpoint.objects.all()}
    rows = tomllib.loads(FILE.read_text())["learning"]
    for row in sorted(rows, key=lambda row: -row["days"]):
        learning = log_learning(
            quote=row["quote"],
            touchpoint=touchpoints[row["touchpoint"]],
            cause=row["cause"],
            feeling=row["feeling"],
            source=Source.SESSION,
            author=people[row["author"]],
            meaning=row["meaning"],
            suggestion=row["suggestion"],
            contacts_before=row.get("contacts"),
            transfers_before=row.get("transfers"),
            account=accounts[row["account"]],
            agent=people[MEI] if row["days"] % 3 == 0 else None,
        )
        Learning.objects.filter(pk=learning.pk).update(created_at=now - timedelta(days=row["days"], hours=3))
    Hotspot.objects.update(opened_at=now - timedelta(hours=20))


def _act(people: People, now: datetime) -> None:
    """One that is being done, one that worked, one that did not, one that was declined."""
    today = now.date()
    doing = actions.plan_action(
        what="Close a depot and its billing address in one form",
        owner=people[NOOR],
        due_on=today + timedelta(days=12),
        by=people[AMARA],
        theme=_theme("Billing", Cause.PROCESS),
        cost="Three days of the billing team",
        value="No invoices for depots that are closed",
    )
    actions.start(action=doing, by=people[NOOR])
    late = actions.plan_action(
        what="Print the cost centre on each line of the invoice",
        owner=people[NOOR],
        due_on=today,
        by=people[AMARA],
        theme=_theme("Billing", Cause.PRODUCT),
    )
    Action.objects.filter(pk=late.pk).update(due_on=today - timedelta(days=4))
    _done(
        people,
        now,
        touchpoint="Delivery and installation",
        owner=OSCAR,
        what="Call the customer as soon as a truck is late",
        words="The dispatcher's screen turns red an hour before a window ends, and they call.",
        began=95,
        ended=70,
    )
    _done(
        people,
        now,
        touchpoint="Onboarding",
        owner=TOMAS,
        what="Send first passwords by mail",
        words="Passwords go by mail two days before the first day.",
        began=75,
        ended=60,
    )
    measure_due()
    declined = actions.plan_action(
        what="Ring every customer before a renewal",
        owner=people[TOMAS],
        due_on=today + timedelta(days=30),
        by=people[SOFIA],
        learnings=list(
            Learning.objects.open().filter(touchpoint__name="Contract renewal", cause=Cause.COMMUNICATION)[:1]
        ),
    )
    actions.decline(
        action=declined,
        reason="Two hundred calls a month for letters that can leave earlier: the date is what must change.",
        by=people[TOMAS],
    )


def _done(
    people: People,
    now: datetime,
    *,
    touchpoint: str,
    owner: str,
    what: str,
    words: str,
    began: int,
    ended: int,
) -> None:
    """An action of the past: done, told, and due to be measured now."""
    theme = _theme(touchpoint, Cause.PROCESS)
    known = Learning.objects.filter(theme=theme, created_at__lt=now - timedelta(days=began))
    action = actions.plan_action(
        what=what, owner=people[owner], due_on=now.date(), by=people[SOFIA], learnings=list(known)
    )
    for origin in actions.origins_of(action):
        actions.tell(action=action, key=origin.key, text=words, by=people[owner], how="by phone")
    actions.finish(action=action, words=words, by=people[owner])
    at = now - timedelta(days=ended)
    Action.objects.filter(pk=action.pk).update(
        created_at=now - timedelta(days=began),
        opened_at=now - timedelta(days=began),
        due_on=at.date(),
        done_at=at,
        measure_at=now,
    )
    action.told.update(told_at=at)
    action.learnings.update(settled_at=at)


def _theme(touchpoint: str, cause: str) -> Theme:
    return Theme.objects.get(touchpoint__name=touchpoint, cause=cause, gathered=False)


def _ideas(people: People, now: datetime) -> None:
    """One waits, one is overdue, one each was answered yes, no and when."""
    places = {touchpoint.name: touchpoint for touchpoint in Touchpoint.objects.all()}
    sent = [
        (2, MEI, "Help line", "Show me the last three cases of a customer before I pick up."),
        (12, PRIYA, "Contract renewal", "Put the old price beside the new one in every price letter."),
        (30, OSCAR, "Billing", "A phone number of a human being on each reminder."),
        (41, MEI, "Self-service portal", "Save what customers type every ten seconds."),
        (52, NOOR, "Onboarding", "Ask new customers after one week, not after one year."),
    ]
    rows = []
    for days, who, where, words in sent:
        idea = ideas.send_idea(words=words, by=people[who], touchpoint=places[where])
        at = now - timedelta(days=days)
        Idea.objects.filter(pk=idea.pk).update(
            created_at=at, clock_from=at, answer_due_at=at + timedelta(days=7)
        )
        rows.append(Idea.objects.get(pk=idea.pk))
    ideas.answer_idea(idea=rows[1], answer="yes", reason="I'll look into it.", by=rows[1].owner)
    answers = (
        (rows[2], "yes", "From the next print run on: the number of whoever sent the reminder.", 4),
        (
            rows[3],
            "no",
            "The portal's maker charges for every write; the warning before logging out comes.",
            6,
        ),
        (rows[4], "when", "After the new survey tool is bought in spring.", 9),
    )
    for idea, answer, reason, took in answers:
        day = now.date() + timedelta(days=60) if answer == "when" else None
        ideas.answer_idea(idea=idea, answer=answer, reason=reason, by=idea.owner, when_on=day)
        Idea.objects.filter(pk=idea.pk).update(answered_at=idea.created_at + timedelta(days=took))
    for who in (NOOR, OSCAR, PRIYA):
        ideas.support(idea=rows[0], by=people[who])


def _notices(people: People, now: datetime) -> None:
    """One is about to come and half its readers know; one is over, and calls came."""
    places = {touchpoint.name: touchpoint for touchpoint in Touchpoint.objects.all()}
    coming = notices.publish_notice(
        by=people[TOMAS],
        title="40,000 yearly statements go out",
        starts_on=now.date() + timedelta(days=3),
        ends_on=now.date() + timedelta(days=8),
        touchpoint=places["Billing"],
        keywords="statement, yearly letter",
        words="Each customer gets two pages instead of one.",
        questions=[
            Question("Why are there two pages?", "The second one lists the depots, with their cost centres."),
            Question("Do I have to pay this?", "No. It only says what was paid."),
        ],
    )
    for who in (MEI, NOOR, PRIYA):
        notices.acknowledge(notice=coming, by=people[who])
    over = notices.publish_notice(
        by=people[TOMAS],
        title="Price letters to two hundred customers",
        starts_on=now.date() - timedelta(days=22),
        ends_on=now.date() - timedelta(days=12),
        touchpoint=places["Contract renewal"],
        keywords="price, prices",
        questions=[Question("What did I pay before?", "Look it up under Contracts, and read it to them.")],
    )
    for who in (MEI, NOOR, OSCAR, PRIYA):
        notices.acknowledge(notice=over, by=people[who])
    for learning in Learning.objects.filter(Q(quote__icontains="price") | Q(meaning__icontains="price")):
        notices.link(learning)
    Arrival.objects.exclude(notice__in=[coming, over]).delete()


def _thank(people: People) -> None:
    first = thank(
        to=people[MEI],
        by=people[AMARA],
        words="You let her finish, and only then you looked it up. She noticed, and so did I.",
    )
    share(thanks=first, by=people[MEI])
    thank(
        to=people[MEI],
        by=people["ben.whitfield@example.com"],
        words="Nobody else would have found that depot. Thank you.",
    )


def _gather(people: People) -> None:
    """A person took one proposal; the others wait."""
    proposal = Proposal.objects.filter(learnings__quote__icontains="this story").first()
    if proposal is not None:
        likeness.take(proposal=proposal, title="Customers tell their story again", by=people[AMARA])


def _months(now: datetime) -> None:
    first = now.date().replace(day=1)
    for _ in range(3):
        first = (first - timedelta(days=1)).replace(day=1)
        said_done.publish(month=first)
