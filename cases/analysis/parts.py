"""The pictures of a case and what models said about them, found by one statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from cases import rules
from cases.models import Case, Radiograph
from cases.models.listed import Picture
from cases.selects import Select


class Answer(NamedTuple):
    """One analysis that readers may see, done or on its way; `model` is the name of its version's model."""

    radiograph: int
    pk: int
    shadow: bool
    version: int
    model: str
    state: str
    failure_code: str
    probability: float | None
    band: str


class PictureState(NamedTuple):
    """Where one radiograph stands."""

    state: str
    failure_code: str
    refusals: list[str]


@dataclass
class Parts:
    """What a case consists of.

    Attributes:
        radiographs, pictures: state, and header with notes, of each radiograph.
        answers: per radiograph the older run first; none cancelled, none in the shadow.
        owed: the waiting analyses in the shadow.
    """

    radiographs: list[PictureState] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    owed: list[int] = field(default_factory=list)

    def state(self) -> tuple[rules.State, str]:
        """The state that the parts give, and the code of the first reason when it is failed or not scored."""
        newest = {(answer.radiograph, answer.version): answer for answer in self.answers}.values()
        if not newest and any(radiograph.state == "read" for radiograph in self.radiographs):
            return rules.State.FAILED, "model_missing"
        parts = [radiograph.state for radiograph in self.radiographs if radiograph.state != "read"]
        settled = rules.settled([*parts, *(f"analysis_{answer.state}" for answer in newest)])
        if settled is rules.State.FAILED:
            codes = [radiograph.failure_code for radiograph in self.radiographs]
            codes += [answer.failure_code for answer in newest]
            return settled, next(filter(None, codes), "internal_error")
        if settled is rules.State.NOT_SCORED:
            codes = [part.refusals[0] for part in self.radiographs if part.refusals]
            codes += [answer.failure_code for answer in newest if answer.state == "not_scored"]
            return settled, next(iter(codes), "")
        return settled, ""

    def top(self, model: str) -> Answer | None:
        """Per radiograph the newest run of this model that is done, of these the highest."""
        done = [answer for answer in self.answers if answer.state == "done" and answer.model == model]
        newest = {answer.radiograph: answer for answer in done}.values()
        return max(newest, key=lambda answer: answer.probability or 0.0, default=None)


_OF_PICTURE = ("pk", "state", "failure_code", "refusals", "tags", "notes")
_OF_ANSWER = ("pk", "shadow", "model_version", "model_version__name", "state", "failure_code")
_SAID = ("positive_probability", "band")
_COLUMNS = (*_OF_PICTURE, *(f"analyses__{name}" for name in (*_OF_ANSWER, *_SAID)))


_ROWS = Select(
    lambda case: (
        Radiograph.objects.filter(case=case).order_by("pk", "analyses__run", "analyses__pk").values_list(*_COLUMNS)
    )
)


def parts_of(case: Case) -> Parts:
    """The parts as the database has them now."""
    parts, seen = Parts(), None
    for pk, state, failure_code, refusals, tags, notes, *of_answer in _ROWS(case.pk):
        if pk != seen:
            parts.radiographs.append(PictureState(state, failure_code, refusals))
            parts.pictures.append((tags, notes))
            seen = pk
        if of_answer[0] is not None:
            _add(parts, Answer(pk, *of_answer))
    return parts


def _add(parts: Parts, answer: Answer) -> None:
    if answer.shadow:
        parts.owed += [answer.pk] if answer.state == "waiting" else []
    elif answer.state != "cancelled":
        parts.answers.append(answer)


def parts_state(case: Case) -> tuple[rules.State, str]:
    """The state that a case's parts give, and the code of the first reason when it is failed or not scored."""
    return parts_of(case).state()
