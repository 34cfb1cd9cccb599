"""What leaves a DICOM header: an allow-list, as text. Nothing else of the data set is kept."""

from __future__ import annotations

import math
import struct
import zlib

from pydicom import Dataset
from pydicom.errors import InvalidDicomError

ALLOWED = (
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "SOPClassUID",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "StudyDescription",
    "Modality",
    "BodyPartExamined",
    "BurnedInAnnotation",
    "ViewPosition",
    "PhotometricInterpretation",
    "Manufacturer",
    "ManufacturerModelName",
    "InstitutionName",
)
MAX_CHARACTERS = 512
BROKEN = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, ImportError, LookupError, OSError),
    *(RuntimeError, TypeError, ValueError, InvalidDicomError, struct.error, zlib.error),
)
"""What pydicom and the decoders raise about a broken file or value (RecursionError and UnicodeError are among them)."""


def allowed_tags(dataset: Dataset) -> dict[str, str]:
    """Keyword to text, those left out that are empty or cannot be read; several values are joined by a backslash.

    A name keeps all its groups (alphabetic=ideographic=phonetic), decoded by the file's Specific Character Set.
    """
    return {keyword: text for keyword in ALLOWED if (text := _text(dataset, keyword))}


def _text(dataset: Dataset, keyword: str) -> str:
    try:
        value = dataset.get(keyword)
    except BROKEN:
        return ""
    values = value if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue" else [value]
    joined = "\\".join(str(one) for one in values if one is not None)
    return "".join(letter for letter in joined if letter.isprintable()).strip()[:MAX_CHARACTERS]


def spacing_mm(dataset: Dataset) -> tuple[float, float] | None:
    """(row, column) spacing: PixelSpacing, else ImagerPixelSpacing (at the detector); zero or nonsense is no scale."""
    scales = (_numbers(dataset, keyword) for keyword in ("PixelSpacing", "ImagerPixelSpacing"))
    return next((scale for scale in scales if len(scale) == 2 and min(scale) > 0), None)


def _numbers(dataset: Dataset, keyword: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(number) for number in dataset.get(keyword) or ())
    except BROKEN:
        return ()
    return numbers if all(map(math.isfinite, numbers)) else ()
