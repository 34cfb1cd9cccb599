"""What a person sets about the own worklist."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from cases import events
from cases.models import User
from cases.worklist.columns import BY_CODE


def choose_columns(*, codes: Collection[str], by: User) -> User:
    """Keep which columns this person sees; none chosen, or all, is the usual table. Unknown codes are left out."""
    wanted = [code for code in BY_CODE if code in codes]
    kept = [] if len(wanted) == len(BY_CODE) else wanted
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=by.pk)
        if user.worklist_columns != kept:
            user.worklist_columns = kept
            user.save(update_fields=["worklist_columns"])
            events.record("columns_chosen", by=user, stream=f"user:{user.pk}", columns=kept)
        return user
