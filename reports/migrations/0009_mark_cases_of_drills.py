"""The cases of drills say themselves that they are drills."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def mark(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    drills = apps.get_model("reports", "Drill").objects.values("escalation")
    apps.get_model("escalations", "Escalation").objects.filter(pk__in=drills).update(is_drill=True)


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0008_drill_each_minute"),
        ("escalations", "0009_say_that_it_is_a_drill"),
    ]

    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
