"""The web process, as uvicorn loads it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import asyncio, sys
async def load():
    import pneumo_site.asgi
    return pneumo_site.asgi.application
application = asyncio.run(load())
print(sorted({"tensorflow", "keras", "imagecodecs", "pydicom", "gdcm"} & set(sys.modules)))
print([getattr(route, "path", "") for route in application.routes])
"""


def load_web_process(tmp_path, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE],
        env={**os.environ, "DATA_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=280,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.timeout(300)  # all of it is imported once more, also on a busy machine
def test_the_web_process_holds_no_network_and_no_decoder_and_nothing_overtakes_the_gate(tmp_path):
    held, routes = load_web_process(tmp_path)
    assert held == "[]"
    assert routes == "['/try', '/try', '/static', '']"
    assert (tmp_path / "trial-uploads").stat().st_mode & 0o777 == 0o700
