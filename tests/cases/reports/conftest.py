"""A signed case with everything a passport tells of."""

from __future__ import annotations

import pytest

from cases.models import Case, Report
from cases.reading import services
from tests.cases.reading.acts import sign_case
from tests.making import make_patient

NAME, NUMBER = "Hong^Gildong=洪^吉洞=홍^길동", "P-4711"


@pytest.fixture
def patient(db):
    """Three spellings, as DICOM keeps them."""
    return make_patient(NUMBER, NAME)


@pytest.fixture
def signed(a_case, bob, patient) -> Report:
    """Version 1, by bob; its texts name the patient."""
    case = a_case(patient=patient, clinical_question="홍길동님, fever for 3 days?")
    return sign_case(case, bob, "pneumonia", "우하엽 경화. Mr. Hong Gildong was told; P-4711. Clinical follow-up.")


@pytest.fixture
def amended(signed, carol) -> Report:
    """Version 2, by carol."""
    case = Case.objects.get(pk=signed.case_id)
    return services.amend(
        case=case, by=carol, verdict="normal", comment="rib, no opacity", reason="seen again", version=case.version
    )
