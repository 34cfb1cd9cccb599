"""A worker keeps the networks that run, and lets go of the others once nobody asks for them."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path

import numpy as np
import pytest

from cases import engines, pulse
from cases.models import ModelVersion, WorkerPulse
from cases.oversight.services import activate_model, register_model
from inference.bundle import Bundle
from inference.engine import Engine
from inference.errors import EngineBusy
from tests import making
from tests.cases.heat_networks import IN_THE_LUNG, Looking, chest
from tests.inference.small_bundle import SIDE, saved, small_bundle, small_network
from tests.stack import ROOT

pytestmark = pytest.mark.django_db
LONG_AGO = 10_000.0


@pytest.fixture(autouse=True)
def _nothing_open():
    yield
    engines.close_all()


def opened(version: ModelVersion, network: Looking | None = None, idle: bool = True) -> Engine:
    """An engine that the worker holds, asked just now or long ago."""
    engine = Engine(network or Looking(IN_THE_LUNG))
    engines._engines[version.sha256] = engine
    engines._asked[version.sha256] = time.monotonic() - (LONG_AGO if idle else 0)
    return engine


def test_the_version_before_an_activation_is_closed_and_the_active_one_stays():
    before, now = making.make_model("1.0", active=False), making.make_model("2.0")
    old, new = opened(before), opened(now)

    assert engines.tend_engines() == [str(now)]

    with pytest.raises(EngineBusy):
        old.predict(chest(IN_THE_LUNG))
    assert new.predict(chest(IN_THE_LUNG)).result(5)
    assert engines.engine_for(now) is new


def test_a_version_in_the_shadow_stays_until_it_leaves_it():
    version = making.make_model("1.0", active=False)
    ModelVersion.objects.filter(pk=version.pk).update(shadow_share=0.1)
    opened(version)
    assert engines.tend_engines() == [str(version)]

    ModelVersion.objects.filter(pk=version.pk).update(shadow_share=0.0)
    assert engines.tend_engines() == []


def test_what_was_asked_for_a_moment_ago_stays_so_that_its_asker_is_answered():
    version = making.make_model("1.0", active=False)
    opened(version, idle=False)
    assert engines.tend_engines() == [str(version)]

    engines._asked[version.sha256] -= LONG_AGO
    engine = engines.engine_for(version)  # as the heat map of an old answer
    assert engines.tend_engines() == [str(version)]
    assert engine.predict(chest(IN_THE_LUNG)).result(5)


def test_what_is_in_flight_is_answered_before_the_engine_goes():
    class Slow(Looking):
        begun, go_on = threading.Event(), threading.Event()

        def predict(self, batch: np.ndarray) -> np.ndarray:
            self.begun.set()
            assert self.go_on.wait(10)
            return super().predict(batch)

    network = Slow(IN_THE_LUNG)
    engine = opened(making.make_model("1.0", active=False), network)
    futures = [engine.predict(chest(IN_THE_LUNG)) for _ in range(3)]
    assert network.begun.wait(5)
    threading.Timer(0.1, network.go_on.set).start()

    assert engines.tend_engines() == []
    assert all(future.result(0) for future in futures)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_real_network_is_let_go_of_and_opened_again_when_it_is_asked_for(tmp_path: Path, settings):
    settings.MODELS_DIR = tmp_path / "models"
    version = register_model(
        directory=small_bundle(tmp_path / "small", saved(small_network(), tmp_path)).directory, by=None
    )
    activate_model(version=version, by=None, reason="to begin with")
    engines.open_running_models()
    network = weakref.ref(engines.engine_for(version).network)
    ModelVersion.objects.filter(pk=version.pk).update(active=False)
    engines._asked[version.sha256] -= LONG_AGO

    assert engines.tend_engines() == []
    gc.collect()
    assert network() is None
    again = engines.engine_for(version)
    assert again.predict(np.zeros((SIDE, SIDE, 1), np.uint8)).result(5).probabilities
    assert Bundle.open(Path(version.directory)).sha256 == version.sha256


@pytest.mark.django_db(transaction=True)  # a beat closes its connection
def test_the_pulse_tells_which_versions_are_open():
    version = making.make_model("2.0")
    opened(version)
    pulse._beat_once("inference@here", "infer")
    assert WorkerPulse.objects.get().facts["models"] == [str(version)]


def test_a_worker_that_tells_a_problem_holds_nothing_any_more():
    pulse.beat("inference@here", "infer", pid=7)
    assert pulse.workers_alive() == {"inference@here/7"}
    pulse.beat("inference@here", "infer", pid=7, problem="engine_stuck")
    assert pulse.workers_alive() == set()


HANGING = """
import os, sys, threading, time
import django
django.setup()
from django.conf import settings
from cases import engines, pulse
from inference.engine import Engine
from tests.cases.heat_networks import IN_THE_LUNG, Looking, chest

class Hanging(Looking):
    def predict(self, batch):
        time.sleep(600)

pulse.BEAT_SECONDS = 0.2
engine = engines._engines["1"] = Engine(Hanging(IN_THE_LUNG), stuck_s=0.5)
engine.predict(chest(IN_THE_LUNG))
threading.Thread(target=pulse._beat_forever, args=("inference@here", "infer"), daemon=True).start()
time.sleep(600)
"""


def test_a_process_whose_network_hangs_ends_even_where_the_database_cannot_be_told():
    ended = subprocess.run([sys.executable, "-c", HANGING], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert "in predict" in ended.stderr  # the log says where it hangs
