"""A first look at a file: its first bytes decide, not its name. No decoder, and never the data set of a DICOM file.

The web process calls this and nothing else of the reader, so that no uploaded byte is decoded or inflated there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from inference.errors import UnsupportedImage

HEAD_BYTES = 16 * 1024
MAX_FILE_BYTES = 200 * 1024 * 1024

IMPLICIT = "1.2.840.10008.1.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
TRANSFER_SYNTAXES = {
    IMPLICIT: "Implicit VR Little Endian",
    "1.2.840.10008.1.2.1": "Explicit VR Little Endian",
    DEFLATED: "Deflated Explicit VR Little Endian",
    "1.2.840.10008.1.2.2": "Explicit VR Big Endian",
    "1.2.840.10008.1.2.4.50": "JPEG Baseline",
    "1.2.840.10008.1.2.4.51": "JPEG Extended",
    "1.2.840.10008.1.2.4.57": "JPEG Lossless",
    "1.2.840.10008.1.2.4.70": "JPEG Lossless, first-order prediction",
    "1.2.840.10008.1.2.4.80": "JPEG-LS Lossless",
    "1.2.840.10008.1.2.4.81": "JPEG-LS Near-Lossless",
    "1.2.840.10008.1.2.4.90": "JPEG 2000 Lossless",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.4.201": "HTJ2K Lossless",
    "1.2.840.10008.1.2.4.202": "HTJ2K Lossless RPCL",
    "1.2.840.10008.1.2.4.203": "HTJ2K",
    "1.2.840.10008.1.2.5": "RLE Lossless",
}

_JPEG = b"\xff\xd8\xff"
_PNG = b"\x89PNG\r\n\x1a\n"
_EXECUTABLE = (b"MZ", b"\x7fELF", b"#!", b"PK", b"%PDF", b"<")
_LONG_LENGTH = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
_META_GROUP = b"\x02\x00"
_META_VRS = (b"UL", b"OB", b"UI", b"SH", b"AE")
_TRANSFER_SYNTAX = b"\x02\x00\x10\x00"


class Door(NamedTuple):
    """What the first bytes say: format "JPEG", "PNG" or "DICOM"; the transfer syntax UID of a DICOM file, else None."""

    format: str
    transfer_syntax: str | None = None


def look(head: bytes, size: int) -> Door:
    """What kind of file this is.

    Args:
        head: the first HEAD_BYTES bytes, or the whole file where it is shorter.
        size: bytes of the whole file.

    Raises:
        UnsupportedImage: empty_file, too_large_file, unknown_format, executable_preamble, no_transfer_syntax,
            unsupported_transfer_syntax.
    """
    head = head[:HEAD_BYTES]
    if size == 0 or not head:
        raise UnsupportedImage("empty_file")
    if size > MAX_FILE_BYTES:
        raise UnsupportedImage("too_large_file", limit_mb=MAX_FILE_BYTES // 2**20)
    if head.startswith(_JPEG):
        return Door("JPEG")
    if head.startswith(_PNG):
        return Door("PNG")
    if meta_start(head) is not None:
        return Door("DICOM", _checked_transfer_syntax(head))
    if is_bare_data_set(head):
        return Door("DICOM", IMPLICIT)
    raise UnsupportedImage("unknown_format")


def meta_start(head: bytes) -> int | None:
    """Where the DICOM file meta group begins: behind the preamble, or at 0 in a file that lacks one; None: no DICOM."""
    if head[128:132] == b"DICM":
        return 132
    if head[:2] == _META_GROUP and head[4:6] in _META_VRS:
        return 0
    return None


def meta_elements(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Tag, value and end of each element of group 0002 that lies wholly in `data` (PS3.10 section 7.1).

    Each step goes on by eight bytes at least, so that no length can make it loop.
    """
    at = meta_start(data)
    while at is not None and data[at : at + 2] == _META_GROUP and at + 8 <= len(data):
        long = data[at + 4 : at + 6] in _LONG_LENGTH
        start = at + (12 if long else 8)
        length = int.from_bytes(data[at + 8 : at + 12] if long else data[at + 6 : at + 8], "little")
        if start + length > len(data):
            return
        yield data[at : at + 4], data[start : start + length], start + length
        at = start + length


def is_bare_data_set(head: bytes) -> bool:
    """Whether this is a DICOM data set without file meta group, in the standard's default encoding (old archives).

    It has to begin with elements of group 0008 in implicit VR little endian that lead to the SOP class of an image.
    """
    at = 0
    while head[at : at + 2] == b"\x08\x00" and at + 8 <= len(head):
        end = at + 8 + int.from_bytes(head[at + 4 : at + 8], "little")
        if head[at : at + 4] == b"\x08\x00\x16\x00":
            return head[at + 8 : end].startswith(b"1.2.840.10008.5.1.4.1.1.")
        at = end
    return False


def _checked_transfer_syntax(head: bytes) -> str:
    if head.startswith(_EXECUTABLE):
        raise UnsupportedImage("executable_preamble")
    values = (value for tag, value, _ in meta_elements(head) if tag == _TRANSFER_SYNTAX)
    uid = next(values, b"").rstrip(b"\0 ").decode("ascii", "replace")
    if not uid:
        raise UnsupportedImage("no_transfer_syntax")
    if uid not in TRANSFER_SYNTAXES:
        raise UnsupportedImage("unsupported_transfer_syntax", uid=_shown(uid))
    return uid


def _shown(uid: str) -> str:
    """A UID from a stranger's file, fit for a sentence: digits and dots, 64 characters at most (PS3.5 section 9.1)."""
    return "".join(letter for letter in uid[:64] if letter in "0123456789.") or "?"
