"""What the processes are told. A name that the caller has set already is left as it is."""

from __future__ import annotations

from collections.abc import Mapping

from pneumo_site.demo.family import MARK
from pneumo_site.demo.folder import Folder
from pneumo_site.demo.keys import Keys


def build_environment(given: Mapping[str, str], folder: Folder, keys: Keys) -> dict[str, str]:
    """`given` with what is missing in it; what belongs to this data folder is always ours."""
    return {**describe_site(folder), **keep_inside(folder), **drop_empty(given), **belong(folder, keys)}


def describe_site(folder: Folder) -> dict[str, str]:
    """The names that pneumo_site/settings.py reads; DATABASE_URL and others may come from the caller as well."""
    return {"SITE_KIND": "demo", "REDIS_URL": f"unix://{folder.redis_socket}"}


def belong(folder: Folder, keys: Keys) -> dict[str, str]:
    """What must not come from elsewhere, such as from the shell of another project."""
    return {
        "DATA_DIR": str(folder.data),
        "SECRET_KEY": keys.secret_key,
        "EVENT_KEY": keys.event_key,
        "DJANGO_SETTINGS_MODULE": "pneumo_site.settings",
        MARK: str(folder.data),
    }


def keep_inside(folder: Folder) -> dict[str, str]:
    """Libraries that write to the home folder write to the data folder instead; none asks the network."""
    return {
        "HOME": str(folder.data),
        "KERAS_HOME": str(folder.data / "cache" / "keras"),
        "XDG_CACHE_HOME": str(folder.data / "cache"),
        "MPLCONFIGDIR": str(folder.data / "cache" / "matplotlib"),
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_OFFLINE": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONUNBUFFERED": "1",
    }


def drop_empty(given: Mapping[str, str]) -> dict[str, str]:
    """A name set to nothing counts as not set."""
    return {name: value for name, value in given.items() if value}
