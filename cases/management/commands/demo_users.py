"""The demo's three users, with passwords from the environment."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from cases import events
from cases.models import User

ROLES = ("radiographer", "radiologist", "administrator")


class Command(BaseCommand):
    """`manage.py demo_users`: reads DEMO_PASSWORD_RADIOGRAPHER and so on; a user that exists is left alone."""

    help = "Make the demo's users. Passwords come from DEMO_PASSWORD_RADIOGRAPHER, _RADIOLOGIST, _ADMINISTRATOR."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.SITE_KIND != "demo":
            raise CommandError("Demo users are made only where SITE_KIND=demo. Use createsuperuser, then set the role.")
        for role in ROLES:
            if User.objects.filter(username=role).exists():
                continue
            password = os.environ.get(f"DEMO_PASSWORD_{role.upper()}")
            if not password:
                raise CommandError(f"Set DEMO_PASSWORD_{role.upper()} to the password of the demo {role}.")
            with transaction.atomic():
                user = User.objects.create_user(
                    role,
                    password=password,
                    role=role,
                    is_staff=role == "administrator",
                    first_name="Demo",
                    last_name=role,
                )
                events.record("user_made", by=None, stream=f"user:{user.pk}", user=user.pk, role=role)
            self.stdout.write(f"made the demo {role}")
