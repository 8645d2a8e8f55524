"""A page's place in the line of calls: graver and older ones first, and none for ever (`escalations.turns`)."""

from datetime import timedelta

import django.utils.timezone
from django.db import migrations, models
from django.db.models import F, Q

HEAD_START = timedelta(minutes=2)


def place(apps, schema_editor):
    Page = apps.get_model("escalations", "Page")
    # What went out long ago has no place any more; its row says when it was made.
    Page.objects.update(turn_at=F("created_at"))
    for gravity in (1, 2, 3):
        queued = Page.objects.filter(status="queued", gravity=gravity)
        queued.update(turn_at=F("created_at") - gravity * HEAD_START)


class Migration(migrations.Migration):
    dependencies = [("escalations", "0005_index_for_reports")]

    operations = [
        migrations.AddField(
            model_name="page",
            name="turn_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.RunPython(place, migrations.RunPython.noop),
        migrations.RemoveIndex(model_name="page", name="page_queued"),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(condition=Q(("status", "queued")), fields=["turn_at", "id"], name="page_queued"),
        ),
    ]
