"""`/healthz`: for load balancers, monitors and the supervisor; says nothing that a stranger may not know."""

from datetime import timedelta

from django.db import Error
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from escalations.models import Heartbeat
from telephony import clock

# A pager beats each 5 s (`escalations.pager.BEAT_SECONDS`). Three beats may be missed: a lock of some seconds, a
# restart, a busy machine are no alarm.
PAGER_SILENT_AFTER = timedelta(seconds=20)


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the database answers and a pager has beaten within the last 20 s, else 503.

    `pager_seconds` is the age of the youngest pager's heartbeat, null when there was none.
    """
    try:
        beats = list(Heartbeat.objects.filter(name__startswith="pager").values_list("at", flat=True))
    except Error:
        return JsonResponse({"status": "the database does not answer"}, status=503)
    age = clock.now() - max(beats) if beats else None
    well = age is not None and age < PAGER_SILENT_AFTER
    return JsonResponse(
        {
            "status": "ok" if well else "no pager is at work: start `python manage.py run_pager`",
            "pager_seconds": None if age is None else round(max(age.total_seconds(), 0.0), 1),
        },
        status=200 if well else 503,
    )
