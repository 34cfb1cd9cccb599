"""How the admin shows what no column says by itself: a result with its owner, a reason in words, a link to the case."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cases.models import Analysis, Case
from cases.templatetags.screens import figure
from cases.wording import reason_next_step, reason_sentence


def result_of(analysis: Analysis | None) -> str:
    """A probability with its band, both thresholds, the model version and whether it is calibrated; never alone."""
    if analysis is None or analysis.positive_probability is None:
        return "-"
    version, limits = analysis.model_version, analysis.thresholds
    shown = {
        "band": analysis.get_band_display(),
        "probability": figure(analysis.positive_probability, limits),
        "sensitive": limits.get("sensitive", "?"),
        "specific": limits.get("specific", "?"),
        "version": str(version),
        "state": _("calibrated") if version.calibrated else _("not calibrated"),
    }
    return _("%(band)s: %(probability)s (thresholds %(sensitive)s and %(specific)s; %(version)s, %(state)s)") % shown


def reason_in_words(code: str, values: dict[str, Any] | None = None) -> str:
    """What a stored code says, and the next step."""
    return f"{reason_sentence(code, values)} {reason_next_step(code, values)}" if code else "-"


def link_to(case: Case | None) -> SafeString | str:
    """The case's page in the admin."""
    if case is None:
        return "-"
    return format_html('<a href="{}">{}</a>', reverse("admin:cases_case_change", args=[case.pk]), case.number)


def link_to_list(name: str, query: str, words: str) -> SafeString:
    """A filtered list of the admin."""
    return format_html('<a href="{}?{}">{}</a>', reverse(f"admin:cases_{name}_changelist"), query, words)
