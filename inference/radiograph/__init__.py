"""Files to radiographs. A new format is a reader, a line in READERS and its magic bytes in the door."""

from __future__ import annotations

from collections.abc import Callable

from inference.door import HEAD_BYTES, look
from inference.radiograph.types import Radiograph


def _read_jpeg(data: bytes) -> Radiograph:
    from inference.radiograph.jpeg import read_jpeg

    return read_jpeg(data)


def _read_png(data: bytes) -> Radiograph:
    from inference.radiograph.png import read_png

    return read_png(data)


def _read_dicom(data: bytes) -> Radiograph:
    from inference.radiograph.dicom import read_dicom

    return read_dicom(data)


READERS: tuple[tuple[str, Callable[[bytes], Radiograph]], ...] = (
    ("JPEG", _read_jpeg),
    ("PNG", _read_png),
    ("DICOM", _read_dicom),
)
"""Each imports its decoder at the first call: whoever imports only the types, as the web process does, loads none."""


def read_radiograph(data: bytes) -> Radiograph:
    """The picture in a JPEG, PNG or DICOM file; the content decides which it is, no name is looked at.

    Raises:
        UnreadableImage: the file is damaged, cut short or lies about itself.
        UnsupportedImage: the file is sound, and of a kind we do not read.
    """
    door = look(data[:HEAD_BYTES], len(data))
    return dict(READERS)[door.format](data)


__all__ = ["READERS", "Radiograph", "read_radiograph"]
