"""Every reason the instrument gives for not answering: one table, two languages, a next step.

A code is stable: it is stored with a case and worded again in the language of whoever reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

from inference.reasons import REASONS


@dataclass(frozen=True)
class Reason:
    """The wording of one code; `{name}` places are filled from the values of the error."""

    code: str
    messages: dict[str, str]
    next_steps: dict[str, str]
    can_retry: bool

    def message(self, language: str, **values: object) -> str:
        """What happened and what was expected, in "en" or "ko" (anything else reads English)."""
        return _filled(self.messages, language, values)

    def next_step(self, language: str, **values: object) -> str:
        """What the person can do about it."""
        return _filled(self.next_steps, language, values)


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


def _filled(texts: dict[str, str], language: str, values: dict[str, object]) -> str:
    return texts.get(language[:2], texts["en"]).format_map(_Blank(values))


def reason(code: str) -> Reason:
    """The reason behind a stored code; a code that no version knows reads as `unknown_reason`."""
    known = code if code in REASONS else "unknown_reason"
    row = REASONS[known]
    return Reason(code, {"en": row.en, "ko": row.ko}, {"en": row.next_en, "ko": row.next_ko}, row.can_retry)


class InferenceError(Exception):
    """Base of all: carries a code of the table and the values its sentence needs (never patient data)."""

    def __init__(self, code: str, **values: object) -> None:
        self.code = code
        self.values = values
        self.reason = reason(code)
        super().__init__(self.message("en"))

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuilt, (type(self), self.code, self.values))

    @property
    def can_retry(self) -> bool:
        """Whether trying the same input again may end otherwise."""
        return self.reason.can_retry

    def message(self, language: str) -> str:
        """The sentence, in "en" or "ko"."""
        return self.reason.message(language, **self.values)

    def next_step(self, language: str) -> str:
        """The next step, in "en" or "ko"."""
        return self.reason.next_step(language, **self.values)


def _rebuilt(kind: type[InferenceError], code: str, values: dict[str, object]) -> InferenceError:
    return kind(code, **values)


class RadiographError(InferenceError):
    """Something about one file or picture."""


class UnreadableImage(RadiographError):
    """The file claims a format we read, and is damaged, cut short or lies about itself."""


class UnsupportedImage(RadiographError):
    """The file is sound, and of a kind we do not read."""


class NotScorable(RadiographError):
    """The picture can be read, and must not be scored."""


class BundleRejected(InferenceError):
    """A model directory that is altered, incomplete or not ours."""


class OutputRejected(InferenceError):
    """A network answered with something that is no probability."""


class DeadlineExceeded(InferenceError):
    """An answer did not come in time."""


class EngineBusy(InferenceError):
    """More is waiting than the engine can answer in time."""
