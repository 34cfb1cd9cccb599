"""The models that an inference worker holds: one engine per model version, opened and verified when first asked for.

What runs stays open. What does not, such as the version before an activation, or an old one that a heat map was asked
of, is closed once nobody has asked for it for a while.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from django.conf import settings

from cases.models import ModelVersion
from inference.bundle import Bundle
from inference.engine import Engine
from inference.errors import BundleRejected, OutputRejected
from inference.lean import sweep_all, unswept

log = logging.getLogger(__name__)
STUCK_DEADLINES = 2  # of SCORE_SECONDS: a network that takes longer for one call is not coming back
IDLE_SECONDS = 120  # and SCORE_SECONDS, after which whoever asked has an answer or none
_engines: dict[str, Engine] = {}
_asked: dict[str, float] = {}  # when, by time.monotonic
_shelf = threading.Lock()  # held for a moment, where the two are looked at
_opening = threading.Lock()  # held for seconds


def engine_for(version: ModelVersion) -> Engine:
    """The engine of a version; the first call loads and warms it up.

    Raises:
        BundleRejected: the directory is not the bundle that was registered.
        OutputRejected: what the network answers at its warm-up is no probability.
    """
    found = _found(version.sha256)
    if found is not None:  # nobody waits while another version is opened
        return found
    with _opening:
        return _found(version.sha256) or _kept(version.sha256, _opened(version))


def _found(sha256: str) -> Engine | None:
    with _shelf:
        _asked[sha256] = time.monotonic()
        return _engines.get(sha256)


def _kept(sha256: str, engine: Engine) -> Engine:
    with _shelf:
        _asked[sha256] = time.monotonic()
        _engines[sha256] = engine
    return engine


def _opened(version: ModelVersion) -> Engine:
    from inference.runtime import load_network  # TensorFlow: only where a model runs

    bundle = Bundle.open(Path(version.directory))
    if bundle.sha256 != version.sha256:
        raise BundleRejected("bundle_foreign", file=str(version))
    return Engine(load_network(bundle, lite=True), stuck_s=STUCK_DEADLINES * settings.SCORE_SECONDS)


def open_running_models() -> None:
    """Load every active version before the first message.

    Raises:
        SystemExit: a bundle is refused; the worker stops with the sentence, there is no stand-in model.
    """
    versions = list(ModelVersion.objects.filter(active=True))
    with unswept():
        for version in versions:
            _open_or_stop(version)


def _open_or_stop(version: ModelVersion) -> None:
    try:
        engine_for(version)
    except (BundleRejected, OutputRejected) as error:
        log.critical("the model %s is refused: %s %s", version, error, error.next_step("en"))
        raise SystemExit(f"The model {version} is refused: {error} {error.next_step('en')}") from error


def any_stuck() -> bool:
    """Whether a network does not come back from a call."""
    with _shelf:
        return any(engine.stuck for engine in _engines.values())


def tend_engines() -> list[str]:
    """Close what nobody needs any more; the names of the versions that are open. For every beat of the pulse."""
    with _shelf:
        held = list(_engines)
    versions = list(ModelVersion.objects.filter(sha256__in=held))
    unneeded = {version.sha256 for version in versions if not version.active and not version.shadow_share}
    closed = [sha256 for sha256 in unneeded if _close_if_idle(sha256)]
    if closed:
        sweep_all()
    return [str(version) for version in versions if version.sha256 not in closed]


def _close_if_idle(sha256: str) -> bool:
    with _shelf:
        if time.monotonic() - _asked.get(sha256, 0.0) < IDLE_SECONDS + settings.SCORE_SECONDS:
            return False
        engine = _engines.pop(sha256, None)
    if engine is not None:
        engine.close()
    return True


def close_all() -> None:
    """Finish what was taken, then let go of the networks."""
    with _opening, _shelf:
        engines = list(_engines.values())
        _engines.clear()
    for engine in engines:
        engine.close()
