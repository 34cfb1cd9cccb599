"""The verbs of the administrator: register and activate models, accounts, the policies of the site."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from axes.utils import reset as forget_wrong_passwords
from django.conf import settings
from django.db import transaction

from cases import analysis, events, rules
from cases.models import Activation, Case, ModelVersion, Site, User
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

    Args:
        thresholds: None: those it runs with already, else what its bundle proposes.

    Raises:
        RuleBroken: `not_your_role`, `reason_missing`, `thresholds_out_of_order`.
    """
    rules.check_reason(reason)
    if by is not None:
        check_administrator(by, "activate")
    chosen = thresholds or (version.running_thresholds if version.active else version.thresholds)
    if not 0.0 < chosen["sensitive"] <= chosen["specific"] < 1.0:
        raise rules.RuleBroken("thresholds_out_of_order")
    with transaction.atomic():
        before = ModelVersion.objects.select_for_update().filter(name=version.name, active=True).first()
        old = {"replaced": before, "old_thresholds": before.running_thresholds if before else {}}
        ModelVersion.objects.filter(name=version.name, active=True).exclude(pk=version.pk).update(active=False)
        ModelVersion.objects.filter(pk=version.pk).update(active=True, shadow_share=0.0)
        activation = Activation.objects.create(
            model_version=version, by=by, reason=reason[:500], thresholds=chosen, **old
        )
        events.record(
            "model_activated",
            by=by,
            stream=f"model:{version.name}",
            version=str(version),
            thresholds=chosen,
            old={"version": str(before) if before else "", "thresholds": old["old_thresholds"]},
            reason=reason[:500],
        )
        return activation


def stop_model(*, version: ModelVersion, by: User | None, reason: str) -> ModelVersion:
    """Ask this version about no more cases; its answers stay, and what waits already is still answered.

    Raises:
        RuleBroken: `not_your_role`, `reason_missing`, `runs_not`, `is_primary`: readers would have no model at all.
    """
    rules.check_reason(reason)
    if by is not None:
        check_administrator(by, "stop_model")
    with transaction.atomic():
        version = ModelVersion.objects.select_for_update().get(pk=version.pk)
        if not version.active:
            raise rules.RuleBroken("runs_not")
        if version.name == Site.current().primary_model:
            raise rules.RuleBroken("is_primary")
        ModelVersion.objects.filter(pk=version.pk).update(active=False)
        stream, why = f"model:{version.name}", reason.strip()[:500]
        events.record("model_stopped", by=by, stream=stream, version=str(version), reason=why)
    version.refresh_from_db()
    return version


# ---- accounts ----


def check_administrator(by: User, move: str) -> None:
    """What follows is for administrators.

    Raises:
        RuleBroken: `not_your_role`.
    """
    if not by.is_active or by.role != rules.Role.ADMINISTRATOR:
        raise rules.RuleBroken("not_your_role", move=move)


def _check_somebody_else(user: User, by: User, move: str) -> None:
    check_administrator(by, move)
    if by.pk == user.pk:
        raise rules.RuleBroken("not_yourself")


def _check_role(role: str) -> None:
    if role and role not in dict(User.ROLES):
        raise rules.RuleBroken("unknown_role")


def add_user(*, username: str, password: str, role: str, by: User, **names: str) -> User:
    """Make an account. The caller has checked the password's strength.

    Args:
        role: one of User.ROLES, or "" for somebody who may log in and sees nothing.
        names: `first_name`, `last_name`, `email`.

    Raises:
        RuleBroken: `not_your_role`, `unknown_role`, `username_taken`.
    """
    check_administrator(by, "add_user")
    _check_role(role)
    with transaction.atomic():
        if User.objects.filter(username=username).exists():
            raise rules.RuleBroken("username_taken")
        staff = role == rules.Role.ADMINISTRATOR
        user = User.objects.create_user(username, password=password, role=role, is_staff=staff, **names)
        events.record("user_made", by=by, stream=f"user:{user.pk}", user=user.pk, role=role)
        return user


def rename_user(*, user: User, by: User, **names: str) -> User:
    """Correct `first_name`, `last_name` or `email`; reports that are signed keep the old name.

    Raises:
        RuleBroken: `not_your_role`.
    """
    check_administrator(by, "rename_user")
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        changed = [
            field
            for field in ("first_name", "last_name", "email")
            if names.get(field) not in (None, getattr(user, field))
        ]
        for field in changed:
            setattr(user, field, names[field])
        if changed:
            user.save(update_fields=changed)
            events.record("user_renamed", by=by, stream=f"user:{user.pk}", user=user.pk, fields=changed)
        return user


def disable_user(*, user: User, by: User) -> list[Case]:
    """Close an account and free what its owner has in hand.

    Raises:
        RuleBroken: `not_your_role`, `not_yourself`.
    """
    from cases.reading.services import release

    _check_somebody_else(user, by, "disable_user")
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=False)
        events.record("user_disabled", by=by, stream=f"user:{user.pk}", user=user.pk)
        held = Case.objects.filter(claimed_by=user, state__in=rules.IN_HAND)
        return [release(case=case, by=by, reason="user_disabled") for case in held]


def enable_user(*, user: User, by: User) -> User:
    """Open a closed account again.

    Raises:
        RuleBroken: `not_your_role`, `not_yourself`.
    """
    _check_somebody_else(user, by, "enable_user")
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(is_active=True)
        events.record("user_enabled", by=by, stream=f"user:{user.pk}", user=user.pk)
    user.refresh_from_db()
    return user


def change_role(*, user: User, role: str, by: User) -> User:
    """Give a user another role; nobody changes the own one. Cases that the new role may not hold are freed.

    Raises:
        RuleBroken: `not_your_role`, `not_yourself`, `unknown_role`.
    """
    from cases.reading.services import release

    _check_somebody_else(user, by, "change_role")
    _check_role(role)
    with transaction.atomic():
        old = User.objects.get(pk=user.pk).role
        User.objects.filter(pk=user.pk).update(role=role, is_staff=role == rules.Role.ADMINISTRATOR)
        events.record("role_changed", by=by, stream=f"user:{user.pk}", user=user.pk, old=old, new=role)
        if role not in rules.MOVES["claim"].roles:
            for case in Case.objects.filter(claimed_by=user, state__in=rules.IN_HAND):
                release(case=case, by=by, reason="role_changed")
    user.refresh_from_db()
    return user


def set_password(*, user: User, password: str, by: User) -> User:
    """Give a user a new password, which ends the old sessions, and open the account where wrong ones had locked it.

    The caller has checked the password's strength.

    Raises:
        RuleBroken: `not_your_role`, `not_yourself`: the own password is changed with the old one.
    """
    _check_somebody_else(user, by, "set_password")
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        forget_wrong_passwords(username=user.username)
        events.record("password_set", by=by, stream=f"user:{user.pk}", user=user.pk)
    return user


def unlock_user(*, user: User, by: User) -> User:
    """Let somebody log in at once who was locked out after wrong passwords.

    Raises:
        RuleBroken: `not_your_role`.
    """
    check_administrator(by, "unlock_user")
    with transaction.atomic():
        forget_wrong_passwords(username=user.username)
        events.record("user_unlocked", by=by, stream=f"user:{user.pk}", user=user.pk)
    return user


# ---- policies ----


def change_policies(*, by: User, **values: Any) -> Site:
    """Change the policies of the site; another primary model orders the open cases anew.

    Args:
        values: fields of Site by name.

    Raises:
        RuleBroken: `not_your_role`, `unknown_model`.
        ValidationError: a number outside its range.
    """
    check_administrator(by, "change_policies")
    with transaction.atomic():
        site = Site.objects.select_for_update().get(pk=Site.current().pk)
        changes = events.changes_of(site, values)
        if "primary_model" in changes and not ModelVersion.objects.filter(name=values["primary_model"]).exists():
            raise rules.RuleBroken("unknown_model")
        for name, change in changes.items():
            setattr(site, name, change["new"])
        site.full_clean()
        if changes:
            site.save(update_fields=list(changes))
            events.record("policies_changed", by=by, changes=changes)
        if "primary_model" in changes:
            for case in Case.objects.in_queue():
                analysis.refresh_top_analysis(case)
        return site
