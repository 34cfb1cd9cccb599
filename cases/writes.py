"""UPDATEs and INSERTs that every case runs: their SQL is written once per process, each call fills in its values.

Django builds and compiles a statement anew at every call (see cases/selects.py). Only for what runs several times per
case, by columns of the row itself; everything else is an ordinary queryset. Signals are not sent, as with `update()`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection, models

from cases.models.events import ChangeRefused, NeverChanged

Names = tuple[str, ...]


def update_row(model: type[models.Model], key: Any, values: Mapping[str, Any], **still: Any) -> bool:
    """Write these values to the row of this primary key.

    Args:
        values: by the name of the field or of its column ("case" and "case_id" are the same); of a related row the row
            itself or its id.
        still: the row is written only while these fields have these values (none is None).

    Returns:
        Whether there was such a row.

    Raises:
        ChangeRefused: rows of this model are never changed.
    """
    sql = _update_sql(connection.vendor, model, tuple(values), tuple(still))
    parameters = [*_prepared(model, values), *_prepared(model, still), *_prepared(model, {"pk": key})]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return bool(cursor.rowcount)


def insert_rows(rows: Sequence[models.Model], *, unless_there: bool = False) -> None:
    """Write rows of one model that are not in the database yet, and set the primary keys that the database gives them.

    All of them have a key already, or none has.

    Args:
        unless_there: what a constraint of the table forbids is not written; no keys are set then.
    """
    if not rows:
        return
    model = type(rows[0])
    names = _inserted(model, with_key=rows[0].pk is not None)
    parameters = [value for row in rows for value in _prepared(model, {name: getattr(row, name) for name in names})]
    with connection.cursor() as cursor:
        cursor.execute(_insert_sql(connection.vendor, model, names, len(rows), unless_there), parameters)
        if not unless_there:
            _note_keys(rows, cursor.fetchall())


def _note_keys(rows: Sequence[models.Model], keys: Sequence[tuple[Any, ...]]) -> None:
    for row, (key,) in zip(rows, keys, strict=True):
        row.pk = key if row.pk is None else row.pk
        row._state.adding, row._state.db = False, connection.alias


@cache
def _update_sql(vendor: str, model: type[models.Model], names: Names, still: Names) -> str:
    """Of this database: its way to quote a name."""
    if issubclass(model, NeverChanged):
        raise ChangeRefused(f"{model._meta.label} rows are never changed")
    written = ", ".join(f"{column} = %s" for column in _columns(model, names))
    where = " AND ".join(f"{column} = %s" for column in (*_columns(model, still), *_columns(model, ("pk",))))
    table = connection.ops.quote_name(model._meta.db_table)
    return f"UPDATE {table} SET {written} WHERE {where}"  # noqa: S608 names of the model's own columns


@cache
def _insert_sql(vendor: str, model: type[models.Model], names: Names, rows: int, unless_there: bool) -> str:
    table, (key,) = connection.ops.quote_name(model._meta.db_table), _columns(model, ("pk",))
    places = ", ".join([f"({', '.join(['%s'] * len(names))})"] * rows)
    end = "ON CONFLICT DO NOTHING" if unless_there else f"RETURNING {key}"
    return f"INSERT INTO {table} ({', '.join(_columns(model, names))}) VALUES {places} {end}"  # noqa: S608 as above


@cache
def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    """By the name of the field or of its column.

    Raises:
        FieldDoesNotExist: the model has none of that name.
    """
    if name == "pk":
        return model._meta.pk
    by_column = {field.attname: field for field in model._meta.concrete_fields}
    return by_column.get(name) or model._meta.get_field(name)  # type: ignore[return-value]


@cache
def _inserted(model: type[models.Model], *, with_key: bool) -> Names:
    return tuple(field.attname for field in model._meta.concrete_fields if with_key or not field.primary_key)


def _columns(model: type[models.Model], names: Names) -> list[str]:
    return [connection.ops.quote_name(str(_field(model, name).column)) for name in names]


def _prepared(model: type[models.Model], values: Mapping[str, Any]) -> list[Any]:
    return [_field(model, name).get_db_prep_save(_plain(value), connection) for name, value in values.items()]


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value
