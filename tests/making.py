"""Small true things for tests: files that decode, people, and cases as the workers would have left them."""

from __future__ import annotations

import hashlib
import io
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pydicom
from django.db import transaction
from django.utils import timezone
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

from cases import events, rules, storage
from cases.models import Activation, Analysis, Case, Embedding, HeatMap, ModelVersion, Patient, Radiograph, User
from cases.models.patients import start_of_today
from inference.preprocessing import Preprocessing

PASSWORD = "a long enough secret"
THRESHOLDS = {"sensitive": 0.3, "specific": 0.7}


def pixels(seed: int = 0, height: int = 48, width: int = 40) -> np.ndarray:
    """A soft grey picture, uint8 (height, width); another one for each seed."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(20, 230, (6, 5), dtype=np.uint8))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def jpeg_bytes(seed: int = 0, **size: int) -> bytes:
    """A JPEG file."""
    return _encoded(seed, "JPEG", **size)


def png_bytes(seed: int = 0, **size: int) -> bytes:
    """A PNG file."""
    return _encoded(seed, "PNG", **size)


def _encoded(seed: int, format_name: str, **size: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels(seed, **size)).save(out, format_name)
    return out.getvalue()


def dicom_bytes(seed: int = 0, **tags: Any) -> bytes:
    """A DICOM file (CR, 8 bits, uncompressed); `tags` are set by their keyword."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=[f"instance {seed}"])
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)  # type: ignore[arg-type]
    picture = pixels(seed)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.Modality, dataset.ViewPosition, dataset.BodyPartExamined = "CR", "PA", "CHEST"
    dataset.Rows, dataset.Columns = picture.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.PixelData = picture.tobytes()
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    out = io.BytesIO()
    pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    return out.getvalue()


def make_person(name: str, role: str = "") -> User:
    """A member of staff with this role; the password is PASSWORD."""
    user = User(username=name, first_name=name.title(), role=role, is_staff=role == "administrator")
    user.set_password(PASSWORD)
    user.save()
    return user


def make_patient(patient_id: str = "P-100", name: str = "김영희", sex: str = "F", born: date | None = None) -> Patient:
    """A patient; the same number is the same patient."""
    values = {"name": name, "sex": sex, "birth_date": born or date(1970, 5, 4)}
    return Patient.objects.get_or_create(patient_id=patient_id, defaults=values)[0]


def make_model(version: str = "1.0", name: str = "pneumonia", active: bool = True) -> ModelVersion:
    """A registered model version; the same name and version is the same row."""
    row, new = ModelVersion.objects.get_or_create(
        name=name,
        version=version,
        defaults={
            "sha256": hashlib.sha256(f"{name} {version}".encode()).hexdigest(),
            "directory": "/nowhere",
            "classes": ["NORMAL", "PNEUMONIA"],
            "positive": "PNEUMONIA",
            "thresholds": THRESHOLDS,
            "preprocessing": Preprocessing().to_dict(),
            "card": "# A model for tests\n\nIt was never trained.",
            "active": active,
        },
    )
    if new and active:
        Activation.objects.create(model_version=row, by=None, reason="for the tests", thresholds=THRESHOLDS)
    return row


def make_case(
    *,
    state: str = "ready",
    probability: float | None = 0.91,
    by: User | None = None,
    patient: Patient | None = None,
    claimed_by: User | None = None,
    priority: str = "normal",
    minutes_ago: float | None = None,
    failure_code: str = "",
    seed: int = 0,
    model: ModelVersion | None = None,
    **fields: Any,
) -> Case:
    """A case with one radiograph, as the workers leave it.

    Args:
        state: ready, claimed, read, signed and amended have an analysis with `probability` (None: without); not_scored
            and failed have a picture and a reason; the states in progress have a picture nobody has read yet.
        claimed_by: makes it claimed, unless `state` says "read".
        fields: any further fields of Case.
    """
    if claimed_by and state == "ready":
        state = "claimed"
    with transaction.atomic():
        case = Case.objects.create(
            state=state,
            patient=patient,
            opened_by=by,
            priority=priority,
            priority_rank=rules.PRIORITY_RANK[rules.Priority(priority)],
            received_at=_received_at(minutes_ago),
            failure_code=failure_code or _usual_failure(state),
            claimed_by=claimed_by,
            lease_until=timezone.now() + timedelta(minutes=10) if claimed_by else None,
            **fields,
        )
        events.record("case_opened", by=by, case=case, kind=case.kind)
        radiograph = _make_radiograph(case, seed)
        if probability is not None and radiograph.state == "read":
            make_analysis(radiograph, probability, model=model)
    case.refresh_from_db()
    return case


def _received_at(minutes_ago: float | None) -> datetime:
    """Five minutes ago, but today: who looks just after midnight sees the cases of the day too."""
    if minutes_ago is not None:
        return timezone.now() - timedelta(minutes=minutes_ago)
    return max(timezone.now() - timedelta(minutes=5), start_of_today())


def _usual_failure(state: str) -> str:
    return {"failed": "damaged_file", "not_scored": "not_chest"}.get(state, "")


def _make_radiograph(case: Case, seed: int) -> Radiograph:
    data = jpeg_bytes(seed * 1000 + case.pk)
    digest = hashlib.sha256(data).hexdigest()
    radiograph = Radiograph(
        case=case, original_sha256=digest, original_name="chest.jpg", original_bytes=len(data), format="JPEG"
    )
    radiograph.uploaded_by = case.opened_by
    storage.put(radiograph.original_key, data)
    if case.state not in rules.IN_PROGRESS:
        _mark_read(radiograph, data)
    radiograph.save()
    return radiograph


def _mark_read(radiograph: Radiograph, data: bytes) -> None:
    case = radiograph.case
    radiograph.state = case.state if case.state in ("failed", "not_scored") else "read"
    if radiograph.state == "failed":
        radiograph.failure_code = case.failure_code
        return
    if radiograph.state == "not_scored":
        radiograph.refusals = [case.failure_code]
    radiograph.read_at = timezone.now()
    radiograph.height, radiograph.width, radiograph.bits = 48, 40, 8
    radiograph.pixel_sha256 = hashlib.sha256(b"pixels" + data).hexdigest()
    base = radiograph.pixel_sha256[:16]
    radiograph.rendition_key = storage.put(f"renditions/{base}.jpg", data)
    radiograph.thumbnail_key = storage.put(f"thumbnails/{base}.jpg", data)


def make_analysis(radiograph: Radiograph, probability: float, *, model: ModelVersion | None = None) -> Analysis:
    """A finished analysis, shown by the case."""
    from cases.analysis import refresh_top_analysis

    model = model or make_model()
    row = Analysis.objects.create(
        radiograph=radiograph,
        model_version=model,
        run=radiograph.analyses.filter(model_version=model).count() + 1,
        state="done",
        finished_at=timezone.now(),
        probabilities={"NORMAL": 1 - probability, "PNEUMONIA": probability},
        positive_probability=probability,
        band=_band(probability),
        thresholds=THRESHOLDS,
        seconds={"queue": 0.001, "network": 0.01},
    )
    refresh_top_analysis(radiograph.case)
    return row


def make_embedding(analysis: Analysis, degrees: float = 0.0) -> Embedding:
    """What the network saw; two that were turned by other degrees are as like as the cosine between them."""
    turned = np.radians(degrees)
    vector = np.rint(127 * np.array([np.cos(turned), np.sin(turned)])).astype(np.int8).tobytes()
    return Embedding.objects.create(analysis=analysis, model_version=analysis.model_version, vector=vector)


def make_heat_map(analysis: Analysis, by: User) -> HeatMap:
    """A heat map that may be shown, with both its files."""
    row = HeatMap(analysis=analysis, asked_by=by, state="done", finished_at=timezone.now())
    row.key = storage.put(f"heat-maps/{analysis.pk}.png", png_bytes(analysis.pk))
    storage.put(row.picture_key, jpeg_bytes(analysis.pk))
    row.before, row.after, row.outside = analysis.positive_probability, 0.1, 0.05
    row.save()
    return row


def _band(probability: float) -> str:
    if probability >= THRESHOLDS["specific"]:
        return "likely"
    return "uncertain" if probability >= THRESHOLDS["sensitive"] else "unlikely"
