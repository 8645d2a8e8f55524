"""The month's report reads everybody's held times of a month, and their people read those of one person in it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rota", "0013_say_why_a_time_was_taken_back")]

    operations = [
        migrations.RemoveIndex(model_name="listeninghold", name="hold_of_person"),
        migrations.AddIndex(
            model_name="listeninghold",
            index=models.Index(fields=["month", "person"], name="hold_of_month"),
        ),
    ]
