"""Batch normalisation of pictures in one pass while a network learns on TensorFlow.

Keras spells it out in a dozen passes over memory, which two cores wait for: a step of `cnn160` took 1.5 times as long
(docs/training.md). Layer, weights and saved file stay Keras' own, and the figures are the same but for rounding.
"""

from __future__ import annotations

from functools import partial
from typing import Any


def fuse_normalization(network: Any) -> None:
    """Let every batch normalisation of (N, H, W, C) float32 in a network learn in one pass; others stay as they are."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization) and _can_be_fused(layer):
            layer.call = partial(_normalized, layer, layer.call)


def _can_be_fused(layer: Any) -> bool:
    plain = layer.scale and layer.center and not (layer.renorm or layer.synchronized)
    pictures = layer.built and len(layer._build_shapes_dict["input_shape"]) == 4 and layer.axis in (-1, 3)
    return bool(plain and pictures and layer.compute_dtype == "float32")


def _normalized(layer: Any, otherwise: Any, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
    if not (training and layer.trainable) or mask is not None:
        return otherwise(inputs, training=training, mask=mask)
    import tensorflow as tf

    shown, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=inputs, scale=layer.gamma, offset=layer.beta, mean=[], variance=[], epsilon=layer.epsilon, is_training=True
    )
    count = tf.cast(tf.reduce_prod(tf.shape(inputs)[:-1]), tf.float32)
    of_all = variance * (count - 1) / count  # it answers with the variance of a sample, Keras keeps that of all
    for kept, now in ((layer.moving_mean, mean), (layer.moving_variance, of_all)):
        kept.assign(kept * layer.momentum + now * (1 - layer.momentum))
    return shown
