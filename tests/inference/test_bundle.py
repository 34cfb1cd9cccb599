"""A model directory is used only when every byte of it is the one that training wrote."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.bundle import CARD, CHECKSUMS, CONTENT, FACTS, NETWORK, REQUIRED, Bundle, Output, Thresholds
from inference.errors import BundleRejected
from tests.inference.small_bundle import small_bundle, small_facts

PRODUCT = Path(__file__).parents[2] / "inference" / "bundles" / "pneumonia"


def refusal(directory: Path) -> BundleRejected:
    with pytest.raises(BundleRejected) as caught:
        Bundle.open(directory)
    return caught.value


def rewrite(directory: Path, name: str, content: bytes) -> None:
    """Replace a file and make the checksums fit again, as somebody would who wants to get past them."""
    (directory / name).write_bytes(content)
    lines = [f"{hashlib.sha256((directory / n).read_bytes()).hexdigest()}  {n}\n" for n in CONTENT]
    (directory / CHECKSUMS).write_text("".join(lines))


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    written = small_bundle(tmp_path / "small")
    opened = Bundle.open(str(tmp_path / "small"))
    assert opened == written
    assert (opened.name, opened.version, opened.classes) == ("small", "1.0.0", ("NORMAL", "PNEUMONIA"))
    assert opened.thresholds == Thresholds(0.2, 0.7)
    assert opened.card == "# Small\n"
    assert not opened.calibrated


def test_the_identity_is_the_hash_of_the_checksums(tmp_path: Path) -> None:
    bundle = small_bundle(tmp_path / "small")
    assert bundle.sha256 == hashlib.sha256((bundle.directory / CHECKSUMS).read_bytes()).hexdigest()
    assert bundle.sha256 != small_bundle(tmp_path / "other", seed=2).sha256


def test_the_checksums_are_those_of_the_usual_tool(tmp_path: Path) -> None:
    bundle = small_bundle(tmp_path / "small")
    subprocess.run(
        ["sha256sum", "--check", "--strict", CHECKSUMS], cwd=bundle.directory, check=True, capture_output=True
    )


@pytest.mark.parametrize("name", [*CONTENT, CHECKSUMS])
def test_any_changed_byte_is_refused(tmp_path: Path, name: str) -> None:
    path = small_bundle(tmp_path / "small").directory / name
    sound = path.read_bytes()
    for place in range(0, len(sound), max(1, len(sound) // 50)):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        assert refusal(path.parent).code == "bundle_altered", place
    path.write_bytes(sound)
    assert Bundle.open(path.parent).name == "small"


@pytest.mark.parametrize("name", [*CONTENT, CHECKSUMS])
def test_a_longer_or_shorter_file_is_refused(tmp_path: Path, name: str) -> None:
    path = small_bundle(tmp_path / "small").directory / name
    sound = path.read_bytes()
    for content in (sound + b"\n", sound[:-1], b""):
        path.write_bytes(content)
        assert refusal(path.parent).code == "bundle_altered"


@pytest.mark.parametrize("name", [*CONTENT, CHECKSUMS])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    directory = small_bundle(tmp_path / "small").directory
    (directory / name).unlink()
    error = refusal(directory)
    assert (error.code, error.values["file"]) == ("bundle_incomplete", name)


def test_a_file_too_many_is_refused(tmp_path: Path) -> None:
    directory = small_bundle(tmp_path / "small").directory
    (directory / "sitecustomize.py").write_text("")
    assert refusal(directory).values["file"] == "sitecustomize.py"


def test_a_link_is_refused_even_to_the_same_bytes(tmp_path: Path) -> None:
    directory = small_bundle(tmp_path / "small").directory
    (directory / NETWORK).rename(tmp_path / "elsewhere")
    (directory / NETWORK).symlink_to(tmp_path / "elsewhere")
    assert refusal(directory).code == "bundle_altered"


@pytest.mark.parametrize("name", ["../outside", "/etc/hostname", "sub/model.keras"])
def test_a_checksum_line_cannot_lead_outside(tmp_path: Path, name: str) -> None:
    directory = small_bundle(tmp_path / "small").directory
    with (directory / CHECKSUMS).open("a") as file:
        file.write(f"{'0' * 64}  {name}\n")
    assert refusal(directory).values["file"] == CHECKSUMS


def test_a_folder_that_is_not_there_is_incomplete(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nothing").code == "bundle_incomplete"


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_every_required_field_is_missed(tmp_path: Path, name: str) -> None:
    directory = small_bundle(tmp_path / "small").directory
    facts = json.loads((directory / FACTS).read_text())
    del facts[name]
    rewrite(directory, FACTS, json.dumps(facts).encode())
    error = refusal(directory)
    assert error.code == ("bundle_foreign" if name == "format" else "bundle_incomplete")
    assert name in f"{error.values}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "../up"),
        ("version", ""),
        ("classes", ["PNEUMONIA"]),
        ("classes", ["PNEUMONIA", "PNEUMONIA"]),
        ("classes", ["PNEUMONIA", ["NORMAL"]]),
        ("positive", "COVID"),
        ("output", {"kind": "sigmoid", "of": "COVID"}),
        ("output", {"kind": "logits"}),
        ("preprocessing", {"height": 16, "width": 16, "resample": "nearest"}),
        ("preprocessing", {"colour": True}),
        ("thresholds", {"sensitive": 0.8, "specific": 0.7}),
        ("thresholds", {"sensitive": 0.2}),
        ("thresholds", {"sensitive": -0.1, "specific": 0.7}),
        ("calibration", {}),
        ("seed", "1"),
        ("scope", {"ages": [1, 5]}),
    ],
)
def test_a_field_that_does_not_fit_is_foreign(tmp_path: Path, field: str, value: object) -> None:
    with pytest.raises(BundleRejected) as caught:
        small_bundle(tmp_path / "small", **{field: value})
    assert (caught.value.code, caught.value.values["field"]) == ("bundle_foreign", field)
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_json_that_is_none_and_another_format_are_foreign(tmp_path: Path) -> None:
    directory = small_bundle(tmp_path / "small").directory
    for content in (b"{", b"[]", json.dumps(small_facts() | {"format": 2}).encode()):
        rewrite(directory, FACTS, content)
        assert refusal(directory).code == "bundle_foreign"


def test_an_empty_card_is_refused(tmp_path: Path) -> None:
    directory = small_bundle(tmp_path / "small").directory
    rewrite(directory, CARD, b" \n")
    assert refusal(directory).code == "bundle_foreign"


def test_a_published_version_is_never_overwritten(tmp_path: Path) -> None:
    first = small_bundle(tmp_path / "small")
    with pytest.raises(FileExistsError):
        small_bundle(tmp_path / "small", seed=2)
    assert Bundle.open(first.directory).sha256 == first.sha256


def test_one_sigmoid_becomes_two_named_probabilities(tmp_path: Path) -> None:
    bundle = small_bundle(tmp_path / "small")
    assert np.allclose(bundle.per_class(np.array([[0.9], [0.25]])), [[0.9, 0.1], [0.25, 0.75]])
    turned = small_bundle(tmp_path / "turned", output={"kind": "sigmoid", "of": "PNEUMONIA"})
    assert np.allclose(turned.per_class(np.array([[0.9]])), [[0.1, 0.9]])


def test_a_softmax_keeps_the_order_of_the_classes() -> None:
    classes = ("A", "B", "C")
    raw = np.array([[0.2, 0.3, 0.5]])
    assert Output("softmax").fits(classes)
    assert np.allclose(Output("softmax").per_class(raw, classes), raw)
    assert not Output("sigmoid", "A").fits(classes)


@pytest.mark.parametrize(
    ("probability", "band"),
    [
        (0.0, "unlikely"),
        (0.1999, "unlikely"),
        (0.2, "uncertain"),
        (0.6999, "uncertain"),
        (0.7, "likely"),
        (1.0, "likely"),
    ],
)
def test_two_thresholds_make_three_bands(probability: float, band: str) -> None:
    assert Thresholds(0.2, 0.7).band(probability) == band


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_probability_never_falls_into_a_lower_band(a: float, b: float, p: float, q: float) -> None:
    bands = ["unlikely", "uncertain", "likely"]
    thresholds = Thresholds(min(a, b), max(a, b))
    assert bands.index(thresholds.band(min(p, q))) <= bands.index(thresholds.band(max(p, q)))


@pytest.mark.parametrize("number", [float("nan"), -0.01, 1.01, float("inf")])
def test_what_is_no_probability_has_no_band(number: float) -> None:
    with pytest.raises(ValueError, match="no probability"):
        Thresholds(0.2, 0.7).band(number)


def test_the_product_s_bundle_is_whole() -> None:
    bundle = Bundle.open(PRODUCT)
    assert (bundle.name, bundle.classes, bundle.positive) == ("pneumonia", ("NORMAL", "PNEUMONIA"), "PNEUMONIA")
    assert sum(path.stat().st_size for path in PRODUCT.iterdir()) < 15e6
    assert bundle.scope["age_years"] == [1, 5]
    assert "validation" in bundle.metrics


@pytest.mark.parametrize("name", [*CONTENT, CHECKSUMS])
def test_the_product_s_bundle_is_refused_with_one_byte_changed(tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(PRODUCT, copy)
    sound = (copy / name).read_bytes()
    for place in np.random.default_rng(7).integers(len(sound), size=5):
        (copy / name).write_bytes(sound[:place] + bytes([sound[place] ^ 0x10]) + sound[place + 1 :])
        assert refusal(copy).code == "bundle_altered"
