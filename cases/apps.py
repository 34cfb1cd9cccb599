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
        from cases.findings import defaults as words
        from cases.phrases import defaults as templates

        post_migrate.connect(words.fill_empty_list, sender=self, dispatch_uid="words for findings")
        post_migrate.connect(templates.fill_empty_list, sender=self, dispatch_uid="templates of the site")
