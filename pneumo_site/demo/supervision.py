"""supervisord from start to end, and the signals that end it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from types import FrameType, TracebackType

from pneumo_site.demo.errors import DemoError
from pneumo_site.demo.family import die_with_parent, end_relatives, find_relatives, send
from pneumo_site.demo.folder import Folder
from pneumo_site.demo.language import REPOSITORY
from pneumo_site.demo.language import gettext as _
from pneumo_site.demo.log import Log
from pneumo_site.demo.programs import pipe_path
from pneumo_site.demo.terminal import News, say

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_SECONDS = 45  # longer than the longest Program.stop_s plus Redis
FALLS_AT_START = 3  # a program that ends so often before everything is up will not come up


class Interrupts:
    """The first signal raises KeyboardInterrupt, once; later ones only say to hurry."""

    def __init__(self) -> None:
        self.stopping = False
        self.hurry = False

    def __enter__(self) -> Interrupts:
        for number in SIGNALS:
            signal.signal(number, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.stopping = True

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.hurry = self.stopping
        if not self.stopping:
            self.stopping = True
            raise KeyboardInterrupt


class Supervisor:
    """supervisord and all it starts, from `with` to its end."""

    def __init__(self, folder: Folder, environment: Mapping[str, str], log: Log, news: News, stop: Interrupts) -> None:
        self._folder, self._environment, self._log, self._news, self._stop = folder, environment, log, news, stop
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Supervisor:
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self._folder.supervisor_settings)]
        with (
            pipe_path(self._folder, "supervisor").open("wb", buffering=0) as output,
            self._folder.supervisor_errors.open("wb") as errors,
        ):
            # A session of its own: Ctrl+C at the terminal reaches us alone, and we stop the programs in order. Errors
            # go to a file: once we are killed the pipe has no reader, and a supervisord that can't say so would crash.
            self._process = subprocess.Popen(  # noqa: S603
                command,
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stop.stopping = True
        say(_("Stopping … (Ctrl+C once more stops at once)"))
        if self._process:
            self._process.terminate()
            self._wait_for_end(self._process)
        end_relatives(self._folder.data, 0 if self._stop.hurry else 2)

    def _wait_for_end(self, process: subprocess.Popen[bytes]) -> None:
        end = time.monotonic() + STOP_SECONDS
        while process.poll() is None and not self._stop.hurry and time.monotonic() < end:
            time.sleep(0.1)
        if process.poll() is None:
            process.kill()  # first, or it would start again what ends now
            send(find_relatives(self._folder.data), signal.SIGKILL)
            process.wait()

    def check_alive(self) -> None:
        """DemoError where supervisord itself has ended."""
        if self._process and self._process.poll() is not None:
            sentence = _("The supervisor ended ({code}); without it nothing is started again.")
            way_out = _("Start the demo again; the log is {file}")
            log_end = [*self._log.last_lines("supervisor"), *self._read_errors()[-5:]]
            code = self._process.returncode
            raise DemoError(sentence.format(code=code), way_out.format(file=self._folder.log), log_end)

    def _read_errors(self) -> list[str]:
        return self._folder.supervisor_errors.read_text(encoding="utf-8", errors="replace").splitlines()

    def check_starting(self) -> None:
        """DemoError where supervisord has ended, or a program keeps falling."""
        self.check_alive()
        fallen = [name for name, count in self._news.falls.items() if count >= FALLS_AT_START]
        for name in [*self._news.given_up, *fallen]:
            raise self.describe_failure(name)

    def describe_failure(self, name: str) -> DemoError:
        """The sentence about a program that can't be kept running, with the end of what it printed."""
        sentence = _("The program {name} does not stay up. The last it said:").format(name=name)
        way_out = _("Mend what it names and start the demo again; the whole log is {file}")
        return DemoError(sentence, way_out.format(file=self._folder.log), self._log.last_lines(name))

    def watch(self) -> None:
        """Until a signal comes (KeyboardInterrupt) or supervisord ends (DemoError)."""
        told: set[str] = set()
        while True:
            self.check_alive()
            for name in self._news.given_up - told:
                say(str(self.describe_failure(name)))
                told.add(name)
            time.sleep(0.5)
