"""Why a case stands where it stands in the reading order, in words. The order itself is rules.reading_place."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases import rules
from cases.models import Case

BY_PRIORITY = {
    rules.Priority.URGENT: _("A person called it urgent, and that comes first."),
    rules.Priority.NORMAL: _("Normal priority."),
    rules.Priority.LOW: _("A person called it less urgent, so others of the same waiting time come before it."),
}
BY_BAND = {
    "likely": _("The model says likely, so it stands before the others of its priority."),
    "uncertain": _("The model says uncertain, so it stands between likely and unlikely."),
    "": _("It has no result, so it stands with the uncertain ones: without a result it may be anything."),
    "unlikely": _("The model says unlikely, so it stands after the others of its priority."),
}

KEPT_BACK = _("It is read before the model is shown, so it stands with the uncertain ones, whatever the model says.")


def is_overdue(case: Case, since: datetime | None) -> bool:
    """Whether a case that nobody has in hand came before `since` (overdue_since): waits_too_long for one case."""
    return since is not None and case.state in rules.BEFORE_READING and case.received_at <= since


def place_words(case: Case, *, overdue: bool, by_model: bool, kept: bool = False) -> str:
    """Two or three sentences; "" for a case that is not in the reading order any more.

    Args:
        by_model: whether the model's band ordered the list. kept: the model is kept back from who looks.
    """
    if case.state not in rules.BEFORE_READING | rules.IN_HAND:
        return ""
    said = [str(BY_PRIORITY[rules.Priority(case.priority)])]
    if overdue:
        said.append(_overdue_words(case))
    elif by_model:
        said.append(str(KEPT_BACK if kept else BY_BAND[case.band]))
    else:
        said.append(gettext("The model does not order the list now."))
    said.append(gettext("Where all of this is the same, the earlier arrival comes first."))
    return " ".join(said)


def _overdue_words(case: Case) -> str:
    minutes = settings.LONG_WAIT_MINUTES
    if case.priority == rules.Priority.URGENT:
        return gettext("It waits for more than %(n)d minutes: what the model says does not count.") % {"n": minutes}
    return gettext(
        "It waits for more than %(n)d minutes, so it stands before all that is not urgent, whatever the model says."
    ) % {"n": minutes}
