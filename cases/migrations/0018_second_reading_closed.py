from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0017_embeddings"),
    ]

    operations = [
        migrations.AlterField(
            model_name="secondreading",
            name="state",
            field=models.CharField(
                choices=[
                    ("second", "waits for a second reader"),
                    ("third", "waits for a third reader"),
                    ("done", "done"),
                    ("closed", "closed without a reader"),
                ],
                default="second",
                max_length=6,
                verbose_name="state",
            ),
        ),
    ]
