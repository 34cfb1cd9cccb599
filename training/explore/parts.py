"""The splits of a data set, each with its images and with the files that no reader takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training.data import SUFFIXES, DataSet, LabelledImage, limited, list_images, splits_of

LEARNED = ("train", "training")  # splits of these names come first
SEED = 1  # of the patients that --limit draws


@dataclass(frozen=True)
class Part:
    """A split, or a whole set where there are none.

    Attributes:
        name: of the split; of the set and the split where it is of another population.
        images: with patients as named: the same bytes do not make two patients one here.
        not_read: (name, reason) of files that are among the images and are none.
        outside: whether it is of another population.
    """

    name: str
    images: tuple[LabelledImage, ...]
    not_read: tuple[tuple[str, str], ...] = ()
    outside: bool = False


def find_parts(
    source: Path,
    split: str | None = None,
    pattern: str | None = None,
    limit: int | None = None,
    outside: bool = False,
) -> list[Part]:
    """Every split of a set, or the one that is named; WorkshopError says what is missing.

    Args:
        pattern: its first group is the patient in a file name. limit: about so many images of each part.
    """
    whole = source.resolve().name
    splits = [split] if split else sorted(splits_of(source), key=lambda name: name.lower() not in LEARNED)
    found = []
    for one in splits or (None,):
        title = (one or "no split") if splits else whole
        images = _fewer(list_images(source, one, pattern), limit)
        name = f"{whole} {title}" if outside and splits else title
        found.append(Part(name, images, not_read(source, one), outside))
    return found


def with_same_spelling(parts: Sequence[Part]) -> list[Part]:
    """Classes that differ in capitals alone get the spelling of the first part that has them."""
    spelling: dict[str, str] = {}
    for part in parts:
        for label in sorted({image.label for image in part.images}):
            spelling.setdefault(label.casefold(), label)
    return [
        replace(part, images=tuple(replace(i, label=spelling[i.label.casefold()]) for i in part.images))
        for part in parts
    ]


def _fewer(images: tuple[LabelledImage, ...], limit: int | None) -> tuple[LabelledImage, ...]:
    return limited(DataSet(images, ()), limit, SEED).images


def not_read(source: Path, split: str | None) -> tuple[tuple[str, str], ...]:
    """Files in the folders of the classes that have no suffix of an image; a list has none."""
    if source.is_file():
        return ()
    root = source / split if split else source
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and path.suffix.lower() not in SUFFIXES)
    return tuple((path.relative_to(root).as_posix(), _reason(path)) for path in files if path.parent != root)


def _reason(path: Path) -> str:
    kind = f"{path.suffix} is" if path.suffix else "A name without suffix is"
    return f"{kind} none of {', '.join(SUFFIXES)}: training leaves it out without a word."
