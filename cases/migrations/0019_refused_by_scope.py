from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0018_second_reading_closed"),
    ]

    operations = [
        migrations.AlterField(
            model_name="analysis",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "waiting"),
                    ("running", "running"),
                    ("done", "done"),
                    ("not_scored", "not scored"),
                    ("failed", "failed"),
                    ("cancelled", "cancelled"),
                ],
                default="waiting",
                max_length=10,
                verbose_name="state",
            ),
        ),
    ]
