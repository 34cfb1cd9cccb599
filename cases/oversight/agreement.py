"""How far a model in the shadow agrees with the one that readers see, and both with what was signed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max, QuerySet

from cases import rules
from cases.models import Analysis, ModelVersion, Report, Site

ENOUGH = 10  # of each verdict, before an AUC is more than chance
BANDS = ("unlikely", "uncertain", "likely")


@dataclass(frozen=True)
class Pair:
    """One picture scored by both: probability and band in the shadow, and of the primary model."""

    case_id: int
    probability: float
    band: str
    primary_probability: float
    primary_band: str


@dataclass(frozen=True)
class Signed:
    """One case with both highest probabilities and the verdict that was signed."""

    probability: float
    primary_probability: float
    verdict: str


@dataclass(frozen=True)
class Beside:
    """A version in the shadow beside the primary model.

    Attributes:
        states: its analyses by state. pairs: pictures that both scored.
        same_band: of these, how many got the same band. table: (band of the primary, counts by band in the shadow).
        mean_difference: of the two probabilities, without sign. verdicts: signed cases among them, by verdict.
        auc, primary_auc: against the verdicts pneumonia and normal; None where there are too few.
    """

    version: ModelVersion
    states: Counter[str]
    pairs: int
    same_band: int
    table: list[tuple[str, list[int]]]
    mean_difference: float | None
    verdicts: Counter[str]
    auc: float | None
    primary_auc: float | None


def all_beside() -> list[Beside]:
    """Every version that runs in the shadow or has answered there, the newest first."""
    asked = Analysis.everything.filter(shadow=True).values("model_version")
    versions = ModelVersion.objects.filter(shadow_share__gt=0) | ModelVersion.objects.filter(pk__in=asked)
    return [beside(version) for version in versions.order_by("name", "-registered_at")]


def beside(version: ModelVersion) -> Beside:
    """The figures of one version."""
    pairs = pairs_of(version)
    signed = signed_of(pairs)
    states = Analysis.everything.filter(model_version=version, shadow=True).order_by().values_list("state", flat=True)
    return Beside(
        version=version,
        states=Counter(states),
        pairs=len(pairs),
        same_band=sum(pair.band == pair.primary_band for pair in pairs),
        table=[(name, [_count(pairs, name, other) for other in BANDS]) for name in BANDS],
        mean_difference=_mean([abs(pair.probability - pair.primary_probability) for pair in pairs]),
        verdicts=Counter(case.verdict for case in signed),
        auc=auc([(case.probability, case.verdict) for case in signed]),
        primary_auc=auc([(case.primary_probability, case.verdict) for case in signed]),
    )


def _count(pairs: Sequence[Pair], primary: str, shadow: str) -> int:
    return sum(pair.primary_band == primary and pair.band == shadow for pair in pairs)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def pairs_of(version: ModelVersion) -> list[Pair]:
    """Pictures that this version scored in the shadow, with the newest answer of the primary model."""
    rows = _answers(Analysis.everything.filter(model_version=version, shadow=True))
    name = Site.current().primary_model
    shown = Analysis.objects.filter(
        model_version__name=name, radiograph__in=rows.values("radiograph"), state="done"
    ).exclude(model_version=version)
    fields = ("radiograph_id", "radiograph__case_id", "positive_probability", "band")
    primary = {row[0]: row for row in _answers(shown).values_list(*fields)}
    found = [(row, primary.get(row[0])) for row in rows.values_list(*fields)]
    return [Pair(row[1], row[2], row[3], other[2], other[3]) for row, other in found if other]


def _answers(rows: QuerySet[Analysis]) -> QuerySet[Analysis]:
    return rows.filter(state="done").order_by("run", "pk")


def signed_of(pairs: Sequence[Pair]) -> list[Signed]:
    """The cases among the pairs that were signed, each once."""
    cases: dict[int, tuple[float, float]] = {}
    for pair in pairs:
        highest = cases.get(pair.case_id, (0.0, 0.0))
        cases[pair.case_id] = max(highest[0], pair.probability), max(highest[1], pair.primary_probability)
    verdicts = signed_verdicts()
    return [Signed(*cases[case_id], verdicts[case_id]) for case_id in cases if case_id in verdicts]


def signed_verdicts() -> dict[int, str]:
    """Of every signed case the verdict of the newest version of its report."""
    newest = Report.objects.filter(case__state__in=rules.FINAL).order_by().values("case").annotate(n=Max("version"))
    last = {row["case"]: row["n"] for row in newest}
    rows = Report.objects.filter(case__state__in=rules.FINAL).values_list("case_id", "version", "reading__verdict")
    return {case_id: verdict for case_id, version, verdict in rows if last[case_id] == version}


def auc(scored: Sequence[tuple[float, str]]) -> float | None:
    """The chance that a case signed as pneumonia has the higher probability than one signed as normal; ties count half.

    None where there are fewer than ENOUGH of either.
    """
    sick = [score for score, verdict in scored if verdict == rules.Verdict.PNEUMONIA]
    well = [score for score, verdict in scored if verdict == rules.Verdict.NORMAL]
    if min(len(sick), len(well)) < ENOUGH:
        return None
    return (_rank_sum(sick, well) - len(sick) * (len(sick) + 1) / 2) / (len(sick) * len(well))


def _rank_sum(sick: Sequence[float], well: Sequence[float]) -> float:
    """The sum of the ranks of the first among all, equal values sharing their middle rank (Mann and Whitney)."""
    counts, below, ranks = Counter([*sick, *well]), 0, {}
    for value in sorted(counts):
        ranks[value] = below + (counts[value] + 1) / 2
        below += counts[value]
    return sum(ranks[value] for value in sick)
