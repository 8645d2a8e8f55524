"""The month's report reads everybody's sessions of a programme's month, and their people those of one person in it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("listening", "0009_end_what_was_left_open")]

    operations = [
        migrations.RemoveIndex(model_name="session", name="session_of_person"),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["programme", "month", "person"], name="session_of_month"),
        ),
    ]
