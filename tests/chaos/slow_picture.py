"""A sound picture near the size limit: it stays long enough in a child's hands to be caught there."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import numpy as np
from django.core.files.base import ContentFile
from PIL import Image

from cases.intake.details import UploadDetails
from cases.intake.services import receive_upload
from cases.models import Radiograph, Upload, User
from tests.chaos.flow import children
from tests.stack import Stack, wait_until


def slow_upload(sender: User) -> Upload:
    """39 megapixels of 16-bit noise as PNG, through the door."""
    noise = np.random.default_rng(1).integers(0, 65535, (5600, 7000), dtype=np.uint16)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG", compress_level=1)
    return receive_upload(
        content=ContentFile(out.getvalue()), name="slow.png", by=sender, details=UploadDetails(), kind="phantom"
    )


def state_of_reading(upload: Upload) -> str:
    """Where its picture stands."""
    return Radiograph.objects.get(pk=upload.radiograph_id).state


def child_that_reads(stack: Stack, upload: Upload) -> int | None:
    """The child that has grown by this picture, once it is being read; None when nobody will read it again."""
    wait_until(lambda: state_of_reading(upload) in ("reading", "failed", "read"), 60, "somebody reads it")
    time.sleep(0.3)
    if state_of_reading(upload) != "reading":
        return None
    return max(children(stack.processes["reader"].pid), key=_own_kilobytes, default=None)


def _own_kilobytes(pid: int) -> int:
    found = re.search(r"RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) if found else 0
