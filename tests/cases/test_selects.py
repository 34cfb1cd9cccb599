"""A SELECT that Django compiles once gives the same rows as the queryset that it stands for, whatever the keys are."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.db.models import Q, sql

from cases.models import Analysis, EventHead, Radiograph
from cases.selects import Fields, Select


def test_other_keys_give_other_rows_with_values_as_django_gives_them(a_case):
    def rows(case: int, state: str):
        return Radiograph.objects.filter(~Q(state=state), case=case).values_list("pk", "notes", "uploaded_at", "state")

    cases = [a_case(), a_case(), a_case(state="failed")]
    Radiograph.objects.filter(case=cases[1]).update(notes=["age_unknown"])
    select = Select(rows)
    for case in cases:
        assert select(case.pk, "failed") == list(rows(case.pk, "failed"))
    assert select(cases[2].pk, "failed") == []
    assert len(select(cases[2].pk, "read")) == 1


def test_it_is_compiled_once(a_case, monkeypatch):
    select = Select(lambda pk: Analysis.everything.filter(pk=pk).values_list("pk", "shadow"))
    a_case()
    pk = Analysis.objects.get().pk
    assert select(pk) == [(pk, False)]
    monkeypatch.setattr(sql.Query, "get_compiler", lambda *_, **__: pytest.fail("compiled again"))
    assert select(pk) == [(pk, False)]
    assert select(pk + 1) == []


def test_a_key_is_never_taken_for_a_part_of_the_statement(db):
    with transaction.atomic():
        EventHead.objects.create(stream="case:1' OR '1'='1", seq=3)
        select = Select(lambda stream: EventHead.objects.select_for_update().filter(pk=stream).values_list("seq"))
        assert select("case:1") == []
        assert select("case:1' OR '1'='1") == [(3,)]
        assert select("%s") == []


def test_rows_of_models_are_what_the_database_has_and_fetch_what_was_left_out(a_case):
    a_case()
    whole, some = Fields(Radiograph, of="radiograph"), Fields(Analysis, "id", "probabilities", "finished_at")
    select = Select(lambda pk: Analysis.everything.filter(pk=pk).values_list(*some.columns, *whole.columns))
    row = Analysis.objects.get()
    (values,) = select(row.pk)
    analysis, values = some.taken(values)
    radiograph, rest = whole.taken(values)
    assert (analysis.pk, analysis.probabilities, analysis.finished_at) == (row.pk, row.probabilities, row.finished_at)
    assert radiograph.__dict__ | {"_state": 0} == row.radiograph.__dict__ | {"_state": 0}
    assert rest == ()
    assert analysis.get_deferred_fields()
    assert analysis.band == row.band  # fetched now
