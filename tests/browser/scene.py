"""A department in the middle of a working day, with phantoms only, for the pictures of the tour."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from cases.intake.details import UploadDetails
from cases.intake.phantoms import Patch
from cases.intake.services import receive_upload
from cases.models import Case, SecondReading, Upload, User
from cases.models.listed import copy_again
from cases.reading.services import amend, claim, save_reading, sign
from cases.second.services import store_second, take
from tests import making
from tests.browser.clinic import Clinic

GREYS, COLOURS = 32, 200  # of the palette
RIGHT, LEFT = Patch(-0.44, 0.60, 0.17, 0.30), Patch(0.50, 0.40, 0.13, 0.26)
PATIENTS = {
    "DEMO-101": ("PHANTOM^AHN", date(2022, 3, 9), "F"),
    "DEMO-102": ("PHANTOM^BAEK", date(2021, 11, 2), "M"),
    "DEMO-103": ("PHANTOM^CHOI", date(2023, 6, 21), "F"),
    "DEMO-104": ("PHANTOM^DO", date(2020, 1, 30), "M"),
    "DEMO-105": ("PHANTOM^EOM", date(2024, 8, 14), "F"),
}


@dataclass(frozen=True)
class Arrival:
    """One file of the day: what it looks like, whose it is, how it came."""

    file: str
    patient: str = ""
    minutes_ago: int = 5
    priority: str = "normal"
    question: str = ""
    looks: dict[str, Any] = field(default_factory=dict)


ARRIVALS = {
    "earlier": Arrival("a.jpg", "DEMO-101", 60 * 26, question="Fever for two days."),
    "signed": Arrival("b.png", "DEMO-104", 190, looks={"patches": (LEFT,)}),
    "returned": Arrival("c.jpg", "DEMO-105", 160, looks={"inspiration": 0.1}),
    "mine": Arrival(
        "d.jpg", "DEMO-101", 45, "urgent", "Cough and fever for a week. Infiltrate?", {"patches": (RIGHT,)}
    ),
    "carols": Arrival("e.dcm", "", 38, question="Before an operation."),
    "next": Arrival(
        "f.jpg", "DEMO-102", 31, "urgent", "Short of breath since this morning.", {"patches": (LEFT, RIGHT)}
    ),
    "plain": Arrival("g.png", "DEMO-103", 24, looks={"heart": 1.2}),
    "calm": Arrival("h.jpg", "DEMO-104", 17, question="Control after eight weeks."),
    "header": Arrival("i.dcm", "", 12, looks={"inverted": True}),
    "late": Arrival("j.jpg", "DEMO-105", 6, "low", looks={"inspiration": 0.9}),
}

ODD = {"failed": Arrival("k.jpg", "DEMO-102", 28), "hand": Arrival("l.dcm", "", 21)}


@dataclass
class Scene:
    """The cases by what happened to them."""

    clinic: Clinic
    cases: dict[str, int] = field(default_factory=dict)

    def arrive(self) -> None:
        """Everything comes in and is scored; three files are not what they should be."""
        for name, arrival in ARRIVALS.items():
            self.cases[name] = self._send(self.clinic.draw(arrival.file, **arrival.looks), arrival)
        self.cases["failed"] = self._send(_cut_off(self.clinic.draw("k.jpg")), ODD["failed"])
        self.cases["hand"] = self._send(_called_a_hand(self.clinic.draw("l.dcm")), ODD["hand"], kind="clinical")
        self._send(self._text("letter.jpg"), Arrival(""))
        for name, case_id in self.cases.items():
            self.clinic.wait_for(case_id, {"failed": "failed", "hand": "not_scored"}.get(name, "ready"))
        self.clinic.ask(self._set_back)

    def work(self) -> None:
        """Bob and carol read: signed, amended, sent back, in hand."""
        self.clinic.ask(self._read_and_sign)

    def keep_model_back(self) -> None:
        """As where the site has cases read before the model is shown; bob has it in hand."""
        case = self._case("calm")
        if case.state == "ready":
            Case.objects.filter(pk=case.pk).update(read_blind=True)
            copy_again(case)
            claim(case=self._case("calm"), by=self.clinic.people["bob"])

    def draw_for_second_reading(self) -> None:
        """Carol signs it and it is drawn; bob has it in hand."""
        if self._case("late").state != "ready":
            return
        self._sign("late", self.clinic.people["carol"], "normal", "Clear lungs, no effusion.")
        SecondReading.objects.create(
            case=self._case("late"), state="second", why="share", first_reader=self.clinic.people["carol"]
        )
        copy_again(self._case("late"))
        take(case=self._case("late"), by=self.clinic.people["bob"])

    def differ(self) -> None:
        """Bob and carol differ; erin has it in hand and decides."""
        if self._case("plain").state != "ready":
            return
        self._sign("plain", self.clinic.people["bob"], "normal", "Heart at the upper limit, lungs clear.")
        plain, bob, erin = self._case("plain"), self.clinic.people["bob"], User.objects.get(username="erin")
        SecondReading.objects.create(case=plain, state="second", why="share", first_reader=bob)
        store_second(case=plain, by=self.clinic.people["carol"], verdict="uncertain", comment="Left base not free?")
        copy_again(self._case("plain"))
        take(case=self._case("plain"), by=erin)

    def _send(self, path: Path, arrival: Arrival, kind: str = "phantom") -> int:
        shown = f"phantom-{len(self.cases) + 1}{path.suffix}" if path.stem != "letter" else path.name
        upload = self.clinic.ask(self._receive, path, shown, arrival, kind)
        return upload.case_id or 0

    def _receive(self, path: Path, name: str, arrival: Arrival, kind: str) -> Upload:
        patient, born, sex = PATIENTS.get(arrival.patient, ("", None, ""))
        details = UploadDetails(
            patient_id=arrival.patient,
            patient_name=patient,
            birth_date=born,
            sex=sex,
            priority=arrival.priority,
            clinical_question=arrival.question,
        )
        content, by = ContentFile(path.read_bytes()), self.clinic.people["alice"]
        return receive_upload(content=content, name=name, by=by, details=details, kind=kind)

    def _text(self, name: str) -> Path:
        path = self.clinic.folder / name
        path.write_text("No picture at all.\n")
        return path

    def _set_back(self) -> None:
        now = timezone.now()
        for name, arrival in (ARRIVALS | ODD).items():
            Case.objects.filter(pk=self.cases[name]).update(received_at=now - timedelta(minutes=arrival.minutes_ago))

    def _read_and_sign(self) -> None:
        bob, carol = self.clinic.people["bob"], self.clinic.people["carol"]
        if not User.objects.filter(username="erin").exists():
            making.make_person("erin", "radiologist")
        self._sign("earlier", carol, "normal", "Clear lungs, heart of normal size.")
        self._sign("signed", bob, "pneumonia", "Opacity in the left upper zone.")
        self._sign("returned", bob, "not_diagnostic", "Breathed out; please repeat in inspiration.")
        self._amend("signed", bob, "Opacity in the left upper zone; follow-up in six weeks.", "Follow-up was missing.")
        claim(case=self._case("carols"), by=carol)
        mine = claim(case=self._case("mine"), by=bob)
        words = "Opacity in the right lower zone."
        save_reading(case=mine, by=bob, verdict="pneumonia", comment=words, version=mine.version)

    def _case(self, name: str) -> Case:
        return Case.objects.get(pk=self.cases[name])

    def _amend(self, name: str, by: Any, comment: str, reason: str) -> None:
        case = self._case(name)
        amend(case=case, by=by, verdict="pneumonia", comment=comment, reason=reason, version=case.version)

    def _sign(self, name: str, by: Any, verdict: str, comment: str) -> None:
        case = claim(case=self._case(name), by=by)
        sign(case=case, by=by, verdict=verdict, comment=comment, version=case.version)


def furnish(clinic: Clinic) -> Scene:
    """The whole day, up to now."""
    scene = Scene(clinic)
    scene.arrive()
    scene.work()
    return scene


def _cut_off(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:9000])
    return path


def _called_a_hand(path: Path) -> Path:
    file = pydicom.dcmread(path)
    file.BodyPartExamined = "HAND"
    file.save_as(path)
    return path


def reduced(png: bytes) -> bytes:
    """The same picture in a palette, a fraction of the bytes: the grain of a radiograph gives way, colours stay."""
    rgb = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    coloured = np.ptp(rgb.astype(np.int16), axis=2) > 0
    some = Image.fromarray(rgb[coloured][None]).quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
    indices = np.rint(rgb[..., 0] / 255 * (GREYS - 1)).astype(np.uint8)
    indices[coloured] = np.asarray(some)[0] + GREYS
    greys = np.repeat(np.linspace(0, 255, GREYS).astype(np.uint8), 3).tolist()
    picture = Image.fromarray(indices, "L")
    picture.putpalette(greys + (some.getpalette() or []))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
