"""The workstation in a real Chromium over loopback: how soon a 4-megapixel picture is there, how smooth its window."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.table import Table, median, quantile

SIDE = 2048
OF_EACH = int(os.environ.get("VIEWER_CASES", "7"))
WINDOWING_MS = 3000
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
# Runs before every page: when a key was pressed on the page before, and when the picture stood on this one.
WATCH = """
addEventListener('keydown', () => sessionStorage.setItem('pressed', performance.timeOrigin + performance.now()), true);
new PerformanceObserver(list => { window.paintedAt ??= performance.timeOrigin + list.getEntries()[0].renderTime; })
  .observe({type: 'element', buffered: true});
for (const name of ['change', 'deep']) document.addEventListener(`viewer:${name}`, () => {
  window[`${name}At`] = performance.timeOrigin + performance.now(); }, {once: true});
"""
SEEN = """() => { const page = performance.getEntriesByType('navigation')[0];
  const answered = performance.timeOrigin + page.responseEnd;
  return {depth: document.querySelector('pneumo-viewer').dataset.depth,
    pressed: Number(sessionStorage.getItem('pressed')),
    answered, shown: Math.min(window.paintedAt ?? Infinity, window.changeAt),
    ready: window.changeAt, deep: window.deepAt}; }"""
WINDOWING = """async milliseconds => { const viewer = document.querySelector('pneumo-viewer');
  const spent = []; const end = performance.now() + milliseconds; let frames = 0;
  while (performance.now() < end) { await new Promise(requestAnimationFrame); frames += 1;
    viewer.view.width = 100 + 60 * Math.sin(frames / 9); const began = performance.now(); viewer.draw();
    spent.push(performance.now() - began); }
  return {frames, milliseconds, spent, kind: viewer.dataset.ready,
    points: viewer.canvas.width * viewer.canvas.height}; }"""


def run() -> list[Table]:
    """Three tables: making the pictures, time to the picture, frames while windowing."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("no Chromium here (apt-get install chromium)")
    from benchmarks.worklist import database

    files = {"JPEG, 8 bits": jpeg(drawn()), "DICOM, 12 bits": dicom(drawn())}
    with tempfile.TemporaryDirectory(prefix="pneumo-bench-") as folder, database(Path(folder)):
        tables = [made_table(files)]
        make_cases(files)
        from django.core.management import call_command

        from benchmarks.open_pages import cookies, redis_server, web_process

        call_command("collectstatic", interactive=False, verbosity=0)
        session = cookies(1)[0]
        with redis_server(Path(folder)), web_process(Path(folder)) as (address, _):
            return tables + watched(chromium, address, session)


def drawn() -> np.ndarray:
    """A phantom of 2048 by 2048, 0 to 1, with the noise of a detector."""
    from PIL import Image

    from cases.intake.phantoms import Phantom, draw

    grey = Image.fromarray(draw(Phantom("bench", seed=1)).astype(np.float32)).resize((SIDE, SIDE))
    noise = np.random.default_rng(1).normal(0, 0.003, (SIDE, SIDE))
    return np.asarray(np.clip(np.asarray(grey) + noise, 0, 1))


def jpeg(grey: np.ndarray) -> bytes:
    """Quality 90."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.rint(grey * 255).astype(np.uint8)).save(out, "JPEG", quality=90)
    return out.getvalue()


def dicom(grey: np.ndarray) -> bytes:
    """12 bits, not compressed."""
    from cases.intake.phantoms import Phantom, build_dicom

    file = build_dicom(Phantom("bench", seed=1), grey)
    file.Rows, file.Columns = grey.shape
    out = io.BytesIO()
    file.save_as(out, enforce_file_format=True)
    return out.getvalue()


def made_table(files: dict[str, bytes]) -> Table:
    """Milliseconds of the reader's work with and without the full depth, and the bytes that a browser gets."""
    from inference.prepare import prepare
    from inference.quality import Scope

    columns = ("4 megapixels", "prepare, ms of a core", "with full depth", "rendition, MB", "full depth, MB")
    table = Table("What the reader worker makes", columns)
    for name, data in files.items():
        spent = {
            deep: median([timed(prepare, data, {}, Scope(), for_workstation=deep) for _ in range(5)])
            for deep in (False, True)
        }
        made = prepare(data, {}, Scope(), for_workstation=True)
        table.rows.append((name, spent[False], spent[True], len(made.rendition) / 1e6, len(made.deep or b"") / 1e6))
    table.meaning = "Median of 5, without gate and networks. Eight bits need no second picture and get none."
    return table


def timed(function: Any, *args: Any, **values: Any) -> float:
    """Milliseconds of a core that one call takes: what else runs here counts less."""
    began = time.process_time()
    function(*args, **values)
    return 1000 * (time.process_time() - began)


def make_cases(files: dict[str, bytes]) -> None:
    """A reader, and cases of each kind by turns, ready to be read: enough for both walks."""
    from cases.models import Case, Radiograph, User
    from inference.prepare import prepare
    from inference.quality import Scope

    User.objects.create(username="reader1", role="radiologist", password="!")
    made = {name: prepare(data, {}, Scope(), for_workstation=True) for name, data in files.items()}
    for number in range(2 * OF_EACH + 3):  # what the first walk skips, the second does not get
        for name, data in files.items():
            case = Case.objects.create(state="ready", kind="phantom")
            Radiograph.objects.create(case=case, **stored(made[name], data, f"{name[:4]}-{number}"))


def stored(made: Any, data: bytes, base: str) -> dict[str, Any]:
    """The fields of a radiograph that was read, its files put away."""
    from django.utils import timezone

    from cases import storage

    height, width = made.radiograph.values.shape
    return {
        "original_sha256": base,
        "original_bytes": len(data),
        "format": made.radiograph.format,
        "state": "read",
        "read_at": timezone.now(),
        "pixel_sha256": base,
        "height": height,
        "width": width,
        "bits": made.radiograph.bits,
        "rendition_key": storage.put(f"renditions/{base}.jpg", made.rendition),
        "thumbnail_key": storage.put(f"thumbnails/{base}.jpg", made.thumbnail),
        "deep_key": storage.put(f"deep/{base}.bin", made.deep) if made.deep else "",
    }


def watched(chromium: str, address: str, session: str) -> list[Table]:
    """Both ways through the cases, in a browser of its own each."""
    from playwright.sync_api import sync_playwright

    columns = (
        "",
        "since “next”, ms",
        "slowest",
        "since the page came, ms",
        "slowest",
        "tools since “next”, ms",
        "full depth",
        "cases",
    )
    arrival = Table("The picture of the next case, 4 megapixels", columns)
    frames = Table(
        "Window and level", ("", "frames a second", "median draw, ms", "95th percentile, ms", "drawn by", "points")
    )
    with sync_playwright() as driver:
        for ahead in (False, True):
            with opened(driver, chromium, address, session, ahead=ahead) as page:
                found = walk(page, address, ahead=ahead, frames=None if ahead else frames)
            for depth in ("8", "full"):
                rows = [row for row in found if row["depth"] == depth]
                arrival.rows.append((f"{'fetched ahead' if ahead else 'loaded'}, {name_of(depth)}", *figures(rows)))
    arrival.meaning = (
        "“Next” is a key: the case goes back, the next is claimed, its page and its picture come over loopback."
    )
    frames.meaning = "Chromium without a graphics card, a window of 1600 by 1000."
    return [arrival, frames]


@contextlib.contextmanager
def opened(driver: Any, chromium: str, address: str, session: str, *, ahead: bool) -> Iterator[Any]:
    """A page of the reader; `ahead` False: without the worker that fetches ahead."""
    browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
    workers = "allow" if ahead else "block"
    context = browser.new_context(viewport={"width": 1600, "height": 1000}, service_workers=workers)
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    context.add_init_script(WATCH)
    context.set_default_timeout(30_000)
    yield context.new_page()
    browser.close()


def walk(page: Any, address: str, *, ahead: bool, frames: Table | None) -> list[dict[str, Any]]:
    """From case to case by the key for "skip"; what each page saw."""
    page.goto(f"{address}/")
    page.keyboard.press("n")
    found: list[dict[str, Any]] = []
    measured: set[str] = set()
    for number in range(2 * OF_EACH):
        page.wait_for_url(re.compile(r"/cases/\d+/$"))
        page.wait_for_selector("pneumo-viewer[data-depth]")
        seen = page.evaluate(SEEN)
        if number > 1:  # the first pages load what every page has
            found.append(seen)
        if frames is not None and seen["depth"] not in measured:
            measured.add(seen["depth"])
            frames.rows.append(frames_row(name_of(seen["depth"]), page.evaluate(WINDOWING, WINDOWING_MS)))
        if ahead:
            page.wait_for_selector("[data-kept='1'], [data-kept='2']", state="attached")
        before = page.url
        page.keyboard.press("x")
        page.wait_for_url(lambda url, before=before: url != before)
    return found


def name_of(depth: str) -> str:
    """The depth of a file, in words."""
    return "12 bits" if depth == "full" else "8 bits"


def figures(rows: list[dict[str, Any]]) -> tuple[Any, ...]:
    """Milliseconds: since the key and since the page's answer, median and slowest; to the full depth; how many."""
    pressed = [row["shown"] - row["pressed"] for row in rows]
    answered = [row["shown"] - row["answered"] for row in rows]
    ready, deep = ([row[name] - row["pressed"] for row in rows] for name in ("ready", "deep"))
    return median(pressed), max(pressed), median(answered), max(answered), median(ready), median(deep), len(rows)


def frames_row(name: str, seen: dict[str, Any]) -> tuple[Any, ...]:
    """One row of the table of frames."""
    rate = 1000 * seen["frames"] / seen["milliseconds"]
    return name, rate, median(seen["spent"]), quantile(seen["spent"], 0.95), seen["kind"], seen["points"]
