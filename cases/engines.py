"""The models that an inference worker holds: one engine per model version, opened and verified once per process."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from cases.models import ModelVersion
from inference.bundle import Bundle
from inference.engine import Engine
from inference.errors import BundleRejected, OutputRejected
from inference.lean import unswept

log = logging.getLogger(__name__)
_engines: dict[str, Engine] = {}
_opening = threading.Lock()


def engine_for(version: ModelVersion) -> Engine:
    """The engine of a version; the first call loads and warms it up.

    Raises:
        BundleRejected: the directory is not the bundle that was registered.
        OutputRejected: what the network answers at its warm-up is no probability.
    """
    found = _engines.get(version.sha256)
    if found is not None:  # nobody waits while another version is opened
        return found
    with _opening:
        if version.sha256 not in _engines:
            _engines[version.sha256] = _opened(version)
        return _engines[version.sha256]


def _opened(version: ModelVersion) -> Engine:
    from inference.runtime import load_network  # TensorFlow: only where a model runs

    bundle = Bundle.open(Path(version.directory))
    if bundle.sha256 != version.sha256:
        raise BundleRejected("bundle_foreign", file=str(version))
    return Engine(load_network(bundle))


def open_running_models() -> dict[str, Any]:
    """Load every active version before the first message.

    Raises:
        SystemExit: a bundle is refused; the worker stops with the sentence, there is no stand-in model.
    """
    versions = list(ModelVersion.objects.filter(active=True))
    with unswept():
        for version in versions:
            _open_or_stop(version)
    return {"models": [str(version) for version in versions]}


def _open_or_stop(version: ModelVersion) -> None:
    try:
        engine_for(version)
    except (BundleRejected, OutputRejected) as error:
        log.critical("the model %s is refused: %s %s", version, error, error.next_step("en"))
        raise SystemExit(f"The model {version} is refused: {error} {error.next_step('en')}") from error


def close_all() -> None:
    """Finish what was taken, then let go of the networks."""
    with _opening:
        for engine in _engines.values():
            engine.close()
        _engines.clear()
