"""One file, read once: the picture, the verdict, what people look at, what the networks look at."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from inference.deep import deep_picture
from inference.gate import Gate
from inference.preprocessing import Preprocessing
from inference.quality import Scope, Verdict, judge
from inference.radiograph import read_radiograph
from inference.radiograph.codestream import bare_jpeg
from inference.radiograph.types import Radiograph

RENDITION_SIDE = 2560
RENDITION_QUALITY = 90
RENDITION_BYTES = 0.5
"""Most bytes of a pixel for a JPEG that is shown as it came; at RENDITION_QUALITY chest X-rays have 0.1 to 0.3."""
THUMBNAIL_SIDE = 192
THUMBNAIL_QUALITY = 80


@dataclass(frozen=True, eq=False)
class Prepared:
    """What became of one file.

    Attributes:
        radiograph: as read. verdict: whether a model may judge it.
        rendition: JPEG, 8 bits grey, longest side at most RENDITION_SIDE pixels, no metadata; the file's own picture,
            without a second loss, where that is such a JPEG.
        thumbnail: the same with THUMBNAIL_SIDE.
        deep: every value without loss, for the workstation; None where 8 bits are all there is, or nobody asked.
        arrays: one uint8 (height, width, 1) per preprocessing, under the keys that `prepare` was given; made whatever
            the verdict is, so that who asks for a score in spite of it can have one.
    """

    radiograph: Radiograph
    verdict: Verdict
    rendition: bytes
    thumbnail: bytes
    deep: bytes | None
    arrays: dict[str, np.ndarray]


def prepare(
    data: bytes,
    preprocessings: Mapping[str, Preprocessing],
    scope: Scope,
    gate: Gate | None = None,
    *,
    for_workstation: bool = False,
) -> Prepared:
    """Read and judge the file in `data`, and prepare it by each of `preprocessings` (fingerprint to preprocessing).

    Args:
        gate: asked what it sees in the picture; None: only size, shape, content, colour and header are judged.
        for_workstation: make the picture at its full depth too.

    Raises:
        UnreadableImage, UnsupportedImage: see `read_radiograph`.
    """
    radiograph = read_radiograph(data)
    picture = _within(Image.fromarray(radiograph.displayed()), RENDITION_SIDE)
    thumbnail = _within(picture, THUMBNAIL_SIDE)
    return Prepared(
        radiograph=radiograph,
        verdict=judge(radiograph, scope, gate.look(thumbnail) if gate else None),
        rendition=_as_it_came(data, radiograph) or _jpeg(picture, RENDITION_QUALITY),
        thumbnail=_jpeg(thumbnail, THUMBNAIL_QUALITY),
        deep=deep_picture(radiograph) if for_workstation else None,
        arrays={key: preprocessing(radiograph) for key, preprocessing in preprocessings.items()},
    )


def _as_it_came(data: bytes, radiograph: Radiograph) -> bytes | None:
    """The file itself without its metadata, where it is a grey JPEG, upright, and neither too large nor too heavy."""
    if not radiograph.as_stored or max(radiograph.values.shape) > RENDITION_SIDE:
        return None
    bare = bare_jpeg(data)
    return bare if bare and len(bare) <= RENDITION_BYTES * radiograph.values.size else None


def _within(picture: Image.Image, side: int) -> Image.Image:
    """The picture, made smaller where its longest side is longer than `side`; never larger."""
    scale = side / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()
