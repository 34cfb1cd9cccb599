"""The gate that readers ask, as the site's setting names it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from inference.gate import Gate


def the_gate() -> Gate | None:
    """The gate of the setting GATE, opened once per process; None where the site has switched it off.

    Raises:
        BundleRejected: it is missing or altered; nothing is scored then.
    """
    from inference.gate import gate_named  # decoders and weights: only where pictures are read

    return gate_named(settings.GATE)
