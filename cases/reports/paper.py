"""The report on A4, as a PDF: the sheet of one version with its picture, on as many pages as the text takes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.utils.translation import get_language, gettext
from reportlab import rl_config
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, HRFlowable, Image, Paragraph, SimpleDocTemplate, Spacer, Table

from cases.reports.sheet import Fact, Sheet
from cases.reports.typeface import NAME, letters, markup, printable

INK, MUTED, RULE = HexColor("#16181d"), HexColor("#555b66"), HexColor("#c4c8d0")
SIDE, TOP, BOTTOM = 18 * mm, 25 * mm, 20 * mm
FRAME = 6  # points that ReportLab keeps free within the margins
WIDTH = A4[0] - 2 * SIDE
PICTURE = (78 * mm, 84 * mm)  # the most that the first picture takes
SMALL_PICTURE = (54 * mm, 58 * mm)
QR_SIDE = 30 * mm
Laid = tuple[bytes, str]
"""A JPEG file, and how it is laid."""


def write_pdf(sheet: Sheet, pictures: Sequence[bytes], *, address: str, orientations: Sequence[str] = ()) -> bytes:
    """The PDF; the same sheet, pictures and address give the same bytes.

    Args:
        pictures: JPEG files, embedded as they are; the first stands beside the verdict.
        address: what the QR code says.
        orientations: how each picture is laid (cases/models/intake.py); one that is missing lies as it is stored.
    """
    letters()
    rl_config.useA85 = 0  # pictures as the bytes they are, not a quarter longer as text
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=SIDE - FRAME,
        rightMargin=SIDE - FRAME,
        topMargin=TOP,
        bottomMargin=BOTTOM,
        title=f"{sheet.title} · {sheet.version}",
        lang=get_language() or "en",
        initialFontName=NAME,
        invariant=1,
    )
    laid = [(data, "".join(orientations[at : at + 1])) for at, data in enumerate(pictures)]
    document.build(_story(sheet, laid, address), canvasmaker=partial(NumberedCanvas, sheet))
    return out.getvalue()


class NumberedCanvas(Canvas):
    """Each page with case and patient above, limits and "page n of m" below: m is known once all pages are made."""

    def __init__(self, sheet: Sheet, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initialFontName": NAME})
        self.sheet = sheet
        self.pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 ReportLab's name
        """Keep the page until their number is known."""
        self.pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Draw what stands on each page, then write them."""
        for number, page in enumerate(self.pages, start=1):
            self.__dict__.update(page)
            self._draw_margins(number)
            super().showPage()
        super().save()

    def _draw_margins(self, number: int) -> None:
        self.setFillColor(MUTED)
        self.setStrokeColor(RULE)
        self._draw_line(A4[1] - 14 * mm, 9, f"{self.sheet.title} · {self.sheet.version}", self.sheet.patient)
        self.line(SIDE, A4[1] - 17 * mm, A4[0] - SIDE, A4[1] - 17 * mm)
        place = gettext("Page %(number)d of %(count)d") % {"number": number, "count": len(self.pages)}
        self._draw_line(11 * mm, 8, gettext("Research use; not for diagnosis"), place)

    def _draw_line(self, height: float, size: float, left: str, right: str) -> None:
        """Two texts at the two sides of one line; a right one that is too long is cut with "…"."""
        self.setFont(NAME, size)
        left, right = printable(left), printable(right)
        room = WIDTH - self.stringWidth(left, NAME, size) - 6 * mm
        self.drawString(SIDE, height, left)
        self.drawRightString(A4[0] - SIDE, height, _cut(right, size, room))


def _cut(text: str, size: float, room: float) -> str:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    if stringWidth(text, NAME, size) <= room:
        return text
    while text and stringWidth(f"{text}…", NAME, size) > room:
        text = text[:-1]
    return f"{text}…"


# ---- what stands on the pages ----


def _style(size: float, leading: float, **more: Any) -> ParagraphStyle:
    # Korean breaks between words as the pages do; a word longer than the line is split.
    usual = {"fontName": NAME, "textColor": INK, "splitLongWords": 1}
    return ParagraphStyle(f"s{size}", fontSize=size, leading=leading, **{**usual, **more})


TITLE, VERDICT = _style(15, 20, spaceAfter=3 * mm), _style(17, 23, spaceBefore=2 * mm, spaceAfter=2 * mm)
TEXT, LABEL = _style(10, 15), _style(8, 11, spaceBefore=2.5 * mm, textColor=MUTED)
HASH, NOTE = _style(7.5, 10, textColor=MUTED), _style(8, 11.5, spaceBefore=2 * mm, textColor=MUTED)


def _story(sheet: Sheet, pictures: Sequence[Laid], address: str) -> list[Flowable]:
    first, others = list(pictures[:1]), pictures[1:]
    return [
        Paragraph(markup(sheet.title), TITLE),
        *([Paragraph(markup(sheet.warning), VERDICT)] if sheet.warning else []),
        *_head(sheet, first),
        *([_grid(others)] if others else []),
        *(_prose(gettext("Findings"), "\n".join(sheet.findings)) if sheet.findings else []),
        *_prose(gettext("Comment"), sheet.comment or gettext("none")),
        *(part for fact in sheet.long for part in _prose(fact.label, fact.value)),
        *(part for fact in sheet.earlier for part in _prose(fact.label, fact.value)),
        Spacer(1, 3 * mm),
        HRFlowable(width="100%", color=RULE, thickness=0.5),
        *_seals(sheet, address),
        Paragraph(markup(sheet.limits), NOTE),
    ]


def _head(sheet: Sheet, pictures: Sequence[Laid]) -> list[Flowable]:
    """The picture, and beside it verdict and short facts; below each other where there is none."""
    said = [Paragraph(markup(sheet.verdict), VERDICT), *(part for fact in sheet.short for part in _fact(fact))]
    if not pictures:
        return said
    image = _image(*pictures[0], *PICTURE)
    columns = [image.drawWidth + 6 * mm, WIDTH - image.drawWidth - 6 * mm]
    return [_bare_table([[image, said]], columns)]


def _fact(fact: Fact) -> list[Flowable]:
    return [Paragraph(markup(fact.label), LABEL), Paragraph(markup(fact.value), TEXT)]


def _prose(label: str, text: str) -> list[Flowable]:
    """A label with its text, which breaks over pages; the label keeps the first lines with it."""
    return [CondPageBreak(16 * mm), Paragraph(markup(label), LABEL), Paragraph(markup(text), TEXT)]


def _seals(sheet: Sheet, address: str) -> list[Flowable]:
    """The hashes, and beside the last of them the QR code."""
    rows = [part for fact in sheet.seals for part in (Paragraph(markup(fact.label), LABEL), _hash(fact.value))]
    return [CondPageBreak(QR_SIDE + 20 * mm), _bare_table([[rows, _qr(address)]], [WIDTH - QR_SIDE, QR_SIDE])]


def _hash(value: str) -> Paragraph:
    return Paragraph(markup(value), HASH)


def _bare_table(rows: list[list[Any]], columns: list[float]) -> Table:
    """Cells side by side from their upper edge; a row that is higher than the page goes on over the next."""
    values = {"VALIGN": "TOP", "LEFTPADDING": 0, "RIGHTPADDING": 0, "FONTNAME": NAME}
    style = [(name, (0, 0), (-1, -1), value) for name, value in values.items()]
    return Table(rows, columns, style=style, splitInRow=1, hAlign="LEFT")


class LaidImage(Image):
    """A JPEG that is mirrored left to right and turned clockwise by the page; its bytes stay as they are."""

    def __init__(self, data: bytes, orientation: str, width: float, height: float) -> None:
        super().__init__(io.BytesIO(data), width, height)
        self.data = data
        self.degrees, self.is_mirrored = int(orientation.rstrip("f") or 0), orientation.endswith("f")

    def draw(self) -> None:
        """As ReportLab's, about the middle of the place that the turned picture takes."""
        lies = self.degrees % 180 != 0
        width, height = (self.drawHeight, self.drawWidth) if lies else (self.drawWidth, self.drawHeight)
        self.canv.saveState()
        self.canv.translate(self.drawWidth / 2, self.drawHeight / 2)
        self.canv.rotate(-self.degrees)  # a page turns against the clock
        self.canv.scale(-1 if self.is_mirrored else 1, 1)
        self.canv.drawImage(ImageReader(io.BytesIO(self.data)), -width / 2, -height / 2, width, height)
        self.canv.restoreState()


def _image(data: bytes, orientation: str, most_wide: float, most_high: float) -> Image:
    wide, high = ImageReader(io.BytesIO(data)).getSize()
    if orientation.startswith(("90", "270")):
        wide, high = high, wide
    scale = min(most_wide / wide, most_high / high)
    if not orientation:
        return Image(io.BytesIO(data), wide * scale, high * scale)
    return LaidImage(data, orientation, wide * scale, high * scale)


def _grid(pictures: Sequence[Laid]) -> Table:
    images = [_image(*laid, *SMALL_PICTURE) for laid in pictures]
    rows = [images[start : start + 3] for start in range(0, len(images), 3)]
    return _bare_table([row + [""] * (3 - len(row)) for row in rows], [WIDTH / 3] * 3)


def _qr(text: str) -> Drawing:
    widget = QrCodeWidget(text, barLevel="M", barWidth=QR_SIDE, barHeight=QR_SIDE, barBorder=2)
    drawing = Drawing(QR_SIDE, QR_SIDE, initialFontName=NAME)
    drawing.add(widget)
    return drawing
