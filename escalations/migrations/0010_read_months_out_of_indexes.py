"""The month's report counts ten thousand outcomes out of the index alone, not a row each, and the programme's page of
a month reads the cases that were raised in it, of all the years' cases.

Each index of outcomes begins with what it began with, and whoever read it before reads it still.
"""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("escalations", "0009_say_that_it_is_a_drill")]

    operations = [
        migrations.RemoveIndex(model_name="outcome", name="outcome_recorded"),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(fields=["recorded_at", "recorded_by", "escalation"], name="outcome_recorded"),
        ),
        migrations.RemoveIndex(model_name="outcome", name="outcome_answered"),
        migrations.AddIndex(
            model_name="outcome",
            index=models.Index(
                fields=["answered_at", "answer", "recorded_by", "escalation"],
                condition=Q(answered_at__isnull=False),
                name="outcome_answered",
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(fields=["programme", "created_at"], name="escalation_of_month"),
        ),
    ]
