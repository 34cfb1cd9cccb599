"""Files on disk, complete or not there: written beside their place, flushed, then renamed."""

from __future__ import annotations

import errno
import io
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage


class DiskFull(Exception):
    """Less room is left than the site keeps free."""


class AtomicFileSystemStorage(FileSystemStorage):
    """A file appears under its name only when all of it is on the disk; the same name is written again in one step."""

    def _save(self, name: str, content: File[Any]) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{uuid.uuid4().hex}.part")
        try:
            with part.open("wb") as out:
                for chunk in content.chunks():
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            part.replace(target)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(f"no room for {name}") from error
            raise
        finally:
            part.unlink(missing_ok=True)
        return name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        # Names are digests or ids: the same name means the same content.
        return name


def check_room(extra_bytes: int = 0) -> None:
    """Refuse before the disk is full, so that signing still works.

    Raises:
        DiskFull: less than FREE_DISK_FLOOR_MB would be left.
    """
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free - extra_bytes < settings.FREE_DISK_FLOOR_MB * 1024 * 1024:
        raise DiskFull(f"{free} bytes are left in the data folder")


def put(key: str, data: bytes) -> str:
    """Store bytes under a key; the key comes back."""
    return default_storage.save(key, ContentFile(data))


def put_once(key: str, content: File[Any]) -> str:
    """Store a file under its digest, unless it is there already."""
    return key if default_storage.exists(key) else default_storage.save(key, content)


def get(key: str) -> bytes:
    """The bytes under a key.

    Raises:
        FileNotFoundError: nothing lies there.
    """
    with default_storage.open(key) as stored:
        return bytes(stored.read())


def get_head(key: str, size: int) -> bytes:
    """The first bytes under a key, the rest unread.

    Raises:
        FileNotFoundError: nothing lies there.
    """
    with default_storage.open(key) as stored:
        return bytes(stored.read(size))


def put_array(key: str, array: np.ndarray) -> str:
    """Store one array; no pickles."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return put(key, buffer.getvalue())


def get_array(key: str) -> np.ndarray:
    """The array under a key.

    Raises:
        FileNotFoundError: nothing lies there.
    """
    array: np.ndarray = np.load(io.BytesIO(get(key)), allow_pickle=False)
    return array


def remove(*keys: str) -> None:
    """Delete what lies under the keys; a key that is empty or gone is no error."""
    for key in filter(None, keys):
        default_storage.delete(key)


def remove_folder(prefix: str) -> None:
    """Delete every file directly under a prefix."""
    if not default_storage.exists(prefix):
        return
    for name in default_storage.listdir(prefix)[1]:
        default_storage.delete(f"{prefix}/{name}")
    if isinstance(default_storage, FileSystemStorage) or hasattr(default_storage, "path"):
        shutil.rmtree(default_storage.path(prefix), ignore_errors=True)
