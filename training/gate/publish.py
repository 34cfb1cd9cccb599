"""From folders of pictures to the gate's bundle: draw, train, choose the threshold, measure, write the card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from inference.gate import KINDS, Gate, distances, kept_as, write_gate
from training.gate.copies import GATHERED, without_copies
from training.gate.families import HELD_OUT, whole
from training.gate.measure import Row, chances_of, descriptions, left_out_in_turn, measured
from training.gate.network import Weights, trained
from training.gate.pictures import Picture, read_pictures

VERSION = "1.1.0"
DRAWN = 150_000
SEED = 7
ROUNDS = 5
ROUND_DRAWN = 50_000
REFUSED_AT_MOST = 0.007
"""Share of the held-out children's pictures that the threshold may refuse."""
LOWEST, HIGHEST = 0.2, 0.5
"""Limits of the threshold: tight pictures of whole lungs come in the children's set, and are to pass."""
FAR = 0.95
DIRECTIONS = 64
CHILDREN_TAKEN = 2
"""Every second child says where children lie."""
Say = Callable[[str], None]


def make_gate(data: Path, out: Path, say: Say, seed: int = SEED, rounds: int = ROUNDS, drawn: int = DRAWN) -> Gate:
    """Train on what is under `data` and write the bundle into `out`.

    Args:
        seed: of every draw; the same data and seed give the same weights on the same machine.
        rounds: networks trained without a share of the few originals, for the table; 0: none.
        drawn: how many training pictures are drawn.
    Raises:
        WorkshopError: `data` lacks chests or other pictures.
    """
    pictures = without_copies(read_pictures(data))
    say(f"{len(pictures)} pictures read")
    learners = learners_part(pictures)
    weights = learned(learners, seed, drawn, say)
    threshold = chosen_threshold(weights, pictures)
    weights |= where_children_lie(weights, pictures)
    rows = measured(weights, threshold, pictures)
    if rounds:
        part = [*learners, *(p for p in pictures if p.family in GATHERED and p.fold == HELD_OUT)]
        rows += left_out_in_turn(part, lambda p: learned(p, seed, min(drawn, ROUND_DRAWN), say), threshold, rounds)
    facts = {
        "name": "gate",
        "version": VERSION,
        "threshold": round(threshold, 4),
        "far": FAR,
        "seed": seed,
        "drawn": drawn,
        "round_drawn": min(drawn, ROUND_DRAWN),
        "originals": len({picture.group for picture in pictures if picture.family == "other"}),
        "flagged": flagged_shares(weights, pictures),
        "families": [row.to_dict() for row in rows if row.passes is not None],
        "between": [row.to_dict() for row in rows if row.passes is None],
    }
    return write_gate(out, facts, card_of(facts, rows), weights)


def learners_part(pictures: Sequence[Picture]) -> list[Picture]:
    """What the network may learn from: not the held-out fold, and never the development set."""
    return [p for p in pictures if p.fold != HELD_OUT and p.family not in ("child_dev",)]


def learned(pictures: Sequence[Picture], seed: int, drawn: int, say: Say) -> Weights:
    """A network trained on pictures drawn from these, its layers rounded as they are stored."""
    return as_stored(trained(pictures, seed, drawn, say))


def as_stored(weights: Weights) -> Weights:
    """Rounded as the bundle keeps them, so that what is measured is what ships."""
    return {name: array.astype(kept_as(name)).astype(np.float32) for name, array in weights.items()}


def chosen_threshold(weights: Weights, pictures: Sequence[Picture]) -> float:
    """The chance of a chest below which a picture is refused, from the held-out children."""
    chances = chances_of(weights, whole(pictures, "child", HELD_OUT))[:, 0]
    return float(np.clip(np.quantile(chances, REFUSED_AT_MOST), LOWEST, HIGHEST))


def where_children_lie(weights: Weights, pictures: Sequence[Picture]) -> Weights:
    """Middle and main directions of the children learned from; distances of those held out, in order."""
    learners = [p for p in pictures if p.family == "child" and p.fold != HELD_OUT][::CHILDREN_TAKEN]
    values = (descriptions(whole(learners, "child")) - weights["mean"]) * weights["scale"]
    middle = values.mean(axis=0)
    _, sizes, directions = np.linalg.svd(values - middle, full_matrices=False)
    spreads = np.maximum(sizes[:DIRECTIONS], 1e-3 * sizes[0]) / np.sqrt(len(values))
    whitening = directions[:DIRECTIONS].T / spreads
    found = as_stored({"middle": middle, "whitening": whitening})
    away = distances({**weights, **found}, descriptions(whole(pictures, "child", HELD_OUT)))
    return {**found, "distances": np.sort(away).astype(np.float32)}


def flagged_shares(weights: Weights, pictures: Sequence[Picture]) -> dict[str, float]:
    """Family to the share of its pictures that lie further away than FAR of the held-out children."""
    limit, found = np.quantile(weights["distances"], FAR), {}
    for family in ("child_dev", "adult", "covid19", "dicom_chest"):
        if images := whole(pictures, family):
            found[family] = round(float((distances(weights, descriptions(images)) > limit).mean()), 3)
    return found


def card_of(facts: dict[str, object], rows: Sequence[Row]) -> str:
    """The card, Markdown."""
    flagged = ", ".join(f"{name} {share:.1%}" for name, share in facts["flagged"].items())  # type: ignore[attr-defined]
    return CARD.format(
        version=facts["version"], kinds=", ".join(KINDS), threshold=facts["threshold"], far=f"{FAR:.0%}",
        seed=facts["seed"], drawn=facts["drawn"], round_drawn=facts["round_drawn"], originals=facts["originals"],
        flagged=flagged, table="\n".join(map(_line, rows)),
    )  # fmt: skip


def _line(row: Row) -> str:
    should = {True: "pass", False: "be refused", None: "either"}[row.passes]
    low, high = row.interval
    return (f"| {row.family} | {should} | {row.number} | {row.refused} | {row.refused / row.number:.1%} "
            f"| {100 * low:.1f} to {high:.1%} | {row.right:.1%} |")  # fmt: skip


CARD = """# Gate {version}

Says before any score whether a picture is a frontal chest X-ray, upright, no negative, with whole lungs. It judges
pictures, not patients: a picture that passes may still be of a patient whom no model was made for.

- **Sees**: {kinds}. A picture is refused where the chance of "chest" is below {threshold}; the likeliest other kind
  gives the reason. A chest tilted by 17 to 135 degrees counts as turned to that side.
- **How**: greys and edges in eight directions at two sizes of detail, over a picture of 64 x 64, and a network with
  two hidden layers; numpy alone, no TensorFlow.
- **Learned from**: {drawn} pictures drawn (seed {seed}) from the folders of docs/gate.md: children's chest X-rays, the
  Covid set, adults, one chest DICOM; flowers, blood cells, DICOM of other examinations; pictures drawn by code; and
  chests that were turned, tilted, inverted, cut and distorted. A fifth of the patients, slides and photographs trained
  nothing and are measured below; nor did the development set, nor its copies in the Covid set, which are left out.
- **Changed chests below** are those of the development set and of the adults and the Covid set held out, each changed
  once in the way named; every other tilt goes to the right. "Either" lies on the border, and nothing is promised of
  it; a child's chest of which the middle 70 % is left was taught as a part.
- **The few**: for the rows "left out" the originals, the adults and the Covid set were shared out; other networks, made
  in the same way from fewer pictures ({round_drawn} drawn), judge the share that taught them nothing.
- **Unlike the training pictures**: a note, never a refusal, where a chest lies further from the children's middle along
  their 64 main directions than {far} of the held-out children do. Share noted: {flagged}. Nothing is promised of it.

| family | should | pictures | refused | share | 95 % interval | right kind |
| --- | --- | --- | --- | --- | --- | --- |
{table}

## Limits

- Lateral views and other parts of the body were not at hand but for a hip, a leg and drawings: a lateral view is
  refused where its DICOM header says so, else it may pass.
- A mirrored chest passes: which side is which, the picture alone does not say.
- What is cut to two thirds of its height or of both sides may pass, as the rows say: the gate sees a square, and a
  child taken closely fills it as the part of another does.
- Tilts between 12 and 17 degrees were not taught either way. A patient who lies tilted adds to the tilt of the film.
- Adults are few among what it learned from and what it was measured on; the DICOM of other examinations come from
  {originals} originals.
- The threshold and the table come from the sets named here; pictures of other machines may differ.
"""
