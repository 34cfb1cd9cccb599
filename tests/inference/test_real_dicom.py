"""Real and odd DICOM files: the same stored values as a second decoder, upright, and a name for each refusal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import gdcm
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.pixels import pixel_array

from inference.answers import files_under
from inference.errors import RadiographError
from inference.formats import lines_of, markdown
from inference.radiograph import read_radiograph
from inference.radiograph.dicom import dicom_errors, read_stored

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "dicom"
FILES = sorted(DATA.glob("*/*.dcm"))
PAGE = ROOT / "docs" / "formats.md"
WIDTHS = {
    gdcm.PixelFormat.UINT8: "u1",
    gdcm.PixelFormat.INT8: "i1",
    gdcm.PixelFormat.UINT16: "u2",
    gdcm.PixelFormat.INT16: "i2",
    gdcm.PixelFormat.UINT32: "u4",
    gdcm.PixelFormat.INT32: "i4",
}
GDCM_ABORTS = ("rtdose_1frame.dcm", "rtdose_rle_1frame.dcm")  # std::terminate on an offset vector; pydicom stands in
pytestmark = pytest.mark.skipif(not FILES, reason="needs ../shared/data/dicom")


def stored(data: bytes) -> np.ndarray | None:
    try:
        with dicom_errors():
            return read_stored(data)[2]
    except RadiographError:
        return None


def by_second_decoder(file: Path, shape: tuple[int, ...]) -> np.ndarray:
    if file.name in GDCM_ABORTS:
        return pixel_array(dcmread(file), raw=True, decoding_plugin="pydicom" if "rle" in file.name else "")
    return by_gdcm(file, shape)


def by_gdcm(file: Path, shape: tuple[int, ...]) -> np.ndarray:
    reader = gdcm.ImageReader()
    reader.SetFileName(str(file))
    assert reader.Read()
    image = reader.GetImage()
    scalar = image.GetPixelFormat().GetScalarType()
    buffer = np.frombuffer(image.GetBuffer().encode("utf-8", "surrogateescape"), np.uint8)
    if scalar == gdcm.PixelFormat.SINGLEBIT:
        return np.unpackbits(buffer, bitorder="little")[: np.prod(shape)].reshape(shape)
    samples = buffer.view(WIDTHS[scalar])
    if len(shape) == 3 and image.GetPlanarConfiguration():
        return np.moveaxis(samples.reshape(3, *shape[:2]), 0, -1)
    return samples.reshape(shape)


def has_picture(file: Path) -> bool:
    dataset = dcmread(file, force=True)
    return "PixelData" in dataset and "Rows" in dataset


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_is_read_as_gdcm_reads_it_or_refused_by_name(file):
    ours = stored(file.read_bytes())
    if ours is not None:
        theirs = by_second_decoder(file, ours.shape)
        assert theirs.dtype.itemsize == ours.dtype.itemsize
        assert np.array_equal(theirs, ours)


@pytest.mark.filterwarnings("ignore")  # pydicom warns of what is odd in these files; the count is all that matters
def test_three_quarters_of_those_with_a_picture_are_read():
    pictures = [file for file in FILES if has_picture(file)]
    read = [file for file in pictures if stored(file.read_bytes()) is not None]
    assert len(pictures) >= 75
    assert len(read) / len(pictures) >= 0.75


def test_the_chest_x_ray_is_upright_with_bright_bones():
    found = read_radiograph((DATA / "chest" / "RG1_JLSN.dcm").read_bytes())
    shown = found.displayed().astype(float)
    rows, columns = shown.shape

    def mean(top: float, bottom: float, left: float, right: float) -> float:
        box = shown[int(top * rows) : int(bottom * rows), int(left * columns) : int(right * columns)]
        return float(box.mean())

    spine, belly = mean(0.45, 0.65, 0.46, 0.54), mean(0.85, 0.95, 0.3, 0.5)
    lungs = mean(0.15, 0.3, 0.25, 0.38), mean(0.15, 0.3, 0.62, 0.75)
    air = mean(0.02, 0.06, 0.02, 0.1)
    assert found.tags["PhotometricInterpretation"] == "MONOCHROME1"
    assert min(spine, belly) > max(lungs) + 25
    assert air < min(lungs)
    assert found.windows == ((17768.0, 30000.0),)
    assert found.bits == 15


def test_the_page_of_formats_says_what_happens():
    files = [file for file in files_under([DATA]) if file.parent.name in ("chest", "not_chest", "odd")]
    assert PAGE.read_text(encoding="utf-8") == markdown(lines_of(DATA, files))


HASH_ALL = """
import contextlib, json, pathlib, sys
sys.modules |= dict.fromkeys(sys.argv[2:])  # None: cannot be imported
from inference.errors import RadiographError
from inference.radiograph import read_radiograph
found = {}
for file in sorted(pathlib.Path(sys.argv[1]).glob("*/*.dcm")):
    with contextlib.suppress(RadiographError):
        found[str(file)] = read_radiograph(file.read_bytes()).pixel_sha256
print(json.dumps(found))
"""


def pixel_hashes(*missing: str) -> dict[str, str]:
    command = [sys.executable, "-c", HASH_ALL, str(DATA), *missing]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout)


def test_nothing_is_read_by_an_optional_decoder():
    with_gdcm, without = pixel_hashes(), pixel_hashes("gdcm", "pylibjpeg", "libjpeg", "openjpeg", "rle", "jpeg_ls")
    assert len(without) == 61
    assert without == with_gdcm
