"""The environment of the tests, set before Django reads its settings (loaded with -p by pyproject.toml)."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_data = tempfile.mkdtemp(prefix="pneumo-tests-")
atexit.register(shutil.rmtree, _data, ignore_errors=True)

# A process of pytest-xdist takes the server of its own number: two tests on one Redis would hear each other.
_servers = os.environ.get("TEST_REDIS_URL", f"unix://{_data}/redis.sock").split()
_redis = _servers[int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % len(_servers)]

os.environ.update(
    DJANGO_SETTINGS_MODULE="pneumo_site.settings",
    SECRET_KEY="tests-only-" + "x" * 50,
    EVENT_KEY="tests-only-event-key",
    DATA_DIR=_data,
    SITE_KIND="demo",
    LANGUAGE_CODE="en",
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", f"sqlite:///{_data}/unused.sqlite3"),
    # Where no server is named, a socket that nobody listens on until tests/stack.py starts a Redis there.
    REDIS_URL=_redis,
    CELERY_BROKER_URL=os.environ.get("TEST_BROKER_URL", _redis.replace("unix://", "redis+socket://")),
    FREE_DISK_FLOOR_MB="10",
    GATE="off",  # what the tests draw is no chest; tests/inference/test_gate.py and tests/cases/test_gate.py ask it
    KERAS_BACKEND="tensorflow",
    TF_CPP_MIN_LOG_LEVEL="2",
    GRADIO_ANALYTICS_ENABLED="False",
)
