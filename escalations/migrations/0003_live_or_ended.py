"""What is live has not ended: the database holds it, so that indexes may go by it and a phone's one live call too."""

from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

LIVE = {
    "page": ("queued", "sending", "ringing", "answered"),
    "leg": ("queued", "sending", "ringing", "joined"),
}


def _consistent(kind):
    live = Q(status__in=LIVE[kind])
    return Q(ended_at__isnull=True) & live | ~Q(ended_at__isnull=True) & ~live


def mend(apps, schema_editor):
    """Rows that were ended without a time, if there are any: they had ended by their last step at the latest."""
    for kind, live in LIVE.items():
        rows = apps.get_model("escalations", kind).objects
        rows.filter(status__in=live, ended_at__isnull=False).update(ended_at=None)
        rows.exclude(status__in=live).filter(ended_at__isnull=True).update(
            ended_at=Coalesce(F("sent_at"), F("created_at"))
        )


class Migration(migrations.Migration):
    dependencies = [("escalations", "0002_begin_duty_days")]
    operations = [
        migrations.RunPython(mend, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="page", name="page_one_live_call_a_phone"),
        migrations.AddConstraint(
            model_name="page",
            constraint=models.UniqueConstraint(
                fields=["address"],
                condition=Q(ended_at__isnull=True) & Q(channel="call"),
                name="page_one_live_call_a_phone",
            ),
        ),
        migrations.AddConstraint(
            model_name="page",
            constraint=models.CheckConstraint(condition=_consistent("page"), name="page_live_or_ended"),
        ),
        migrations.AddConstraint(
            model_name="leg",
            constraint=models.CheckConstraint(condition=_consistent("leg"), name="leg_live_or_ended"),
        ),
    ]
