"""The Django admin, for administrators only."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class AdministratorSite(AdminSite):
    """An admin that asks for the role, not for the staff flag."""

    site_header = _("Administration")
    site_title = _("Administration")
    index_title = _("Records and actions")

    def has_permission(self, request: HttpRequest) -> bool:
        """Active users with the role of an administrator."""
        return bool(request.user.is_active and getattr(request.user, "role", "") == "administrator")


admin_site = AdministratorSite(name="admin")
