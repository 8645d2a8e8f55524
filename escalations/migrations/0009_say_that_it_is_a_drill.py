"""A case knows that it is a drill: all that is said of it says so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("escalations", "0008_find_unreported_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="escalation",
            name="is_drill",
            field=models.BooleanField(default=False, editable=False),
        ),
    ]
