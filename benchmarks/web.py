"""The web process: memory and start, with Gradio mounted and without."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

from benchmarks.running_demo import ROOT
from benchmarks.table import Table, median

REPEATS = 3
SCRIPT = """
import os, resource, sys, time
began = time.perf_counter()
{imports}
seconds = time.perf_counter() - began
pages = int(open('/proc/self/statm').read().split()[1])
heavy = sorted({{'tensorflow', 'keras', 'imagecodecs', 'pydicom'}} & set(sys.modules))
print(seconds, pages * resource.getpagesize() / 2**20, ','.join(heavy) or 'none')
"""
WITHOUT = """
os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'pneumo_site.settings')
from django.core.asgi import get_asgi_application
get_asgi_application()
import pneumo_site.urls
"""
WITH = "import pneumo_site.asgi"


def run() -> list[Table]:
    """One table: seconds to import, resident memory, and which heavy libraries are loaded."""
    measured = {
        name: [started(code) for _ in range(REPEATS)] for name, code in (("Django", WITHOUT), ("+ Gradio", WITH))
    }
    base = median([memory for _, memory, _ in measured["Django"]])
    rows = [
        (
            name,
            median([seconds for seconds, _, _ in runs]),
            median([memory for _, memory, _ in runs]),
            median([memory for _, memory, _ in runs]) / base,
            runs[0][2],
        )
        for name, runs in measured.items()
    ]
    columns = ("web process", "start s", "resident MB", "ratio", "heavy libraries loaded")
    return [Table("The web process", columns, list(rows), f"Median of {REPEATS} fresh processes.")]


def started(imports: str) -> tuple[float, float, str]:
    """Seconds, MB and the heavy libraries of one fresh process."""
    with tempfile.TemporaryDirectory(prefix="pneumo-bench-") as data:
        environment = {**os.environ, "SECRET_KEY": "b" * 60, "EVENT_KEY": "b" * 60, "DATA_DIR": data}
        output = subprocess.run(
            [sys.executable, "-c", SCRIPT.format(imports=imports)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
    seconds, memory, heavy = output.split()[-3:]
    return float(seconds), float(memory), heavy
