"""docs/operating.md names every name of the environment, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_of_the_environment_is_what_the_settings_read():
    settings = (ROOT / "pneumo_site" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings))
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    section = page.partition("## The environment")[2].partition("\n## ")[0]
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", section, flags=re.MULTILINE))
    assert len(read) > 20
    assert told == read


def test_the_commands_of_the_processes_are_those_that_the_demo_starts(tmp_path):
    from pneumo_site.demo.folder import Folder
    from pneumo_site.demo.programs import list_programs

    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    for program in list_programs(Folder(tmp_path, tmp_path), 8000, with_redis=False):
        words = [word for word in program.command if word.startswith("-") and word not in ("-m", "-q", "--loglevel")]
        row = next(line for line in page.splitlines() if line.startswith(f"| {program.name} |"))
        missing = [
            word for word in words if word not in row and word not in ("--no-server-header", "--no-proxy-headers")
        ]
        assert missing == []
