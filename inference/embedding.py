"""What a network saw in a picture, in at most 128 small numbers: pictures alike to it point in about one direction.

Too many numbers are brought down by a fixed random projection of signs, which keeps the angles between the vectors to
about 1/sqrt(128) (Johnson and Lindenstrauss 1984; with signs alone: Achlioptas, J. Comput. Syst. Sci. 66, 2003). It is
the same on every machine and in every release, or stored vectors could no longer be compared. Numpy alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np

WIDTH = 128
"""Most numbers of one embedding."""
SEED = 20_260_311
"""Of the projection; another one makes every stored embedding worthless."""
FEWEST = 8
"""A network that ends in fewer features has no embedding: their angle says nothing."""
_AT_ONCE = 1024  # rows; of 4,096 the product was shared out to threads, at fifteen times the cost


def embed(features: np.ndarray) -> list[bytes]:
    """float32 (N, F) -> N embeddings of min(F, WIDTH) bytes: int8, -127 to 127, of any length but 0.

    Only the direction counts (see `cosines`), so each is stretched to use the whole range. Empty where F is less than
    FEWEST, or a picture's features are not finite or all zero.
    """
    if features.shape[1] < FEWEST:
        return [b""] * len(features)
    return [_packed(row) for row in _projected(features.astype(np.float32))]


def _projected(features: np.ndarray) -> np.ndarray:
    found: np.ndarray = features if features.shape[1] <= WIDTH else features @ projection(features.shape[1])
    return found


def _packed(row: np.ndarray) -> bytes:
    largest = float(np.abs(row).max())
    if not 0 < largest < np.inf:  # NaN is neither
        return b""
    return np.rint(row / largest * 127).astype(np.int8).tobytes()


@lru_cache(maxsize=4)
def projection(width: int) -> np.ndarray:
    """float32 (width, WIDTH), each +-1/sqrt(WIDTH): by the bits of PCG64, whose stream numpy promises not to change."""
    words = np.random.PCG64(SEED).random_raw(width * WIDTH // 64)
    bits = np.unpackbits(words.astype("<u8").view(np.uint8), bitorder="little")
    signs: np.ndarray = (bits.astype(np.float32) * 2 - 1).reshape(width, WIDTH)
    return signs / np.float32(np.sqrt(WIDTH))


def unpack(stored: Iterable[bytes], width: int) -> np.ndarray:
    """Embeddings -> int8 (N, width); one of another width is zeros: like to none."""
    rows = [row if len(row) == width else bytes(width) for row in stored]
    return np.frombuffer(b"".join(rows), np.int8).reshape(len(rows), width)


def cosines(rows: np.ndarray, one: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """How alike embeddings are to one: int8 (N, width) and (width,) -> float32 (N,), -1 to 1; 0 for one that is zeros.

    1 is the same direction: the same picture, or one that the network can't tell from it.

    Args:
        lengths: those of the rows, kept by who asks often.
    """
    wanted = one.astype(np.float32)
    products = np.concatenate([part @ wanted for part in _as_floats(rows)])
    divisors = lengths * np.sqrt(wanted @ wanted)
    found: np.ndarray = np.divide(products, divisors, out=np.zeros_like(products), where=divisors > 0)
    return found


def lengths_of(rows: np.ndarray) -> np.ndarray:
    """int8 (N, width) -> float32 (N,)."""
    found: np.ndarray = np.sqrt(np.concatenate([np.einsum("ij,ij->i", part, part) for part in _as_floats(rows)]))
    return found


def _as_floats(rows: np.ndarray) -> Iterator[np.ndarray]:
    """Piece by piece, so that neither memory nor a second thread is needed; at least one, which may be empty."""
    return (rows[start : start + _AT_ONCE].astype(np.float32) for start in range(0, max(len(rows), 1), _AT_ONCE))
