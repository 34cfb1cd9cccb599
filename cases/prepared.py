"""Queries that every open page asks for its own person: Django puts the SQL together once, which costs most of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from cases.models import User

ANYBODY = -(2**61)  # stands for the person while the SQL is put together; nobody has this number

Build = Callable[[User], QuerySet[Any, Any]]


def rows_for(user: User, build: Build) -> list[tuple[Any, ...]]:
    """The rows of `build(user)`.

    Args:
        build: a function of a module. Of the person its query may depend on role and number alone; its rows are plain
            numbers and texts, which no field of a model converts.
    """
    sql, values = _compiled(build, user.role, user.is_active, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(sql, [user.pk if value == ANYBODY else value for value in values])
        return list(cursor.fetchall())


@cache
def _compiled(build: Build, role: str, is_active: bool, _vendor: str) -> tuple[str, tuple[Any, ...]]:
    sql, values = build(User(pk=ANYBODY, role=role, is_active=is_active)).query.sql_with_params()
    return sql, tuple(values)
