"""The web process: the trial page behind its gate at /try, static files, Django for everything else."""

# ruff: noqa: E402 (Django must be set up before the models can be imported)

from __future__ import annotations

import os
from typing import cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pneumo_site.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()  # before anything that needs the settings or the models

from django.conf import settings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from cases.trials.services import try_picture
from inference.page import build_page, mount_page
from inference.trial import MAX_TRIAL_BYTES, TrialAnswer
from pneumo_site.bodies import BoundedBodies
from pneumo_site.gate import TrialGate
from pneumo_site.postgresql import base as postgresql
from pneumo_site.sqlite import base as sqlite
from pneumo_site.static_files import KeptFiles
from pneumo_site.trial_uploads import TrialUploads

CONNECTIONS = 20  # at once, of the hundred that a PostgreSQL server allows; further requests wait for one


async def add_slash(_: Request) -> RedirectResponse:
    """/try is the page as well; without this it would fall through to Django."""
    return RedirectResponse("/try/", status_code=308)


async def ask_workers(data: bytes, language: str, person: int | None) -> TrialAnswer:
    """The workers' answer for a person whom the gate has named."""
    if person is None:
        raise PermissionError
    return await try_picture(data, language, person)


def join_parts() -> Starlette:
    """One application that owns the lifespan; nothing under /try is reached but through the gate."""
    application = Starlette(routes=[Route("/try", add_slash)])
    folder = settings.DATA_DIR / "trial-uploads"
    page = build_page(ask_workers, folder, home="/")
    uploads = TrialUploads(folder, MAX_TRIAL_BYTES, page.upload_file_set.add)
    mount_page(application, page, "/try", lambda app: TrialGate(app, uploads))
    application.routes.append(Mount("/static", KeptFiles(directory=settings.STATIC_ROOT, check_dir=False)))
    application.routes.append(Mount("/", BoundedBodies(cast(ASGIApp, django_application))))
    return application


# Each request has a thread of its own, and this process never forks.
sqlite.keep_connections()
postgresql.keep_connections(at_once=CONNECTIONS)
application = join_parts()
