from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0019_refused_by_scope"),
    ]

    operations = [
        migrations.AddField(
            model_name="radiograph",
            name="orientation",
            field=models.CharField(blank=True, db_default="", default="", max_length=4, verbose_name="how it lies"),
        ),
        migrations.AddConstraint(
            model_name="radiograph",
            constraint=models.CheckConstraint(
                condition=models.Q(("orientation__in", ("", "0f", "90", "90f", "180", "180f", "270", "270f"))),
                name="radiograph_orientation",
            ),
        ),
    ]
