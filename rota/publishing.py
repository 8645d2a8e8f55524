"""From draft to published: all the days of a rota or none, and never over days that are published."""

from datetime import UTC, date, datetime

from django.db import IntegrityError, transaction
from simple_history.utils import bulk_update_with_history

from people.models import Person
from rota.errors import CannotPublish
from rota.hours import duty_period, is_duty_day
from rota.models import Duty, Programme, Rota, RotaStatus


def publish(*, rota: Rota, by: Person | None = None) -> Rota:
    """Publishes every duty of a draft, with the times of the programme's present rules.

    Raises CannotPublish, and publishes nothing, where a day has a published duty already, is no duty day any
    more, or somebody would sit twice or has left.
    """
    now = datetime.now(UTC)
    try:
        with transaction.atomic():
            # The programme's row is the lock of all its rotas: two drafts of the same days go one by one.
            programme = Programme.objects.select_for_update().get(pk=rota.programme_id)
            published = Rota.objects.select_for_update().get(pk=rota.pk)
            if published.status == RotaStatus.PUBLISHED:
                raise CannotPublish("This rota is published already.", code="published")
            duties = list(published.duties.select_related("person").order_by("day", "seat"))
            _check(programme, duties)
            _time(programme, duties)
            bulk_update_with_history(
                duties,
                Duty,
                ["starts_at", "ends_at", "published"],
                batch_size=500,
                default_user=by,
                default_change_reason="published",
            )
            published.status, published.published_at = RotaStatus.PUBLISHED, now
            published.save()
    except IntegrityError as error:
        raise CannotPublish(
            "Some of these days were published by somebody else just now. Look at the rota again.",
            code="taken",
        ) from error
    rota.refresh_from_db()
    return rota


def _check(programme: Programme, duties: list[Duty]) -> None:
    if not duties:
        raise CannotPublish("This rota has no duties. Draft it again.", code="empty")
    days = sorted({duty.day for duty in duties})
    taken = Duty.objects.published().filter(programme=programme, day__in=days)
    if dates := sorted(set(taken.values_list("day", flat=True))):
        raise CannotPublish(
            f"{_listed(dates)} published already, and published days stay put.", field="day", code="taken"
        )
    if dates := [day for day in days if not is_duty_day(programme.rules, day)]:
        raise CannotPublish(
            f"{_listed(dates)} no duty day of the programme. Draft the rota again.",
            field="day",
            code="no_day",
        )
    seated: set[tuple[date, int]] = set()
    for duty in duties:
        if not duty.person.is_active:
            raise CannotPublish(
                f"{duty.person.name}, on {duty.day}, has left. Draft the rota again.", field="person"
            )
        if (duty.day, duty.person_id) in seated:
            raise CannotPublish(f"{duty.person.name} would sit twice on {duty.day}.", field="person")
        seated.add((duty.day, duty.person_id))


def _time(programme: Programme, duties: list[Duty]) -> None:
    periods = {day: duty_period(programme.rules, day) for day in {duty.day for duty in duties}}
    for duty in duties:
        duty.published = True
        duty.starts_at, duty.ends_at = periods[duty.day].start, periods[duty.day].end


def _listed(dates: list[date]) -> str:
    """ "2026-11-23 is", "2026-11-23 and 4 more are"."""
    if len(dates) == 1:
        return f"{dates[0]} is"
    return f"{dates[0]} and {len(dates) - 1} more are"
