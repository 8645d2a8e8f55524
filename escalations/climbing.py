"""The ladder applied to one case: ends what rang in vain, asks `ladder.next_step`, queues the pages it names."""

from datetime import datetime, timedelta

from escalations import degraded, ladder, paging, telling
from escalations.models import (
    Channel,
    Escalation,
    NextAction,
    Page,
    PageStatus,
    Purpose,
)
from escalations.roster import Seating, engaged, seating
from escalations.timeline import note
from people.models import Person
from rota.hours import may_ring, next_opening
from telephony import clock

# While a page waits for its turn at Twilio nobody climbs over it: we only look whether it still waits.
LOOK_AGAIN_SECONDS = 15


def open_hours(escalation: Escalation) -> None:
    """The duty hours have opened: the case that waited for them rings. The caller holds the lock."""
    note(escalation, "opened", "The duty hours are open: phones ring now.")
    seats = seating(escalation.programme, clock.now())
    escalation.owner = seats.owner(otherwise=escalation.owner)
    climb(escalation)


def begin(escalation: Escalation, seats: Seating) -> None:
    """The first ring of a case that was raised in this very transaction: nothing was tried yet."""
    now = clock.now()
    paging.begin_paging(escalation)
    standing = ladder.Standing(gravity=escalation.gravity, engaged=engaged(escalation, among=seats.roster))
    _after(escalation, _page_next(escalation, now, seats, standing), now)


def climb(escalation: Escalation) -> None:
    """Take the next step of the ladder. Inside the caller's transaction; the caller holds the lock."""
    paging.begin_paging(escalation)
    now = clock.now()
    wait_until = _under_way_until(escalation, now)
    if wait_until is not None:
        paging.schedule(escalation, NextAction.CLIMB, wait_until)
        return
    paging.end_unanswered(escalation)
    seats = seating(escalation.programme, now)
    standing = standing_of(escalation, seats.roster, now)
    _after(escalation, _page_next(escalation, now, seats, standing), now)


def _after(escalation: Escalation, step: ladder.Step, now: datetime) -> None:
    """Write what is due after this step."""
    match step:
        case ladder.Ring():
            _stop_waiting(escalation)
            seconds = max(step.seconds, LOOK_AGAIN_SECONDS)
            paging.schedule(escalation, NextAction.CLIMB, now + timedelta(seconds=seconds))
        case ladder.WaitForPhone():
            _wait(escalation, step, now)
        case ladder.Exhausted():
            _climb_again_later(escalation, step, now)


def _under_way_until(escalation: Escalation, now: datetime) -> datetime | None:
    """Until when nobody climbs over a page that waits for its turn, or whose officer is on the line."""
    waits = []
    for page in escalation.pages.live().calls().filter(purpose=Purpose.OFFER).select_related("person"):
        stuck = page.status == PageStatus.SENDING and degraded.outage() is not None
        if page.status == PageStatus.QUEUED or stuck:
            waits.append(now + timedelta(seconds=LOOK_AGAIN_SECONDS))
        elif page.status == PageStatus.ANSWERED and page.answered_at is not None:
            waits.append(page.answered_at + timedelta(seconds=paging.ANSWERED_SECONDS))
    return max((wait for wait in waits if wait > now), default=None)


def _page_next(
    escalation: Escalation, now: datetime, seats: Seating, standing: ladder.Standing
) -> ladder.Step:
    """The ladder's step, taken: people who cannot be reached are put on record and stepped over."""
    rungs = ladder.read_rungs(escalation.programme.rungs)
    while True:
        step = ladder.next_step(
            rungs=rungs,
            roster=seats.roster,
            standing=standing,
            ring_seconds=escalation.programme.ring_seconds,
        )
        if not isinstance(step, ladder.Ring):
            return step
        if step.who is ladder.Who.ADMINISTRATORS:
            _tell_unreached(escalation, now)
        if _queue_pages(escalation, step, seats):
            return step
        before, standing = standing, standing_of(escalation, seats.roster, now)
        if standing == before:
            # A phone that rings for somebody else's page: it was theirs a moment ago.
            return ladder.WaitForPhone(person=step.people[0], seconds=ladder.LOOK_AGAIN_SECONDS)


def standing_of(escalation: Escalation, seats: ladder.Roster, now: datetime) -> ladder.Standing:
    """How far this case has climbed in this round."""
    pages = escalation.pages
    attempted = pages.filter(purpose=Purpose.OFFER, round=escalation.round).values_list("rung", "person")
    passed = pages.filter(status=PageStatus.PASSED).exclude(purpose=Purpose.HAND_OVER)
    since = escalation.waiting_since
    return ladder.Standing(
        gravity=escalation.gravity,
        round=escalation.round,
        attempted=frozenset(attempted),
        passed=frozenset(passed.values_list("person", flat=True)),
        engaged=engaged(escalation, among=seats),
        waited=(now - since).total_seconds() if since else 0.0,
    )


def _queue_pages(escalation: Escalation, step: ladder.Ring, seats: Seating) -> bool:
    """A page for each person and channel of the step. False where none of them can be reached."""
    pages: list[Page | None] = []
    # In one order everywhere: two cases that ring the same people would else wait for each other's pages.
    for person in map(seats.person, sorted(step.people)):
        channels = [Channel(channel) for channel in step.by]
        if not person.can_be_rung:
            channels = [channel for channel in channels if channel == Channel.EMAIL]
            why = "there is no verified phone number."
            paging.record_unreachable(escalation, person=person, rung=step.rung, why=why)
            telling.tell_administrators(
                escalation=escalation,
                key=f"no-number:{person.pk}",
                subject=f"{person.name} has no verified phone number",
                body=f"{person.name} was to be rung for case {escalation.number} and could not be. "
                "Enter and verify a number on the person's page.",
            )
        for channel in sorted(channels, key=lambda one: one != Channel.CALL):
            page = paging.queue_page(
                escalation,
                person=person,
                channel=channel,
                purpose=Purpose.OFFER,
                rung=step.rung,
                ring_seconds=step.seconds,
            )
            pages.append(page)
            if page is None and channel == Channel.CALL:
                break  # in this instant another case took the phone: it is waited for, and nobody was tried
    return any(page is not None for page in pages)


def _wait(escalation: Escalation, step: ladder.WaitForPhone, now: datetime) -> None:
    if escalation.waiting_since is None:
        holder = Person.objects.get(pk=step.person)
        note(escalation, "waiting", f"{holder.name}'s phone has another case: this one waits for it.")
        escalation.waiting_since = now
    escalation.waiting_for_id = step.person
    paging.schedule(escalation, NextAction.CLIMB, now + timedelta(seconds=step.seconds))


def _stop_waiting(escalation: Escalation) -> None:
    escalation.waiting_for = None
    escalation.waiting_since = None


def _tell_unreached(escalation: Escalation, now: datetime) -> None:
    """Never silent: the ladder is climbed in vain, so administrators, the raiser and the customer are told."""
    if not paging.mark_unreached(escalation):
        return
    until = now + timedelta(minutes=escalation.programme.promise_minutes)
    escalation.promised_until = until
    told = telling.promise_customer(escalation=escalation, key=f"promise:{escalation.round}", until=until)
    when = telling.local_time(until, escalation.programme.time_zone)
    customer = (
        f"The customer is told to expect a call by {when}." if told else "The customer cannot be written to."
    )
    note(escalation, "unreached", f"Nobody on the ladder answered. Administrators are rung. {customer}")
    telling.tell_person(
        escalation=escalation,
        person=escalation.raised_by,
        key=f"raiser-unreached:{escalation.round}",
        subject=f"Case {escalation.number}: nobody has answered yet",
        body=f"Nobody has answered for case {escalation.number} ({escalation.account.name}) yet. "
        f"Administrators are rung now, and it goes on. {customer}",
    )


def _climb_again_later(escalation: Escalation, step: ladder.Exhausted, now: datetime) -> None:
    """Everybody was tried: again, slower; outside the hours it waits for the opening, like any case."""
    _stop_waiting(escalation)
    _tell_unreached(escalation, now)
    escalation.round += 1
    at = now + timedelta(seconds=step.seconds)
    programme = escalation.programme
    if may_ring(programme.rules, at, severity=escalation.severity, public_risk=escalation.public_risk):
        when = telling.local_time(at, programme.time_zone)
        note(escalation, "again_later", f"Everybody was tried. It starts again from the top at {when}.")
        paging.schedule(escalation, NextAction.CLIMB, at)
        return
    at = next_opening(programme.rules, at)
    when = telling.local_time(at, programme.time_zone)
    note(escalation, "again_later", f"Everybody was tried. It starts again when the hours open, {when}.")
    paging.schedule(escalation, NextAction.OPEN, at)
