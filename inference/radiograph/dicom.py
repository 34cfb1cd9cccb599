"""DICOM: one frame, monochrome or colour, 1 to 32 bits, in the transfer syntaxes that the door lists."""

from __future__ import annotations

import io
import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from pydicom import Dataset, dcmread
from pydicom.errors import BytesLengthException

from inference.door import DEFLATED, HEAD_BYTES, look, meta_elements, meta_start
from inference.errors import InferenceError, UnreadableImage, UnsupportedImage
from inference.radiograph.dicom_colour import colour_values
from inference.radiograph.dicom_header import MONOCHROME, PixelHeader, checked_header
from inference.radiograph.dicom_pixels import stored_colour, stored_values
from inference.radiograph.dicom_tags import ALLOWED, BROKEN, CODED, allowed_tags, spacing_mm
from inference.radiograph.dicom_values import grey_values
from inference.radiograph.limits import MAX_INFLATED_BYTES
from inference.radiograph.types import Radiograph

logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)  # its messages quote values, a patient's among them

_PALETTE = [
    f"{kind}{colour}PaletteColorLookupTable{part}"
    for kind, part in (("", "Descriptor"), ("", "Data"), ("Segmented", "Data"))
    for colour in ("Red", "Green", "Blue")
]
_READ = [
    *ALLOWED,
    *CODED,
    *("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("PlanarConfiguration", "NumberOfFrames", "PixelData", "FloatPixelData", "DoubleFloatPixelData"),
    *("RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "VOILUTSequence", "VOILUTFunction"),
    *("WindowCenter", "WindowWidth", "PixelSpacing", "ImagerPixelSpacing", "SpecificCharacterSet"),
    *_PALETTE,
]
_PREAMBLE = bytes(128) + b"DICM"
_IMPLICIT_META = b"\x02\x00\x10\x00UI\x12\x001.2.840.10008.1.2\0"
_EXPLICIT_META = b"\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\0"


def read_dicom(data: bytes) -> Radiograph:
    """Read a DICOM file: the modality's values, MONOCHROME1 turned, and what its window or lookup table shows.

    Raises:
        UnreadableImage: damaged_file, truncated_file, contradicting_header, incomplete_header, out_of_memory.
        UnsupportedImage: no_pixels, float_pixels, multi_frame, too_many_pixels, too_large_inflated, unsupported_…
    """
    with dicom_errors():
        dataset, header, stored = read_stored(data)
        return _radiograph(dataset, header, stored)


def read_stored(data: bytes) -> tuple[Dataset, PixelHeader, np.ndarray]:
    """The allow-listed data set, its pixel header and the stored values; call it inside `dicom_errors`."""
    syntax = look(data[:HEAD_BYTES], len(data)).transfer_syntax or ""
    dataset = dcmread(io.BytesIO(_readable(data, syntax)), specific_tags=_READ)
    header = checked_header(dataset, syntax)
    return dataset, header, stored_values(dataset, header)


def _radiograph(dataset: Dataset, header: PixelHeader, stored: np.ndarray) -> Radiograph:
    if header.photometric in MONOCHROME:
        grey, colour = grey_values(stored, dataset, header), 0.0
    else:
        grey, colour = colour_values(stored, dataset, header, stored_colour(header))
    values = np.ascontiguousarray(grey.values)
    return Radiograph(
        values=values,
        bits=header.bits_stored,
        format="DICOM",
        display=grey.display,
        windows=grey.windows,
        spacing_mm=spacing_mm(dataset),
        colourfulness=colour,
        tags=allowed_tags(dataset),
    )


def _readable(data: bytes, syntax: str) -> bytes:
    """The file as pydicom takes it: what lacks in front added, a deflated data set inflated by us, within its bound."""
    if syntax == DEFLATED:
        end = max(end for _, _, end in meta_elements(data))
        return _PREAMBLE + _EXPLICIT_META + _inflated(data, end)
    if meta_start(data) is None:
        return _PREAMBLE + _IMPLICIT_META + data
    return data if meta_start(data) else _PREAMBLE + data


def _inflated(data: bytes, start: int) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    plain = stream.decompress(memoryview(data)[start:], MAX_INFLATED_BYTES)
    if not stream.eof and (stream.unconsumed_tail or len(plain) >= MAX_INFLATED_BYTES):
        raise UnsupportedImage("too_large_inflated", limit_mb=MAX_INFLATED_BYTES // 2**20)
    if not stream.eof:
        raise UnreadableImage("truncated_file")
    return plain


@contextmanager
def dicom_errors() -> Iterator[None]:
    """Whatever pydicom and the decoders raise about a file becomes one of our refusals; nothing of it is shown.

    Named kinds and no bare Exception: a worker's time limit, raised in here, must get out.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InferenceError:
        raise
    except MemoryError as error:
        raise UnreadableImage("out_of_memory") from error
    except (EOFError, struct.error, BytesLengthException) as error:
        raise UnreadableImage("truncated_file") from error
    except BROKEN as error:
        raise UnreadableImage("damaged_file") from error
