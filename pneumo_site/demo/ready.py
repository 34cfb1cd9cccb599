"""The wait until the site says that it is ready: database, broker, reader and inference workers."""

from __future__ import annotations

import http.client
import time

from pneumo_site.demo.checks import HOST
from pneumo_site.demo.errors import DemoError
from pneumo_site.demo.folder import Folder
from pneumo_site.demo.language import gettext as _
from pneumo_site.demo.supervision import Supervisor

WAIT_SECONDS = 600  # a busy machine with a slow disk needs minutes for the first import of TensorFlow


def wait_until_ready(supervisor: Supervisor, folder: Folder, port: int, wait_s: float = WAIT_SECONDS) -> None:
    """Return when /readyz answers 200; DemoError where a program fails first, or after `wait_s`."""
    end = time.monotonic() + wait_s
    while True:
        supervisor.check_starting()
        status, body = ask(port)
        if status == http.client.OK:
            return
        if time.monotonic() > end:
            sentence = _("After {seconds:.0f} seconds not everything is up. What /readyz answers: {body}")
            way_out = _("Look into the log, then start the demo again: {file}")
            raise DemoError(sentence.format(seconds=wait_s, body=body or "-"), way_out.format(file=folder.log))
        time.sleep(0.3)


def ask(port: int) -> tuple[int, str]:
    """Status and beginning of the body of /readyz; 0 while nobody listens. No proxy is asked."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read(500).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()
