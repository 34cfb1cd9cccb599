"""The table of reasons. A row: code, English, Korean, next step in both, whether a retry can help."""

from __future__ import annotations

from typing import NamedTuple


class Row(NamedTuple):
    """One reason in two languages."""

    en: str
    ko: str
    next_en: str
    next_ko: str
    can_retry: bool = False


REASONS: dict[str, Row] = {
    "unknown_reason": Row(
        "Something went wrong that this version has no words for.",
        "이 버전에서 설명할 수 없는 문제가 발생했습니다.",
        "Tell the administrator the number of the case.",
        "관리자에게 케이스 번호를 알려 주세요.",
    ),
}
