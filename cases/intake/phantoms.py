"""Draws chest-like pictures for the demo: no patient, no scan behind them; each says PHANTOM in the picture.

Every picture is a sum of simple shapes, each a thickness of what the rays pass through (0 = air, about 1 = bone).
Coordinates: x from -1 (left edge of the picture, the patient's right) to 1, y from 0 (top) to 1 (bottom).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

HEIGHT, WIDTH = 800, 720
WORD = "PHANTOM"
BITS = 12  # of the DICOM files, as computed radiography has


@dataclass(frozen=True)
class Patch:
    """A dense place in a lung: centre, radius and how much it adds."""

    x: float
    y: float
    radius: float
    density: float


@dataclass(frozen=True)
class Phantom:
    """What distinguishes one picture from the next.

    Attributes:
        name: file name; its ending decides the format (.jpg 8 bits, .png 16 bits, .dcm 12 bits).
        inspiration: 0 (breathed out: short lungs) to 1.
        heart: width of the heart, as a share of the usual.
        inverted: a DICOM file with MONOCHROME1.
    """

    name: str
    seed: int
    inspiration: float = 0.6
    heart: float = 1.0
    patches: tuple[Patch, ...] = ()
    inverted: bool = False


PHANTOMS = (
    Phantom("phantom-1.jpg", seed=1, inspiration=0.8),
    Phantom("phantom-2.jpg", seed=2, patches=(Patch(-0.44, 0.60, 0.17, 0.30),)),
    Phantom("phantom-3.jpg", seed=3, inspiration=0.4, heart=1.15),
    Phantom("phantom-4.png", seed=4, inspiration=0.7, heart=0.9),
    Phantom("phantom-5.png", seed=5, patches=(Patch(0.50, 0.40, 0.13, 0.26), Patch(-0.40, 0.64, 0.15, 0.24))),
    Phantom("phantom-6.dcm", seed=6, inspiration=0.9),
    Phantom("phantom-7.dcm", seed=7, patches=(Patch(-0.46, 0.34, 0.15, 0.30),), inverted=True),
)


def draw_phantoms(folder: Path) -> list[Path]:
    """Write the phantoms into `folder`, made where it is missing; the same bytes every time. Returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for phantom in PHANTOMS:
        save(phantom, folder / phantom.name)
    return [folder / phantom.name for phantom in PHANTOMS]


def draw(phantom: Phantom) -> np.ndarray:
    """The picture: float32 (HEIGHT, WIDTH), 0 (air) to 1 (bone), with its word written in."""
    rng = np.random.default_rng(phantom.seed)
    x, y = np.meshgrid(np.linspace(-1, 1, WIDTH, dtype=np.float32), np.linspace(0, 1, HEIGHT, dtype=np.float32))
    x = x + np.float32(rng.uniform(-0.02, 0.02)) + np.float32(rng.uniform(-0.02, 0.02)) * (y - 0.5)
    body = draw_body(x, y)
    lungs = draw_lungs(x, y, phantom.inspiration)
    inside = draw_middle(x, y, phantom.heart) + draw_vessels(x, y, lungs, rng) + draw_patches(x, y, lungs, phantom, rng)
    thickness = (
        body * (0.50 + draw_bones(x, y) + draw_abdomen(x, y, phantom.inspiration)) - 0.40 * lungs + inside * body
    )
    return write_word(finish(thickness, rng))


def edge(distance: np.ndarray, softness: float) -> np.ndarray:
    """1 inside (distance below 0), 0 outside, with a soft border."""
    return 1 / (1 + np.exp(np.clip(distance / softness, -40, 40)))


def blob(x: np.ndarray, y: np.ndarray, width: float, height: float) -> np.ndarray:
    """A bell of height 1 at the origin."""
    return np.exp(-((x / width) ** 2) - (y / height) ** 2)


def tube(distance: np.ndarray, radius: float) -> np.ndarray:
    """A bone seen from the side: brighter at its two rims than in its middle."""
    across = np.abs(distance) / radius
    return edge(across - 1, 0.10) * (0.55 + 0.45 * np.clip(across, 0, 1) ** 3)


def draw_body(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Neck, shoulders and trunk."""
    shoulders = 0.21 + 1.1 * y + 0.85 * edge(0.135 - y, 0.016)
    trunk = 0.87 - 0.05 * y + 0.30 * edge(y - 0.31, 0.035)
    return edge(np.abs(x) - np.minimum(shoulders, trunk), 0.010) * (1 - 0.20 * np.clip(np.abs(x), 0, 1) ** 4)


def dome(x: np.ndarray, inspiration: float) -> np.ndarray:
    """y of the diaphragm: two domes, the patient's right one higher, falling to the sides."""
    level = 0.70 + 0.10 * inspiration
    side = np.where(x < 0, x + 0.38, x - 0.42)
    return level + np.where(x < 0, -0.025, 0.0) + 0.55 * side**2 + 4.5 * side**4


def draw_lungs(x: np.ndarray, y: np.ndarray, inspiration: float) -> np.ndarray:
    """Air: how deep the lung is at each place, 0 to 1."""
    total = np.zeros_like(x)
    for side in (-1, 1):
        across = (side * x - 0.42 - 0.10 * (y - 0.45)) / (0.345 - 0.30 * np.clip(0.30 - y, 0, None))
        along = np.where(y < 0.45, (0.45 - y) / 0.335, (y - 0.45) / 0.75)
        depth = 1 - np.abs(across) ** 2.4 - np.abs(along) ** 2.6
        total += np.sqrt(np.clip(depth, 0, None)) * edge(-depth, 0.02)
    return np.clip(total, 0, 1) ** 0.8 * edge(y - dome(x, inspiration), 0.006)


def draw_middle(x: np.ndarray, y: np.ndarray, heart: float) -> np.ndarray:
    """Spine, windpipe, great vessels and heart."""
    segments = 0.75 + 0.25 * np.cos(2 * np.pi * y * (19 - 4 * y)) ** 2
    spine = 0.17 * edge(np.abs(x) - 0.085 - 0.02 * y, 0.012) * segments
    strip = 0.20 * edge(np.abs(x + 0.01) - 0.15 - 0.05 * y, 0.02) * edge(0.10 - y, 0.02)
    windpipe = -0.13 * edge(np.abs(x - 0.008) - 0.042, 0.010) * edge(y - 0.36, 0.02)
    arch = 0.14 * edge(np.hypot((x - 0.15) / 0.11, (y - 0.345) / 0.06) - 1, 0.08)
    along, across = 0.87 * (x - 0.13) + 0.95 * (y - 0.62), 1.9 * 0.87 * (y - 0.62) - 0.5 * (x - 0.13)
    radius = np.hypot(along / (0.35 * heart), across / (0.285 - 0.10 * along))
    return spine + strip + windpipe + arch + 0.25 * edge(radius - 1, 0.03) * np.clip(1.2 - 0.45 * radius**2, 0, None)


def draw_bones(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ribs behind and in front, collar bones."""
    wide = np.abs(x)
    cage = edge(wide - 0.80, 0.012)
    total = np.zeros_like(x)
    for number in range(10):
        top = 0.105 + 0.062 * number
        behind = y - top - 0.055 * wide + 0.10 * (wide - 0.32) ** 2 * (4 - 0.2 * number) - 0.16 * wide**4
        front = y - top - 0.10 - 0.16 * (0.85 - wide) + 0.25 * (wide - 0.85) ** 2
        reach = edge(wide - 0.46 - 0.06 * number, 0.02) if number < 6 else cage
        total += 0.105 * tube(behind, 0.0125) * reach * edge(0.08 - wide, 0.01)
        total += 0.040 * tube(front, 0.0150) * cage * edge(0.34 - wide, 0.05) * (number < 7)
    collar = y - 0.185 + 0.10 * (wide - 0.1) - 0.03 * np.sin(7 * wide)
    return total + 0.13 * tube(collar, 0.017) * edge(wide - 0.82, 0.01) * edge(0.09 - wide, 0.01)


def draw_abdomen(x: np.ndarray, y: np.ndarray, inspiration: float) -> np.ndarray:
    """What lies under the diaphragm, with the air of the stomach."""
    below = edge(dome(x, inspiration) - y, 0.008)
    bubble = blob(x - 0.42, y - dome(np.full_like(x, 0.42), inspiration) - 0.075, 0.13, 0.038)
    return below * (0.15 - 0.22 * bubble)


def draw_vessels(x: np.ndarray, y: np.ndarray, lungs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Branches from each root of the lung outwards, thinner and fainter with the distance."""
    total = np.zeros_like(x)
    for side in (-1, 1):
        total += 0.13 * blob(x - 0.20 * side, y - 0.47, 0.08, 0.075)
        for angle in (np.linspace(-1.25, 1.35, 9) + rng.uniform(-0.08, 0.08, 9)).tolist():
            total = np.maximum(total, draw_branch(side * x - 0.17, y - 0.47, angle, rng))
    return total * np.clip(lungs * 1.5, 0, 1)


def draw_branch(x: np.ndarray, y: np.ndarray, angle: float, rng: np.random.Generator) -> np.ndarray:
    """One vessel from the origin, slightly bent."""
    along = x * np.cos(angle) + 1.9 * y * np.sin(angle)
    across = -x * np.sin(angle) + 1.9 * y * np.cos(angle) + rng.uniform(-0.5, 0.5) * along**2
    width = 0.016 * np.clip(1 - along / 0.55, 0.12, 1)
    return 0.13 * np.exp(-((across / width) ** 2)) * edge(0.05 - along, 0.02) * np.clip(1 - along / 0.55, 0, 1)


def draw_patches(
    x: np.ndarray, y: np.ndarray, lungs: np.ndarray, phantom: Phantom, rng: np.random.Generator
) -> np.ndarray:
    """Dense places with a cloudy border, inside the lungs only."""
    clouds = make_clouds(rng)
    total = np.zeros_like(x)
    for patch in phantom.patches:
        shape = blob(x - patch.x, (y - patch.y) * 1.6, patch.radius, patch.radius)
        total += patch.density * np.clip(1.7 * shape - 0.35 + 0.9 * (clouds - 0.5), 0, 1.2) * np.clip(shape * 3, 0, 1)
    return total * np.clip(lungs * 2, 0, 1)


def make_clouds(rng: np.random.Generator) -> np.ndarray:
    """Smooth noise, 0 to 1, in three sizes."""
    layers = [grow(rng.random((size, size), dtype=np.float32)) / weight for size, weight in ((7, 1), (17, 2), (41, 4))]
    total = np.sum(layers, axis=0)
    return (total - total.min()) / np.ptp(total)


def grow(values: np.ndarray) -> np.ndarray:
    """`values` smoothly enlarged to the picture's size."""
    return np.asarray(Image.fromarray(values).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))


def finish(thickness: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Thickness as grey: the more is in the way, the less another layer adds; with the grain of few rays."""
    grain = 0.012 * rng.standard_normal(thickness.shape, dtype=np.float32) + 0.03 * (make_clouds(rng) - 0.5) * (
        thickness > 0.05
    )
    grey = np.clip(thickness + grain, 0, None)
    wide = np.pad(grey, 1, mode="edge")
    soft = (wide[1:-1, 1:-1] * 2 + wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]) / 6
    return np.asarray(np.clip(0.02 + 1.07 * (1 - np.exp(-1.8 * soft)), 0, 1), dtype=np.float32)


def write_word(grey: np.ndarray) -> np.ndarray:
    """The word that says what this is, below, and the side's letter above."""
    mask = Image.new("L", (WIDTH, HEIGHT), 0)
    pen = ImageDraw.Draw(mask)
    pen.text((WIDTH // 2, HEIGHT - 56), WORD, fill=255, font=ImageFont.load_default(52), anchor="mm")
    pen.text((WIDTH - 48, 46), "L", fill=255, font=ImageFont.load_default(44), anchor="mm")
    shadow = np.asarray(mask.filter(ImageFilter.GaussianBlur(7)), dtype=np.float32) / 255
    ink = np.asarray(mask, dtype=np.float32) / 255
    return np.asarray(np.maximum(grey * (1 - 0.8 * np.clip(1.6 * shadow, 0, 1)), ink), dtype=np.float32)


def save(phantom: Phantom, path: Path) -> None:
    """Draw and write one phantom in the format of its ending."""
    grey = draw(phantom)
    if path.suffix == ".jpg":
        Image.fromarray(np.rint(grey * 255).astype(np.uint8)).save(path, quality=90)
    elif path.suffix == ".png":
        Image.fromarray(np.rint(grey * 65535).astype(np.uint16)).save(path)
    else:
        build_dicom(phantom, grey).save_as(path, enforce_file_format=True)


def build_dicom(phantom: Phantom, grey: np.ndarray) -> FileDataset:
    """A computed radiograph of a patient who is called PHANTOM^DEMO."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = make_uid(phantom, "instance")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = FileDataset(phantom.name, {}, file_meta=meta, preamble=b"\0" * 128)
    set_values(file, describe_study(phantom))
    set_values(file, describe_pixels(phantom))
    values = np.rint((1 - grey if phantom.inverted else grey) * (2**BITS - 1)).astype("<u2")
    file.PixelData = values.tobytes()
    return file


def make_uid(phantom: Phantom, kind: str) -> pydicom.uid.UID:
    """The same identifier for the same phantom every time."""
    return generate_uid(entropy_srcs=["pneumo", WORD, str(phantom.seed), kind])


def set_values(file: FileDataset, values: Iterable[tuple[str, object]]) -> None:
    """Set each by its keyword."""
    for keyword, value in values:
        setattr(file, keyword, value)


def describe_study(phantom: Phantom) -> list[tuple[str, object]]:
    """Patient, study and series; nothing in it could be somebody's."""
    patient = [("PatientName", "PHANTOM^DEMO"), ("PatientID", f"PHANTOM-{phantom.seed}"), ("PatientSex", "O")]
    study = [("StudyInstanceUID", make_uid(phantom, "study")), ("SeriesInstanceUID", make_uid(phantom, "series"))]
    when = [("StudyDate", "20260101"), ("StudyTime", "090000"), ("PatientBirthDate", "20220101")]
    words = [("StudyDescription", "Drawn phantom, not a patient"), ("AccessionNumber", f"DEMO-{phantom.seed}")]
    return [
        ("SOPClassUID", ComputedRadiographyImageStorage),
        ("SOPInstanceUID", make_uid(phantom, "instance")),
        *patient,
        *study,
        *when,
        *words,
        ("Modality", "CR"),
        ("BodyPartExamined", "CHEST"),
        ("ViewPosition", "PA"),
        ("SeriesNumber", 1),
        ("InstanceNumber", 1),
        ("PatientOrientation", ["L", "F"]),
    ]


def describe_pixels(phantom: Phantom) -> list[tuple[str, object]]:
    """How the values are stored, and the window to show them in."""
    return [
        ("SamplesPerPixel", 1),
        ("PhotometricInterpretation", "MONOCHROME1" if phantom.inverted else "MONOCHROME2"),
        ("Rows", HEIGHT),
        ("Columns", WIDTH),
        ("BitsAllocated", 16),
        ("BitsStored", BITS),
        ("HighBit", BITS - 1),
        ("PixelRepresentation", 0),
        ("ImagerPixelSpacing", [0.25, 0.25]),
        ("WindowCenter", 2 ** (BITS - 1)),
        ("WindowWidth", 2**BITS),
        ("RescaleIntercept", 0),
        ("RescaleSlope", 1),
    ]
