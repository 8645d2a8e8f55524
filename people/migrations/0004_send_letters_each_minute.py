"""Has the queue look each minute for letters that are due: a task that was lost costs a minute, and no letter."""

from django.db import migrations

TASKS = {
    "send letters by mail": "people.letters_mail.send_due",
    "send letters by text": "people.letters_texts.send_due",
}


def schedule(apps, schema_editor):
    Schedule = apps.get_model("django_q", "Schedule")
    for name, func in TASKS.items():
        Schedule.objects.get_or_create(
            name=name, defaults={"func": func, "schedule_type": "I", "minutes": 1, "repeats": -1}
        )


def unschedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name__in=TASKS).delete()


class Migration(migrations.Migration):
    dependencies = [("people", "0003_letters"), ("django_q", "0018_task_success_index")]
    operations = [migrations.RunPython(schedule, unschedule)]
