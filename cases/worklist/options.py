"""What the filters of the worklist can be set to: who reads, and which model versions there are."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from cases import rules
from cases.models import ModelVersion, User
from cases.worklist.filters import BANDS, FLAGS, NOBODY, PRIORITIES, SEXES, STATES


def options() -> dict[str, Any]:
    """The choices by the name of their filter, in the page's language; two queries."""
    readers = User.objects.filter(role=rules.Role.RADIOLOGIST).order_by("first_name", "last_name", "username")
    versions = {str(version.pk): str(version) for version in ModelVersion.objects.all()}
    return {
        "states": STATES,
        "priorities": PRIORITIES,
        "bands": BANDS,
        "sexes": SEXES,
        "flags": FLAGS,
        "readers": {"": gettext("Any reader"), NOBODY: gettext("nobody")}
        | {reader.username: reader.full_name for reader in readers},
        "versions": {"": gettext("Any version"), **versions},
    }
