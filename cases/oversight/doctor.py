"""What an operator would check, each as a function that answers with one finding: fine, or what to do."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from cases.models import ModelVersion
from cases.oversight.health import KINDS, Part, ask_broker, check_health
from inference.bundle import Bundle
from inference.errors import BundleRejected

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
OLDEST_PILLOW = 13
SECRET_KEY_LETTERS, EVENT_KEY_LETTERS = 50, 32


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was found, and, where it is not fine, what to do."""

    name: str
    found: str
    next_step: str = ""

    @property
    def fine(self) -> bool:
        """Whether nothing is to be done."""
        return not self.next_step

    def to_json(self) -> dict[str, object]:
        """With `ok` for programs."""
        return {**asdict(self), "ok": self.fine}


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> Finding:
    """The versions that the requirements are locked for."""
    found = ".".join(str(part) for part in version)
    good = OLDEST_PYTHON <= version[:2] <= NEWEST_PYTHON
    return Finding(_("Python"), found, "" if good else _("Install Python 3.11 or 3.12, then: make clean setup"))


def check_pillow(version: str = "") -> Finding:
    """13 or newer; older ones have a critical hole in the JPEG decoder."""
    import PIL

    found = version or PIL.__version__
    good = int(found.split(".")[0]) >= OLDEST_PILLOW
    return Finding("Pillow", found, "" if good else _("Install the hashed requirements anew: make setup"))


def check_database() -> Finding:
    """It answers, and its tables are those of this version."""
    name = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}.get(connection.vendor, connection.vendor)
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        found = _("%(name)s does not answer (%(error)s)") % {"name": name, "error": type(error).__name__}
        return Finding(_("Database"), found, _("Start it, and check DATABASE_URL."))
    if missing:
        found = _("%(name)s, %(count)s migrations are missing") % {"name": name, "count": len(missing)}
        return Finding(_("Database"), found, _("Make a backup, then: python manage.py migrate"))
    return Finding(_("Database"), _("%(name)s, all migrations applied") % {"name": name})


def check_journal() -> Finding | None:
    """SQLite writes ahead, so that readers do not wait for writers; None for another database."""
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = str(cursor.fetchone()[0]).lower()
    todo = _("Keep the database on a local disk; network folders can't write ahead.")
    return Finding(_("SQLite journal"), mode, "" if mode in ("wal", "memory") else todo)


def check_broker() -> Finding:
    """It answers."""
    if ask_broker():
        return Finding(_("Broker"), _("answers"))
    return Finding(_("Broker"), _("does not answer"), _("Start Redis or RabbitMQ, and check CELERY_BROKER_URL."))


def check_workers() -> Iterator[Finding]:
    """Reader, inference and sweeper."""
    health = check_health()
    starts = {
        "reader": "celery -A pneumo_site worker -Q read-urgent,read,read-background --pool prefork",
        "inference": "celery -A pneumo_site worker -Q infer-urgent,infer,infer-background --pool threads",
        "sweeper": "python manage.py sweeper",
    }
    names = {"reader": _("Reader worker"), "inference": _("Inference worker"), "sweeper": _("Sweeper")}
    for kind in KINDS:
        part: Part = getattr(health, kind)
        yield Finding(
            names[kind], _seen(part), "" if part.up else _("Start it: %(command)s") % {"command": starts[kind]}
        )


def _seen(part: Part) -> str:
    if part.age_seconds is None:
        return _("never seen")
    words = _("alive, seen %(age)s s ago") if part.up else _("silent for %(age)s s")
    return words % {"age": part.age_seconds}


def check_models() -> Iterator[Finding]:
    """Every file of every active bundle is what was registered."""
    versions = list(ModelVersion.objects.filter(active=True))
    if not versions:
        todo = _("Register one: python manage.py add_model DIR --activate")
        yield Finding(_("Model"), _("no version is active"), todo)
    for version in versions:
        yield check_bundle(version)


def check_bundle(version: ModelVersion) -> Finding:
    """The checksums of one version."""
    name = f"{_('Model')} {version}"
    try:
        sha256 = Bundle.open(Path(version.directory)).sha256
    except BundleRejected as error:
        language = get_language() or "en"
        return Finding(name, error.message(language), error.next_step(language))
    if sha256 != version.sha256:
        todo = _("Put the registered bundle back from your backup; do not run another one in its place.")
        return Finding(name, _("another bundle lies in its place"), todo)
    return Finding(name, _("checksums fit (%(sha256)s…)") % {"sha256": sha256[:16]})


def check_gate() -> Finding:
    """It is there, and its files fit their checksums; switched off is no fault, and is said."""
    from inference.gate import OFF, Gate

    if settings.GATE == OFF:
        return Finding(_("Gate"), _("off: only size, shape, colour and header of a picture are judged"))
    try:
        gate = Gate.open(settings.GATE)
    except BundleRejected as error:
        todo = _("Put the gate's folder back, or correct GATE; nothing is scored without it.")
        return Finding(_("Gate"), error.message(get_language() or "en"), todo)
    return Finding(_("Gate"), _("version %(version)s, checksums fit") % {"version": gate.version})


def check_disk() -> Finding:
    """More room than the site keeps free, with a margin."""
    try:
        disk = shutil.disk_usage(settings.DATA_DIR)
    except OSError:
        return Finding(_("Disk"), _("the data folder is missing"), _("Make it, or correct DATA_DIR."))
    floor = max(settings.FREE_DISK_FLOOR_MB * 1024 * 1024, 0.1 * disk.total)
    found = _("%(free).1f of %(total).1f GB free") % {"free": disk.free / 1e9, "total": disk.total / 1e9}
    return Finding(_("Disk"), found, "" if disk.free > floor else _("Make room, or move the data to a larger disk."))


def check_data_folder() -> Finding:
    """It can be written, and others on this machine can't look in."""
    folder: Path = settings.DATA_DIR
    try:
        with tempfile.NamedTemporaryFile(dir=folder):
            mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError as error:
        found = _("cannot be written (%(error)s)") % {"error": os.strerror(error.errno or 0)}
        return Finding(
            _("Data folder"), found, _("Give it to the user that runs the site: chown, or correct DATA_DIR.")
        )
    if mode & (stat.S_IROTH | stat.S_IXOTH | stat.S_IWOTH):
        return Finding(
            _("Data folder"), _("open to every user of this machine (%(mode)o)") % {"mode": mode}, "chmod 750"
        )
    return Finding(_("Data folder"), _("writable, closed to others (%(mode)o)") % {"mode": mode})


def check_gpu(ask_tensorflow: bool = False) -> Finding:
    """Which GPUs there are; none is fine, the CPU does the work."""
    name = _("GPU")
    devices = _nvidia_smi() or [path.name for path in Path("/dev").glob("nvidia[0-9]*")]
    if ask_tensorflow:
        seen = _seen_by_tensorflow()
        if devices and not seen:
            todo = _("Install the GPU requirements: make clean setup GPU=1")
            return Finding(name, _("%(devices)s, not seen by TensorFlow") % {"devices": ", ".join(devices)}, todo)
    return Finding(name, ", ".join(devices) if devices else _("none, the CPU is used"))


def _nvidia_smi() -> list[str]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return []
    return answer.stdout.split("\n")[:-1] if answer.returncode == 0 else []


def _seen_by_tensorflow() -> list[str]:
    """Asked in a process of its own: nothing of the product but the inference worker holds TensorFlow."""
    code = "import tensorflow as tf; print(*[d.name for d in tf.config.list_physical_devices('GPU')])"
    command = [sys.executable, "-c", code]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return []
    return answer.stdout.split()


def check_time_zone() -> Finding:
    """A zone that this machine knows."""
    try:
        ZoneInfo(settings.TIME_ZONE)
    except (ZoneInfoNotFoundError, ValueError):
        return Finding(_("Time zone"), settings.TIME_ZONE, _("Set TIME_ZONE to a name such as Asia/Seoul."))
    return Finding(_("Time zone"), settings.TIME_ZONE)


def check_secrets() -> Finding:
    """Long enough, and not the same."""
    if len(settings.SECRET_KEY) < SECRET_KEY_LETTERS or len(settings.EVENT_KEY) < EVENT_KEY_LETTERS:
        wanted = {"secret": SECRET_KEY_LETTERS, "event": EVENT_KEY_LETTERS}
        todo = _("Use at least %(secret)s letters for SECRET_KEY and %(event)s for EVENT_KEY.") % wanted
        warning = _("EVENT_KEY must not change once there are events.")
        return Finding(_("Secrets"), _("too short"), f"{todo} {warning}")
    if settings.SECRET_KEY == settings.EVENT_KEY:
        return Finding(_("Secrets"), _("SECRET_KEY and EVENT_KEY are the same"), _("Make another SECRET_KEY."))
    return Finding(_("Secrets"), _("long enough"))
