"""A department's record of many cases, made in bulk: all that lists look at is there, no file is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection, transaction

BATCH = 2000
THRESHOLDS = {"sensitive": 0.3, "specific": 0.7}
# state: how many of a hundred. A backlog that no department has: a third of all cases is open.
SHARES = {
    "received": 2,
    "queued": 1,
    "ready": 24,
    "claimed": 1,
    "read": 1,
    "not_scored": 2,
    "failed": 2,
    "signed": 58,
    "amended": 5,
    "rejected": 3,
    "cancelled": 1,
}
SCORED = ("ready", "claimed", "read", "signed", "amended")
READERS = 60
FAMILY = "김이박최정강조윤장임한오서신권황안송전홍"
GIVEN = "민서준지우현수영희철진아은하윤도경태성"


def make_cases(number: int, seed: int = 5) -> None:
    """Fill an empty database: readers, two model versions, patients, and cases with pictures and analyses."""
    chance = random.Random(seed)
    with transaction.atomic():
        _make_people_and_models()
        _make_patients(number * 3 // 5, chance)
        for first in range(1, number + 1, BATCH):
            _make_batch(range(first, min(first + BATCH, number + 1)), number, chance)
    _move_sequences()


def _make_people_and_models() -> None:
    from cases.models import ModelVersion, User

    people = [("reader", "radiologist"), ("sender", "radiographer"), ("keeper", "administrator")]
    people += [(f"reader{number}", "radiologist") for number in range(1, READERS)]
    User.objects.bulk_create(
        User(pk=pk, username=name, first_name=name.title(), role=role, password="!")
        for pk, (name, role) in enumerate(people, start=1)
    )
    common: dict[str, Any] = {"directory": "/nowhere", "classes": ["NORMAL", "PNEUMONIA"], "positive": "PNEUMONIA"}
    ModelVersion.objects.bulk_create(
        ModelVersion(
            pk=pk, name="pneumonia", version=f"{pk}.0", sha256=f"{pk:064}", thresholds=THRESHOLDS, card="#", **common
        )
        for pk in (1, 2)
    )


def _make_patients(number: int, chance: random.Random) -> None:
    from cases.models import Patient

    def patients() -> Iterator[Patient]:
        for pk in range(1, number + 1):
            name = chance.choice(FAMILY) + "".join(chance.sample(GIVEN, 2))
            born = date(1930, 1, 1) + timedelta(days=chance.randrange(95 * 365))
            yield Patient(pk=pk, patient_id=f"P-{pk:07}", name=name, birth_date=born, sex=chance.choice("FFMMO"))

    waiting = patients()
    while batch := list(islice(waiting, BATCH)):
        Patient.objects.bulk_create(batch)


def _make_batch(numbers: range, of: int, chance: random.Random) -> None:
    from cases.models import Analysis, Case, Patient, Radiograph, User
    from cases.models.listed import COPIES, copies_of

    users, patients = User.objects.in_bulk(), of * 3 // 5
    cases = [_case(pk, of, chance, users, patients) for pk in numbers]
    known = Patient.objects.in_bulk([case.patient_id for case in cases if case.patient_id])
    for case in cases:
        case.patient = known.get(case.patient_id)
    radiographs = [_radiograph(case) for case in cases]
    analyses = [_analysis(case, chance) for case in cases if case.state in SCORED]
    for case in cases:
        wanted = [name for name in COPIES if name not in ("flags", "verdict", "model_version")]
        for name, value in copies_of(_unsaved(case), wanted).items():
            setattr(case, name, value)
    for row in analyses:
        _show(row, cases[row.pk - numbers[0]], chance)
    Case.objects.bulk_create(_without_analysis(cases))
    Radiograph.objects.bulk_create(radiographs)
    Analysis.everything.bulk_create(analyses)
    scored = [cases[row.pk - numbers[0]] for row in analyses]
    _attach(analyses, scored)
