"""The programme's page of a month reads the cases that were raised in it, of all the years' cases."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("escalations", "0010_read_months_out_of_indexes")]

    operations = [
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(fields=["programme", "created_at"], name="escalation_of_month"),
        ),
    ]
