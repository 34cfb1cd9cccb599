"""Files made for the tests, each in a line: every format and depth, sound or broken on purpose."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import imagecodecs
import numpy as np
from PIL import Image
from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, ComputedRadiographyImageStorage, ExplicitVRBigEndian, ImplicitVRLittleEndian

EXPLICIT = "1.2.840.10008.1.2.1"
IMPLICIT = "1.2.840.10008.1.2"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
HTJ2K = "1.2.840.10008.1.2.4.201"
RLE = "1.2.840.10008.1.2.5"
TORSO = (160, 144)


def torso(bits: int = 8, shape: tuple[int, int] = TORSO) -> np.ndarray:
    """A drawn chest in `bits` bits: bright middle and rim, two dark lungs. Integers only: the same on every machine."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.int64)
    y, x = rows * 1000 // shape[0], columns * 1000 // shape[1]
    picture = 700 + (x * 7 + y * 3) % 61
    for centre in (290, 710):
        lung = (x - centre) ** 2 * 4 + (y - 480) ** 2 < 360**2
        picture = np.where(lung, 180 + (x * 5 + y * 11) % 97, picture)
    picture = np.where(abs(x - 500) < 60, 930, picture)
    picture = picture * ((1 << bits) - 1) // 1000
    return picture.astype(np.uint8 if bits <= 8 else np.uint16)


def png(array: np.ndarray | Image.Image, **options: Any) -> bytes:
    """A PNG file; (H, W, 2 to 4) and 16-bit colour as well."""
    if isinstance(array, np.ndarray) and array.dtype == np.uint16 and array.ndim == 3:
        return bytes(imagecodecs.png_encode(array))
    return _saved(array, "PNG", options)


def jpeg(array: np.ndarray | Image.Image, **options: Any) -> bytes:
    """A JPEG file, quality 95."""
    return _saved(array, "JPEG", {"quality": 95} | options)


def saved_as(array: np.ndarray, name: str) -> bytes:
    """A file of another format that Pillow writes: GIF, TIFF, WEBP, BMP, PDF."""
    return _saved(array, name, {})


def _saved(array: np.ndarray | Image.Image, name: str, options: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(out, name, **options)
    return out.getvalue()


def png_header(width: int, height: int, depth: int = 8, colour_type: int = 0, data: bytes = b"") -> bytes:
    """A PNG that claims any size, with `data` as its compressed pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk, its checksum right."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def dicom(array: np.ndarray | None, syntax: str = EXPLICIT, *, frame: bytes | None = None, **tags: Any) -> bytes:
    """A DICOM file of one picture.

    Args:
        array: (H, W) or (H, W, 3); None: no pixel data.
        syntax: transfer syntax UID; compressed ones are encoded here.
        frame: the compressed frame to put in place of the encoded one.
        tags: keywords that are set last; None takes one out.
    """
    dataset = _described(array)
    for keyword, value in tags.items():
        if value is None:
            dataset.pop(keyword, None)
        else:
            setattr(dataset, keyword, value)
    if array is not None and "PixelData" not in tags:
        dataset.PixelData = _pixel_data(array, syntax, dataset, frame)
        dataset["PixelData"].VR = "OW" if array.dtype.itemsize > 1 else "OB"
        dataset["PixelData"].is_undefined_length = syntax in _ENCODERS
    return _written(dataset, syntax)


def _described(array: np.ndarray | None) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = ComputedRadiographyImageStorage, "1.2.3.4"
    dataset.Modality, dataset.BodyPartExamined = "CR", "CHEST"
    if array is not None:
        dataset.Rows, dataset.Columns = array.shape[:2]
        dataset.SamplesPerPixel = 1 if array.ndim == 2 else 3
        dataset.PhotometricInterpretation = "MONOCHROME2" if array.ndim == 2 else "RGB"
        if array.ndim == 3:
            dataset.PlanarConfiguration = 0
        dataset.BitsAllocated = dataset.BitsStored = array.dtype.itemsize * 8
        dataset.HighBit = dataset.BitsAllocated - 1
        dataset.PixelRepresentation = int(np.issubdtype(array.dtype, np.signedinteger))
    return dataset


def _pixel_data(array: np.ndarray, syntax: str, dataset: Dataset, frame: bytes | None) -> bytes:
    if syntax in _ENCODERS:
        return encapsulate([frame if frame is not None else _ENCODERS[syntax](array, int(dataset.BitsStored))])
    order = ">" if syntax == BIG_ENDIAN else "<"
    data = array.astype(array.dtype.newbyteorder(order)).tobytes()
    return data + bytes(len(data) % 2)


def _written(dataset: Dataset, syntax: str) -> bytes:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = UID(syntax), ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    dataset.file_meta = meta
    out = io.BytesIO()
    implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
    dcmwrite(out, dataset, enforce_file_format=True, implicit_vr=implicit, little_endian=little)
    return out.getvalue()


def rle_frame(array: np.ndarray) -> bytes:
    """DICOM RLE: one PackBits segment per byte plane, most significant first."""
    width = array.dtype.itemsize
    samples = array[..., np.newaxis] if array.ndim == 2 else array
    big_endian = np.moveaxis(samples, -1, 0).astype(f">u{width}").tobytes()
    by_byte = np.frombuffer(big_endian, np.uint8).reshape(samples.shape[2], -1, width)
    planes = [np.ascontiguousarray(sample[:, byte]) for sample in by_byte for byte in range(width)]
    segments = [bytes(imagecodecs.packbits_encode(plane.tobytes())) for plane in planes]
    segments = [segment + bytes(len(segment) % 2) for segment in segments]
    starts = np.cumsum([64, *map(len, segments)])[:-1].tolist()
    return struct.pack("<16I", len(segments), *starts, *[0] * (15 - len(starts))) + b"".join(segments)


_ENCODERS = {
    JPEG_BASELINE: lambda array, bits: imagecodecs.jpeg8_encode(array, level=95),
    JPEG_EXTENDED: lambda array, bits: imagecodecs.jpeg8_encode(array, level=95, bitspersample=bits),
    JPEG_LOSSLESS: lambda array, bits: imagecodecs.ljpeg_encode(array, bitspersample=bits),
    JPEG_LS: lambda array, bits: imagecodecs.jpegls_encode(array),
    JPEG_2000: lambda array, bits: imagecodecs.jpeg2k_encode(array, codecformat="j2k", level=0, bitspersample=bits),
    HTJ2K: lambda array, bits: imagecodecs.htj2k_encode(array, reversible=True),
    RLE: lambda array, bits: rle_frame(array),
}
