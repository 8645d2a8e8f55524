"""An index for each question that had none, or none that SQLite could see; indexes that others begin with go."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_record_contacts"),
        ("escalations", "0003_live_or_ended"),
        ("rota", "0008_look_after_duty_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="escalation",
            name="escalation_open_account",
        ),
        migrations.RemoveIndex(
            model_name="escalation",
            name="escalation_open_owner",
        ),
        migrations.RemoveIndex(
            model_name="escalation",
            name="escalation_open_contact",
        ),
        migrations.AlterField(
            model_name="escalation",
            name="raised_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="raised",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="escalation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="events",
                to="escalations.escalation",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="escalation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="escalations.escalation",
            ),
        ),
        migrations.AlterField(
            model_name="page",
            name="escalation",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="pages",
                to="escalations.escalation",
            ),
        ),
        migrations.AlterField(
            model_name="page",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="pages",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="bridge",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["officer"],
                name="bridge_open_of_officer",
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("next_action_at__isnull", False)),
                fields=["-created_at", "-id"],
                name="escalation_open",
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("next_action_at__isnull", False)),
                fields=["account"],
                name="escalation_open_account",
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("next_action_at__isnull", False)),
                fields=["owner", "-created_at"],
                name="escalation_open_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("next_action_at__isnull", False)),
                fields=["raised_by", "-created_at"],
                name="escalation_open_raised_by",
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(fields=["contact_phone", "-created_at"], name="escalation_of_contact"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("kind", "watchdog")), fields=["id"], name="event_of_watchdog"
            ),
        ),
        migrations.AddIndex(
            model_name="joinedcontact",
            index=models.Index(fields=["phone"], name="joined_contact_of_phone"),
        ),
        migrations.AddIndex(
            model_name="leg",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)), fields=["created_at"], name="leg_live"
            ),
        ),
        migrations.AddIndex(
            model_name="leg",
            index=models.Index(
                condition=models.Q(("status", "failed")), fields=["-created_at"], name="leg_failed"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("status", "failed")), fields=["-created_at"], name="message_failed"
            ),
        ),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(fields=["escalation", "person", "created_at"], name="page_of_case"),
        ),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)), fields=["person"], name="page_live_of_person"
            ),
        ),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)), fields=["sent_at"], name="page_live"
            ),
        ),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(
                condition=models.Q(("status", "failed")), fields=["-created_at"], name="page_failed"
            ),
        ),
    ]
