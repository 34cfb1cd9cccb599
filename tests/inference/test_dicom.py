"""DICOM: the values, windows, tags and scale that the standard says, and a name for all that is not read."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut

from inference.errors import RadiographError
from inference.radiograph import read_radiograph
from tests.inference import pictures as made

WINDOW = {"WindowCenter": 2000, "WindowWidth": 1500}
WIDE = {"WindowCenter": 30000, "WindowWidth": 40000}


def code_of(data: bytes) -> str:
    with pytest.raises(RadiographError) as caught:
        read_radiograph(data)
    return caught.value.code


def twelve(array: np.ndarray | None = None, syntax: str = made.EXPLICIT, **tags) -> bytes:
    """A 12-bit file in 16 bits allocated."""
    return made.dicom(made.torso(12) if array is None else array, syntax, **({"BitsStored": 12, "HighBit": 11} | tags))


def lookup_table(count: int, first: int, bits: int, data: list[int]) -> list[Dataset]:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [count, first, bits])
    item.add_new("LUTData", "US", data)
    return [item]


def reference(data: bytes) -> np.ndarray:
    """What pydicom's own functions show."""
    dataset = dcmread(io.BytesIO(data))
    return apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset)


FUNCTIONS = [{}, WINDOW, WINDOW | {"VOILUTFunction": "SIGMOID"}, WINDOW | {"VOILUTFunction": "LINEAR_EXACT"}]
RESCALES = [{}, {"RescaleSlope": 2, "RescaleIntercept": -1024}, {"RescaleSlope": 0.25, "RescaleIntercept": 3.5}]


@pytest.mark.parametrize("window", FUNCTIONS)
@pytest.mark.parametrize("rescale", RESCALES)
def test_monochrome1_is_turned_once_and_equals_its_twin(window, rescale):
    plain, turned = made.torso(12), 4095 - made.torso(12)
    slope, intercept = rescale.get("RescaleSlope", 1), rescale.get("RescaleIntercept", 0)
    total = slope * 4095 + 2 * intercept
    edge = 0 if window.get("VOILUTFunction") else 1
    mirrored = window and window | {"WindowCenter": total - window["WindowCenter"] + edge}

    two = read_radiograph(twelve(plain, **window, **rescale))
    one = read_radiograph(twelve(turned, PhotometricInterpretation="MONOCHROME1", **mirrored, **rescale))

    assert np.array_equal(one.values, two.values)
    assert one.windows == two.windows
    assert np.array_equal(one.displayed(), two.displayed())
    assert one.pixel_sha256 == two.pixel_sha256


def test_a_signed_monochrome1_equals_its_twin():
    plain = made.torso(12).astype(np.int16) - 2048
    two, one = (
        read_radiograph(twelve(plain)),
        read_radiograph(twelve(-1 - plain, PhotometricInterpretation="MONOCHROME1")),
    )
    assert two.values.min() < 0
    assert np.array_equal(one.values, two.values)
    assert np.array_equal(one.displayed(), two.displayed())


@pytest.mark.parametrize(
    "tags",
    [
        WINDOW,
        WINDOW | {"RescaleSlope": 1, "RescaleIntercept": -1024, "WindowCenter": 900},
        WINDOW | {"RescaleSlope": 0.5, "RescaleIntercept": 10, "WindowCenter": 1000},
        WINDOW | {"VOILUTFunction": "LINEAR_EXACT"},
        WINDOW | {"VOILUTFunction": "SIGMOID"},
        {"VOILUTSequence": lookup_table(4096, 0, 12, [(i * i) >> 12 for i in range(4096)])},
        WIDE | {"ModalityLUTSequence": lookup_table(4096, 0, 16, [i * 16 for i in range(4096)])},
    ],
)
def test_what_is_shown_equals_the_reference(tags):
    data = twelve(**tags)
    shown = reference(data).astype(np.float64)
    if "VOILUTSequence" in tags:
        low, high = 0.0, float((1 << tags["VOILUTSequence"][0].LUTDescriptor[2]) - 1)
    else:  # pydicom stretches a window over the range of the modality's values
        slope, intercept = tags.get("RescaleSlope", 1), tags.get("RescaleIntercept", 0)
        low, high = intercept, slope * 4095 + intercept
        if "ModalityLUTSequence" in tags:
            low, high = 0.0, 65535.0
    expected = (shown - low) / (high - low) * 255

    assert np.abs(read_radiograph(data).displayed() - expected).max() <= 0.51


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"RescaleSlope": 1, "RescaleIntercept": -1024},
        {"RescaleSlope": 0.5, "RescaleIntercept": 10.25},
        {"ModalityLUTSequence": lookup_table(4096, 0, 16, [i * 3 for i in range(4096)])},
    ],
)
def test_the_values_are_the_modality_s(tags):
    data = twelve(**tags)
    dataset = dcmread(io.BytesIO(data))
    assert np.array_equal(read_radiograph(data).values, apply_modality_lut(dataset.pixel_array, dataset))


def test_a_short_lookup_table_holds_its_ends():
    found = read_radiograph(twelve(VOILUTSequence=lookup_table(1000, 500, 8, [i // 4 for i in range(1000)])))
    expected = np.clip(made.torso(12).astype(int) - 500, 0, 999) // 4
    assert np.array_equal(found.displayed(), expected)


def test_several_windows_are_kept_and_the_first_is_shown():
    found = read_radiograph(twelve(WindowCenter=[2000, 500], WindowWidth=[1500, 100]))
    assert found.windows == ((2000.0, 1500.0), (500.0, 100.0))
    assert np.array_equal(found.displayed(), read_radiograph(twelve(**WINDOW)).displayed())


def test_without_a_window_more_than_eight_bits_are_stretched_and_eight_are_not():
    assert read_radiograph(twelve()).displayed().std() > 40
    assert np.array_equal(read_radiograph(made.dicom(made.torso(8) // 4)).displayed(), made.torso(8) // 4)


def test_a_window_without_width_is_left_out():
    assert read_radiograph(twelve(WindowCenter=100, WindowWidth=0)).windows == ()


def test_an_overlay_in_the_high_bits_is_not_part_of_the_picture():
    overlaid = made.torso(12) | np.uint16(0xF000)
    assert np.array_equal(read_radiograph(twelve(overlaid)).values, made.torso(12))


def test_bits_stored_at_the_top_are_moved_down():
    assert np.array_equal(read_radiograph(twelve(made.torso(12) << 4, HighBit=15)).values, made.torso(12))


@pytest.mark.parametrize(
    ("syntax", "planar"),  # compressed colour has no planes of its own
    [(made.EXPLICIT, 0), (made.EXPLICIT, 1), (made.RLE, 0), (made.JPEG_2000, 0), (made.JPEG_LS, 0)],
)
def test_colour_reads_as_luminance(syntax, planar):
    grey = made.torso(8)
    rgb = np.dstack([grey, grey // 2, 255 - grey])
    stored = np.moveaxis(rgb, -1, 0).reshape(rgb.shape) if planar else rgb
    found = read_radiograph(made.dicom(stored, syntax, PlanarConfiguration=planar))
    expected = np.rint(rgb @ np.array([0.299, 0.587, 0.114]))
    assert np.abs(found.displayed() - expected).max() <= 1
    assert found.colourfulness > 20


def test_a_palette_is_painted():
    grey = made.torso(8)
    data = [int(i) * 257 for i in range(256)]
    tags = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour in ("Red", "Green", "Blue"):
        tags |= {f"{colour}PaletteColorLookupTableDescriptor": [256, 0, 16]}
        tags |= {f"{colour}PaletteColorLookupTableData": np.array(data, "<u2").tobytes()}
    found = read_radiograph(made.dicom(grey, **tags))
    assert np.array_equal(found.displayed(), grey)
    assert found.colourfulness == 0


def test_zero_spacing_is_no_scale():
    assert read_radiograph(made.dicom(made.torso(), PixelSpacing=[0, 0])).spacing_mm is None
    both = {"PixelSpacing": [0, 0], "ImagerPixelSpacing": [0.2, 0.1]}
    assert read_radiograph(made.dicom(made.torso(), **both)).spacing_mm == (0.2, 0.1)
    assert read_radiograph(made.dicom(made.torso(), PixelSpacing=[0.3, 0.4])).spacing_mm == (0.3, 0.4)


def test_only_allowed_tags_leave_the_header():
    data = made.dicom(made.torso(), PatientID="P1", PatientAddress="somewhere", ViewPosition="PA", PatientComments="x")
    tags = read_radiograph(data).tags
    assert tags["PatientID"] == "P1"
    assert tags["ViewPosition"] == "PA"
    assert not {"PatientAddress", "PatientComments"} & set(tags)


def test_a_korean_name_keeps_its_groups():
    name = "Hong^Gildong=洪^吉洞=홍^길동"
    data = made.dicom(made.torso(), SpecificCharacterSet=["", "ISO 2022 IR 149"], PatientName=name)
    assert "홍".encode() not in data
    assert read_radiograph(data).tags["PatientName"] == name
    utf8 = made.dicom(made.torso(), SpecificCharacterSet="ISO_IR 192", PatientName=name)
    assert read_radiograph(utf8).tags["PatientName"] == name


def test_a_deflated_file_is_inflated_within_its_bound(monkeypatch):
    data = made.dicom(made.torso(), made.DEFLATED)
    monkeypatch.setattr("inference.radiograph.dicom.MAX_INFLATED_BYTES", 10_000)
    assert code_of(data) == "too_large_inflated"


def test_a_deflate_bomb_stops_at_the_bound():
    head = made.dicom(None, made.DEFLATED)
    start = head.index(b"1.2.840.10008.1.2.1.99") + 22
    meta = head[: start + 200]
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"".join(packer.compress(bytes(2**20)) for _ in range(400)) + packer.flush()
    from inference.door import meta_elements

    end = max(end for _, _, end in meta_elements(meta))
    assert len(bomb) < 500_000
    assert code_of(meta[:end] + bomb) == "too_large_inflated"
