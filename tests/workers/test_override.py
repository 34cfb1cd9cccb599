"""A real chest X-ray of an adult and a model made for children, through real workers: refused, asked for, scored."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile

from cases import events
from cases.intake.details import UploadDetails
from cases.intake.services import receive_upload
from cases.models import Analysis, Case
from cases.reading.override import score_anyway
from tests import making
from tests.stack import ROOT
from tests.workers.conftest import wait_for_state

CHEST = ROOT.parent / "shared" / "data" / "dicom" / "chest" / "RG1_JLSN.dcm"
pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(not CHEST.is_file(), reason="needs ../shared/data/dicom"),
]


def test_an_adults_chest_is_refused_until_a_reader_asks_and_then_scored(full_stack, sender, shipped_model):
    bob = making.make_person("bob", "radiologist")
    file = ContentFile(CHEST.read_bytes())
    upload = receive_upload(content=file, name="chest.dcm", by=sender, details=UploadDetails(), kind="clinical")

    wait_for_state(upload, "not_scored")
    case = Case.objects.get(pk=upload.case_id)
    picture = case.radiographs.get()
    assert (case.failure_code, picture.refusals) == ("age_outside_scope", ["age_outside_scope"])
    assert (picture.view_position, picture.modality) == ("PA", "CR")
    assert not Analysis.objects.exists()

    score_anyway(case=case, by=bob, reason="an adult, for comparison")

    wait_for_state(upload, "ready")
    case.refresh_from_db()
    picture.refresh_from_db()
    assert case.top_analysis.model_version == shipped_model
    assert 0 <= case.top_probability <= 1
    assert (picture.state, picture.refusals) == ("read", ["age_outside_scope"])
    asked = case.events.get(verb="scope_overridden")
    assert (asked.actor, asked.details["refusals"]) == (bob, ["age_outside_scope"])
    assert list(events.broken_links()) == []
