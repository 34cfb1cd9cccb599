"""What the network saw is kept with its answer: once, for answers that readers see, from networks that tell it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases import analysis
from cases.models import Analysis, Case, Embedding
from tests.cases.heat_networks import IN_THE_LUNG, Looking, give_array, loaded


class Telling(Looking):
    """It sees the mean grey, and says so as well."""

    def predict_and_embed(self, batch: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
        return self.predict(batch), [bytes([100, round(picture.mean()) % 100]) for picture in batch]


@pytest.fixture
def asked_again(a_case) -> Analysis:
    """A further run of a case's answer, which waits for its turn."""
    answer = give_array(a_case())
    Case.objects.update(state="queued")
    return Analysis.objects.create(radiograph=answer.radiograph, model_version=answer.model_version, run=2)


def scored(row: Analysis, network: Looking) -> list[tuple[Any, ...]]:
    """What is kept once the network has been asked, twice."""
    with loaded(row.model_version, network):
        analysis.score(row.pk)
        analysis.score(row.pk)
    row.refresh_from_db()
    assert row.state == "done"
    return [(kept.analysis, kept.model_version, len(kept.vector)) for kept in Embedding.objects.all()]


def test_it_is_kept_once_with_the_answer(asked_again):
    assert scored(asked_again, Telling(IN_THE_LUNG)) == [(asked_again, asked_again.model_version, 2)]


def test_a_network_that_does_not_tell_leaves_none(asked_again):
    assert scored(asked_again, Looking(IN_THE_LUNG)) == []


def test_of_an_answer_in_the_shadow_none_is_kept(asked_again):
    Analysis.everything.filter(pk=asked_again.pk).update(shadow=True)
    asked_again.shadow = True
    with loaded(asked_again.model_version, Telling(IN_THE_LUNG)):
        analysis.score(asked_again.pk)
    assert Analysis.everything.get(pk=asked_again.pk).state == "done"
    assert not Embedding.objects.exists()
