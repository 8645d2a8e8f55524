"""What is sent by itself: the sponsor's page once a month, and to administrators each Monday only what is amiss.

"Due and not sent yet": a run of the schedule that was missed is made up for by the next one. The page is not attached:
a link that is signed opens it for three months, for those who have no account too.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from people import letters
from people.models import Person
from reports.closing import closed_month
from reports.errors import BadInput, NotAllowed
from reports.health import health, statuses
from reports.models import ReportMailing
from reports.month import Line, report
from reports.shown import show
from reports.sponsor import facts, sponsor_pdf
from reports.standing import Status, clock
from rota.models import Programme
from rota.quotas import month_days

_SALT = "reports.sponsor"
_LINK_DAYS = 92
_MOST = 20
_NAMED = 40


def set_mailing(*, programme: Programme, recipients: Sequence[str], day: int, by: Person) -> ReportMailing:
    """To whom the month goes, and on which day; to nobody with no address. Raises BadInput, NotAllowed."""
    if not (by.is_admin and by.is_active):
        raise NotAllowed("Only administrators decide who receives the report.", code="not_allowed")
    if not 1 <= day <= 28:
        raise BadInput("Choose 1 to 28: every month has that day.", field="day", code="out_of_range")
    addresses = sorted({address.strip().lower() for address in recipients if address.strip()})
    if len(addresses) > _MOST:
        raise BadInput(f"At most {_MOST} addresses.", field="recipients", code="too_many")
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError as error:
            raise BadInput(f"{address} is no e-mail address.", field="recipients", code="invalid") from error
    with transaction.atomic():
        Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
        row = ReportMailing.objects.filter(programme=programme).first() or ReportMailing(programme=programme)
        if row.pk is None or (row.recipients, row.day) != (addresses, day):
            row.recipients, row.day = addresses, day
            row._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - django-simple-history looks for it
            row.save()
    return row


def sponsor_link(programme: Programme, month: date) -> str:
    """The signed address of a month's page."""
    token = signing.dumps([programme.pk, f"{month:%Y-%m}"], salt=_SALT)
    return f"{settings.PUBLIC_BASE_URL}{reverse('web:sponsor-link', args=[token])}"


def page_by_link(token: str, now: datetime) -> tuple[Programme, date, bytes] | None:
    """The page that a signed address opens; None for one that is wrong or too old."""
    try:
        pk, written = signing.loads(token, salt=_SALT, max_age=timedelta(days=_LINK_DAYS))
        programme, month = Programme.objects.get(pk=pk), date.fromisoformat(f"{written}-01")
    except (signing.BadSignature, Programme.DoesNotExist, ValueError, TypeError):
        return None
    return programme, month, page(programme, month, now)


def page(programme: Programme, month: date, now: datetime) -> bytes:
    """The sponsor's page of a month as a PDF: who stood how as closed, where it is closed."""
    closed = closed_month(programme, month)
    return sponsor_pdf(
        health=health(programme=programme, month=month, now=now),
        statuses=statuses(show(programme=programme, month=month, now=now, some=True).report),
        closed_by=closed.closed_by.name if closed else "",
    )


def send_due() -> int:
    """Sends what is due, of every programme. Returns how many letters are new. Every hour, by a schedule."""
    now = datetime.now(UTC)
    programmes = list(Programme.objects.order_by("pk").select_related("report_mailing"))
    return sum(_send_month(one, now) + _send_exceptions(one, now) for one in programmes)


# --- Below ---------------------------------------------------------------------------------------------------


def _send_month(programme: Programme, now: datetime) -> int:
    mailing: ReportMailing | None = getattr(programme, "report_mailing", None)
    today = now.astimezone(programme.zone).date()
    if mailing is None or not mailing.recipients or today.day < mailing.day:
        return 0
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    if mailing.sent_for is not None and mailing.sent_for >= month:
        return 0
    found = health(programme=programme, month=month, now=now)
    told = "\n".join(f"{name}: {value}" for name, value in facts(found))
    text = (
        f"{programme.name} in {month:%B %Y}\n\n{told}\n\nThe page to print: {sponsor_link(programme, month)}\n\n"
        f"Everybody’s figures, for administrators who sign in:\n{_files(programme, month)}\n"
    )
    with transaction.atomic():
        ReportMailing.objects.filter(pk=mailing.pk).update(sent_for=month)
        sent = [
            letters.mail_to(
                address=address,
                key=f"report:{programme.pk}:{month:%Y-%m}:{address}",
                kind="report",
                subject=f"{programme.name}: {month:%B %Y}",
                text=text,
            )
            for address in mailing.recipients
        ]
    return sum(letter is not None for letter in sent)


def _files(programme: Programme, month: date) -> str:
    """The whole month as files: they have names in them, and are for administrators alone."""
    return "\n".join(
        f"{words}: {settings.PUBLIC_BASE_URL}{reverse(name, args=[programme.slug, f'{month:%Y-%m}'])}"
        for words, name in (("Excel", "web:report-xlsx"), ("CSV", "web:report-csv"))
    )


def _send_exceptions(programme: Programme, now: datetime) -> int:
    """On Monday (or later in the week, where Monday was missed) what is amiss; nothing where nothing is."""
    today = now.astimezone(programme.zone).date()
    monday = today - timedelta(days=today.weekday())
    key = f"exceptions:{programme.pk}:{monday}"
    admins = list(Person.objects.administrators())
    if not admins or letters.already_said([f"{key}:{admin.pk}" for admin in admins]):
        return 0
    text = exceptions(programme=programme, now=now)
    if not text:
        return 0
    subject = f"{programme.name}: what is amiss this week"
    return len(letters.tell_administrators(key=key, kind="report", subject=subject, text=text))


def exceptions(*, programme: Programme, now: datetime) -> str:
    """Who is behind in the month that runs, with what is missing, and a month that waits to be closed; "" for none."""
    today = now.astimezone(programme.zone).date()
    first = today.replace(day=1)
    behind = [
        line
        for line in report(programme=programme, month=first, now=now).lines
        if line.standing.status is Status.BEHIND
    ]
    before = (first - timedelta(days=1)).replace(day=1)
    parts = []
    if behind:
        named = "\n".join(_told(line) for line in behind[:_NAMED])
        more = f"\nand {len(behind) - _NAMED} more" if len(behind) > _NAMED else ""
        parts.append(f"Behind in {first:%B}, by name:\n{named}{more}")
    waits = closed_month(programme, before) is None and month_days(before)[0] >= programme.created_at.date()
    if waits:
        parts.append(f"{before:%B %Y} is not closed yet.")
    if not parts:
        return ""
    link = f"{settings.PUBLIC_BASE_URL}{reverse('web:report-month')}?programme={programme.slug}&status=behind"
    return "\n\n".join([*parts, link])


def _told(line: Line) -> str:
    """What is missing, what the month comes to, and the page on which one more tap books a time."""
    told = f"{line.person.name}: {'; '.join(line.standing.reasons)}"
    if not line.short:
        return told
    page = f"{settings.PUBLIC_BASE_URL}{reverse('web:listening-of', args=[line.person.pk])}"
    return f"{told}. It comes to {clock(line.forecast)}. Book a time: {page}"
