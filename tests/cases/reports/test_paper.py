"""The report as a PDF: what is read out of it, on how many pages, in which letters."""

from __future__ import annotations

import html
import io
import re

import pypdf
import pytest
from django.urls import reverse
from django.utils import translation

from cases.models import Case, Event, Report
from cases.reading.queries import reports_of
from cases.reports.paper import write_pdf
from cases.reports.sheet import sheet_of
from cases.reports.typeface import letters, markup, printable
from tests.cases.reading.acts import sign_case
from tests.making import jpeg_bytes

ADDRESS = "https://pneumo.example/cases/1/report/1/passport/#sha256=abc"


def pdf_of(report: Report, language: str = "en", pictures: int = 1, **form: bool) -> pypdf.PdfReader:
    """The PDF as a reader opens it."""
    with translation.override(language):
        sheet = sheet_of(report, reports_of(report.case), **form)
        data = write_pdf(sheet, [jpeg_bytes(seed, height=480, width=400) for seed in range(pictures)], address=ADDRESS)
    return pypdf.PdfReader(io.BytesIO(data), strict=True)


def text_of(pdf: pypdf.PdfReader) -> str:
    """The text of all pages without white space: where a line breaks is no part of what it says."""
    return "".join("".join(page.extract_text().split()) for page in pdf.pages)


def fonts_of(pdf: pypdf.PdfReader) -> list[pypdf.generic.DictionaryObject]:
    """The fonts that the pages draw with."""
    return [font.get_object() for page in pdf.pages for font in page["/Resources"]["/Font"].values()]


def bare(text: str) -> str:
    return "".join(text.split())


def test_a_report_is_one_page_with_all_that_was_signed(signed):
    pdf = pdf_of(signed)
    assert len(pdf.pages) == 1
    assert (round(pdf.pages[0].mediabox.width), round(pdf.pages[0].mediabox.height)) == (595, 842)
    text = text_of(pdf)
    for said in (
        f"Report of {signed.case.number}",
        "Version 1",
        "Hong Gildong · P-4711 · born 1970-05-04",
        "pneumonia",
        "우하엽 경화. Mr. Hong Gildong was told",
        "Bob",
        "pneumonia 1.0: 0.91, likely (thresholds 0.30 and 0.70)",
        signed.content_sha256,
        signed.case.radiographs.get().original_sha256,
        "Research use; not for diagnosis",
        "Page 1 of 1",
    ):
        assert bare(said) in text


def test_the_passport_and_the_paper_have_the_same_hash(signed, client_of, bob):
    client = client_of(bob)
    paper = client.get(reverse("report_pdf", args=[signed.case_id, 1]))
    passport = client.get(reverse("passport", args=[signed.case_id, 1])).json()
    text = text_of(pypdf.PdfReader(io.BytesIO(paper.content)))
    assert passport["sha256"] in text
    assert passport["passport"]["reports"][0]["content_sha256"] in text


def test_korean_is_read_out_of_it_and_its_font_is_embedded(signed):
    pdf = pdf_of(signed, "ko")
    text = text_of(pdf)
    assert "홍길동·P-4711" in text
    assert "우하엽경화" in text
    fonts = fonts_of(pdf)
    drawn = [font for font in fonts if "PneumoPaper" in font["/BaseFont"]]
    assert drawn
    assert all("/FontFile2" in font["/FontDescriptor"] for font in drawn)
    assert all(re.match("/[A-Z]{6}[+]PneumoPaper", font["/BaseFont"]) for font in drawn)  # the letters used alone
    assert [font["/BaseFont"] for font in fonts if font not in drawn] == []


def test_a_long_text_breaks_over_pages_with_patient_and_number_on_each(a_case, bob, patient):
    words = "\n".join(f"{number}. 양측 폐야에 경결이 보입니다 and so on." for number in range(1, 180))
    report = sign_case(a_case(patient=patient, clinical_question="fever? " * 200), bob, "pneumonia", words)
    pdf = pdf_of(report, "en")
    assert len(pdf.pages) >= 3
    for number, page in enumerate(pdf.pages, start=1):
        text = page.extract_text()
        assert "Hong Gildong · P-4711" in text
        assert f"Page {number} of {len(pdf.pages)}" in text
    whole = text_of(pdf)
    assert all(f"{number}.양측폐야에경결이보입니다" in whole for number in range(1, 180))


def test_one_word_that_is_longer_than_the_page_is_wide_is_broken(a_case, bob):
    report = sign_case(a_case(), bob, "pneumonia", "가나다라" * 900 + "x" * 900)
    text = text_of(pdf_of(report))
    assert text.count("가나다라") >= 800  # a page's margin stands between some
    assert text.count("x") >= 900


def test_nothing_is_taken_for_markup(a_case, bob):
    comment = 'a < b & c > d <b>bold</b> <img src="x"/> &amp; <br/>'
    text = text_of(pdf_of(sign_case(a_case(), bob, "pneumonia", comment)))
    assert bare(comment) in text


def test_a_letter_that_the_font_has_not_is_said_not_dropped(a_case, bob):
    report = sign_case(a_case(), bob, "pneumonia", "뷁 쀍 洪 😀 \u0e01 말")
    text = text_of(pdf_of(report))
    assert "뷁쀍洪[U+1F600][U+0E01]말" in text


def test_all_modern_syllables_are_there():
    assert letters() >= set(range(0xAC00, 0xD7A4))
    assert printable("\u1112\u1161\u11ab글\tx") == "한글 x"  # decomposed, as macOS writes it
    assert markup("a\nb<") == "a<br/>b&lt;"


def test_an_amendment_shows_both_versions_and_the_old_one_says_that_it_is_replaced(signed, amended):
    new, old = text_of(pdf_of(amended)), text_of(pdf_of(signed))
    for said in ("Version 2", "rib, no opacity", "seen again", "Carol", "Version 1", "우하엽 경화"):
        assert bare(said) in new
    assert bare("Version 1 (replaced by a later version)") in old
    assert "rib" not in old


def test_without_the_patient_nobody_is_named(signed):
    pdf = pdf_of(signed, "ko", without_patient=True)
    text = text_of(pdf) + str(pdf.metadata)
    for word in ("홍길동", "길동", "Hong", "Gildong", "洪", "P-4711", "1970-05-04"):
        assert word not in text
    assert signed.passport_sha256 in text


def test_several_pictures_stand_on_it_as_they_are_kept(signed):
    pdf = pdf_of(signed, pictures=5)
    images = [image.indirect_reference.get_object() for page in pdf.pages for image in page.images]
    assert {image._data for image in images} == {jpeg_bytes(seed, height=480, width=400) for seed in range(5)}


# Where the four corners of the unit square of an image lie on the page, by its matrix: what the page does to a picture.
CORNERS = {"upper left": (0, 1), "upper right": (1, 1), "lower left": (0, 0), "lower right": (1, 0)}


def corners_of(pdf: pypdf.PdfReader) -> dict[str, str]:
    """Each corner of the first picture's file: at which corner of its place on the page it lies."""
    found: list[tuple[float, ...]] = []

    def note(operator: bytes, _operands: object, matrix: list[float], _text: list[float]) -> None:
        if operator == b"Do":
            found.append(tuple(matrix))

    pdf.pages[0].extract_text(visitor_operand_before=note)
    a, b, c, d, e, f = found[0]
    places = {name: (a * x + c * y + e, b * x + d * y + f) for name, (x, y) in CORNERS.items()}
    middle = [sum(place[axis] for place in places.values()) / 4 for axis in (0, 1)]
    return {
        name: f"{'upper' if y > middle[1] else 'lower'} {'right' if x > middle[0] else 'left'}"
        for name, (x, y) in places.items()
    }


@pytest.mark.parametrize(
    ("orientation", "upper_left_lies", "upper_right_lies"),
    [
        ("", "upper left", "upper right"),
        ("0f", "upper right", "upper left"),
        ("90", "upper right", "lower right"),
        ("90f", "lower right", "upper right"),
        ("180", "lower right", "lower left"),
        ("180f", "lower left", "lower right"),
        ("270", "lower left", "upper left"),
        ("270f", "upper left", "lower left"),
    ],
)
def test_a_turned_picture_is_turned_by_the_page_and_kept_as_it_is(
    signed, orientation, upper_left_lies, upper_right_lies
):
    sheet, data = sheet_of(signed, reports_of(signed.case)), jpeg_bytes(3, height=480, width=400)
    pdf = pypdf.PdfReader(io.BytesIO(write_pdf(sheet, [data], address=ADDRESS, orientations=[orientation])))
    lies = corners_of(pdf)
    assert (lies["upper left"], lies["upper right"]) == (upper_left_lies, upper_right_lies)
    assert [image.indirect_reference.get_object()._data for image in pdf.pages[0].images] == [data]


def test_the_same_report_is_the_same_file(signed):
    sheet = sheet_of(signed, reports_of(signed.case))
    first, second = (write_pdf(sheet, [jpeg_bytes()], address=ADDRESS) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_line_of_the_paper_is_missing_on_the_page(signed, amended, client_of, bob, language):
    client = client_of(bob)
    client.cookies["django_language"] = language
    page = client.get(reverse("report", args=[signed.case_id])).content.decode()
    shown = bare(html.unescape(re.sub(r"<[^>]+>", " ", page)))
    for version in (1, 2):
        answer = client.get(reverse("report_pdf", args=[signed.case_id, version]))
        pdf = pypdf.PdfReader(io.BytesIO(answer.content))
        lines = [line for sheet in pdf.pages for line in sheet.extract_text().splitlines() if line.strip()]
        furniture = ("Page 1 of 1", "1/1", f" · {'버전' if language == 'ko' else 'Version'}")
        missing = [line for line in lines if bare(line) not in shown and not any(part in line for part in furniture)]
        assert missing == []
        assert len(lines) > 20


def test_a_content_that_was_changed_is_said_aloud_on_the_paper(signed):
    signed.content = {"verdict": "normal"}
    assert bare("does not match: the content was changed") in text_of(pdf_of(signed))


# ---- who gets it ----


def test_taking_a_file_is_an_event_and_its_name_says_nothing_of_the_patient(signed, client_of, alice, dana):
    Case.objects.filter(pk=signed.case_id).update(opened_by=alice)
    for user, address in ((alice, "report_pdf"), (dana, "passport")):
        answer = client_of(user).get(reverse(address, args=[signed.case_id, 1]), {"patient": "no"})
        assert answer.status_code == 200
        assert re.search(r'"C-\d{6}-v1-without-patient\.(pdf|passport\.json)"', answer["Content-Disposition"])
        assert answer["Cache-Control"] == "no-store"
    taken = list(Event.objects.filter(verb="exported").values_list("actor__username", "details"))
    wanted = {"version": 1, "without_patient": True}
    assert taken == [("alice", {"kind": "pdf", **wanted}), ("dana", {"kind": "passport", **wanted})]


def test_a_browser_that_fetches_ahead_takes_nothing(signed, client_of, bob):
    for address in ("report_pdf", "passport"):
        answer = client_of(bob).get(reverse(address, args=[signed.case_id, 1]), headers={"Sec-Purpose": "prefetch"})
        assert answer.status_code == 204
    assert not Event.objects.filter(verb="exported").exists()


def test_a_version_that_is_not_there_or_has_no_passport_is_not_found(signed, client_of, bob):
    from django.db import connection

    client = client_of(bob)
    assert client.get(reverse("report_pdf", args=[signed.case_id, 2])).status_code == 404
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_report SET passport = '', passport_sha256 = ''")
    assert client.get(reverse("passport", args=[signed.case_id, 1])).status_code == 404
    assert client.get(reverse("report_pdf", args=[signed.case_id, 1])).status_code == 200
