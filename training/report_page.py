"""One HTML page that needs nothing besides itself: no script, no address, light and dark."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from PIL import Image

THUMBNAIL = 132  # pixels
HEAT = ((0.0, (0, 0, 0, 0)), (0.35, (60, 90, 200, 70)), (0.65, (240, 190, 40, 120)), (1.0, (230, 30, 30, 170)))

STYLE = """
:root { color-scheme: light dark; --ink: #1c2126; --soft: #5b6670; --paper: #fff; --card: #f4f6f8; --line: #d5dbe1; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ec; --soft: #9aa5b0; --paper: #14181c; --card: #1d2329; --line: #353e47; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  padding: 1.5rem; max-width: 75rem; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem } h2 { margin: 2.2rem 0 .6rem; font-size: 1.2rem }
h3 { margin: 1.1rem 0 .4rem; font-size: 1rem } ul { padding-left: 1.2rem } li { margin-bottom: .35rem }
p, li { max-width: 60rem } .soft { color: var(--soft) }
.scroll { overflow-x: auto; margin-bottom: 1rem } table { border-collapse: collapse; font-size: .9rem }
th, td { text-align: left; padding: .25rem .8rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td { font-variant-numeric: tabular-nums }
.plots { display: flex; flex-wrap: wrap; gap: 1rem } .plots svg { background: var(--card); border-radius: 8px;
  max-width: 100%; height: auto }
.pictures { display: flex; flex-wrap: wrap; gap: .8rem } figure { margin: 0; font-size: .8rem; width: 132px }
figure.pair { width: 270px } figure img { display: inline-block; border-radius: 4px; vertical-align: top }
figcaption { overflow-wrap: anywhere; color: var(--soft) }
.groups { display: flex; flex-wrap: wrap; gap: .8rem } .together { background: var(--card); border-radius: 8px;
  padding: .6rem .8rem; border-left: 4px solid transparent } .together p { margin: 0 0 .4rem; font-size: .85rem }
.together.odd { border-left-color: #c0504d }
.fall { border-left: 4px solid #c0504d; padding: .4rem .9rem; background: var(--card) }
"""


def page(title: str, about: str, sections: Iterable[tuple[str, str]]) -> str:
    """The whole file from (heading, HTML) pairs; those without HTML are left out."""
    body = "".join(f"<section><h2>{escape(head)}</h2>{html}</section>\n" for head, html in sections if html)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><main><h1>{escape(title)}</h1>"
        f'<p class="soft">{escape(about)}</p>\n{body}</main></body></html>\n'
    )


def plots(*drawn: str) -> str:
    """SVG texts side by side."""
    return f'<div class="plots">{"".join(drawn)}</div>'


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; nothing where there is no row."""
    lines = ["<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows]
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    return f'<div class="scroll"><table><thead><tr>{top}</tr></thead>{"".join(lines)}</table></div>' if lines else ""


def facts(values: Mapping[str, Any]) -> str:
    """Names and values, a row each."""
    rows = (f'<tr><th scope="row">{escape(k)}</th><td>{escape(str(v))}</td></tr>' for k, v in values.items())
    return f'<div class="scroll"><table>{"".join(rows)}</table></div>'


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph."""
    return f'<p class="{kind}">{escape(text)}</p>' if text else ""


def points(texts: Iterable[str]) -> str:
    """A list, a sentence each."""
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>"


def subheading(text: str) -> str:
    """Below the heading of a section."""
    return f"<h3>{escape(text)}</h3>"


def together(html: str, text: str, odd: bool = False) -> str:
    """Pictures that belong together, under a line of text; odd ones are marked."""
    return f'<div class="together{" odd" if odd else ""}"><p>{escape(text)}</p>{html}</div>'


def pictures(shown: Iterable[tuple[np.ndarray, str]]) -> str:
    """uint8 (H, W, 1) pictures with a caption each."""
    return _row(f"<figure>{_image(array)}<figcaption>{escape(text)}</figcaption></figure>" for array, text in shown)


def pictures_with_heat(shown: Iterable[tuple[np.ndarray, np.ndarray, str]]) -> str:
    """Each picture, and beside it the same under its heat map float (H, W), 0 to 1."""
    return _row(
        f'<figure class="pair">{_image(array)} {_image(array, heat)}<figcaption>{escape(text)}</figcaption></figure>'
        for array, heat, text in shown
    )


def _row(figures: Iterable[str]) -> str:
    drawn = "".join(figures)
    return f'<div class="pictures">{drawn}</div>' if drawn else ""


def _image(array: np.ndarray, heat: np.ndarray | None = None) -> str:
    picture = Image.fromarray(array[:, :, 0]).convert("RGB").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR)
    if heat is not None:
        cover = Image.fromarray(_coloured(heat)).resize(picture.size, Image.Resampling.BILINEAR)
        picture.paste(cover, (0, 0), cover)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=82)
    data = base64.b64encode(out.getvalue()).decode()
    words = "picture" if heat is None else "the same with its heat map"
    return f'<img alt="{words}" width="{THUMBNAIL}" height="{THUMBNAIL}" src="data:image/jpeg;base64,{data}">'


def _coloured(heat: np.ndarray) -> np.ndarray:
    """float (H, W), 0 to 1 -> uint8 (H, W, 4)."""
    at = [level for level, _ in HEAT]
    channels = [np.interp(heat, at, [colour[c] for _, colour in HEAT]) for c in range(4)]
    coloured: np.ndarray = np.stack(channels, axis=2).astype(np.uint8)
    return coloured
