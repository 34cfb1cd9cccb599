"""A picture can be read, and must not be scored; and what is said beside a score."""

from __future__ import annotations

from inference.reasons.row import Row

REFUSALS: dict[str, Row] = {
    "too_small": Row(
        "The picture is too small to judge: each side needs at least 128 pixels.",
        "영상이 너무 작아 평가할 수 없습니다. 각 변이 128 픽셀 이상이어야 합니다.",
        "Upload the picture at the size at which it was taken.",
        "촬영된 원래 크기의 영상을 올려 주세요.",
    ),
    "odd_shape": Row(
        "The picture is more than three times as long as it is wide, or as wide as it is long; no chest X-ray is.",
        "가로세로 비율이 3:1을 넘어 흉부 X선 영상으로 볼 수 없습니다.",
        "Upload the whole X-ray, not a strip of it.",
        "일부를 잘라낸 것이 아닌 X선 영상 전체를 올려 주세요.",
    ),
    "blank": Row(
        "The picture shows next to nothing: it is nearly one grey.",
        "영상이 거의 한 가지 밝기로만 되어 있어 내용이 보이지 않습니다.",
        "Check the exposure and the export, and upload it again.",
        "촬영과 내보내기를 확인한 뒤 다시 올려 주세요.",
    ),
    "not_grey": Row(
        "The picture is in colour; a chest X-ray is grey.",
        "컬러 영상입니다. 흉부 X선 영상은 회색조입니다.",
        "Upload the X-ray itself, not a photograph or a screenshot of it.",
        "사진이나 화면 캡처가 아닌 X선 영상 원본을 올려 주세요.",
    ),
    "not_chest": Row(
        "The DICOM header says that this is no chest X-ray.",
        "DICOM 헤더에 따르면 흉부 X선 영상이 아닙니다.",
        "Choose the chest X-ray in the study. If the header is wrong, have it corrected at the device.",
        "검사에서 흉부 X선 영상을 선택해 주세요. 헤더가 잘못되었으면 장비에서 수정해 주세요.",
    ),
    "lateral_view": Row(
        "This is a lateral view; the model was made for frontal ones.",
        "측면 영상입니다. 모델은 정면 영상용으로 만들어졌습니다.",
        "Read the picture as if there were no model.",
        "모델 결과에 의존하지 말고 판독해 주세요.",
    ),
    "view_outside_scope": Row(
        "The DICOM header names a view that the model was not made for.",
        "DICOM 헤더에 기록된 촬영 방향이 모델의 적용 대상이 아닙니다.",
        "Read the picture as if there were no model. If the header is wrong, a reader may have it scored all the same.",
        "모델 없이 판독해 주세요. 헤더가 잘못된 경우 판독의가 그래도 평가를 요청할 수 있습니다.",
    ),
    "modality_outside_scope": Row(
        "The DICOM header names a kind of device that the model was not made for.",
        "DICOM 헤더에 기록된 장비 종류(modality)가 모델의 적용 대상이 아닙니다.",
        "Read the picture as if there were no model. A reader may have it scored all the same.",
        "모델 없이 판독해 주세요. 판독의가 원하면 그래도 평가를 요청할 수 있습니다.",
    ),
    "age_outside_scope": Row(
        "The patient's age is outside the ages the model was made for.",
        "환자의 나이가 모델의 적용 연령 범위를 벗어납니다.",
        "Read the picture as if there were no model. A reader may have it scored all the same.",
        "모델 없이 판독해 주세요. 판독의가 원하면 그래도 평가를 요청할 수 있습니다.",
    ),
    "no_chest_seen": Row(
        "The picture does not look like a frontal chest X-ray.",
        "정면 흉부 X선 영상으로 보이지 않습니다.",
        "Check whether the right picture was sent. If it is a chest X-ray, a reader may have it scored all the same.",
        "올바른 영상인지 확인해 주세요. 흉부 X선 영상이 맞으면 판독의가 그래도 평가를 요청할 수 있습니다.",
    ),
    "turned": Row(
        "The chest is tilted, lies on its side or is upside down in the picture.",
        "흉부가 기울어졌거나 옆으로 눕거나 뒤집힌 방향으로 저장된 영상입니다.",
        "Turn the picture upright at the device or in the PACS, and send it again.",
        "장비나 PACS에서 영상을 바로 세운 뒤 다시 보내 주세요.",
    ),
    "negative": Row(
        "The picture is a negative: bones are dark and air is bright.",
        "흑백이 반전된 영상입니다. 뼈가 어둡고 공기가 밝게 보입니다.",
        "Export it with bright bones, and send it again.",
        "뼈가 밝게 보이도록 내보낸 뒤 다시 보내 주세요.",
    ),
    "part_of_chest": Row(
        "The lungs are not whole in the picture: it shows a part of a chest.",
        "흉부의 일부만 보이며 폐 전체가 영상에 들어 있지 않습니다.",
        "Send the whole picture, not a part of it.",
        "일부를 잘라내지 않은 전체 영상을 보내 주세요.",
    ),
}

NOTES: dict[str, Row] = {
    "age_unknown": Row(
        "The patient's age is not known, so whether the model was made for it cannot be said.",
        "환자의 나이를 알 수 없어 모델의 적용 대상인지 확인할 수 없습니다.",
        "Compare the patient's age with the model's card.",
        "환자의 나이를 모델 카드의 적용 연령과 비교해 주세요.",
    ),
    "view_unknown": Row(
        "The DICOM header does not say from where the picture was taken; the model was made for certain views only.",
        "DICOM 헤더에 촬영 방향이 없습니다. 모델은 정해진 촬영 방향의 영상용으로 만들어졌습니다.",
        "Look whether it is a frontal picture before you weigh the probability.",
        "확률을 참고하기 전에 정면 영상인지 확인해 주세요.",
    ),
    "no_scale": Row(
        "The file gives no pixel spacing: lengths cannot be measured.",
        "파일에 픽셀 간격이 없어 길이를 잴 수 없습니다.",
        "Measure on the original in the PACS.",
        "길이는 PACS의 원본 영상에서 측정해 주세요.",
    ),
    "unlike_training": Row(
        "The picture looks unlike those that the model was made with, as those of adults do.",
        "성인 영상처럼 모델 학습에 쓰인 영상과 다르게 보입니다.",
        "Compare the patient's age with the model's card.",
        "환자의 나이를 모델 카드의 적용 연령과 비교해 주세요.",
    ),
}
