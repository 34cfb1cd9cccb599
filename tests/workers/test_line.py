"""The line from an upload to a probability, through real workers, and what breaks on the way."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import redis
from django.conf import settings

from cases import events, tasks
from cases.models import Analysis, Case, Event, ModelVersion, Trial
from cases.trials.services import try_picture
from inference.embedding import WIDTH
from tests import making
from tests.stack import wait_until
from tests.workers.conftest import files_under, phantom_upload, state_of, wait_for_state

pytestmark = [pytest.mark.timeout(240)]


def test_an_upload_becomes_a_probability(full_stack, sender, shipped_model):
    upload = phantom_upload(sender)

    wait_for_state(upload, "ready")

    case = Case.objects.get(pk=upload.case_id)
    analysis = case.top_analysis
    assert analysis.model_version == shipped_model
    assert abs(sum(analysis.probabilities.values()) - 1) < 1e-4
    assert case.top_probability == analysis.probabilities["PNEUMONIA"]
    assert analysis.thresholds == shipped_model.thresholds
    assert len(analysis.embedding.vector) == WIDTH
    assert list(events.broken_links()) == []


def test_a_message_delivered_five_times_leaves_one_result(full_stack, sender):
    upload = phantom_upload(sender)
    for _ in range(5):
        tasks.read_radiograph.apply_async((upload.radiograph_id,), queue="read")
    wait_until(lambda: Analysis.objects.exists(), 30, "the analysis is opened")
    analysis = Analysis.objects.get()
    for _ in range(5):
        tasks.score_analysis.apply_async((analysis.pk,), queue="infer")

    wait_for_state(upload, "ready")
    time.sleep(2)

    assert Analysis.objects.count() == 1
    assert Analysis.objects.get().attempts == 1
    assert Event.objects.filter(case_id=upload.case_id, verb="analysed").count() == 1
    assert Event.objects.filter(case_id=upload.case_id, verb="scored").count() == 1


@pytest.mark.chaos
def test_an_upload_while_redis_is_away_is_kept_and_scored_later(stack, shipped_model, sender):
    if "TEST_REDIS_URL" in os.environ:
        pytest.skip("the Redis of this run is not ours to stop")
    began = time.monotonic()
    upload = phantom_upload(sender)

    assert time.monotonic() - began < 2
    assert state_of(upload) == "received"
    stack.start_redis()
    stack.start("reader", "inference", "sweeper")
    wait_for_state(upload, "ready", 120)


def test_an_emptied_broker_loses_nothing(stack, shipped_model, sender):
    stack.start_redis()
    uploads = [phantom_upload(sender, seed=number) for number in range(5)]
    redis.Redis.from_url(settings.REDIS_URL).flushall()

    stack.start("reader", "inference", "sweeper")

    for upload in uploads:
        wait_for_state(upload, "ready", 120)
    assert Analysis.objects.count() == 5


def test_the_trial_page_gets_an_answer_and_nothing_stays(full_stack, sender):
    data = making.jpeg_bytes(3, height=320, width=300)

    answer = asyncio.run(try_picture(data, "en", sender.pk))

    assert answer.refusal is None
    assert 0 <= answer.probabilities["PNEUMONIA"] <= 1
    assert answer.rendition.startswith(b"\xff\xd8\xff")
    assert answer.band in ("likely", "uncertain", "unlikely")
    assert not Trial.objects.exists()
    assert files_under("trials") == []
    assert not Case.objects.exists()


def test_the_trial_page_says_when_no_worker_is_up(shipped_model, sender):
    answer = asyncio.run(try_picture(making.jpeg_bytes(), "ko", sender.pk))

    assert answer.refusal.code == "no_inference_worker"
    assert not Trial.objects.exists()


def test_an_altered_bundle_stops_the_inference_worker(stack, shipped_model: ModelVersion):
    home = Path(shipped_model.directory)
    backup = home.with_suffix(".backup")
    shutil.copytree(home, backup)
    stack.start_redis()
    try:
        data = bytearray((home / "model.keras").read_bytes())
        data[len(data) // 2] ^= 1
        (home / "model.keras").write_bytes(data)

        worker = stack._started("inference")
        code = worker.wait(60)
    except subprocess.TimeoutExpired:
        worker.kill()
        raise
    finally:
        shutil.rmtree(home)
        backup.rename(home)

    assert code != 0
    assert "refused" in stack.log("inference")
