"""Old cases by the million: one is made as the product leaves it, and the database multiplies its rows.

Each has what a case of a busy year has: pages, events, messages, a bridge, an outcome with its learning; spread over
the accounts and officers that there are, and over the last three years.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.core.management.color import no_style
from django.db import ProgrammingError, connection, models, transaction
from django.utils import timezone

from customers.models import Account
from escalations.models import (
    Bridge,
    Channel,
    Escalation,
    Event,
    HeardText,
    JoinedContact,
    Leg,
    LegRole,
    LegStatus,
    Message,
    MessageStatus,
    Outcome,
    Page,
    PageStatus,
    Status,
)
from learnings.models import Learning, Touchpoint
from people.models import Person
from rota.models import Programme

SPAN = timedelta(days=3 * 365)
BATCH = 50_000
KINDS = ("raised", "page_sending", "page_ringing", "accepted", "resolved", "closed")

_ON_POSTGRESQL = "postgresql"
_Columns = dict[str, str]


def fill_history(
    *,
    count: int,
    programmes: Sequence[Programme],
    accounts: Sequence[Account],
    officers: Sequence[Person],
    agent: Person,
) -> None:
    """So many closed cases of the past, all raised by one agent; each of the sequences has numbers without gaps."""
    if not count:
        return
    first = _example(programmes[0], accounts[0], officers[0], agent)
    case = next(row for row in first if isinstance(row, Escalation))
    # Account N is of programme N modulo their number, whose primary is officer 2N: as in `organisation`.
    account = f"(n.i % {len(accounts)})"
    programme = f"({account} % {len(programmes)})"
    officer = f"({officers[0].pk} + (2 * {programme}) % {len(officers)})"
    same = {
        "escalation_id": f"({case.pk} + n.i)",
        "account_id": f"({accounts[0].pk} + {account})",
        "programme_id": f"({programmes[0].pk} + {programme})",
        **dict.fromkeys(
            ("owner_id", "accepted_by_id", "person_id", "officer_id", "recorded_by_id", "author_id"), officer
        ),
    }
    seconds = SPAN.total_seconds() / count
    with _unchecked():
        for begin in range(1, count, BATCH):
            numbers = range(begin, min(begin + BATCH, count))
            with transaction.atomic(), connection.cursor() as cursor:
                for place, row in enumerate(first):
                    cursor.execute(_multiplied(row, place, len(first), same, seconds, numbers))
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list({type(row) for row in first})):
            cursor.execute(statement)
        if connection.vendor == _ON_POSTGRESQL:
            cursor.execute("ANALYZE")  # as autovacuum does within a minute


@contextmanager
def _unchecked() -> Iterator[None]:
    """No foreign key is looked up: these rows are right by the way they are made, and it takes half the time."""
    if connection.vendor != _ON_POSTGRESQL:
        with connection.constraint_checks_disabled():
            yield
        return
    # A role that may not do this waits a little longer.
    with connection.cursor() as cursor, suppress(ProgrammingError), transaction.atomic():
        cursor.execute("SET session_replication_role = replica")
    yield
    with connection.cursor() as cursor, suppress(ProgrammingError), transaction.atomic():
        cursor.execute("SET session_replication_role = DEFAULT")


def _example(programme: Programme, account: Account, officer: Person, agent: Person) -> list[models.Model]:
    """The oldest case and all its rows, of which each depends on earlier ones only."""
    began = timezone.now() - SPAN - timedelta(days=1)
    ended = began + timedelta(hours=1)
    touchpoint = Touchpoint.objects.first()
    case = Escalation.objects.create(
        programme=programme,
        account=account,
        summary="Long closed.",
        contact_name="Contact",
        contact_phone="+15559999998",
        raised_by=agent,
        owner=officer,
        accepted_by=officer,
        accepted_at=began,
        resolved_at=ended,
        closed_at=ended,
        score_total=80,
        threshold=60,
        qualifies=True,
        status=Status.CLOSED,
        created_at=began,
    )
    heard = HeardText.objects.create(sid="SM" + "0" * 32, sender=case.contact_phone, at=began)
    joined = JoinedContact.objects.create(
        escalation=case,
        name="Colleague",
        phone="+15559999997",
        summary="And here.",
        severity="normal",
        raised_by=agent,
        created_at=began,
    )
    rows: list[models.Model] = [case, heard, joined]
    for kind in KINDS:
        actor = {"actor_name": "Agent", "text": f"Something was {kind}."}
        rows.append(Event.objects.create(escalation=case, at=began, kind=kind, **actor))
    for channel, status in ((Channel.CALL, PageStatus.ACCEPTED), (Channel.TEXT, PageStatus.CANCELLED)):
        ways = {"person": officer, "address": officer.phone, "channel": channel, "status": status}
        rows.append(Page.objects.create(escalation=case, **_sent(began), **ways))
    for key in ("outcome", "question"):
        words = {"key": key, "body": "How it went.", "status": MessageStatus.DELIVERED}
        sent = _sent(began) | words
        rows.append(
            Message.objects.create(escalation=case, channel=Channel.TEXT, address=case.contact_phone, **sent)
        )
    bridge = Bridge.objects.create(escalation=case, officer=officer, started_at=began, ended_at=ended)
    rows.append(bridge)
    legs = ((LegRole.OFFICER, officer.phone), (LegRole.CUSTOMER, case.contact_phone))
    for role, number in legs:
        ways = {"role": role, "address": number, "channel": Channel.CALL, "status": LegStatus.LEFT}
        rows.append(Leg.objects.create(bridge=bridge, **_sent(began), **ways))
    if touchpoint is not None:
        story = {"quote": "At last.", "cause": "product", "source": "escalation", "account": account}
        learning = Learning.objects.create(
            touchpoint=touchpoint, author=officer, owner=touchpoint.owner, created_at=ended, **story
        )
        outcome = Outcome.objects.create(
            escalation=case,
            recorded_by=officer,
            recorded_at=ended,
            cause="product",
            touchpoint=touchpoint,
            done="It runs.",
            learning=learning,
            answer="fixed",
        )
        rows += [learning, outcome]
    return rows


_sids = iter(range(1_000_000))


def _sent(at: datetime) -> dict[str, object]:
    times = dict.fromkeys(("created_at", "due_at", "claimed_at", "sent_at", "ended_at"), at)
    return {**times, "tries": 1, "sid": f"CA{next(_sids):032x}"}


def _multiplied(
    row: models.Model, place: int, places: int, same: _Columns, seconds: float, numbers: range
) -> str:
    """INSERT … SELECT: this row again and again, with numbers and instants of its own each time."""
    names, values = [], []
    for field in row._meta.concrete_fields:  # noqa: SLF001 - Django's own name for it
        name = str(field.column)
        own = f"template.{connection.ops.quote_name(name)}"
        if field.primary_key:
            value = f"{row.pk} + n.i * {places if type(row) is not Escalation else 1}"
        elif name in ("bridge_id", "learning_id"):
            value = f"{own} + n.i * {places}"
        elif name in same:
            value = same[name] if getattr(row, field.attname) is not None else own
        elif isinstance(field, models.DateTimeField):
            value = _later(own, seconds)
        elif name == "sid" or field.unique:
            value = f"'{place:04d}-' || {_padded('n.i', 24)}"
        else:
            value = own
        names.append(connection.ops.quote_name(name))
        values.append(value)
    table = connection.ops.quote_name(row._meta.db_table)  # noqa: SLF001
    return (
        f"WITH RECURSIVE n(i) AS (SELECT {numbers[0]} UNION ALL SELECT i + 1 FROM n WHERE i < {numbers[-1]}) "  # noqa: S608 - names of ours
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} "
        f"FROM {table} AS template, n WHERE template.id = {row.pk}"
    )


def _later(instant: str, seconds: float) -> str:
    if connection.vendor == _ON_POSTGRESQL:
        return f"{instant} + n.i * interval '{seconds:.6f} seconds'"
    # Six digits, as Django writes them.
    return f"strftime('%Y-%m-%d %H:%M:%f000', {instant}, (n.i * {seconds:.6f}) || ' seconds')"


def _padded(number: str, width: int) -> str:
    if connection.vendor == _ON_POSTGRESQL:
        return f"lpad(({number})::text, {width}, '0')"
    return f"printf('%0{width}d', {number})"
