"""What kept a picture from being read, as a code of inference.errors."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded

from inference.errors import BundleRejected, RadiographError

log = logging.getLogger(__name__)
CODES: dict[type[Exception], str] = {
    FileNotFoundError: "storage_missing",
    SoftTimeLimitExceeded: "took_too_long",
    MemoryError: "out_of_memory",
}


def failure_of(error: Exception, what: str) -> tuple[str, Mapping[str, Any]]:
    """Code and values of an error; one that nobody foresaw goes to the log with `what` was read, without its text:
    that may hold what stands in a patient's file."""
    if isinstance(error, RadiographError | BundleRejected):
        return error.code, error.values
    for kind, code in CODES.items():
        if isinstance(error, kind):
            return code, {}
    log.error("%s: %s", what, type(error).__name__)
    return "internal_error", {}
