"""What leaves a DICOM header: an allow-list, as text. Nothing else of the data set is kept."""

from __future__ import annotations

import math
import re
import struct
import zlib

from pydicom import Dataset
from pydicom.errors import InvalidDicomError

from inference.examination_codes import CODING_SCHEMES

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
    "PatientOrientation",
    "PhotometricInterpretation",
    "Manufacturer",
    "ManufacturerModelName",
    "InstitutionName",
)
CODED = ("ViewCodeSequence", "AnatomicRegionSequence")
"""Sequences of which the codes of the items are kept, where their scheme is SNOMED; nothing else of an item is."""
_CODE = re.compile("[0-9A-Z-]{1,16}")
MAX_CHARACTERS = 512
BROKEN = (
    *(ArithmeticError, AssertionError, AttributeError, EOFError, ImportError, LookupError, OSError),
    *(RuntimeError, TypeError, ValueError, InvalidDicomError, struct.error, zlib.error),
)
"""What pydicom and the decoders raise about a broken file or value (RecursionError and UnicodeError are among them)."""


def allowed_tags(dataset: Dataset) -> dict[str, str]:
    """Keyword to text, those left out that are empty or cannot be read; several values are joined by a backslash.

    A name keeps all its groups (alphabetic=ideographic=phonetic), decoded by the file's Specific Character Set.
    A code is scheme and value, "SCT 399173006".
    """
    plain = {keyword: text for keyword in ALLOWED if (text := _text(dataset, keyword))}
    return plain | {keyword: codes for keyword in CODED if (codes := _codes(dataset, keyword))}


def _text(dataset: Dataset, keyword: str) -> str:
    try:
        value = dataset.get(keyword)
    except BROKEN:
        return ""
    values = value if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue" else [value]
    joined = "\\".join(str(one) for one in values if one is not None)
    return "".join(letter for letter in joined if letter.isprintable()).strip()[:MAX_CHARACTERS]


def _codes(dataset: Dataset, keyword: str) -> str:
    try:
        items = [
            (_text(item, "CodingSchemeDesignator"), _text(item, "CodeValue")) for item in dataset.get(keyword) or ()
        ]
    except BROKEN:
        return ""
    known = [f"{scheme} {code}" for scheme, code in items if scheme in CODING_SCHEMES and _CODE.fullmatch(code)]
    return "\\".join(known)[:MAX_CHARACTERS]


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
