"""Has the queue remind of duties, end wishes that nobody answered, and tell of gaps."""

from django.db import migrations

SCHEDULES = {
    "remind of duties": ("rota.reminders.remind_due", "I", 5),
    "end wishes to give a duty away": ("rota.swaps.lapse_due", "I", 5),
    "go on looking for cover": ("rota.cover.search_on", "I", 5),
    "tell of gaps": ("rota.coverage.tell_due", "H", 1),
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
    dependencies = [("rota", "0007_read_busy_calendars"), ("django_q", "0018_task_success_index")]
    operations = [migrations.RunPython(schedule, unschedule)]
