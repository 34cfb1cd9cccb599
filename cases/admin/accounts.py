"""Accounts with one role each, and the policies of the site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.admin.account_forms import NewPasswordForm, NewUserForm, RoleForm, SiteForm, UserForm
from cases.admin.acting import act_on_each, answered, ask
from cases.admin.readonly import WrittenAdmin
from cases.admin_site import admin_site
from cases.models import Site, User
from cases.oversight import services


@admin.register(User, site=admin_site)
class UserAdmin(WrittenAdmin):
    """Accounts. A role is all there is: no groups, no single permissions. Nobody changes the own role."""

    stream = "user:{0.pk}"
    list_display = ("username", "full_name", "role", "is_active", "last_login", "password_link")
    list_filter = ("role", "is_active")
    search_fields = ("username", "first_name", "last_name")
    ordering = ("username",)
    actions = ("disable_users", "enable_users", "change_roles", "unlock_users")
    readonly_fields = ("username", "last_login", "date_joined", "password_link")
    names = ("username", "first_name", "last_name", "email")

    @admin.display(description=gettext_lazy("name"))
    def full_name(self, user: User) -> str:
        return user.full_name

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = UserForm if obj else NewUserForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return (*self.names, "role", "password1", "password2")
        return (*self.names, "role", "is_active", "last_login", "date_joined", "password_link")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        own = ("role", "is_active") if obj.pk == request.user.pk else ()
        return (*self.readonly_fields, *own)

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.password_page)
        return [path("<int:pk>/password/", page, name="cases_user_password"), *super().get_urls()]

    def save_form(self, request: HttpRequest, form: forms.ModelForm[User], change: bool) -> User:
        """The services write: the account as it is now comes back, not the form's copy of it."""
        return save_account(form, form.instance if change else None, request.user)

    @admin.display(description=gettext_lazy("password"))
    def password_link(self, user: User) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("admin:cases_user_password", args=[user.pk]), _("set anew"))

    def password_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give somebody else a new password."""
        user = get_object_or_404(User, pk=pk)
        if user.pk == request.user.pk:
            return redirect("password_change")
        form = NewPasswordForm(user, request.POST or None)
        if form.is_valid():
            services.set_password(user=user, password=form.cleaned_data["new_password1"], by=request.user)
            messages.success(request, _("%(user)s has a new password; older sessions have ended.") % {"user": user})
            return redirect("admin:cases_user_change", pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("New password for %(user)s") % {"user": user},
            "form": form,
            "opts": self.opts,
            "back": reverse("admin:cases_user_change", args=[pk]),
        }
        return TemplateResponse(request, "admin/cases/password.html", context)

    @admin.action(description=gettext_lazy("Close the account and free its claims"))
    def disable_users(self, request: HttpRequest, users: QuerySet[User]) -> None:
        act_on_each(
            request,
            users,
            lambda user: services.disable_user(user=user, by=request.user),
            _("Accounts closed, their claims freed: %(count)s"),
        )

    @admin.action(description=gettext_lazy("Open the account again"))
    def enable_users(self, request: HttpRequest, users: QuerySet[User]) -> None:
        act_on_each(
            request,
            users,
            lambda user: services.enable_user(user=user, by=request.user),
            _("Accounts open again: %(count)s"),
        )

    @admin.action(description=gettext_lazy("Let in after wrong passwords"))
    def unlock_users(self, request: HttpRequest, users: QuerySet[User]) -> None:
        act_on_each(
            request,
            users,
            lambda user: services.unlock_user(user=user, by=request.user),
            _("May log in at once: %(count)s"),
        )

    @admin.action(description=gettext_lazy("Change the role"))
    def change_roles(self, request: HttpRequest, users: QuerySet[User]) -> HttpResponse | None:
        form = answered(request, RoleForm)
        if not form.is_valid():
            text = _("Cases that the new role may not hold go back to the queue.")
            return ask(request, self, users, form, title=_("Change the role of these people?"), text=text)
        role: str = form.cleaned_data["role"]
        act_on_each(
            request,
            users,
            lambda user: services.change_role(user=user, role=role, by=request.user),
            _("Roles changed: %(count)s"),
        )
        return None


def save_account(form: forms.ModelForm[User], known: User | None, by: User) -> User:
    """Make the account, or bring it to what the form says, each change by its service."""
    said = form.cleaned_data
    names = {field: said[field] for field in ("first_name", "last_name", "email")}
    if known is None:
        return services.add_user(
            username=said["username"], password=said["password1"], role=said["role"], by=by, **names
        )
    user = services.rename_user(user=User.objects.get(pk=known.pk), by=by, **names)
    if said.get("role", user.role) != user.role:
        services.change_role(user=user, role=said["role"], by=by)
    if said.get("is_active", user.is_active) != user.is_active:
        change = services.enable_user if said["is_active"] else services.disable_user
        change(user=user, by=by)
    return User.objects.get(pk=user.pk)


@admin.register(Site, site=admin_site)
class SiteAdmin(WrittenAdmin):
    """The department and its policies; one row, made when it is first asked for."""

    stream = "site"
    form = SiteForm
    list_display = ("name", "primary_model", "lease_minutes", "signing_minutes", "blind_first", "blind_percent")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Site]:
        Site.current()
        return super().get_queryset(request)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def save_form(self, request: HttpRequest, form: forms.ModelForm[Site], change: bool) -> Site:
        """Through the service, with its event."""
        return services.change_policies(by=request.user, **form.cleaned_data)
