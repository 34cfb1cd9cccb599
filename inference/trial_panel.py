"""The right half of the trial page as HTML: an answer, a refusal, waiting, nothing yet. English and Korean."""

from __future__ import annotations

import base64
from html import escape

from inference.trial import Refusal, TrialAnswer

CLASS_NAMES = {"PNEUMONIA": {"en": "Pneumonia", "ko": "폐렴"}, "NORMAL": {"en": "Normal", "ko": "정상"}}
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "empty": "The result appears here. The picture is judged as soon as it has arrived.",
        "waiting": "The picture has arrived. The model is looking at it …",
        "picture": "The radiograph as the model's input was made from it",
        "unlikely": "unlikely",
        "uncertain": "uncertain",
        "likely": "likely",
        "band": "{name}: {band}",
        "probability": "Probability",
        "uncalibrated": "Score of the model, not calibrated",
        "calibrated": "Calibrated on the validation patients",
        "thresholds": "Below {low}: unlikely. From {high} on: likely. Between the two: uncertain.",
        "version": "Model version",
        "time": "Time",
        "took": "{total} s",
        "took_waiting": "{total} s, of which {queue} s waiting",
        "refused": "No probability for this picture",
        "code": "Code",
        "kept": "Not for diagnosis. No case was made, and the picture is already deleted.",
    },
    "ko": {
        "empty": "결과가 여기에 표시됩니다. 영상이 도착하면 바로 분석을 시작합니다.",
        "waiting": "영상이 도착했습니다. 모델이 분석하고 있습니다 …",
        "picture": "모델 입력을 만든 흉부 X선 영상",
        "unlikely": "가능성 낮음",
        "uncertain": "불확실",
        "likely": "가능성 높음",
        "band": "{name}: {band}",
        "probability": "확률",
        "uncalibrated": "보정되지 않은 모델 점수",
        "calibrated": "검증용 환자군으로 보정됨",
        "thresholds": "기준값 {low} 미만: 가능성 낮음. {high} 이상: 가능성 높음. 그 사이: 불확실.",
        "version": "모델 버전",
        "time": "소요 시간",
        "took": "{total}초",
        "took_waiting": "{total}초 (대기 {queue}초 포함)",
        "refused": "이 영상의 확률을 계산하지 않았습니다",
        "code": "코드",
        "kept": "진단용이 아닙니다. 케이스는 만들어지지 않았고 영상은 이미 삭제되었습니다.",
    },
}


def draw_empty(language: str) -> str:
    """What stands there before the first picture."""
    return f'<div class="trial-quiet">{WORDS[language]["empty"]}</div>'


def draw_waiting(language: str) -> str:
    """What stands there while the workers are at it; announced to screen readers."""
    return f'<div class="trial-quiet" role="status"><span class="trial-pulse"></span>{WORDS[language]["waiting"]}</div>'


def draw_answer(answer: TrialAnswer, language: str) -> str:
    """The answer in "en" or "ko". Everything from outside is escaped; the picture is a data: address, no file."""
    words = WORDS[language]
    body = _refusal(answer.refusal, words) if answer.refusal else _probabilities(answer, language)
    parts = (_picture(answer.rendition, words), body, _notes(answer.notes), _facts(answer, words))
    return f'<div class="trial-answer" role="status">{"".join(parts)}<p class="trial-kept">{words["kept"]}</p></div>'


def _picture(rendition: bytes | None, words: dict[str, str]) -> str:
    if rendition is None:
        return ""
    encoded = base64.b64encode(rendition).decode("ascii")
    return f'<img class="trial-picture" alt="{words["picture"]}" src="data:image/jpeg;base64,{encoded}">'


def _refusal(refusal: Refusal, words: dict[str, str]) -> str:
    return (
        f'<div class="trial-refusal"><strong>{words["refused"]}</strong>'
        f"<p>{escape(refusal.message)}</p><p>{escape(refusal.next_step)}</p>"
        f"<small>{words['code']}: <code>{escape(refusal.code)}</code></small></div>"
    )


def _probabilities(answer: TrialAnswer, language: str) -> str:
    words = WORDS[language]
    ordered = sorted(answer.probabilities.items(), key=lambda item: -item[1])
    rows = "".join(_row(name, value, answer, language) for name, value in ordered)
    state = words["calibrated" if answer.calibrated else "uncalibrated"]
    return f"{_band(answer, language)}<table><caption>{words['probability']} · {state}</caption>{rows}</table>"


def _band(answer: TrialAnswer, language: str) -> str:
    if answer.band not in ("unlikely", "uncertain", "likely"):
        return ""
    words = WORDS[language]
    said = words["band"].format(name=_class_name(answer.positive, language), band=words[answer.band])
    text = f'<p class="trial-band trial-{answer.band}">{escape(said)}</p>'
    if answer.sensitive is None or answer.specific is None:
        return text
    limits = words["thresholds"].format(low=f"{answer.sensitive:.2f}", high=f"{answer.specific:.2f}")
    return f'{text}<p class="trial-limits">{limits}</p>'


def _row(name: str, value: float, answer: TrialAnswer, language: str) -> str:
    marks = (answer.sensitive, answer.specific) if name == answer.positive else ()
    ticks = "".join(f'<i style="left:{100 * mark:.1f}%"></i>' for mark in marks if mark is not None)
    bar = f'<span class="trial-bar"><b style="width:{100 * value:.1f}%"></b>{ticks}</span>'
    return (
        f'<tr><th scope="row">{escape(_class_name(name, language))}</th><td>{bar}</td>'
        f'<td class="trial-value">{_figure(value)}</td></tr>'
    )


def _figure(value: float) -> str:
    # Rounded, a figure near the end would claim a certainty that no model has.
    if value > 0.9995:
        return "&gt; 0.999"
    return "&lt; 0.001" if value < 0.0005 else f"{value:.3f}"


def _class_name(name: str, language: str) -> str:
    return CLASS_NAMES.get(name, {}).get(language, name)


def _notes(notes: tuple[str, ...]) -> str:
    if not notes:
        return ""
    return '<ul class="trial-notes">' + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>"


def _facts(answer: TrialAnswer, words: dict[str, str]) -> str:
    facts = []
    if answer.model:
        facts.append((words["version"], escape(f"{answer.model} {answer.version}".strip())))
    if answer.total_seconds is not None:
        facts.append((words["time"], _seconds(answer, words)))
    return '<dl class="trial-facts">' + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts) + "</dl>"


def _seconds(answer: TrialAnswer, words: dict[str, str]) -> str:
    total = f"{answer.total_seconds:.1f}"
    if answer.queue_seconds is None:
        return words["took"].format(total=total)
    return words["took_waiting"].format(total=total, queue=f"{answer.queue_seconds:.1f}")
