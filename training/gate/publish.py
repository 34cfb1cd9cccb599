"""From folders of pictures to the gate's bundle: draw, train, choose the threshold, measure, write the card."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from inference.gate import KINDS, Gate, distances, kept_as, write_gate
from training.gate.measure import HELD_OUT, Row, chances_of, descriptions, left_out_in_turn, measured, whole
from training.gate.network import Weights, drawn_pool, trained
from training.gate.pictures import Picture, read_pictures

VERSION = "1.0.0"
DRAWN = 24_000
EPOCHS = 14
SEED = 7
ROUNDS = 3
ROUND_DRAWN = 6_000
REFUSED_AT_MOST = 0.007
"""Share of the held-out children's pictures that the threshold may refuse."""
LOWEST, HIGHEST = 0.2, 0.3
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
    pictures = with_originals_joined(read_pictures(data))
    say(f"{len(pictures)} pictures read")
    weights = learned(learners_part(pictures), seed, drawn, say)
    threshold = chosen_threshold(weights, pictures)
    weights |= where_children_lie(weights, pictures)
    rows = measured(weights, threshold, pictures)
    if rounds:
        part = learners_part(pictures)
        rows += left_out_in_turn(part, lambda p: learned(p, seed, min(drawn, ROUND_DRAWN), say), threshold, rounds)
    facts = {
        "name": "gate",
        "version": VERSION,
        "threshold": round(threshold, 4),
        "far": FAR,
        "seed": seed,
        "drawn": drawn,
        "flagged": flagged_shares(weights, pictures),
        "families": [row.to_dict() for row in rows],
    }
    return write_gate(out, facts, card_of(facts, rows), weights)


def learners_part(pictures: Sequence[Picture]) -> list[Picture]:
    """What the network may learn from: not the held-out fold, and never the development set."""
    return [p for p in pictures if p.fold != HELD_OUT and p.family not in ("child_dev",)]


def learned(pictures: Sequence[Picture], seed: int, drawn: int, say: Say) -> Weights:
    """A network trained on pictures drawn from these, its layers rounded as they are stored."""
    weights = trained(drawn_pool(pictures, seed, drawn, say), EPOCHS, seed, say)
    return as_stored(weights)


def as_stored(weights: Weights) -> Weights:
    """Rounded as the bundle keeps them, so that what is measured is what ships."""
    return {name: array.astype(kept_as(name)).astype(np.float32) for name, array in weights.items()}


def with_originals_joined(pictures: Sequence[Picture]) -> list[Picture]:
    """The few pictures that look alike get one group: the same original comes in several encodings."""
    seen: list[tuple[str, np.ndarray]] = []
    joined = []
    for picture in pictures:
        if picture.fold < 0:
            values = picture.pixels[::5, ::5].astype(float).ravel()
            same = next((group for group, other in seen if np.corrcoef(values, other)[0, 1] > 0.8), None)
            group = same or next((group for group, _ in seen if group == picture.group), picture.group)
            seen.append((group, values))
            picture = replace(picture, group=group)
        joined.append(picture)
    return joined


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
    lines = [f"| {row.family} | {'pass' if row.passes else 'be refused'} | {row.number} | {row.refused} "
             f"| {row.refused / row.number:.1%} | {row.right:.1%} |" for row in rows]  # fmt: skip
    return CARD.format(
        version=facts["version"], kinds=", ".join(KINDS), threshold=facts["threshold"], far=f"{FAR:.0%}",
        seed=facts["seed"], drawn=facts["drawn"], flagged=flagged, table="\n".join(lines),
    )  # fmt: skip


CARD = """# Gate {version}

Says before any score whether a picture is a frontal chest X-ray, upright, no negative, with whole lungs. It judges
pictures, not patients: a picture that passes may still be of a patient whom no model was made for.

- **Sees**: {kinds}. A picture is refused where the chance of "chest" is below {threshold}; the likeliest other kind
  gives the reason.
- **How**: greys and edges in eight directions at two sizes of detail, over a picture of 64 x 64, and a network with
  two hidden layers; numpy alone, no TensorFlow.
- **Learned from**: {drawn} pictures drawn (seed {seed}) from the folders of docs/gate.md: children's chest X-rays, the
  Covid set, adults, one chest DICOM; flowers, blood cells, DICOM of other examinations; pictures drawn by code; and
  chests that were turned, inverted, cut and distorted. A fifth of the patients, slides and photographs trained
  nothing and are measured below; the development set trained nothing at all.
- **Unlike the training pictures**: a note, never a refusal, where a chest lies further from the children's middle along
  their 64 main directions than {far} of the held-out children do. Share noted: {flagged}. Nothing is promised of it.

| family | should | pictures | refused | share | right kind |
| --- | --- | --- | --- | --- | --- |
{table}

## Limits

- Lateral views and other parts of the body were not at hand but for a hip, a leg and drawings: a lateral view is
  refused where its DICOM header says so, else it may pass.
- A mirrored chest passes: which side is which, the picture alone does not say.
- A picture cut so that it still shows most of both lungs may pass; a few very tight ones of whole lungs are refused.
- Tilts between 12 and 30 degrees were not taught either way.
- Adults are few among what it learned from and what it was measured on.
- The threshold and the table come from the sets named here; pictures of other machines may differ.
"""
