"""Lets the queue work out the least disruption: a proposal begins as one that waits."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rota', '0008_look_after_duty_days'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='coverproposal',
            name='cover_proposal_one_open',
        ),
        migrations.AlterField(
            model_name='coverproposal',
            name='status',
            field=models.CharField(choices=[('waiting', 'Being worked out'), ('open', 'Awaits an administrator'), ('nothing', 'Nothing would do'), ('applied', 'Applied'), ('dismissed', 'Dismissed'), ('outdated', 'Outdated')], default='waiting', max_length=12),
        ),
        migrations.AlterField(
            model_name='historicalcoverproposal',
            name='status',
            field=models.CharField(choices=[('waiting', 'Being worked out'), ('open', 'Awaits an administrator'), ('nothing', 'Nothing would do'), ('applied', 'Applied'), ('dismissed', 'Dismissed'), ('outdated', 'Outdated')], default='waiting', max_length=12),
        ),
        migrations.AddIndex(
            model_name='coverproposal',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['created_at'], name='cover_proposal_waiting'),
        ),
        migrations.AddConstraint(
            model_name='coverproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['waiting', 'open'])), fields=('duty',), name='cover_proposal_one_open'),
        ),
    ]
