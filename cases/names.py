"""A person's name as a page shows it; DICOM keeps up to three spellings, family^given, joined by "=" (PS3.5 6.2.1)."""

from __future__ import annotations

import unicodedata


def shown_name(stored: str, language: str) -> str:
    """The spelling that fits the language: Hangul, then Hanja, on a Korean page; Latin letters elsewhere.

    "Hong^Gildong=洪^吉洞=홍^길동" is "홍길동" in "ko" and "Hong Gildong" in "en". Any other text stays as it is.
    """
    spellings = [_joined(group) for group in stored.split("=")[:3]]
    wanted = reversed(spellings) if language.startswith("ko") else spellings
    return next(filter(None, wanted), "")


def _joined(group: str) -> str:
    parts = [part.strip() for part in group.split("^") if part.strip()]
    # Chinese and Korean names take no space between family and given name.
    return ("" if all(map(_is_east_asian, parts)) else " ").join(parts)


def _is_east_asian(part: str) -> bool:
    return all(unicodedata.east_asian_width(letter) in "WF" for letter in part)
