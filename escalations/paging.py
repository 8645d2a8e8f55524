"""The only writer of the status of an escalation and of its pages.

Every verb locks the escalation, checks the transition, saves, and appends to the timeline, in one transaction. The
network is never used here: `delivery` sends what is queued. Each change writes the next due time with it, so that
the case goes on whatever becomes of a call.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction

from escalations import wakeup
from escalations.access import may_act_as_officer
from escalations.errors import AlreadyTaken, NotAllowed, NotNow
from escalations.models import (
    ENDED,
    IN_HAND,
    LIVE_PAGE,
    WAITING_FOR_AN_OFFICER,
    Channel,
    Escalation,
    NextAction,
    Page,
    PageStatus,
    Purpose,
    Status,
)
from escalations.timeline import TWILIO, note
from escalations.turns import turn_of
from people.models import Person
from telephony import clock

# From Twilio taking the call to the phone's first ring; counts only where the `ringing` callback is lost.
SETUP_SECONDS = 5
# How long an answered officer may take to decide: the menu twice, the brief, a wrong key or two.
ANSWERED_SECONDS = 90

_ALLOWED: dict[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.PAGING, Status.ACCEPTED, Status.CANCELLED}),
    Status.PAGING: frozenset({Status.ACCEPTED, Status.UNREACHED, Status.CANCELLED}),
    Status.UNREACHED: frozenset({Status.ACCEPTED, Status.CANCELLED}),
    Status.ACCEPTED: frozenset({Status.CONNECTED, Status.PAGING, Status.RESOLVED, Status.CANCELLED}),
    Status.CONNECTED: frozenset({Status.ACCEPTED, Status.PAGING, Status.RESOLVED, Status.CANCELLED}),
    Status.RESOLVED: frozenset({Status.ACCEPTED, Status.CLOSED, Status.UNCONFIRMED}),
    Status.UNCONFIRMED: frozenset({Status.ACCEPTED, Status.CLOSED}),
    Status.CLOSED: frozenset(),
    Status.CANCELLED: frozenset(),
}


def locked(escalation_id: int) -> Escalation:
    """The row, locked until the transaction ends (on SQLite the transaction itself is the lock).

    Every transaction that changes a case, its pages or its legs takes this lock first, and only one case's.
    """
    # The lock alone comes first: what is read after it is what the last holder left. Nothing is joined, for most verbs
    # want one or two of the five rows that a case points at, and reading all of them took half of a webhook's time.
    lock(pk=escalation_id)
    return Escalation.objects.get(pk=escalation_id)


def lock(**which: object) -> None:
    """Take the lock of `locked` without reading the row; nothing happens where there is none.

    On SQLite the transaction itself is the lock.
    """
    if not connection.features.has_select_for_update:
        return
    rows = Escalation.objects.select_for_update(of=("self",), no_key=True)
    rows.filter(**which).values_list("pk").first()


@contextmanager
def held(page_id: int) -> Iterator[Page]:
    """The page with its person and its case, under the case's lock until the block ends.

    Raises `Page.DoesNotExist`.
    """
    with transaction.atomic():
        lock(pages=page_id)
        yield Page.objects.with_case().get(pk=page_id)


@contextmanager
def due_case(escalation_id: int) -> Iterator[Escalation | None]:
    """The case, locked, if it is due now; None where another pager has moved it already."""
    with transaction.atomic():
        escalation = locked(escalation_id)
        at = escalation.next_action_at
        yield escalation if at is not None and at <= clock.now() else None


def schedule(escalation: Escalation, action: NextAction, at: datetime) -> None:
    """Write what is due when, and wake the pager where that is now. Inside the caller's transaction."""
    escalation.next_action = action
    escalation.next_action_at = at
    escalation.save()
    if at <= clock.now():
        wakeup.wake()


def move(escalation: Escalation, status: Status) -> None:
    """The one place that changes the status. The caller holds the lock, notes why and saves. Raises `NotNow`."""
    if status not in _ALLOWED[Status(escalation.status)]:
        raise NotNow(f"The case is {escalation.get_status_display().lower()}: that cannot be done now.")
    escalation.status = status
    if status in ENDED:
        escalation.next_action = ""
        escalation.next_action_at = None


# --- On the way to an officer ---------------------------------------------------------------------------


def begin_paging(escalation: Escalation) -> None:
    """From now on phones ring for this case. The caller holds the lock and saves."""
    if escalation.status not in (Status.PAGING, Status.UNREACHED):
        move(escalation, Status.PAGING)


def mark_unreached(escalation: Escalation) -> bool:
    """Everybody on the ladder was tried. The caller holds the lock and saves. False where it was so already."""
    if escalation.status == Status.UNREACHED:
        return False
    move(escalation, Status.UNREACHED)
    escalation.unreached_at = clock.now()
    return True


def queue_page(
    escalation: Escalation,
    *,
    person: Person,
    channel: Channel,
    purpose: Purpose,
    rung: int,
    ring_seconds: int,
) -> Page | None:
    """Queue one page, inside the caller's transaction.

    None where this very page exists, or where the phone has a call of ours already: the database's own
    constraints decide, whatever other processes do.
    """
    now = clock.now()
    try:
        with transaction.atomic():
            page = Page.objects.create(
                escalation=escalation,
                person=person,
                channel=channel,
                address=person.email if channel == Channel.EMAIL else person.phone,
                purpose=purpose,
                round=escalation.round,
                rung=rung,
                gravity=escalation.gravity,
                turn_at=turn_of(gravity=escalation.gravity, queued_at=now),
                ring_seconds=ring_seconds,
                created_at=now,
                due_at=now,
            )
    except IntegrityError:
        return None
    wakeup.wake()
    return page


def move_up(escalation: Escalation) -> None:
    """The case is graver now: what it has in the line goes before what is not. The caller holds the lock."""
    for page in escalation.pages.filter(status=PageStatus.QUEUED):
        page.gravity = escalation.gravity
        page.turn_at = turn_of(gravity=page.gravity, queued_at=page.created_at)
        page.save(update_fields=["gravity", "turn_at"])


def record_unreachable(escalation: Escalation, *, person: Person, rung: int, why: str) -> Page:
    """A page that cannot go out is a failed page on record, and the next person's turn."""
    note(escalation, "no_number", f"{person.name} cannot be rung: {why} The next one is.")
    return record_failed(escalation, person=person, rung=rung, why=why)


def record_failed(escalation: Escalation, *, person: Person, rung: int, why: str) -> Page:
    """Put a page on record that never goes out; the caller notes why."""
    now = clock.now()
    return Page.objects.create(
        escalation=escalation,
        person=person,
        channel=Channel.CALL,
        address="",
        purpose=Purpose.OFFER,
        round=escalation.round,
        rung=rung,
        status=PageStatus.FAILED,
        gravity=escalation.gravity,
        created_at=now,
        due_at=now,
        ended_at=now,
        error_detail=why,
    )


def end_page(page: Page, status: PageStatus) -> None:
    """Close a page inside the caller's transaction; a call that may still ring is marked to be hung up.

    Where its SID is not known yet it is `settling` that learns whether it rings at all.
    """
    rings_on = page.channel == Channel.CALL and page.status in (PageStatus.SENDING, PageStatus.RINGING)
    page.status = status
    page.ended_at = clock.now()
    page.hang_up_wanted = page.hang_up_wanted or rings_on
    page.save(update_fields=["status", "ended_at", "hang_up_wanted"])


def withdraw(*, page: Page, escalation: Escalation) -> None:
    """An administrator takes a queued page back: the ladder goes on. The caller holds the lock."""
    page.escalation = escalation
    end_page(page, PageStatus.CANCELLED)
    _go_on_if_nobody_rings(page)


def end_unanswered(escalation: Escalation) -> None:
    """Close the offers that rang in vain. A page whose call Twilio alone knows of is left to `delivery`."""
    pages = escalation.pages.live().filter(purpose=Purpose.OFFER).exclude(status=PageStatus.SENDING)
    for page in pages.select_related("person"):
        end_page(page, PageStatus.UNANSWERED)
        if page.channel == Channel.CALL:
            _note_end(escalation, page)


# --- What Twilio and the officer say of a page ----------------------------------------------------------


def placed(*, page_id: int, sid: str) -> bool:
    """Twilio has taken the page. Whoever learns the SID first records it: dialler, reconciler or callback.

    False where the page had a SID already. A call that is placed after the case moved on is hung up.
    """
    with transaction.atomic():
        # The lock keeps a yes in the same instant from ending this page without knowing that it rings.
        lock(pages=page_id)
        unknown = Page.objects.filter(pk=page_id, sid="")
        known = {"sid": sid, "sent_at": clock.now()}
        if unknown.filter(status=PageStatus.SENDING).update(status=PageStatus.RINGING, **known):
            return True
        if not unknown.update(**known):
            return False
        over = Page.objects.calls().filter(pk=page_id).exclude(status__in=LIVE_PAGE)
        if over.update(hang_up_wanted=True):
            wakeup.wake()
        return True


def refused(*, page_id: int, code: int | None, why: str) -> None:
    """Twilio has surely not taken the page and never will: the ladder goes on at once."""
    with held(page_id) as page:
        if page.status not in LIVE_PAGE:
            Page.objects.filter(pk=page_id, sid="").update(hang_up_wanted=False)  # it never rang
            return
        page.error_code = code
        page.error_detail = why[:400]
        page.save(update_fields=["error_code", "error_detail"])
        page.status = PageStatus.QUEUED  # nothing rings, so nothing is to be hung up
        end_page(page, PageStatus.FAILED)
        channel = page.get_channel_display().lower()
        note(
            page.escalation,
            "page_failed",
            f"The {channel} to {page.person.name} failed: {why}",
            actor_name=TWILIO,
            data={"page": page.pk, "code": code},
        )
        _go_on_if_nobody_rings(page)


def rings(page: Page) -> None:
    """The phone rings: from now on the ring time counts. The caller has the page `held`."""
    if page.status not in (PageStatus.SENDING, PageStatus.RINGING) or page.channel != Channel.CALL:
        return
    if page.status == PageStatus.SENDING:
        page.status = PageStatus.RINGING
        page.save(update_fields=["status"])
    note(page.escalation, "page_ringing", f"{page.person.name}'s phone rings.", actor_name=TWILIO)
    if _is_offer_now(page):
        _climb_at(page.escalation, clock.now() + timedelta(seconds=page.ring_seconds))


def answered(page: Page) -> None:
    """Somebody or something picked up. Answered is not accepted: it only holds the ladder for a while.

    The caller has the page `held`. What is said twice, or after the end, changes nothing.
    """
    late = page.status in (PageStatus.UNANSWERED, PageStatus.CANCELLED) and page.answered_at is None
    if page.status not in (PageStatus.SENDING, PageStatus.RINGING) and not late:
        return
    page.answered_at = clock.now()
    page.hang_up_wanted = False
    if not late:
        page.status = PageStatus.ANSWERED
    page.save(update_fields=["answered_at", "status", "hang_up_wanted"])
    note(
        page.escalation,
        "page_answered",
        f"{page.person.name}'s phone was answered.",
        actor_name=TWILIO,
        data={"page": page.pk},
    )
    if not late and _is_offer_now(page):
        _climb_at(page.escalation, page.answered_at + timedelta(seconds=ANSWERED_SECONDS))


def key_pressed(page: Page, key: str) -> None:
    """Somebody pressed a key: a human is on the line, whatever machine detection says later.

    The caller has the page `held`.
    """
    answered(page)
    note(
        page.escalation,
        "page_key",
        f"{key} was pressed on {page.person.name}'s phone.",
        actor_name=TWILIO,
        data={"page": page.pk, "key": key},
    )


def ended(page: Page, status: PageStatus) -> None:
    """The call is over without a yes or no: unanswered, busy, failed, or a voicemail's silence.

    The caller has the page `held`.
    """
    if page.hang_up_wanted:
        page.hang_up_wanted = False
        page.save(update_fields=["hang_up_wanted"])
    if page.status not in LIVE_PAGE:
        wake_next_in_line(page.person_id)
        return
    page.status = PageStatus.ANSWERED  # Twilio says that it is over: nothing is to be hung up
    end_page(page, status)
    _note_end(page.escalation, page)
    _go_on_if_nobody_rings(page)


def voicemail(page: Page) -> bool:
    """A machine answered: it accepts nothing, and the next phone rings at once. False where a key came first.

    The caller has the page `held`.
    """
    if page.escalation.events.filter(kind="page_key", data__page=page.pk).exists():
        return False
    if page.status not in (PageStatus.SENDING, PageStatus.RINGING, PageStatus.ANSWERED):
        return page.status in (PageStatus.UNANSWERED, PageStatus.CANCELLED)
    page.status = PageStatus.ANSWERED
    end_page(page, PageStatus.VOICEMAIL)
    _note_end(page.escalation, page)
    _go_on_if_nobody_rings(page)
    return True


def _climb_at(escalation: Escalation, at: datetime) -> None:
    """Nothing else of the case changes, so nothing else of it is written."""
    escalation.next_action_at = at
    escalation.save(update_fields=["next_action_at"])


def _note_end(escalation: Escalation, page: Page) -> None:
    name = page.person.name
    words = {
        PageStatus.BUSY: f"{name}'s phone is busy.",
        PageStatus.VOICEMAIL: f"{name}'s voicemail answered.",
        PageStatus.FAILED: f"{name}'s phone could not be reached.",
    }.get(PageStatus(page.status), f"{name} did not answer.")
    note(escalation, f"page_{page.status}", words, actor_name=TWILIO, data={"page": page.pk})


def _is_offer_now(page: Page) -> bool:
    escalation = page.escalation
    return (
        page.purpose == Purpose.OFFER
        and escalation.status in (Status.PAGING, Status.UNREACHED)
        and escalation.next_action == NextAction.CLIMB
    )


def _go_on_if_nobody_rings(page: Page) -> None:
    """Climb at once when the last call of a step is over; an idle officer's silence counts at once, too."""
    now, escalation = clock.now(), page.escalation
    if _is_offer_now(page):
        others = escalation.pages.live().calls().filter(purpose=Purpose.OFFER).exclude(pk=page.pk)
        if page.channel == Channel.CALL and not others.exists():
            schedule(escalation, NextAction.CLIMB, now)
    wake_next_in_line(page.person_id)


def wake_next_in_line(person_id: int) -> None:
    """This person's phone is free: the gravest and oldest case that waits for it looks again at once.

    After the commit: two cases that wake each other inside their transactions would wait for one another's lock.
    """

    def wake_it() -> None:
        now = clock.now()
        waiting = Escalation.objects.filter(waiting_for=person_id, next_action_at__gt=now).gravest_first()
        first = waiting.values_list("pk", flat=True).first()
        if first is not None:
            Escalation.objects.filter(pk=first, next_action_at__gt=now).update(next_action_at=now)
            wakeup.wake()

    transaction.on_commit(wake_it, robust=True)  # that case looks again by itself within seconds


# --- The officer's word ---------------------------------------------------------------------------------


def accept(*, escalation: Escalation, by: Person, how: str, page: Page | None = None) -> Escalation:
    """This person has the case from now on. Raises `AlreadyTaken`, `NotAllowed`, `NotNow`.

    `how` tells by which means ("by key", "by text", "on the page", "by API") for the timeline. Saying it twice
    does no harm. Only the first of several gets it: the row is locked.
    """
    with transaction.atomic():
        case = locked(escalation.pk)
        if case.status in (*IN_HAND, Status.RESOLVED):
            if case.owner_id == by.pk:
                return case
            raise AlreadyTaken(case.owner)
        if case.is_drill and case.accepted_by_id == by.pk:
            return case
        if case.status not in WAITING_FOR_AN_OFFICER:
            raise NotNow(f"The case is {case.get_status_display().lower()}.")
        if not may_act_as_officer(by, case):
            raise NotAllowed("Only the programme's officers can take this case.")
        now = clock.now()
        move(case, Status.ACCEPTED)
        case.owner = by
        case.accepted_by = by
        case.accepted_at = case.accepted_at or now
        case.waiting_for = None
        case.waiting_since = None
        note(case, "accepted", f"{by.name} took the case {how}.", actor=by, data={"how": how})
        _settle_pages(case, accepted_by=by, page=page)
        if case.is_drill:
            _end_drill(case, f"{by.name} took it.")
            return case
        idle = timedelta(minutes=escalation.programme.accepted_but_idle_minutes)
        schedule(case, NextAction.ASK_IDLE, now + idle)
        wakeup.wake()
        return case


def end_drill(*, escalation: Escalation, why: str) -> bool:
    """A test case is over, taken or not: nothing is asked, and no outcome is owed. False where it was over before."""
    with transaction.atomic():
        case = locked(escalation.pk)
        if not (case.is_drill and case.is_open):
            return False
        _end_drill(case, why)
        return True


def _end_drill(case: Escalation, why: str) -> None:
    """The caller holds the lock."""
    move(case, Status.CANCELLED)
    for page in case.pages.live():
        end_page(page, PageStatus.CANCELLED)
        wake_next_in_line(page.person_id)
    note(case, "drill_over", f"The drill is over: {why}")
    case.save()
    wakeup.wake()


def _settle_pages(escalation: Escalation, *, accepted_by: Person, page: Page | None) -> None:
    """The accepting page is accepted, the others are over; whoever is on the line is told at the next key."""
    live = list(escalation.pages.live())
    own = [one for one in live if one.person_id == accepted_by.pk]
    chosen: Page | None
    if page is not None:
        chosen = next((one for one in live if one.pk == page.pk), None) or Page.objects.get(pk=page.pk)
        chosen.status = PageStatus.ANSWERED  # they are on the line: nothing is to be hung up
    else:
        chosen = max(
            own, key=lambda one: one.answered_at.timestamp() if one.answered_at else 0.0, default=None
        )
    if chosen is not None:
        end_page(chosen, PageStatus.ACCEPTED)
    for other in live:
        if chosen is None or other.pk != chosen.pk:
            end_page(other, PageStatus.CANCELLED)
            wake_next_in_line(other.person_id)


def pass_on(*, escalation: Escalation, by: Person, how: str, page: Page | None = None) -> Escalation:
    """This person does not take the case: the next phone rings at once. Raises as `accept` does."""
    with transaction.atomic():
        case = locked(escalation.pk)
        if case.status not in WAITING_FOR_AN_OFFICER:
            if case.owner_id != by.pk and case.is_open:
                raise AlreadyTaken(case.owner)
            raise NotNow(f"The case is {case.get_status_display().lower()}: hand it over instead.")
        if not may_act_as_officer(by, case):
            raise NotAllowed("Only the programme's officers can pass this case on.")
        if not case.pages.filter(person=by).exists():
            raise NotNow("You have not been paged for this case: there is nothing to pass on.")
        if case.pages.filter(person=by, status=PageStatus.PASSED).exists():
            return case
        note(case, "passed", f"{by.name} passed the case on {how}.", actor=by, data={"how": how})
        _end_passed(case, by, page)
        somebody_rings = case.pages.live().calls().filter(purpose=Purpose.OFFER).exists()
        if case.status in (Status.PAGING, Status.UNREACHED) and not somebody_rings:
            schedule(case, NextAction.CLIMB, clock.now())
        wake_next_in_line(by.pk)
        return case


def _end_passed(case: Escalation, by: Person, page: Page | None) -> None:
    live = list(case.pages.live().filter(person=by))
    for one in live:
        if page is not None and one.pk == page.pk:
            one.status = PageStatus.ANSWERED  # the officer hangs up after the last word, not we
        end_page(one, PageStatus.PASSED)
    if not live:
        latest = page or case.pages.filter(person=by).latest("created_at")
        Page.objects.filter(pk=latest.pk).update(status=PageStatus.PASSED)
