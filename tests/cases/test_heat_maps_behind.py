"""Heat maps are made behind what people wait for: in small pieces, one map after the other."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from cases.analysis.heat_maps import AT_ONCE, ThroughEngine
from cases.analysis.one_by_one import OneByOne
from inference.engine import Engine
from inference.errors import DeadlineExceeded
from inference.heat_check import checked_map
from tests.cases.heat_networks import IN_THE_LUNG, SMALL, Looking, chest

MAPS = 15
ORDINARY = np.full((SMALL.height, SMALL.width, 1), 77, np.uint8)


class Noting(Looking):
    """It notes in which thread it was asked for what; only an ordinary picture is of one grey throughout."""

    def __init__(self) -> None:
        super().__init__(IN_THE_LUNG)
        self.noted: list[str] = []
        self.threads: set[str] = set()

    def predict(self, batch: np.ndarray) -> np.ndarray:
        self.threads.add(threading.current_thread().name)
        self.noted.append("ordinary" if (batch == 77).all() else f"map {len(batch)}")
        return super().predict(batch)

    def evidence(self, array: np.ndarray, name: str) -> None:
        self.threads.add(threading.current_thread().name)
        self.noted.append("evidence")


def test_beside_fifteen_maps_a_picture_waits_for_no_more_than_one_piece():
    network = Noting()
    engine = Engine(network)
    made: list[np.ndarray] = []

    def make() -> None:
        made.append(checked_map(ThroughEngine(engine), chest(IN_THE_LUNG), "PNEUMONIA")[0])

    makers = [threading.Thread(target=make) for _ in range(MAPS)]
    for maker in makers:
        maker.start()
    joined = []  # how much the network had been asked for, when a picture was in the line
    while any(maker.is_alive() for maker in makers) and len(joined) < 200:
        picture = engine.predict(ORDINARY)  # never EngineBusy
        joined.append(len(network.noted))
        assert picture.result(20).batch_size == 1
    for maker in makers:
        maker.join(60)
    engine.close()

    assert len(made) == MAPS
    turns = [place for place, note in enumerate(network.noted) if note == "ordinary"]
    assert len(turns) == len(joined)
    assert max(turn - place for turn, place in zip(turns, joined, strict=True)) <= 1  # the piece that was being taken
    assert {note for note in network.noted if note.startswith("map")} <= {f"map {n}" for n in range(1, AT_ONCE + 1)}
    assert network.noted.count("evidence") == MAPS
    assert network.threads == {"engine"}


def test_a_map_through_the_engine_is_the_map_of_the_network():
    engine = Engine(Looking(IN_THE_LUNG))
    heat, checked = checked_map(ThroughEngine(engine), chest(IN_THE_LUNG), "PNEUMONIA")
    engine.close()
    plain_heat, plain_checked = checked_map(Looking(IN_THE_LUNG), chest(IN_THE_LUNG), "PNEUMONIA")
    assert np.array_equal(heat, plain_heat)
    assert checked == plain_checked


def test_one_deadline_holds_for_a_whole_map(settings):
    settings.SCORE_SECONDS = 0
    engine = Engine(Looking(IN_THE_LUNG))
    with pytest.raises(DeadlineExceeded):
        checked_map(ThroughEngine(engine), chest(IN_THE_LUNG), "PNEUMONIA")
    engine.close()


def test_one_thread_does_what_the_others_bring_each_once():
    began, go_on = threading.Event(), threading.Event()
    done: list[tuple[int, str]] = []

    def work(number: int) -> None:
        began.set()
        assert go_on.wait(5)
        done.append((number, threading.current_thread().name))

    one_by_one = OneByOne(work)
    first = threading.Thread(target=one_by_one, args=(1,), name="first")
    first.start()
    assert began.wait(5)
    for number in (2, 3, 2):
        one_by_one(number)  # comes back at once
    go_on.set()
    first.join(5)
    assert done == [(1, "first"), (2, "first"), (3, "first")]

    one_by_one(4)
    assert done[-1] == (4, threading.current_thread().name)


def test_after_an_error_the_next_who_comes_does_what_was_left():
    done: list[int] = []

    def work(number: int) -> None:
        if number == 1:
            one_by_one(2)  # as another thread would meanwhile
            raise ConnectionError
        done.append(number)

    one_by_one = OneByOne(work)
    with pytest.raises(ConnectionError):
        one_by_one(1)
    one_by_one(3)
    assert done == [2, 3]
