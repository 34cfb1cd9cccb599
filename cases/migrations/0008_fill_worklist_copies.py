# What the new columns copy, for the cases that are there.

from django.db import migrations
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Concat, Substr, Trim
from django.utils import timezone

from inference.age import age_in_years

BATCH = 500
FINAL = ("signed", "amended")


def fill_copies(apps, schema_editor):
    """What stands in other tables, for the cases that are there."""
    Case, Patient, Analysis, Report, User = (
        apps.get_model("cases", name) for name in ("Case", "Patient", "Analysis", "Report", "User")
    )
    whose = Patient.objects.filter(pk=OuterRef("patient"))
    newest = Report.objects.filter(case=OuterRef("pk")).order_by("-version")
    Case.objects.exclude(patient=None).update(
        sex=Subquery(whose.values("sex")[:1]),
        patient_order=Subquery(whose.values(said=Substr(Trim(Concat("name", Value(" "), "patient_id")), 1, 100))[:1]),
    )
    Case.objects.exclude(top_analysis=None).update(
        model_version=Subquery(Analysis.objects.filter(pk=OuterRef("top_analysis")).values("model_version")[:1])
    )
    Case.objects.exclude(claimed_by=None).update(
        reader_name=Subquery(User.objects.filter(pk=OuterRef("claimed_by")).values("username")[:1])
    )
    Case.objects.filter(state__in=FINAL, reports__isnull=False).update(
        reader_name=Subquery(newest.values("signed_by__username")[:1]),
        verdict=Subquery(newest.values("reading__verdict")[:1]),
    )
    batch = []
    for case in Case.objects.select_related("patient").prefetch_related("radiographs").iterator(chunk_size=BATCH):
        case.flags, case.age_months = flags_of(case), age_of(case)
        batch.append(case)
        if len(batch) == BATCH:
            Case.objects.bulk_update(batch, ["flags", "age_months"])
            batch = []
    Case.objects.bulk_update(batch, ["flags", "age_months"])


def flags_of(case):
    pictures = list(case.radiographs.all())
    told = (case.clinical_question, any(picture.notes for picture in pictures), len(pictures) > 1)
    return sum(bit for bit, holds in zip((1, 2, 4, 8), (*told, case.kind == "phantom")) if holds)


def age_of(case):
    born = case.patient.birth_date if case.patient else None
    on = case.study_date or timezone.localdate(case.received_at)
    if born is not None:
        months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
        return months if months >= 0 else None
    stated = (age_in_years(picture.tags) for picture in case.radiographs.all())
    years = next((age for age in stated if age is not None), None)
    return None if years is None else round(years * 12)


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0007_worklist_copies"),
    ]

    operations = [migrations.RunPython(fill_copies, migrations.RunPython.noop)]
