"""What is installed is what the hashed files say, and the floors that keep known holes shut."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import PIL
import pytest
from packaging.markers import Marker
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "pillow": "13.0",
    "gradio": "6.31",
    "django": "5.2.19",
    "keras": "3.15",
    "starlette": "1.0.1",
    "pydicom": "3.0.2",
}
FORBIDDEN = [  # written in halves, or this file would name them
    re.compile(text) for text in ("python" + "hosted", r"pypi\." + "org", r"registry\." + "npmjs", r"deb\." + "debian")
]


def pins(name: str) -> dict[str, tuple[str, str]]:
    """Name to version and marker of one hashed file."""
    text = (ROOT / "requirements" / name).read_text()
    found = re.findall(r"^([\w.-]+)==([\w.]+)(?: ; ([^\\]+?))? \\$", text, re.M)
    rows = [(name.lower(), version, marker) for name, version, marker in found]
    return {name: (version, marker) for name, version, marker in rows if not marker or Marker(marker).evaluate()}


def test_pillow_is_past_its_critical_hole():
    assert Version(PIL.__version__) >= Version("13.0")


@pytest.mark.parametrize(("name", "floor"), FLOORS.items())
def test_each_floor_is_kept(name: str, floor: str):
    assert Version(metadata.version(name)) >= Version(floor)


def test_what_is_installed_is_what_is_pinned():
    wanted = pins("dev.txt")
    installed = {name: metadata.version(name) for name in wanted}

    assert installed == {name: version for name, (version, _) in wanted.items()}


@pytest.mark.parametrize("name", ["cpu.txt", "gpu.txt", "dev.txt"])
def test_every_pin_has_a_hash_and_no_address(name: str):
    text = (ROOT / "requirements" / name).read_text()

    assert text.count("==") >= 80
    assert "://" not in text
    blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.M)[1:]
    assert all("--hash=sha256:" in block for block in blocks)


def test_the_product_files_agree():
    cpu, gpu, dev = (pins(name) for name in ("cpu.txt", "gpu.txt", "dev.txt"))
    tensorflow = {"tensorflow-cpu", "tensorflow"}

    assert {name: dev[name] for name in cpu} == cpu
    assert {name: gpu[name] for name in cpu if name not in tensorflow and name in gpu} == {
        name: cpu[name] for name in cpu if name not in tensorflow and name in gpu
    }


def test_every_dependency_says_where_it_is_used():
    lines = (ROOT / "pyproject.toml").read_text().split("[tool.uv]")[0].splitlines()
    required = [line for line in lines if re.match(r'\s+"[a-z]|^(cpu|gpu) =', line)]

    assert len(required) >= 20
    assert [line for line in required if "#" not in line] == []


def test_the_override_of_gradios_pin_is_written_down():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert project["tool"]["uv"]["override-dependencies"] == ["pillow>=13.0"]


def test_no_file_names_a_registry():
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    texts = {name: (ROOT / name).read_bytes().decode("utf-8", "ignore") for name in names.split("\0") if name}

    assert [name for name, text in texts.items() if any(rule.search(text) for rule in FORBIDDEN)] == []
