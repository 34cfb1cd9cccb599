"""The table of reasons: a code, English, Korean, the next step in both, whether a retry can help.

One file per place where an answer can end; a code is stored with cases, so it is never renamed.
"""

from __future__ import annotations

from inference.reasons.files import FILES
from inference.reasons.heat import HEAT
from inference.reasons.intake import INTAKE
from inference.reasons.models import MODELS
from inference.reasons.row import Row
from inference.reasons.verdicts import NOTES, REFUSALS

UNKNOWN: dict[str, Row] = {
    "unknown_reason": Row(
        "Something went wrong that this version has no words for.",
        "이 버전에서 설명할 수 없는 문제가 발생했습니다.",
        "Tell the administrator the number of the case.",
        "관리자에게 케이스 번호를 알려 주세요.",
    ),
}
REASONS: dict[str, Row] = {**UNKNOWN, **FILES, **REFUSALS, **NOTES, **MODELS, **HEAT, **INTAKE}

__all__ = ["FILES", "HEAT", "INTAKE", "MODELS", "NOTES", "REASONS", "REFUSALS", "Row"]
