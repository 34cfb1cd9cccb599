from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0020_orientation"),
    ]

    operations = [
        migrations.AddField(
            model_name="phrase",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[("ko", "Korean"), ("en", "English")],
                db_default="",
                default="",
                max_length=2,
                verbose_name="language",
            ),
        ),
    ]
