"""A department for the browser: people, the model that ships, every process, and phantoms that come in."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.db import connections

from cases.intake import phantoms
from cases.intake.details import UploadDetails
from cases.intake.services import receive_upload
from cases.models import Case, ModelVersion, User
from tests.stack import Stack, wait_until

NAMES = {"alice": "radiographer", "bob": "radiologist", "carol": "radiologist", "dana": "administrator", "mallory": ""}
_seeds = itertools.count(1000)


@dataclass
class Clinic:
    """What runs, and a thread for the database: Playwright's loop owns the main one, where Django refuses to work."""

    stack: Stack
    model: ModelVersion
    people: dict[str, User]
    database: ThreadPoolExecutor
    folder: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.stack.port}"

    def ask(self, function: Callable[..., Any], *args: Any, **values: Any) -> Any:
        """What the function answers in the thread that has the database."""
        return self.database.submit(function, *args, **values).result(120)

    def draw(self, name: str, **looks: Any) -> Path:
        """A file with a phantom that nobody has seen yet; its ending decides the format."""
        number = next(_seeds)
        path = self.folder / f"{number}-{name}"
        phantoms.save(phantoms.Phantom(path.name, seed=number, **looks), path)
        return path

    def bring_in(self, *paths: Path, by: str = "alice", state: str = "ready", **details: Any) -> list[int]:
        """Cases of these files, through the door, each in this state when it returns."""
        known = UploadDetails(**details)
        found = [self.ask(self._receive, path, by, known) for path in paths]
        for case_id in found:
            self.wait_for(case_id, state)
        return found

    def _receive(self, path: Path, by: str, details: UploadDetails) -> int:
        content = ContentFile(path.read_bytes())
        upload = receive_upload(content=content, name=path.name, by=self.people[by], details=replace(details))
        assert upload.case_id is not None, upload.reason_code
        return upload.case_id

    def wait_for(self, case_id: int, state: str, seconds: float = 90) -> None:
        """Until a case is in this state."""
        wait_until(lambda: self.state_of(case_id) == state, seconds, f"case {case_id} {state}\n{self.stack.logs()}")

    def state_of(self, case_id: int) -> str:
        """Where a case stands now."""
        return str(self.ask(lambda: Case.objects.get(pk=case_id).state))

    def close(self) -> None:
        """The database thread ends without leaving a connection."""
        self.ask(connections.close_all)
        self.database.shutdown()
