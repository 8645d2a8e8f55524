"""A help desk tells of its days: contacts, tickets, and what is healthy."""

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("customers", "0002_record_contacts"),
        ("reports", "0009_mark_cases_of_drills"),
        ("rota", "0012_tell_monthly_runs_from_commands"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalHealthyBand",
            fields=[
                (
                    "id",
                    models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID"),
                ),
                ("low", models.DecimalField(decimal_places=1, max_digits=5)),
                ("high", models.DecimalField(decimal_places=1, max_digits=5)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="rota.programme",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical healthy band",
                "verbose_name_plural": "historical healthy bands",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ContactCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("contacts", models.PositiveIntegerField()),
                ("registered_at", models.DateTimeField()),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contact_counts",
                        to="rota.programme",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["day", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("programme", "day"), name="contact_count_once_a_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="HealthyBand",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("low", models.DecimalField(decimal_places=1, max_digits=5)),
                ("high", models.DecimalField(decimal_places=1, max_digits=5)),
                (
                    "programme",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="healthy_band",
                        to="rota.programme",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("high__gte", models.F("low")), ("low__gte", 0)),
                        name="healthy_band_in_order",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reference",
                    models.CharField(
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[A-Za-z0-9][A-Za-z0-9._:/#-]{0,63}\\Z",
                                "Write the ticket's own number: letters, digits and . _ : / # - without blanks.",
                            )
                        ],
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                (
                    "severity",
                    models.CharField(
                        choices=[("normal", "Normal"), ("high", "High"), ("critical", "Critical")],
                        default="normal",
                        max_length=10,
                    ),
                ),
                ("public_risk", models.BooleanField(default=False)),
                ("score_total", models.PositiveSmallIntegerField()),
                ("threshold", models.PositiveSmallIntegerField()),
                ("qualifies", models.BooleanField()),
                ("registered_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="customers.account",
                    ),
                ),
                (
                    "programme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tickets",
                        to="rota.programme",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["opened_at", "id"],
                "indexes": [models.Index(fields=["programme", "opened_at"], name="ticket_opened")],
                "constraints": [
                    models.UniqueConstraint(fields=("programme", "reference"), name="ticket_once")
                ],
            },
        ),
    ]
