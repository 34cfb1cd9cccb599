"""What a reader sets about the own workstation."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from cases import events
from cases.models import User
from cases.viewing.keys import chosen_keys, chosen_mouse


def set_workstation(*, keys: Mapping[str, str], mouse: Mapping[str, str], by: User) -> User:
    """Keep this person's keys (the product's key: the own one) and habits of the mouse; only what is not usual.

    Raises:
        KeysRefused: not one key, or two actions with one key; nothing is kept then.
    """
    kept = {"keys": chosen_keys(keys), "mouse": chosen_mouse(mouse)}
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=by.pk)
        if user.workstation != kept:
            user.workstation = kept
            user.save(update_fields=["workstation"])
            events.record("workstation_set", by=user, stream=f"user:{user.pk}", **kept)
        return user
