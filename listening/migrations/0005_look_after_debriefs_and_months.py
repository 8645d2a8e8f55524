"""Has the queue remind of debriefs, nudge by the middle of the month, carry over, and let agents' names go."""

from django.db import migrations

SCHEDULES = {
    "remind of debriefs": ("listening.debriefs.remind_due", "I", 15),
    "nudge who falls short of listening": ("listening.pace.nudge_due", "H", None),
    "carry minutes of listening over": ("listening.ledger.carry_over_due", "H", None),
    "let agents' names leave old notes": ("listening.agent_names.forget_due", "D", None),
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
    dependencies = [
        ("listening", "0004_keep_the_ledger_as_it_is"),
        ("django_q", "0018_task_success_index"),
    ]
    operations = [migrations.RunPython(schedule, unschedule)]
