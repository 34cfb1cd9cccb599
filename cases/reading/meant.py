"""What a score meant here: how many signed cases with such a score, of the same model version, had pneumonia."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext

from cases import rules
from cases.intervals import wilson
from cases.models import Analysis, Case

# Probabilities fall in one of these; fixed, so that nobody tunes them to a wished answer. The last one holds 1 as well.
EDGES = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0)
ENOUGH = 20  # signed cases; of fewer a share says nothing


@dataclass(frozen=True)
class Meant:
    """The signed cases whose score lies from `low` to below `high`.

    Attributes:
        count: signed as pneumonia or normal. positive: of these, pneumonia. left_out: signed as anything else.
    """

    low: float
    high: float
    count: int
    positive: int
    left_out: int
    model: str

    @property
    def is_enough(self) -> bool:
        """Whether a share says something."""
        return self.count >= ENOUGH

    @property
    def sentence(self) -> str:
        """The answer in words."""
        words = {"count": self.count, "low": f"{self.low:.2f}", "high": f"{self.high:.2f}"}
        return self._share(words) if self.is_enough else self._too_few(words)

    def _share(self, words: dict[str, object]) -> str:
        low, high = wilson(self.positive, self.count)
        share = {"share": _percent(self.positive / self.count), "from": _percent(low), "to": _percent(high)}
        said = gettext(
            "Of %(count)s signed cases here with a score from %(low)s to %(high)s, %(share)s %% had pneumonia "
            "(%(from)s to %(to)s %%)."
        )
        return said % (words | share)

    def _too_few(self, words: dict[str, object]) -> str:
        said = gettext(
            "What this score meant here is not known yet: too few signed cases have a score from %(low)s to %(high)s "
            "(%(count)s)."
        )
        return said % words

    @property
    def source(self) -> str:
        """Where the numbers come from, and what they are not."""
        said = gettext(
            "Source: verdicts signed at this site, other cases of %(model)s; 95 %% interval (Wilson). The readers may "
            "have seen the score. Left out as uncertain or not diagnostic: %(left_out)s."
        )
        return said % {"model": self.model, "left_out": self.left_out}


def _percent(share: float) -> int:
    return round(100 * share)


def bin_of(probability: float) -> tuple[float, float]:
    """The edges around a probability in [0, 1]."""
    pairs = itertools.pairwise(EDGES)
    return next((low, high) for low, high in pairs if probability < high or high == 1.0)


def meant_here(case: Case, top: Analysis) -> Meant:
    """Count the other signed cases of the same kind and model version whose score is like this one; one query.

    None whose second reading is not over: a count that moves would tell what is kept back of it.
    """
    low, high = bin_of(float(top.positive_probability or 0.0))
    alike = Case.objects.filter(model_version=top.model_version_id, kind=case.kind, top_probability__gte=low)
    if high < 1.0:
        alike = alike.filter(top_probability__lt=high)
    # The few that are kept back are named by a query of their own: the index of the scores then answers the rest.
    kept_back = Case.objects.exclude(kept_back="").order_by().values("pk")
    others = alike.exclude(pk=case.pk).exclude(pk__in=kept_back)
    counts = others.aggregate(
        signed=Count("pk", filter=~Q(verdict="")),
        positive=Count("pk", filter=Q(verdict=rules.Verdict.PNEUMONIA)),
        negative=Count("pk", filter=Q(verdict=rules.Verdict.NORMAL)),
    )
    count = counts["positive"] + counts["negative"]
    return Meant(low, high, count, counts["positive"], counts["signed"] - count, str(top.model_version))
