"""Celery tasks: an id comes in, one function is called. Safe to run twice."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from cases import analysis
from cases.trials import services as trials

_READ_LIMITS = {"soft_time_limit": settings.READ_SECONDS, "time_limit": settings.READ_SECONDS + 5}


@shared_task(name="read_radiograph", **_READ_LIMITS)
def read_radiograph(radiograph_id: int) -> None:
    """Queue `read`: decode, check, write rendition and arrays."""
    analysis.prepare_radiograph(radiograph_id)


@shared_task(name="score_analysis")
def score_analysis(analysis_id: int) -> None:
    """Queue `infer`: ask the engine."""
    analysis.score(analysis_id)


@shared_task(name="make_heat_map")
def make_heat_map(heat_map_id: int) -> None:
    """Queue `infer-background`: where in the picture the evidence lies."""
    analysis.make_heat_map(heat_map_id)


@shared_task(name="prepare_array", **_READ_LIMITS)
def prepare_array(analysis_id: int) -> None:
    """Queue `read-background`: another preparation of a picture, for a model in the shadow."""
    analysis.prepare_array(analysis_id)


@shared_task(name="read_trial", **_READ_LIMITS)
def read_trial(trial_id: str) -> None:
    """Queue `read-urgent`: prepare a trial's picture."""
    trials.prepare_trial(trial_id)


@shared_task(name="score_trial")
def score_trial(trial_id: str) -> None:
    """Queue `infer-urgent`: score a trial's picture."""
    trials.score_trial(trial_id)
