"""What stands out in a data set, as sentences, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training.explore.look import STATISTICS
from training.explore.shortcuts import ALONE, is_shortcut

NAMED = 3
UNEVEN = 5  # times as many images of one class as of another
FEW = 50  # images of a class

KINDS_OF_COPIES = {
    "contradicting": ("stands in several classes, and has one label too many", "stand in several classes"),
    "across": ("stands in several splits, so that what was learned is judged", "stand in several splits"),
    "not_outside": ("is also in the other population, which is then none", "are also in the other population"),
    "copies": ("is there more than once in its class", "are there more than once in their class"),
}

Finding = dict[str, str]


def findings(found: Mapping[str, Any]) -> list[Finding]:
    """Each with its "kind" and its "text"."""
    tell = (_unreadable, _copies, _patients, _shortcuts, _together, _shifts, _counts, _left_out, _unknown)
    return [{"kind": kind, "text": text} for part in tell for kind, text in part(found)]


def _unreadable(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if rows := found["unreadable"]:
        named = _some([f"{row['name']} ({row['reason'].rstrip('.')})" for row in rows])
        yield "unreadable", f"{_count(rows, 'file')} can't be read, which stops training: {named}."


def _copies(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    groups = found["copies"]["groups"]
    for kind, (one, more) in KINDS_OF_COPIES.items():
        if some := [of for of in groups if _kind(of) == kind]:
            alike = " All of them are of one patient each." if all(of["patients"] == 1 for of in some) else ""
            named = _some([_group(of) for of in some])
            yield kind, f"{_count(some, 'picture')} {more if len(some) > 1 else one}: {named}.{alike}"
    if found["copies"]["by_nature"]:
        yield (
            "alike",
            f"At least {found['copies']['near_pairs']:,} pairs of pictures look nearly the same: too many for copies. "
            "The fingerprint can't tell such pictures apart; only equal bytes and pixels are listed.",
        )


def _kind(of: Mapping[str, Any]) -> str:
    if of["contradicting"]:
        return "contradicting"
    if of["populations"] > 1:
        return "not_outside"
    return "across" if len(of["parts"]) > 1 else "copies"


def _group(of: Mapping[str, Any]) -> str:
    images = of["images"]
    several = len(of["parts"]) > 1
    names = [f"{image['part']}/{image['name']}" if several else image["name"] for image in images[:NAMED]]
    more = f" and {len(images) - NAMED} more" if len(images) > NAMED else ""
    return f"{' = '.join(names)}{more} ({of['why']})"


def _patients(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for where, words in (("parts", "splits"), ("classes", "classes")):
        if people := found["patients"][f"in_several_{where}"]:
            named = _some([f"{name} ({', '.join(of)})" for name, of in people.items()])
            have = "have" if len(people) > 1 else "has"
            yield (
                f"patient_in_several_{where}",
                f"{_count(people, 'patient')} {have} images in several {words}: {named}.",
            )


def _shortcuts(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for of in found["shortcuts"]:
        for label in of["together"]:
            told = {**of["statistics"], **of["columns"]}
            alone = {name: by[label] for name, by in told.items() if label in by and is_shortcut(by[label])}
            if alone:
                ordered = sorted(alone, key=lambda name: (-alone[name]["auc"], name))
                named = ", ".join(_alone(name, alone[name]) for name in ordered)
                yield (
                    "shortcut",
                    f"{of['set']}: {label} is told from {_rest(of, label)} by each of these alone: {named}. A network "
                    "may learn that instead of what the pictures show.",
                )


def _alone(name: str, told: Mapping[str, Any]) -> str:
    if name not in STATISTICS:
        return f"the column {name} (AUC {told['auc']:.2f})"
    return f"{plain(name)} ({'higher' if told['higher'] else 'lower'}, AUC {told['auc']:.2f})"


def _rest(of: Mapping[str, Any], label: str) -> str:
    return next(other for other in of["classes"] if other != label) if len(of["classes"]) == 2 else "the rest"


def _together(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for of in found["shortcuts"]:
        areas = {label: area for label, area in of["together"].items() if area}
        if areas and max(areas.values()) > ALONE:
            told = ", ".join(f"{area:.2f} for {label}" for label, area in areas.items())
            yield (
                "together",
                f"{of['set']}: width, brightness and the like together, by a linear rule, reach AUC "
                f"{told}. A network that reaches no more need not have looked.",
            )


def _shifts(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for part, by_name in found["shifts"]["parts"].items():
        apart = sorted((name for name, told in by_name.items() if is_shortcut(told)), key=lambda n: -by_name[n]["auc"])
        if apart:
            ways = ("lower", "higher")
            told = [
                f"{plain(n)} ({by_name[n]['label']}: {ways[by_name[n]['higher']]}, AUC {by_name[n]['auc']:.2f})"
                for n in apart
            ]
            text = f"{part} looks different from {found['shifts']['first']} within a class: {', '.join(told)}."
            yield "shift", text


def _counts(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for part, of in found["parts"].items():
        images = of["images"]
        most, least = max(images, key=images.__getitem__), min(images, key=images.__getitem__)
        if images[most] > UNEVEN * images[least]:
            text = f"{part}: {images[most]:,} images of {most} and {images[least]:,} of {least}: weigh the classes."
            yield "uneven", text
        if images[least] < FEW:
            yield "few", f"{part}: {images[least]} images of {least}: figures on so few have wide intervals."


def _left_out(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if rows := found["not_read"]:
        yield (
            "not_read",
            f"{_count(rows, 'file')} among the images {'are' if len(rows) > 1 else 'is'} of no kind that is read: "
            f"{_some([row['name'] for row in rows])}.",
        )


def _unknown(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for part, of in found["patients"]["parts"].items():
        if of["unknown"]:
            total = sum(found["parts"][part]["images"].values())
            count = "all" if of["unknown"] == total else f"{of['unknown']:,} of"
            yield (
                "unknown_patients",
                f"{part}: for {count} {total:,} images nothing says whose they are: each counts as a patient of its "
                "own, and a split may part images of one patient. Name them by --patient REGEX or in a CSV file.",
            )


def plain(name: str) -> str:
    """A statistic in words, without its unit."""
    return STATISTICS[name].partition(" (")[0]


def _count(rows: Sequence[Any] | Mapping[str, Any], word: str) -> str:
    return f"{len(rows):,} {word}{'s' if len(rows) > 1 else ''}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return "; ".join(names[:NAMED]) + more
