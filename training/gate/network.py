"""The gate's network: two hidden layers on edges and greys, trained with numpy alone."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from inference.gate import KINDS, described
from training.gate.pictures import Picture
from training.gate.samples import Samples

HIDDEN = (256, 64)
SWEEP = 50_000
EPOCHS = 12
BATCH = 128
RATE = 2e-3
DECAY = 2e-2
DROPPED = (0.1, 0.3, 0.1)
"""Share of values left out: of the description, of each hidden layer."""
SMOOTHING = 0.02
_AT_ONCE = 1000
Weights = dict[str, np.ndarray]


def trained(pictures: Sequence[Picture], seed: int, number: int, say: Callable[[str], None]) -> Weights:
    """Train on `number` pictures drawn from these; the weights as inference.gate.run_network takes them.

    They are drawn SWEEP at a time and learned from for EPOCHS each: a picture is seen a few times only.
    """
    samples, sweeps = Samples(pictures, seed), -(-number // SWEEP)
    inputs, kinds = _described_pool(samples, 0, -(-number // sweeps))
    mean, scale = inputs.mean(axis=0), (1 / np.maximum(inputs.std(axis=0), 1e-3)).astype(np.float32)
    learner = Learner((inputs.shape[1], *HIDDEN, len(KINDS)), seed)
    for sweep in range(sweeps):
        if sweep:
            inputs, kinds = _described_pool(samples, sweep, -(-number // sweeps))
        loss = _taught(learner, (inputs - mean) * scale, kinds, sweep / sweeps, (sweep + 1) / sweeps)
        say(f"sweep {sweep + 1} of {sweeps}: loss {loss:.4f}")
    return {"mean": mean, "scale": scale, **learner.weights}


def _described_pool(samples: Samples, sweep: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """float32 (number, F) descriptions and their places in KINDS."""
    parts = [samples.batch(sweep, first, min(_AT_ONCE, number - first)) for first in range(0, number, _AT_ONCE)]
    return np.concatenate([described(x) for x, _ in parts]), np.concatenate([y for _, y in parts])


def _taught(learner: Learner, inputs: np.ndarray, kinds: np.ndarray, start: float, end: float) -> float:
    """EPOCHS over these, the rate falling as a cosine does from `start` to `end` of the whole; the last mean loss."""
    wanted = np.eye(len(KINDS), dtype=np.float32)[kinds] * (1 - SMOOTHING) + SMOOTHING / len(KINDS)
    steps = -(-len(inputs) // BATCH)
    losses: list[float] = []
    for epoch in range(EPOCHS):
        losses = []
        for step, batch in enumerate(np.array_split(learner.draw.permutation(len(inputs)), steps)):
            done = start + (end - start) * (epoch + step / steps) / EPOCHS
            rate = RATE * 0.5 * (1 + math.cos(math.pi * done))
            losses.append(learner.learn(inputs[batch], wanted[batch], rate))
    return float(np.mean(losses))


class Learner:
    """Layers with ReLU between, cross-entropy after the last, AdamW.

    Args:
        sizes: of the description, of the hidden layers, number of kinds.
    """

    def __init__(self, sizes: Sequence[int], seed: int) -> None:
        self.draw = np.random.default_rng(seed)
        self.weights: Weights = {}
        for layer, (into, out) in enumerate(itertools.pairwise(sizes)):
            first = self.draw.standard_normal((into, out)) * math.sqrt(2 / into)
            self.weights[f"layer{layer}"] = first.astype(np.float32)
            self.weights[f"layer{layer}_bias"] = np.zeros(out, np.float32)
        self.layers = len(sizes) - 1
        self._means = {name: np.zeros_like(array) for name, array in self.weights.items()}
        self._squares = {name: np.zeros_like(array) for name, array in self.weights.items()}
        self._steps = 0

    def learn(self, inputs: np.ndarray, wanted: np.ndarray, rate: float) -> float:
        """One step on (N, F) inputs and (N, K) wanted chances; the loss before it."""
        seen, chances = self._forward(inputs)
        slope = (chances - wanted) / len(inputs)
        slopes: Weights = {}
        for layer in reversed(range(self.layers)):
            slopes[f"layer{layer}"] = seen[layer].T @ slope
            slopes[f"layer{layer}_bias"] = slope.sum(axis=0)
            if layer:
                slope = (slope @ self.weights[f"layer{layer}"].T) * (seen[layer] > 0) / (1 - DROPPED[layer])
        self._step(slopes, rate)
        return float(-(wanted * np.log(chances + 1e-9)).sum(axis=1).mean())

    def _forward(self, inputs: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """What each layer got, after values were left out; the chances."""
        seen, values = [], inputs
        for layer in range(self.layers):
            kept = self.draw.random(values.shape, dtype=np.float32) >= DROPPED[layer]
            seen.append(values * kept / (1 - DROPPED[layer]))
            values = seen[-1] @ self.weights[f"layer{layer}"] + self.weights[f"layer{layer}_bias"]
            values = np.maximum(values, 0) if layer < self.layers - 1 else values
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        return seen, powers / powers.sum(axis=1, keepdims=True)

    def _step(self, slopes: Weights, rate: float) -> None:
        self._steps += 1
        for name, slope in slopes.items():
            mean, square = self._means[name], self._squares[name]
            mean += 0.1 * (slope - mean)
            square += 0.001 * (slope**2 - square)
            size = np.sqrt(square / (1 - 0.999**self._steps)) + 1e-8
            change = mean / (1 - 0.9**self._steps) / size
            fading = DECAY * self.weights[name] if not name.endswith("_bias") else 0
            self.weights[name] -= (rate * (change + fading)).astype(np.float32)
