"""The templates that a new site starts with: one for each verdict, in both languages; administrators edit them."""

from __future__ import annotations

from typing import Any

from django.apps import apps as present_apps
from django.db import DEFAULT_DB_ALIAS

# Verdict: language, short name, text. An uncertain or not diagnostic verdict needs words: these will do.
TEMPLATES: dict[str, list[tuple[str, str, str]]] = {
    "pneumonia": [
        ("en", "Pneumonia", "Opacity that fits pneumonia."),
        ("ko", "폐렴", "폐렴에 합당한 음영이 보입니다."),
    ],
    "normal": [
        ("en", "Normal", "No sign of pneumonia in this picture."),
        ("ko", "정상", "이 사진에서 폐렴 소견은 보이지 않습니다."),
    ],
    "uncertain": [
        ("en", "Uncertain", "This picture alone neither shows nor excludes pneumonia; please compare with the course."),
        ("ko", "불확실", "이 사진만으로는 폐렴 여부를 말하기 어렵습니다. 임상 경과와 대조가 필요합니다."),
    ],
    "not_diagnostic": [
        ("en", "Not diagnostic", "The quality of this picture does not allow a reading; please repeat it."),
        ("ko", "판독 불가", "사진의 질이 판독에 충분하지 않습니다. 재촬영이 필요합니다."),
    ],
}


def fill_empty_list(using: str = DEFAULT_DB_ALIAS, apps: Any = present_apps, **_signal: Any) -> None:
    """After `migrate` (the signal post_migrate): a site without any template gets these."""
    try:
        phrase = apps.get_model("cases", "Phrase")
        phrase._meta.get_field("language")
    except LookupError:  # migrated to before there were templates in languages
        return
    known = phrase._default_manager.using(using)
    if known.filter(owner=None).exists():
        return
    known.bulk_create(
        phrase(name=name, text=text, verdict=verdict, language=language, place=10 * place)
        for place, (verdict, rows) in enumerate(TEMPLATES.items(), start=1)
        for language, name, text in rows
    )
