"""Static files under names with the hash of their bytes, which a browser keeps and never asks for again."""

from __future__ import annotations

import os
import re

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"  # kept, and asked for anew each time: under this name other bytes may come


class HashedNames(ManifestStaticFilesStorage):
    """What `collectstatic` writes, and the addresses in pages, style sheets and between script modules."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 10  # the viewer's modules are five deep, and the last pass may find nothing to do

    def stored_name(self, name: str) -> str:
        """The hashed name; the plain one of a file that has not been collected: a page is shown all the same."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name


class KeptFiles(StaticFiles):
    """The collected files, with the word to the browser how long each may be kept."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Starlette's answer with a `Cache-Control` header, also where it says that nothing has changed."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = FOR_EVER if HASHED.search(str(full_path)) else ASK_AGAIN
        return answer
