"""A folder's files as a table: read, with size and bits, or refused, with the code. docs/formats.md is made by it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from inference.door import HEAD_BYTES, TRANSFER_SYNTAXES, look
from inference.errors import RadiographError
from inference.radiograph import read_radiograph

INTRODUCTION = """\
# Files that are read, and files that are refused

JPEG (8 bits; grey, colour, CMYK with Adobe's marker; turned as EXIF says), PNG (1 to 16 bits; grey, colour, palette, \
alpha on black) and DICOM with one frame. Content decides, not the name of the file. A refusal has a code, a sentence \
and a next step in English and Korean (`inference/reasons/`).

DICOM transfer syntaxes that are read:

"""
EXAMINATION = """
What a DICOM header says of the examination is compared before any model is asked (`inference/examinations.py`). \
Silence refuses nothing; that a DICOM file names no view is said beside the score, of a JPEG nobody expects one.

- **Part of the body**: BodyPartExamined and AnatomicRegionSequence. Another part than the chest is `not_chest`; the \
chest beside another part is a chest, and so are thorax, lung, heart, mediastinum, rib, trachea and bronchus.
- **View**: ViewPosition, ViewCodeSequence and PatientOrientation. A view from the side by any of them is \
`lateral_view`; any other named view that the model's scope does not list (oblique, lordotic, axial) is \
`view_outside_scope`.
- **Modality**: CT, MR and the like are `not_chest`; any other that the scope does not list (RF, OT, RG) is \
`modality_outside_scope`. DR is read as DX.

Of the two sequences only codes of SNOMED are kept, today's (SCT) and earlier ones (SRT, SNM3, 99SDM), without their \
meanings.
"""
TABLE = """
What becomes of difficult and odd files, found by reading each (`python -m inference formats FOLDER --markdown`):

| file | answer | size | bits | format |
| --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Line:
    """One file: its name, "read" or the refusal's code, columns × rows, bits stored, format or transfer syntax."""

    file: str
    answer: str
    size: str = ""
    bits: str = ""
    format: str = ""

    def to_markdown(self) -> str:
        """A row of the table."""
        return f"| {self.file} | {self.answer} | {self.size} | {self.bits} | {self.format} |"


def lines_of(folder: Path, files: Iterable[Path]) -> list[Line]:
    """Read each file and say what became of it."""
    return [_line(file.relative_to(folder).as_posix(), file.read_bytes()) for file in files]


def _line(name: str, data: bytes) -> Line:
    kind = ""
    try:
        door = look(data[:HEAD_BYTES], len(data))
        kind = TRANSFER_SYNTAXES[door.transfer_syntax] if door.transfer_syntax else door.format
        radiograph = read_radiograph(data)
    except RadiographError as error:
        return Line(name, f"`{error.code}`", format=kind or str(error.values.get("uid", "")))
    rows, columns = radiograph.values.shape
    return Line(name, "read", f"{columns} × {rows}", str(radiograph.bits), kind)


def markdown(lines: Iterable[Line]) -> str:
    """The page docs/formats.md."""
    syntaxes = "".join(f"- {name} (`{uid}`)\n" for uid, name in TRANSFER_SYNTAXES.items())
    return INTRODUCTION + syntaxes + EXAMINATION + TABLE + "".join(f"{line.to_markdown()}\n" for line in lines)
