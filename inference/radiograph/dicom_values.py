"""Stored values to the modality's values, bright = dense, and to 8 bits (PS3.3 sections C.7.6.3, C.11.1 and C.11.2)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from pydicom import Dataset

from inference.errors import UnreadableImage
from inference.radiograph.dicom_header import PixelHeader
from inference.radiograph.grey import scaled, stretched

Window = tuple[float, float]


class Grey(NamedTuple):
    """One channel: values (H, W), the windows in their units, and what is shown, uint8 (H, W)."""

    values: np.ndarray
    windows: tuple[Window, ...]
    display: np.ndarray


class _Modality(NamedTuple):
    values: np.ndarray
    low: float  # what the lowest stored value reads as
    high: float


def grey_values(stored: np.ndarray, dataset: Dataset, header: PixelHeader) -> Grey:
    """The monochrome picture in `stored`, MONOCHROME1 turned: the one place that does it.

    A value v becomes low + high - v, where low and high are what the ends of the stored range read as, and a window's
    centre moves with it: a MONOCHROME1 file and its MONOCHROME2 twin give equal values, windows and display.
    """
    modality = _modality_values(stored, dataset, header)
    function = str(dataset.get("VOILUTFunction") or "LINEAR")
    windows = _windows(dataset)
    table = _table_display(modality.values, dataset)
    if header.photometric == "MONOCHROME1":
        edge = 1 if function == "LINEAR" else 0  # LINEAR has its centre half a value lower, C.11.2.1.2.1
        windows = tuple((modality.low + modality.high - centre + edge, width) for centre, width in windows)
        table = None if table is None else 255 - table
        modality = modality._replace(values=_turned(modality))
    display = _display(modality, windows, function, header) if table is None else table
    return Grey(modality.values, windows, display)


def _turned(modality: _Modality) -> np.ndarray:
    ends = modality.values.dtype.type(modality.low + modality.high)
    return np.asarray(ends - modality.values, dtype=modality.values.dtype)


def _modality_values(stored: np.ndarray, dataset: Dataset, header: PixelHeader) -> _Modality:
    if item := _first_item(dataset, "ModalityLUTSequence"):
        values, bits = _looked_up(stored, item)
        return _Modality(values, 0, (1 << bits) - 1)
    slope, intercept = (_number(dataset, "RescaleSlope", 1.0), _number(dataset, "RescaleIntercept", 0.0))
    if slope == 0:
        raise UnreadableImage("contradicting_header")
    low, high = (slope * end + intercept for end in header.stored_range)
    if (slope, intercept) == (1.0, 0.0):
        return _Modality(stored, low, high)
    if slope == 1 and intercept.is_integer() and max(abs(low), abs(high)) < 2**31:
        return _Modality(stored.astype(np.int32) + np.int32(intercept), low, high)
    return _Modality(stored.astype(np.float32) * np.float32(slope) + np.float32(intercept), low, high)


def _number(dataset: Dataset, keyword: str, default: float) -> float:
    value = dataset.get(keyword)
    number = default if value is None else float(value)
    if not math.isfinite(number):
        raise UnreadableImage("contradicting_header")
    return number


def _first_item(dataset: Dataset, keyword: str) -> Dataset | None:
    sequence = dataset.get(keyword)
    return sequence[0] if sequence else None


def _looked_up(values: np.ndarray, item: Dataset) -> tuple[np.ndarray, int]:
    """`values` through the table of a LUT sequence's item, and the bits of its output (C.11.1.1)."""
    count, first, bits = (int(number) for number in item.LUTDescriptor)
    table = _table(item, bits)
    if len(table) < (count or 65536):
        raise UnreadableImage("contradicting_header")
    places = np.clip(values.astype(np.int64) - first, 0, (count or 65536) - 1)
    return table[places], bits


def _table(item: Dataset, bits: int) -> np.ndarray:
    if not 1 <= bits <= 16:
        raise UnreadableImage("contradicting_header")
    data = item.LUTData
    order = ">" if item.is_little_endian is False else "<"
    numbers = np.frombuffer(data, f"{order}u2") if isinstance(data, bytes) else np.atleast_1d(np.asarray(data))
    return (numbers.astype(np.int64) & 0xFFFF).astype(np.uint16)


def _table_display(values: np.ndarray, dataset: Dataset) -> np.ndarray | None:
    item = _first_item(dataset, "VOILUTSequence")
    if item is None or not np.issubdtype(values.dtype, np.integer):
        return None
    shown, bits = _looked_up(values, item)
    return scaled(shown, 0, (1 << bits) - 1)


def _windows(dataset: Dataset) -> tuple[Window, ...]:
    pairs = zip(_numbers(dataset, "WindowCenter"), _numbers(dataset, "WindowWidth"), strict=False)
    return tuple(pair for pair in pairs if all(map(math.isfinite, pair)) and pair[1] > 0)


def _numbers(dataset: Dataset, keyword: str) -> list[float]:
    value = dataset.get(keyword)
    if value is None or value == "":
        return []
    return [float(number) for number in (value if hasattr(value, "__iter__") else [value])]


def _display(modality: _Modality, windows: tuple[Window, ...], function: str, header: PixelHeader) -> np.ndarray:
    """By the first window; without one, 8 bits keep their range, more bits run from 0.5 to 99.5 percentile."""
    if windows and function == "SIGMOID":
        return _sigmoid(modality.values, *windows[0])
    if windows:
        return _windowed(modality.values, *windows[0], exact=function == "LINEAR_EXACT")
    if header.bits_stored <= 8:
        return scaled(modality.values, min(modality.low, modality.high), max(modality.low, modality.high))
    return stretched(modality.values)


def _windowed(values: np.ndarray, centre: float, width: float, exact: bool) -> np.ndarray:
    if not exact:  # C.11.2.1.2.1: from centre - 0.5 - (width - 1) / 2 to centre - 0.5 + (width - 1) / 2
        centre, width = centre - 0.5, max(width - 1, 1e-3)
    return scaled(values, centre - width / 2, centre + width / 2)


def _sigmoid(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    steepness = np.clip(-4 * (values.astype(np.float32) - np.float32(centre)) / np.float32(width), -80, 80)
    return np.asarray(np.rint(255 / (1 + np.exp(steepness))), dtype=np.uint8)
