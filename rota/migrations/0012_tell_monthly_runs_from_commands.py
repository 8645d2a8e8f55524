from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def mark(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Nobody but the monthly draft left a run without somebody who asked for it."""
    apps.get_model("rota", "PlanningRun").objects.filter(by=None).update(monthly=True)


class Migration(migrations.Migration):
    dependencies = [("rota", "0011_draft_each_month")]

    operations = [
        migrations.AddField(
            model_name="planningrun",
            name="monthly",
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(mark, migrations.RunPython.noop, elidable=True),
    ]
