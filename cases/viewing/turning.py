"""How a picture is laid before readers: kept with it, while its file, its pixels and what was scored stay."""

from __future__ import annotations

from django.db import transaction

from cases import events, rules
from cases.models import Case, Radiograph, User
from cases.models.intake import ORIENTATIONS


def orientation_of(code: str) -> str:
    """One of ORIENTATIONS from what the viewer says ("0", "90f").

    Raises:
        ValueError: it is none.
    """
    found = "" if code == "0" else code
    if found not in ORIENTATIONS:
        raise ValueError(f"{code!r} is no orientation")
    return found


def check_may_turn(case: Case, by: User) -> None:
    """Whoever may read the case lays its pictures, but not under the eyes of another who has it in hand.

    Raises:
        RuleBroken: `not_your_role`, `not_your_case`.
    """
    if by.role != rules.Role.RADIOLOGIST:
        raise rules.RuleBroken("not_your_role")
    if case.claimed_by_id not in (None, by.pk):
        raise rules.RuleBroken("not_your_case")


def may_turn(case: Case, by: User) -> bool:
    """The boolean twin."""
    try:
        check_may_turn(case, by)
    except rules.RuleBroken:
        return False
    return True


def turn_picture(*, radiograph: Radiograph, orientation: str, by: User) -> bool:
    """Keep how a picture lies, for every reader from now on. True: it lay otherwise before.

    Args:
        orientation: one of ORIENTATIONS.

    Raises:
        RuleBroken: as in check_may_turn.
    """
    check_may_turn(radiograph.case, by)
    with transaction.atomic():
        # The picture's row, then the end of the stream: the order in which the workers lock them.
        laid_otherwise = Radiograph.objects.filter(pk=radiograph.pk).exclude(orientation=orientation)
        if not laid_otherwise.update(orientation=orientation):
            return False
        events.record(
            "picture_turned", by=by, case=radiograph.case, picture=radiograph.pk, orientation=orientation or "0"
        )
        return True
