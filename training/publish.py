"""From a run to a bundle: weights without optimizer, facts, card, checksums."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from inference.bundle import Bundle, write_bundle
from inference.errors import BundleRejected
from training.card import measured_sets, read_texts, write_card
from training.cost import cost_of
from training.errors import WorkshopError
from training.manifest import Manifest
from training.scorer import classes_of, output_of, thresholds_of


def publish(run: Path, directory: Path, name: str, version: str, texts: Path) -> Bundle:
    """Write the bundle of a run's best epoch.

    Raises:
        WorkshopError: a field of the card is empty, a measurement is missing, or the directory exists.
    """
    manifest, spoken = Manifest.open(run), read_texts(texts)
    measured_sets(manifest)  # what is missing is said before the network is loaded
    network, cost = served_network(manifest)
    card = write_card(manifest, spoken, name, version, cost)
    facts = bundle_facts(manifest, spoken["scope"]) | {"name": name, "version": version, "title": spoken["title"]}
    try:
        return write_bundle(directory, facts | {"cost": cost}, card, network)
    except (FileExistsError, BundleRejected) as error:
        raise WorkshopError(str(error)) from error


def served_network(manifest: Manifest) -> tuple[bytes, dict[str, float]]:
    """The best epoch as a .keras file without optimizer state, and what a picture costs in it."""
    from training.fit import best_network

    network = best_network(manifest)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        network.save(path)
        return path.read_bytes(), cost_of(network, manifest.facts["recipe"])


def bundle_facts(manifest: Manifest, scope: dict[str, Any]) -> dict[str, Any]:
    """What bundle.json holds, but name and version. Patients stay behind, as long as their hashes could be tried."""
    facts, thresholds = manifest.facts, thresholds_of(manifest)
    evaluations = manifest.evaluations()
    assert thresholds is not None  # noqa: S101 write_card has asked for the evaluation that chose them
    return {
        "classes": list(classes_of(manifest)),
        "positive": facts["data"]["positive"],
        "output": {"kind": output_of(manifest).kind, "of": output_of(manifest).of},
        "preprocessing": facts["recipe"]["preprocessing"],
        "thresholds": thresholds.to_dict() | {"chosen": evaluations["validation"]["thresholds_chosen"]},
        "calibration": evaluations["validation"].get("calibration", {"method": "none"}),
        "scope": scope,
        "data": facts["data"] | {"split": published_split(facts["split"]) | taught_people(facts)},
        "metrics": evaluations,
        "recipe": facts["recipe"],
        "epoch": manifest.best["epoch"],
        "software": facts["software"],
        "seed": facts["seed"],
    }


def taught_people(facts: dict[str, Any]) -> dict[str, Any]:
    """Whom the model learned from, where patients are named by a site's key: so that no bundle is judged by them."""
    if not facts["data"].get("patients_keyed"):
        return {}
    split = facts["split"]
    return {"taught": {"salt": split["salt"]} | {name: split["train"][name] for name in ("people", "pictures")}}


def published_split(split: dict[str, Any]) -> dict[str, Any]:
    """The split without the patients' hashes: they stay in the run's manifest, where the data is."""
    told = ("images", "fingerprint")
    sides = {
        side: {name: split[side][name] for name in told} | {"patients": len(split[side]["patients"])}
        for side in ("train", "validation")
    }
    return {"by": split["by"], **sides}
