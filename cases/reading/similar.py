"""The signed cases that look most alike to the network, with what people signed of them."""

from __future__ import annotations

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
NEARLY_THE_SAME = 0.999


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
        """Two decimals; never "1.00" for what differs."""
        return f"{min(self.similarity, 1.0):.2f}" if self.is_nearly_the_same else f"{min(self.similarity, 0.99):.2f}"


@dataclass(frozen=True)
class Similar:
    """The neighbours of a case, the nearest first, or why there are none.

    Attributes:
        why_none: a sentence; "" where there are neighbours. model: whose eyes these are.
    """

    neighbours: tuple[Neighbour, ...]
    why_none: str
    model: str


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
    ids = _nearest_signed(_comparable(case, top, user), found, cosines(found.vectors, own))
    if len(ids) < ENOUGH:
        said = gettext("Too few signed cases to find similar ones among: %(count)s; at least %(enough)s are needed.")
        return _none(top, said % {"count": len(ids), "enough": ENOUGH})
    shown = dict(ids[:SHOWN])
    rows = Case.objects.select_related("top_analysis").in_bulk(shown)
    near = [Neighbour(rows[pk], alike) for pk, alike in shown.items() if pk in rows]
    return Similar(tuple(near), "", str(top.model_version))


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


def _nearest_signed(cases: QuerySet[Case], found: Content, alike: np.ndarray) -> list[tuple[int, float]]:
    """Ids of cases with their similarity, the nearest first: of the NEAREST, or where these are too few of all."""
    nearest = np.argsort(-alike, kind="stable")[:NEAREST]
    near = cases.filter(top_analysis__in=found.analyses[nearest].tolist())
    ids = _sorted(near, found.analyses[nearest], alike[nearest])
    return ids if len(ids) >= ENOUGH or len(alike) <= NEAREST else _sorted(cases, found.analyses, alike)


def _sorted(cases: QuerySet[Case], analyses: np.ndarray, alike: np.ndarray) -> list[tuple[int, float]]:
    known = dict(zip(analyses.tolist(), alike.tolist(), strict=True))
    pairs = cases.order_by().values_list("pk", "top_analysis_id")
    found = [(pk, known[analysis]) for pk, analysis in pairs if analysis in known]
    return sorted(found, key=lambda pair: (-pair[1], -pair[0]))
