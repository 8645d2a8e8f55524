"""Actions: what is done about what was learnt. None is done before those from whom it came were told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from customers.models import Account
from learnings import hotspots, recording
from learnings.addresses import action_path, page_address
from learnings.announcing import announce
from learnings.answering import answerable, save_as, somebody
from learnings.errors import NotAllowed, NotNow
from learnings.models import (
    Action,
    ActionStatus,
    Hotspot,
    Idea,
    Learning,
    LearningStatus,
    News,
    Rules,
    Theme,
    Told,
)
from learnings.plain_text import paragraphs
from learnings.themes import final
from people import letters
from people.days import check_day_to_come
from people.errors import Refused
from people.models import Person
from people.plain_words import one_line

BY_MAIL = "mail"
LONGEST = 2000


@dataclass(frozen=True)
class Origin:
    """One of those from whom it came: a customer, the agent on the call, or the member of staff who had the idea.

    `key` names it among the action's ("account:7", "person:3"); `told` is how it was told in this round, if it was;
    `address` is where the product can mail the words ("" where it knows none).
    """

    key: str
    kind: str
    name: str
    person: Person | None
    account: Account | None
    address: str
    told: Told | None


def plan_action(
    *,
    what: str,
    owner: Person,
    due_on: date,
    by: Person,
    theme: Theme | None = None,
    idea: Idea | None = None,
    learnings: Collection[Learning] = (),
    cost: str = "",
    value: str = "",
) -> Action:
    """Say what will be done, by whom and until when, about a theme (all its open learnings), an idea, or learnings.

    Raises Refused naming the field.
    """
    _check_staff(by)
    target = final(theme) if theme is not None else None
    about = list(learnings)
    if target is None and about:
        target = about[0].theme
    if target is None and idea is None and not about:
        raise Refused("Say what it is about: a theme, an idea or learnings.", field="theme", code="required")
    check_day_to_come(due_on, field="due_on", today=_today())
    action = Action(
        what=one_line(what, field="what", most=300, required=True),
        theme=target,
        idea=idea,
        due_on=due_on,
        cost=one_line(cost, field="cost", most=300),
        value=one_line(value, field="value", most=300),
        created_by=by,
        created_at=timezone.now(),
        opened_at=timezone.now(),
    )
    with transaction.atomic():
        action.owner = answerable(owner)
        save_as(action, by)
        if theme is not None and not about:
            about = list(Learning.objects.open().filter(theme=target))
        action.learnings.set([one for one in about if one.status == LearningStatus.OPEN])
        if owner.pk != by.pk:
            _tell_owner(action, f"{by.name} gave you an action")
    return action


def start(*, action: Action, by: Person) -> Action:
    """Its owner is at it. Raises Refused."""
    with transaction.atomic():
        changed = _locked(action, by)
        if changed.status != ActionStatus.OPEN:
            raise NotNow(f"It is {changed.get_status_display().lower()}.", code="not_open")
        changed.status = ActionStatus.DOING
        return save_as(changed, by)


def change_action(
    *, action: Action, what: str, owner: Person, due_on: date, by: Person, cost: str = "", value: str = ""
) -> Action:
    """Change its words, owner or date; what it was before stays in its history. Raises Refused naming the field."""
    with transaction.atomic():
        changed = _locked(action, by)
        if due_on != changed.due_on:
            check_day_to_come(due_on, field="due_on", today=_today())
        before = changed.owner_id
        changed.what = one_line(what, field="what", most=300, required=True)
        changed.owner = answerable(owner)
        changed.due_on = due_on
        changed.cost = one_line(cost, field="cost", most=300)
        changed.value = one_line(value, field="value", most=300)
        save_as(changed, by)
        if changed.owner_id not in (before, by.pk):
            _tell_owner(changed, f"{by.name} gave you an action")
    return changed


def origins_of(action: Action) -> list[Origin]:
    """Everybody from whom it came, told or not yet: customers, agents, the idea's sender; else who logged it.

    A constant number of queries.
    """
    told = {
        (one.person_id, one.account_id): one
        for one in action.told.filter(round=action.round).select_related("told_by")
    }
    found: dict[str, Origin] = {}

    def person(one: Person, kind: str) -> None:
        found.setdefault(
            f"person:{one.pk}",
            Origin(
                f"person:{one.pk}", kind, one.name, one, None,
                one.email if one.is_active else "", told.get((one.pk, None)),
            ),
        )  # fmt: skip

    if action.idea is not None:
        person(action.idea.sender, "member of staff")
    rows = action.learnings.select_related("account", "agent", "author")
    for learning in rows.prefetch_related("account__contacts").order_by("id"):
        account = learning.account
        if account is not None:
            address = next((one.email for one in account.contacts.all() if one.email), "")
            found.setdefault(
                f"account:{account.pk}",
                Origin(
                    f"account:{account.pk}", "customer", account.name, None, account,
                    address, told.get((None, account.pk)),
                ),
            )  # fmt: skip
        if learning.agent is not None:
            person(learning.agent, "agent")
        if account is None and learning.agent is None:
            person(learning.author, "member of staff")
    return list(found.values())


def tell(*, action: Action, key: str, text: str, by: Person, how: str = BY_MAIL) -> Told:
    """Tell one of those from whom it came what is being done; the words are kept.

    With `how` "mail" the product sends them; else `how` says how they were told ("by phone"). Raises Refused.
    """
    with transaction.atomic():
        changed = _locked(action, by)
        origin = next((one for one in origins_of(changed) if one.key == key), None)
        if origin is None:
            raise Refused("It did not come from them.", field="key", code="unknown")
        if origin.told is not None:
            raise NotNow(f"{origin.name} was told already.", field="key", code="told")
        words = paragraphs(text, field="text", most=LONGEST, required=True)
        way = one_line(how, field="how", most=40, required=True)
        if way == BY_MAIL and not origin.address:
            raise Refused(
                f"No address of {origin.name} is known. Tell them, and say how.",
                field="how",
                code="no_address",
            )
        told = Told.objects.create(
            action=changed,
            round=changed.round,
            person=origin.person,
            account=origin.account,
            name=origin.name,
            text=words,
            how=way,
            told_by=by,
            told_at=timezone.now(),
        )
        if way == BY_MAIL:
            letter = letters.mail_to(
                address=origin.address,
                key=f"action:{changed.pk}:{changed.round}:{key}",
                kind="told",
                subject="You said it, and this is what we did",
                text=f"{words}\n\n{by.name}\n",
                reply_to=by.email,
            )
            if letter is not None and origin.person is not None:
                letter.person = origin.person
                letter.save(update_fields=["person"])
    return told


def finish(*, action: Action, words: str, by: Person) -> Action:
    """It is done, in words; its learnings are settled, and its theme is measured again after 30 days (the rules').

    Raises Refused where somebody from whom it came was not told.
    """
    with transaction.atomic():
        changed = _locked(action, by)
        kept = paragraphs(words, field="words", most=LONGEST, required=True)
        if untold := [one.name for one in origins_of(changed) if one.told is None]:
            raise NotNow(
                f"Tell first those from whom it came: {', '.join(untold)}.", field="told", code="untold"
            )
        now = timezone.now()
        changed.status = ActionStatus.DONE
        changed.done_at = now
        changed.done_words = kept
        changed.verdict = ""
        changed.measure_at = now + timedelta(days=Rules.current().remeasure_days) if changed.theme else None
        save_as(changed, by)
        for learning in changed.learnings.filter(status=LearningStatus.OPEN):
            recording.settle_as(learning, status=LearningStatus.DONE, words=kept, by=by)
        if changed.theme is not None and not Action.objects.live().filter(theme=changed.theme).exists():
            for hotspot in Hotspot.objects.open().filter(theme=changed.theme):
                hotspots.close_as(hotspot, words=f"Done: {changed.what}", by=by)
        announce(
            kind=News.ACTION,
            title=f"Done: {changed.what}"[:200],
            text=kept,
            path=action_path(changed.pk),
            data={"id": changed.pk, "what": changed.what, "done": kept, "owner": changed.owner.email},
        )
    return changed


def decline(*, action: Action, reason: str, by: Person) -> Action:
    """Nothing will be done, and why. Learnings that no other action is about are declined too. Raises Refused."""
    with transaction.atomic():
        changed = _locked(action, by)
        kept = paragraphs(reason, field="reason", most=LONGEST, required=True)
        changed.status = ActionStatus.DECLINED
        changed.declined_at = timezone.now()
        changed.reason = kept
        save_as(changed, by)
        for learning in changed.learnings.filter(status=LearningStatus.OPEN):
            if not learning.actions.live().exists():
                recording.settle_as(learning, status=LearningStatus.DECLINED, words=kept, by=by)
    return changed


def reopen_as(action: Action, *, due_in: timedelta, why: str, by: Person | None) -> Action:
    """Open a new round of one that was done: its owner has it again, and so have its learnings theirs."""
    keepers = (action.theme.touchpoint.owner, action.theme.touchpoint.deputy) if action.theme else ()
    action.owner = somebody(action.owner, *keepers)
    action.status = ActionStatus.OPEN
    action.round += 1
    action.opened_at = timezone.now()
    action.done_at = None
    action.measure_at = None
    action.due_on = max(action.due_on, _today() + due_in)
    save_as(action, by)
    for learning in action.learnings.filter(status=LearningStatus.DONE):
        recording.reopen_as(learning, by=by)
    _tell_owner(action, why)
    return action


def may_handle(person: Person, action: Action) -> bool:
    """Its owner and administrators."""
    return person.is_active and (person.is_admin or person.pk == action.owner_id)


def _locked(action: Action, by: Person) -> Action:
    """The live action, locked, for one who may handle it. Raises Refused."""
    rows = Action.objects.select_for_update(of=("self",)).select_related("owner", "theme", "idea__sender")
    changed = rows.get(pk=action.pk)
    if not may_handle(by, changed):
        raise NotAllowed(f"{changed.owner.name} answers for it, and administrators.", code="not_allowed")
    if not changed.is_live:
        raise NotNow(f"It is {changed.get_status_display().lower()}.", code="ended")
    return changed


def _check_staff(by: Person) -> None:
    if not by.is_active or not by.roles:
        raise NotAllowed("Executives, support and administrators plan actions.", code="not_allowed")


def _today() -> date:
    return timezone.now().astimezone(Rules.current().zone).date()


def _tell_owner(action: Action, why: str) -> None:
    letters.write_to(
        person=action.owner,
        key=f"action:{action.pk}:{action.round}:owner:{action.owner_id}:{timezone.now():%Y%m%d%H%M%S}",
        kind="action",
        subject=f"{why}: {action.what}",
        text=f"{why}, to be done until {action.due_on.day} {action.due_on:%B %Y}:\n\n{action.what}\n\n"
        f"{page_address(action_path(action.pk))}\n",
        by="mail",
    )
