"""The forms of the second and the third reader."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from cases.reading.forms import AmendForm, ReadingForm


class SecondForm(ReadingForm):
    """Verdict and text alone: this opinion is compared with what is signed, and not signed itself."""

    findings = about_model = version = None  # type: ignore[assignment]

    @property
    def words(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("verdict", "comment")}


class ThirdForm(AmendForm):
    """A decision is read back and signed as an amendment is, and says as much."""

    address = "adjudicate"
    question = _("Sign this decision?")
    note = _("Where your decision is not what is signed, it is signed as an amendment with this reason, in your name.")
