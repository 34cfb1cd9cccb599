from django.db import migrations, models

# The list that a new site starts with; administrators edit it. Kind: code, English, Korean.
WORDS = {
    "pattern": [
        ("lobar", "lobar consolidation", "대엽성 경화"),
        ("patchy", "patchy opacity", "반점상 음영"),
        ("interstitial", "interstitial opacity", "간질성 음영"),
        ("nodule", "nodule", "결절"),
        ("cavity", "cavity", "공동"),
        ("atelectasis", "atelectasis", "무기폐"),
        ("effusion", "pleural effusion", "흉수"),
        ("pneumothorax", "pneumothorax", "기흉"),
        ("hilum", "enlarged hilum", "폐문 비대"),
        ("heart", "enlarged heart", "심비대"),
        ("other", "other finding", "기타 소견"),
    ],
    "side": [("right", "right", "우측"), ("left", "left", "좌측"), ("both", "both sides", "양측")],
    "zone": [
        ("upper", "upper zone", "상폐야"),
        ("middle", "middle zone", "중폐야"),
        ("lower", "lower zone", "하폐야"),
        ("perihilar", "around the hilum", "폐문 주위"),
        ("whole", "whole lung", "폐 전체"),
    ],
}


def fill(apps, schema_editor):
    term = apps.get_model("cases", "FindingTerm")
    for kind, words in WORDS.items():
        for place, (code, name_en, name_ko) in enumerate(words, start=1):
            term.objects.create(kind=kind, code=code, name_en=name_en, name_ko=name_ko, place=10 * place)


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
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
