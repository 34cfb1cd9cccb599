"""What a data set says of a picture besides its class: a few words from short lists, so that nobody is told by them."""

from __future__ import annotations

from cases.models import Analysis, Case, Radiograph, Report
from inference.age import age_in_years, years_between

COLUMNS = ("age_band", "sex", "view", "reader_level", "signed_as", "readers", "model", "model_score", "model_shown")
AGE_BANDS = ((1, "under 1"), (6, "1 to 5"), (18, "6 to 17"), (40, "18 to 39"), (65, "40 to 64"), (80, "65 to 79"))
OLDEST = "80 and over"
UNKNOWN = "unknown"
SEXES = ("F", "M", "O")
VIEWS = ("PA", "AP", "LL", "RL", "RLD", "LLD", "LATERAL")


def facts_of(radiograph: Radiograph, report: Report) -> dict[str, str]:
    """One text per column of COLUMNS.

    A header's free text (a view, a sex) counts only where it is one of the words that the standard has for it.
    """
    case = report.case
    answer = newest_answer(radiograph)
    return {
        "age_band": age_band(age_of(case, radiograph)),
        "sex": _one_of(SEXES, (case.patient.sex if case.patient else "") or radiograph.tags.get("PatientSex", "")),
        "view": _one_of(VIEWS, radiograph.view_position),
        "reader_level": report.signed_by.role or UNKNOWN,
        "signed_as": "amended" if report.version > 1 else "signed",
        "readers": str(len({one.signed_by_id for one in case.reports.all()})),
        "model": str(answer.model_version) if answer else "none",
        "model_score": f"{answer.positive_probability:.6f}" if answer else "",
        "model_shown": "yes" if report.reading.shown_analysis_id else "no",
    }


def age_of(case: Case, radiograph: Radiograph) -> float | None:
    """Years at the examination, by the department's date of birth, else by the header; None: nobody knows."""
    born = case.patient.birth_date if case.patient else None
    by_record = years_between(born, case.study_date or case.received_at.date())
    return by_record if by_record is not None else age_in_years(radiograph.tags)


def age_band(years: float | None) -> str:
    """The band of an age; single years, and the rare great ages, would help to tell who it is."""
    if years is None:
        return UNKNOWN
    return next((name for end, name in AGE_BANDS if years < end), OLDEST)


def newest_answer(radiograph: Radiograph) -> Analysis | None:
    """The analysis that the case shows where it is of this picture, else the newest finished one."""
    done = [one for one in radiograph.analyses.all() if one.state == "done"]
    shown = [one for one in done if one.pk == radiograph.case.top_analysis_id]
    return max(shown or done, key=lambda one: one.pk, default=None)


def _one_of(words: tuple[str, ...], text: str) -> str:
    said = text.strip().upper()
    return said if said in words else UNKNOWN
