"""A heat map was made, and is not shown."""

from __future__ import annotations

from inference.reasons.row import Row

HEAT: dict[str, Row] = {
    "heat_unmoved": Row(
        "Not reliable here: without what the heat map calls hottest, the model answers nearly the same.",
        "이 영상에서는 신뢰할 수 없습니다. 히트맵에서 가장 강한 부분을 가려도 모델의 답이 거의 같습니다.",
        "Judge the picture without it; the probability stands as it is.",
        "히트맵 없이 영상을 판단해 주세요. 확률은 그대로 유효합니다.",
    ),
    "heat_outside": Row(
        "Not reliable here: most of the heat lies outside the body.",
        "이 영상에서는 신뢰할 수 없습니다. 히트맵의 대부분이 몸 바깥에 있습니다.",
        "Judge the picture by yourself: the probability may rest on something beside the patient as well.",
        "영상을 직접 판단해 주세요. 확률도 환자가 아닌 다른 부분에 근거했을 수 있습니다.",
    ),
}
