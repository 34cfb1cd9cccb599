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
    # The trial page
    "trial_upload_gone": Row(
        "The uploaded file is no longer there: it is deleted as soon as it is read, or after a few minutes.",
        "업로드한 파일이 더 이상 없습니다. 파일은 읽는 즉시 또는 몇 분 후에 삭제됩니다.",
        "Drop the picture again.",
        "영상을 다시 올려 주세요.",
        can_retry=True,
    ),
    "trial_failed": Row(
        "Something went wrong while the picture was on its way to the model. There is no result.",
        "영상을 모델로 보내는 중 문제가 발생했습니다. 결과가 없습니다.",
        "Drop the picture again. If it happens twice, tell the administrator the time.",
        "영상을 다시 올려 주세요. 반복되면 관리자에게 발생 시각을 알려 주세요.",
        can_retry=True,
    ),
    "no_inference_worker": Row(
        "No inference worker is up, so nobody could answer.",
        "실행 중인 추론 작업자가 없어 응답할 수 없습니다.",
        "Try again in a minute. If it stays so, ask the administrator to look at the status page.",
        "잠시 후 다시 시도해 주세요. 계속되면 관리자에게 상태 페이지 확인을 요청해 주세요.",
        can_retry=True,
    ),
}
