"""Forms about accounts and policies. They check; the services write."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import ModelVersion, Site, User

NO_ROLE = ("", gettext_lazy("No role: may log in and sees nothing"))


class UserForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an administrator may say of an account; there is no field for single permissions."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "email", "role", "is_active")


class NewUserForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new account, with its first password typed twice."""

    password1 = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 10 characters; the person should change it after the first log-in."),
    )
    password2 = forms.CharField(
        label=gettext_lazy("Password again"), strip=False, widget=forms.PasswordInput({"autocomplete": "new-password"})
    )

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "role")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        first, second = said.get("password1"), said.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords differ."))
        return said

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        password = self.cleaned_data.get("password1")
        if password:
            try:
                validate_password(password, self.instance)
            except ValidationError as error:
                self.add_error("password1", error)


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    """A new password for somebody else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].help_text = " ".join(password_validators_help_texts())


class RoleForm(forms.Form):
    """One of the roles, or none."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[NO_ROLE, *User.ROLES], required=False)


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    """The policies; the model that orders the queue is one of those that are registered."""

    primary_model = forms.ChoiceField(label=gettext_lazy("Model that orders the queue"))

    class Meta:
        model = Site
        fields = (
            *("name", "primary_model", "lease_minutes", "signing_minutes"),
            *("blind_first", "blind_percent", "second_reading", "second_percent", "heat_maps_ahead"),
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = {self.instance.primary_model, *ModelVersion.objects.values_list("name", flat=True).distinct()}
        self.fields["primary_model"].choices = [(name, name) for name in sorted(names)]
