"""What the processes are told. A name that the caller has set already is left as it is."""

from __future__ import annotations

from collections.abc import Mapping

from pneumo_site.demo.family import MARK
from pneumo_site.demo.folder import Folder
from pneumo_site.demo.keys import Keys


def build_environment(given: Mapping[str, str], folder: Folder, keys: Keys) -> dict[str, str]:
    """`given` with what is missing in it; DATA_DIR and the mark are always ours."""
    ours = {"DATA_DIR": str(folder.data), MARK: str(folder.data)}
    return {**describe_site(folder, keys), **keep_inside(folder), **drop_empty(given), **ours}


def describe_site(folder: Folder, keys: Keys) -> dict[str, str]:
    """The names that pneumo_site/settings.py reads."""
    return {
        "SECRET_KEY": keys.secret_key,
        "EVENT_KEY": keys.event_key,
        "SITE_KIND": "demo",
        "REDIS_URL": f"unix://{folder.redis_socket}",
        "DJANGO_SETTINGS_MODULE": "pneumo_site.settings",
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
