"""The forms of reading, signing and amending; the rules themselves are checked by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases.findings.field import Choice, FindingsField, choices_of, words_of
from cases.findings.lines import Line, tidy
from cases.models import Case
from cases.models.readings import ABOUT_MODEL_NAMES, VERDICT_NAMES
from cases.rules import NEEDS_WORDS, RuleBroken, check_reason, check_verdict
from cases.wording import rule_sentence

FIELD_OF = {
    "verdict_missing": "verdict",
    "comment_missing": "comment",
    "reason_missing": "reason",
    "password_missing": "password",
    "password_wrong": "password",
    "password_locked": "password",
}
SAID = ("verdict", "comment", "findings", "about_model")
KEYS = {"pneumonia": "p", "normal": "o", "uncertain": "u", "not_diagnostic": "d"}


class ReadingForm(forms.Form):
    """Verdict, text and findings, with the version of the case that the page was made from.

    Attributes:
        address: the name of the address that its signature is sent to. question, note: what the read-back says.
    """

    address = "sign_case"
    question: str | Promise = _("Sign this report?")
    note: str | Promise = _("What is signed is locked; a change is a new version with a reason.")

    verdict = forms.ChoiceField(label=_("Verdict"), choices=list(VERDICT_NAMES.items()), required=False)
    comment = forms.CharField(label=_("Comment"), required=False, max_length=8000, widget=forms.Textarea)
    findings = FindingsField(label=_("Findings"), required=False)
    about_model = forms.ChoiceField(
        label=_("About the model's answer"),
        choices=[("", _("nothing said")), *ABOUT_MODEL_NAMES.items()],
        required=False,
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    @classmethod
    def showing(cls, case: Case, **saved: Any) -> Any:
        """A form for this state of the case, with the words that are saved, by name."""
        return cls(initial={**saved, "version": case.version})

    def clean_comment(self) -> str:
        """One kind of line break, so that the same text has the same hash."""
        return str(self.cleaned_data["comment"]).replace("\r\n", "\n").strip()

    def clean(self) -> dict[str, Any]:
        """Check what the services would refuse, so that it is said at its field."""
        values = super().clean() or {}
        if "verdict" in values and "comment" in values:
            self._check(check_verdict, values["verdict"], values["comment"])
        return values

    def _check(self, rule: Any, *values: str) -> None:
        try:
            rule(*values)
        except RuleBroken as error:
            self.refuse(error)

    def refuse(self, error: RuleBroken) -> None:
        """Say a broken rule at the field it is about."""
        name = FIELD_OF.get(error.code)
        self.add_error(name if name in self.fields else None, rule_sentence(error))

    @property
    def sentences(self) -> list[str]:
        """Why it was refused."""
        return [str(error) for rows in self.errors.values() for error in rows]

    @property
    def words(self) -> dict[str, Any]:
        """What the services take."""
        return {name: self.cleaned_data[name] for name in (*SAID, "version")}

    @property
    def choices(self) -> list[dict[str, Any]]:
        """The verdicts with their keys, which one is chosen, and which ones need a comment."""
        chosen = self["verdict"].value()
        rows = [{"value": value, "word": word, "key": KEYS[value]} for value, word in VERDICT_NAMES.items()]
        return [{**row, "chosen": row["value"] == chosen, "needs_words": row["value"] in NEEDS_WORDS} for row in rows]

    @property
    def finding_lines(self) -> list[Line]:
        """What was chosen so far, each line whole."""
        return tidy(self["findings"].value() or [])

    @property
    def finding_choices(self) -> list[list[Choice]]:
        """The lists of choices, the last line empty."""
        return choices_of(self.finding_lines)

    @property
    def finding_words(self) -> list[str]:
        """The findings in words."""
        return words_of(self.finding_lines)

    @property
    def about_model_word(self) -> str:
        """What is said of the model, in words; empty where nothing is."""
        return str(ABOUT_MODEL_NAMES.get(self["about_model"].value() or "", ""))

    @property
    def verdict_word(self) -> str:
        """The chosen verdict in words; empty where none is chosen."""
        return str(VERDICT_NAMES.get(self["verdict"].value() or "", ""))


class SignForm(ReadingForm):
    """The same, with what a signature takes.

    `step`: "edit" and "review" ask for the form and the read-back; "next" and "report", the buttons of the read-back,
    confirm and say where to go then.
    """

    step = forms.ChoiceField(choices=[(s, s) for s in ("edit", "review", "next", "report")], required=False)
    password = forms.CharField(required=False, strip=False, max_length=4096, widget=forms.PasswordInput)

    @property
    def is_confirmed(self) -> bool:
        """Whether the read-back was answered."""
        return self.cleaned_data["step"] in ("next", "report")


class AmendForm(SignForm):
    """A signed report is never changed: the next version says why it is there."""

    address = "amend_case"
    question = _("Sign this amendment?")

    reason = forms.CharField(label=_("Reason"), required=False, max_length=500)

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if "reason" in values:
            self._check(check_reason, values["reason"])
        return values

    @property
    def words(self) -> dict[str, Any]:
        return {**super().words, "reason": self.cleaned_data["reason"]}
