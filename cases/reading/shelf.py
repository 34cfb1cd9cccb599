"""Embeddings kept in this process' memory, so that the nearest of many are found in milliseconds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

import numpy as np

from cases.models import Embedding
from inference.embedding import lengths_of, unpack

MOST = 50_000
"""So many of a version are kept, the newest (7.4 MB): an older case is no neighbour of anybody."""
LATE = 200
"""Ids are given out before their rows are committed: as many of the last ones are looked at again."""
VERSIONS = 4
"""Of further ones, the version that was asked for longest ago is let go."""


class Content(NamedTuple):
    """Embeddings of one version: id of the row and of its analysis, int64 (N,); int8 (N, width); lengths (N,)."""

    ids: np.ndarray
    analyses: np.ndarray
    vectors: np.ndarray
    lengths: np.ndarray


NOTHING = Content(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 0), np.int8), np.zeros(0, np.float32))
_shelves: OrderedDict[int, Content] = OrderedDict()
_turn = threading.Lock()


def newest_embeddings(version_id: int) -> Content:
    """The newest MOST of a model version; one query, which after the first time brings only what was written since.

    It knows analyses alone. Their cases may have been amended or erased since: who asks looks them up in the database.
    """
    with _turn:
        found = _with_newer(_shelves.pop(version_id, NOTHING), version_id)
        _shelves[version_id] = found
        if len(_shelves) > VERSIONS:
            _shelves.popitem(last=False)
        return found


def forget_embeddings() -> None:
    """Begin anew, as after a database was put in the place of another."""
    with _turn:
        _shelves.clear()


def _with_newer(kept: Content, version_id: int) -> Content:
    again = np.sort(kept.ids)[-LATE:].tolist()
    rows = Embedding.objects.filter(model_version_id=version_id, pk__gte=again[0] if again else 0)
    found = rows.order_by("-pk").values_list("pk", "analysis_id", "vector")[:MOST]
    known = set(again)
    fresh = [row for row in reversed(found) if row[0] not in known]
    return _joined(kept, fresh) if fresh else kept


def _joined(kept: Content, rows: list[tuple[int, int, bytes]]) -> Content:
    ids, analyses, vectors = zip(*rows, strict=True)
    width = kept.vectors.shape[1] or len(vectors[0])
    fresh = unpack((bytes(vector) for vector in vectors), width)
    return Content(
        np.concatenate([kept.ids, ids])[-MOST:],
        np.concatenate([kept.analyses, analyses])[-MOST:],
        np.concatenate([kept.vectors, fresh])[-MOST:] if len(kept.vectors) else fresh,
        np.concatenate([kept.lengths, lengths_of(fresh)])[-MOST:],
    )
