"""The font of the report on paper, which comes with the product; and what becomes of letters that it has not."""

from __future__ import annotations

import io
import lzma
import unicodedata
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

NAME = "PneumoPaper"
FILE = Path(__file__).parent / "fonts" / "PneumoPaper.ttf.xz"


@cache
def letters() -> frozenset[int]:
    """Make the font known to ReportLab, once per process; the code points that it has."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    font = TTFont(NAME, io.BytesIO(lzma.decompress(FILE.read_bytes())))
    pdfmetrics.registerFont(font)
    return frozenset(font.face.charToGlyph)


def printable(text: str) -> str:
    """A text in letters that the font has, each other one as its code point: "[U+1F600]". Nothing vanishes.

    Decomposed Hangul (as macOS writes it) is composed; a tab is a space; line ends stay.
    """
    known = letters()
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))
    return "".join(sign if sign == "\n" or ord(sign) in known else f"[U+{ord(sign):04X}]" for sign in composed)


def markup(text: str) -> str:
    """The same for a ReportLab paragraph: nothing in it is taken for markup, each line of the text is a line."""
    return "<br/>".join(escape(line) for line in printable(text).split("\n"))
