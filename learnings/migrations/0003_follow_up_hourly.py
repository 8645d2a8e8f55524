"""Has the queue follow up what was learnt: vacant touchpoints, orphans, measurements, clocks and notices."""

from django.db import migrations

SCHEDULES = {
    "tell of touchpoints without an owner": "learnings.touchpoints.tell_of_vacant",
    "give what is left behind to others": "learnings.leaving.mend_orphans",
    "measure whether actions worked": "learnings.measuring.measure_due",
    "start the clocks of ideas again": "learnings.ideas.start_clocks_again",
    "nudge those who have not read a notice": "learnings.notices.nudge_due",
}


def schedule(apps, schema_editor):
    Schedule = apps.get_model("django_q", "Schedule")
    for name, func in SCHEDULES.items():
        Schedule.objects.get_or_create(name=name, defaults={"func": func, "schedule_type": "H", "repeats": -1})


def unschedule(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(name__in=SCHEDULES).delete()


class Migration(migrations.Migration):
    dependencies = [("learnings", "0002_follow_what_was_learnt"), ("django_q", "0018_task_success_index")]
    operations = [migrations.RunPython(schedule, unschedule)]
