"""Static files: names that change with their bytes, in pages, style sheets and between modules; kept by the browser."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.templatetags.static import static

from pneumo_site.static_files import ASK_AGAIN, FOR_EVER, HASHED, HashedNames, KeptFiles

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"\{% static ['\"]([^'\"]+)['\"]")
IMPORTED = re.compile(r"""(?:from|import)\s*["'](\./[^"']+)["']""")
LOADED = re.compile(r"""url\(["']([^"')]+)["']\)""")


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """The folder that `collectstatic` fills, and the storage that has filled it; undone after these tests."""
    folder, before = tmp_path_factory.mktemp("static"), staticfiles_storage._wrapped
    staticfiles_storage._wrapped = HashedNames(location=folder)
    call_command("collectstatic", interactive=False, verbosity=0)
    yield folder
    staticfiles_storage._wrapped = before


def test_every_file_that_a_template_names_has_a_hashed_address(collected):
    pages = ROOT.joinpath("cases/templates").rglob("*.html")
    names = {name for page in pages for name in NAMED.findall(page.read_text())}
    assert len(names) > 30

    addresses = {name: static(name) for name in names}

    assert [name for name, address in addresses.items() if not HASHED.search(address)] == []
    assert all((collected / address.removeprefix("/static/")).is_file() for address in addresses.values())


def test_modules_and_style_sheets_name_hashed_files_that_exist(collected):
    sources = [path for path in collected.glob("cases/*") if HASHED.search(path.name)]

    named = [
        (path, found)
        for path in sources
        for found in {".js": IMPORTED, ".css": LOADED}.get(path.suffix, re.compile("(?!)")).findall(path.read_text())
    ]

    assert len(named) > 30
    assert [found for _, found in named if not HASHED.search(found)] == []
    assert [found for path, found in named if not (path.parent / found).is_file()] == []


def test_the_admin_and_its_files_are_hashed_too(collected):
    sheet = static("admin/css/widgets.css")
    assert HASHED.search(sheet)

    named = LOADED.findall((collected / sheet.removeprefix("/static/")).read_text())

    assert named
    assert all(HASHED.search(picture) for picture in named)


def test_what_was_not_collected_keeps_its_plain_name(tmp_path):
    assert HashedNames(location=tmp_path).url("cases/app.css") == "/static/cases/app.css"


@pytest.mark.parametrize("changed", [True, False], ids=["first answer", "nothing has changed"])
def test_a_browser_keeps_a_hashed_file_and_asks_again_for_a_plain_one(collected, changed):
    hashed = staticfiles_storage.stored_name("cases/app.css")

    assert answered(collected, hashed, asked_before=not changed)["cache-control"] == FOR_EVER
    assert answered(collected, "cases/app.css", asked_before=not changed)["cache-control"] == ASK_AGAIN


def answered(folder: Path, name: str, *, asked_before: bool) -> dict[str, str]:
    """The headers of the answer, the second time with the tag of the first."""
    files = KeptFiles(directory=folder)
    scope = {"type": "http", "method": "GET", "headers": []}
    first = asyncio.run(files.get_response(name, scope))
    if not asked_before:
        return dict(first.headers)
    scope = {**scope, "headers": [(b"if-none-match", first.headers["etag"].encode())]}
    again = asyncio.run(files.get_response(name, scope))
    assert again.status_code == 304
    return dict(again.headers)
