"""Has the queue link cases to the notices that had warned of them."""

from django.db import migrations

NAME = "link cases to notices"


def schedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.get_or_create(
        name=NAME,
        defaults={
            "func": "escalations.foreseen.link_due",
            "schedule_type": "I",
            "minutes": 10,
            "repeats": -1,
        },
    )


def unschedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [("escalations", "0006_place_pages_in_line"), ("django_q", "0018_task_success_index")]
    operations = [migrations.RunPython(schedule, unschedule)]
