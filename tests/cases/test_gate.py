"""The gate in the line: what it refuses is not scored, a reader may override it, a phantom is never stopped by it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from cases import analysis
from cases.intake.details import UploadDetails
from cases.intake.services import receive_upload
from cases.models import Analysis, Case, Radiograph
from cases.reading.override import score_anyway
from inference.gate import DEFAULT_GATE, gate_at
from tests import making


@pytest.fixture
def with_gate(settings):
    """The gate that ships is asked."""
    if not DEFAULT_GATE.is_dir():
        pytest.skip("no gate comes with this version")
    settings.GATE = str(DEFAULT_GATE)


def read(by, *, kind: str = "clinical", details: UploadDetails | None = None, data: bytes | None = None) -> Case:
    """One drawn picture that is no chest, through the door and the reader worker."""
    data = data or making.jpeg_bytes(3, height=200, width=180)
    upload = receive_upload(
        content=ContentFile(data), name="a.jpg", by=by, details=details or UploadDetails(), kind=kind
    )
    analysis.prepare_radiograph(upload.radiograph_id)
    upload.refresh_from_db()
    return Case.objects.get(pk=upload.case_id)


@pytest.mark.usefixtures("with_gate", "model_version")
def test_what_is_no_chest_is_not_scored_until_a_reader_asks(alice, bob):
    case = read(alice)

    assert (case.state, case.failure_code) == ("not_scored", "no_chest_seen")
    assert not Analysis.objects.exists()

    assert score_anyway(case=case, by=bob, reason="it is one").state == "queued"
    assert Analysis.objects.get().radiograph.refusals == ["no_chest_seen"]


@pytest.mark.usefixtures("with_gate", "model_version")
def test_a_phantom_is_scored_whatever_the_gate_says(alice):
    case = read(alice, kind="phantom")

    assert case.state == "queued"
    assert case.radiographs.get().refusals == ["no_chest_seen"]


@pytest.mark.usefixtures("model_version")
def test_without_its_gate_nothing_is_scored(alice, settings, tmp_path: Path):
    settings.GATE = str(tmp_path)

    case = read(alice)

    assert (case.state, case.failure_code) == ("failed", "bundle_incomplete")


def test_an_adult_by_the_record_is_outside_a_childrens_model(alice, bob, model_version):
    model_version.scope = {"age_years": [1, 5]}
    model_version.save()
    details = UploadDetails(patient_id="P-17", patient_name="Kim", birth_date=date(1970, 5, 4))

    case = read(alice, details=details)

    assert (case.state, case.failure_code) == ("not_scored", "age_outside_scope")
    score_anyway(case=case, by=bob, reason="the department wants it")
    Radiograph.objects.update(state="waiting")
    analysis.prepare_radiograph(case.radiographs.get().pk)
    assert Case.objects.get().state == "queued"
    assert case.radiographs.get().state == "read"


def test_the_gate_is_opened_once_in_a_process():
    if not DEFAULT_GATE.is_dir():
        pytest.skip("no gate comes with this version")
    assert gate_at(str(DEFAULT_GATE)) is gate_at(str(DEFAULT_GATE))
