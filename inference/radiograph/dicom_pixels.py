"""DICOM pixel data to stored values: one decoder per transfer syntax, each named, none under a copyleft licence.

The decoders are imagecodecs (libjpeg-turbo, CharLS, OpenJPEG, PackBits; BSD) and, for what is not compressed, pydicom.
pydicom's own choice of decoders is not asked: it would take GDCM where that is installed.
"""

from __future__ import annotations

from collections.abc import Callable

import imagecodecs
import numpy as np
from pydicom import Dataset
from pydicom.encaps import generate_frames
from pydicom.pixels.utils import pixel_array

from inference.errors import UnreadableImage, UnsupportedImage
from inference.radiograph.codestream import Frame, check_jpeg_ends, jpeg_2000_frame, jpeg_frame
from inference.radiograph.dicom_header import PixelHeader

Decoder = Callable[[bytes, PixelHeader], np.ndarray]
_RLE_PADDING = 256  # bytes that an encoder may leave behind the last pixel of a segment


def stored_values(dataset: Dataset, header: PixelHeader) -> np.ndarray:
    """The samples as stored: (rows, columns) or (rows, columns, 3), bits outside BitsStored taken off, sign extended.

    Colour stays as the file has it, as `stored_colour` says.

    Raises:
        UnreadableImage: truncated_file, damaged_file, contradicting_header.
        UnsupportedImage: multi_frame, unsupported_bits.
    """
    decode = DECODERS.get(header.transfer_syntax)
    array = _uncompressed(dataset, header) if decode is None else decode(_one_frame(dataset), header)
    shape = (header.rows, header.columns) if header.samples == 1 else (header.rows, header.columns, 3)
    if array.shape != shape:
        raise UnreadableImage("contradicting_header")
    return _without_unused_bits(array, header, native=decode is None or decode is _rle)


def stored_colour(header: PixelHeader) -> str:
    """The photometric interpretation of what `stored_values` returns: JPEG 2000 undoes its own colour transform."""
    return "RGB" if header.photometric in ("YBR_ICT", "YBR_RCT") else header.photometric


def _uncompressed(dataset: Dataset, header: PixelHeader) -> np.ndarray:
    if len(dataset.PixelData) * 8 < header.pixels * header.samples * header.bits_allocated * _kept_samples(header):
        raise UnreadableImage("truncated_file")
    return pixel_array(dataset, raw=True, correct_unused_bits=False)  # it would take HighBit for BitsStored - 1


def _kept_samples(header: PixelHeader) -> float:
    return 2 / 3 if header.photometric == "YBR_FULL_422" else 1


def _one_frame(dataset: Dataset) -> bytes:
    frames = generate_frames(dataset.PixelData, number_of_frames=1)
    first = next(frames, b"")
    if next(frames, None) is not None:
        raise UnsupportedImage("multi_frame")
    return first


def _check_frame(frame: Frame, header: PixelHeader) -> None:
    """The compressed stream must be the picture that the header promises, or its decoder would fill any memory."""
    stated = (header.rows, header.columns, header.samples)
    if (frame.rows, frame.columns, frame.samples) != stated or frame.precision > header.bits_allocated:
        raise UnreadableImage("contradicting_header")


def _jpeg(data: bytes, header: PixelHeader) -> np.ndarray:
    _check_frame(jpeg_frame(data), header)
    check_jpeg_ends(data)
    if header.samples == 1:
        return np.asarray(imagecodecs.jpeg8_decode(data))
    return np.asarray(imagecodecs.jpeg8_decode(data, colorspace="RGB", outcolorspace="RGB"))  # no transform: as stored


def _jpeg_lossless(data: bytes, header: PixelHeader) -> np.ndarray:
    _check_frame(jpeg_frame(data), header)
    check_jpeg_ends(data)
    return np.asarray(imagecodecs.jpegsof3_decode(data))


def _jpeg_ls(data: bytes, header: PixelHeader) -> np.ndarray:
    _check_frame(jpeg_frame(data), header)
    check_jpeg_ends(data)
    return np.asarray(imagecodecs.jpegls_decode(data))


def _jpeg_2000(data: bytes, header: PixelHeader) -> np.ndarray:
    _check_frame(jpeg_2000_frame(data), header)
    return np.asarray(imagecodecs.jpeg2k_decode(data, numthreads=1))


def _rle(data: bytes, header: PixelHeader) -> np.ndarray:
    """One PackBits segment per byte of a sample, the most significant first, sample after sample (PS3.5 annex G)."""
    width = header.bits_allocated // 8
    if width == 0:
        raise UnsupportedImage("unsupported_bits", bits=header.bits_allocated)
    count = header.samples * width
    directory = np.frombuffer(data[:64], "<u4")
    if len(directory) < 16 or directory[0] != count:
        raise UnreadableImage("contradicting_header")
    ends = [*directory[2 : count + 1].tolist(), len(data)]
    planes = np.empty((header.samples, header.pixels, width), np.uint8)
    for place, (start, end) in enumerate(zip(directory[1 : count + 1].tolist(), ends, strict=True)):
        sample, byte = divmod(place, width)
        planes[sample, :, width - 1 - byte] = _unpacked(data[start:end], header.pixels)
    samples = planes.view(f"<u{width}").reshape(header.samples, header.rows, header.columns)
    return samples[0] if header.samples == 1 else np.moveaxis(samples, 0, -1)


def _unpacked(segment: bytes, size: int) -> np.ndarray:
    """A segment's first `size` bytes; the decoder stops where its output is full, so that a bomb stays small."""
    decoded = imagecodecs.packbits_decode(segment, out=bytearray(size + _RLE_PADDING))
    if len(decoded) < size:
        raise UnreadableImage("truncated_file")
    return np.frombuffer(decoded, np.uint8, size)


def _without_unused_bits(array: np.ndarray, header: PixelHeader, native: bool) -> np.ndarray:
    """Overlays and rubbish above and below BitsStored shifted out; decoders of JPEG's kin return no bits below."""
    allocated = max(8, header.bits_allocated)
    kind = "i" if header.signed else "u"
    samples = array.astype(f"u{allocated // 8}", copy=False).view(f"{kind}{allocated // 8}")
    above = allocated - 1 - (header.high_bit if native else header.bits_stored - 1)
    below = allocated - header.bits_stored
    return samples if below == 0 else (samples << above) >> below


DECODERS: dict[str, Decoder] = {
    "1.2.840.10008.1.2.4.50": _jpeg,
    "1.2.840.10008.1.2.4.51": _jpeg,
    "1.2.840.10008.1.2.4.57": _jpeg_lossless,
    "1.2.840.10008.1.2.4.70": _jpeg_lossless,
    "1.2.840.10008.1.2.4.80": _jpeg_ls,
    "1.2.840.10008.1.2.4.81": _jpeg_ls,
    "1.2.840.10008.1.2.4.90": _jpeg_2000,
    "1.2.840.10008.1.2.4.91": _jpeg_2000,
    "1.2.840.10008.1.2.4.201": _jpeg_2000,
    "1.2.840.10008.1.2.4.202": _jpeg_2000,
    "1.2.840.10008.1.2.4.203": _jpeg_2000,
    "1.2.840.10008.1.2.5": _rle,
}
_TRANSFORMED = tuple(uid for uid, decoder in DECODERS.items() if decoder in (_jpeg, _jpeg_2000))
