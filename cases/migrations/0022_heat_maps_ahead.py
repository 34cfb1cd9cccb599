"""A site may have heat maps made before anybody asks; then nobody asked."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0021_phrase_language")]

    operations = [
        migrations.AddField(
            model_name="site",
            name="heat_maps_ahead",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="For every picture that is scored from now on, when nothing else waits; else at the first look.",
                verbose_name="heat maps before anybody asks",
            ),
        ),
        migrations.AlterField(
            model_name="heatmap",
            name="asked_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="asked for by",
            ),
        ),
    ]
