"""Findings: chosen from the site's list, kept with the reading, frozen in both languages, said by page and paper."""

from __future__ import annotations

import io
import json

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from cases.findings.lines import check_findings, tidy
from cases.findings.services import add_term, change_term
from cases.models import Event, FindingTerm, Report
from cases.reading import services
from cases.reading.forms import ReadingForm
from cases.rules import RuleBroken
from tests.cases.reading.acts import sign_form

LOBAR = {"pattern": "lobar", "side": "right", "zone": "lower"}
EFFUSION = {"pattern": "effusion", "side": "left", "zone": ""}
POSTED = {
    "findings_pattern": ["lobar", "effusion", ""],
    "findings_side": ["right", "left", ""],
    "findings_zone": ["lower", "", ""],
}


@pytest.fixture
def held(a_case, bob):
    return services.claim(case=a_case(), by=bob)


def term(code: str) -> FindingTerm:
    return FindingTerm.objects.get(code=code)


def sign(case, by, findings=(LOBAR,)) -> Report:
    return services.sign(
        case=case, by=by, verdict="pneumonia", comment="", version=case.version, findings=list(findings)
    )


def test_what_the_page_sends_is_what_the_signed_report_holds(held, client_of, bob):
    client_of(bob).post(reverse("sign_case", args=[held.pk]), {**sign_form(held, verdict="pneumonia"), **POSTED})

    report = Report.objects.get()
    assert report.reading.findings == [LOBAR, EFFUSION]
    assert [row["en"] for row in report.content["findings"]] == [
        "lobar consolidation · right · lower zone",
        "pleural effusion · left",
    ]
    assert report.content["findings"][0]["ko"] == "대엽성 경화 · 우측 · 하폐야"


def test_the_read_back_says_them_and_sends_them_on(held, client_of, bob):
    values = {**sign_form(held, verdict="pneumonia", step="review"), **POSTED}

    page = client_of(bob).post(reverse("sign_case", args=[held.pk]), values).content.decode()

    assert "lobar consolidation · right · lower zone" in page
    assert page.count('name="findings_pattern"') == page.count('name="findings_zone"') == 2
    assert 'name="findings_side" value="left"' in page


def test_a_saved_finding_stands_in_the_form_again_with_one_empty_line(held, client_of, bob):
    client_of(bob).post(reverse("read_case", args=[held.pk]), {**sign_form(held, verdict="pneumonia"), **POSTED})

    form = client_of(bob).get(reverse("case", args=[held.pk])).context["form"]

    assert form.finding_lines == [LOBAR, EFFUSION]
    assert [line[0].chosen for line in form.finding_choices] == ["lobar", "effusion", ""]


def test_other_findings_are_another_reading_and_the_same_ones_are_not(held, bob):
    def save(*findings):
        held.refresh_from_db()
        words = {"verdict": "pneumonia", "comment": "", "version": held.version, "findings": findings}
        return services.save_reading(case=held, by=bob, **words)

    first = save(LOBAR)

    assert save({**LOBAR}) == first
    assert save(LOBAR, EFFUSION) != first
    assert held.readings.count() == 2


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([{"pattern": "", "side": "right", "zone": ""}], "finding_without_pattern"),
        ([{"pattern": "right", "side": "", "zone": ""}], "finding_unknown"),
        ([{"pattern": f"p{n}", "side": "", "zone": ""} for n in range(13)], "findings_too_many"),
    ],
)
def test_what_is_no_finding_is_refused_by_name(db, lines, code):
    with pytest.raises(RuleBroken) as refused:
        check_findings(lines)

    assert refused.value.code == code


def test_a_refused_finding_comes_back_with_what_was_typed(held, client_of, bob):
    values = {**sign_form(held), "findings_pattern": [""], "findings_side": ["right"], "findings_zone": [""]}

    answer = client_of(bob).post(reverse("read_case", args=[held.pk]), values)

    assert answer.status_code == 422
    assert "Say what was found" in answer.content.decode()
    assert answer.context["form"].finding_choices[0][1].chosen == "right"


def test_empty_and_repeated_lines_are_left_out():
    assert tidy([LOBAR, {"pattern": ""}, {**LOBAR}, {"pattern": "heart", "more": "x"}]) == [
        LOBAR,
        {"pattern": "heart", "side": "", "zone": ""},
    ]


def test_page_paper_and_passport_say_them_in_the_language_of_the_reader(held, client_of, bob):
    report = sign(held, bob)
    client = client_of(bob)
    client.cookies["django_language"] = "ko"

    page = client.get(reverse("report", args=[held.pk])).content.decode()
    paper = client.get(reverse("report_pdf", args=[held.pk, 1]))
    text = "".join(part.extract_text() for part in PdfReader(io.BytesIO(b"".join(paper))).pages)

    assert "대엽성 경화 · 우측 · 하폐야" in page
    assert "하폐야" in text
    assert json.loads(report.passport)["reports"][0]["content"]["findings"][0]["pattern"] == "lobar"


def test_a_word_that_is_renamed_later_leaves_a_signed_report_as_it_was(held, bob, dana):
    report = sign(held, bob)
    change_term(term=term("lobar"), by=dana, name_en="something else")

    report.refresh_from_db()

    assert report.content["findings"][0]["en"] == "lobar consolidation · right · lower zone"


def test_a_retired_word_is_offered_only_where_it_was_chosen(held, bob, dana):
    change_term(term=term("lobar"), by=dana, retired=True)

    empty, kept = ReadingForm.showing(held), ReadingForm.showing(held, findings=[LOBAR])

    assert "lobar" not in [one.code for one in empty.finding_choices[0][0].terms]
    assert "lobar" in [one.code for one in kept.finding_choices[0][0].terms]
    assert "lobar" not in [one.code for one in kept.finding_choices[1][0].terms]
    assert sign(held, bob).content["findings"]


def test_an_amendment_starts_from_the_findings_that_are_signed(held, client_of, bob):
    sign(held, bob, [LOBAR, EFFUSION])

    form = client_of(bob).get(reverse("amend_case", args=[held.pk])).context["form"]

    assert form.finding_lines == [LOBAR, EFFUSION]


def test_an_administrator_adds_and_retires_words_with_an_event_each(client_of, dana):
    client = client_of(dana)
    values = {"kind": "pattern", "code": "crazy-paving", "name_en": "crazy paving", "name_ko": "돌길 음영", "place": 5}
    client.post(reverse("admin:cases_findingterm_add"), values)
    added = term("crazy-paving")

    client.post(
        reverse("admin:cases_findingterm_change", args=[added.pk]), {**values, "code": "other-code", "retired": "on"}
    )

    added.refresh_from_db()
    assert (added.code, added.retired, added.name_ko) == ("crazy-paving", True, "돌길 음영")
    written = Event.objects.filter(verb="finding_term_written", actor=dana).order_by("seq")
    assert [event.details["code"] for event in written] == ["crazy-paving"] * 2
    assert written.last().details["changes"] == {"retired": {"old": False, "new": True}}


def test_nobody_else_writes_the_list_and_no_code_stands_twice(bob, dana):
    values = {"kind": "side", "code": "right", "name_en": "right", "name_ko": "우측", "place": 1, "retired": False}
    with pytest.raises(RuleBroken):
        add_term(by=bob, **values)
    with pytest.raises(ValidationError):
        add_term(by=dana, **values)


def test_each_word_speaks_the_language_of_the_page(db):
    with translation.override("ko"):
        assert str(term("effusion")) == "흉수"
    assert str(term("effusion")) == "pleural effusion"
