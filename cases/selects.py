"""SELECTs that every case runs: Django writes their SQL once per process, each call only fills in its keys.

Django builds and compiles a query anew at every call, which takes about ten times as long as SQLite takes to answer
(docs/benchmarks.md). Only for what runs several times per case; everything else is an ordinary queryset.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection, models

Row = tuple[Any, ...]
Key = int | str
RowModel = TypeVar("RowModel", bound=models.Model)
_Converter = tuple[int, Callable[..., Any], Any]


@dataclass(frozen=True)
class _Compiled:
    sql: str
    parameters: Sequence[Any]  # a _Place where a key belongs
    converters: Sequence[_Converter]


@dataclass(frozen=True)
class _Place:
    number: int


class Select:
    """One SELECT with one parameter for each key.

    Args:
        rows: from the keys (integers or texts), a `values_list` whose SQL is the same whatever the keys are.
    """

    def __init__(self, rows: Callable[..., models.QuerySet[Any, Any]]) -> None:
        self._rows = rows
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, *keys: Key) -> list[Row]:
        """The rows for these keys, each value as Django would give it."""
        compiled = self._compiled.get(connection.vendor) or self._compile(keys)
        filled = [keys[value.number] if isinstance(value, _Place) else value for value in compiled.parameters]
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, filled)
            found = cursor.fetchall()
        return [_converted(row, compiled.converters) for row in found]

    def first(self, *keys: Key) -> Row | None:
        """The first of these rows; None where there is none."""
        return next(iter(self(*keys)), None)

    def _compile(self, keys: Sequence[Key]) -> _Compiled:
        stand_ins = [_stand_in(key, number) for number, key in enumerate(keys)]
        compiler = self._rows(*stand_ins).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        places: dict[Any, Any] = {stand_in: _Place(number) for number, stand_in in enumerate(stand_ins)}
        converters = compiler.get_converters([expression for expression, *_ in compiler.select])
        flat = [(at, one, expression) for at, (several, expression) in converters.items() for one in several]
        compiled = _Compiled(sql, [places.get(value, value) for value in parameters], flat)
        self._compiled[connection.vendor] = compiled
        return compiled


def _stand_in(key: Key, number: int) -> Key:
    """A key of the same type that nothing else in the statement equals."""
    return f"\x01key {number}\x01" if isinstance(key, str) else -(10**15) - number


def _converted(row: Row, converters: Sequence[_Converter]) -> Row:
    if not converters:
        return row
    values = list(row)
    for at, convert, expression in converters:
        values[at] = convert(values[at], expression, connection)
    return tuple(values)


class Fields(Generic[RowModel]):
    """Fields of a model as columns of a `Select`, and the model's row made of their values.

    Args:
        names: which; without any, all. The others are fetched when they are asked for, as with `only()`.
        of: the path from the selected model to this one; empty where it is the same.
    """

    def __init__(self, model: type[RowModel], *names: str, of: str = "") -> None:
        every = [field.attname for field in model._meta.concrete_fields]
        self._model = model
        self._names = [name for name in every if name in names or not names]
        self.columns = [f"{of}__{name}" if of else name for name in self._names]

    def row(self, values: Sequence[Any]) -> RowModel:
        """The model's row of these values."""
        return self._model.from_db(connection.alias, self._names, values)

    def taken(self, values: Row) -> tuple[RowModel, Row]:
        """The row of the first values, and the values that are left."""
        count = len(self._names)
        return self.row(values[:count]), values[count:]
