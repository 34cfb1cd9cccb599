from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0011_blind_first'),
    ]

    operations = [
        migrations.AddField(
            model_name='reading',
            name='findings',
            field=models.JSONField(blank=True, db_default=[], default=list, verbose_name='findings'),
        ),
        migrations.CreateModel(
            name='FindingTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('pattern', 'what was found'), ('side', 'side'), ('zone', 'zone')], max_length=8, verbose_name='kind')),
                ('code', models.SlugField(max_length=32, verbose_name='code')),
                ('name_en', models.CharField(max_length=80, verbose_name='name in English')),
                ('name_ko', models.CharField(max_length=80, verbose_name='name in Korean')),
                ('place', models.PositiveSmallIntegerField(default=0, verbose_name='place in the list')),
                ('retired', models.BooleanField(default=False, verbose_name='retired')),
            ],
            options={
                'verbose_name': 'word for findings',
                'verbose_name_plural': 'words for findings',
                'ordering': ['kind', 'place', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('kind', 'code'), name='one_finding_term_per_code')],
            },
        ),
    ]
