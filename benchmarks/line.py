"""Upload to probability, over the processes of `make demo`: one after another on an idle system, and all at once."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
from PIL import Image

from benchmarks.running_demo import running_demo, token_of
from benchmarks.table import Table, median, quantile

COUNT = 100
HEIGHT, WIDTH = 1000, 1500  # 1.5 megapixels, as the originals of the training set
AT_ONCE = 8  # connections of the load generator, which shares the two cores


def run() -> list[Table]:
    """Two tables: times, and what the load generator's uploads alone took."""
    files = [chest_like(seed) for seed in range(2 * COUNT + 3)]
    with running_demo() as demo:
        client = demo.visitor("radiographer")
        token = token_of(client.get("/upload/").text)
        for data in files[:3]:
            settled_seconds(client, [upload(client, token, data)])
        one_by_one = [seconds_for_one(client, token, data) for data in files[3 : COUNT + 3]]
        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            starts = list(pool.map(lambda data: upload(client, token, data), files[COUNT + 3 :]))
        uploaded = time.monotonic() - began
        together = settled_seconds(client, starts)
    rows = [
        ("one after another", COUNT, median(one_by_one), quantile(one_by_one, 0.95), COUNT / sum(one_by_one)),
        ("100 at once", COUNT, median(together), quantile(together, 0.95), COUNT / max(together)),
    ]
    return [
        Table(
            "Upload to probability",
            ("how", "files", "median s", "95th percentile s", "cases per s"),
            list(rows),
            f"1.5-megapixel JPEG over HTTP to the page's answer that the case is ready; the uploads alone took "
            f"{uploaded:.1f} s of the second row, on the same cores.",
        )
    ]


def chest_like(seed: int) -> bytes:
    """A soft grey JPEG of 1.5 megapixels, another for each seed."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(20, 230, (24, 36), dtype=np.uint8))
    large = np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), dtype=np.int16)
    grainy = large + rng.integers(-6, 7, large.shape, dtype=np.int16)
    out = io.BytesIO()
    Image.fromarray(grainy.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=90)
    return out.getvalue()


def upload(client: httpx.Client, token: str, data: bytes) -> tuple[str, float]:
    """Send one file; its row's id in "My uploads" and when it was sent."""
    began = time.monotonic()
    answer = client.post(
        "/upload/file/",
        data={"priority": "normal", "csrfmiddlewaretoken": token},
        files={"files": ("chest.jpg", data, "image/jpeg")},
        headers={"Referer": str(client.base_url), "X-CSRFToken": token},
    )
    answer.raise_for_status()
    return answer.text.split('id="upload-')[1].split('"')[0], began


def seconds_for_one(client: httpx.Client, token: str, data: bytes) -> float:
    """From sending one file to its case being ready."""
    return settled_seconds(client, [upload(client, token, data)])[0]


def settled_seconds(client: httpx.Client, starts: list[tuple[str, float]]) -> list[float]:
    """For each upload the seconds until the page says ready; looks every 50 ms, all uploads in one look."""
    waiting, seconds = dict(starts), []
    while waiting:
        page = client.get("/uploads/rows/", params={"page_size": 500}).text
        now = time.monotonic()
        for upload_id in [name for name in waiting if is_settled(page, name)]:
            seconds.append(now - waiting.pop(upload_id))
        if waiting:
            time.sleep(0.05)
    return seconds


def is_settled(page: str, upload_id: str) -> bool:
    """Whether the row of this upload says that its case is ready."""
    parts = page.split(f'id="upload-{upload_id}"')
    return len(parts) > 1 and "state-ready" in parts[1].split("</li>")[0]
