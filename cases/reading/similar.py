"""The signed cases that look most alike to the network, with what people signed of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet
from django.utils.translation import gettext

from cases.models import Analysis, Case, Embedding, User
from cases.reading.ages import in_words
from cases.reading.shelf import Content, newest_embeddings
from inference.embedding import cosines, unpack

SHOWN = 5
ENOUGH = 20  # signed cases to choose from; the nearest of fewer may be far
NEAREST = 200  # so many are looked up first; among them are nearly always enough signed ones
SAMPLE = 200  # further ones, spread evenly over all: what is usual
NEARLY_THE_SAME = 0.9995  # shown as 1.000; re-encoded copies reach it, other patients' pictures hardly ever


@dataclass(frozen=True)
class Neighbour:
    """A signed case that looks like this one to the network; `similarity` is a cosine, at most 1: the same."""

    case: Case
    similarity: float

    @property
    def age(self) -> str:
        """In words."""
        return in_words(self.case.age_months)

    @property
    def is_nearly_the_same(self) -> bool:
        """Whether it may be the same picture, come in twice."""
        return self.similarity >= NEARLY_THE_SAME

    @property
    def figure(self) -> str:
        """As people read it; "1.000" is_nearly_the_same."""
        return _figure(self.similarity)


@dataclass(frozen=True)
class Similar:
    """The neighbours of a case, the nearest first, or why there are none.

    Attributes:
        why_none: a sentence; "" where there are neighbours. model: whose eyes these are.
        usual: how alike half of the signed cases are at most, as a figure.
    """

    neighbours: tuple[Neighbour, ...]
    why_none: str
    model: str
    usual: str = ""


def _figure(similarity: float) -> str:
    return f"{similarity:.3f}"


def similar_cases(case: Case, top: Analysis, user: User) -> Similar:
    """The SHOWN nearest of the signed cases that this person may see; three queries, at most five.

    Only cases of the same kind and model version, by the answer that each shows; not those of the same patient, and
    none whose second reading is not over. Verdicts and scores are those in the database at this moment. Searched are
    the newest embeddings of the version (cases/reading/shelf.py).
    """
    found = newest_embeddings(top.model_version_id)
    own = _own_vector(found, top)
    if own is None:
        return _none(top, gettext("What the network saw in this picture was not kept. A new run keeps it."))
    alike = cosines(found.vectors, own, found.lengths)
    near, usual = _signed_among(_comparable(case, top, user), found.analyses, alike)
    if len(near) < ENOUGH:
        said = gettext("Too few signed cases to find similar ones among: %(count)s; at least %(enough)s are needed.")
        return _none(top, said % {"count": len(near), "enough": ENOUGH})
    rows = Case.objects.select_related("top_analysis").in_bulk([pk for pk, _ in near[:SHOWN]])
    shown = [Neighbour(rows[pk], similarity) for pk, similarity in near[:SHOWN] if pk in rows]
    return Similar(tuple(shown), "", str(top.model_version), _figure(usual))


def _none(top: Analysis, why: str) -> Similar:
    return Similar((), why, str(top.model_version))


def _own_vector(found: Content, top: Analysis) -> np.ndarray | None:
    """int8 (width,); of an older answer than those that are searched, from the database."""
    (places,) = np.nonzero(found.analyses == top.pk)
    if len(places):
        own: np.ndarray = found.vectors[places[-1]]
        return own
    row = Embedding.objects.filter(analysis=top).values_list("vector", flat=True).first()
    return None if row is None else unpack([bytes(row)], found.vectors.shape[1])[0]


def _comparable(case: Case, top: Analysis, user: User) -> QuerySet[Case]:
    """The signed cases that may stand beside this one."""
    signed = Case.objects.visible_to(user).filter(model_version=top.model_version_id, kind=case.kind, kept_back="")
    others = signed.exclude(verdict="").exclude(pk=case.pk)
    return others.exclude(patient=case.patient_id) if case.patient_id else others


def _signed_among(
    cases: QuerySet[Case], analyses: np.ndarray, alike: np.ndarray
) -> tuple[list[tuple[int, float]], float]:
    """(case, similarity), the nearest first, and what is usual: how alike half of the cases are at most.

    The NEAREST are looked up with a SAMPLE; where too few of them are signed, all.
    """
    everything = range(len(alike))
    nearest = set(np.argpartition(-alike, NEAREST)[:NEAREST].tolist() if len(alike) > NEAREST else everything)
    sample = set(np.linspace(0, len(alike) - 1, SAMPLE, dtype=int).tolist())
    found = _signed_at(sorted(nearest | sample), cases, analyses)
    near = [pair for pair in found if pair[1] in nearest]
    spread = [pair for pair in found if pair[1] in sample]
    if len(near) < ENOUGH and len(alike) > NEAREST:
        near = spread = _signed_at(everything, cases, analyses)
    usual = float(np.median([alike[place] for _, place in spread] or [0.0]))
    pairs = [(pk, float(alike[place])) for pk, place in near]
    return sorted(pairs, key=lambda pair: (-pair[1], -pair[0])), usual


def _signed_at(places: Sequence[int], cases: QuerySet[Case], analyses: np.ndarray) -> list[tuple[int, int]]:
    """(case, place) of the cases that show one of the analyses at these places."""
    place_of = dict(zip(analyses[list(places)].tolist(), places, strict=True))
    if len(places) < len(analyses):
        cases = cases.filter(top_analysis__in=list(place_of))
    pairs = cases.order_by().values_list("pk", "top_analysis_id")
    return [(pk, place_of[analysis]) for pk, analysis in pairs if analysis in place_of]
