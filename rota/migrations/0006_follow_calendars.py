"""Has the queue bring calendars up to the published duties, and read the mailbox that answers come to."""

from django.db import migrations, models

SCHEDULES = {
    "bring calendars up to the duties": ("rota.invitations_due.keep_up", "I"),
    "compare every calendar entry": ("rota.invitations_due.keep_up_with_everybody", "H"),
    "fetch answers by mail": ("rota.mailbox.fetch_if_set", "I"),
}


def schedule(apps, schema_editor):
    Schedule = apps.get_model("django_q", "Schedule")
    for name, (func, each) in SCHEDULES.items():
        Schedule.objects.get_or_create(
            name=name, defaults={"func": func, "schedule_type": each, "minutes": 1, "repeats": -1}
        )


def unschedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name__in=SCHEDULES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("rota", "0005_search_for_cover_and_test_rings"),
        ("django_q", "0018_task_success_index"),
    ]
    operations = [
        migrations.AddIndex(
            "invitation",
            models.Index(
                fields=["id"],
                condition=models.Q(mailed_sequence__lt=models.F("sequence")),
                name="invitation_to_mail",
            ),
        ),
        migrations.RunPython(schedule, unschedule),
    ]
