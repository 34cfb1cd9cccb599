"""The web process stays light and never decodes: what it loads, and what a hostile upload makes it do."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import httpx
import pytest
from django.core.management import call_command

from cases.models import Upload
from tests import making
from tests.stack import ROOT, Stack, running_stack, wait_until

HEAVY = ("tensorflow", "keras", "imagecodecs", "pydicom", "gdcm", "openjpeg", "pylibjpeg")
INFLATED_MB = 750


def test_loading_the_web_process_leaves_heavy_libraries_out(tmp_path: Path):
    script = f"import sys, pneumo_site.asgi; print('loaded:', sorted(set(sys.modules) & set({HEAVY!r})))"
    environment = {**os.environ, "DATA_DIR": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
    )

    assert "loaded: []" in done.stdout, done.stderr[-2000:]


@pytest.fixture
def web(transactional_db):
    """The web server alone: no worker would read what is uploaded."""
    call_command("collectstatic", interactive=False, verbosity=0)
    with running_stack() as stack:
        stack.start_redis()
        stack.start("web")
        wait_until(lambda: _answers(stack), 110, "the web server")
        yield stack


def _answers(stack: Stack) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{stack.port}/livez", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def deflated_bomb() -> bytes:
    """A deflated DICOM file of a few megabytes whose data set inflates to 750 MB."""
    whole = making.dicom_bytes()
    explicit, deflated = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99\0\0"[:22]
    meta_end = 132 + 12 + int.from_bytes(whole[140:144], "little")
    head = bytearray(whole[:meta_end])
    place = head.index(explicit)
    head[place - 2 : place] = len(deflated).to_bytes(2, "little")
    head[place : place + len(explicit)] = deflated
    head[140:144] = (int.from_bytes(whole[140:144], "little") + len(deflated) - len(explicit)).to_bytes(4, "little")
    packer, out = zlib.compressobj(1, zlib.DEFLATED, -15), io.BytesIO()
    for _ in range(INFLATED_MB):
        out.write(packer.compress(bytes(2**20)))
    return bytes(head) + out.getvalue() + packer.flush()


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def test_a_deflated_dicom_is_not_inflated_at_the_door(web: Stack):
    making.make_person("alice", "radiographer")
    address = f"http://127.0.0.1:{web.port}"
    bomb = deflated_bomb()
    assert len(bomb) < 5_000_000

    with httpx.Client(base_url=address, follow_redirects=True, timeout=60) as browser:
        _log_in(browser, address)
        browser.get("/upload/")
        before = _peak_mb(web.processes["web"].pid)
        answer = browser.post(
            "/upload/file/",
            data={"priority": "normal", "csrfmiddlewaretoken": browser.cookies["csrftoken"]},
            files={"files": ("bomb.dcm", bomb)},
            headers={"Referer": address, "X-CSRFToken": browser.cookies["csrftoken"]},
        )

    assert answer.status_code in (200, 201)
    assert Upload.objects.get().state == "accepted"
    assert _peak_mb(web.processes["web"].pid) - before < 50
    assert _mapped(web.processes["web"].pid) == []


def _log_in(browser: httpx.Client, address: str) -> None:
    browser.get("/accounts/login/")
    form = {"username": "alice", "password": making.PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    page = browser.post("/accounts/login/", data=form, headers={"Referer": address})
    assert "/accounts/login/" not in str(page.url)


def _mapped(pid: int) -> list[str]:
    """Shared libraries of TensorFlow or a decoder that the process has mapped."""
    libraries = re.findall(r"\S+\.so\S*", Path(f"/proc/{pid}/maps").read_text())
    return sorted(
        {name for name in libraries if re.search(r"site-packages/(tensorflow|imagecodecs|keras|_?gdcm)", name)}
    )
