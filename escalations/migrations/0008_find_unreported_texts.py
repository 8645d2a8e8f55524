"""Texts of which nobody has told whether they arrived are found by the watchdog; those of before today are left alone."""

from datetime import timedelta

from django.db import migrations, models
from django.db.models import F, Q
from django.utils import timezone


def end_what_is_over(apps, schema_editor):
    Message = apps.get_model("escalations", "Message")
    texts = Message.objects.filter(channel="text", ended_at__isnull=True, sent_at__isnull=False)
    texts.filter(status="delivered").update(ended_at=F("sent_at"))
    long_ago = timezone.now() - timedelta(days=1)
    texts.filter(status="sent", sent_at__lt=long_ago).update(ended_at=F("sent_at"))


class Migration(migrations.Migration):
    dependencies = [("escalations", "0007_link_cases_to_notices")]

    operations = [
        migrations.RunPython(end_what_is_over, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=Q(("channel", "text"), ("ended_at__isnull", True), ("status", "sent")),
                fields=["sent_at"],
                name="message_unreported",
            ),
        ),
    ]
