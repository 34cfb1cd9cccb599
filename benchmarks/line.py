"""Upload to probability, over the processes of `make demo`: one after another on an idle system, and all at once."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import numpy as np
from PIL import Image

from benchmarks.running_demo import RunningDemo, running_demo, token_of
from benchmarks.table import Table, median, quantile

COUNT = 100
HEIGHT, WIDTH = 1000, 1500  # 1.5 megapixels, as the originals of the training set
AT_ONCE = 8  # connections of the load generator, which shares the two cores


def run() -> list[Table]:
    """One table: the times of both ways."""
    files = [chest_like(seed) for seed in range(2 * COUNT + 3)]
    with running_demo() as demo:
        client = demo.visitor("radiographer")
        token = token_of(client.get("/upload/").text)
        for data in files[:3]:
            settled_seconds(demo, [upload(client, token, data)])
        one_by_one = [settled_seconds(demo, [upload(client, token, d)])[0] for d in files[3 : COUNT + 3]]
        began = time.monotonic()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            starts = list(pool.map(lambda data: upload(client, token, data), files[COUNT + 3 :]))
        uploaded = time.monotonic() - began
        together = settled_seconds(demo, starts)
        ends = [began_at + seconds for (_, began_at), seconds in zip(starts, together, strict=True)]
        rate = COUNT / (max(ends) - min(began_at for _, began_at in starts))
    rows = [
        ("one after another", COUNT, median(one_by_one), quantile(one_by_one, 0.95), COUNT / sum(one_by_one)),
        ("100 at once", COUNT, median(together), quantile(together, 0.95), rate),
    ]
    return [
        Table(
            "Upload to probability",
            ("how", "files", "median s", "95th percentile s", "cases per s"),
            list(rows),
            f"1.5-megapixel JPEG, from sending it over HTTP to its probability in the database. The uploads of the "
            f"second row alone took {uploaded:.1f} s over {AT_ONCE} connections; their sender shares the cores.",
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
    """Send one file; the id of its upload as the database writes it, and when it was sent (seconds since the epoch)."""
    began = time.time()
    answer = client.post(
        "/upload/file/",
        data={"priority": "normal", "csrfmiddlewaretoken": token},
        files={"files": ("chest.jpg", data, "image/jpeg")},
        headers={"Referer": str(client.base_url), "X-CSRFToken": token},
    )
    answer.raise_for_status()
    return answer.text.split('id="upload-')[1].split('"')[0].replace("-", ""), began


FINISHED = """SELECT upload.id, analysis.finished_at FROM cases_upload upload
    JOIN cases_analysis analysis ON analysis.radiograph_id = upload.radiograph_id WHERE analysis.state = 'done'"""


def settled_seconds(demo: RunningDemo, starts: list[tuple[str, float]]) -> list[float]:
    """For each upload the seconds until its probability stands in the database."""
    while True:
        with contextlib.closing(sqlite3.connect(f"file:{demo.database}?mode=ro", uri=True, timeout=30)) as database:
            finished = dict(database.execute(FINISHED).fetchall())
        if all(upload_id in finished for upload_id, _ in starts):
            return [_instant(finished[upload_id]) - began for upload_id, began in starts]
        time.sleep(0.02)


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
