"""What a reader thought before the model was shown is part of what led to the report."""

from __future__ import annotations

import json

from django.db import connection

from cases.blind.services import store_opinion
from cases.models import Opinion
from cases.reading import services
from cases.reports.checking import BROKEN, check_report


def test_the_passport_has_the_opinion_and_finds_a_change_of_it(a_case, bob):
    case = a_case(probability=0.91, read_blind=True, claimed_by=bob)
    store_opinion(case=case, by=bob, verdict="normal", comment="clear", confidence="low", version=case.version)
    case.refresh_from_db()
    report = services.sign(case=case, by=bob, verdict="pneumonia", comment="", version=case.version)

    (said,) = json.loads(report.passport)["opinions"]
    assert (said["by"], said["kind"], said["verdict"], said["confidence"]) == (bob.pk, "blind", "normal", "low")
    assert [line.what for line in check_report(report) if line.verdict == BROKEN] == []

    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_opinion SET verdict = 'pneumonia'")

    broken = [line for line in check_report(report) if line.verdict == BROKEN]
    assert [(line.what, line.why) for line in broken] == [(f"opinion {Opinion.objects.get().pk}", "differs in verdict")]
