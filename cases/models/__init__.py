"""The record. One file per aggregate; writes go through the services of each wing and cases/analysis."""

from cases.models.analyses import Activation, Analysis, ModelVersion
from cases.models.calls import CriticalResult
from cases.models.embeddings import Embedding
from cases.models.events import Event, EventHead
from cases.models.findings import FindingTerm
from cases.models.heat_maps import HeatMap
from cases.models.intake import Radiograph, Trial, Upload
from cases.models.opinions import Opinion
from cases.models.patients import Case, Patient
from cases.models.people import Site, User
from cases.models.phrases import Phrase
from cases.models.readings import Reading, Report
from cases.models.second_readings import SecondReading
from cases.models.workers import WorkerPulse

__all__ = [
    "Activation",
    "Analysis",
    "Case",
    "CriticalResult",
    "Embedding",
    "Event",
    "EventHead",
    "FindingTerm",
    "HeatMap",
    "ModelVersion",
    "Opinion",
    "Patient",
    "Phrase",
    "Radiograph",
    "Reading",
    "Report",
    "SecondReading",
    "Site",
    "Trial",
    "Upload",
    "User",
    "WorkerPulse",
]
