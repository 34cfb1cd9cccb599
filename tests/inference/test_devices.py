"""A device that runs out of memory, answers differently or is one of several; a stand-in behaves like such a GPU."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from inference.devices import (
    CPU,
    EQUAL,
    GPU,
    Ladder,
    Way,
    first_equal,
    is_memory_error,
    prepare_device,
    probe_pictures,
    with_policy,
)
from inference.engine import Engine

SHAPE = (4, 4, 1)
SIZES = (1, 4, 8, 16, 32)


class ResourceExhaustedError(Exception):
    """Named as TensorFlow names it."""


class StandIn:
    """Behaves like a card: it holds so many pictures at once, `holds` may change while it runs, and it notes its calls.

    Its answers are the CPU's but for what 16-bit numbers or another order of adding would change (`error`).
    """

    def __init__(self, holds: int = 32, error: float = 0.0) -> None:
        self.holds, self.error = holds, error
        self.asked: list[int] = []

    def __call__(self, batch: np.ndarray) -> np.ndarray:
        self.asked.append(len(batch))
        if len(batch) > self.holds:
            raise ResourceExhaustedError(f"OOM when allocating tensor with shape[{len(batch)},160,160,32]")
        return on_cpu(batch) + self.error


def on_cpu(batch: np.ndarray) -> np.ndarray:
    return (batch.reshape(len(batch), -1).mean(axis=1, keepdims=True) / 255 * 0.9 + 0.05).astype(np.float32)


def ladder(card: StandIn, **options: Any) -> Ladder:
    return Ladder([Way("card", card), Way("CPU", on_cpu)], SIZES, **options)


def pictures(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *SHAPE), dtype=np.uint8)


def test_a_batch_that_fits_is_asked_once_and_padded_to_a_known_size() -> None:
    card = StandIn()
    assert ladder(card)(pictures(5)) == pytest.approx(on_cpu(pictures(5)))
    assert card.asked == [8]


def test_out_of_memory_is_answered_by_smaller_batches_in_the_order_of_the_pictures() -> None:
    card = StandIn(holds=9)
    steps = ladder(card)
    assert steps(pictures(32)) == pytest.approx(on_cpu(pictures(32)))
    assert card.asked == [32, 16, 8, 8, 8, 8]
    steps(pictures(32, seed=1))
    assert card.asked[6:] == [8, 8, 8, 8]  # it is not tried above its memory again and again


def test_a_card_without_room_for_one_picture_leaves_the_answer_to_the_cpu() -> None:
    card = StandIn(holds=0)
    steps = ladder(card)
    assert steps(pictures(32)) == pytest.approx(on_cpu(pictures(32)))
    assert card.asked == [32, 16, 8, 4, 1]
    assert steps.way.name == "CPU"
    steps(pictures(3))
    assert len(card.asked) == 5


def test_after_a_rest_the_card_is_tried_again() -> None:
    card, clock = StandIn(holds=0), SimpleNamespace(now=0.0)
    steps = ladder(card, rest_seconds=60, clock=lambda: clock.now)
    steps(pictures(2))
    card.holds, clock.now = 32, 61.0
    steps(pictures(32))
    assert (steps.way.name, steps.largest, card.asked[-1]) == ("card", 32, 32)


def test_the_last_way_keeps_its_error() -> None:
    steps = Ladder([Way("CPU", StandIn(holds=0))], SIZES)
    with pytest.raises(ResourceExhaustedError):
        steps(pictures(4))


def test_another_error_is_nobodys_memory() -> None:
    def broken(batch: np.ndarray) -> np.ndarray:
        raise ValueError("no such kernel")

    with pytest.raises(ValueError, match="no such kernel"):
        Ladder([Way("card", broken), Way("CPU", on_cpu)], SIZES)(pictures(1))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ResourceExhaustedError(""), True),
        (MemoryError(), True),
        (RuntimeError("CUDA_ERROR_OUT_OF_MEMORY: out of memory"), True),
        (RuntimeError("cuDNN: CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("Failed to allocate 512 bytes"), True),
        (RuntimeError("ROOM 12 is closed"), False),
        (ValueError("shape"), False),
    ],
)
def test_memory_errors_are_known_by_class_or_by_their_words(error: Exception, expected: bool) -> None:
    assert is_memory_error(error) is expected


def test_a_hundred_requests_to_a_card_whose_memory_comes_and_goes_all_end_as_on_the_cpu() -> None:
    """F13: 100 of 100 finish, none differs by more than 1e-3 from the CPU."""
    chance = random.Random(13)
    card = StandIn(error=4e-4)
    steps = ladder(card, rest_seconds=0.0)

    class OnCard:
        classes, shape, max_batch = ("A", "B"), SHAPE, 32

        def predict(self, batch: np.ndarray) -> np.ndarray:
            card.holds = chance.choice((0, 1, 3, 8, 20, 32))
            rows = steps(batch)
            return np.concatenate([rows, 1 - rows], axis=1)

    engine = Engine(OnCard())
    try:
        found = [future.result(20) for future in [engine.predict(picture) for picture in pictures(100)]]
    finally:
        engine.close()
    difference = np.array([answer.probabilities["A"] for answer in found]) - on_cpu(pictures(100))[:, 0]
    assert len(found) == 100
    assert np.abs(difference).max() <= 1e-3
    assert max(card.asked) == 32
    assert min(card.asked) == 1


def test_the_first_way_within_a_thousandth_of_the_cpu_is_taken() -> None:
    coarse, fine = Way("mixed", StandIn(error=2e-3)), Way("plain", StandIn(error=EQUAL / 2))
    reference = Way("CPU", on_cpu)
    assert first_equal([lambda: coarse, lambda: fine], reference, probe_pictures(SHAPE)) is fine
    assert first_equal([lambda: coarse], reference, probe_pictures(SHAPE)) is None


def test_what_a_calibration_makes_of_a_difference_counts() -> None:
    way = Way("plain", StandIn(error=EQUAL / 2))
    steep = lambda numbers: numbers * 3  # noqa: E731
    assert first_equal([lambda: way], Way("CPU", on_cpu), probe_pictures(SHAPE), steep) is None


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_a_way_without_numbers_is_not_equal(wrong: float) -> None:
    ways = [lambda: Way("mixed", StandIn(error=wrong)), lambda: Way("wide", lambda batch: np.zeros((len(batch), 2)))]
    assert first_equal(ways, Way("CPU", on_cpu), probe_pictures(SHAPE)) is None


def test_a_way_that_does_not_fit_into_the_card_is_passed_over() -> None:
    def too_large() -> Way:
        raise ResourceExhaustedError("OOM while the weights are copied")

    small = Way("plain", StandIn())
    assert first_equal([too_large, lambda: small], Way("CPU", on_cpu), probe_pictures(SHAPE)) is small


def test_probe_pictures_cover_black_to_white_and_are_always_the_same() -> None:
    probes = probe_pictures((20, 30, 1))
    assert probes.shape == (16, 20, 30, 1)
    assert (probes[0].max(), probes[1].min()) == (0, 255)
    assert len({probe.tobytes() for probe in probes}) == 16
    assert (probes == probe_pictures((20, 30, 1))).all()


class FakeTensorFlow:
    """What `prepare_device` asks of TensorFlow, with so many cards; it notes what is set."""

    def __init__(self, cards: int, *, runs_already: bool = False) -> None:
        self.set: list[tuple[Any, ...]] = []
        self._runs_already = runs_already
        self._cards = [f"card {number}" for number in range(cards)]
        self.config = SimpleNamespace(
            list_physical_devices=lambda kind: self._cards,
            set_visible_devices=self._noting("visible"),
            experimental=SimpleNamespace(set_memory_growth=self._noting("growth")),
            threading=SimpleNamespace(
                set_intra_op_parallelism_threads=self._noting("intra"),
                set_inter_op_parallelism_threads=self._noting("inter"),
            ),
        )

    def _noting(self, name: str) -> Any:
        def note(*values: Any) -> None:
            if self._runs_already:
                raise RuntimeError("Physical devices cannot be modified after being initialized")
            self.set.append((name, *values))

        return note


def test_a_gpu_is_found_by_itself_and_takes_memory_as_it_needs_it() -> None:
    machine = FakeTensorFlow(cards=1)
    assert prepare_device(machine, "auto") == GPU
    assert machine.set == [("visible", "card 0", "GPU"), ("growth", "card 0", True)]


def test_a_process_takes_one_card_of_several() -> None:
    machine = FakeTensorFlow(cards=4)
    assert prepare_device(machine, "auto") == GPU
    assert [values for name, *values in machine.set if name == "visible"] == [["card 0", "GPU"]]


def test_without_a_gpu_the_cpu_computes_with_the_threads_it_is_given() -> None:
    machine = FakeTensorFlow(cards=0)
    assert prepare_device(machine, "auto", threads=3) == CPU
    assert machine.set == [("intra", 3), ("inter", 1)]


def test_who_wants_the_cpu_gets_it_beside_a_gpu() -> None:
    machine = FakeTensorFlow(cards=1)
    assert prepare_device(machine, "cpu") == CPU
    assert machine.set == []


def test_a_second_network_of_a_process_keeps_what_the_first_chose() -> None:
    assert prepare_device(FakeTensorFlow(cards=1, runs_already=True), "gpu") == GPU


def test_a_gpu_that_is_asked_for_and_not_there_is_said() -> None:
    with pytest.raises(ValueError, match="sees none"):
        prepare_device(FakeTensorFlow(cards=0), "gpu")


def test_a_policy_reaches_every_layer_but_those_that_give_probabilities() -> None:
    def layer(name: str, **config: Any) -> dict[str, Any]:
        plain = {"class_name": "DTypePolicy", "config": {"name": "float32"}}
        return {"class_name": name, "config": {"dtype": plain, **config}}

    model = {"layers": [layer("Conv2D", activation="relu"), layer("Dense", activation="sigmoid"), layer("Average")]}
    found = with_policy(model, "mixed_float16")["layers"]
    assert [each["config"]["dtype"]["config"]["name"] for each in found] == ["mixed_float16", "float32", "float32"]
