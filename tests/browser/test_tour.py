"""The tour shows pictures of every page, which a command can make anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from PIL import Image

from tests.browser.scene import Scene, furnish
from tests.browser.shots import LOOKS, SHOTS, Shot, file_name, take
from tests.browser.visits import SIZE
from tests.stack import ROOT

PICTURES = ROOT / "docs" / "screenshots"
TOUR = ROOT / "docs" / "tour.md"
MOST_BYTES, MOST_IN_ALL = 225_000, 7_700_000


@pytest.fixture(scope="module")
def scene(clinic) -> Scene:
    return furnish(clinic)


@pytest.fixture
def folder(tmp_path) -> Path:
    """docs/screenshots for the command, else a place to throw away."""
    chosen = Path(os.environ.get("SCREENSHOTS_INTO", tmp_path))
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.timeout(900)
@pytest.mark.parametrize("shot", SHOTS, ids=[shot.name for shot in SHOTS])
def test_a_page_can_be_pictured_in_both_languages_and_themes(visit, scene, folder, shot: Shot):
    paths = [take(shot, visit, scene, language, theme, folder) for language, theme in LOOKS]

    assert len({path.read_bytes() for path in paths}) == len(LOOKS)


def test_the_tour_shows_every_picture_there_is():
    named = set(re.findall(r"screenshots/([\w-]+\.png)", TOUR.read_text()))

    assert named == {path.name for path in PICTURES.iterdir()}
    assert named == {file_name(shot, *look) for shot in SHOTS for look in LOOKS}


def test_the_pictures_stay_small():
    paths = list(PICTURES.glob("*.png"))

    assert all(path.stat().st_size <= MOST_BYTES for path in paths)
    assert sum(path.stat().st_size for path in paths) <= MOST_IN_ALL
    assert {size_of(path) for path in paths} == {(SIZE["width"], SIZE["height"])}


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size
