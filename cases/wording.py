"""Sentences for the codes that the rules raise, and one place where any stored code becomes words."""

from __future__ import annotations

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from cases.rules import RuleBroken
from inference.errors import reason
from inference.reasons import REASONS

RULES = {
    "not_your_role": _("Your role does not allow this. Ask an administrator if it should."),
    "wrong_state": _("The case has moved on, and this is no longer possible. Reload the page to see where it stands."),
    "not_your_case": _("Another reader has this case in hand."),
    "verdict_missing": _("Choose a verdict first."),
    "comment_missing": _("Say in a few words why the case is uncertain or not diagnostic."),
    "opinion_missing": _(
        "This case is read before the model is shown: store your own opinion first, then look at the model, then sign."
    ),
    "model_kept_back": _("What the model says of this case is kept back until you have stored your own opinion."),
    "reading_kept_back": _("What was signed here is kept back until the second reading is over."),
    "finding_without_pattern": _("Say what was found; side and zone alone are no finding."),
    "finding_unknown": _("This word for a finding is not in the list of the site. Reload the page."),
    "findings_too_many": _("At most twelve findings; say the rest in the comment."),
    "read_before": _("You have read this case already: its second or third reader has to be somebody else."),
    "second_taken": _("Another reader has this case in hand for its next reading."),
    "signed_since": _("The case has changed since you opened this page. Look at both readings again, then decide."),
    "not_your_phrase": _("This phrase belongs to somebody else."),
    "phrases_too_many": _("You have fifty phrases of your own. Drop one first."),
    "about_model_unknown": _("This is not one of the answers about the model. Reload the page."),
    "finding_missing": _("Say in at least three characters what was found."),
    "call_closed": _("This call is complete or was withdrawn, and stays as it is. Open another one."),
    "call_times": _("The finding comes first, then the call; neither lies in the future."),
    "reason_missing": _("Give a reason of at least three characters."),
    "password_missing": _("Enter your password to sign."),
    "password_wrong": _("The password is not right. Nothing was signed; your text is still here."),
    "password_locked": _(
        "There were too many wrong passwords: signing is locked for 15 minutes. Save your text and try again then."
    ),
    "patient_id_missing": _("Enter the patient number."),
    "other_person": _(
        "This number belongs to a patient with another name, date of birth or sex. Check the number; "
        "if it is right, leave those fields empty."
    ),
    "version_taken": _(
        "Another bundle is registered under this name and version. Publish it with a new version number."
    ),
    "thresholds_out_of_order": _(
        "The sensitive threshold must be above 0, at most the specific one, and that below 1."
    ),
    "share_out_of_range": _("A share is a number from 0 to 1."),
    "runs_already": _("This version runs. Only one that does not can be put in the shadow."),
    "runs_not": _("This version does not run."),
    "is_primary": _(
        "This is the model whose answers readers see. Activate another version of it, or make another model the "
        "primary one first."
    ),
    "username_taken": _("Somebody has this user name. Choose another."),
    "unknown_role": _("There is no such role."),
    "unknown_model": _("No version is registered under this model name."),
    "not_yourself": _("You cannot do this to your own account. Ask another administrator."),
}


def rule_sentence(error: RuleBroken) -> str:
    """What a broken rule says to the person, in the language of the page."""
    return str(RULES.get(error.code, gettext("This is not possible now.")))


def reason_sentence(code: str, values: dict[str, object] | None = None) -> str:
    """What a stored reason says, in the language of the page; empty for an empty code."""
    return reason(code).message(get_language() or "en", **(values or {})) if code else ""


def reason_next_step(code: str, values: dict[str, object] | None = None) -> str:
    """The next step that belongs to a stored reason."""
    return reason(code).next_step(get_language() or "en", **(values or {})) if code else ""


def is_known(code: str) -> bool:
    """Whether the table of reasons has this code."""
    return code in REASONS
