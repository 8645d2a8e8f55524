from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rota", "0012_tell_monthly_runs_from_commands")]

    operations = [
        migrations.AddField(
            model_name=model,
            name="cancelled_why",
            field=models.CharField(blank=True, default="", max_length=100),
        )
        for model in ("listeninghold", "historicallisteninghold")
    ]
