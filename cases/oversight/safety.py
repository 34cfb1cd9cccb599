"""Why this installation must not be used for patients yet: each reason in a sentence, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from cases.models import ModelVersion, User

DEMO_USERS = ("radiographer", "radiologist", "administrator")  # as `manage.py demo_users` names them


@dataclass(frozen=True)
class Danger:
    """One reason, in the reader's language."""

    code: str
    sentence: str
    next_step: str


def dangers() -> list[Danger]:
    """Everything that is known to be unsafe here; empty only for a set-up that somebody has made safe."""
    return [*_of_the_site(), *_of_the_stores(), *_of_the_accounts(), *_of_the_models()]


def _of_the_site() -> Iterator[Danger]:
    if settings.SITE_KIND == "demo":
        yield Danger(
            "demo",
            _("This is a demonstration (SITE_KIND=demo)."),
            _("Set up a clinic's installation with its own data folder and secrets; never move a demo's data there."),
        )
    if settings.DEBUG:
        yield Danger(
            "debug",
            _("DEBUG is on: error pages show settings and patient data."),
            _("Remove DEBUG from the environment and start the web processes again."),
        )
    if not settings.SECURE_SITE:
        yield Danger(
            "no_https",
            _("Pages and passwords travel without encryption (SECURE_SITE is off)."),
            _("Put HTTPS in front of the site, then set SECURE_SITE=1."),
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Danger(
            "any_host",
            _("The site answers under any host name (ALLOWED_HOSTS=*)."),
            _("Name the host names under which the site is reached in ALLOWED_HOSTS."),
        )


def _of_the_stores() -> Iterator[Danger]:
    if connection.vendor == "sqlite":
        yield Danger(
            "sqlite",
            _("The record is in SQLite: one machine, no standby, no backup while it runs."),
            _("Set DATABASE_URL to a PostgreSQL server with a tested backup."),
        )
    if any(open_to_all(url) for url in (settings.REDIS_URL, settings.CELERY_BROKER_URL)):
        yield Danger(
            "open_broker",
            _("The broker is reached over the network without a password of its own."),
            _("Give it a password and write that into REDIS_URL and CELERY_BROKER_URL, or use a Unix socket."),
        )


def open_to_all(url: str) -> bool:
    """A Redis over TCP without a password, or a RabbitMQ with the one that everybody knows."""
    parts = urlsplit(url)
    if parts.scheme in ("redis", "rediss"):
        return not parts.password
    if parts.scheme in ("amqp", "amqps", "pyamqp"):
        return (parts.username or "guest") == "guest" and (parts.password or "guest") == "guest"
    return False


def _of_the_accounts() -> Iterator[Danger]:
    names = User.objects.filter(username__in=DEMO_USERS, is_active=True).values_list("username", flat=True)
    if names:
        yield Danger(
            "demo_users",
            _("Accounts of the demonstration are open: %(names)s.") % {"names": ", ".join(sorted(names))},
            _("Close them in the admin, under users."),
        )


def _of_the_models() -> Iterator[Danger]:
    versions = ModelVersion.objects.filter(active=True)
    if not versions:
        yield Danger(
            "no_model",
            _("No model version is active: nothing is scored."),
            _("Register one with `manage.py add_model DIR`, then activate it in the admin."),
        )
    for version in versions:
        yield from _of_the_model(version)


def _of_the_model(version: ModelVersion) -> Iterator[Danger]:
    if not version.calibrated:
        yield Danger(
            "not_calibrated",
            _("%(version)s is not calibrated: its figure is a score, not the share of patients with the finding.")
            % {"version": version},
            _("Publish a calibrated version, and tell the readers until then."),
        )
    if "local" not in version.metrics:
        yield Danger(
            "not_validated",
            _("%(version)s was never measured on this department's own patients.") % {"version": version},
            _("Compare it with signed reports of this department before anybody relies on it."),
        )
