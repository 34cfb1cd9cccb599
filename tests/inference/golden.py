"""The pictures whose prepared arrays are kept as hashes; `python -m tests.inference.golden` writes them anew.

A hash may change only together with Preprocessing.version, since a bundle's network has seen the old pixels.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from inference.preprocessing import Preprocessing
from inference.radiograph import read_radiograph
from tests.inference import pictures as made

HASHES = Path(__file__).with_name("golden.json")
FRAMES = Path(__file__).with_name("frames")
LOSSLESS = {
    "explicit": made.EXPLICIT,
    "implicit": made.IMPLICIT,
    "big-endian": made.BIG_ENDIAN,
    "deflated": made.DEFLATED,
    "jpeg-lossless": made.JPEG_LOSSLESS,
    "jpeg-ls": made.JPEG_LS,
    "jpeg-2000": made.JPEG_2000,
    "htj2k": made.HTJ2K,
    "rle": made.RLE,
}


def golden_files() -> dict[str, bytes]:
    """Name to file. The two lossy frames are stored, since another encoder would make other pixels."""
    baseline, extended = (FRAMES / "torso8.jpg").read_bytes(), (FRAMES / "torso12.jpg").read_bytes()
    files = {
        "jpeg-8": baseline,
        "png-8": made.png(made.torso(8)),
        "png-16": made.png(made.torso(16)),
        "dicom-jpeg-baseline-8": made.dicom(made.torso(8), made.JPEG_BASELINE, frame=baseline),
        "dicom-jpeg-extended-12": _dicom(12, made.JPEG_EXTENDED, frame=extended),
    }
    return files | {f"dicom-{name}-{bits}": _dicom(bits, uid) for name, uid in LOSSLESS.items() for bits in (8, 12, 16)}


def _dicom(bits: int, syntax: str, frame: bytes | None = None) -> bytes:
    return made.dicom(made.torso(bits), syntax, frame=frame, BitsStored=bits, HighBit=bits - 1)


def array_hash(array: np.ndarray) -> str:
    """sha256 over shape, type and bytes."""
    return hashlib.sha256(f"{array.shape} {array.dtype.str}".encode() + array.tobytes()).hexdigest()


def prepared_hashes() -> dict[str, str]:
    """Name to hash of the default Preprocessing's array, as computed now."""
    return {name: array_hash(Preprocessing()(read_radiograph(data))) for name, data in golden_files().items()}


def write_frames() -> None:
    """Encode the two lossy frames; only ever done once."""
    import imagecodecs

    FRAMES.mkdir(exist_ok=True)
    (FRAMES / "torso8.jpg").write_bytes(imagecodecs.jpeg8_encode(made.torso(8), level=90))
    (FRAMES / "torso12.jpg").write_bytes(imagecodecs.jpeg8_encode(made.torso(12), level=90, bitspersample=12))


if __name__ == "__main__":
    if not FRAMES.exists():
        write_frames()
    HASHES.write_text(json.dumps(prepared_hashes(), indent=1, sort_keys=True) + "\n")
