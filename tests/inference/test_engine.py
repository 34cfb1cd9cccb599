"""The engine batches what waits, and one asker's trouble is never another's."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from inference.engine import WATCH_SECONDS, Engine
from inference.errors import DeadlineExceeded, EngineBusy, OutputRejected
from tests.stack import wait_until

SHAPE = (4, 4, 1)
BROKEN = 255  # the network below has no probability for a picture of this grey


class BrightnessNetwork:
    """A plain-Python network: P(A) is the first pixel / 200; it can be held up, and notes its batches."""

    classes = ("A", "B")
    shape = SHAPE
    max_batch = 8

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.open = threading.Event()
        self.open.set()
        self.asked = threading.Event()

    def predict(self, batch: np.ndarray) -> np.ndarray:
        self.asked.set()
        assert self.open.wait(10)
        self.batches.append(len(batch))
        first = batch[:, 0, 0, 0].astype(np.float32)
        if (first == BROKEN).any():
            raise OutputRejected("output_rejected", found="a number outside 0 to 1")
        return np.stack([first / 200, 1 - first / 200], axis=1)


def grey(value: int) -> np.ndarray:
    return np.full(SHAPE, value, np.uint8)


@contextmanager
def running(network: BrightnessNetwork, **options: float) -> Iterator[Engine]:
    engine = Engine(network, **options)  # type: ignore[arg-type]
    try:
        yield engine
    finally:
        network.open.set()
        engine.close()


@contextmanager
def held_up(network: BrightnessNetwork, engine: Engine) -> Iterator[None]:
    """The network is busy with a first picture while the body runs."""
    network.open.clear()
    engine.predict(grey(0))
    assert network.asked.wait(5)
    yield
    network.open.set()


def test_one_picture_gets_its_probabilities_by_name() -> None:
    with running(BrightnessNetwork()) as engine:
        answer = engine.predict(grey(50)).result(5)
    assert answer.probabilities == pytest.approx({"A": 0.25, "B": 0.75})
    assert answer.batch_size == 1
    assert 0 <= answer.queue_seconds < 5
    assert 0 <= answer.network_seconds < 5


def test_what_waits_goes_together_and_each_gets_its_own() -> None:
    network = BrightnessNetwork()
    with running(network) as engine:
        with held_up(network, engine):
            futures = [engine.predict(grey(value)) for value in range(20)]
        answers = [future.result(5) for future in futures]
    assert [round(answer.probabilities["A"] * 200) for answer in answers] == list(range(20))
    assert network.batches == [1, 8, 8, 4]


def test_a_lone_picture_does_not_wait_for_company() -> None:
    with running(BrightnessNetwork(), max_wait_s=5.0) as engine:
        started = time.monotonic()
        engine.predict(grey(1)).result(5)
        engine.predict(grey(2)).result(5)
        assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 5, 1), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.zeros(SHAPE, np.float32),
        np.zeros((1, *SHAPE), np.uint8),
    ],
)
def test_a_wrong_array_is_refused_at_once(array: np.ndarray) -> None:
    with running(BrightnessNetwork()) as engine, pytest.raises(ValueError, match="the network takes uint8"):
        engine.predict(array)


def test_a_bad_answer_is_not_its_neighbours() -> None:
    network = BrightnessNetwork()
    with running(network) as engine:
        with held_up(network, engine):
            futures = [engine.predict(grey(value)) for value in (10, BROKEN, 30)]
        with pytest.raises(OutputRejected):
            futures[1].result(5)
        assert futures[0].result(5).probabilities["A"] == pytest.approx(0.05)
        assert futures[2].result(5).probabilities["A"] == pytest.approx(0.15)


def test_a_deadline_that_passed_in_the_queue_is_told() -> None:
    network = BrightnessNetwork()
    with running(network) as engine:
        with held_up(network, engine):
            late, patient = engine.predict(grey(1), timeout_s=0.01), engine.predict(grey(2), timeout_s=30)
            time.sleep(0.05)
        with pytest.raises(DeadlineExceeded):
            late.result(5)
        assert patient.result(5).batch_size == 1


def test_more_than_the_queue_holds_is_busy() -> None:
    network = BrightnessNetwork()
    with running(network, max_queued=3) as engine, held_up(network, engine):
        for value in range(3):
            engine.predict(grey(value))
        with pytest.raises(EngineBusy):
            engine.predict(grey(9))


def test_closing_answers_what_was_taken_and_takes_no_more() -> None:
    network = BrightnessNetwork()
    with running(network) as engine:
        with held_up(network, engine):
            futures = [engine.predict(grey(value)) for value in range(10)]
        engine.close()
        assert all(future.done() for future in futures)
        assert futures[9].result().probabilities["A"] == pytest.approx(9 / 200)
        with pytest.raises(EngineBusy):
            engine.predict(grey(1))
        engine.close()


def test_whatever_the_network_raises_the_next_picture_is_answered() -> None:
    class Stumbling(BrightnessNetwork):
        stumbled = False

        def predict(self, batch: np.ndarray) -> np.ndarray:
            if not self.stumbled:
                self.stumbled = True
                raise RuntimeError("the device went away")
            return super().predict(batch)

    with running(Stumbling()) as engine:
        with pytest.raises(RuntimeError, match="the device went away"):
            engine.predict(grey(1)).result(5)
        assert engine.predict(grey(100)).result(5).probabilities["A"] == pytest.approx(0.5)


def test_a_cancelled_picture_is_not_asked_for() -> None:
    network = BrightnessNetwork()
    with running(network) as engine:
        with held_up(network, engine):
            unwanted, wanted = engine.predict(grey(1)), engine.predict(grey(2))
            assert unwanted.cancel()
        assert wanted.result(5).batch_size == 1


def test_many_threads_ask_at_once_and_each_gets_its_own() -> None:
    with running(BrightnessNetwork()) as engine:
        found: dict[int, float] = {}

        def ask(value: int) -> None:
            found[value] = engine.predict(grey(value)).result(10).probabilities["A"] * 200

        threads = [threading.Thread(target=ask, args=(value,)) for value in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert {value: round(p) for value, p in found.items()} == {value: value for value in range(40)}


class TellingNetwork(BrightnessNetwork):
    """It tells what it saw as well: the first pixel."""

    def predict_and_embed(self, batch: np.ndarray) -> tuple[np.ndarray, list[bytes]]:
        return self.predict(batch), [picture[0, 0].tobytes() for picture in batch]


def test_each_asker_gets_what_was_seen_in_the_own_picture() -> None:
    with running(TellingNetwork()) as engine:
        asked = [engine.predict(grey(value)) for value in (20, 100, BROKEN, 180)]
        found = [asked[place].result(10) for place in (0, 1, 3)]
    assert [answer.embedding for answer in found] == [bytes([20]), bytes([100]), bytes([180])]
    assert [round(answer.probabilities["A"], 2) for answer in found] == [0.1, 0.5, 0.9]
    assert isinstance(asked[2].exception(10), OutputRejected)


def test_a_network_that_tells_nothing_more_is_served_all_the_same() -> None:
    with running(BrightnessNetwork()) as engine:
        assert engine.predict(grey(20)).result(10).embedding == b""


def test_background_work_runs_only_when_no_picture_waits() -> None:
    network = BrightnessNetwork()
    order: list[str] = []
    with running(network) as engine:
        with held_up(network, engine):
            pieces = [engine.behind(lambda number=number: order.append(f"piece {number}")) for number in range(2)]
            pictures = [engine.predict(grey(value)) for value in range(10)]
            for picture in pictures:
                picture.add_done_callback(lambda _: order.append("picture"))
        for future in (*pieces, *pictures):
            future.result(5)
    assert order == ["picture"] * 10 + ["piece 0", "piece 1"]


def test_a_picture_waits_for_no_more_than_the_piece_that_runs() -> None:
    network = BrightnessNetwork()
    order: list[str] = []
    runs, go_on = threading.Event(), threading.Event()

    def first_piece() -> None:
        runs.set()
        assert go_on.wait(5)
        order.append("first piece")

    with running(network) as engine:
        pieces = [engine.behind(first_piece), engine.behind(lambda: order.append("second piece"))]
        assert runs.wait(5)
        picture = engine.predict(grey(100))
        picture.add_done_callback(lambda _: order.append("picture"))
        go_on.set()
        for future in (*pieces, picture):
            future.result(5)
    assert order == ["first piece", "picture", "second piece"]


def test_background_work_beyond_the_line_waits_and_pictures_are_taken_all_the_same() -> None:
    network = BrightnessNetwork()
    with running(network, max_behind=2) as engine:
        with held_up(network, engine):
            placed = [engine.behind(lambda: 1) for _ in range(2)]
            with pytest.raises(DeadlineExceeded):
                engine.behind(lambda: 1, timeout_s=0.05)
            patient = threading.Thread(target=lambda: placed.append(engine.behind(lambda: 2, timeout_s=5)))
            patient.start()
            pictures = [engine.predict(grey(value)) for value in range(20)]
        patient.join(5)
        assert [future.result(5) for future in placed] == [1, 1, 2]
        assert all(picture.result(5) for picture in pictures)


def test_what_background_work_raises_is_told_to_its_asker_alone() -> None:
    with running(BrightnessNetwork()) as engine:
        with pytest.raises(ZeroDivisionError):
            engine.behind(lambda: 1 / 0).result(5)
        assert engine.predict(grey(100)).result(5).probabilities["A"] == pytest.approx(0.5)


def test_closing_does_the_background_work_that_was_taken_and_takes_no_more() -> None:
    network = BrightnessNetwork()
    with running(network, max_behind=1) as engine:
        refused: list[type[Exception]] = []

        def one_too_many() -> None:
            try:
                engine.behind(lambda: 1)
            except EngineBusy as error:
                refused.append(type(error))

        with held_up(network, engine):
            taken = engine.behind(lambda: 7)
            waiting = threading.Thread(target=one_too_many)
            waiting.start()
            closing = threading.Thread(target=engine.close)
            closing.start()
            waiting.join(5)
        closing.join(5)
        assert taken.result(0) == 7
        assert refused == [EngineBusy]
        with pytest.raises(EngineBusy):
            engine.behind(lambda: 1)


def test_a_network_that_hangs_keeps_nobody_beyond_the_deadline_and_its_late_answer_is_dropped() -> None:
    network = BrightnessNetwork()
    with running(network) as engine:
        network.open.clear()
        asked = engine.predict(grey(1), timeout_s=0.05)
        assert network.asked.wait(5)
        waiting, piece = engine.predict(grey(2), timeout_s=0.05), engine.behind(lambda: 1, timeout_s=0.05)
        unwanted = engine.predict(grey(4), timeout_s=0.05)
        assert unwanted.cancel()
        patient = engine.predict(grey(3), timeout_s=30)
        for future in (asked, waiting, piece):
            assert isinstance(future.exception(5), DeadlineExceeded)
        assert not patient.done()

        network.open.set()
        assert patient.result(5).batch_size == 1
        assert isinstance(asked.exception(0), DeadlineExceeded)


def test_an_engine_is_stuck_while_a_single_call_takes_too_long() -> None:
    network = BrightnessNetwork()
    with running(network, stuck_s=0.05) as engine:
        assert not engine.stuck
        with held_up(network, engine):
            wait_until(lambda: engine.stuck)
        engine.predict(grey(1)).result(5)
        wait_until(lambda: not engine.stuck)
        time.sleep(4 * WATCH_SECONDS)
        assert not engine.stuck  # idle for as long


def test_closing_a_network_that_hangs_leaves_nobody_without_an_end() -> None:
    network = BrightnessNetwork()
    with running(network) as engine:
        network.open.clear()
        in_hand = engine.predict(grey(0))
        assert network.asked.wait(5)
        waiting, piece = engine.predict(grey(1)), engine.behind(lambda: 1)

        engine.close(timeout_s=0.05)

        for future in (in_hand, waiting, piece):
            assert isinstance(future.exception(0), DeadlineExceeded)
