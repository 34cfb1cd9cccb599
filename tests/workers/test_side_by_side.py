"""Models side by side, priorities, activation, re-run and backfill, through real workers and a real broker."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.core.files.storage import default_storage

from cases import live
from cases.intake.details import UploadDetails
from cases.intake.services import rerun
from cases.models import Analysis, Case, Event, ModelVersion
from cases.oversight.services import activate_model, register_model
from cases.oversight.shadows import set_shadow
from inference.bundle import write_bundle
from inference.preprocessing import Preprocessing
from tests.stack import ROOT, wait_until
from tests.workers.conftest import BUNDLE, phantom_upload, wait_for_state

pytestmark = [pytest.mark.timeout(240), pytest.mark.chaos]  # with the tests that stop workers: a minute and more
CHOSEN = {"sensitive": 0.05, "specific": 0.95}


@pytest.fixture
def newer(shipped_model: ModelVersion, tmp_path: Path) -> ModelVersion:
    """The network that ships once more, under another version."""
    facts = json.loads((BUNDLE / "bundle.json").read_text())
    facts.pop("format")
    folder = tmp_path / "newer"
    write_bundle(folder, {**facts, "version": "99.0"}, "# For tests\n", (BUNDLE / "model.keras").read_bytes())
    return register_model(directory=folder, by=None)


def in_shadow(version: ModelVersion, **fields: object):
    return Analysis.everything.filter(model_version=version, shadow=True, **fields)


def test_a_version_in_the_shadow_answers_after_the_others_and_tells_no_page(full_stack, sender, newer):
    set_shadow(version=newer, share=1.0, by=None, reason="for the tests")
    changes = redis.Redis.from_url(settings.REDIS_URL).pubsub(ignore_subscribe_messages=True)
    changes.subscribe(live.CHANNEL)

    upload = phantom_upload(sender)
    wait_for_state(upload, "ready")
    shown = Case.objects.values().get(pk=upload.case_id)
    wait_until(lambda: in_shadow(newer, state="done").exists(), 90, "the answer in the shadow")

    answer, first = in_shadow(newer).get(), Analysis.objects.get()
    assert answer.positive_probability == pytest.approx(first.positive_probability, abs=1e-4)
    assert answer.finished_at > first.finished_at
    assert Case.objects.values().get(pk=upload.case_id) == shown
    heard = [word for word in (changes.get_message(timeout=0.2) for _ in range(30)) if word]
    told = [word for word in heard if word["data"] != b"refresh"]  # that a model answers now belongs to no case
    happened = Event.objects.filter(case_id=upload.case_id).values_list("verb", flat=True)
    # Pages hear of each event, but for that of the answer: it comes with that of the move, and is told with it once.
    assert len(told) == len([verb for verb in happened if verb != "analysed"])
    assert Event.objects.filter(verb="answered_in_shadow").count() == 1


def test_an_activation_and_a_re_run_keep_what_was_said_before(full_stack, sender, newer, shipped_model):
    old = phantom_upload(sender)
    wait_for_state(old, "ready")

    activate_model(version=newer, by=None, reason="it is better", thresholds=CHOSEN)
    rerun(case=Case.objects.get(pk=old.case_id), by=sender)
    wait_for_state(old, "ready")

    first, second = Analysis.objects.order_by("pk")
    assert (first.model_version, first.thresholds, first.state) == (shipped_model, shipped_model.thresholds, "done")
    assert (second.model_version, second.thresholds, second.state) == (newer, CHOSEN, "done")
    assert Case.objects.get(pk=old.case_id).top_analysis == second


def test_an_urgent_case_overtakes_those_that_wait(stack, shipped_model, sender):
    stack.start_redis()
    for number in range(100):
        phantom_upload(sender, seed=number)
    stack.start("reader", "inference", "sweeper")
    stack.wait_for_workers("read", "infer")
    wait_until(lambda: Analysis.objects.filter(state="done").exists(), 90, "the first of those that wait")

    urgent = phantom_upload(sender, seed=999, details=UploadDetails(priority="urgent"))
    wait_for_state(urgent, "ready", 60)

    first = Analysis.objects.get(radiograph__case=urgent.case_id)
    others = Analysis.objects.exclude(pk=first.pk).filter(state="done")
    came = first.radiograph.case.received_at
    meanwhile = others.filter(finished_at__gt=came, finished_at__lt=first.finished_at).count()
    before = others.filter(finished_at__lte=came).count()
    assert meanwhile <= 40, "more than what the workers had in hand already"
    assert before + meanwhile < 100, "nothing was left to overtake"


def test_old_cases_are_scored_once_though_it_is_stopped_half_way(full_stack, sender, newer):
    uploads = [phantom_upload(sender, seed=number) for number in range(20)]
    for upload in uploads:
        wait_for_state(upload, "ready", 120)
    _forget_array(uploads[0])
    before = list(Case.objects.order_by("pk").values())

    stopped = _begin(full_stack)
    wait_until(lambda: in_shadow(newer).exists(), 60, "the first is asked for")
    stopped.send_signal(signal.SIGINT)
    assert stopped.wait(30) in (0, 1)
    said = json.loads(_finished(full_stack))

    assert said["failed"] == 0
    wait_until(lambda: in_shadow(newer, state="done").count() == 20, 30, "all 20 are scored")
    assert in_shadow(newer).values("radiograph").distinct().count() == 20
    assert set(in_shadow(newer).values_list("run", flat=True)) == {1}
    assert list(Case.objects.order_by("pk").values()) == before
    assert json.loads(_finished(full_stack))["pictures"] == 0


COMMAND = (sys.executable, "manage.py", "backfill", "--model", "pneumonia@99.0", "--json")


def _begin(stack) -> subprocess.Popen[bytes]:
    return subprocess.Popen(COMMAND, cwd=ROOT, env=stack.environment, stdout=subprocess.DEVNULL)


def _finished(stack) -> bytes:
    done = subprocess.run(COMMAND, cwd=ROOT, env=stack.environment, capture_output=True, timeout=120, check=True)
    return done.stdout


def _forget_array(upload) -> None:
    """As if the picture had been read for another preparation."""
    radiograph = Analysis.objects.get(radiograph=upload.radiograph_id).radiograph
    preparation = Preprocessing.from_dict(ModelVersion.objects.get(active=True).preprocessing)
    key = radiograph.array_key(preparation.fingerprint)
    assert default_storage.exists(key)
    default_storage.delete(key)
