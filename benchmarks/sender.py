"""Brings drawn phantoms into a running site through the upload service, in a process of its own.

`python -m benchmarks.sender COUNT --first-seed N` draws COUNT pictures and prints a JSON line; for each line of its
input, a number, it sends as many and prints a JSON line about them. benchmarks/line.py starts it with the demo's
environment.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import sys
import time
from typing import Any

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 1000, 1500  # 1.5 megapixels, as the originals of the training set


def main() -> None:
    """Draw, say so, send as many as is said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--priority", default="normal")
    wanted = parser.parse_args()
    files = [chest_like(seed) for seed in range(wanted.first_seed, wanted.first_seed + wanted.count)]
    import django

    django.setup()
    _say({"ready": len(files)})
    for line in sys.stdin:
        now, files = files[: int(line)], files[int(line) :]
        _say(send(now, wanted.priority))


def chest_like(seed: int) -> bytes:
    """A soft grey JPEG of 1.5 megapixels, another for each seed."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(20, 230, (24, 36), dtype=np.uint8))
    large = np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), dtype=np.int16)
    grain = np.resize(rng.integers(-6, 7, 65_537, dtype=np.int16), large.shape)
    out = io.BytesIO()
    Image.fromarray((large + grain).clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
    return out.getvalue()


def send(files: list[bytes], priority: str) -> dict[str, Any]:
    """Each file through the service: when it was begun and done (seconds since the epoch), CPU seconds of it all."""
    from django.core.files.base import ContentFile

    from cases.intake.details import UploadDetails
    from cases.intake.services import receive_upload
    from cases.models import User

    by = User.objects.get(username="radiographer")
    spent, sent = _cpu_seconds(), {}
    for data in files:
        began = time.time()
        upload = receive_upload(
            content=ContentFile(data), name="chest.jpg", by=by, details=UploadDetails(priority=priority), kind="phantom"
        )
        sent[upload.case_id] = (began, time.time())
    return {"sent": sent, "cpu_seconds": _cpu_seconds() - spent}


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _say(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
