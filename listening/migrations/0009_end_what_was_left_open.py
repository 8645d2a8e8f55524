"""Audits, reviews and ride-alongs that nobody ended are looked at like all others: they have a due time from now on."""

from datetime import timedelta

from django.db import migrations
from django.db.models import F


def give_due_times(apps, schema_editor):
    Session = apps.get_model("listening", "Session")
    Session.objects.filter(kind__in=("audit", "review"), status="running", next_at=None).update(
        next_at=F("started_at") + timedelta(days=1)
    )
    Session.objects.filter(kind="ride_along", status="booked", next_at=None).update(next_at=F("planned_end"))


class Migration(migrations.Migration):
    dependencies = [("listening", "0008_ask_twilio_afterwards")]
    operations = [migrations.RunPython(give_due_times, migrations.RunPython.noop)]
