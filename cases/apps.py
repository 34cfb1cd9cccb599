"""The Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    """Cases, readings, models, events."""

    name = "cases"
    verbose_name = _("Cases")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cases.findings.defaults import fill_empty_list

        post_migrate.connect(fill_empty_list, sender=self, dispatch_uid="words for findings")
