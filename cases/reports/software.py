"""Which software seals a passport."""

from __future__ import annotations

import platform
import tomllib
from functools import cache

import django
from django.conf import settings


@cache
def software() -> dict[str, str]:
    """Version of the product and of what it runs on here; libraries are pinned by the product's version.

    What the workers have in them is not known here: an answer names its model by the hash of its bundle.
    """
    return {"pneumo": product_version(), "python": platform.python_version(), "django": django.get_version()}


def product_version() -> str:
    """As pyproject.toml says it; "unknown" where the product runs without that file."""
    try:
        project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]
    except FileNotFoundError:
        return "unknown"
    return str(project["version"])
