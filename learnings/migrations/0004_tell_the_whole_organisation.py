"""Keeps since when a routine mail told, and has the queue tell the whole organisation."""

from django.db import migrations, models
from django.utils import timezone

SCHEDULES = {
    "write routine mail": ("learnings.routine.send_due", "I", 10),
    "publish “You said, we did”": ("learnings.said_done.publish_due", "H", 1),
    "send news to chats and webhooks": ("learnings.dispatching.send_due", "I", 1),
    "propose themes by likeness": ("learnings.likeness.propose", "D", 1),
}


def schedule(apps, schema_editor):
    Schedule = apps.get_model("django_q", "Schedule")
    for name, (func, each, minutes) in SCHEDULES.items():
        Schedule.objects.get_or_create(
            name=name, defaults={"func": func, "schedule_type": each, "minutes": minutes, "repeats": -1}
        )


def unschedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name__in=SCHEDULES).delete()


class Migration(migrations.Migration):
    dependencies = [("learnings", "0003_follow_up_hourly"), ("django_q", "0018_task_success_index")]
    operations = [
        migrations.AddField(
            "mailwish", "gathered_from", models.DateTimeField(default=timezone.now), preserve_default=False
        ),
        migrations.RunPython(schedule, unschedule),
    ]
