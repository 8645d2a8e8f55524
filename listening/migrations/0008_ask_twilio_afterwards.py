"""Has the queue hold what Twilio has on record against our evidence, some minutes after each session."""

from django.db import migrations

NAME = "reconcile sessions with Twilio"


def schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name=NAME,
        defaults={
            "func": "listening.reconciling.reconcile_due",
            "schedule_type": "I",
            "minutes": 10,
            "repeats": -1,
        },
    )


def unschedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [("listening", "0007_reconcile_with_twilio"), ("django_q", "0018_task_success_index")]
    operations = [migrations.RunPython(schedule, unschedule)]
