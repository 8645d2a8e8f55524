"""The month's report counts ten thousand learnings by author: out of the index alone, not a row each."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("learnings", "0004_tell_the_whole_organisation")]

    operations = [
        migrations.RemoveIndex(model_name="learning", name="learning_newest"),
        migrations.AddIndex(
            model_name="learning",
            index=models.Index(fields=["-created_at", "-id", "author"], name="learning_newest"),
        ),
    ]
