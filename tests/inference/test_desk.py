"""The page's answers on a desk, with a real network."""

from __future__ import annotations

import asyncio

import pytest

from inference.desk import open_desk
from inference.errors import UnsupportedImage
from inference.trial import TrialAnswer
from tests.inference.small_bundle import saved, small_bundle, small_network
from tests.making import jpeg_bytes

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras under NumPy 2


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    small_bundle(folder / "small", saved(small_network(), folder))
    return folder / "small"


def ask(directory, data: bytes, language: str = "en") -> TrialAnswer:
    with open_desk(directory) as predict:
        return asyncio.run(predict(data, language, None))


def test_a_picture_gets_its_probabilities_with_band_thresholds_and_version(directory):
    answer = ask(directory, jpeg_bytes(1, height=200, width=200))
    assert answer.refusal is None
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    assert (answer.positive, answer.sensitive, answer.specific) == ("PNEUMONIA", 0.2, 0.7)
    assert answer.band in ("unlikely", "uncertain", "likely")
    assert (answer.model, answer.version, answer.calibrated) == ("small", "1.0.0", False)
    assert answer.rendition.startswith(b"\xff\xd8")
    assert answer.total_seconds >= answer.queue_seconds >= 0


def test_a_picture_outside_the_scope_is_shown_and_gets_no_number(directory):
    answer = ask(directory, jpeg_bytes(1, height=60, width=60), "ko")
    assert answer.refusal.code == "too_small"
    assert answer.probabilities == {}
    assert answer.rendition.startswith(b"\xff\xd8")


def test_what_is_no_picture_is_refused_by_name(directory):
    with pytest.raises(UnsupportedImage):
        ask(directory, b"hello")
