"""How well two readers agree: Cohen's kappa with its 95 % interval, over the cases that both read independently.

The cases are those that were drawn, disagreements with the model among them: the figure is that of this selection, and
lower than that of all cases.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from cases.intervals import Z95
from cases.models import SecondReading, User

ENOUGH = 20  # cases; below it the interval would be wider than what it says
Pairs = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Agreement:
    """Two readers' verdicts on the same cases.

    Attributes:
        cases: how many. same: on how many the verdict is the same.
        kappa, low, high: with the interval; None where there are too few cases, or both always said the same word.
    """

    cases: int
    same: int
    kappa: float | None
    low: float | None
    high: float | None


def agreement(pairs: Pairs) -> Agreement:
    """From how often each two verdicts met."""
    cases, same = pairs.total(), sum(n for (a, b), n in pairs.items() if a == b)
    found = kappa_with_error(pairs) if cases >= ENOUGH else None
    if found is None:
        return Agreement(cases, same, None, None, None)
    kappa, error = found
    return Agreement(cases, same, kappa, max(-1.0, kappa - Z95 * error), min(1.0, kappa + Z95 * error))


def kappa_with_error(pairs: Pairs) -> tuple[float, float] | None:
    """Cohen's kappa and its large-sample standard error; None where chance alone would always agree.

    Kappa: J. Cohen, Educational and Psychological Measurement 20 (1960) 37. Its standard error where kappa is not 0:
    J. L. Fleiss, J. Cohen, B. S. Everitt, Psychological Bulletin 72 (1969) 323, the formula without weights.
    """
    total = pairs.total()
    share = {pair: n / total for pair, n in pairs.items() if n}
    rows, columns = _margins(share)
    chance = sum(rows[name] * columns[name] for name in rows)
    if chance > 1 - 1e-12:
        return None
    kappa = (sum(p for (a, b), p in share.items() if a == b) - chance) / (1 - chance)
    on = sum(p * (1 - (rows[a] + columns[a]) * (1 - kappa)) ** 2 for (a, b), p in share.items() if a == b)
    off = sum(p * (columns[a] + rows[b]) ** 2 for (a, b), p in share.items() if a != b)
    variance = on + (1 - kappa) ** 2 * off - (kappa - chance * (1 - kappa)) ** 2
    return kappa, math.sqrt(max(variance, 0.0) / total) / (1 - chance)


def _margins(share: dict[tuple[str, str], float]) -> tuple[dict[str, float], dict[str, float]]:
    rows: dict[str, float] = defaultdict(float)
    columns: dict[str, float] = defaultdict(float)
    for (a, b), p in share.items():
        rows[a] += p
        columns[b] += p
    return rows, columns


# ---- whose ----


def own_agreement(reader: User) -> Agreement:
    """This reader with all others together: the own verdict first, the other's second."""
    return agreement(Counter(_seen_by(reader.pk, row) for row in _read_twice() if reader.pk in row[:2]))


def pair_agreements() -> list[tuple[str, str, Agreement]]:
    """Every two readers that read a case independently, by their names; never by their figures."""
    found: dict[tuple[int, int], Pairs] = defaultdict(Counter)
    for row in _read_twice():
        one, other = sorted(row[:2])
        found[one, other][_seen_by(one, row)] += 1
    names = {user.pk: user.full_name for user in User.objects.filter(pk__in={pk for pair in found for pk in pair})}
    rows = [_by_name(names[one], names[other], agreement(pairs)) for (one, other), pairs in found.items()]
    return sorted(rows, key=lambda row: row[:2])


def _by_name(one: str, other: str, row: Agreement) -> tuple[str, str, Agreement]:
    return (one, other, row) if one <= other else (other, one, row)


def _read_twice() -> Iterable[tuple[int, int, str, str]]:
    """(first reader, second reader, signed verdict, second verdict) of each case that has both."""
    rows = SecondReading.objects.filter(second_reader__isnull=False).order_by("pk")
    return rows.values_list("first_reader_id", "second_reader_id", "signed_verdict", "second_verdict")


def _seen_by(reader: int, row: tuple[int, int, str, str]) -> tuple[str, str]:
    first, _second, signed, anew = row
    return (signed, anew) if first == reader else (anew, signed)
