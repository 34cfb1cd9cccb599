"""The Django admin, for administrators only: one login for the whole product, no deleting in bulk."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect

# The product has pages of its own for these, or nobody needs them.
LEFT_OUT = {"logout", "password_change", "password_change_done", "autocomplete", "view_on_site"}


class AdministratorSite(AdminSite):
    """An admin that asks for the role, not for the staff flag."""

    site_header = _("Administration")
    site_title = _("Administration")
    index_title = _("Records and actions")

    def has_permission(self, request: HttpRequest) -> bool:
        """Active users with the role of an administrator."""
        return bool(request.user.is_active and getattr(request.user, "role", "") == "administrator")

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Nobody is sent to the login of the product; a user with another role gets 403, not a second login form."""

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
            if not self.has_permission(request):
                raise PermissionDenied
            return view(request, *args, **kwargs)  # type: ignore[no-any-return]

        guarded = csrf_protect(inner if cacheable else never_cache(inner))
        return update_wrapper(guarded, view)

    def get_urls(self) -> list[Any]:
        return [url for url in super().get_urls() if getattr(url, "name", None) not in LEFT_OUT]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """No form of its own: to the login of the product, or on to the index."""
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("admin:index"), settings.LOGIN_URL)
        if not self.has_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:index"))


admin_site = AdministratorSite(name="admin")
admin_site.disable_action("delete_selected")
