"""A visit to a customer with a colleague of sales: planned, driven, and confirmed by the colleague.

The executive says how long it was; the colleague, who gets a letter with a link, confirms it or a shorter time, or
says that it did not happen. Only what is confirmed is credited, and never more than either of the two says.
"""

from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction

from customers.models import Account
from listening import evidence, links, sessions
from listening.errors import BadInput, NotAllowed, NotNow
from listening.ledger import credit_session
from listening.models import EvidenceKind, EvidenceStrength, RideAlong, Session, SessionKind, SessionStatus
from people import letters
from people.errors import Refused
from people.models import Person
from rota.calendar_keeping import check_keeps_calendar
from rota.membership import is_member
from rota.models import Programme
from rota.told_times import told
from telephony import clock

LEAST_MINUTES, MOST_MINUTES = 10, 240
FARTHEST_BACK = timedelta(days=14)
FARTHEST = timedelta(days=180)
_SIGNER = "listening.ride_alongs"


def plan_ride_along(
    *,
    programme: Programme,
    person: Person,
    colleague: Person,
    start: datetime,
    minutes: int,
    by: Person,
    account: Account | None = None,
) -> RideAlong:
    """Enter a ride-along to come, or one of the last two weeks. By the executive, their assistant, administrators.

    Raises BadInput naming the field, NotAllowed, and Refused for who does not keep the calendar.
    """
    check_keeps_calendar(by, person)
    now = clock.now()
    if not is_member(programme, person, start.astimezone(programme.zone).date()):
        raise NotAllowed(f"{person.name} is no member of {programme.name} on that day.", code="no_member")
    if not colleague.is_active or colleague.pk == person.pk:
        raise BadInput("Choose the colleague who was there.", field="colleague", code="invalid")
    if not now - FARTHEST_BACK <= start <= now + FARTHEST:
        raise BadInput(
            "This is too long ago, or too far ahead: two weeks back, half a year ahead.",
            field="start",
            code="out_of_range",
        )
    _check_minutes(minutes)
    with transaction.atomic():
        session = sessions.book(
            programme=programme,
            person=person,
            start=start,
            end=start + timedelta(minutes=minutes),
            kind=SessionKind.RIDE_ALONG,
            by=by,
        )
        return RideAlong.objects.create(
            session=session, colleague=colleague, account=account, minutes=minutes
        )


def finish_ride_along(*, session: Session, minutes: int, by: Person) -> RideAlong:
    """It is over and was so long: the executive may debrief it, and the colleague is asked to confirm.

    Raises BadInput (`minutes`), NotAllowed, NotNow.
    """
    if by.pk != session.person_id:
        raise NotAllowed("Only the executive says how it was.", code="not_allowed")
    _check_minutes(minutes)
    with transaction.atomic():
        ride = _locked(session)
        if ride.session.planned_start + timedelta(minutes=minutes) > clock.now():
            raise NotNow("It is not over yet, by these minutes.", code="not_over")
        letters.withdraw(key_prefix=how_long_key(ride))
        ride.minutes = minutes
        ride.save(update_fields=["minutes"])
        if ride.session.status == SessionStatus.BOOKED:
            sessions.start(session=ride.session, by=by)
        ride.session = sessions.finish(session=ride.session, by=by)
        _ask(ride)
    return ride


def call_off(*, session: Session, by: Person) -> RideAlong:
    """It will not take place, or did not; by whoever keeps the calendar. Raises NotNow, and Refused for others."""
    check_keeps_calendar(by, session.person)
    with transaction.atomic():
        ride = _locked(session)
        ride.session = sessions.cancel(session=ride.session, why=f"Called off by {by.name}", by=by)
        letters.withdraw(key_prefix=how_long_key(ride))
    return ride


def confirm(*, ride: RideAlong, minutes: int) -> RideAlong:
    """The colleague's word: so long it was, at most what the executive said. Credits what is debriefed.

    Raises BadInput (`minutes`), NotNow (answered already, or not over).
    """
    with transaction.atomic():
        row = _open(ride)
        if not 1 <= minutes <= row.minutes:
            raise BadInput(f"Choose 1 to {row.minutes} minutes.", field="minutes", code="out_of_range")
        row.confirmed_at, row.confirmed_minutes = clock.now(), minutes
        row.save(update_fields=["confirmed_at", "confirmed_minutes"])
        evidence.record(
            kind=EvidenceKind.CONFIRMED,
            session=row.session,
            strength=EvidenceStrength.PERSON,
            detail=f"{minutes} of {row.minutes} minutes",
        )
        credit_session(session=row.session)
    return row


def refuse(*, ride: RideAlong) -> RideAlong:
    """The colleague's word: it did not happen. The executive is told. Raises NotNow."""
    with transaction.atomic():
        row = _open(ride)
        row.refused_at = clock.now()
        row.save(update_fields=["refused_at"])
        letters.write_to(
            person=row.session.person,
            key=f"ride-along:{row.pk}:refused",
            kind="ride-along",
            subject=f"{row.colleague.name} did not confirm your ride-along",
            text=f"{row.colleague.name} says that the ride-along of "
            f"{told(row.session.planned_start, row.session.person)} did not happen: it is not credited.\n",
        )
    return row


def how_long_key(ride: RideAlong) -> str:
    """The key of the letter that asks the executive how long it was (`listening.left_open` writes it)."""
    return f"ride-along:{ride.pk}:how-long"


def answer_url(ride: RideAlong) -> str:
    """The secret address at which the colleague answers, without signing in."""
    return links.ride_along_answer_url(signing.Signer(salt=_SIGNER).sign(str(ride.pk)))


def read_answer_token(token: str) -> RideAlong:
    """The ride-along that a link is about. Raises Refused for a wrong one."""
    try:
        pk = int(signing.Signer(salt=_SIGNER).unsign(token))
    except (signing.BadSignature, ValueError):
        raise Refused(
            "This link is not complete: open it from the mail again.", field="token", code="unknown"
        ) from None
    rows = RideAlong.objects.select_related("session__person", "session__programme", "colleague", "account")
    found = rows.filter(pk=pk, colleague__is_active=True).first()
    if found is None:
        raise Refused("This link is not known any more.", field="token", code="unknown")
    return found


# --- Below -----------------------------------------------------------------------------------------------------


def _check_minutes(minutes: int) -> None:
    if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
        raise BadInput(
            f"Choose {LEAST_MINUTES} to {MOST_MINUTES} minutes.", field="minutes", code="out_of_range"
        )


def _locked(session: Session) -> RideAlong:
    rows = RideAlong.objects.select_for_update(of=("self",)).select_related(
        "session__person", "session__programme", "colleague"
    )
    return rows.get(session=session)


def _open(ride: RideAlong) -> RideAlong:
    row = _locked(ride.session)
    if row.confirmed_at is not None or row.refused_at is not None:
        raise NotNow("This is answered already. Thank you.", code="answered")
    if row.session.status != SessionStatus.FINISHED:
        raise NotNow("This ride-along is not over.", code=row.session.status)
    return row


def _ask(ride: RideAlong) -> None:
    person, colleague = ride.session.person, ride.colleague
    when = told(ride.session.planned_start, colleague)
    letters.write_to(
        person=colleague,
        key=f"ride-along:{ride.pk}:confirm",
        kind="ride-along",
        subject=f"Was {person.name} with you for {ride.minutes} minutes?",
        text=f"{person.name} writes that you visited a customer together on {when}, for {ride.minutes} minutes.\n\n"
        f"Confirm it, or say how it was; it takes two taps:\n{answer_url(ride)}\n",
        short=f"Was {person.name} with you for {ride.minutes} minutes on {when}? {answer_url(ride)}",
    )
