"""A signed report stays as it is: by no call of the ORM, no page, no page of the admin, no fixture."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from django.core import serializers
from django.db import connection, transaction
from django.db.models import F, ProtectedError

from cases.models import Case, Event, Reading, Report
from cases.models.events import ChangeRefused
from cases.reading import services
from cases.reports.seals import broken_seals
from tests.cases.test_url_matrix import NAMED, address_of, make_pair


def later(row, **values):
    """The same object with other values."""
    for name, value in values.items():
        setattr(row, name, value)
    return row


def from_fixture(row) -> Callable[[], None]:
    """What `loaddata` does with a row that is there."""
    text = serializers.serialize("json", [row])
    return lambda: [found.save() for found in serializers.deserialize("json", text)]


def upsert(row, column: str) -> None:
    """Insert, and change what is there."""
    type(row).objects.bulk_create([row], update_conflicts=True, update_fields=[column], unique_fields=["id"])


CALLS: dict[str, Callable] = {
    "save": lambda row, column: row.save(),
    "save some fields": lambda row, column: row.save(update_fields=[column]),
    "save by force": lambda row, column: row.save(force_update=True),
    "save without Django's checks": lambda row, column: row.save_base(raw=True),
    "asave": lambda row, column: asyncio.run(row.asave()),
    "delete": lambda row, column: row.delete(),
    "update": lambda row, column: type(row).objects.filter(pk=row.pk).update(**{column: "x"}),
    "update by an expression": lambda row, column: type(row).objects.update(case_id=F("case_id")),
    "update by the base manager": lambda row, column: type(row)._base_manager.update(**{column: "x"}),
    "update by the case": lambda row, column: getattr(row.case, row.case_side).update(**{column: "x"}),
    "delete by the case": lambda row, column: getattr(row.case, row.case_side).all().delete(),
    "update or create": lambda row, column: type(row).objects.update_or_create({column: "x"}, pk=row.pk),
    "bulk update": lambda row, column: type(row).objects.bulk_update([row], [column]),
    "insert or change": upsert,
    "delete many": lambda row, column: type(row).objects.all().delete(),
    "delete raw": lambda row, column: type(row).objects.all()._raw_delete("default"),
    "delete by the base manager": lambda row, column: type(row)._base_manager.all().delete(),
    "fixture": lambda row, column: from_fixture(row)(),
}


@pytest.mark.parametrize("call", CALLS)
def test_no_call_of_the_orm_changes_a_report_or_an_event(call, signed):
    event = Event.objects.get(case=signed.case, verb="signed")
    for row, column, side in ((signed, "reason", "reports"), (event, "verb", "events")):
        row.case_side = side
        before = list(type(row).objects.order_by("pk").values())
        with pytest.raises(ChangeRefused), transaction.atomic():
            CALLS[call](later(row, **{column: "other"}), column)
        assert list(type(row).objects.order_by("pk").values()) == before


def test_what_a_report_stands_on_is_not_deleted_by_many(signed, bob):
    for rows in (Case.objects.all(), Reading.objects.all(), type(bob).objects.all(), signed.case.radiographs.all()):
        with pytest.raises(ProtectedError):
            rows.delete()


def test_a_reading_that_is_changed_by_the_orm_changes_no_report_and_is_found(signed):
    Reading.objects.filter(pk=signed.reading_id).update(verdict="normal")
    assert Report.objects.get().content["verdict"] == "pneumonia"
    assert list(broken_seals()) == [
        f"{signed.case.number}, version 1: reading {signed.reading_id}: differs in sha256, verdict"
    ]


def test_an_amendment_leaves_the_signed_version_to_the_byte(signed, carol):
    def stored():
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM cases_report WHERE id = %s", [signed.pk])
            return cursor.fetchall()

    before, case = stored(), Case.objects.get(pk=signed.case_id)
    words = {"verdict": "normal", "comment": "rib", "reason": "seen again", "version": case.version}
    services.amend(case=case, by=carol, **words)
    assert stored() == before


def test_no_page_changes_a_signed_report(bob, dana, alice, model_version, client_of, settings):
    settings.REDIS_URL = ""  # the stream would let go of the connection that this test is in
    own, _other = make_pair("signed")
    before = list(Report.objects.order_by("pk").values())
    words = {"version": "3", "verdict": "normal", "comment": "x", "reason": "because", "action": "delete_selected"}
    of_the_product = [name for name in NAMED if not name.startswith("admin:")]
    asked = 0
    for browser, names in ((client_of(bob), of_the_product), (client_of(dana), NAMED)):
        browser.raise_request_exception = False
        for name in names:
            with transaction.atomic():
                with transaction.atomic():  # a page that breaks leaves its transaction behind
                    browser.post(address_of(name, own), words)
                kept = list(Report.objects.filter(pk__in=[row["id"] for row in before]).order_by("pk").values())
                transaction.set_rollback(True)
            assert kept == before, name
            asked += 1
    assert asked > 100
