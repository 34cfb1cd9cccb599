"""The page of a data set: one file that needs nothing besides itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from inference.radiograph import read_radiograph
from training import plots
from training import report_page as html
from training.explore.drawings import mean_pictures, spreads
from training.explore.look import STATISTICS
from training.explore.shortcuts import is_shortcut
from training.explore.survey import Survey

SHORTCUT, DIFFERS = " ⚠\N{NO-BREAK SPACE}shortcut", " ⚠\N{NO-BREAK SPACE}differs"
GUARD = "Pictures and file names of patients are in this page: guard it like the images."
SAMPLES = 6  # of each class
COPIES_SHOWN, NAMES_SHOWN, VALUES_SHOWN = 24, 50, 12
IN_A_GROUP = 3
DOTS = 2000  # in a plot of sizes
EACH_UP_TO = 10  # images of a patient, in the table
PATCH = 128  # pixels of a sample's longer side


def write_page(path: Path, found: Mapping[str, Any], survey: Survey) -> None:
    """Write what `found` holds, with plots and with pictures read anew."""
    sections = [
        ("What stands out", findings_list(found["findings"])),
        ("Images", counts(found)),
        *(section for told in found["shortcuts"] for section in shortcuts(told, survey, found)),
        ("Do the splits look alike?", shifts(found["shifts"])),
        ("Files", files(found, survey)),
        *((f"Samples: {title}", samples(survey, names)) for title, names in survey.groups()),
        *((f"Mean pictures: {title}", means(survey, names)) for title, names in survey.groups()),
        ("Copies", copies(found["copies"], survey)),
        ("Patients", patients(found["patients"])),
        ("Columns and headers", columns(found["columns"])),
        ("Files that can't be read", refused(found["unreadable"], "reason")),
        ("Files that are left out", refused(found["not_read"], "reason")),
    ]
    path.write_text(html.page(f"The data set {found['name']}", GUARD, sections), encoding="utf-8")


def findings_list(found: Sequence[Mapping[str, str]]) -> str:
    """A sentence each."""
    return html.points([of["text"] for of in found]) if found else html.paragraph("Nothing stands out.")


def counts(found: Mapping[str, Any]) -> str:
    """Images and patients by part and class."""
    rows = [
        (
            f"{part} (other population)" if of["outside"] else part,
            *(f"{of['images'].get(label, 0):,}" for label in found["classes"]),
            f"{sum(of['images'].values()):,}",
            f"{found['patients']['parts'][part]['patients']:,}",
        )
        for part, of in found["parts"].items()
    ]
    drawn = plots.class_counts({part: of["images"] for part, of in found["parts"].items()})
    return html.table(["", *found["classes"], "images", "patients"], rows) + html.plots(drawn)


def shortcuts(told: Mapping[str, Any], survey: Survey, found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The table of a group of parts, and the statistics as boxes beside those of all other parts."""
    text = (
        "How well each number alone tells a class from the rest, as AUC: 0.5 is chance, 1 is perfect. The arrow says "
        "whether the class has more or less of it. A network takes the easiest way, so a number that tells the classes "
        "apart and has nothing to do with what is looked for is a danger. In the columns of the classes: medians."
    )
    areas = [name for name in told["together"] if told["together"][name] is not None]
    last = [f"{label} {told['together'][label]:.2f}" for label in areas]
    note = f"All numbers together, by a linear rule in five folds: AUC {', '.join(last)}." if last else ""
    head = ["", *told["classes"], *(f"AUC for {label}" for label in told["together"])]
    table = html.table(head, _shortcut_rows(told, survey))
    yield (
        f"What tells the classes apart without looking: {told['set']}",
        html.paragraph(text)
        + table
        + html.paragraph(note)
        + html.table(["column", *(f"AUC for {label}" for label in told["together"])], _column_rows(told)),
    )
    if told is found["shortcuts"][-1]:
        yield "The same numbers as plots", html.plots(*boxes(survey))


def _shortcut_rows(told: Mapping[str, Any], survey: Survey) -> Iterator[tuple[str, ...]]:
    names = dict(survey.groups())[told["set"]]
    inside = survey.within(names)
    for column, (name, words) in enumerate(STATISTICS.items()):
        medians = []
        for label in told["classes"]:
            values = survey.values[inside & (survey.labels == survey.classes.index(label)), column]
            known = values[~np.isnan(values)]
            medians.append(figure(float(np.median(known))) if len(known) else "–")
        if set(medians) != {"–"}:
            by_class = told["statistics"][name]
            yield words, *medians, *(area(by_class.get(label)) for label in told["together"])


def _column_rows(told: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [(name, *(area(by.get(label), False) for label in told["together"])) for name, by in told["columns"].items()]


def area(of: Mapping[str, Any] | None, turned: bool = True) -> str:
    """An AUC with its direction, marked where it is worth a warning."""
    if of is None:
        return "equal"
    arrow = (" ↑" if of["higher"] else " ↓") if turned else ""
    return f"{of['auc']:.2f}{arrow}{SHORTCUT if is_shortcut(of) else ''}"


def figure(value: float) -> str:
    """A number with the digits that matter."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 or not value else "under 0.001"


def boxes(survey: Survey) -> Iterator[str]:
    """A plot per statistic: a box for each part and class, a colour for each class."""
    several = len(survey.parts) > 1
    for column, words in enumerate(STATISTICS.values()):
        rows = []
        for part in survey.parts:
            inside = survey.within([part.name])
            for place, label in enumerate(survey.classes):
                values = survey.values[inside & (survey.labels == place), column]
                if len(known := values[~np.isnan(values)]):
                    rows.append((f"{part.name} {label}" if several else label, known, place))
        known = np.concatenate([values for _, values, _ in rows]) if rows else np.zeros(1)
        if np.ptp(np.percentile(known, (5, 95))) > 0 or len({float(np.median(values)) for _, values, _ in rows}) > 1:
            yield spreads(words, rows)


def shifts(found: Mapping[str, Any]) -> str:
    """A row per statistic, a column per part."""
    parts = found["parts"]
    rows = [
        (words, *(_moved(parts[part].get(name)) for part in parts))
        for name, words in STATISTICS.items()
        if any(name in of for of in parts.values())
    ]
    text = (
        f"How well each number tells the other parts from {found['first']}, as AUC: 0.5 is alike. Of the classes, the "
        "one in which it differs most. What differs here will differ for the network too."
    )
    return html.paragraph(text) + html.table(["", *parts], rows) if rows else ""


def _moved(of: Mapping[str, Any] | None) -> str:
    if of is None:
        return "–"
    return f"{of['auc']:.2f}{' ↑' if of['higher'] else ' ↓'} {of['label']}{DIFFERS if is_shortcut(of) else ''}"


def files(found: Mapping[str, Any], survey: Survey) -> str:
    """Formats by part and class, and width against height."""
    sizes = {}
    for title, names in survey.groups():
        inside = survey.within(names)
        for place, label in enumerate(survey.classes):
            pairs = survey.values[inside & (survey.labels == place)][:, :2]
            if len(pairs):
                sizes[f"{label} ({title})" if len(survey.groups()) > 1 else label] = pairs[:: -(-len(pairs) // DOTS)]
    rows = [(part, label, form, f"{count:,}") for part, label, form, count in found["forms"]]
    drawn = html.plots(plots.image_sizes(sizes)) if any(np.ptp(pairs, axis=0).any() for pairs in sizes.values()) else ""
    return html.table(["part", "class", "kind", "images"], rows) + drawn


def samples(survey: Survey, names: Sequence[str]) -> str:
    """Some pictures of each class, evenly chosen."""
    inside, drawn = survey.within(names), []
    for label, name in enumerate(survey.classes):
        places = np.flatnonzero(inside & (survey.labels == label))
        chosen = places[np.linspace(0, len(places) - 1, min(SAMPLES, len(places))).astype(int)]
        shown = [(picture(survey, int(i)), survey.images[i].name) for i in chosen]
        drawn.append(html.subheading(name) + html.pictures(shown) if shown else "")
    return "".join(drawn)


def picture(survey: Survey, place: int) -> np.ndarray:
    """uint8 (PATCH, PATCH, 1): an image read anew, its shape kept, on black; all black where it can't be read."""
    if not survey.readable[place]:
        return np.zeros((PATCH, PATCH, 1), np.uint8)
    image = Image.fromarray(read_radiograph(survey.images[place].path.read_bytes()).displayed())
    scale = PATCH / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    image = image.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)
    square = Image.new("L", (PATCH, PATCH))
    square.paste(image, ((PATCH - image.width) // 2, (PATCH - image.height) // 2))
    return np.asarray(square)[:, :, np.newaxis]


def means(survey: Survey, names: Sequence[str]) -> str:
    """The mean of each class, and where it differs from the others."""
    found = survey.mean_pictures(names)
    text = (
        "All pictures of a class laid over each other. Below, where it is brighter (red) or darker (blue) than the "
        "others, in grey levels of 255: a difference at the edge or in a corner is more likely one of the machine or "
        "of the position than of the disease."
    )
    return html.paragraph(text) + html.plots(mean_pictures(found)) if found else ""


def _caption(image: Mapping[str, Any], several: bool) -> str:
    """The class, where the name does not begin with it, and the part, where there are several."""
    name, label, part = (str(image[key]) for key in ("name", "label", "part"))
    named = name.casefold().startswith(f"{label}/".casefold())
    return ("" if named else f"{label}: ") + (f"{part}/" if several else "") + name


def copies(found: Mapping[str, Any], survey: Survey) -> str:
    """Groups of copies side by side."""
    if not found["groups"]:
        return html.paragraph("None found. A copy that was cropped or turned is not found.")
    drawn, several = [], len(survey.parts) > 1
    for of in found["groups"][:COPIES_SHOWN]:
        why = f"{of['why']}, likeness {of['likeness']:.3f}" if of["why"] == "nearly the same" else of["why"]
        odd = ["labels contradict"] * of["contradicting"] + ["in several splits"] * (len(of["parts"]) > 1)
        shown = [(picture(survey, image["place"]), _caption(image, several)) for image in of["images"][:IN_A_GROUP]]
        many = f"{len(of['images'])} images" if len(of["images"]) > IN_A_GROUP else ""
        drawn.append(html.together(html.pictures(shown), ", ".join(filter(None, [why, *odd, many])), bool(odd)))
    more = len(found["groups"]) - COPIES_SHOWN
    rest = html.paragraph(f"{more:,} more are in explore.json.") if more > 0 else ""
    return f'<div class="groups">{"".join(drawn)}</div>' + rest


def patients(found: Mapping[str, Any]) -> str:
    """Images per patient, and who is in several places."""
    often = [(part, _often(of["images_each"])) for part, of in found["parts"].items()]
    head = [*range(1, EACH_UP_TO + 1), f"over {EACH_UP_TO}"]
    rows = [
        (part, f"{found['parts'][part]['patients']:,}", f"{found['parts'][part]['unknown']:,}", *of)
        for part, of in often
    ]
    table = html.table(["patients with so many images", "in all", "unknown", *map(str, head)], rows)
    for where, words in (
        ("in_several_parts", "Patients in several splits"),
        ("in_several_classes", "In several classes"),
    ):
        people = [(name, ", ".join(of)) for name, of in list(found[where].items())[:NAMES_SHOWN]]
        if people:
            table += html.subheading(f"{words}: {len(found[where]):,}") + html.table(["patient", "where"], people)
    return table


def _often(counts: Mapping[int, int]) -> list[str]:
    exact = [counts.get(n, 0) for n in range(1, EACH_UP_TO + 1)]
    over = sum(count for n, count in counts.items() if n > EACH_UP_TO)
    return [f"{count:,}" if count else "" for count in (*exact, over)]


def columns(found: Mapping[str, Sequence[tuple[str, str, str, int]]]) -> str:
    """The values of each column with the images of each class."""
    drawn = []
    for name, rows in found.items():
        by_value: dict[str, dict[str, int]] = {}
        for _, label, value, count in rows:
            of = by_value.setdefault(value, {})
            of[label] = of.get(label, 0) + count
        labels = sorted({label for _, label, _, _ in rows})
        ordered = sorted(by_value.items(), key=lambda item: -sum(item[1].values()))
        lines = [(value, *(f"{of.get(label, 0):,}" for label in labels)) for value, of in ordered[:VALUES_SHOWN]]
        more = f", the {VALUES_SHOWN} most frequent" if len(ordered) > VALUES_SHOWN else ""
        drawn.append(html.subheading(f"{name}: {len(ordered):,} values{more}") + html.table(["", *labels], lines))
    return "".join(drawn)


def refused(rows: Sequence[Mapping[str, str]], why: str) -> str:
    """Names with the reason."""
    more = html.paragraph(f"{len(rows) - NAMES_SHOWN:,} more are in explore.json.") if len(rows) > NAMES_SHOWN else ""
    return html.table(["part", "file", why], [(r["part"], r["name"], r[why]) for r in rows[:NAMES_SHOWN]]) + more
