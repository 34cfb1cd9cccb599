"""All addresses. No patient data in any of them."""

from __future__ import annotations

from django.contrib.auth import views as auth_views
from django.urls import include, path

from cases.admin_site import admin_site

urlpatterns = [
    path("", include("cases.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/login/", auth_views.LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("accounts/password/", auth_views.PasswordChangeView.as_view(), name="password_change"),
    path("accounts/password/done/", auth_views.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("admin/", admin_site.urls),
]
handler400 = "cases.intake.views.bad_request"
handler403 = "cases.access.forbidden"
