"""The records in the Django admin: read-mostly, one file per aggregate; actions call services with `by=` the person."""

from cases.admin import accounts, examinations, findings, intake, model_versions, phrases, record, second_readings

__all__ = ["accounts", "examinations", "findings", "intake", "model_versions", "phrases", "record", "second_readings"]
