"""How many statements a case costs: a department's line waits for the database, so they must not creep back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection

from benchmarks.statements import AtOnce
from cases import analysis, engines
from cases.events import broken_links
from cases.intake.details import UploadDetails
from cases.intake.services import receive_upload
from cases.models import Analysis, Event, ModelVersion, Site, User
from inference.engine import Engine
from tests import making


@pytest.fixture
def engine(model_version: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """An inference worker's engine, whose network answers at once."""
    engine = Engine(AtOnce(model_version))
    monkeypatch.setitem(engines._engines, model_version.sha256, engine)
    yield engine
    engine.close()


def statements_of(act: Callable[[], Any]) -> int:
    """How many statements it sends, without those that begin and end transactions."""
    sent: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE SAVEPOINT")):  # the test's transaction is around the service's
            sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        act()
    return len(sent)


def steps_of_one_case(by: User, data: bytes) -> tuple[dict[str, int], Analysis]:
    """Statements of each step from the upload to the answer, and the analysis that is done then."""
    file, typed, uploads = ContentFile(data), UploadDetails(), []

    def send() -> None:
        uploads.append(receive_upload(content=file, name="chest", by=by, details=typed, kind="phantom"))

    Site.current()
    steps = {"upload": statements_of(send)}
    radiograph = uploads[0].radiograph
    steps["read"] = statements_of(lambda: analysis.prepare_radiograph(radiograph.pk))
    opened = radiograph.analyses.get()
    steps["score"] = statements_of(lambda: analysis.score(opened.pk))
    opened.refresh_from_db()
    return steps, opened


def test_a_case_costs_so_many_statements_and_no_more(alice: User, engine: Engine) -> None:
    steps, done = steps_of_one_case(alice, making.jpeg_bytes(1, height=320, width=300))
    assert done.state == "done"
    assert steps == {"upload": 7, "read": 20, "score": 18}
    assert list(Event.objects.filter(case=done.radiograph.case).values_list("verb", flat=True)) == [
        "case_opened",
        "check_begun",
        "queued",
        "scoring_begun",
        "analysed",
        "scored",
    ]
    assert list(broken_links()) == []


def test_a_patient_and_a_study_from_the_header_cost_a_few_more(alice: User, engine: Engine) -> None:
    header = {"PatientID": "P-7", "PatientName": "Kim^Younghee", "PatientBirthDate": "19700504", "PatientSex": "F"}
    data = making.dicom_bytes(1, **header, StudyInstanceUID="1.2.3.4", StudyDate="20250503")
    steps, done = steps_of_one_case(alice, data)
    assert done.state == "done"
    assert steps == {"upload": 7, "read": 26, "score": 19}
