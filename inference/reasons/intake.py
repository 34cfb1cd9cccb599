"""An upload, a stored file or a trial does not go on."""

from __future__ import annotations

from inference.reasons.row import Row

INTAKE: dict[str, Row] = {
    "same_picture": Row(
        "This picture is already here.",
        "이미 등록된 영상입니다.",
        "Go on with the case that has it.",
        "기존 케이스에서 계속해 주세요.",
    ),
    "same_picture_other_patient": Row(
        "The same picture is already here under another patient.",
        "같은 영상이 다른 환자에게 이미 등록되어 있습니다.",
        "Check which patient the picture belongs to before going on.",
        "계속하기 전에 어느 환자의 영상인지 확인해 주세요.",
    ),
    "patient_mismatch": Row(
        "The patient in the DICOM header is not the one this case is for.",
        "DICOM 헤더의 환자가 이 케이스의 환자와 다릅니다.",
        "Check which patient the picture belongs to, and correct or withdraw the upload.",
        "어느 환자의 영상인지 확인하고 업로드를 수정하거나 철회해 주세요.",
    ),
    "upload_interrupted": Row(
        "The upload stopped before the whole file had arrived. Nothing was kept.",
        "파일이 모두 전송되기 전에 업로드가 중단되었습니다. 저장된 것은 없습니다.",
        "Upload the file again.",
        "파일을 다시 올려 주세요.",
        can_retry=True,
    ),
    "disk_full": Row(
        "There is no room left to store the file. Nothing was kept.",
        "저장 공간이 부족합니다. 저장된 것은 없습니다.",
        "Tell the administrator, and upload the file again once there is room.",
        "관리자에게 알리고, 공간이 확보되면 다시 올려 주세요.",
        can_retry=True,
    ),
    "too_many_files": Row(
        "These are more files than can be taken at once.",
        "한 번에 올릴 수 있는 파일 수를 넘었습니다.",
        "Upload them in smaller groups.",
        "여러 번에 나누어 올려 주세요.",
        can_retry=True,
    ),
    "storage_missing": Row(
        "The stored file is not where it should be.",
        "저장된 파일을 찾을 수 없습니다.",
        "Tell the administrator the number of the case; upload the picture again if it is urgent.",
        "관리자에게 케이스 번호를 알려 주세요. 급하면 영상을 다시 올려 주세요.",
        can_retry=True,
    ),
    "internal_error": Row(
        "Something went wrong on our side. There is no result.",
        "시스템 내부 오류가 발생했습니다. 결과가 없습니다.",
        "Try again. If it stays so, tell the administrator the number of the case.",
        "다시 시도해 주세요. 계속되면 관리자에게 케이스 번호를 알려 주세요.",
        can_retry=True,
    ),
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
}
