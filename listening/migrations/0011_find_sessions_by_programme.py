"""A month's sessions are always asked for of one programme: SQLite took the programme's index, and read all its years."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("listening", "0010_find_sessions_by_month")]

    operations = [
        migrations.RemoveIndex(model_name="session", name="session_of_month"),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["programme", "month", "person"], name="session_of_month"),
        ),
    ]
