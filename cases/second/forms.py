"""The forms of the second and the third reader."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models.readings import VERDICT_NAMES
from cases.reading.forms import FIELD_OF, KEYS
from cases.rules import RuleBroken
from cases.wording import rule_sentence


class SecondForm(forms.Form):
    """Verdict and text; what they have to be is checked by the services."""

    verdict = forms.ChoiceField(label=_("Verdict"), choices=list(VERDICT_NAMES.items()), required=False)
    comment = forms.CharField(label=_("Comment"), required=False, max_length=8000, widget=forms.Textarea({"rows": 2}))

    def refuse(self, error: RuleBroken) -> None:
        """Say a broken rule at the field it is about."""
        name = FIELD_OF.get(error.code)
        self.add_error(name if name in self.fields else None, rule_sentence(error))

    @property
    def sentences(self) -> list[str]:
        """Why it was refused."""
        return [str(error) for rows in self.errors.values() for error in rows]

    @property
    def typed_verdict(self) -> str:
        """The chosen verdict in words; empty where none is chosen."""
        return str(VERDICT_NAMES.get(self["verdict"].value() or "", ""))

    @property
    def choices(self) -> list[dict[str, Any]]:
        """The verdicts with their keys, and which one is chosen."""
        chosen = self["verdict"].value()
        return [{"value": v, "word": w, "key": KEYS[v], "chosen": v == chosen} for v, w in VERDICT_NAMES.items()]


class ThirdForm(SecondForm):
    """With the reason, which stands in an amendment, and the password where no signing session is open."""

    reason = forms.CharField(label=_("Reason"), required=False, max_length=500)
    password = forms.CharField(
        label=_("Password"), required=False, strip=False, max_length=4096, widget=forms.PasswordInput
    )
