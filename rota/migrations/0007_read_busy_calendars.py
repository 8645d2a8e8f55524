"""Has the queue read the busy calendars that are due, and keeps by which clock and how well each was read."""

from django.db import migrations, models

NAME = "read busy calendars"


def schedule(apps, schema_editor):
    Schedule = apps.get_model("django_q", "Schedule")
    Schedule.objects.get_or_create(
        name=NAME,
        defaults={"func": "rota.busy_fetching.sweep", "schedule_type": "I", "minutes": 15, "repeats": -1},
    )


def unschedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("rota", "0006_follow_calendars"),
        ("django_q", "0018_task_success_index"),
    ]
    operations = [
        migrations.AddField(
            "busycalendar", "good_zone", models.CharField(blank=True, default="", max_length=64), preserve_default=False
        ),
        migrations.AddField("busycalendar", "doubts", models.JSONField(blank=True, default=list)),
        migrations.RunPython(schedule, unschedule),
    ]
