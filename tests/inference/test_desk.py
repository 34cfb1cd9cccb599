"""The page's answers on a desk, with a real network."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.desk import open_desk
from inference.errors import BundleRejected, UnsupportedImage, reason
from inference.gate import OFF
from inference.trial import TrialAnswer
from inference.trial_panel import draw_answer
from tests.inference import pictures as made
from tests.inference.small_bundle import saved, small_bundle, small_network
from tests.making import jpeg_bytes

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras under NumPy 2


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundle")
    small_bundle(folder / "small", saved(small_network(), folder))
    return folder / "small"


def ask(directory, data: bytes, language: str = "en", gate: str = OFF) -> TrialAnswer:
    """What is drawn here is no chest: most tests leave the gate out."""
    with open_desk(directory, gate) as predict:
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


def photo_like() -> bytes:
    """A grey file without a header: soft spots of light in front of a dark ground, as of a flower."""
    rows, columns = np.mgrid[0:240, 0:320]
    petals = sum(
        np.exp(-((rows - 120 - 60 * np.sin(turn)) ** 2 + (columns - 160 - 60 * np.cos(turn)) ** 2) / 900)
        for turn in np.arange(8) * np.pi / 4
    )
    noise = np.random.default_rng(0).normal(0, 6, (240, 320))
    return made.jpeg(np.clip(40 + 180 * petals + noise, 0, 255).astype(np.uint8))


def test_the_gate_is_asked_unless_it_is_left_out_and_the_page_says_its_refusal(directory):
    with open_desk(directory) as predict:  # the gate that ships is what is asked where nothing is said
        refused = asyncio.run(predict(photo_like(), "en", None))
    assert (refused.refusal.code, refused.probabilities) == ("no_chest_seen", {})
    page = draw_answer(refused, "en")
    assert "The picture does not look like a frontal chest X-ray." in page
    assert "No probability for this picture" in page
    assert "%" not in page
    left_out = ask(directory, photo_like())
    assert left_out.refusal is None
    assert left_out.probabilities


@pytest.mark.skipif(not (DATA / "flowers").is_dir(), reason="the folder with the shared pictures is not here")
def test_grey_flowers_get_no_number(directory):
    flowers = sorted((DATA / "flowers").rglob("*.jpg"))[:40:4]
    with open_desk(directory) as predict:
        for flower in flowers:
            grey = made.jpeg(np.asarray(Image.open(flower).convert("L")))
            assert asyncio.run(predict(grey, "ko", None)).refusal is not None, flower.parent.name


def test_what_is_unknown_of_the_patient_is_said_beside_the_number(directory):
    assert reason("age_unknown").message("ko") in ask(directory, jpeg_bytes(1, height=200, width=200), "ko").notes


def test_a_gate_that_is_altered_or_missing_opens_no_desk(directory, tmp_path):
    with pytest.raises(BundleRejected), open_desk(directory, tmp_path / "none"):
        pass


def test_what_is_no_picture_is_refused_by_name(directory):
    with pytest.raises(UnsupportedImage):
        ask(directory, b"hello")
