"""The verbs of the administrator: register and activate models, users, re-runs in bulk."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction

from cases import events, rules
from cases.models import Activation, Case, ModelVersion, User
from inference.bundle import Bundle


def register_model(*, directory: Path, by: User | None) -> ModelVersion:
    """Verify a bundle, keep a copy under its sha256, and write it down; the same bundle twice is one row.

    Raises:
        BundleRejected: altered, incomplete or foreign.
        RuleBroken: `version_taken` when another bundle has this name and version.
    """
    bundle = Bundle.open(directory)
    known = ModelVersion.objects.filter(sha256=bundle.sha256).first()
    home = _kept_copy(bundle)
    if known is not None:
        return known
    if ModelVersion.objects.filter(name=bundle.name, version=bundle.version).exists():
        raise rules.RuleBroken("version_taken", model=f"{bundle.name} {bundle.version}")
    with transaction.atomic():
        version = ModelVersion.objects.create(
            name=bundle.name,
            version=bundle.version,
            sha256=bundle.sha256,
            directory=str(home),
            classes=list(bundle.classes),
            positive=bundle.positive,
            thresholds={"sensitive": bundle.thresholds.sensitive, "specific": bundle.thresholds.specific},
            calibrated=bundle.calibrated,
            scope=dict(bundle.scope),
            metrics=dict(bundle.metrics),
            preprocessing=bundle.preprocessing.to_dict(),
            card=bundle.card,
        )
        events.record(
            "model_registered", by=by, stream=f"model:{bundle.name}", version=str(version), sha256=bundle.sha256
        )
        return version


def _kept_copy(bundle: Bundle) -> Path:
    home: Path = settings.MODELS_DIR / bundle.sha256
    if not home.exists():
        part = home.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(bundle.directory, part)
        part.rename(home)
    Bundle.open(home)
    return home


def activate_model(
    *, version: ModelVersion, by: User | None, reason: str, thresholds: dict[str, float] | None = None
) -> Activation:
    """Make this version the one that runs under its name; the thresholds it runs with are decided here and kept.

    Raises:
        RuleBroken: `not_your_role`, `reason_missing`, `thresholds_out_of_order`.
    """
    rules.check_reason(reason)
    if by is not None and by.role != rules.Role.ADMINISTRATOR:
        raise rules.RuleBroken("not_your_role", move="activate")
    chosen = thresholds or version.thresholds
    if not 0.0 < chosen["sensitive"] <= chosen["specific"] < 1.0:
        raise rules.RuleBroken("thresholds_out_of_order")
    with transaction.atomic():
        ModelVersion.objects.filter(name=version.name, active=True).exclude(pk=version.pk).update(active=False)
        ModelVersion.objects.filter(pk=version.pk).update(active=True)
        activation = Activation.objects.create(model_version=version, by=by, reason=reason[:500], thresholds=chosen)
        events.record(
            "model_activated",
            by=by,
            stream=f"model:{version.name}",
            version=str(version),
            thresholds=chosen,
            reason=reason[:500],
        )
        return activation


def disable_user(*, user: User, by: User) -> list[Case]:
    """Close an account and free what its owner has in hand.

    Raises:
        RuleBroken: `not_your_role`, `not_yourself`.
    """
    from cases.reading.services import release

    if by.role != rules.Role.ADMINISTRATOR:
        raise rules.RuleBroken("not_your_role", move="disable_user")
    if by.pk == user.pk:
        raise rules.RuleBroken("not_yourself")
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=False)
        events.record("user_disabled", by=by, stream=f"user:{user.pk}", user=user.pk)
        held = Case.objects.filter(claimed_by=user, state__in=rules.IN_HAND)
        return [release(case=case, by=by, reason="user_disabled") for case in held]


def change_role(*, user: User, role: str, by: User) -> User:
    """Give a user another role; nobody changes the own one.

    Raises:
        RuleBroken: `not_your_role`, `not_yourself`.
    """
    if by.role != rules.Role.ADMINISTRATOR:
        raise rules.RuleBroken("not_your_role", move="change_role")
    if by.pk == user.pk:
        raise rules.RuleBroken("not_yourself")
    with transaction.atomic():
        old = User.objects.get(pk=user.pk).role
        User.objects.filter(pk=user.pk).update(role=role, is_staff=role == rules.Role.ADMINISTRATOR)
        events.record("role_changed", by=by, stream=f"user:{user.pk}", user=user.pk, old=old, new=role)
    user.refresh_from_db()
    return user
