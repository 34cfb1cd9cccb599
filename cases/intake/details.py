"""What the sender typed beside the files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class UploadDetails:
    """Typed by the radiographer; all of it may be empty, the DICOM header fills what it knows.

    Attributes:
        patient_id, patient_name, sex ("F", "M", "O" or ""), birth_date: the patient.
        priority: "urgent", "normal" or "low".
        clinical_question: free text.
    """

    patient_id: str = ""
    patient_name: str = ""
    sex: str = ""
    birth_date: date | None = None
    priority: str = "normal"
    clinical_question: str = ""

    def to_json(self) -> dict[str, Any]:
        """For keeping with an upload that waits for an answer."""
        return {**asdict(self), "birth_date": self.birth_date.isoformat() if self.birth_date else None}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> UploadDetails:
        """The inverse of to_json."""
        born = values.get("birth_date")
        return cls(**{**values, "birth_date": date.fromisoformat(born) if born else None})
