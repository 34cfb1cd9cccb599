"""What a bad network answers never becomes a number of a case: the analysis fails with its reason (F12)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cases import analysis, engines, storage
from cases.models import Analysis, Case, Event, ModelVersion
from cases.oversight.services import activate_model, register_model
from inference.bundle import CHECKSUMS, CONTENT
from inference.preprocessing import Preprocessing
from tests.inference.bad_networks import KINDS, SIGMOID, bad_bundle, twice_as_many_rows
from tests.inference.small_bundle import SIDE, saved, small_bundle

pytestmark = [
    pytest.mark.django_db,
    # Keras 3.15 under numpy 2: its variables lack the newest argument of __array__.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def _own_models(settings, tmp_path: Path):
    settings.MODELS_DIR = tmp_path / "models"
    yield
    engines.close_all()


def altered(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def removed(path: Path) -> None:
    path.unlink()


def registered(bundle) -> ModelVersion:
    version = register_model(directory=bundle.directory, by=None)
    activate_model(version=version, by=None, reason="to see it fail")
    return version


def unscored(case: Case) -> Case:
    """Read, and in the queue for its answer."""
    Case.objects.filter(pk=case.pk).update(state="queued")
    return case


def waiting_analysis(case: Case, version: ModelVersion, grey: int) -> Analysis:
    """An analysis that waits for its answer to a picture of one grey."""
    radiograph = case.radiographs.get()
    key = radiograph.array_key(Preprocessing.from_dict(version.preprocessing).fingerprint)
    storage.put_array(key, np.full((SIDE, SIDE, 1), grey, np.uint8))
    return Analysis.objects.create(radiograph=radiograph, model_version=version)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_is_no_probability_fails_the_analysis(a_case, alice, tmp_path: Path, kind: str) -> None:
    version = registered(bad_bundle(tmp_path, kind))
    cases = [unscored(a_case(by=alice, probability=None, seed=seed)) for seed in (1, 2)]
    bright, black = (waiting_analysis(case, version, grey) for case, grey in zip(cases, (255, 0), strict=True))

    analysis.score(bright.pk)
    analysis.score(black.pk)

    bright.refresh_from_db()
    black.refresh_from_db()
    assert (bright.state, bright.failure_code) == ("failed", "output_rejected")
    assert (bright.probabilities or None, bright.positive_probability, bright.band) == (None, None, "")
    failed = Case.objects.get(pk=cases[0].pk)
    assert (failed.state, failed.failure_code, failed.top_probability) == ("failed", "output_rejected", None)
    assert not Event.objects.filter(case=failed, verb="analysed").exists()
    assert (black.state, black.positive_probability) == ("done", 0.5)


def test_a_failed_answer_is_not_asked_for_again(a_case, alice, tmp_path: Path) -> None:
    version = registered(bad_bundle(tmp_path, "nan"))
    row = waiting_analysis(a_case(by=alice, probability=None), version, 255)

    analysis.score(row.pk)
    analysis.score(row.pk)

    row.refresh_from_db()
    assert (row.state, row.attempts) == ("failed", 1)


def test_a_worker_whose_model_answers_badly_at_its_start_stops_with_the_sentence(tmp_path: Path) -> None:
    registered(small_bundle(tmp_path / "small", saved(twice_as_many_rows(), tmp_path), output=SIGMOID))

    with pytest.raises(SystemExit, match="no probability"):
        engines.open_running_models()


@pytest.mark.parametrize("name", [*CONTENT, CHECKSUMS])
@pytest.mark.parametrize("change", [altered, removed])
def test_a_model_with_a_file_altered_or_missing_gives_no_number(a_case, alice, tmp_path: Path, name, change) -> None:
    version = registered(small_bundle(tmp_path / "small"))
    row = waiting_analysis(unscored(a_case(by=alice, probability=None)), version, 0)
    change(Path(version.directory) / name)

    analysis.score(row.pk)

    row.refresh_from_db()
    assert row.state == "failed"
    assert row.failure_code in ("bundle_altered", "bundle_incomplete")
    assert (row.probabilities or None, row.positive_probability) == (None, None)
