"""The facts about the pixels of a DICOM file, checked before any of them is decoded (PS3.3 section C.7.6.3)."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom import Dataset

from inference.errors import UnreadableImage, UnsupportedImage
from inference.radiograph.limits import check_size

MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_FLOAT_PIXELS = ("FloatPixelData", "DoubleFloatPixelData")


@dataclass(frozen=True)
class PixelHeader:
    """How the samples of one frame are laid out; `signed` samples are two's complement."""

    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str
    transfer_syntax: str

    @property
    def pixels(self) -> int:
        """How many."""
        return self.rows * self.columns

    @property
    def stored_range(self) -> tuple[int, int]:
        """The lowest and the highest value a sample can have."""
        low = -(1 << (self.bits_stored - 1)) if self.signed else 0
        return low, low + (1 << self.bits_stored) - 1


def checked_header(dataset: Dataset, transfer_syntax: str) -> PixelHeader:
    """The header of the one frame in `dataset`.

    Raises:
        UnreadableImage: incomplete_header, contradicting_header, truncated_file.
        UnsupportedImage: no_pixels, float_pixels, multi_frame, too_many_pixels, unsupported_photometric,
            unsupported_bits.
    """
    _check_one_picture(dataset)
    bits_stored = _whole(dataset, "BitsStored", default=_whole(dataset, "BitsAllocated"))
    header = PixelHeader(
        rows=_whole(dataset, "Rows"),
        columns=_whole(dataset, "Columns"),
        samples=_whole(dataset, "SamplesPerPixel", default=1),
        bits_allocated=_whole(dataset, "BitsAllocated"),
        bits_stored=bits_stored,
        high_bit=_whole(dataset, "HighBit", default=bits_stored - 1),
        signed=_whole(dataset, "PixelRepresentation", default=0) == 1,
        photometric=str(dataset.get("PhotometricInterpretation", "")).strip(),
        transfer_syntax=transfer_syntax,
    )
    check_size(header.columns, header.rows)
    _check_samples(header)
    return header


def _check_one_picture(dataset: Dataset) -> None:
    if any(keyword in dataset for keyword in _FLOAT_PIXELS):
        raise UnsupportedImage("float_pixels")
    if not dataset.get("PixelData"):
        # pydicom drops an element that the end of the file cuts off
        raise UnreadableImage("truncated_file") if "Rows" in dataset else UnsupportedImage("no_pixels")
    if _whole(dataset, "NumberOfFrames", default=1) > 1:
        raise UnsupportedImage("multi_frame")


def _whole(dataset: Dataset, keyword: str, default: int | None = None) -> int:
    value = dataset.get(keyword, default)
    value = default if value is None else value
    if value is None:
        raise UnreadableImage("incomplete_header", keyword=keyword)
    return int(value)


def _check_samples(header: PixelHeader) -> None:
    if header.photometric not in (*MONOCHROME, *COLOUR, "PALETTE COLOR"):
        raise UnsupportedImage("unsupported_photometric")
    if header.bits_allocated not in (1, 8, 16, 32):
        raise UnsupportedImage("unsupported_bits", bits=header.bits_allocated)
    expected = 3 if header.photometric in COLOUR else 1
    lowest = header.high_bit + 1 - header.bits_stored
    if header.samples != expected or header.bits_stored < 1 or lowest < 0 or header.high_bit >= header.bits_allocated:
        raise UnreadableImage("contradicting_header")
