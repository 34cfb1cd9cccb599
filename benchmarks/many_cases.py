"""A department's record of many cases, made in bulk: all that lists look at is there, no file is."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

from django.core.management.color import no_style
from django.db import connection, transaction
from django.utils import timezone

from cases import rules

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
    _tidy_up()


def _make_people_and_models() -> None:
    from cases.models import ModelVersion, User

    people = [(f"reader{pk}", "radiologist") for pk in range(1, READERS + 1)]
    people += [("sender", "radiographer"), ("keeper", "administrator")]
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
    """One picture and one analysis for each, all under the case's own number: foreign keys are looked at at the end."""
    from cases.models import Analysis, Case, Patient, Radiograph

    known = Patient.objects.in_bulk([chance.randrange(1, of * 3 // 5 + 1) for _ in numbers])
    people = list(known.values())
    cases = [_case(pk, of, chance, chance.choice(people)) for pk in numbers]
    Case.objects.bulk_create(cases)
    Radiograph.objects.bulk_create(_radiograph(case) for case in cases)
    Analysis.everything.bulk_create(_analysis(case) for case in cases if case.top_analysis_id)


def _case(pk: int, of: int, chance: random.Random, patient: Any) -> Any:
    """The newest have the highest number; what is signed lies before what is open, as in a department."""
    from cases.models import Case

    state = chance.choices(list(SHARES), list(SHARES.values()))[0]
    age = timedelta(minutes=(of - pk) * (0.6 if state in ("signed", "amended", "rejected", "cancelled") else 0.02))
    reader = chance.randrange(1, READERS + 1) if state in ("claimed", "read") else None
    priority = chance.choices(["urgent", "normal", "low"], [8, 80, 12])[0]
    with_patient = chance.random() < 0.97
    case = Case(
        pk=pk,
        state=state,
        kind=chance.choices(["clinical", "phantom"], [99, 1])[0],
        priority=priority,
        priority_rank=rules.PRIORITY_RANK[rules.Priority(priority)],
        received_at=timezone.now() - age,
        clinical_question=chance.choice(["", "", "Fever and cough for three days?"]),
        failure_code={"failed": "damaged_file", "not_scored": "not_chest"}.get(state, ""),
        patient=patient if with_patient else None,
        opened_by_id=READERS + 1,
        claimed_by_id=reader,
        lease_until=timezone.now() + timedelta(hours=3) if reader else None,
    )
    _score(case, chance)
    _copy(case, chance)
    return case


def _score(case: Any, chance: random.Random) -> None:
    if case.state not in SCORED:
        return
    probability = chance.betavariate(0.6, 1.4)
    case.top_analysis_id, case.top_probability = case.pk, probability
    low, high = THRESHOLDS["sensitive"], THRESHOLDS["specific"]
    case.band = "likely" if probability >= high else "uncertain" if probability >= low else "unlikely"
    case.band_rank = rules.BAND_RANK[case.band]
    case.model_version_id = chance.choices([1, 2], [1, 3])[0]


def _copy(case: Any, chance: random.Random) -> None:
    """What cases.models.listed copies."""
    from cases.models.listed import NOTES, PHANTOM, QUESTION, copies_of

    for name, value in copies_of(case, ("patient_order", "sex", "age_months")).items():
        setattr(case, name, value)
    told = {QUESTION: case.clinical_question, PHANTOM: case.kind == "phantom", NOTES: chance.random() < 0.1}
    case.flags = sum(bit for bit, holds in told.items() if holds)
    if case.state in rules.FINAL:
        case.verdict = chance.choices([*rules.Verdict], [25, 65, 7, 3])[0]
        case.reader_name = f"reader{chance.randrange(1, READERS + 1)}"
    elif case.claimed_by_id:
        case.reader_name = f"reader{case.claimed_by_id}"


def _radiograph(case: Any) -> Any:
    from cases.models import Radiograph

    waits = case.state in rules.IN_PROGRESS
    state = "waiting" if waits else case.state if case.state in ("failed", "not_scored") else "read"
    is_read = state in ("read", "not_scored")
    return Radiograph(
        pk=case.pk,
        case_id=case.pk,
        original_sha256=f"{case.pk:064x}",
        original_bytes=200_000,
        format="JPEG",
        state=state,
        failure_code=case.failure_code if state == "failed" else "",
        refusals=[case.failure_code] if state == "not_scored" else [],
        notes=["age_unknown"] if case.flags & 2 else [],
        pixel_sha256=f"{case.pk:064x}" if is_read else "",
        rendition_key=f"renditions/{case.pk}.jpg" if is_read else "",
    )


def _analysis(case: Any) -> Any:
    from cases.models import Analysis

    return Analysis(
        pk=case.pk,
        radiograph_id=case.pk,
        model_version_id=case.model_version_id,
        state="done",
        finished_at=timezone.now(),
        positive_probability=case.top_probability,
        band=case.band,
        thresholds=THRESHOLDS,
    )


def _tidy_up() -> None:
    """Numbers go on after those given here, and the planner knows the tables: PostgreSQL does both by itself later."""
    if connection.vendor != "postgresql":
        return
    from cases import models

    made = (models.Case, models.Patient, models.Radiograph, models.Analysis, models.User, models.ModelVersion)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), made):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")
