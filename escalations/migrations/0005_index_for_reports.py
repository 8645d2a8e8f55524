"""Indexes for the questions of the month's report."""
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('escalations', '0004_stay_flat_as_history_grows'),
        ('learnings', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('kind', 'accepted')), fields=['at'], name='event_accepted'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('kind', 'handed_over')), fields=['at'], name='event_handed_over'),
        ),
        migrations.AddIndex(
            model_name='outcome',
            index=models.Index(fields=['recorded_at'], name='outcome_recorded'),
        ),
        migrations.AddIndex(
            model_name='outcome',
            index=models.Index(condition=models.Q(('answered_at__isnull', False)), fields=['answered_at'], name='outcome_answered'),
        ),
    ]
