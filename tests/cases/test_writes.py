"""What is written by a kept statement is what Django would have written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, connection, models, transaction

from cases.models import Analysis, Case, Embedding, Event, EventHead, Radiograph, Report, Upload
from cases.models.events import ChangeRefused
from cases.models.listed import with_copies
from cases.writes import insert_rows, update_row

AT = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)


def plain(row: models.Model) -> dict[str, object]:
    """Every column as it is in the database, but for the key."""
    fresh = type(row)._base_manager.get(pk=row.pk)
    return {f.attname: getattr(fresh, f.attname) for f in row._meta.concrete_fields if not f.primary_key}


def test_a_row_is_what_django_writes(alice, a_case):
    case = a_case()
    picture = Radiograph.objects.get(case=case)
    answer = Analysis.objects.get(radiograph=picture)

    def rows() -> list[models.Model]:
        asked = Analysis(radiograph=picture, model_version=answer.model_version, run=7, thresholds={"low": 0.25})
        upload = Upload(by=alice, name="흉부.jpg", bytes=3, details={"id": "1' OR '1"}, case=case, radiograph=picture)
        opened = with_copies(Case(opened_by=alice, clinical_question="열?"))
        return [opened, Radiograph(case=case, original_bytes=3, notes=["%s"]), asked, upload]

    for mine, djangos in zip(rows(), rows(), strict=True):
        for row in (mine, djangos):
            for field in row._meta.concrete_fields:
                if isinstance(field, models.DateTimeField) and getattr(row, field.attname) is not None:
                    setattr(row, field.attname, AT)
        insert_rows([mine])
        written = plain(mine)
        mine.delete()  # before its double breaks a constraint
        djangos.save(force_insert=True)
        assert written == plain(djangos)


def test_keys_come_back_in_order_and_a_key_that_is_given_stays(alice, a_case):
    case = a_case()
    events = [Event(stream="s", seq=number, at=AT, verb="seen", case=case, mac=str(number)) for number in (1, 2, 3)]
    insert_rows(events)
    assert [Event.objects.get(pk=event.pk).seq for event in events] == [1, 2, 3]
    assert not any(event._state.adding for event in events)
    upload = Upload(by=alice, name="a", bytes=1)
    key = upload.pk
    insert_rows([upload])
    assert upload.pk == key
    assert Upload.objects.get(pk=key) == upload
    insert_rows([])


def test_a_constraint_is_an_error_or_leaves_what_is_there(a_case):
    a_case()
    there = Analysis.objects.get()

    def double() -> Analysis:
        return Analysis(radiograph=there.radiograph, model_version=there.model_version, run=there.run, worker="w")

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows([double()])
    other = double()
    other.run = 2
    insert_rows([double(), other], unless_there=True)
    assert sorted(Analysis.objects.values_list("run", "worker")) == [(1, there.worker), (2, "w")]


def test_bytes_stay_bytes(a_case):
    a_case()
    answer = Analysis.objects.get()
    Embedding.objects.filter(analysis=answer).delete()
    row = Embedding(analysis=answer, model_version=answer.model_version, vector=bytes(range(256)))
    insert_rows([row])
    assert bytes(Embedding.objects.get(analysis=answer).vector) == bytes(range(256))


def test_values_of_every_kind_are_written_to_one_row_alone(a_case):
    first, second = a_case(), a_case()
    answer = Analysis.objects.get(radiograph__case=first)
    before = plain(second)
    values = {"top_analysis": answer, "model_version_id": answer.model_version_id, "patient": None, "received_at": AT}
    assert update_row(Case, first.pk, values)
    fresh = Case.objects.get(pk=first.pk)
    assert (fresh.top_analysis, fresh.model_version, fresh.patient) == (answer, answer.model_version, None)
    assert fresh.received_at == AT
    assert update_row(Analysis, answer.pk, {"probabilities": {"a": [0.5, None]}, "positive_probability": 0.1})
    answer.refresh_from_db()
    assert (answer.probabilities, answer.positive_probability) == ({"a": [0.5, None]}, 0.1)
    assert plain(second) == before


def test_a_row_that_somebody_else_has_taken_is_left(a_case):
    a_case()
    answer = Analysis.objects.get()
    assert not update_row(Analysis, answer.pk, {"worker": "w"}, state="running", attempts=answer.attempts)
    assert not update_row(Analysis, answer.pk, {"worker": "w"}, state=answer.state, attempts=answer.attempts + 1)
    assert not update_row(Analysis, answer.pk + 1, {"worker": "w"})
    assert Analysis.objects.get().worker == answer.worker
    assert update_row(Analysis, answer.pk, {"worker": "w"}, state=answer.state, attempts=answer.attempts)
    assert Analysis.objects.get().worker == "w"


@pytest.mark.parametrize("model", [Event, Report])
def test_what_is_never_changed_is_not_changed_by_this_way_either(db, model):
    with pytest.raises(ChangeRefused):
        update_row(model, 1, {"id": 2})


def test_a_name_that_no_column_has_is_an_error(a_case):
    with pytest.raises(FieldDoesNotExist):
        update_row(EventHead, "case:1", {"seq": 1, "seq = 0 --": 2})


def test_a_statement_is_made_once(a_case, monkeypatch):
    case = a_case()
    update_row(Case, case.pk, {"study_description": "a"})
    with monkeypatch.context() as patched:
        patched.setattr(type(connection.ops), "quote_name", lambda *_: pytest.fail("made again"))
        assert update_row(Case, case.pk, {"study_description": "b"})
    assert Case.objects.values_list("study_description", flat=True).get() == "b"
