"""The list of words for findings that a new site starts with; administrators edit it."""

from __future__ import annotations

from typing import Any

from django.apps import apps as present_apps
from django.db import DEFAULT_DB_ALIAS

# Kind: code, English, Korean.
WORDS: dict[str, list[tuple[str, str, str]]] = {
    "pattern": [
        ("lobar", "lobar consolidation", "대엽성 경화"),
        ("patchy", "patchy opacity", "반점상 음영"),
        ("interstitial", "interstitial opacity", "간질성 음영"),
        ("nodule", "nodule", "결절"),
        ("cavity", "cavity", "공동"),
        ("atelectasis", "atelectasis", "무기폐"),
        ("effusion", "pleural effusion", "흉수"),
        ("pneumothorax", "pneumothorax", "기흉"),
        ("hilum", "enlarged hilum", "폐문 비대"),
        ("heart", "enlarged heart", "심비대"),
        ("other", "other finding", "기타 소견"),
    ],
    "side": [("right", "right", "우측"), ("left", "left", "좌측"), ("both", "both sides", "양측")],
    "zone": [
        ("upper", "upper zone", "상폐야"),
        ("middle", "middle zone", "중폐야"),
        ("lower", "lower zone", "하폐야"),
        ("perihilar", "around the hilum", "폐문 주위"),
        ("whole", "whole lung", "폐 전체"),
    ],
}


def fill_empty_list(using: str = DEFAULT_DB_ALIAS, apps: Any = present_apps, **_signal: Any) -> None:
    """After `migrate` (the signal post_migrate): a site without any word gets these."""
    try:
        term = apps.get_model("cases", "FindingTerm")
    except LookupError:  # migrated to before there was a list
        return
    known = term._default_manager.using(using)
    if known.exists():
        return
    known.bulk_create(
        term(kind=kind, code=code, name_en=name_en, name_ko=name_ko, place=10 * place)
        for kind, rows in WORDS.items()
        for place, (code, name_en, name_ko) in enumerate(rows, start=1)
    )
