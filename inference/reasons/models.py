"""A model does not answer, or must not be asked."""

from __future__ import annotations

from inference.reasons.row import Row

MODELS: dict[str, Row] = {
    "bundle_altered": Row(
        "A file of the model differs from its checksum. The model is not used.",
        "모델 파일이 체크섬과 다릅니다. 이 모델은 사용하지 않습니다.",
        "Put the published model directory back in place and register it again.",
        "배포된 모델 폴더로 되돌린 뒤 다시 등록해 주세요.",
    ),
    "bundle_incomplete": Row(
        "The model directory lacks a file or an entry.",
        "모델 폴더에 필요한 파일이나 항목이 없습니다.",
        "Copy the whole directory that training published.",
        "학습 과정에서 배포한 폴더 전체를 복사해 주세요.",
    ),
    "bundle_foreign": Row(
        "This is no model directory of this product, or one of another version of it.",
        "이 제품의 모델 폴더가 아니거나 다른 버전의 모델입니다.",
        "Publish the model with this version's training package.",
        "현재 버전의 학습 패키지로 모델을 다시 배포해 주세요.",
    ),
    "model_missing": Row(
        "The model that is to run is not there.",
        "실행할 모델이 없습니다.",
        "Ask the administrator to register and activate a model.",
        "관리자에게 모델 등록과 활성화를 요청해 주세요.",
        can_retry=True,
    ),
    "output_not_probability": Row(
        "The model answered with something that is no probability. There is no result.",
        "모델이 확률이 아닌 값을 출력했습니다. 결과가 없습니다.",
        "Tell the administrator; the model should not be used until this is understood.",
        "관리자에게 알려 주세요. 원인이 밝혀질 때까지 이 모델을 사용하지 마세요.",
    ),
    "output_rejected": Row(
        "The model answered with something that is no probability. There is no result.",
        "모델이 확률이 아닌 값을 출력했습니다. 결과가 없습니다.",
        "Tell the administrator; the model should not be used until this is understood.",
        "관리자에게 알려 주세요. 원인이 밝혀질 때까지 이 모델을 사용하지 마세요.",
    ),
    "deadline_exceeded": Row(
        "The model did not answer in time. There is no result.",
        "모델이 제시간에 응답하지 않았습니다. 결과가 없습니다.",
        "Run the analysis again.",
        "분석을 다시 실행해 주세요.",
        can_retry=True,
    ),
    "engine_busy": Row(
        "More pictures are waiting than the model can answer in time.",
        "대기 중인 영상이 많아 모델이 제시간에 응답할 수 없습니다.",
        "Try again in a minute.",
        "잠시 후 다시 시도해 주세요.",
        can_retry=True,
    ),
    "engine_stuck": Row(
        "The model does not come back from a picture. This worker ends itself, to be started again.",
        "모델이 영상 분석에서 돌아오지 않습니다. 이 작업자는 다시 시작되도록 스스로 종료합니다.",
        "Its pictures are tried again. If it happens again, the worker's log says where the model was.",
        "처리 중이던 영상은 다시 분석됩니다. 반복되면 작업자의 로그에서 모델이 멈춘 위치를 확인해 주세요.",
        can_retry=True,
    ),
    "worker_lost": Row(
        "The inference worker ended several times while it had this picture. There is no result.",
        "이 영상을 분석하는 동안 추론 작업자가 여러 번 종료되었습니다. 결과가 없습니다.",
        "Run the analysis again. If it stays so, tell the administrator the number of the case.",
        "분석을 다시 실행해 주세요. 계속되면 관리자에게 케이스 번호를 알려 주세요.",
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
