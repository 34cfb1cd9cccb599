"""Of every table that holds the record of a signed case, every column: one value is changed in SQL and found, or free.

Found: by `verify_events`, or by `verify_passport` with a file that was taken away before.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone

from cases import events
from cases.analysis import record_analysis
from cases.blind.services import store_opinion
from cases.calls.services import note_call, open_call, withdraw_call
from cases.management.commands import verify_events
from cases.models import (
    Analysis,
    Case,
    CriticalResult,
    Event,
    EventHead,
    ModelVersion,
    Opinion,
    Patient,
    Radiograph,
    Reading,
    Report,
    SecondReading,
    Site,
    User,
)
from cases.reading import services
from cases.reports import passport
from cases.reports.checking import BROKEN, NotAPassport, check_file
from cases.reports.passport import passport_file
from cases.reports.seals import broken_seals
from cases.second.services import adjudicate, store_second
from tests.cases.reading.acts import at_once, sign_case
from tests.making import make_case, make_model, make_patient

WORK = "of the work that led there, no part of what came out of it"
CLAIM = "who has it in hand, until when: signed, nobody has"
BUNDLE = "copied from the bundle, whose hash is checked; the thresholds in force stand in each answer"
LATER = "corrected for later cases too; each report holds the patient as signed"
FREE: dict[str, dict[str, str]] = {
    "cases_patient": {"birth_date": LATER},
    "cases_case": {
        "version": "counts changes, so that two windows do not overwrite each other",
        "age_months": "a month more or less follows from the time zone; the report holds the date of birth",
    },
    "cases_radiograph": dict.fromkeys(["attempts", "strikes", "worker", "rung_at"], WORK),
    "cases_modelversion": {
        **dict.fromkeys(["thresholds", "scope", "metrics", "card"], BUNDLE),
        "directory": "where the bundle lies: what lies there is checked by its hash",
        "active": "changes with the next version",
        "shadow_share": "changes with a decision of an administrator, which has its event",
        "registered_at": "the passport names the version by its hash",
    },
    "cases_analysis": dict.fromkeys(["attempts", "strikes", "worker", "rung_at"], WORK),
    "cases_secondreading": dict.fromkeys(["claimed_by_id", "lease_until"], CLAIM),
}
REFUSED = {  # the database itself lets no other value in
    *("cases_case.claimed_by_id", "cases_case.lease_until", "cases_radiograph.lease_until"),
    *("cases_modelversion.shadow_share", "cases_analysis.state", "cases_analysis.lease_until"),
}
TABLES: tuple[type[models.Model], ...] = (
    *(Patient, Case, Radiograph, ModelVersion, Analysis, Reading, Report, Opinion, SecondReading, CriticalResult),
    *(Event, EventHead),
)


@pytest.fixture
def files(bob, carol, erin, patient, settings) -> list[str]:
    """Passports of two cases, taken away: one whose second reader agreed, one that a third decided and amended."""
    settings.REDIS_URL = ""
    Site.current()
    Site.objects.update(second_reading=True, second_percent=100)
    agreed, decided = (answered(patient, number) for number in (1, 2))
    signed_blind(agreed, bob)
    store_second(case=agreed, by=carol, verdict="normal", comment="clear")
    signed_blind(decided, bob)
    store_second(case=decided, by=carol, verdict="pneumonia", comment="left base")
    decided.refresh_from_db()
    said = {"verdict": "pneumonia", "comment": "left base", "reason": "a focus", "version": decided.version}
    adjudicate(case=decided, by=erin, **said)
    withdraw_call(call=open_call(case=agreed, by=bob, **FINDING), by=bob, reason="another patient")
    open_call(case=agreed, by=bob, **FINDING)
    make_case(patient=make_patient("P-2", "Kim"), model=make_model("2.0", active=False))  # what a row could point at
    return [passport_file(row) for row in Report.objects.order_by("pk")]


FINDING = {"finding": "free air", "found_at": datetime.fromisoformat("2026-01-02T10:00:00+00:00")}


def answered(patient: Patient, number: int) -> Case:
    """As the workers leave it: with the event of its answer."""
    study = {"study_date": date(2026, 1, number), "study_instance_uid": f"1.2.{number}", "study_description": "chest"}
    case = make_case(patient=patient, clinical_question="Fever?", read_blind=True, seed=number, **study)
    row = Analysis.objects.get(radiograph__case=case)
    end = timezone.now() + timedelta(minutes=1)
    empty = {"positive_probability": None, "band": "", "probabilities": {}, "finished_at": None}
    Case.objects.filter(pk=case.pk).update(top_analysis=None, top_probability=None, band="", state="scoring")
    Analysis.objects.filter(pk=row.pk).update(state="running", lease_until=end, **empty)
    row.refresh_from_db()
    record_analysis(row, {"NORMAL": 0.1, "PNEUMONIA": 0.9}, {"network": 0.01})
    return Case.objects.get(pk=case.pk)


def signed_blind(case: Case, by: User) -> None:
    """An opinion before the model is shown, a complete call and an open one, a signature."""
    services.claim(case=case, by=by)
    words = {"verdict": "normal", "comment": "clear"}
    store_opinion(case=case, by=by, version=Case.objects.get(pk=case.pk).version, confidence="high", **words)
    call = open_call(case=case, by=by, **FINDING)
    note_call(call=call, by=by, called_by="Bob", received_by="Dr Kim", received_at=timezone.now(), how="phone")
    open_call(case=case, by=by, **FINDING)
    services.sign(case=case, by=by, version=Case.objects.get(pk=case.pk).version, **words)


def is_found(files: list[str]) -> bool:
    """Whether one of the two commands would say that something was changed."""
    if any(True for _ in events.broken_links()) or any(True for _ in broken_seals()):
        return True
    try:
        return any(line.verdict == BROKEN for file in files for line in check_file(file))
    except NotAPassport:
        return True


OTHER: tuple[tuple[type[models.Field], Any], ...] = (
    (models.JSONField, lambda old: json.dumps([*old, "x"] if isinstance(old, list) else {**(old or {}), "x": 1})),
    (models.BooleanField, lambda old: not old),
    (models.DateTimeField, lambda old: old + timedelta(microseconds=1) if old else timezone.now()),
    (models.DateField, lambda old: old + timedelta(days=1) if old else date(2020, 1, 1)),
    (models.IntegerField, lambda old: (old or 0) + 1),
    (models.FloatField, lambda old: (old or 0.0) + 1e-9),
    (models.Field, lambda old: f"{old[:-1]}{'y' if old[-1] == 'x' else 'x'}" if old else "x"),
)


def other_values(field: models.Field, value: Any) -> list[Any]:
    """Something else that the column can hold, the likeliest first."""
    if field.remote_field:
        related = field.remote_field.model._base_manager.exclude(pk=value)
        return list(related.order_by("pk").values_list("pk", flat=True)[:3])
    if field.name == "orientation":
        return ["90f"]
    if field.choices:
        return [code for code, _ in field.choices if code != value]
    return [next(other(value) for kind, other in OTHER if isinstance(field, kind))]


def is_changed(row: models.Model, field: models.Field, value: Any) -> bool:
    """Change it in SQL; False where the database refuses."""
    table, name, pk = row._meta.db_table, field.column, row._meta.pk.column
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f'UPDATE {table} SET "{name}" = %s WHERE "{pk}" = %s', [value, row.pk])
    except IntegrityError:
        return False
    return True


def change_and_look(row: models.Model, field: models.Field, files: list[str]) -> str:
    """ "found", "not found", or "refused" where the database keeps every other value out."""
    for value in other_values(field, getattr(row, field.attname)):
        with transaction.atomic():
            found = is_found(files) if is_changed(row, field, value) else None
            transaction.set_rollback(True)
        if found is not None:
            return "found" if found else "not found"
    return "refused"


def of_the_record(model: type[models.Model]) -> models.QuerySet:
    """The rows that the two signed cases stand on; of the many events a few."""
    rows, cases = model._base_manager.order_by("pk"), Report.objects.values("case")
    paths = {Patient: "cases", Case: "pk", ModelVersion: "analyses__radiograph__case", Analysis: "radiograph__case"}
    if model is EventHead:
        return rows.filter(pk__startswith="case:")
    if model is Event:
        return rows.filter(pk__in=[row.pk for row in rows.filter(case__in=cases)][::7])
    return rows.filter(**{f"{paths.get(model, 'case')}__in": cases}).distinct()


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.db_table)
def test_a_change_of_any_column_is_found_or_the_column_is_rightly_free(model, files, carol):
    assert not is_found(files)
    columns = [field for field in model._meta.concrete_fields if not field.primary_key]
    rows = list(of_the_record(model))
    assert rows
    looked = {f.column: {change_and_look(row, f, files) for row in rows} for f in columns}
    table = model._meta.db_table
    assert {f"{table}.{name}" for name, outcomes in looked.items() if outcomes == {"refused"}} <= REFUSED
    free = FREE.get(table, {})
    assert sorted(name for name, outcomes in looked.items() if "not found" in outcomes and name not in free) == []
    assert sorted(set(free) - set(looked)) == []
    assert not is_found(files)


# ---- what was written before there were such seals ----

NEW = {"seal", "second_seal", "opened"}
NEW_IN_PASSPORTS = {"case": ["seal"], "pictures": ["seal"], "analyses": ["asked_at", "seconds"], "opinions": ["case"]}


@pytest.fixture
def as_before(monkeypatch):
    """Events and passports as they were: a signature, an answer and a closed call alone had their seals."""
    record, body_of = events.record, passport.passport_body

    def record_as_before(verb: str, **said: Any) -> Event:
        had = verb in ("analysed", "critical_noted", "critical_completed", "critical_withdrawn")
        return record(verb, **{name: value for name, value in said.items() if had or name not in NEW})

    def body_as_before(report: Report) -> dict[str, Any]:
        body = body_of(report)
        for part, names in NEW_IN_PASSPORTS.items():
            for said in [body[part]] if part == "case" else body[part]:
                for name in names:
                    said.pop(name)
        return body

    monkeypatch.setattr(events, "record", record_as_before)
    monkeypatch.setattr(passport, "passport_body", body_as_before)


def test_what_was_recorded_before_there_were_such_seals_is_not_called_broken(as_before, files):
    assert not any(NEW & set(row.details) for row in Event.objects.filter(verb__in=["adjudicated", "critical_opened"]))
    assert not any('"seal"' in file for file in files)
    assert not is_found(files)


def test_of_these_a_changed_verdict_of_the_case_is_found(as_before, files):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET verdict = 'uncertain'")
    assert "differs from what led to it in verdict" in next(broken_seals())


# ---- the command beside a site that goes on working ----


@pytest.mark.django_db(transaction=True)
def test_a_signature_while_it_looks_is_no_broken_chain(a_case, bob, monkeypatch):
    sign_case(a_case(), bob)
    links = verify_events.broken_links

    def links_while_somebody_signs():
        yield from links()
        assert at_once([lambda: sign_case(a_case(seed=7), bob).version]) == [1]

    monkeypatch.setattr(verify_events, "broken_links", links_while_somebody_signs)
    call_command("verify_events", stdout=StringIO())
    assert Report.objects.count() == 2
