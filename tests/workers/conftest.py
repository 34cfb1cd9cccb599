"""A running stack over the test database, with the model that ships."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.models import Case, ModelVersion, Upload, User
from cases.oversight.services import activate_model, register_model
from tests import making
from tests.stack import ROOT, Stack, running_stack, wait_until

BUNDLE = Path(os.environ.get("TEST_BUNDLE", ROOT / "inference" / "bundles" / "pneumonia"))


@pytest.fixture
def shipped_model(transactional_db) -> ModelVersion:
    """The model that ships, registered and active."""
    version = register_model(directory=BUNDLE, by=None)
    activate_model(version=version, by=None, reason="for the tests")
    return version


@pytest.fixture
def stack(transactional_db) -> Iterator[Stack]:
    """Nothing runs yet; what a test starts is ended after it."""
    with running_stack() as made:
        yield made
        print(made.logs())  # noqa: T201 pytest shows it beside a failure


@pytest.fixture
def full_stack(stack: Stack, shipped_model: ModelVersion) -> Stack:
    """Redis, reader, inference worker and sweeper, all alive."""
    stack.start_redis()
    stack.start("reader", "inference", "sweeper")
    stack.wait_for_workers("read", "infer", "sweep")
    return stack


@pytest.fixture
def sender(transactional_db, fast_passwords) -> User:
    """Alice, committed, so that workers see her."""
    return making.make_person("alice", "radiographer")


def phantom_upload(sender: User, seed: int = 0, **options: object) -> Upload:
    """One picture large enough for the gate, through the door."""
    from django.core.files.base import ContentFile

    from cases.intake.details import UploadDetails
    from cases.intake.services import receive_upload

    data = making.jpeg_bytes(seed, height=320, width=300)
    usual = {"details": UploadDetails(), "kind": "phantom"}
    return receive_upload(content=ContentFile(data), name="chest.jpg", by=sender, **{**usual, **options})


def state_of(upload: Upload) -> str:
    """Where the case of an upload stands now."""
    return Case.objects.get(pk=upload.case_id).state


def wait_for_state(upload: Upload, state: str, seconds: float = 60.0) -> None:
    """Until the case is in this state."""
    wait_until(lambda: state_of(upload) == state, seconds, f"case {state}, not {state_of(upload)}")


def files_under(prefix: str) -> list[str]:
    """Names of stored files below a prefix."""
    from django.core.files.storage import default_storage

    if not default_storage.exists(prefix):
        return []
    folders, files = default_storage.listdir(prefix)
    return files + [name for folder in folders for name in files_under(f"{prefix}/{folder}")]
